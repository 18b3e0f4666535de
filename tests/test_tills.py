"""Does a till get one honest answer, whatever it asks, however often, in whatever order?"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.clock import SECOND, to_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import points_entry, redemption
from ledger.verify import verify
from ledger.volunteers.queries import summary, summary_as_of
from tests.builders import hold, record, redeem, till, visit

OPENING = datetime.fromisoformat("2026-06-01T10:00:00+08:00")


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = to_micros(OPENING)

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Iterator[Recorder]:
    recorder = Recorder(database, national_ladder(), clock)
    record(recorder, visit("V1", "2026-05-01", "08:00", "18:00"))
    yield recorder
    _, findings = verify(database, lambda _events: None)
    assert findings == []


def purse(recorder: Recorder, clock: Clock, volunteer: str = "V1") -> tuple[str, str, str]:
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, volunteer, clock.now)
    assert found is not None
    return found.points.balance, found.points.held, found.points.available


def answers(recorder: Recorder) -> list[tuple[str, str | None]]:
    with recorder.database.read() as connection:
        rows = connection.execute(
            select(redemption.c.command, redemption.c.reason).order_by(redemption.c.request)
        )
        return [(row.command, row.reason) for row in rows]


def test_what_is_held_is_paid_or_let_go_or_lapses(recorder: Recorder, clock: Clock) -> None:
    record(recorder, [hold("V1", "R1", "4"), hold("V1", "R2", "5"), hold("V1", "R3", "2")])
    assert purse(recorder, clock) == ("10", "9", "1")
    record(recorder, [till("confirm", "V1", "R1"), till("cancel", "V1", "R2")])
    assert purse(recorder, clock) == ("6", "0", "6")
    record(recorder, [hold("V1", "R4", "6", seconds=60)])
    clock.now += 60 * SECOND
    assert purse(recorder, clock) == ("6", "0", "6")
    record(recorder, [till("confirm", "V1", "R4")])
    record(recorder, [till("confirm", "V1", "R1"), till("cancel", "V1", "R1")])
    record(recorder, [till("confirm", "V1", "R9"), till("confirm", "V2", "R4")])
    assert [reason for _, reason in answers(recorder)] == [
        None,
        None,
        "insufficient-points",
        None,
        None,
        None,
        "hold-expired",
        None,  # asked again: the same answer
        "already-confirmed",
        "no-such-redemption",
        "redemption-id-used-for-another-purchase",
    ]
    assert purse(recorder, clock) == ("6", "0", "6")


def test_a_part_is_confirmed_and_a_part_refunded(recorder: Recorder, clock: Clock) -> None:
    record(recorder, [hold("V1", "R1", "8"), till("confirm", "V1", "R1", points="6")])
    assert purse(recorder, clock) == ("4", "0", "4")
    record(recorder, [till("refund", "V1", "R1", refund="F1", points="2")])
    record(recorder, [till("refund", "V1", "R1", refund="F1", points="2")])
    record(recorder, [till("refund", "V1", "R1", refund="F2", points="5")])
    record(recorder, [till("refund", "V1", "R1", refund="F3")])
    record(recorder, [till("refund", "V1", "R1", refund="F4")])
    assert purse(recorder, clock) == ("10", "0", "10")
    assert [reason for _, reason in answers(recorder)] == [
        None,
        None,
        None,
        None,
        "more-than-was-paid",
        None,
        "nothing-was-paid",
    ]
    with recorder.database.read() as connection:
        at = to_micros(OPENING + timedelta(seconds=59))
        before = summary_as_of(connection, recorder.rules, "V1", at)
    assert before is not None
    assert before.points.balance == "10"


LOTS = national_ladder().text.replace(
    "{name: 积分, scale: 0,", "{name: 积分, scale: 0, expiry: {months: 3},"
)


def test_a_refund_restores_the_lots_that_were_taken(tmp_path: Path, clock: Clock) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, parse(LOTS, "lots"), clock)
    record(recorder, visit("V1", "2026-03-10", "08:00", "12:00"))  # until 10 June
    record(recorder, visit("V1", "2026-05-10", "08:00", "12:00"))  # until 10 August
    record(recorder, [redeem("V1", "R1", "5")])  # the four that expire first, and one more
    record(recorder, [till("refund", "V1", "R1", refund="F1", points="3")])
    assert purse(recorder, clock) == ("6", "0", "6")
    with database.read() as connection:
        found = summary(connection, recorder.rules, "V1", clock.now)
    assert found is not None
    assert found.points.expiring == (("2026-06-10", "2"), ("2026-08-10", "4"))
    assert recorder.pass_time() == 0
    clock.now = to_micros(datetime.fromisoformat("2026-06-11T10:00:00+08:00"))
    assert purse(recorder, clock)[0] == "4"  # one came back to August, two to June
    assert recorder.pass_time() == 1  # now it is an entry, too
    assert recorder.pass_time() == 0
    with database.read() as connection:
        expired = connection.execute(
            select(points_entry.c.amount).where(points_entry.c.counter == "expiry:POINTS")
        )
        assert list(expired.scalars()) == [-2]
    clock.now = to_micros(datetime.fromisoformat("2026-08-11T10:00:00+08:00"))
    assert purse(recorder, clock)[0] == "0"
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


RESET = (
    national_ladder()
    .text.replace(
        "  service: visit\n", "  service: visit\n  year_end: {timer: {every: year, on: 12-31}}\n"
    )
    .replace(
        "ladders:\n",
        """  - id: carry-over           # 年末清零, 至多结转20分
    on: year_end
    currency: POINTS
    amount: -max(0, POINTS - 20)
    counter: "'expiry'"
    clauses: points
ladders:
""",
    )
)


def test_the_year_ends_by_entries_and_twenty_points_are_carried_over(
    tmp_path: Path, clock: Clock
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, parse(RESET, "reset"), clock)
    record(recorder, visit("V1", "2026-05-01", "00:00", "23:00"))
    record(recorder, visit("V1", "2026-05-02", "00:00", "07:00"))
    clock.now = to_micros(datetime.fromisoformat("2027-01-03T10:00:00+08:00"))
    assert recorder.pass_time() == 1
    assert recorder.pass_time() == 0
    record(recorder, visit("V1", "2027-01-02", "08:00", "10:00"))
    record(recorder, visit("V1", "2026-12-30", "08:00", "12:00", "A2"))  # late, of the old year
    assert purse(recorder, clock)[0] == "22"
    with database.read() as connection:
        entries = connection.execute(
            select(points_entry.c.amount, points_entry.c.effective_at)
            .where(points_entry.c.counter == "expiry:POINTS")
            .order_by(points_entry.c.id)
        ).all()
        at = to_micros(datetime.fromisoformat("2027-01-01T00:00:00+08:00")) - SECOND
        assert [tuple(row) for row in entries] == [(-10, at), (10, at), (-14, at)]
        before = summary_as_of(connection, recorder.rules, "V1", at - SECOND)
    assert before is not None
    assert before.points.balance == "34"
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()
