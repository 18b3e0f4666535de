"""Is a small county assessed as one counts it by hand, and what is drawn the same for everybody?"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from importlib import resources
from itertools import count
from typing import Any

import pytest
from sqlalchemy.event import listen, remove

from ledger.centre.assessment.checks import (
    assess_area,
    conclude,
    findings_in,
    record_finding,
    results_of,
)
from ledger.centre.assessment.draws import circle, draw, draw_again, drawn_of
from ledger.centre.assessment.indicators import Edition, check, edition_for, load
from ledger.centre.assessment.standing import Line, Result
from ledger.centre.teams.kinds import team_kinds
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import check_in, check_out, record, register, shop_event

CITY = "370100000000"
COUNTY, OTHER = "370102000000", "370103000000"
TOWN = "370102001000"
URBAN, VILLAGE = "370102001001", "370102001201"
POINT = "P-岗"
NAMED = [one.key for one in team_kinds().values() if one.named]
NOW = "2026-11-01T00:00:00+08:00"


@dataclass
class Book:
    """Events of a county, and the same written down as one counts: the other side of the test."""

    events: list[bytes] = field(default_factory=list)
    homes: dict[str, str] = field(default_factory=dict)
    party: set[str] = field(default_factory=set)
    seconds: Counter[tuple[str, int]] = field(default_factory=Counter)
    held: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    held_in: set[tuple[str, int]] = field(default_factory=set)

    def place(self, ident: str, kind: str, rooms: int = 3, **more: Any) -> None:
        functions = [f"室{number}" for number in range(rooms)]
        said = {"name": f"{kind} {ident}", "kind": kind, "functions": functions, **more}
        self.events.append(register("place", ident, "2025-01-01T08:00", **said))

    def counted(self, place: str, year: int = 2026, **said: int) -> None:
        self.events.append(
            shop_event("place.counted", place, "2026-01-05T08:00", year=year, **said)
        )

    def volunteer(self, ident: str, home: str, unit: str | None = None) -> None:
        more = {} if unit is None else {"party_unit": unit}
        self.events.append(register("volunteer", ident, "2025-02-01T08:00", place=home, **more))
        self.homes[ident] = home
        if unit:
            self.party.add(ident)

    def team(self, ident: str, place: str, kind: str | None = None) -> None:
        more = {} if kind is None else {"kind": kind}
        self.events.append(register("team", ident, name=f"队{ident}", place=place, **more))

    def activity(self, ident: str, place: str, team: str = "", category: str = "service") -> None:
        more = {"team": team} if team else {}
        said = {"name": ident, "place": place, "category": category, **more}
        self.events.append(register("activity", ident, "2025-03-01T08:00", **said))
        self.held[ident] = place, team, category

    def served(self, who: str, activity: str, day: str, hours: int) -> None:
        """From eight o'clock on."""
        place = self.held[activity][0]
        self.events += [
            check_in(who, f"{day}T08:00", activity, place=place),
            check_out(who, f"{day}T{8 + hours:02}:00", activity, place=place),
        ]
        year = int(day[:4])
        self.seconds[who, year] += hours * 3600
        self.held_in.add((activity, year))

    def brand(self, project: str, level: str, of: str, day: str = "2026-04-01") -> None:
        def step(kind: str, at: str, **data: Any) -> bytes:
            return shop_event(f"project.{kind}", project, f"{at}T08:00", **data)

        self.events += [
            step("submitted", "2026-01-02", name=project, place=of),
            step("screened", "2026-01-03", outcome="pass", experts=1),
            step("scored", "2026-01-04", expert="E1", score="90"),
            step("admitted", "2026-01-05", library=COUNTY),
            step("brand-named", day, level=level, of=of),
        ]


def day_of(number: int) -> str:
    """A day of 2026, counted from 0."""
    return date.fromordinal(date(2026, 1, 1).toordinal() + number).isoformat()


