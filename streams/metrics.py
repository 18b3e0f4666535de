"""What does a worker tell whoever watches it? Numbers, as Prometheus reads them.

docs/operating.md says what each means, and what to do about it.
"""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import NamedTuple, get_args

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
    start_http_server,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ledger.errors import LedgerError
from ledger.recording.recorder import Outcome, Receipt

_WAITS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60, 300, 3600, 86400)
"""From a till's goal of 50 ms up to the days that a kiosk may be offline. Seconds."""

_WORKS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60)


class Lag(NamedTuple):
    """Messages of an owned partition that Kafka has and the ledger has not."""

    topic: str
    partition: int
    messages: int


class Metrics:
    """The numbers of one worker, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        into = self.registry
        self._recorded = Counter(
            "vledger_messages_recorded",
            "Messages recorded, by what became of them: applied, duplicate or rejected",
            ["topic", "outcome"],
            registry=into,
        )
        self._rejected = Counter(
            "vledger_messages_rejected", "Messages set aside, by why", ["code"], registry=into
        )
        self._batch = Histogram(
            "vledger_batch_duration_seconds",
            "How long a batch took to be recorded, waiting for a database that is away included",
            ["topic"],
            buckets=_WORKS,
            registry=into,
        )
        self._wait = Histogram(
            "vledger_message_wait_seconds",
            "From the time that Kafka has of a batch's oldest message until it was recorded",
            ["topic"],
            buckets=_WAITS,
            registry=into,
        )
        self._published = Counter(
            "vledger_messages_published",
            "Messages that Kafka has on derived topics",
            ["topic"],
            registry=into,
        )
        self._waiting = Gauge(
            "vledger_outbox_batches", "Batches recorded and not published yet", registry=into
        )
        self._oldest = Gauge(
            "vledger_outbox_oldest_seconds",
            "How long ago the oldest of them was recorded; 0 if there is none",
            registry=into,
        )
        self._fenced = Counter(
            "vledger_batches_fenced",
            "Batches that were not recorded since another worker owns the partition",
            registry=into,
        )
        self._away = Counter(
            "vledger_database_away",
            "Attempts that failed since the database is away",
            registry=into,
        )
        self._lags = _Lags()
        into.register(self._lags)

    def recorded(
        self, topic: str, receipt: Receipt, seconds: float, oldest: float | None, now: float
    ) -> None:
        """A batch was recorded in `seconds`; its oldest message is of `oldest`, it is `now` (s)."""
        for outcome in get_args(Outcome):
            self._recorded.labels(topic, outcome).inc(receipt.outcomes.count(outcome))
        for code, times in Tally(one.code for one in receipt.rejects).items():
            self._rejected.labels(code).inc(times)
        self._batch.labels(topic).observe(seconds)
        if oldest is not None and oldest > 0:  # Kafka writes -1 where a message has none
            self._wait.labels(topic).observe(max(0.0, now - oldest))

    def published(self, topics: Iterable[str]) -> None:
        """Kafka has acknowledged a message on each of the topics."""
        for topic, times in Tally(topics).items():
            self._published.labels(topic).inc(times)

    def outbox(self, batches: int, oldest: float) -> None:
        """So many batches wait to be published, the oldest for so many seconds."""
        self._waiting.set(batches)
        self._oldest.set(oldest)

    def fenced(self) -> None:
        """A batch was refused, since the partition has another owner."""
        self._fenced.inc()

    def away(self) -> None:
        """An attempt failed, since the database is away."""
        self._away.inc()

    def watch(self, lags: Callable[[], Iterable[Lag]]) -> None:
        """Ask `lags` too at each scrape. It is called by another thread."""
        self._lags.sources.append(lags)


class _Lags(Collector):
    def __init__(self) -> None:
        self.sources: list[Callable[[], Iterable[Lag]]] = []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        lag = GaugeMetricFamily(
            "vledger_consumer_lag_messages",
            "Messages of an owned partition that are not recorded yet",
            labels=["topic", "partition"],
        )
        for source in self.sources:
            for one in source():
                lag.add_metric([one.topic, str(one.partition)], one.messages)
        yield lag


@contextmanager
def served(metrics: Metrics, address: str) -> Iterator[None]:
    """Answer Prometheus at `HOST:PORT`, path /metrics; nothing if `address` is empty.

    Raises LedgerError if that is no address, or is in use.
    """
    if not address:
        yield
        return
    host, _, port = address.rpartition(":")
    release = Info("vledger", "The release that runs", registry=metrics.registry)
    release.info({"version": version("volunteer-ledger")})
    for collector in (ProcessCollector, PlatformCollector, GCCollector):
        collector(registry=metrics.registry)
    try:
        server, thread = start_http_server(int(port), host.strip("[]"), metrics.registry)
    except (OSError, OverflowError, ValueError) as error:
        raise LedgerError(
            f"VLEDGER_METRICS: can't serve at {address!r}: {error}. Write HOST:PORT, of a port "
            "that no other worker of this machine has"
        ) from None
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
