"""Do hours, points and stars come out the same for any order of arrival and any duplication?"""

import itertools
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.clock import now_micros, to_micros
from ledger.core.conduct import CLAIMED
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder, parse
from ledger.recording.recorder import Recorder
from ledger.recording.reviews import list_reviews
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.queries import summaries
from tests.builders import check_in, check_out, claim, decided
from tests.effort import often
from tests.model import Claim, Happening, Ruling, Scan, Visit, ruled, standings, visits
from tests.snapshots import LEVELS, NEVER, Entries, entries, kept_every

START = datetime.fromisoformat("2026-01-01T00:00:00+08:00")
NOW = to_micros(START + timedelta(days=60))

QUICK = parse(national_ladder().text.replace(LEVELS, "{1: 1, 2: 2, 3: 4, 4: 6, 5: 10}"), "quick")
"""Some hours make a star, so that a late event may take it away."""

ends = st.sampled_from(["in", "in", "in", "out", "out", "claim"])

rows = st.lists(
    st.tuples(
        st.sampled_from(["V1", "V2"]),
        st.integers(0, 40).map(lambda slot: slot * 30),
        ends,
        st.sampled_from(["A1", "A2", "A3"]),
    ),
    max_size=24,
)


@st.composite
def arrivals(draw: st.DrawFn) -> tuple[list[Happening], int]:
    """What happens, in any order, every third one twice; and how many come in one batch."""
    happened: list[Happening] = []
    for number, (volunteer, minute, end, activity) in enumerate(draw(rows)):
        ident = f"e{number:03}"
        if end == "claim":
            happened.append(Claim(volunteer, minute, activity, ident))
        else:
            happened.append(Scan(volunteer, minute, end == "in", activity, ident))
    came = [(one.volunteer, one.ident) for one in happened if isinstance(one, Scan) and one.inward]
    if came:
        decisions = st.tuples(st.sampled_from(came), st.booleans(), st.booleans())
        for order, (of, counts, whole) in enumerate(draw(st.lists(decisions, max_size=4))):
            happened.append(Ruling(*of, counts, whole, order))
    return draw(st.permutations(happened + happened[::3])), draw(st.integers(1, 7))


@settings(max_examples=often(30), deadline=None)
@given(arrivals(), st.sampled_from([1, 2, 3]))
def test_snapshots_change_no_entry(arrival: tuple[list[Happening], int], facts: int) -> None:
    sequence, size = arrival
    with kept_every(facts):
        resumed = _entries(sequence, size)
    with kept_every(NEVER):
        assert resumed == _entries(sequence, size)


def _entries(sequence: list[Happening], size: int) -> Entries:
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, QUICK, itertools.count(NOW).__next__)
    for start in range(0, len(sequence), size):
        recorder.record([_arrival(one) for one in sequence[start : start + size]])
    found = entries(database)
    database.close()
    return found


@settings(max_examples=often(30), deadline=None)
@given(arrivals())
@kept_every(2)
def test_the_end_depends_only_on_the_set_of_events(arrival: tuple[list[Happening], int]) -> None:
    sequence, size = arrival
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, national_ladder())
    for start in range(0, len(sequence), size):
        recorder.record([_arrival(one) for one in sequence[start : start + size]])

    with database.read() as connection:
        found = {
            row.volunteer: (row.seconds, row.points.balance, row.star)
            for row in summaries(connection, recorder.rules, now_micros())
        }
        cases = {(one.visit, one.state) for one in list_reviews(connection, settled=True)}
    happened = set(sequence)
    assert found == {
        volunteer: (standing.minutes * 60, str(standing.points), standing.star)
        for volunteer, standing in standings(happened).items()
    }
    assert cases == {
        (f"kiosk/1#{visit.came}", _state(happened, visit))
        for volunteer in found
        for visit in visits(happened, volunteer)
        if visit.questioned
    }
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def _state(happened: set[Happening], visit: Visit) -> str:
    if not visit.claimed:
        return "withdrawn"
    return {None: "open", True: "counted", False: "void"}[
        ruled(happened, visit, claim=visit.claimed)
    ]


def _arrival(one: Happening) -> Arrival:
    match one:
        case Ruling(volunteer, of, counts, whole, order):
            time = (START + timedelta(days=30, minutes=order)).isoformat()
            decision, rule = "count" if counts else "void", None if whole else CLAIMED
            of, ident = f"kiosk/1#{of}", f"d{order}"
            content = decided(volunteer, of, decision, time, rule=rule, ident=ident)
        case Claim(volunteer, minute, activity, ident):
            content = claim(volunteer, _time(minute), activity, ident=ident)
        case Scan(volunteer, minute, inward, activity, ident):
            build = check_in if inward else check_out
            content = build(volunteer, _time(minute), activity, ident=ident)
    return Arrival(content, ident)


def _time(minute: int) -> str:
    return (START + timedelta(minutes=minute)).isoformat()
