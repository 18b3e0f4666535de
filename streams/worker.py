"""How does a worker run, from its start to a stop that drains?"""

import asyncio
import logging

from aiokafka.errors import KafkaConnectionError
from faust import Worker

from ledger.errors import LedgerError
from ledger.recorder import Recorder
from ledger.settings import Settings
from streams.app import create_app, create_topics


def run(settings: Settings, recorder: Recorder) -> None:
    """Run until SIGTERM or SIGINT, then finish the batch in flight and return.

    Raises LedgerError before anything starts if Kafka can't be reached.
    """
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    for noisy in ("aiokafka", "faust", "mode"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        asyncio.run(create_topics(settings))
    except KafkaConnectionError as error:
        raise LedgerError(
            f"can't reach Kafka at {settings.kafka}: {error}. "
            "Is it running? `deploy/kafka-local start` starts one; VLEDGER_KAFKA names another"
        ) from None
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    app = create_app(settings, recorder)
    worker = Worker(app, loop=loop, loglevel="WARN", override_logging=False, quiet=True)
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        if stop.code not in (None, 0):
            raise