@pytest.fixture
def book() -> Book:
    """青岚 in small: a city of two counties, one of them with a township and two stations."""
    book = Book()
    book.place(COUNTY, "centre", rooms=3)
    book.place(OTHER, "centre", rooms=2)
    book.place(TOWN, "sub-centre", rooms=4, parent=COUNTY)
    book.place(URBAN, "station", rooms=3, parent=TOWN, community="urban")
    book.place(VILLAGE, "station", rooms=1, parent=TOWN, community="village")
    book.place(POINT, "point", rooms=0, parent=VILLAGE)
    book.counted(COUNTY, residents=100, full_time_staff=5, party_members=5)
    book.counted(OTHER, residents=1_000_000, full_time_staff=4)
    book.counted(TOWN, full_time_staff=2)
    book.counted(URBAN, residents=60, full_time_staff=1)
    book.counted(VILLAGE, residents=40, full_time_staff=0)
    for number in range(15):  # exactly 15 of 100
        home = (URBAN, VILLAGE, POINT)[number % 3]
        book.volunteer(f"V{number:02}", home, "局" if number < 4 else None)
    for number, kind in enumerate(NAMED):
        book.team(f"C{number:02}", COUNTY, kind)
    book.team("C99", COUNTY, "general")
    for number in range(5):
        book.team(f"T{number}", TOWN)
    book.team("S1", URBAN)
    book.team("S2", VILLAGE)
    for number in range(12):
        book.activity(f"A{number:02}", POINT, "S2")
        book.served(f"V{number % 8:02}", f"A{number:02}", day_of(number), 2)
    book.activity("L1", URBAN, "S1", "lecture")
    book.activity("L2", VILLAGE, "S2", "lecture")
    book.activity("L3", VILLAGE, "S2", "lecture")
    book.activity("X1", COUNTY, "C00", "training")
    book.activity("X2", COUNTY, "C00", "training")
    book.activity("M1", COUNTY, "C00", "meeting")
    book.activity("N1", COUNTY, "C00", "service")  # nobody came
    for number, activity in enumerate(("L1", "L2", "L3", "X1", "M1")):
        book.served("V00", activity, day_of(40 + number), 4)
    book.served("V14", "X2", "2025-06-01", 2)  # the year before
    for number in range(5):
        book.brand(f"J{number}", "county", COUNTY)
    book.brand("J5", "station", VILLAGE)
    book.brand("J6", "station", URBAN, "2026-10-31")
    book.events.append(
        shop_event("project.brand-withdrawn", "J6", "2026-10-31T20:00", level="station")
    )
    for number in range(6):
        book.brand(f"K{number}", "city", CITY)
    return book


@pytest.fixture
def recorder(database: Database) -> Recorder:
    now = to_micros(datetime.fromisoformat(NOW))
    return Recorder(database, national_ladder(), lambda: now)


def assessed(recorder: Recorder, book: Book, area: str = CITY, year: int = 2026) -> Result:
    assert not record(recorder, book.events).rejects
    return again(recorder, area, year)


def again(
    recorder: Recorder, area: str = CITY, year: int = 2026, day: date | None = None
) -> Result:
    with recorder.database.read() as connection:
        rules = recorder.rules_by(connection)
        return assess_area(connection, rules, recorder.now(), edition_for(year), year, area, day)


def line(result: Result, indicator: str, whose: str) -> Line:
    [found] = [one for one in result.lines if (one.indicator, one.whose) == (indicator, whose)]
    return found


def figures(result: Result, indicator: str) -> dict[str, tuple[int | None, Any, bool]]:
    return {
        one.whose: (one.actual, one.due, one.met)
        for one in result.lines
        if one.indicator == indicator
    }


