"""Can a program do by the client what a practice centre does, on a real server?"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from ledger.api.centre.activities import ActivitySaid, Because, SignUpSaid
from ledger.api.centre.assessments import (
    AssessmentDrawAsked,
    AssessmentFindingAsked,
    AssessmentResultAsked,
)
from ledger.api.centre.honours import Decided, Nominated
from ledger.api.centre.order_shapes import (
    AcceptanceAsked,
    CompletionAsked,
    DispatchAsked,
    OwnRating,
    PlacingAsked,
)
from ledger.api.centre.places import CountSaid, MergeSaid, PlaceSaid, ReopenSaid
from ledger.api.centre.plans import PlanSaid
from ledger.api.centre.projects import ProjectCallAsked, ProjectStepAsked
from ledger.api.centre.providers import CodeShown
from ledger.api.centre.resources import BookingSaid, CancelSaid, ResourceSaid
from ledger.api.centre.teams import JoinSaid, LeaveSaid, TeamSaid
from ledger.api.exchange_shapes import ExportAsked
from ledger.client import ApiProblem, Client
from ledger.client.centre import (
    Activities,
    Assessments,
    Benefits,
    Honours,
    Orders,
    Places,
    Projects,
    Teams,
)
from ledger.client.exchange import Exchange
from ledger.store.database import Database
from schemas.activities import PlannedActivities
from tests.api.test_serve import server
from tests.builders import register, visit

COUNTY, TOWN, STATION = "370102000000", "370102001000", "370102001001"
TODAY = datetime.now(UTC)
THIS_YEAR, YEAR = str(TODAY.year), str(TODAY.year - 1)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The client of an office of a county: a centre, a station, a team, two volunteers."""
    folder = tmp_path_factory.mktemp("centre")
    database = Database(f"sqlite:///{folder / 'ledger.db'}")
    database.create()
    with (
        server(folder, VLEDGER_DB=database.url) as (address, secret, _),
        Client(address, secret=secret) as client,
    ):
        places = Places(client)
        client.send([
            register("place", COUNTY, name="中心", kind="centre"),
            register("place", STATION, name="站", kind="station"),
            register("merchant", "M01", name="医院"),
            *visit("V1", f"{YEAR}-05-01", "08:00", "10:00"),
        ])  # fmt: skip
        places.register(STATION, "p2", PlaceSaid(functions=["讲堂"]))
        Teams(client).register("T1", "t1", TeamSaid(name="助老队", place=STATION))
        file = folder / "people.csv"
        file.write_text(f"id,place,skills\nV1,{STATION},理发\nV2,{STATION},\n,{STATION},\n")
        exchange = Exchange(client)
        meant = {"mapping": "plain", "kind": "volunteers", "place": COUNTY}
        assert [one.outcome for one in exchange.check(file, **meant).rows] == [
            "wrong", "new", "new",
        ]  # fmt: skip
        assert exchange.bring_in(file, **meant).results[0].new == 2
        assert exchange.bring_in(file, **meant).results[0].unchanged == 2
        yield client
    database.close()


def test_files(ledger: Client, tmp_path: Path) -> None:
    exchange = Exchange(ledger)
    assert "plain" in [one.name for one in exchange.mappings()]
    file = tmp_path / "out.csv"
    asked = ExportAsked(kind="volunteers", mapping="plain", place=COUNTY, form="csv")
    file.write_bytes(exchange.export(asked))
    same = exchange.reconcile(file, mapping="plain", kind="volunteers", place=COUNTY)
    assert (same.same, same.differences) == (2, 0)
    with pytest.raises(ApiProblem) as none:
        exchange.to_mend(file, mapping="plain", kind="volunteers")
    assert none.value.status == 404
    file.write_text("id,place\nV1,\n,x\n")
    assert b"fill it in" in exchange.to_mend(file, mapping="plain", kind="volunteers")


def test_places_and_what_they_share(ledger: Client) -> None:
    places = Places(ledger)
    assert [one.place for one in places.tree(area=COUNTY)] == [COUNTY, STATION]
    assert places.check(area=COUNTY)
    told = places.count(STATION, "count", CountSaid(year=2026, residents=900))
    assert told == places.count(STATION, "count", CountSaid(year=2026, residents=900))
    assert [one.residents for one in told.years] == [900]
    other = "370102001002"
    places.register(other, "p3", PlaceSaid(name="旧站", kind="station"))
    day = date.fromisoformat("2026-01-01")
    merged = places.merge(other, "merge", MergeSaid(into=STATION, on=day))
    assert merged.closed[0].into == STATION
    assert len(places.reopen(other, "open", ReopenSaid(on=day)).closed) <= 1
    assert places.find(STATION).functions == ["讲堂"]
    places.share("R1", "share", ResourceSaid(name="礼堂", place=STATION))
    assert [one.resource for one in places.resources(COUNTY)] == ["R1"]
    starts = TODAY + timedelta(days=1)
    wish = BookingSaid(starts_at=starts, ends_at=starts + timedelta(hours=1))
    booked = places.book("R1", "book", wish)
    assert places.book("R1", "book", wish) == booked
    with pytest.raises(ApiProblem, match="已有预约"):
        places.book("R1", "again", wish)
    gone = places.give_up("R1", booked.booking, "up", CancelSaid(reason="改期"))
    assert gone.state == "cancelled"
    assert len(places.bookings("R1", past=True)) >= 1


