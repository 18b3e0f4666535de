"""Does only a device's own good key speak for it, and is nothing lost that others said?"""

import re
import threading
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from sqlalchemy import select

from ledger.clock import SECOND, to_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder, parse
from ledger.devices.enrolment import enrol, let_in, replace_key, revoke
from ledger.devices.keys import PrivateKey, is_signed_by, key_id, public_text, sign
from ledger.errors import LedgerError
from ledger.places import is_within
from ledger.recording.recorder import Receipt, Recorder
from ledger.recording.rejects import list_rejects, release_held, replay_rejects
from ledger.recording.replay import differences, rebuild, scratch
from ledger.store.database import Database
from ledger.store.devices import listed
from ledger.store.tables import event
from ledger.verify import verify
from ledger.volunteers.explain import explain
from ledger.volunteers.explain_view import Language, print_explanation
from schemas.topics import carried_by
from tests.builders import (
    allow,
    check_in,
    check_out,
    claim,
    hold,
    record,
    redeem,
    register,
    report,
    till,
    transfer,
    visit,
)
from tests.command import run

KIOSK, TILL = "kiosk/370102-001-01", "till/M01"
VILLAGE, TOWNSHIP, ELSEWHERE = "370102001001", "370102001000", "370103001001"
NOON = "2026-06-01T12:00:00+08:00"


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.now = to_micros(datetime.fromisoformat(NOON))

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Iterator[Recorder]:
    made = Recorder(database, national_ladder(), clock)
    made.begin()
    yield made
    assert verify(database, lambda _: None)[1] == []


def public(key: PrivateKey) -> str:
    return public_text(key.public_key())


def signed(content: bytes, key: PrivateKey) -> bytes:
    return sign(orjson.loads(content), key)


def mark(time: str = "2026-06-01T08:00", place: str = VILLAGE, ident: str | None = None) -> bytes:
    return check_in("V1", time, source=KIOSK, place=place, ident=ident)


def codes(receipt: Receipt) -> list[str]:
    """What became of each arrival: applied, duplicate, or the code of its reject."""
    rejects = iter(receipt.rejects)
    return [next(rejects).code if one == "rejected" else one for one in receipt.outcomes]


def test_only_its_own_key_speaks_for_a_device(recorder: Recorder) -> None:
    own, other = PrivateKey.generate(), PrivateKey.generate()
    before = mark(ident="before")
    assert codes(record(recorder, [before])) == ["applied"]
    assert enrol(recorder, KIOSK, public(own), TOWNSHIP, [], "张三") == key_id(public(own))
    changed = orjson.loads(signed(mark(), own)) | {"time": "2026-06-01T06:00:00+08:00"}
    said = [
        signed(mark(), own),
        mark(),
        signed(mark(), other),
        orjson.dumps(changed),
        orjson.dumps(orjson.loads(signed(mark(), own)) | {"signature": "x"}),
        signed(mark(place=ELSEWHERE), own),
        signed(mark(place=TOWNSHIP), own),
        check_in("V2", "2026-06-01T08:00", source="kiosk/other"),
        before,
        signed(before, own),
        before.replace(b"V1", b"V2"),
    ]
    assert codes(record(recorder, said)) == [
        "applied",
        "unsigned",
        "unknown-key",
        "bad-signature",
        "bad-signature",
        "wrong-place",
        "applied",
        "applied",
        "duplicate",
        "duplicate",
        "unsigned",
    ]


def test_a_replaced_key_is_good_for_what_was_before(recorder: Recorder, clock: Clock) -> None:
    first, second = PrivateKey.generate(), PrivateKey.generate()
    enrol(recorder, KIOSK, public(first), VILLAGE, [], "张三")
    clock.now += 3600 * SECOND
    replace_key(recorder, KIOSK, public(second), "张三")
    clock.now += 3600 * SECOND
    said = [
        signed(mark("2026-06-01T12:59:59"), first),  # was offline for two hours
        signed(mark("2026-06-01T13:00:00"), first),
        signed(mark("2026-06-01T13:00:01"), second),
        signed(mark("2026-06-01T12:30:00"), second),
    ]
    assert codes(record(recorder, said)) == ["applied", "key-replaced", "applied", "applied"]
    with pytest.raises(LedgerError, match="has this key already"):
        replace_key(recorder, KIOSK, public(second), "张三")


