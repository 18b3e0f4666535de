"""What did a worker do with which messages, and how long did it take? Spans, by OpenTelemetry.

Where VLEDGER_OTLP is empty, nothing is imported and nothing noted. Needs the extra `traces`.

A batch has as many parents as it has messages that carry a trace (`traceparent`, the distributed
tracing extension of CloudEvents): they are links. Publishing is linked to the batches it is of.
"""

import os
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import orjson

from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt

LINKS = 128
"""Traces that a span is linked to, at most: what collectors take by default."""

REMEMBERED = 1000
"""Recorded batches whose spans are known when they are published, at most."""

FLUSHED_WITHIN = 5
"""Seconds in which the last spans have to be with the collector when a worker stops."""

_MARK = b'"traceparent"'


class Sent(Protocol):
    """A message that was recorded."""

    @property
    def offset(self) -> int: ...

    @property
    def content(self) -> bytes | None: ...

    @property
    def stamp(self) -> float | None: ...


Place = TypeVar("Place", bound=tuple[str, int])
"""A partition: the topic's name, and the number."""


class Traces:
    """The spans of one worker; without a tracer it notes nothing."""

    def __init__(self, tracer: Any = None) -> None:
        self._tracer = tracer
        self._batches: dict[int, Any] = {}

    def recorded(
        self,
        batches: Mapping[Place, Sequence[Sent]],
        receipt: Receipt,
        took: float,
    ) -> None:
        """Messages of partitions of a topic were recorded together, in `took` seconds up to now."""
        if self._tracer is None:
            return
        counts = receipt.counts()
        topic = next(iter(batches))[0]
        messages = [one for several in batches.values() for one in several]
        said: dict[str, Any] = {
            "messaging.system": "kafka",
            "messaging.operation.type": "process",
            "messaging.destination.name": topic,
            "messaging.destination.partition.id": ",".join(str(number) for _, number in batches),
            "messaging.batch.message_count": len(messages),
            "vledger.offset.first": [one[0].offset for one in batches.values()],
            "vledger.offset.last": [one[-1].offset for one in batches.values()],
            **{f"vledger.{name}": counts[name] for name in ("applied", "duplicates", "rejected")},
        }
        stamp = messages[0].stamp
        if stamp is not None and stamp > 0:  # Kafka writes -1 where a message has none
            said["vledger.wait_seconds"] = round(max(0.0, time.time() - stamp), 6)
        recorded = receipt.recorded
        if recorded is not None:
            said["vledger.batch"] = recorded.batch
            said["vledger.entries"] = recorded.journal.size
            for status in ("accepted", "refused"):
                number = sum(one.status == status for one in recorded.journal.redemptions)
                if recorded.journal.redemptions:
                    said[f"vledger.redemptions.{status}"] = number
        parents = _contexts(one.content for one in messages)
        context = self._span(f"process {topic}", "CONSUMER", said, parents, took)
        if recorded is not None:
            self._batches[recorded.batch] = context
            while len(self._batches) > REMEMBERED:
                del self._batches[next(iter(self._batches))]

    def published(self, batches: Iterable[int], messages: int, took: float) -> None:
        """The messages of these batches are with Kafka, after `took` seconds."""
        if self._tracer is None:
            return
        idents = list(batches)
        said = {
            "messaging.system": "kafka",
            "messaging.operation.type": "send",
            "messaging.batch.message_count": messages,
            "vledger.batches": len(idents),
            "vledger.batch.first": min(idents),
            "vledger.batch.last": max(idents),
        }
        known = [self._batches.pop(one, None) for one in idents]
        parents = [one for one in known if one is not None]
        self._span("send derived topics", "PRODUCER", said, parents, took)

    def _span(
        self, name: str, kind: str, said: dict[str, Any], parents: Sequence[Any], took: float
    ) -> Any:
        """Note a span that ends now; what others are linked to it by."""
        from opentelemetry.trace import Link, SpanKind

        end = time.time_ns()
        span = self._tracer.start_span(
            name,
            kind=SpanKind[kind],
            attributes=said,
            links=[Link(one) for one in parents[:LINKS]],
            start_time=end - int(took * 1e9),
        )
        span.end(end)
        return span.get_span_context()


def _contexts(contents: Iterable[bytes | None]) -> list[Any]:
    """The traces that events carry, each once, in their order."""
    from opentelemetry.trace import get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    read = TraceContextTextMapPropagator()
    found: dict[str, Any] = {}
    for content in contents:
        if len(found) == LINKS:
            break
        if content is None or _MARK not in content:
            continue
        try:
            carried = orjson.loads(content)["traceparent"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            continue
        if isinstance(carried, str) and carried not in found:
            context = get_current_span(read.extract({"traceparent": carried})).get_span_context()
            if context.is_valid:
                found[carried] = context
    return list(found.values())


@contextmanager
def traced(endpoint: str) -> Iterator[Traces]:
    """Send spans to a collector by OTLP over HTTP; to nobody if `endpoint` is empty.

    `endpoint` is a URL as `http://127.0.0.1:4318`; `/v1/traces` is added where it has no path.
    What OpenTelemetry's own variables say (OTEL_EXPORTER_OTLP_HEADERS …) holds, too. A collector
    that is away costs spans, and nothing else. Raises LedgerError if it is no URL, or the extra
    `traces` is not installed.
    """
    if not endpoint:
        yield Traces()
        return
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise LedgerError(f"VLEDGER_OTLP {endpoint!r} is no URL: write http://HOST:4318")
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise LedgerError(
            f"traces need {error.name}: pip install 'volunteer-ledger[traces]'"
        ) from None
    release = version("volunteer-ledger")
    path = "" if parts.path.strip("/") else "/v1/traces"
    exporter = OTLPSpanExporter(endpoint.rstrip("/") + path, timeout=FLUSHED_WITHIN)
    provider = TracerProvider(
        resource=Resource.create(
            {
                "service.name": os.environ.get("OTEL_SERVICE_NAME", "vledger-worker"),
                "service.version": release,
                "service.instance.id": f"{socket.gethostname()}:{os.getpid()}",
            }
        ),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield Traces(provider.get_tracer("vledger", release))
    finally:
        provider.force_flush(FLUSHED_WITHIN * 1000)
        provider.shutdown()
