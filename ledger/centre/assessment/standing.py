"""How does each place stand by the indicators of an assessment, and what is missing? Pure.

A place is marked by its own indicators and by those of all that lies in it: of an indicator that
several levels have, each level counts alike, and of a level each place or team.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from ledger.centre.assessment.indicators import Edition, Indicator
from ledger.centre.assessment.measure_names import MEASURES, Level
from ledger.centre.assessment.measures import Cut, Measured, Season, kinds_at, teams_at
from ledger.errors import LedgerError
from ledger.policy.errors import EvaluationError
from ledger.policy.exact import Number, round_whole, show

HOUR = 3600


class Line(NamedTuple):
    """One indicator at one place or team (`whose`), which lies at the assessed place `place`.

    `actual` and `due` are None where they are not known, and `why` says so. `of`: what the measure
    is shown as a share of. `lacking`: how much more would meet it; None if that is not known.
    `credit` is what it counts, from 0 to 1.
    """

    indicator: str
    level: Level
    whose: str
    name: str
    place: str
    actual: int | None
    due: Number | None
    of: int | None
    met: bool
    lacking: int | None
    credit: Fraction
    why: str

    def to_json(self) -> dict[str, Any]:
        """Numbers that are no whole ones as decimal texts."""
        return {
            "indicator": self.indicator,
            "level": self.level,
            "whose": self.whose,
            "name": self.name,
            "place": self.place,
            "actual": self.actual,
            "due": None if self.due is None else str(show(self.due)),
            "of": self.of,
            "met": self.met,
            "lacking": self.lacking,
            "why": self.why,
        }


class Part(NamedTuple):
    """An indicator at one level, over all places or teams of that level in a place."""

    indicator: str
    level: Level
    asked: int
    met: int
    credit: Fraction
    line: Line | None

    @property
    def share(self) -> Fraction:
        """What it counts of its weight."""
        return self.credit / self.asked


class Mark(NamedTuple):
    """A place's score in hundredths, its grade and its rank among `of` that lie beside it."""

    place: str
    name: str
    level: Level
    above: str
    score: int
    grade: str
    rank: int
    of: int


@dataclass(frozen=True, eq=False)
class Result:
    """A year's assessment of an area, computed from what the ledger has."""

    edition: Edition
    season: Season
    area: str
    lines: tuple[Line, ...]
    marks: Mapping[str, Mark]
    parts: Mapping[str, tuple[Part, ...]]

    @cached_property
    def indicators(self) -> Mapping[str, Indicator]:
        """Those in force, by id."""
        return {one.id: one for one in self.edition.in_force(self.season.year)}

    def within(self, place: str) -> list[Mark]:
        """A place and all that lies in it, each after what holds it."""
        found = {place: self.marks[place]}
        for one in self.marks.values():
            if one.above in found:
                found[one.place] = one
        return list(found.values())

    def digest_of(self, place: str) -> str:
        """SHA-256 of all that is said of a place and what lies in it, as canonical JSON.

        It is the same whichever area was asked for: without the place's own rank beside others.
        """
        own, *inner = self.within(place)
        marks = [own._replace(above="", rank=0, of=0), *inner]
        listed = {one.place for one in marks}
        said = {
            "edition": self.edition.digest,
            "year": self.season.year,
            "day": self.season.day.isoformat(),
            "lines": [one.to_json() for one in self.lines if one.place in listed],
            "marks": [one._asdict() for one in marks],
        }
        return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()

    def missing(self) -> list[Line]:
        """What is not met, and where; by indicator, the place with the most to do first."""
        return sorted((one for one in self.lines if not one.met), key=self.order)

    def order(self, one: Line) -> tuple[int, str, int, str]:
        """Where a line stands among what is missing."""
        return self.order_of(one.indicator, one.level, one.lacking or 0, one.whose)

    def order_of(
        self, indicator: str, level: str, lacking: int, whose: str
    ) -> tuple[int, str, int, str]:
        """Where a line of an indicator in force would stand."""
        return self._numbers[indicator], level, -lacking, whose

    @cached_property
    def _numbers(self) -> Mapping[str, int]:
        return {name: number for number, name in enumerate(self.indicators)}

    def root(self) -> str:
        """The place that the area's report is of: itself, or what holds all the others.

        Of a ledger with one county that is the county. Raises LedgerError if there are several.
        """
        if self.area in self.marks:
            return self.area
        tops = [one for one in self.marks.values() if not one.above]
        while len(tops) == 1 and tops[0].level in ("province", "city"):
            below = self.beside(tops[0].place)
            if len(below) != 1:
                break
            tops = below
        if len(tops) == 1:
            return tops[0].place
        some = ", ".join(one.place for one in tops[:8])
        raise LedgerError(f"say of which place: one of {some} …")

    def told(self, place: str) -> dict[str, Any]:
        """A place's mark, its indicators, and the marks of what lies directly in it."""
        return {
            **self.marks[place]._asdict(),
            "year": self.season.year,
            "day": self.season.day.isoformat(),
            "edition": self.edition.doc.assessment,
            "edition_digest": self.edition.digest,
            "digest": self.digest_of(place),
            "indicators": [
                {
                    "indicator": part.indicator,
                    "level": part.level,
                    "asked": part.asked,
                    "met": part.met,
                    "line": None if part.line is None else part.line.to_json(),
                }
                for part in self.parts[place]
            ],
            "places": [one._asdict() for one in self.beside(place)],
        }

    def beside(self, place: str) -> list[Mark]:
        """The places that lie directly in one ("": in none), the best first."""
        found = [one for one in self.marks.values() if one.above == place]
        return sorted(found, key=lambda one: (one.level, one.rank, one.place))