def test_a_stolen_device_is_heard_no_more_unless_somebody_vouches(
    recorder: Recorder, clock: Clock
) -> None:
    key = PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    early, late = signed(mark(ident="early"), key), signed(mark(ident="late"), key)
    assert codes(record(recorder, [early])) == ["applied"]
    revoke(recorder, KIOSK, None, "stolen", "张三")
    assert codes(record(recorder, [early, late])) == ["duplicate", "key-revoked"]
    with recorder.database.read() as connection:
        rejects = {one.content: one for one in list_rejects(connection)}
    assert codes(replay_rejects(recorder, [rejects[late]])) == ["key-revoked"]
    settled = let_in(recorder, [rejects[late]], "was in the queue of the village", "李四")
    assert codes(settled) == ["applied"]
    with recorder.database.read() as connection:
        logged = [
            orjson.loads(one)["data"]
            for one in connection.execute(
                select(event.c.content).where(event.c.type == "volunteer.device.vouched.v1")
            ).scalars()
        ]
    [vouched] = logged
    assert (vouched["by"], vouched["reject"]) == ("李四", rejects[late].id)
    again = PrivateKey.generate()
    enrol(recorder, KIOSK, public(again), VILLAGE, [], "张三")
    assert codes(record(recorder, [signed(mark(), again), late])) == ["applied", "duplicate"]
    assert codes(record(recorder, [signed(mark(), key)])) == ["key-revoked"]
    record(recorder, [b"garbage"])
    with recorder.database.read() as connection:
        garbage = [one for one in list_rejects(connection) if one.code == "not-json"]
    with pytest.raises(LedgerError, match="nobody can vouch for that"):
        let_in(recorder, garbage, "why", "李四")
    for device, its in (("kiosk/none", None), (KIOSK, "none")):
        with pytest.raises(LedgerError, match="is not enrolled"):
            revoke(recorder, device, its, "lost", "张三")


def test_a_till_asks_for_its_own_shop(recorder: Recorder) -> None:
    key = PrivateKey.generate()
    enrol(recorder, TILL, public(key), VILLAGE, ["M01"], "张三")
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))

    def ask(redemption: str, merchant: str) -> bytes:
        said = orjson.loads(redeem("V1", redemption, "2", merchant=merchant)) | {"source": TILL}
        return sign(said, key)

    assert codes(record(recorder, [ask("R1", "M01"), ask("R2", "M02")])) == [
        "applied",
        "wrong-merchant",
    ]


def test_a_till_settles_and_passes_on_nothing_of_other_shops(recorder: Recorder) -> None:
    ours, theirs = PrivateKey.generate(), PrivateKey.generate()
    enrol(recorder, TILL, public(ours), VILLAGE, ["M01"], "张三")
    enrol(recorder, "till/M02", public(theirs), VILLAGE, ["M02"], "张三")
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))

    def of(source: str, content: bytes, key: PrivateKey) -> bytes:
        return sign(orjson.loads(content) | {"source": source}, key)

    first = [
        of("till/M02", hold("V1", "H1", "1", merchant="M02"), theirs),
        of("till/M02", redeem("V1", "R2", "1", merchant="M02"), theirs),
    ]
    assert codes(record(recorder, first)) == ["applied", "applied"]
    said = [
        of(TILL, till("cancel", "V1", "H1"), ours),
        of(TILL, till("refund", "V1", "R2", refund="F1"), ours),
        orjson.dumps(orjson.loads(redeem("V1", "R3", "1")) | {"source": TILL}),  # pretends
        of("till/M02", redeem("V1", "R3", "1", merchant="M02"), theirs),
        of(TILL, till("refund", "V1", "R3", refund="F2"), ours),
        redeem("V1", "R4", "1", merchant="M02").replace(b"till/1", b"till/9"),
        of(TILL, till("refund", "V1", "R4", refund="F3"), ours),
        of(TILL, allow("V1", "A1", "1", merchant="M02"), ours),
        of(TILL, transfer("V1", "T1", "V2", "1"), ours),
        of(TILL, till("cancel", "V1", "unknown"), ours),
        of("till/M02", till("cancel", "V1", "H1"), theirs),
    ]
    assert codes(record(recorder, said)) == [
        "wrong-merchant",
        "wrong-merchant",
        "unsigned",
        "applied",
        "wrong-merchant",
        "applied",
        "wrong-merchant",
        "wrong-merchant",
        "not-allowed",
        "applied",
        "applied",
    ]