def test_every_indicator_is_what_one_counts_by_hand(recorder: Recorder, book: Book) -> None:
    result = assessed(recorder, book)
    assert figures(result, "registered-volunteers") == {
        COUNTY: (15, 15, True),  # exactly 15 % is enough
        OTHER: (0, 150_000, False),
    }
    served = {who for who, _ in book.seconds}
    assert len(served) == 9
    assert line(result, "active-volunteers", COUNTY)[5:7] == (9, Fraction(15, 2))
    taking_part = {who for who, year in book.seconds if year == 2026} & book.party
    enough = {who for who in book.party if book.seconds[who, 2026] >= 20 * 3600}
    assert (len(taking_part), len(enough)) == (4, 1)
    assert figures(result, "party-taking-part")[COUNTY] == (4, 4, True)
    assert figures(result, "party-twenty-hours")[COUNTY] == (1, 4, False)
    assert line(result, "party-taking-part", OTHER).why.startswith("party_members is not known")
    assert figures(result, "function-rooms") == {
        COUNTY: (3, 3, True),
        OTHER: (2, 3, False),
        TOWN: (4, 3, True),
        URBAN: (3, 3, True),
        VILLAGE: (1, 3, False),
    }
    assert figures(result, "full-time-staff") == {
        COUNTY: (5, 5, True),
        OTHER: (4, 5, False),
        TOWN: (2, 2, True),
        URBAN: (1, 1, True),
        VILLAGE: (0, 1, False),
    }
    assert figures(result, "team-kinds") == {COUNTY: (17, 17, True), OTHER: (0, 17, False)}
    assert figures(result, "teams") == {
        TOWN: (5, 5, True),
        URBAN: (1, 3, False),
        VILLAGE: (1, 3, False),
    }
    assert figures(result, "trainings")[COUNTY] == (1, 2, False)  # the other was the year before
    by_place: Counter[str] = Counter()
    by_team: Counter[str] = Counter()
    for activity, (place, team, category) in book.held.items():
        if (activity, 2026) in book.held_in and category != "meeting":
            by_place[VILLAGE if place == POINT else place] += 1
            by_team[team] += 1
    expected = {COUNTY: 1, OTHER: 0, TOWN: 0, URBAN: 1, VILLAGE: 14}
    assert {**dict.fromkeys(expected, 0), **by_place} == expected
    assert {one: found[0] for one, found in figures(result, "activities").items()} == expected
    teams = figures(result, "team-activities")
    assert len(teams) == 17 + 1 + 5 + 2
    assert {one: found[0] for one, found in teams.items() if found[0]} == dict(by_team)
    assert teams["S2"] == (14, 12, True)
    assert figures(result, "lectures") == {URBAN: (1, 4, False), VILLAGE: (2, 2, True)}
    assert figures(result, "brand-projects") == {
        CITY: (6, 6, True),  # 1,000,100 residents: more than one million
        COUNTY: (5, 5, True),
        OTHER: (0, 10, False),
        TOWN: (0, 3, False),
        URBAN: (0, 1, False),  # taken back on the last day
        VILLAGE: (1, 1, True),
    }


def test_scores_grades_and_ranks_are_what_one_reckons(recorder: Recorder, book: Book) -> None:
    result = assessed(recorder, book)
    # the village: rooms 1/3, staff 0, teams 1/3, activities, its team, lectures and brand are met
    weights = {"function-rooms": 8, "full-time-staff": 8, "teams": 6, "activities": 10}
    weights |= {"team-activities": 6, "lectures": 8, "brand-projects": 8}
    reached = Fraction(8, 3) + 0 + Fraction(6, 3) + 10 + 6 + 8 + 8
    score = reached / sum(weights.values()) * 100
    village, urban = result.marks[VILLAGE], result.marks[URBAN]
    assert village.score == round(score * 100) == 6790
    assert (village.grade, village.rank, village.of) == ("passed", 1, 2)
    assert (urban.rank, urban.of, urban.above) == (2, 2, TOWN)
    # the township: levels count alike, and of a level each place
    [rooms] = [one for one in result.parts[TOWN] if one[:2] == ("function-rooms", "station")]
    assert (rooms.asked, rooms.met, rooms.share) == (2, 1, Fraction(2, 3))
    assert rooms.line is None
    [own] = [one for one in result.parts[TOWN] if one[:2] == ("function-rooms", "sub-centre")]
    assert own.line == line(result, "function-rooms", TOWN)
    shares: dict[str, list[Fraction]] = defaultdict(list)
    for one in result.lines:
        shares[one.indicator].append(one.credit)
    assert set(shares) == set(result.indicators)
    assert [one.place for one in result.beside(CITY)] == [COUNTY, OTHER]
    assert [one.rank for one in result.beside(CITY)] == [1, 2]