def cuts_of(edition: Edition, year: int) -> list[Cut]:
    """Which people the indicators of a year want counted."""
    found = dict.fromkeys(_cut(one) for one in edition.in_force(year) if _is_people(one))
    return list(found)


def assess(edition: Edition, measured: Measured, area: str) -> Result:
    """Compare what was counted with what is due, at every place and team."""
    indicators = edition.in_force(measured.season.year)
    counts = _Counts(measured)
    lines = [line for one in indicators for line in _lines(edition, one, measured, counts)]
    parts = _parts(lines, measured)
    marks = _marks(edition, indicators, measured, parts)
    return Result(edition, measured.season, area, tuple(lines), marks, parts)


class _Counts:
    """What each measure is at a place or team."""

    def __init__(self, measured: Measured) -> None:
        self._measured = measured
        self._teams = teams_at(measured)
        self._kinds = kinds_at(measured)

    def facts(self, level: Level, whose: str) -> dict[str, Any]:
        """What an expression may read."""
        if level == "team":
            return {"level": level}
        measured, spot = self._measured, self._measured.ground.spots[whose]
        return {
            "level": level,
            "community": spot.community,
            "rooms": spot.rooms,
            "residents": measured.residents[whose],
            "party_members": measured.party_members[whose],
            "staff": measured.staff.get(whose),
            "volunteers": measured.volunteers[whose],
        }

    def of(self, one: Indicator, level: Level, whose: str) -> int | None:
        """The measure that an indicator reads; None if nobody has said."""
        measured = self._measured
        match one.measure:
            case "volunteers":
                return measured.volunteers[whose]
            case "rooms":
                return measured.ground.spots[whose].rooms
            case "staff":
                return measured.staff.get(whose)
            case "teams":
                return self._teams.get(whose, 0)
            case "team_kinds":
                return self._kinds.get(whose, 0)
            case "activities":
                held = measured.held_by if level == "team" else measured.held_at
                return sum(held.get((whose, category), 0) for category in one.categories)
            case "brand_projects":
                name = "county" if level == "centre" else level
                return measured.brands.get((name, whose), 0)
            case _:
                return measured.people[_cut(one)][whose]