def test_a_kiosk_sends_attendance_and_nothing_else(recorder: Recorder) -> None:
    key = PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    said = [
        transfer("V1", "T1", "V2", "1"),
        till("refund", "V1", "R1", refund="F1"),
        redeem("V1", "R1", "1"),
        report("V1", "award", "2026-05-01T08:00"),
        register("volunteer", "V3"),
    ]
    signed_ = [sign(orjson.loads(one) | {"source": KIOSK}, key) for one in said]
    assert codes(record(recorder, signed_)) == ["not-allowed"] * 5
    claims = [
        claim("V1", "2026-05-02T10:00", time="2026-05-03T08:00", source=KIOSK, place=place)
        for place in (VILLAGE, ELSEWHERE)
    ]
    sent = [signed(one, key) for one in claims]
    assert codes(record(recorder, sent)) == ["applied", "wrong-place"]


def test_a_topic_carries_its_own_events(recorder: Recorder) -> None:
    """Whoever may write attendance to Kafka can't ask for points there, or register."""
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    said = [mark(), transfer("V1", "T1", "V2", "1"), register("volunteer", "V3")]
    arrivals = [Arrival(one, "volunteer.attendance/0@1") for one in said]
    receipt = recorder.record(arrivals, carries=carried_by("volunteer.attendance"))
    assert codes(receipt) == ["applied", "wrong-topic", "wrong-topic"]
    with recorder.database.read() as connection:
        kept = list_rejects(connection)
    with pytest.raises(LedgerError, match="--vouch"):
        replay_rejects(recorder, kept)
    settled = let_in(recorder, kept, "sent by the office, by mistake", "李四")
    assert codes(settled) == ["applied", "applied"]


def test_an_app_asks_what_volunteers_may(recorder: Recorder) -> None:
    key = PrivateKey.generate()
    enrol(recorder, "app/1", public(key), "370000000000", [], "张三", app=True)
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    bought = sign(orjson.loads(redeem("V1", "R1", "1", merchant="M09")) | {"source": "app/1"}, key)
    said = [bought, signed(transfer("V1", "T1", "V2", "1"), key)]
    assert codes(record(recorder, said)) == ["applied", "applied"]


def test_an_activity_lies_where_it_is_registered(recorder: Recorder) -> None:
    key = PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    for activity, place in (("FAR", ELSEWHERE), ("WIDE", TOWNSHIP), ("NEAR", VILLAGE)):
        record(recorder, [register("activity", activity, name=activity, place=place)])
    said = [
        signed(check_in("V1", "2026-06-01T08:00", one, source=KIOSK, place=VILLAGE), key)
        for one in ("FAR", "WIDE", "NEAR")
    ]
    assert codes(record(recorder, said)) == ["wrong-place", "applied", "applied"]