def test_what_is_missing_and_where(recorder: Recorder, book: Book) -> None:
    result = assessed(recorder, book)
    missing = [(one.indicator, one.whose, one.lacking) for one in result.missing()]
    assert ("lectures", URBAN, 3) in missing
    assert ("full-time-staff", VILLAGE, 1) in missing
    assert ("registered-volunteers", OTHER, 150_000) in missing
    assert ("party-taking-part", OTHER, None) in missing
    assert not [one for one in missing if one[:2] == ("lectures", VILLAGE)]


@pytest.mark.parametrize(
    ("residents", "registered", "met", "lacking"),
    [(100, 15, True, 0), (101, 15, False, 1), (100, 14, False, 1), (20, 3, True, 0)],
)
def test_fifteen_of_a_hundred_is_enough_and_a_hair_less_is_not(
    recorder: Recorder, residents: int, registered: int, met: bool, lacking: int
) -> None:
    book = Book()
    book.place(COUNTY, "centre")
    book.counted(COUNTY, residents=residents)
    for number in range(registered):
        book.volunteer(f"V{number}", COUNTY)
    result = assessed(recorder, book, "")
    assert result.root() == COUNTY  # the only one that there is
    found = line(result, "registered-volunteers", COUNTY)
    assert (found.met, found.lacking) == (met, lacking)


@pytest.mark.parametrize(("active", "met"), [(0, False), (1, False), (2, True)])
def test_half_of_the_registered_is_not_more_than_half(
    recorder: Recorder, active: int, met: bool
) -> None:
    book = Book()
    book.place(COUNTY, "centre")
    book.activity("A1", COUNTY)
    for number in range(2):
        book.volunteer(f"V{number}", COUNTY)
    for number in range(active):
        book.served(f"V{number}", "A1", "2026-05-01", 1)
    found = line(assessed(recorder, book), "active-volunteers", COUNTY)
    assert (found.actual, found.due, found.met) == (active, 1, met)
    assert found.lacking == 2 - active  # of two, more than half are two


@pytest.mark.parametrize(
    ("level", "known", "due"),
    [
        ("centre", {"residents": 499_999}, 5),
        ("centre", {"residents": 500_000}, 10),
        ("city", {"residents": 1_000_000}, 5),
        ("city", {"residents": 1_000_001}, 6),
        ("city", {"residents": 9_202_400}, 47),
        ("sub-centre", {}, 3),
        ("station", {}, 1),
    ],
)
def test_brand_projects_due(level: Any, known: dict[str, int], due: int) -> None:
    assert edition_for(2026).due("brand-projects", level, known) == due


def test_a_province_ranks_its_cities(recorder: Recorder, book: Book) -> None:
    book.place("370202000000", "centre", rooms=3)
    result = assessed(recorder, book, "370000000000")
    assert [(one.place, one.rank) for one in result.beside(result.root())] == [
        (CITY, 1),
        ("370200000000", 2),
    ]
    province = result.marks["370000000000"]
    assert (province.level, province.above) == ("province", "")
    [rooms] = [
        one for one in result.parts[province.place] if one[:2] == ("function-rooms", "centre")
    ]
    assert (rooms.asked, rooms.met) == (3, 2)
    assert again(recorder, "").root() == province.place


def test_who_left_came_later_or_was_merged_away(recorder: Recorder, book: Book) -> None:
    book.events += [
        shop_event("volunteer.left", "V00", "2026-06-01T08:00"),
        register("volunteer", "W1", "2026-10-31T23:00", place=VILLAGE),
        shop_event("place.merged", VILLAGE, "2026-07-01T08:00", into=URBAN, on="2026-07-01"),
    ]
    result = assessed(recorder, book)
    assert figures(result, "registered-volunteers")[COUNTY] == (15, 15, True)
    assert VILLAGE not in result.marks
    assert figures(result, "activities")[URBAN][0] == 15  # what was held there goes on here
    assert figures(result, "brand-projects")[URBAN] == (1, 1, True)  # and so does its brand
    before = again(recorder, year=2025)
    assert figures(before, "registered-volunteers")[COUNTY][0] == 15
    assert figures(before, "trainings")[COUNTY] == (1, 2, False)
    assert VILLAGE in before.marks


