"""What does a worker consist of? One Faust app: redemption agent, ingest lane, relay, timer."""

import asyncio
import logging
import tempfile
from datetime import timedelta

import faust
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from sqlalchemy.exc import DBAPIError

from ledger.certificates import revoke_corrected
from ledger.errors import LedgerError
from ledger.recorder import Recorder
from ledger.rejects import release_held
from ledger.settings import Settings
from schemas.topics import TOPICS
from streams.ingest import IngestLane
from streams.partitions import OwnedPartitions, is_away
from streams.redemptions import answer_redemptions
from streams.relay import Relay

log = logging.getLogger(__name__)

CATCH_UP_EVERY = timedelta(seconds=5)
"""Between looks for held events whose registration has come in, and for standings to review."""

REVIEWED_AT_ONCE = 500
"""Standings reviewed in one transaction, so that tills never wait long."""


def create_app(settings: Settings, recorder: Recorder) -> faust.App:
    """The app of one worker on the ledger that `recorder` records to."""
    app = faust.App(
        f"{settings.group}-redemptions",
        broker=settings.kafka_url,
        store="memory://",
        datadir=tempfile.mkdtemp(prefix="vledger-worker-"),
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 4,
        worker_redirect_stdouts=False,
    )
    ingested, requested = OwnedPartitions(recorder), OwnedPartitions(recorder)
    relay = Relay(settings, recorder, lambda: ingested.lanes() + requested.lanes())
    answer_redemptions(app, settings, requested, relay)

    @app.task  # type: ignore[untyped-decorator]
    async def start_lanes() -> None:
        await app.add_runtime_dependency(relay)
        await app.add_runtime_dependency(IngestLane(settings, ingested, relay))

    @app.timer(CATCH_UP_EVERY.total_seconds())  # type: ignore[untyped-decorator]
    async def catch_up() -> None:
        try:
            released = await asyncio.to_thread(release_held, recorder)
            reviewed = await asyncio.to_thread(_review, recorder)
            await asyncio.to_thread(revoke_corrected, recorder)
        except (LedgerError, DBAPIError) as error:
            if not is_away(error):
                raise
            log.warning("held events and reviews wait for the database: %s", error)
            return
        if released is not None or reviewed:
            relay.wake()

    return app


def _review(recorder: Recorder) -> int:
    """Bring some standings up to the policies and to the present; how many."""
    return recorder.apply_adoptions(REVIEWED_AT_ONCE) or recorder.pass_time(REVIEWED_AT_ONCE)


async def create_topics(settings: Settings) -> None:
    """Create those topics of the table of topics that the cluster does not have.

    Raises LedgerError if the cluster refuses one.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=settings.kafka)
    await admin.start()
    try:
        known = set(await admin.list_topics())
        missing = [
            NewTopic(settings.topic_prefix + topic.name, settings.partitions, settings.replication)
            for topic in TOPICS
            if settings.topic_prefix + topic.name not in known
        ]
        if missing:
            answer = await admin.create_topics(missing)
            for topic, code, *reason in answer.topic_errors:
                if code not in (0, TopicAlreadyExistsError.errno):  # another worker was faster
                    raise LedgerError(
                        f"Kafka did not create topic {topic}: {for_code(code).__name__} "
                        f"{' '.join(filter(None, reason))}. See VLEDGER_PARTITIONS and "
                        "VLEDGER_REPLICATION"
                    )
    finally:
        await admin.close()