def test_a_key_belongs_to_one_device_and_does_not_come_back(recorder: Recorder) -> None:
    key, other = PrivateKey.generate(), PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    enrol(recorder, KIOSK, public(key), TOWNSHIP, [], "张三")  # it has moved
    assert codes(record(recorder, [signed(mark(place=TOWNSHIP), key)])) == ["applied"]
    enrol(recorder, "kiosk/2", public(other), VILLAGE, [], "张三")
    with pytest.raises(LedgerError, match=f"is {KIOSK}'s"):
        replace_key(recorder, "kiosk/2", public(key), "张三")
    fresh = public(PrivateKey.generate())
    for device, text, place in (
        ("kiosk/3", public(key), VILLAGE),
        ("desk", fresh, VILLAGE),
        ("kiosk/3", fresh, ""),
        ("k" * 129, fresh, VILLAGE),
    ):
        with pytest.raises(LedgerError):
            enrol(recorder, device, text, place, [], "张三")
    revoke(recorder, KIOSK, None, "stolen", "张三")
    with pytest.raises(LedgerError, match="good no more"):
        enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    assert codes(record(recorder, [signed(mark(), key)])) == ["key-revoked"]


def test_the_explanation_tells_whose_word_an_event_is(recorder: Recorder) -> None:
    key = PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    leaves = check_out("V1", "2026-06-01T10:00", source=KIOSK, place=VILLAGE)
    record(recorder, [signed(mark(), key), leaves])
    with recorder.database.read() as connection:
        kept = list_rejects(connection)
    let_in(recorder, kept, "核对纸质签到表", "李四")
    with recorder.database.read() as connection:
        story = explain(connection, recorder.rules, "V1", recorder.now())
    assert story is not None
    [row] = story["hours"]
    assert row["check_in"]["signed"] == key_id(public(key))
    assert row["check_out"]["vouched"] == {"by": "李四", "reason": "核对纸质签到表"}
    console = Console(width=200, record=True, file=StringIO())
    print_explanation(console, story, Language.zh)
    assert f"设备签名 {key_id(public(key))[:8]}" in console.export_text()


def test_what_was_slipped_into_the_log_in_a_devices_name_is_found(
    tmp_path: Path, clock: Clock
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, national_ladder(), clock)
    recorder.begin()
    key, second = PrivateKey.generate(), PrivateKey.generate()
    slip = partial(recorder.record, admitted=True)  # by somebody who gets past the recorder
    slip([Arrival(mark(ident="before"), "")])
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    slip([Arrival(mark(ident="unsigned"), "")])
    slip([Arrival(signed(mark(ident="changed"), key).replace(b'"V1"', b'"V2"'), "")])
    replace_key(recorder, KIOSK, public(second), "张三")
    slip([Arrival(signed(mark(ident="late"), key), "")])
    slip([Arrival(signed(mark("2026-06-01T12:30", ident="replaced"), key), "")])
    revoke(recorder, KIOSK, None, "stolen", "张三")
    slip([Arrival(signed(mark(ident="stolen"), second), "")])
    _, findings = verify(database, lambda _: None)
    assert {one.check for one in findings} == {"events of devices are signed, or vouched for"}
    named = [re.search(r"#(\w+) (.*?),", one.detail) for one in findings]
    assert [one.groups() for one in named if one] == [
        ("unsigned", "is not signed by a key of its device"),
        ("changed", "has a signature that is not its own"),
        ("replaced", "is signed by a key that had been replaced"),
        ("stolen", "came in after its key was revoked"),
    ]
    database.close()


def test_what_was_let_in_and_is_held_is_not_asked_again(tmp_path: Path, clock: Clock) -> None:
    text = national_ladder().text.replace("unregistered: accept", "unregistered: hold")
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, parse(text, "held.yaml"), clock)
    recorder.begin()
    key = PrivateKey.generate()
    assert codes(record(recorder, [mark(ident="before")])) == ["held"]
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    assert codes(record(recorder, [signed(mark(), key), mark()])) == ["held", "unsigned"]
    revoke(recorder, KIOSK, None, "stolen", "张三")
    record(recorder, [register("volunteer", "V1"), register("activity", "A1", name="A")])
    released = release_held(recorder)
    assert released is not None
    assert released.outcomes == ["applied", "applied"]
    assert verify(database, lambda _: None)[1] == []
    database.close()


