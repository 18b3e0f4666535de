"""Which policy does the recorder apply? A policy document, as far as the fold can carry it out.

The policy language (ledger.policy) can say much more than the fold applies today: exact hours,
points by the whole hour, and stars by cumulative hours. Of a document that says more, each part
that the recorder would have to leave out is named, and it is refused; nothing is ignored.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cached_property
from importlib import resources
from typing import Literal

from pydantic import BaseModel

from ledger.errors import LedgerError
from ledger.policy import Policy, PolicyError, check, compile_policy, read_policy

HOUR = 3600
"""Seconds in an hour."""

_WHOLE_HOURS = re.compile(r"floor\(counted\)(?: \* (\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Ground:
    """The rule that something follows from, and the text of the clause that it rests on."""

    rule: str
    clause: str


@dataclass(frozen=True)
class Ladder:
    """The numbers of a policy. Amounts are in the currency's smallest unit, hours in seconds."""

    id: str
    title: str
    source: str
    zone: tzinfo
    unregistered: Literal["accept", "hold"]
    hours: Ground
    points: Ground
    stars: Ground
    currency: str
    scale: int
    per_whole_hour: int
    levels: Mapping[int, int]

    @cached_property
    def _thresholds(self) -> list[int]:
        return [hours * HOUR for _, hours in sorted(self.levels.items())]

    def points_for(self, seconds: int) -> int:
        """Units earned by a visit of `seconds` counted seconds."""
        return seconds // HOUR * self.per_whole_hour

    def star_for(self, seconds: int) -> int:
        """Star level reached with `seconds` cumulative seconds."""
        return bisect_right(self._thresholds, seconds)

    def threshold(self, level: int) -> int:
        """Cumulative seconds that `level` takes at least; level 0 takes none."""
        return self._thresholds[level - 1] if level else 0

    def units(self, amount: str) -> int | None:
        """A decimal text in smallest units, or None where the currency has no such fraction."""
        scaled = Decimal(amount).scaleb(self.scale)
        return int(scaled) if scaled == scaled.to_integral_value() else None

    def text(self, units: int) -> str:
        """Smallest units as a decimal text."""
        return format(Decimal(units).scaleb(-self.scale), "f")


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy as it is kept: its text, and the digest that names this very text."""

    digest: str
    text: str
    policy: Ladder


def parse(text: str, where: str) -> PolicyText:
    """The policy in a YAML text. Raises LedgerError naming what is wrong or can't be applied."""
    try:
        document, source = read_policy(text, where)
        compile_policy(document, None, source)
    except PolicyError:
        found = "; ".join(str(one) for one in check(text, where) if one.severity == "error")
        raise LedgerError(found) from None
    beyond = list(_beyond(document))
    if beyond:
        raise LedgerError(
            f"{where}: the recorder can't apply this policy yet, because of {', '.join(beyond)}"
        )
    return PolicyText(hashlib.sha256(text.encode()).hexdigest()[:16], text, _ladder(document))


def national_ladder() -> PolicyText:
    """The policy that ships with the ledger."""
    path = resources.files("ledger") / "policies" / "national-ladder.yaml"
    return parse(path.read_text(encoding="utf-8"), "national-ladder.yaml")


_APPLIED = {
    "policy", "name", "issuer", "region", "source", "note", "timezone", "unregistered",
    "clauses", "facts", "currencies", "hours", "points", "ladders", "cases",
}  # fmt: skip


def _beyond(document: Policy) -> Iterator[str]:
    """The parts of a document that the fold would have to leave out."""
    yield from (f"`{part}`" for part in _set(document) - _APPLIED)
    if [fact.kind for fact in document.facts.values()] != ["visit"]:
        yield "`facts` other than one kind of visit"
    if len(document.hours) != 1 or len(document.points) != 1 or set(document.ladders) != {"star"}:
        yield "not having one rule for hours, one for points and one ladder named star"
        return
    [hours], [points] = document.hours, document.points
    if _set(hours) - {"id", "on", "overlap", "open", "clauses", "note"} or (
        (hours.overlap, hours.open) != ("once", 0)
    ):
        yield f"hours rule {hours.id}: only exact time, `overlap: once` and `open: 0` are applied"
    if _set(points) - {"id", "on", "amount", "currency", "clauses", "note"} or not (
        _WHOLE_HOURS.fullmatch(str(points.amount))
    ):
        yield f"points rule {points.id}: only `amount: floor(counted) * N` is applied"
    currency = document.currencies.get(points.currency)
    if currency is None or _set(currency) - {"name", "scale"} or len(document.currencies) != 1:
        yield "`currencies` with more than one name and scale"
    star = document.ladders["star"]
    numbered = [str(number) for number in range(1, len(star.levels) + 1)]
    if (
        _set(star) - {"basis", "reach", "demotion", "levels", "clauses", "note"}
        or (star.basis, star.reach, star.demotion) != ("hours", "at_least", "always")
        or list(star.levels) != numbered
        or any(
            type(level.need) is not int or _set(level) > {"need"} for level in star.levels.values()
        )
    ):
        yield "ladder star: only whole hours for levels 1, 2, 3 …, at least, live, are applied"


def _set(part: BaseModel) -> set[str]:
    return part.model_fields_set


def _ladder(document: Policy) -> Ladder:
    [hours], [points], star = document.hours, document.points, document.ladders["star"]
    factor = _WHOLE_HOURS.fullmatch(str(points.amount))
    assert factor is not None

    def ground(rule: str, clauses: list[str]) -> Ground:
        return Ground(rule, " ".join(document.clauses[key] for key in clauses))

    name = document.name if isinstance(document.name, str) else document.name.zh
    return Ladder(
        id=document.policy,
        title=name,
        source=document.source.title,
        zone=_zone(document.timezone),
        unregistered=document.unregistered,
        hours=ground(f"hours.{hours.id}", hours.clauses),
        points=ground(f"points.{points.id}", points.clauses),
        stars=ground("star", star.clauses),
        currency=points.currency,
        scale=document.currencies[points.currency].scale,
        per_whole_hour=int(factor[1] or 1),
        levels={int(level): int(str(one.need)) for level, one in star.levels.items()},
    )


def _zone(offset: str) -> tzinfo:
    hours, minutes = (int(part) for part in offset[1:].split(":"))
    sign = -1 if offset[0] == "-" else 1
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