def test_what_came_from_another_county_is_counted_where_it_went(
    recorder: Recorder, book: Book
) -> None:
    book.events.append(
        shop_event("place.merged", URBAN, "2026-07-01T08:00", into=OTHER, on="2026-07-01")
    )
    whole = assessed(recorder, book)
    assert [whole.parts[one] for one in (COUNTY, OTHER)] == [
        again(recorder, one).parts[one] for one in (COUNTY, OTHER)
    ]
    assert figures(whole, "registered-volunteers")[OTHER][0] == 5  # a third of fifteen
    assert figures(whole, "activities")[OTHER][0] == 1


def test_a_year_or_a_day_of_it_is_counted_the_same_a_year_later(
    recorder: Recorder, book: Book
) -> None:
    book.team("S3", URBAN)
    book.activity("A90", URBAN, "S3")
    book.served("V00", "A90", "2026-02-20", 1)
    gone: dict[str, Any] = {"name": "队S3", "place": URBAN}
    gone["dissolved_at"] = "2026-06-15T08:00:00+08:00"
    book.events.append(register("team", "S3", "2026-06-15T08:00", **gone))
    may, june = date(2026, 5, 31), date(2026, 6, 30)
    year = assessed(recorder, book)
    assert figures(year, "teams")[URBAN][0] == 1
    assert "S3" not in figures(year, "team-activities")
    assert figures(year, "activities")[URBAN][0] == 2  # what it held was held
    on = {day: again(recorder, day=day) for day in (may, june)}
    assert [figures(one, "teams")[URBAN][0] for one in on.values()] == [2, 1]
    assert figures(on[may], "team-activities")["S3"] == (1, 12, False)
    assert figures(again(recorder, day=date(2026, 1, 6)), "activities")[VILLAGE][0] == 6

    def at(time: str) -> Recorder:
        now = to_micros(datetime.fromisoformat(time))
        return Recorder(recorder.database, national_ladder(), lambda: now)

    over = again(at("2027-01-01T00:00:00+08:00"))
    book.events.clear()
    book.served("V13", "A00", "2027-02-01", 3)
    book.counted(COUNTY, 2027, residents=1)
    book.events += [
        register("team", "S9", "2027-01-01T00:00", name="新队", place=URBAN),
        register("volunteer", "V01", "2027-01-01T00:00", place=COUNTY),
        register("place", URBAN, "2027-03-01T08:00", name="改名", kind="station"),
        shop_event("volunteer.left", "V02", "2027-03-01T08:00"),
        shop_event("place.merged", VILLAGE, "2027-04-01T08:00", into=URBAN, on="2027-04-01"),
        shop_event("project.brand-withdrawn", "J0", "2027-05-01T08:00", level="county"),
    ]
    later = at("2027-12-01T00:00:00+08:00")
    assert not record(later, book.events).rejects
    assert again(later).digest_of(CITY) == over.digest_of(CITY)
    for day, one in on.items():
        assert again(later, day=day).digest_of(CITY) == one.digest_of(CITY)
    assert again(later, year=2027).marks != over.marks
    for wrong in (date(2025, 12, 31), date(2026, 11, 2)):
        with pytest.raises(LedgerError, match="no day of 2026 that has begun"):
            again(recorder, day=wrong)


def test_an_area_alone_is_assessed_as_within_the_whole(recorder: Recorder, book: Book) -> None:
    whole = assessed(recorder, book)
    for area in (COUNTY, TOWN, VILLAGE):
        part = again(recorder, area)
        inside = [one for one in whole.lines if one.place in part.marks]
        assert sorted(part.lines) == sorted(inside)
        assert part.marks[area].score == whole.marks[area].score
        assert part.digest_of(area) == whole.digest_of(area) != whole.digest_of(CITY)
    everywhere = again(recorder, "")
    assert everywhere.marks == whole.marks
    assert everywhere.root() == CITY