def test_a_replay_needs_no_key(recorder: Recorder) -> None:
    key, second = PrivateKey.generate(), PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    record(recorder, [signed(mark(), key)])
    replace_key(recorder, KIOSK, public(second), "张三")
    revoke(recorder, KIOSK, None, "stolen", "张三")
    enrol(recorder, KIOSK, public(PrivateKey.generate()), TOWNSHIP, ["M01"], "张三")
    with recorder.database.read() as kept, scratch() as rebuilt:
        rebuild(kept, rebuilt, lambda _: None)
        with rebuilt.read() as other:
            assert list(differences(kept, other)) == []
            assert listed(other) == listed(kept)


def test_where_all_have_to_sign_nobody_else_is_heard(recorder: Recorder, clock: Clock) -> None:
    strict = Recorder(recorder.database, national_ladder(), clock, signed_only=True)
    key = PrivateKey.generate()
    enrol(strict, KIOSK, public(key), VILLAGE, [], "张三")
    by_hand = Arrival(check_in("V3", "2026-06-01T08:00", source="desk"), "desk")
    pretended = Arrival(check_in("V4", "2026-06-01T08:00", source="desk"), "topic/0@1")
    receipt = strict.record([by_hand, pretended, Arrival(signed(mark(), key), "topic/0@2")])
    assert codes(receipt) == ["applied", "unsigned", "applied"]


def test_a_revocation_holds_for_all_that_is_recorded_after_it(postgres_url: str) -> None:
    """Two workers: one lets in what the other's ledger has just revoked? Never."""
    database = Database(postgres_url)
    database.create()
    key = PrivateKey.generate()
    office = Recorder(database, national_ladder())
    office.begin()
    enrol(office, KIOSK, public(key), VILLAGE, [], "张三")
    stop = threading.Event()

    def send(worker: int) -> None:
        mine, number = Recorder(Database(postgres_url), national_ladder()), 0
        while not stop.is_set():
            number += 1
            one = check_in(f"V{worker}", "2026-06-01T08:00", source=KIOSK, place=VILLAGE,
                           ident=f"{worker}/{number}")  # fmt: skip
            mine.record([Arrival(signed(one, key), "test")])
        mine.database.close()

    workers = [threading.Thread(target=send, args=(number,)) for number in range(2)]
    for one in workers:
        one.start()
    for _ in range(20):
        record(office, visit("V9", "2026-05-01", "08:00", "09:00"))
    revoke(office, KIOSK, None, "stolen", "张三")
    for _ in range(20):
        record(office, visit("V9", "2026-05-02", "08:00", "09:00"))
    stop.set()
    for one in workers:
        one.join()
    with database.read() as connection:
        rows = connection.execute(select(event.c.seq, event.c.type, event.c.source)).all()
    [revoked] = [row.seq for row in rows if row.type == "volunteer.device.revoked.v1"]
    marks = [row.seq for row in rows if row.source == KIOSK]
    assert marks
    assert max(marks) < revoked
    assert verify(database, lambda _: None)[1] == []
    database.close()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(data=st.dictionaries(st.text(max_size=6), VALUES, max_size=4), other=VALUES, at=st.data())
def test_any_change_of_a_signed_event_is_noticed(
    data: dict[str, Any], other: Any, at: st.DataObject
) -> None:
    key = PrivateKey.generate()
    said = orjson.loads(sign({"id": "1", "data": data}, key))
    assert is_signed_by(orjson.dumps(said), public(key))
    assert is_signed_by(orjson.dumps(said, option=orjson.OPT_INDENT_2), public(key))
    name = at.draw(st.sampled_from(sorted(said)))
    if orjson.dumps(said[name]) != orjson.dumps(other):
        assert not is_signed_by(orjson.dumps({**said, name: other}), public(key))
    assert not is_signed_by(orjson.dumps({**said, "new": other}), public(key))
    without = {field: value for field, value in said.items() if field != name}
    assert not is_signed_by(orjson.dumps(without), public(key))


