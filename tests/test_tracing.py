"""Does a collector learn what a worker did and for whom, and does its absence harm nobody?"""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt
from ledger.store.tables import event, outbox, redemption
from schemas.topics import ATTENDANCE, REDEMPTION_REQUESTS
from streams.app import create_topics
from streams.partitions import Message
from streams.tracing import LINKS, Traces, traced
from tests.builders import recorded_batch, redeem
from tests.services import free_ports
from tests.test_streams import Site, season, site  # noqa: F401 - the fixture

TRACE = "0af7651916cd43dd8448eb211c80319c"


class Collector:
    """Takes spans by OTLP over HTTP, as any collector does."""

    def __init__(self) -> None:
        self.services: set[str] = set()
        self.spans: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                collector.take(ExportTraceServiceRequest.FromString(body))
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, request: ExportTraceServiceRequest) -> None:
        for resource in request.resource_spans:
            self.services.add(attributes(resource.resource)["service.name"])
            for scope in resource.scope_spans:
                self.spans += scope.spans

    def named(self, name: str) -> list[Any]:
        return [one for one in self.spans if one.name == name]


def attributes(one: Any) -> dict[str, Any]:
    """Of a span or a resource."""
    return {each.key: _plain(each.value) for each in one.attributes}


def _plain(value: Any) -> Any:
    kind = value.WhichOneof("value")
    found = getattr(value, kind)
    return [_plain(one) for one in found.values] if kind == "array_value" else found


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    thread = threading.Thread(target=found.server.serve_forever)
    thread.start()
    yield found
    found.server.shutdown()
    found.server.server_close()
    thread.join()


def traceparent(number: int) -> str:
    return f"00-{TRACE}-{number:016x}-01"


@pytest.mark.xdist_group("kafka")
async def test_a_worker_says_what_it_recorded_answered_and_published(
    site: Site,  # noqa: F811
    collector: Collector,
) -> None:
    events = season(volunteers=20, days=3, seed=5)
    kiosk = [
        (key, json.dumps(json.loads(content) | {"traceparent": traceparent(1)}).encode())
        for key, content in events[:1]
    ]
    distinct = len({content for _, content in events})
    worker = site.worker(otlp=collector.url)
    await create_topics(site.settings)
    await site.publish(ATTENDANCE, [*kiosk, *events[1:], ("x", b"garbage")])
    await site.until(lambda: site.count(event) >= distinct)
    await site.publish(REDEMPTION_REQUESTS, [("V001", redeem("V001", "R1", "1"))])
    await site.until(lambda: site.count(redemption) == 1 and site.count(outbox) == 0)
    worker.send_signal(signal.SIGTERM)
    worker.wait(60)

    assert collector.services == {"vledger-worker"}
    prefix = site.settings.topic_prefix
    batches = collector.named(f"process {prefix}{ATTENDANCE.name}")
    said = [attributes(one) for one in batches]
    assert sum(one["messaging.batch.message_count"] for one in said) == len(events) + 1
    assert sum(one["vledger.rejected"] for one in said) >= 1
    for one, about in zip(batches, said, strict=True):
        [first], [last] = about["vledger.offset.first"], about["vledger.offset.last"]
        assert last - first + 1 == about["messaging.batch.message_count"]
        assert 0 < one.end_time_unix_nano - one.start_time_unix_nano < 60e9
        assert about["vledger.wait_seconds"] > 0
    links = [(link.trace_id.hex(), link.span_id.hex()) for one in batches for link in one.links]
    assert links == [(TRACE, f"{1:016x}")]

    [answered] = collector.named(f"process {prefix}{REDEMPTION_REQUESTS.name}")
    about = attributes(answered)
    assert about["vledger.redemptions.accepted"] + about["vledger.redemptions.refused"] == 1
    published = collector.named("send derived topics")
    linked = {link.span_id for one in published for link in one.links}
    assert answered.span_id in linked
    assert linked & {one.span_id for one in batches}


def test_traces_are_taken_from_events_whatever_these_say(collector: Collector) -> None:
    contents: list[bytes | None] = [
        None, b"garbage", b'{"traceparent": 5}', b'["traceparent"]', b'{"traceparent": "\\ud800"',
        b'{"data": {"traceparent": "00-1"}}', b'{"traceparent": "00-zz-1-1"}',
        *[json.dumps({"traceparent": traceparent(n % 200 + 1)}).encode() for n in range(1000)],
    ]  # fmt: skip
    messages = [Message(n, content, -1.0) for n, content in enumerate(contents)]
    receipt = Receipt(["rejected"] * len(messages), [], recorded_batch(7))
    with traced(collector.url + "/") as traces:
        traces.recorded({("t", 0): messages}, receipt, 0.1)
        traces.published([6, 7], 3, 0.1)
    batch, sent = collector.spans
    assert len(batch.links) == LINKS
    assert "vledger.wait_seconds" not in attributes(batch)
    assert [link.span_id for link in sent.links] == [batch.span_id]


def test_without_a_collector_nothing_is_lost_but_spans() -> None:
    receipt = Receipt(["applied"], [], recorded_batch(1))
    began = time.monotonic()
    with traced(f"http://127.0.0.1:{free_ports(1)}") as traces:
        traces.recorded({("t", 0): [Message(0, b"{}")]}, receipt, 0.1)
    assert time.monotonic() - began < 30
    for wrong in ("127.0.0.1:4318", "ftp://x", "http://"):
        with pytest.raises(LedgerError, match="VLEDGER_OTLP"), traced(wrong):
            pass


def test_who_wants_no_traces_loads_nothing_for_them() -> None:
    program = (
        "import sys, streams.worker; from streams.tracing import traced\n"
        "with traced('') as traces:\n"
        "    traces.recorded({}, None, 0.1)\n"
        "    traces.published([], 0, 0)\n"
        "sys.exit(any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
    with traced("") as traces:
        assert isinstance(traces, Traces)