@pytest.mark.parametrize("kind", ["station", "point"])
def test_however_many_places_there_are_it_takes_as_many_queries(
    recorder: Recorder, kind: str
) -> None:
    book = Book()
    book.place(COUNTY, "centre")
    assert not record(recorder, book.events).rejects

    def grown(first: int, end: int) -> int:
        book.events.clear()
        for number in range(first, end):
            ident = f"370102001{number:03}" if kind == "station" else f"岗{number}"
            book.place(ident, kind, parent=COUNTY)
            book.team(f"T{number}", ident)
            book.volunteer(f"V{number}", ident)
            book.activity(f"A{number}", ident, f"T{number}")
            book.served(f"V{number}", f"A{number}", "2026-05-01", 1)
        assert not record(recorder, book.events).rejects
        asked: list[str] = []

        def count(*said: Any) -> None:
            asked.append(said[2])

        engine = recorder.database.engine
        listen(engine, "before_cursor_execute", count)
        found = again(recorder, CITY)
        remove(engine, "before_cursor_execute", count)
        assert line(found, "active-volunteers", COUNTY).actual == end - 1
        return len(asked)

    assert grown(1, 3) == grown(3, 60)


def test_a_sample_is_drawn_the_same_by_anybody(recorder: Recorder) -> None:
    book = Book()
    stations = [f"370102001{number:03}" for number in range(1, 31)]
    book.place(COUNTY, "centre")
    for one in stations:
        book.place(one, "station")
    assert not record(recorder, book.events).rejects

    def drawn(ident: str, stage: str = "spot-check", **more: Any) -> Any:
        said: dict[str, Any] = {"year": 2026, "area": CITY, "of": "station", "seed": "摇号 8 31"}
        said |= {"day": date(2026, 10, 31), "size": 5, "by": "省文明办", **more}
        return draw(recorder, ident, stage=stage, **said)

    found = drawn("D1")
    by_hand = sorted(
        stations, key=lambda one: hashlib.sha256(f"摇号 8 31\n{one}".encode()).hexdigest()
    )
    assert drawn_of(found) == by_hand[:5]
    assert found.listed == 30
    assert (
        found.digest == hashlib.sha256("".join(f"{one}\n" for one in stations).encode()).hexdigest()
    )
    with pytest.raises(LedgerError, match="was drawn already"):
        drawn("D1", seed="another")
    with pytest.raises(LedgerError, match="is not over"):
        drawn("D2", day=date(2026, 12, 1))
    with pytest.raises(LedgerError, match="there are 30 to draw from"):
        drawn("D2", size=31)
    late = register("place", "370102001099", "2026-10-31T23:59", name="迟到", kind="station")
    with recorder.database.read() as connection:
        repeated = draw_again(connection, recorder.rules, recorder.now(), "D1")
    assert repeated.same_list and repeated.same_outcome
    record(recorder, [late])
    with recorder.database.read() as connection:
        repeated = draw_again(connection, recorder.rules, recorder.now(), "D1")
    assert not repeated.same_list  # another place has turned up for that day: told, not hidden


def test_nobody_reviews_itself_and_findings_keep_to_the_draw(recorder: Recorder) -> None:
    book = Book()
    counties = [f"3701{number:02}000000" for number in range(1, 6)]
    for one in counties:
        book.place(one, "centre")
    assert not record(recorder, book.events).rejects
    found = draw(
        recorder, "X1", stage="cross-review", year=2026, area=CITY, of="centre",
        day=date(2026, 10, 31), seed="s", size=None, by="市文明办",
    )  # fmt: skip
    pairs = circle(drawn_of(found))
    assert sorted(one for one, _ in pairs) == sorted(one for _, one in pairs) == counties
    assert all(who != whom for who, whom in pairs)
    reviewer, reviewed = pairs[0]
    edition = edition_for(2026)
    said = {"stage": "cross-review", "year": 2026, "indicator": "function-rooms"}
    said |= {"verdict": "unmet", "seen": "2", "draw": "X1", "by": "李四"}
    with pytest.raises(LedgerError, match=f"is reviewed by {reviewer}"):
        record_finding(recorder, edition, reviewed, {**said, "reviewer": reviewed})
    with pytest.raises(LedgerError, match="is a cross-review of 2026"):
        record_finding(recorder, edition, reviewed, {**said, "stage": "spot-check"})
    with pytest.raises(LedgerError, match="no indicator 'rooms'"):
        record_finding(recorder, edition, reviewed, {**said, "indicator": "rooms"})
    with pytest.raises(LedgerError, match="say by which one"):
        record_finding(recorder, edition, reviewed, {**said, "draw": None, "reviewer": reviewer})
    own = {**said, "stage": "self-check", "draw": None}
    with pytest.raises(LedgerError, match="370109000000 is not registered"):
        record_finding(recorder, edition, "370109000000", own)
    with pytest.raises(LedgerError, match="stage 'mine': one of self-check"):
        record_finding(recorder, edition, reviewed, {**said, "stage": "mine"})
    ticks = count(recorder.now())
    quick = Recorder(recorder.database, national_ladder(), lambda: next(ticks))
    for verdict in (*["met", "doubtful"] * 4, "unmet"):  # of one second, the last word stands
        record_finding(quick, edition, reviewed, {**said, "verdict": verdict, "reviewer": reviewer})
    with recorder.database.read() as connection:
        [kept] = findings_in(connection, 2026, CITY)
    assert (kept.place, kept.verdict, kept.seen, kept.reviewer) == (
        reviewed,
        "unmet",
        "2",
        reviewer,
    )