@settings(deadline=None)
@given(octet=st.binary(min_size=1, max_size=1), at=st.data())
def test_no_octet_of_a_signed_text_can_be_changed(octet: bytes, at: st.DataObject) -> None:
    key = PrivateKey.from_private_bytes(b"1" * 32)
    text = signed(mark(ident="e1"), key)
    place = at.draw(st.integers(0, len(text) - 1))
    changed = text[:place] + octet + text[place + 1 :]
    assert is_signed_by(changed, public(key)) == (_read(changed) == _read(text))


def _read(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


@pytest.mark.parametrize(
    "more",
    [
        b'"subject":"V2"',
        b'"devicekey":"x"',
        b'"x":NaN',
        b'"x":1e999',
        b'"x":123456789012345678901234567890',
        b'"x":' + b"[" * 190 + b"]" * 190,
        b'"x":' + b"[" * 5000 + b"]" * 5000,
    ],
)
def test_what_can_be_read_in_two_ways_or_not_at_all_is_not_signed(
    recorder: Recorder, more: bytes
) -> None:
    key = PrivateKey.generate()
    enrol(recorder, KIOSK, public(key), VILLAGE, [], "张三")
    content = b"{" + more + b"," + signed(mark(), key)[1:]
    assert codes(record(recorder, [content]))[0] in ("bad-signature", "not-json")


@pytest.mark.parametrize(
    ("place", "area", "inside"),
    [
        ("370102001001", "370102001001", True),
        ("370102001001", "370102001000", True),
        ("370102001001", "370102000000", True),
        ("370102001001", "370100000000", True),
        ("370102001001", "370000000000", True),
        ("370102001001", "370102002000", False),
        ("370102001000", "370102001001", False),
        ("370110000000", "370100000000", True),
        ("370102001010", "370102001001", False),
        ("P1", "P1", True),
        ("P10", "P1", False),
        ("P1", "370000000000", False),
    ],
)
def test_a_place_lies_in_an_area(place: str, area: str, inside: bool) -> None:
    assert is_within(place, area) is inside


def test_the_commands(tmp_path: Path) -> None:
    def vledger(*words: str, code: int = 0, said: bytes = b"") -> str:
        done = run(tmp_path, words, said)
        assert done.returncode == code, done.stderr.decode()
        return done.stdout.decode() + (done.stderr.decode() if code else "")

    vledger("init")
    (tmp_path / "kiosk.pem").write_text(vledger("devices", "new-key", "kiosk.key"))
    enrolling = (
        "devices",
        "enrol",
        KIOSK,
        "--place",
        TOWNSHIP,
        "--key",
        "kiosk.pem",
        "--by",
        "张三",
    )
    key = vledger(*enrolling).strip()
    plain = mark(ident="a") + b"\n" + mark(ident="b") + b"\n"
    late = mark(ident="late") + b"\n"
    (tmp_path / "plain").write_bytes(plain)
    (tmp_path / "signed").write_text(vledger("devices", "sign", "--key", "kiosk.key", said=plain))
    assert '"rejected":2' in vledger("ingest", "plain", "--json")
    assert '"applied":2' in vledger("ingest", "signed", "--json")
    vledger("devices", "revoke", KIOSK, "--reason", "stolen", "--by", "张三")
    assert "revoked" in vledger("devices")
    assert f'"key":"{key}"' in vledger("devices", "--json")
    (tmp_path / "late").write_text(vledger("devices", "sign", "--key", "kiosk.key", said=late))
    assert '"rejected":1' in vledger("ingest", "late", "--json")
    kept = [orjson.loads(one) for one in vledger("rejects", "--json").splitlines()]
    assert [one["code"] for one in kept] == ["unsigned", "unsigned", "key-revoked"]
    vouching = ("--vouch", "--by", "李四", "--reason", "seen")
    assert "rejected" in vledger("rejects", "replay", kept[2]["id"])
    assert "applied" in vledger("rejects", "replay", kept[2]["id"], *vouching)
    assert "to vouch, name" in vledger("rejects", "replay", *vouching, code=2)
