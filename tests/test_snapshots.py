"""Is a late event folded on from the newest state that it can't touch, and the outcome the same?"""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import select

from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.core.snapshots import Snapshot
from ledger.recording import folding
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import state_snapshot
from ledger.verify import verify
from tests.builders import check_in, check_out, claim, decided, record, report, visit
from tests.snapshots import LEVELS, NEVER, Entries, entries, kept_every

FIRST = date(2026, 1, 1)
DAYS = 20
NOW = to_micros(datetime.fromisoformat("2026-08-01T08:00:00+08:00"))
SERVICE = "  service: visit\n"
TEXT = (
    national_ladder()
    .text.replace(LEVELS, f"{{1: 4, 2: {2 * DAYS - 2}}}")
    .replace(SERVICE, SERVICE + "  mend: {kind: amendment, amends: service}\n")
)
POLICY, OTHER = (
    parse(text, "") for text in (TEXT, TEXT.replace("floor(counted)", "2 * floor(counted)"))
)

Late = Callable[[Recorder], object]
"""What comes in late."""


def day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


def came(number: int) -> bytes:
    return check_in("V1", f"{day(number)}T08:00", ident=f"in{number}")


def left(number: int) -> bytes:
    return check_out("V1", f"{day(number)}T10:00", ident=f"out{number}")


def evening(number: int, start: str = "18:00", end: str = "20:00") -> list[bytes]:
    return visit("V1", day(number), start, end, "C")


def later(*contents: bytes) -> Late:
    def came_in(recorder: Recorder) -> None:
        assert not record(recorder, contents).rejects

    return came_in


def adopt(since: int) -> Late:
    def adopted(recorder: Recorder) -> None:
        recorder.adopt(OTHER, FIRST + timedelta(days=since))
        while recorder.apply_adoptions():
            pass

    return adopted


def void(number: int) -> bytes:
    return decided("V1", f"kiosk/1#in{number}", "void", ident=f"void{number}")


def over(number: int) -> bytes:
    """Somebody claims that what is open since day 11 was over then."""
    return claim("V1", f"{day(number)}T12:00", "B", ident="claim")


def moved(number: int, to: int) -> bytes:
    start, end = (f"{day(to)}T{hour}:00:00+08:00" for hour in (18, 20))
    of = f"kiosk/1#in{number}"
    return report("V1", "mend", f"{day(25)}T08:00", of=of, start=start, end=end)


OPEN = check_in("V1", f"{day(11)}T11:00", "B", ident="open")

CASES: dict[str, tuple[list[Late], list[int]]] = {
    "in order": ([later(came(20), left(20))], [4, 8, 12, 16, 20]),
    "an evening": ([later(*evening(15))], [4, 8, 12, 16, 21]),
    "early on": ([later(*evening(2))], [21]),
    "twice": ([later(came(15), left(15))], [4, 8, 12, 16, 20]),
    "a check-in in between": ([later(check_in("V1", f"{day(15)}T09:00"))], [4, 8, 12, 20]),
    "a check-out": ([later(check_out("V1", f"{day(11)}T12:00", "B"))], [4, 8, 12, 21]),
    "a claim": ([later(over(11))], []),
    "moved within": ([later(moved(15, 14))], [4, 8, 12, 20]),
    "moved before": ([later(moved(15, 5))], [20]),
    "a review": ([later(void(13))], [4, 8, 12, 19]),
    "a review, by which a level is lost": ([later(void(17), void(18))], [18]),
    "a review of what did not come": ([later(void(99))], []),
    "a policy": ([adopt(13)], [4, 8, 12, 20]),
    "a policy of always": ([adopt(0)], [20]),
    "a policy of tomorrow": ([adopt(21)], [4, 8, 12, 16, 20]),
    "a policy for what is void, and last": (
        [
            later(void(19), *evening(15)),
            adopt(19),
            later(*evening(19)),
            later(*evening(19, "12:00", "13:00")),
        ],
        [4, 8, 12, 16, 22],
    ),
}


def live(ledger: Database, case: str, every: int) -> None:
    """V1 came for two hours on each of twenty days, each of which is a batch; then it goes on."""
    clock = iter(range(NOW, NEVER, 1000))
    with kept_every(every):
        recorder = Recorder(ledger, POLICY, clock.__next__, lambda: "")
        for number in range(DAYS):
            record(recorder, [came(number), left(number), *([OPEN] * (number == 11))])
        for late in CASES[case][0]:
            late(recorder)
        if every != NEVER:
            assert verify(ledger, lambda _: None)[1] == []


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Entries]:
    """What a ledger says that keeps no states."""

    @cache
    def told(case: str) -> Entries:
        ledger = Database(f"sqlite:///{tmp_path_factory.mktemp('whole') / 'ledger.db'}")
        ledger.create()
        live(ledger, case, NEVER)
        found = entries(ledger)
        ledger.close()
        return found

    return told


@pytest.mark.parametrize("case", CASES)
def test_it_is_folded_on_from_the_newest_state_that_it_cannot_touch(
    case: str, database: Database, whole: Callable[[str], Entries]
) -> None:
    live(database, case, 4)
    with database.read() as connection:
        facts = select(state_snapshot.c.facts).order_by(state_snapshot.c.batch)
        assert list(connection.execute(facts).scalars()) == CASES[case][1]
    assert entries(database) == whole(case)


@pytest.mark.parametrize("case", CASES)
def test_the_fold_itself_finds_out_that_a_state_does_not_serve(
    case: str, tmp_path: Path, whole: Callable[[str], Entries]
) -> None:
    def newest(_reached: object, kept: Iterable[Snapshot], _rules: object) -> Snapshot:
        return max(kept, key=lambda one: one.batch)

    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    with patch.object(folding, "newest_before", newest):
        live(database, case, 4)
    assert entries(database) == whole(case)
    database.close()
