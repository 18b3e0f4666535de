"""Is a late event folded on from the newest state that it can't touch, and the outcome the same?"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ledger.clock import to_micros
from ledger.core.rulebook import PolicyText, national_ladder, parse
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import state_snapshot
from ledger.verify import verify
from tests.builders import check_in, check_out, claim, decided, record, visit
from tests.snapshots import NEVER, entries, kept_every

FIRST = date(2026, 1, 1)
DAYS = 20
NOW = to_micros(datetime.fromisoformat("2026-08-01T08:00:00+08:00"))
OTHER = parse(national_ladder().text.replace("floor(counted)", "2 * floor(counted)"), "other")


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def came(number: int) -> bytes:
    return check_in("V1", f"{day(number)}T08:00", ident=f"in{number}")


def left(number: int) -> bytes:
    return check_out("V1", f"{day(number)}T10:00", ident=f"out{number}")


def later(*contents: bytes) -> Callable[[Recorder], object]:
    return lambda recorder: record(recorder, contents)


def adopt(policy: PolicyText, since: date) -> Callable[[Recorder], object]:
    def adopted(recorder: Recorder) -> None:
        recorder.adopt(policy, since)
        while recorder.apply_adoptions():
            pass

    return adopted


OPEN = check_in("V1", f"{day(10)}T11:00", "B", ident="open")

CASES = {
    "in order": (later(*visit("V1", day(20), "08:00", "10:00")), [4, 8, 12, 16, 20]),
    "an evening": (later(*visit("V1", day(15), "18:00", "20:00")), [4, 8, 12, 16, 21]),
    "early on": (later(*visit("V1", day(2), "18:00", "20:00")), [21]),
    "twice": (later(came(15), left(15)), [4, 8, 12, 16, 20]),
    "a check-out": (later(check_out("V1", f"{day(10)}T12:00", "B", ident="b")), [4, 8, 21]),
    "a claim": (later(claim("V1", f"{day(10)}T12:00", "B", ident="c")), [4, 8]),
    "a review": (later(decided("V1", "kiosk/1#in13", "void", ident="d")), [4, 8, 12, 19]),
    "of nothing": (later(decided("V1", "kiosk/1#in99", "void", ident="d")), []),
    "a policy": (adopt(OTHER, FIRST + timedelta(days=13)), [4, 8, 12, 20]),
    "of always": (adopt(OTHER, FIRST), [20]),
    "of tomorrow": (adopt(OTHER, FIRST + timedelta(days=21)), [4, 8, 12, 16, 20]),
}


@pytest.mark.parametrize("case", CASES)
def test_it_is_folded_on_from_the_newest_state_that_it_cannot_touch(
    case: str, database: Database, tmp_path: Path
) -> None:
    """V1 came for two hours on each of twenty days, each of which is a batch."""
    late, kept = CASES[case]
    whole = Database(f"sqlite:///{tmp_path / 'whole.db'}")
    whole.create()
    for ledger, every in ((database, 4), (whole, NEVER)):
        clock = iter(range(NOW, NEVER, 1000))
        with kept_every(every):
            recorder = Recorder(ledger, national_ladder(), clock.__next__, lambda: "")
            for number in range(DAYS):
                record(recorder, [came(number), left(number), *([OPEN] * (number == 10))])
            late(recorder)
            if ledger is database:
                assert verify(ledger, lambda _: None)[1] == []
    with database.read() as connection:
        facts = select(state_snapshot.c.facts).order_by(state_snapshot.c.batch)
        assert list(connection.execute(facts).scalars()) == kept
    assert entries(database) == entries(whole)
    whole.close()
