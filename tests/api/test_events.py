"""Do events that come by HTTP get into the ledger, once, and only by who may send them?"""

import asyncio
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from secrets import token_hex
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select

from ledger.access import EVERYWHERE, Scope
from ledger.api.serving import Serving
from ledger.core.intake import Arrival
from ledger.devices.enrolment import enrol, revoke
from ledger.devices.keys import PrivateKey, public_text, sign
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.tables import batch, event, reject
from ledger.verify import verify
from schemas.topics import ATTENDANCE
from streams.sending import EventSender
from tests.api.browser import Api
from tests.builders import check_in, check_out, register, visit
from tests.services import KafkaCluster

KIOSK = "kiosk/370102-001-01"
PLACE = "370102001000"
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
LINES = {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def key(recorder: Recorder) -> PrivateKey:
    """The key of a kiosk that is enrolled."""
    made = Ed25519PrivateKey.generate()
    enrol(recorder, KIOSK, public_text(made.public_key()), PLACE, [], "张三")
    return made


def signed(key: PrivateKey, *contents: bytes) -> list[bytes]:
    return [sign(json.loads(one), key) for one in contents]


def marks(volunteer: str, hours: int = 2, ident: str | None = None) -> list[bytes]:
    day = datetime.now(UTC) - timedelta(days=1)
    end = day + timedelta(hours=hours)
    more: dict[str, Any] = {"source": KIOSK, "place": PLACE}
    return [
        check_in(volunteer, day.isoformat(), ident=ident and f"{ident}i", **more),
        check_out(volunteer, end.isoformat(), ident=ident and f"{ident}o", **more),
    ]


def array(contents: list[bytes]) -> bytes:
    return b"[" + b",\n ".join(contents) + b"]"


def statuses(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["status"] for one in answer.json()["receipts"]]


def count(recorder: Recorder, table: Any) -> int:
    with recorder.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


async def test_a_kiosk_sends_a_batch_and_sends_it_again(api: Api, key: PrivateKey) -> None:
    events = signed(key, *marks("V1"), *marks("V2"))
    first = await api.post("/v1/events", content=array(events), headers=BATCH)
    assert statuses(first) == ["recorded"] * 4
    said = first.json()["receipts"]
    assert [one["id"] for one in said] == [json.loads(one)["id"] for one in events]
    assert {one["source"] for one in said} == {KIOSK}
    again = await api.post("/v1/events", content=b"\n".join(events), headers=LINES)
    assert statuses(again) == ["duplicate"] * 4
    one = await api.post(
        "/v1/events", content=events[0], headers={"Content-Type": "application/cloudevents+json"}
    )
    assert statuses(one) == ["duplicate"]
    await api.become("auditor", Scope("place", EVERYWHERE))
    standing = (await api.get("/v1/volunteers/V1")).json()
    assert (standing["seconds"], standing["points"]["balance"]) == (7200, "2")


async def test_what_nobody_signed_is_not_let_in_and_fills_no_table(
    api: Api, key: PrivateKey
) -> None:
    recorder = api.serving.recorder
    before = [count(recorder, one) for one in (event, reject, batch)]
    good = signed(key, *marks("V1"))[0]
    forged = good.replace(b'"V1"', b'"V9"')
    unsigned, stranger = marks("V1")[0], visit("V1", "2026-05-01", "08:00", "10:00")[0]
    other = signed(Ed25519PrivateKey.generate(), marks("V1")[0])[0]
    registration = register("merchant", "M9", name="x", place=PLACE)
    sent = [forged, unsigned, stranger, other, registration, b'{"a": 1}', b"[]", b'"x"', b"7"]
    answer = await api.post("/v1/events", content=array(sent), headers=BATCH)
    assert statuses(answer) == ["rejected"] * 9
    reasons = [one["reason"] for one in answer.json()["receipts"]]
    assert reasons == ["bad-signature", "unsigned", "unsigned", "unknown-key", "unsigned",
                       *["not-an-event"] * 4]  # fmt: skip
    assert [count(recorder, one) for one in (event, reject, batch)] == before


async def test_what_an_enrolled_device_may_not_say_is_kept(api: Api, key: PrivateKey) -> None:
    [elsewhere] = signed(
        key, check_in("V1", "2026-05-01T08:00", source=KIOSK, place="370102002000")
    )
    answer = await api.post("/v1/events", content=elsewhere)
    assert statuses(answer) == ["rejected"]
    assert answer.json()["receipts"][0]["reason"] == "wrong-place"
    assert count(api.serving.recorder, reject) == 1
    revoke(api.serving.recorder, KIOSK, None, "stolen", "张三")
    late = await api.post("/v1/events", content=signed(key, *marks("V1"))[0])
    assert late.json()["receipts"][0]["reason"] == "key-revoked"
    assert count(api.serving.recorder, reject) == 2


async def test_who_may_record_sends_without_a_device_and_a_till_does_not(api: Api) -> None:
    events = visit("V1", "2026-05-01", "08:00", "10:00")
    await api.become("till", Scope("merchant", "M01"))
    assert statuses(await api.post("/v1/events", content=array(events))) == ["rejected"] * 2
    await api.become("officer", Scope("place", "370102000000"))
    assert statuses(await api.post("/v1/events", content=array(events))) == ["rejected"] * 2
    await api.become("officer", Scope("place", EVERYWHERE))
    assert statuses(await api.post("/v1/events", content=array(events))) == ["recorded"] * 2


async def test_good_and_bad_keep_their_places(api: Api) -> None:
    await api.own()
    events = visit("V1", "2026-05-01", "08:00", "10:00")
    mixed = [events[0], b'{"source": "kiosk/1"}', events[0], events[1], b"7"]
    answer = await api.post("/v1/events", content=array(mixed), headers=BATCH)
    assert statuses(answer) == ["recorded", "rejected", "duplicate", "recorded", "rejected"]
    conflict = events[0].replace(b'"A1"', b'"A2"')
    assert statuses(await api.post("/v1/events", content=conflict)) == ["rejected"]


async def test_what_can_not_be_taken_apart_is_refused_whole(api: Api) -> None:
    await api.own()
    for content, kind, status in (
        (b"[1, 2", None, 400), (b"[1] x", None, 400), (b"[1 2]", None, 400), (b"[,]", None, 400),
        (b"\xff", None, 400), (b"", None, 400), (b"[]", None, 400), (b"[" * 100_000, None, 400),
        (b"{}", "text/plain", 415), (b"[" + b"7," * 1000 + b"7]", None, 413),
        (b"7\n" * 1001, "application/x-ndjson", 413),
    ):  # fmt: skip
        headers = {"Content-Type": kind} if kind else BATCH
        answer = await api.post("/v1/events", content=content, headers=headers)
        assert answer.status_code == status, content[:20]
        assert answer.headers["content-type"] == "application/problem+json"
    assert count(api.serving.recorder, reject) == 0


async def test_many_at_once_are_recorded_together_and_none_is_lost(
    api: Api, key: PrivateKey
) -> None:
    recorder = api.serving.recorder
    sent = [array(signed(key, *marks(f"V{number}", ident=f"{number}-"))) for number in range(40)]
    before = count(recorder, batch)
    answers = await asyncio.gather(
        *(api.post("/v1/events", content=one, headers=BATCH) for one in sent + sent[:20])
    )
    found = Counter(status for one in answers for status in statuses(one))
    assert found == {"recorded": 80, "duplicate": 40}
    for one, content in zip(answers, sent + sent[:20], strict=True):
        named = [each["id"] for each in json.loads(content)]
        assert [each["id"] for each in one.json()["receipts"]] == named
    assert count(recorder, batch) - before < 60
    _, findings = verify(recorder.database)
    assert findings == []


async def test_an_error_is_told_to_all_whom_it_concerns_and_the_next_get_through(
    api: Api, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = api.serving.recorder
    record, failing = recorder.record, True

    def flaky(arrivals: list[Arrival]) -> Any:
        if failing:
            raise OSError("the disk is full")
        return record(arrivals)

    monkeypatch.setattr(recorder, "record", flaky)
    events = array(signed(key, *marks("V1")))
    answers = await asyncio.gather(*(api.post("/v1/events", content=events) for _ in range(5)))
    assert [one.status_code for one in answers] == [500] * 5
    failing = False
    assert statuses(await api.post("/v1/events", content=events)) == ["recorded"] * 2


async def test_with_kafka_events_are_queued_on_their_topics(
    recorder: Recorder, key: PrivateKey, kafka: KafkaCluster
) -> None:
    from aiokafka import AIOKafkaConsumer

    chosen = Settings(kafka=kafka.bootstrap, topic_prefix=f"api-{token_hex(4)}.")
    await kafka.create_topic(chosen.topic_prefix + ATTENDANCE.name, 1)
    sender = EventSender(chosen)
    await sender.start()
    before = count(recorder, event)
    try:
        async with Api(Serving.of(chosen, recorder, recorder, sender)) as api:
            events = signed(key, *marks("V1"))
            future = signed(key, check_in("V1", "2099-01-01T08:00", source=KIOSK, place=PLACE))
            answer = await api.post("/v1/events", content=array(events + future), headers=BATCH)
            assert statuses(answer) == ["queued", "queued", "rejected"]
    finally:
        await sender.stop()
    assert count(recorder, event) == before
    consumer = AIOKafkaConsumer(
        chosen.topic_prefix + ATTENDANCE.name,
        bootstrap_servers=kafka.bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        messages = [await asyncio.wait_for(consumer.getone(), 20) for _ in events]
    finally:
        await consumer.stop()
    assert [one.value for one in messages] == events
    assert {one.key for one in messages} == {b"V1"}
