"""How does a worker run, from its start to a stop that drains?"""

import asyncio
import logging
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import faust
from aiokafka.errors import KafkaConnectionError
from faust import Worker

from ledger.errors import LedgerError
from ledger.logs import log_as
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.turns import take_short_turns
from streams.app import create_app, create_topics
from streams.metrics import Metrics, served
from streams.tracing import Traces, traced

log = logging.getLogger(__name__)

THREADS = 16
"""For batches, claims, the relay and what is due: more than wait for the database at once."""

GIVES_WAY = 10
"""How much a worker that serves no tills lowers its priority: it has hours to catch up in, and a
till on the same machine has a queue."""

STOPS_WITHIN = 10.0
"""Seconds that a worker which has failed may take to stop."""


def run(settings: Settings, recorder: Recorder) -> None:
    """Run until SIGTERM or SIGINT, then finish the batch in flight and return.

    Raises LedgerError before anything starts if Kafka can't be reached.
    """
    log_as(settings.log)
    for noisy in ("aiokafka", "faust", "mode"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    take_short_turns()
    if settings.serves == "attendance":
        os.nice(GIVES_WAY)
    metrics = Metrics()
    try:
        asyncio.run(create_topics(settings))
    except KafkaConnectionError as error:
        raise LedgerError(
            f"can't reach Kafka at {settings.kafka}: {error}. "
            "Is it running? `deploy/kafka-local start` starts one; VLEDGER_KAFKA names another"
        ) from None
    with (
        served(metrics, settings.metrics),
        traced(settings.otlp) as traces,
        tempfile.TemporaryDirectory(prefix="vledger-worker-") as folder,
    ):
        _work(settings, recorder, folder, metrics, traces)


def _work(
    settings: Settings, recorder: Recorder, folder: str, metrics: Metrics, traces: Traces
) -> None:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(THREADS, "ledger"))
    asyncio.set_event_loop(loop)
    app = create_app(settings, recorder, folder, metrics, traces)
    threading.Thread(
        target=_end_after_a_crash, args=(app,), name="last-resort", daemon=True
    ).start()
    worker = Worker(app, loop=loop, loglevel="WARN", override_logging=False, quiet=True)
    worker.spinner = None  # it would draw into the log
    try:
        worker.execute_from_commandline()
    except SystemExit as stop:
        if stop.code not in (None, 0):
            raise


def _end_after_a_crash(app: faust.App) -> None:
    """A worker that has failed ends, so that its supervisor starts it anew.

    Faust may wait for ever where it fails while it is still starting. Ended at any moment, a worker
    loses nothing: what it did not commit is read again by the next owner of its partitions.
    """
    while not app.crashed:
        time.sleep(1.0)
    time.sleep(STOPS_WITHIN)
    log.error("failed, and did not stop within %s s: ending the process", STOPS_WITHIN)
    logging.shutdown()
    os._exit(1)