def test_teams_and_people(ledger: Client) -> None:
    teams = Teams(ledger)
    assert len(teams.kinds()) >= 17
    joined = teams.join("T1", "join", JoinSaid(volunteer="V1", role="leader"))
    assert [one.volunteer for one in joined.members] == ["V1"]
    assert [one.team for one in teams.belonging("V1").teams] == ["T1"]
    teams.join("T1", "join2", JoinSaid(volunteer="V2"))
    left = teams.leave("T1", "V2", "leave", LeaveSaid(reason="搬家"))
    assert left.members == teams.find("T1").members
    assert [one.members for one in teams.listed(area=COUNTY)] == [1]
    assert teams.skills(COUNTY).skills == {"理发": 1}
    assert sum(one.volunteers for one in teams.registered(area=COUNTY)) == 2
    assert teams.party(area=COUNTY) == []
    assert teams.deregister("V2", "gone", LeaveSaid()).volunteer == "V2"


def test_activities_and_plans(ledger: Client) -> None:
    activities = Activities(ledger)
    starts = TODAY + timedelta(days=2)
    walk = ActivitySaid(
        name="健步走", place=STATION, starts_at=starts, ends_at=starts + timedelta(hours=1),
        capacity=1,
    )  # fmt: skip
    made = activities.register("A1", "a1", walk)
    assert activities.find("A1") == made
    assert "A1" in [one.activity for one in activities.listed(area=COUNTY)]
    assert activities.sign_up("A1", "s1", SignUpSaid(volunteer="V1")).state == "in"
    assert [one.volunteer for one in activities.sign_ups("A1")] == ["V1"]
    assert [one.activity for one in activities.of_volunteer("V1")] == ["A1"]
    assert activities.withdraw("A1", "V1", "w1", Because(reason="有事")).state == "withdrawn"
    with pytest.raises(ApiProblem):  # it is not over
        activities.settle("A1")
    assert activities.cancel("A1", "c1", Because(reason="雨")).cancelled_at
    items = [PlannedActivities(title="宣讲", category="lecture", times=4)]
    plan = activities.plan(STATION, "plan", PlanSaid(of="place", period=YEAR, items=items))
    assert activities.plans(period=YEAR, area=COUNTY) == [plan]
    assert [one.visits for one in activities.held(YEAR, area=COUNTY)] == [1]
    assert len(activities.held_by_month(int(YEAR), COUNTY)) == 12


def test_an_order_goes_round(ledger: Client) -> None:
    orders = Orders(ledger)
    wish = PlacingAsked(place=STATION, category="理发", text="老人理发", skills=["理发"])
    made = orders.place("o1", wish)
    assert orders.place("o1", wish) == made
    assert orders.suggestions(made.id).items
    orders.dispatch(made.id, "o2", DispatchAsked(team="T1"))
    orders.accept(made.id, "o3", AcceptanceAsked())
    assert orders.done(made.id, "o4", CompletionAsked()).state == "done"
    orders.rate_own(OwnRating(order=made.id, code=made.rating_code, stars=5))
    assert orders.find(made.id).state == "rated"
    assert [one.id for one in orders.listed(place=COUNTY, state="rated")] == [made.id]
    assert sum(one.orders for one in orders.counts(COUNTY).states) == 1
    with pytest.raises(ApiProblem, match="422"):
        orders.dispatch(made.id, "o5", DispatchAsked(team="T1"))


def test_projects_and_assessments(ledger: Client) -> None:
    projects = Projects(ledger)
    until = "2199-01-01T00:00:00+08:00"
    call = ProjectCallAsked(title="征集", place=COUNTY, year=2026, until=until)
    assert projects.call("C1", "call", call) == projects.calls(COUNTY)[0]
    data = {"name": "四点半课堂", "place": STATION, "call": "C1"}
    submitted = projects.step("P1", "submit", ProjectStepAsked(step="submitted", data=data))
    assert projects.find("P1").state == submitted.state == "submitted"
    assert [one.project for one in projects.listed(place=COUNTY)] == ["P1"]
    assert sum(one.projects for one in projects.stages(COUNTY)) == 1
    assessments = Assessments(ledger)
    here = {"place": COUNTY, "year": THIS_YEAR}
    assert assessments.editions()
    assert assessments.assess(**here).year == int(THIS_YEAR)
    assert next(assessments.missing(**here)).indicator
    assert assessments.report("xlsx", **here)[:2] == b"PK"
    drawing = AssessmentDrawAsked(
        stage="spot-check", year=int(THIS_YEAR), place=COUNTY, of="station", size=1
    )
    drawn = assessments.draw("draw", drawing)
    assert assessments.draws(place=COUNTY) == [drawn]
    assert assessments.drawn_again(drawn.draw).draw == drawn
    indicator = next(assessments.missing(**here)).indicator
    found = AssessmentFindingAsked(
        place=STATION, stage="self-check", year=int(THIS_YEAR), indicator=indicator, verdict="unmet"
    )
    assert assessments.find("found", found) == assessments.findings(**here)[0]
    filed = assessments.conclude("done", AssessmentResultAsked(place=COUNTY, year=int(THIS_YEAR)))
    assert assessments.results(COUNTY) == [filed]


def test_benefits_and_honours(ledger: Client) -> None:
    benefits, honours = Benefits(ledger), Honours(ledger)
    assert benefits.of_volunteer("V1").claims == []
    assert list(benefits.uncovered()) == []
    assert list(benefits.uses("M01")) == []
    with pytest.raises(ApiProblem) as wrong:
        benefits.check("M01", "key-0001", CodeShown(code="V1-000000"))
    assert wrong.value.kind == "no-such-code"
    said = Nominated(nomination="H1", honour="最美志愿者", nominee="V1", place=STATION)
    assert honours.nominate("h1", said) == honours.find("H1")
    assert [one.nomination for one in honours.of_volunteer("V1")] == ["H1"]
    decided = honours.step("H1", "h2", Decided(step="decided", decision="approved"))
    assert [one.state for one in honours.listed(place=COUNTY)] == [decided.state] == ["approved"]
