"""Who suits an order best? By skills, distance, load and rating, each with its reason. Pure.

Scores are whole points: what the local terms (five_orders.yaml) give for each of the four.
"""

from collections.abc import Iterable, Sequence
from math import asin, cos, radians, sin, sqrt
from typing import Any, Literal, NamedTuple

from ledger.centre.orders.terms import Terms
from ledger.places import LEVELS, area_of, is_code

EARTH_METRES = 6_371_000

Kind = Literal["team", "volunteer"]


class Position(NamedTuple):
    """Degrees (WGS 84)."""

    latitude: float
    longitude: float


class Wanted(NamedTuple):
    """What an order asks for, and where."""

    place: str
    position: Position | None
    category: str
    skills: tuple[str, ...]


class Candidate(NamedTuple):
    """A team or a volunteer. `open`: orders in hand; `stars`: the sum of so many `ratings`."""

    kind: Kind
    id: str
    name: str
    skills: frozenset[str]
    place: str
    position: Position | None
    open: int
    stars: int
    ratings: int


class Reason(NamedTuple):
    """What one of skills, near, free and rating gave, and why, for people."""

    part: str
    points: int
    text: str


class Suggestion(NamedTuple):
    """A candidate with its score; `metres` None: not known. `in_circle`: 15分钟服务圈."""

    candidate: Candidate
    score: int
    metres: int | None
    in_circle: bool
    reasons: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """As it is printed and answered."""
        who = self.candidate
        return {
            "kind": who.kind,
            "id": who.id,
            "name": who.name,
            "place": who.place,
            "score": self.score,
            "metres": self.metres,
            "in_circle": self.in_circle,
            "open_orders": who.open,
            "ratings": who.ratings,
            "reasons": [one._asdict() for one in self.reasons],
        }


def suggestions(wanted: Wanted, candidates: Iterable[Candidate], terms: Terms) -> list[Suggestion]:
    """All candidates, the best first."""
    found = [_suggestion(wanted, one, terms) for one in candidates]
    return sorted(found, key=lambda one: (-one.score, one.candidate.kind, one.candidate.id))


def metres_between(one: Position, other: Position) -> int:
    """As the crow flies (haversine)."""
    south, north = radians(one.latitude), radians(other.latitude)
    across = radians(other.longitude - one.longitude)
    part = sin((north - south) / 2) ** 2 + cos(south) * cos(north) * sin(across / 2) ** 2
    return round(2 * EARTH_METRES * asin(sqrt(part)))


def _suggestion(wanted: Wanted, one: Candidate, terms: Terms) -> Suggestion:
    metres = None
    if wanted.position is not None and one.position is not None:
        metres = metres_between(wanted.position, one.position)
    in_circle = one.place == wanted.place if metres is None else metres <= terms.circle.metres
    reasons = (
        _skills(wanted, one, terms.weights.skills),
        _near(wanted, one, metres, in_circle, terms),
        _free(one, terms.weights.free),
        _rating(one, terms.weights.rating),
    )
    return Suggestion(one, sum(one.points for one in reasons), metres, in_circle, reasons)


def _skills(wanted: Wanted, one: Candidate, weight: int) -> Reason:
    needed = tuple(dict.fromkeys(wanted.skills)) or (wanted.category,)
    has = [skill for skill in needed if _is_met(skill, one)]
    lacks = [skill for skill in needed if skill not in has]
    told = [f"会 has {'、'.join(has)}"] if has else []
    told += [f"缺 lacks {'、'.join(lacks)}"] if lacks else []
    return Reason("skills", weight * len(has) // len(needed), ", ".join(told))


def _is_met(skill: str, one: Candidate) -> bool:
    """A skill that somebody has, or that a team is named after."""
    return skill in one.skills or (one.kind == "team" and bool(skill) and skill in one.name)


def _near(
    wanted: Wanted, one: Candidate, metres: int | None, in_circle: bool, terms: Terms
) -> Reason:
    weight, circle = terms.weights.near, terms.circle
    if metres is not None:
        if in_circle:
            text = f"{metres} 米, {circle.minutes}分钟服务圈内 within the circle"
            return Reason("near", weight, text)
        return Reason("near", weight * circle.metres // metres, f"{metres} 米 metres away")
    shares = {12: (1, "同一场所 the same place"), 9: (2, "同一镇街 the same township"),
              6: (4, "同一区县 the same county")}  # fmt: skip
    share = shares.get(_common_digits(wanted.place, one.place))
    if share is None:
        return Reason("near", 0, "位置未知或较远 far away, or nobody knows where")
    return Reason("near", weight // share[0], share[1])


def _common_digits(place: str, other: str) -> int:
    """Digits of the smallest area of the codes with both; 0: none."""
    if place == other and place:
        return LEVELS[-1]
    if not (is_code(place) and is_code(other)):
        return 0
    return next(
        (level for level in reversed(LEVELS) if area_of(place, level) == area_of(other, level)), 0
    )


def _free(one: Candidate, weight: int) -> Reason:
    return Reason("free", weight // (1 + one.open), f"在办 {one.open} 单 in hand")


def _rating(one: Candidate, weight: int) -> Reason:
    if not one.ratings:
        return Reason("rating", weight // 2, "尚无评价 not rated yet")
    mean = f"{one.stars / one.ratings:.1f}"
    text = f"评价 {mean}/5 ({one.ratings})"
    return Reason("rating", weight * one.stars // (5 * one.ratings), text)


def best(found: Sequence[Suggestion], kind: Kind | None, count: int) -> list[Suggestion]:
    """The first `count`, of one kind if it is named."""
    return [one for one in found if kind in (None, one.candidate.kind)][:count]
