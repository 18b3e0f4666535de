"""Who belongs to which team, who is registered, and what is missing?"""

from datetime import UTC, date, datetime

import pytest

from ledger.centre.activities.held import period
from ledger.centre.teams import directory as teams
from ledger.centre.teams import people
from ledger.centre.teams.kinds import team_kinds
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.statistics.stars import star_table
from ledger.store.database import Database
from ledger.verify import verify
from tests.builders import record, register, shop_event, visit

COUNTY, TOWN, VILLAGE = "370199000000", "370199001000", "370199001001"
POLICY = national_ladder()
NOW = to_micros(datetime(2026, 7, 1, tzinfo=UTC))
MARCH, MAY = (to_micros(datetime(2026, month, 15, tzinfo=UTC)) for month in (3, 5))


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database, POLICY, lambda: NOW)


def test_a_team_has_those_who_joined_and_those_registered_with_it(recorder: Recorder) -> None:
    record(
        recorder,
        [
            register("team", "T1", name="宣讲队", place=TOWN, kind="theory"),
            register("team", "T2", name="义诊队", place=COUNTY, kind="health"),
            register("volunteer", "V1", team="T1", place=VILLAGE),
            register("volunteer", "V2", team="T1", place=VILLAGE),
            shop_event("membership.joined", "V2", "2026-02-01T08:00", team="T1", role="leader"),
            shop_event("membership.joined", "V3", "2026-02-01T08:00", team="T1"),
            shop_event("membership.left", "V3", "2026-04-01T08:00", team="T1"),
            shop_event("volunteer.left", "V1", "2026-04-01T08:00"),
        ],
    )
    with recorder.database.read() as connection:
        in_march = [(one.volunteer, one.role) for one in teams.members(connection, "T1", MARCH)]
        in_may = [(one.volunteer, one.role) for one in teams.members(connection, "T1", MAY)]
        sizes = {one.team: one.members for one in teams.teams(connection, MARCH)}
        here = [one.team for one in teams.teams(connection, MARCH, TOWN)]
    assert in_march == [("V1", "member"), ("V2", "leader"), ("V3", "member")]
    assert in_may == [("V2", "leader")]
    assert sizes == {"T1": 3, "T2": 0}
    assert here == ["T1"]


def test_the_teams_that_a_place_lacks_are_listed(recorder: Recorder) -> None:
    named = [one.key for one in team_kinds().values() if one.named]
    assert len(named) == 17
    record(
        recorder,
        [
            register("place", COUNTY, name="中心", kind="centre"),
            register("place", TOWN, name="所", kind="sub-centre", parent=COUNTY),
            register("place", VILLAGE, name="站", kind="station", parent=TOWN),
            *(register("team", f"C{kind}", name=kind, place=COUNTY, kind=kind) for kind in named),
            *(register("team", f"T{number}", name="队", place=TOWN) for number in range(5)),
            *(register("team", f"S{number}", name="队", place=VILLAGE) for number in range(2)),
            register("team", "X", name="队", place=TOWN, kind="nonsense"),
        ],
    )

    def missing() -> dict[str, str]:
        with recorder.database.read() as connection:
            found = teams.check(connection, date(2026, 6, 1), POLICY.plan.clock)
        return {one.place: one.message for one in found}

    assert missing() == {
        "X": "kind nonsense: there is no such kind of team",
        COUNTY: "no general team 志愿服务总队",
        VILLAGE: "2 teams 志愿服务队; a station 站 has at least 3",
    }
    record(
        recorder,
        [
            register("team", "G", name="总队", place=COUNTY, kind="general"),
            register("team", "Claw", "2026-02-01T08:00", name="法", place=COUNTY, kind="health"),
            register("team", "S2", name="队", place=VILLAGE),
            register("team", "X", "2026-02-01T08:00", name="队", place=TOWN),
        ],
    )
    assert missing() == {COUNTY: "no team of law 法律服务"}


def test_who_has_left_is_not_counted_and_keeps_all(recorder: Recorder) -> None:
    record(
        recorder,
        [
            register("volunteer", "V1", place=VILLAGE, skills=["急救"], party_unit="U1"),
            register("volunteer", "V2", place=VILLAGE, skills=["急救", "摄影"]),
            *visit("V1", "2026-02-01", "08:00", "12:00"),
        ],
    )

    def counted() -> tuple[int, int, dict[str, int]]:
        with recorder.database.read() as connection:
            [row] = people.registered(connection, NOW, TOWN)
            total = star_table(connection, POLICY.plan, TOWN).total
            return row.volunteers, sum(total.values()), dict(people.skills(connection, TOWN))

    assert counted() == (2, 2, {"急救": 2, "摄影": 1})
    people.leave(recorder, "V1", reason="迁出", by="张三")
    assert counted() == (1, 1, {"急救": 1, "摄影": 1})
    with recorder.database.read() as connection:
        assert people.registered(connection, MARCH, TOWN)[0].volunteers == 2
        assert people.with_skill(connection, "急救", TOWN) == ["V2"]
    with pytest.raises(LedgerError, match="V1 is not registered"):
        people.leave(recorder, "V1", reason="", by="")
    assert verify(recorder.database, lambda _: None)[1] == []


def test_party_members_in_post_by_unit(recorder: Recorder) -> None:
    record(
        recorder,
        [
            register("volunteer", "V1", place=VILLAGE, party_unit="U1"),
            register("volunteer", "V2", place=VILLAGE, party_unit="U1"),
            register("volunteer", "V3", place=VILLAGE, party_unit="U2"),
            register("volunteer", "V4", place=VILLAGE),
            *visit("V1", "2025-12-30", "00:00", "23:00"),
            *visit("V1", "2026-02-01", "08:00", "12:00"),
            *visit("V2", "2026-02-02", "00:30", "20:30"),
            *visit("V4", "2026-02-02", "00:30", "20:30"),
        ],
    )
    year = period(POLICY.plan.clock, "2026")
    with recorder.database.read() as connection:
        found = people.party_units(connection, NOW, POLICY.plan.track, year, TOWN)
    assert [one[:4] for one in found] == [("U1", 2, 2, 1), ("U2", 1, 0, 0)]
    assert found[0].seconds == 24 * 3600