def _is_people(one: Indicator) -> bool:
    return "within" in MEASURES[one.measure].options


def _cut(one: Indicator) -> Cut:
    party = one.measure == "party_members_with_hours"
    return Cut(party, (one.hours or 0) * HOUR, one.within or "year")


def _lines(edition: Edition, one: Indicator, measured: Measured, counts: _Counts) -> Iterable[Line]:
    for level in one.at:
        if level == "team":
            listed = [(team.team, team.name, team.place) for team in measured.teams.values()]
        else:
            spots = measured.ground.spots.values()
            listed = [(at.place, at.name, at.place) for at in spots if at.level == level]
        for whose, name, place in listed:
            yield _line(edition, one, level, (whose, name, place), counts)


def _line(
    edition: Edition, one: Indicator, level: Level, at: tuple[str, str, str], counts: _Counts
) -> Line:
    facts = counts.facts(level, at[0])
    actual, why = counts.of(one, level, at[0]), ""
    due: Number | None = None
    try:
        due = edition.due(one.id, level, facts)
    except EvaluationError as error:
        why = error.message
    if actual is None:
        why = f"{one.measure} is not known {MEASURES[one.measure].title}未上报"
    share = facts.get(one.of) if one.of else None
    if actual is None or due is None:
        return Line(one.id, level, *at, actual, due, share, False, None, Fraction(0), why)
    least = round_whole(due, "down") + 1 if one.reach == "above" else round_whole(due, "up")
    lacking = max(0, least - actual)
    met = lacking == 0
    credit = Fraction(1)
    if not met:
        part = edition.doc.partial == "proportional" and due > 0
        credit = min(Fraction(actual) / due, Fraction(1)) if part else Fraction(0)
    return Line(one.id, level, *at, actual, due, share, met, lacking, credit, "")


def _parts(lines: Iterable[Line], measured: Measured) -> dict[str, tuple[Part, ...]]:
    """Each indicator and level, summed up over all that lies in each place."""
    sums: dict[str, dict[tuple[str, Level], list[Any]]] = defaultdict(dict)
    for line in lines:
        for place in measured.ground.upwards(line.place):
            own = line if line.whose == place else None
            into = sums[place].setdefault((line.indicator, line.level), [0, 0, Fraction(0), None])
            into[0] += 1
            into[1] += line.met
            into[2] += line.credit
            into[3] = own or into[3]
    return {
        place: tuple(Part(*key, *values) for key, values in found.items())
        for place, found in sums.items()
    }


def _marks(
    edition: Edition,
    indicators: Iterable[Indicator],
    measured: Measured,
    parts: Mapping[str, tuple[Part, ...]],
) -> dict[str, Mark]:
    weights = {one.id: Fraction(one.weight) for one in indicators}
    scores = {
        place: _score(weights, parts[place]) for place in measured.ground.spots if place in parts
    }
    beside: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, score in scores.items():
        spot = measured.ground.spots[place]
        beside[spot.above, spot.level].append(score)
    found: dict[str, Mark] = {}
    for place, score in scores.items():
        spot = measured.ground.spots[place]
        others = beside[spot.above, spot.level]
        rank = 1 + sum(other > score for other in others)
        grade = edition.grade(Fraction(score, 100)).grade
        found[place] = Mark(
            place, spot.name, spot.level, spot.above, score, grade, rank, len(others)
        )
    return found


def _score(weights: Mapping[str, Fraction], parts: Iterable[Part]) -> int:
    """Hundredths of a hundred: the share of each indicator, by its weight; its levels count alike.

    Grades and ranks go by it as it is shown, so that nobody reads 90.00 and good.
    """
    shares: dict[str, list[Fraction]] = defaultdict(list)
    for part in parts:
        shares[part.indicator].append(part.share)
    reached = sum(
        (weights[name] * sum(several) / len(several) for name, several in shares.items()),
        Fraction(0),
    )
    whole = sum(weights[name] for name in shares)
    return round_whole(10_000 * reached / whole, "half_up")
