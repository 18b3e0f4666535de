"""What does a worker consist of? One Faust app: redemption agent, ingest lane, relay, timer.

Settings may split it in two, each with a process of its own: tills, and all the rest.
"""

import asyncio
import logging
from datetime import timedelta

import faust
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code
from mode import Service
from sqlalchemy.exc import DBAPIError

from ledger.centre.orders.terms import read_terms
from ledger.errors import LedgerError
from ledger.recording.catching_up import catch_up, seal_due
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from schemas.topics import TOPICS
from streams.access import client_options, credentials
from streams.ingest import IngestLane
from streams.metrics import Metrics
from streams.partitions import OwnedPartitions, is_away
from streams.redemptions import answer_redemptions
from streams.relay import Relay
from streams.tracing import Traces

log = logging.getLogger(__name__)

CATCH_UP_EVERY = timedelta(seconds=5)
"""Between looks for what is due though nobody sends anything."""

REVIEWED_AT_ONCE = 500
"""Standings reviewed in one transaction, so that tills never wait long."""

ROUNDS = 10
"""Of such work in a row, at most."""


def create_app(
    settings: Settings, recorder: Recorder, folder: str, metrics: Metrics, traces: Traces
) -> faust.App:
    """The app of one worker on the ledger that `recorder` records to; Faust wants a `folder`."""
    app = faust.App(
        f"{settings.group}-redemptions",
        broker=settings.kafka_url,
        broker_credentials=credentials(settings),
        store="memory://",
        datadir=folder,
        web_enabled=False,
        topic_disable_leader=True,
        topic_partitions=settings.partitions,
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 4,
        worker_redirect_stdouts=False,
    )
    prefix = settings.topic_prefix
    ingested = OwnedPartitions(recorder, prefix, metrics, traces)
    requested = OwnedPartitions(recorder, prefix, metrics, traces)
    relay = Relay(settings, recorder, lambda: ingested.lanes() | requested.lanes(), metrics, traces)
    lanes: list[Service] = [relay]
    if settings.serves == "attendance":
        app.producer_only = True  # without an agent Faust's consumer has nothing to subscribe to
    else:
        answer_redemptions(app, settings, requested, relay, metrics)
    if settings.serves != "redemptions":
        lane = IngestLane(settings, ingested, relay)
        metrics.watch(lane.lags)
        lanes.append(lane)

    @app.task  # type: ignore[untyped-decorator]
    async def start_lanes() -> None:
        for one in lanes:
            await app.add_runtime_dependency(one)

    @app.timer(CATCH_UP_EVERY.total_seconds())  # type: ignore[untyped-decorator]
    async def look_around() -> None:
        try:
            if settings.serves != "redemptions":
                await _work_off(recorder, settings, relay)
            if settings.metrics:
                await asyncio.to_thread(relay.measure)
        except (LedgerError, DBAPIError) as error:
            if not is_away(error):
                raise
            log.warning("what is due waits for the database: %s", error)

    return app


async def _work_off(recorder: Recorder, settings: Settings, relay: Relay) -> None:
    """What is due though nobody sends anything."""
    terms = read_terms(settings.orders)
    for _ in range(ROUNDS):
        if not await asyncio.to_thread(catch_up, recorder, REVIEWED_AT_ONCE, terms):
            break
        relay.wake()
    await asyncio.to_thread(seal_due, recorder, settings)


async def create_topics(settings: Settings) -> None:
    """Create those topics of the table of topics that the cluster does not have.

    Raises LedgerError if the cluster refuses one.
    """
    admin = AIOKafkaAdminClient(**client_options(settings))
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