def test_results_are_filed_and_make_a_trend(recorder: Recorder, book: Book) -> None:
    now = assessed(recorder, book)
    before = again(recorder, year=2025)
    conclude(recorder, before, COUNTY, by="张三")
    filed = conclude(recorder, now, COUNTY, by="张三")
    assert (filed.score, filed.digest) == (now.marks[COUNTY].score, now.digest_of(COUNTY))
    with pytest.raises(LedgerError, match="say in a note why"):
        conclude(recorder, now, COUNTY, by="张三", grade="excellent")
    with pytest.raises(LedgerError, match="not among the places"):
        conclude(recorder, now, "370104000000", by="张三")
    with recorder.database.read() as connection:
        assert [one.year for one in results_of(connection, COUNTY)] == [2025, 2026]


FILE = resources.files("ledger.centre.assessment") / "editions" / "shandong-2022.yaml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("measure: teams\n", "measure: taems\n", "no measure 'taems' → did you mean 'teams'?"),
        ("15 * residents", "15 * resident", "'resident' is not declared → did you mean"),
        ("due: 17", "due: '17'", None),
        ("due: 17", "due: residents > 5", "this is a bool, but a number is needed"),
        ("due: 17", "due: 1 / 0", "division by zero"),
        ("weight: 6", "wieght: 6", "did you mean 'weight'?"),
        ("clause: teams", "clause: team", "no clause 'team' → did you mean 'teams'?"),
        ("categories: lecture", "categories: lectures", "no category 'lectures'"),
        ("    categories: training\n", "", "'categories' is missing"),
        ("of: volunteers", "of: teams", "a share of 'teams' can't be shown"),
        ("sub-centre: 5,", "", "it is not said what is due of a sub-centre"),
        ("at: centre\n    measure: team_k", "at: team\n    measure: team_k", "of a team"),
        ("from: 0}", "from: 10}", "a score below 10 has no grade"),
        ("id: trainings", "id: teams", "the id 'teams' is used twice"),
        ("hours: 20", "hours: 0", "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_mistakes_in_the_data_are_named_with_their_line(
    old: str, new: str, said: str | None
) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    found = check(text.replace(old, new, 1), "county.yaml")
    if said is None:
        assert not found
        return
    assert any(said in str(one) for one in found), [str(one) for one in found]
    assert all(one.line > 1 for one in found)
    with pytest.raises(LedgerError, match=r"county\.yaml:"):
        load(text.replace(old, new, 1), "county.yaml")


def test_indicators_hold_from_their_day_until_theirs() -> None:
    text = FILE.read_text("utf-8")
    changed = text.replace(
        "due: 17\n    weight: 6\n    from: 2022-01-01",
        "due: 17\n    weight: 6\n    from: 2024-01-01\n    until: 2026-12-31",
    )
    edition: Edition = load(changed, "county.yaml")
    found = [
        year
        for year in range(2022, 2028)
        if "team-kinds" in {one.id for one in edition.in_force(year)}
    ]
    assert found == [2024, 2025]
    with pytest.raises(LedgerError, match="no indicator in force in 2021"):
        edition.in_force(2021)
