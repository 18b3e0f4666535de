"""Do hours, points and stars come out the same for any order of arrival and any duplication?"""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.clock import now_micros
from ledger.intake import Arrival
from ledger.queries import summaries
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.store.database import Database
from ledger.verify import verify
from tests.builders import check_in, check_out
from tests.effort import often
from tests.model import Scan, standings

START = datetime.fromisoformat("2026-01-01T00:00:00+08:00")

scans = st.lists(
    st.builds(
        lambda volunteer, minute, inward, activity: (volunteer, minute, inward, activity),
        st.sampled_from(["V1", "V2"]),
        st.integers(0, 40).map(lambda slot: slot * 30),
        st.booleans(),
        st.sampled_from(["A1", "A2", "A3"]),
    ),
    max_size=24,
).map(lambda rows: [Scan(*row, ident=f"e{number:03}") for number, row in enumerate(rows)])

arrivals = scans.flatmap(
    lambda each: st.tuples(
        st.permutations(each + each[::3]),  # in any order, every third one twice
        st.integers(1, 7),
    )
)


@settings(max_examples=often(60), deadline=None)
@given(arrivals)
def test_the_end_depends_only_on_the_set_of_events(arrival: tuple[list[Scan], int]) -> None:
    sequence, size = arrival
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, national_ladder())
    for start in range(0, len(sequence), size):
        recorder.record([_arrival(scan) for scan in sequence[start : start + size]])

    with database.read() as connection:
        found = {
            row.volunteer: (row.seconds, row.points.balance, row.star)
            for row in summaries(connection, recorder.rules, now_micros())
        }
    assert found == {
        volunteer: (standing.minutes * 60, str(standing.points), standing.star)
        for volunteer, standing in standings(set(sequence)).items()
    }
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def _arrival(scan: Scan) -> Arrival:
    time = (START + timedelta(minutes=scan.minute)).isoformat()
    build = check_in if scan.inward else check_out
    return Arrival(build(scan.volunteer, time, scan.activity, ident=scan.ident), scan.ident)
