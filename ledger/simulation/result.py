"""What changes from today's policy to the draft? Levels, points, cost, who gains, how fair."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from ledger.core.rulebook import PolicyText

AGES = ((0, 17), (18, 29), (30, 44), (45, 59), (60, 69), (70, 200))
"""Age bands, in years."""

SIDES = ("today", "draft")


@dataclass(frozen=True)
class Side:
    """One policy and what it issued: local day (days since 1970) → units; what it can't judge."""

    policy: PolicyText
    issued: Mapping[int, int]
    unjudged: Mapping[str, tuple[int, int]]

    def amount(self, units: float) -> str:
        """Units of the main currency as a decimal text."""
        return self.policy.amount(int(units), self.policy.currency)

    def level(self, position: int) -> str:
        """What a level is called."""
        plan = self.policy.plan
        names = plan.levels[plan.star] if plan.star else (0,)
        return str(names[position])


@dataclass(frozen=True)
class Fairness:
    """Gini coefficient (0 equal, 1 all to one) and the share of the top 1 %, of points held."""

    gini: float
    top_share: float


@dataclass(frozen=True)
class Result:
    """`people`: volunteer, seconds, points (units), level (position) today and under the draft,
    birth_year, team, place. `months`: month, issued today and under the draft, spent (units)."""

    people: pl.DataFrame
    visits: int
    sides: tuple[Side, Side]
    months: pl.DataFrame
    now: int

    @property
    def volunteers(self) -> int:
        return self.people.height

    def levels(self) -> list[tuple[str, int, int]]:
        """(level, volunteers today, volunteers under the draft), from the lowest up."""
        counts = [Counter(self.people[f"level_{side}"].to_list()) for side in SIDES]
        names: dict[str, list[int]] = {}
        for number, (side, count) in enumerate(zip(self.sides, counts, strict=True)):
            top = len(side.policy.plan.levels.get(side.policy.plan.star or "", (0,)))
            for position in range(top):
                names.setdefault(side.level(position), [0, 0])[number] += count[position]
        return [(name, *numbers) for name, numbers in names.items()]  # type: ignore[misc]

    def moves(self) -> list[tuple[str, str, int]]:
        """(level today, level under the draft, volunteers), where they differ."""
        found = (
            self.people.group_by("level_today", "level_draft")
            .len()
            .sort("level_today", "level_draft")
        )
        named = [
            (self.sides[0].level(old), self.sides[1].level(new), number)
            for old, new, number in found.rows()
        ]
        return [one for one in named if one[0] != one[1]]

    def groups(self, by: str, limit: int = 50) -> pl.DataFrame:
        """Who gains and who loses: by `age`, `team` or `place`, the largest groups first."""
        key = self._age() if by == "age" else pl.col(by).fill_null("?")
        gain = pl.col("points_draft") - pl.col("points_today")
        step = pl.col("level_draft") - pl.col("level_today")
        return (
            self.people.group_by(key.alias(by))
            .agg(
                pl.len().alias("volunteers"),
                pl.col("points_today").sum(),
                pl.col("points_draft").sum(),
                (gain > 0).sum().alias("gain_points"),
                (gain < 0).sum().alias("lose_points"),
                (step > 0).sum().alias("rise"),
                (step < 0).sum().alias("fall"),
            )
            .sort("volunteers", by, descending=[True, False])
            .head(limit)
        )

    def _age(self) -> pl.Expr:
        zone = self.sides[1].policy.zone
        year = datetime.fromtimestamp(self.now, zone).year
        age = year - pl.col("birth_year")
        band = pl.lit("?")
        for low, high in AGES:
            name = f"{low}–{high}" if 0 < low < 70 else f"under {high + 1}" if not low else "70+"
            band = pl.when(age.is_between(low, high)).then(pl.lit(name)).otherwise(band)
        return band

    def fairness(self) -> tuple[Fairness, Fairness]:
        """Of points held, today and under the draft."""
        return _fairness(self.people["points_today"]), _fairness(self.people["points_draft"])

    def cost(self, units: int, side: int, value: Decimal) -> str:
        """What `units` cost the fund, a point being worth `value`; exact."""
        scale = 10 ** self.sides[side].policy.scale(self.sides[side].policy.currency)
        exact = Fraction(value) * units / scale
        return format(Decimal(exact.numerator) / Decimal(exact.denominator), "f")

    def to_json(self, value: Decimal | None = None) -> dict[str, Any]:
        """Everything, for programs."""
        today, draft = self.sides
        fairness = self.fairness()
        return {
            "volunteers": self.volunteers,
            "visits": self.visits,
            "policies": [{"policy": s.policy.id, "digest": s.policy.digest} for s in self.sides],
            "levels": [{"level": name, "today": a, "draft": b} for name, a, b in self.levels()],
            "moves": [{"from": a, "to": b, "volunteers": n} for a, b, n in self.moves()],
            "months": [
                {
                    "month": row["month"],
                    "issued_today": today.amount(row["today"]),
                    "issued_draft": draft.amount(row["draft"]),
                    "spent": today.amount(row["spent"]),
                    **(
                        {}
                        if value is None
                        else {
                            "cost_today": self.cost(row["today"], 0, value),
                            "cost_draft": self.cost(row["draft"], 1, value),
                        }
                    ),
                }
                for row in self.months.rows(named=True)
            ],
            "groups": {by: self.groups(by).rows(named=True) for by in ("age", "team", "place")},
            "fairness": {
                side: {"gini": round(one.gini, 6), "top_1_percent_share": round(one.top_share, 6)}
                for side, one in zip(SIDES, fairness, strict=True)
            },
            "unjudged": {
                name: [
                    {"why": why, "facts": facts, "volunteers": volunteers}
                    for why, (facts, volunteers) in sorted(side.unjudged.items())
                ]
                for name, side in zip(SIDES, self.sides, strict=True)
            },
        }


def compare(
    people: pl.DataFrame,
    visits: int,
    sides: tuple[Side, Side],
    spending: pl.DataFrame,
    now: int,
) -> Result:
    """Put the two sides beside each other."""
    months: dict[str, list[int]] = {}
    for number, side in enumerate(sides):
        for day, units in side.issued.items():
            months.setdefault(_month(day), [0, 0, 0])[number] += units
    zone = sides[0].policy.zone
    for at, units in spending.rows():
        month = datetime.fromtimestamp(at // 1_000_000, zone).strftime("%Y-%m")
        months.setdefault(month, [0, 0, 0])[2] += units
    rows = [(month, *numbers) for month, numbers in sorted(months.items())]
    schema = {"month": pl.String, "today": pl.Int64, "draft": pl.Int64, "spent": pl.Int64}
    return Result(people, visits, sides, pl.DataFrame(rows, schema=schema, orient="row"), now)


def _month(day: int) -> str:
    return date.fromordinal(day + date(1970, 1, 1).toordinal()).strftime("%Y-%m")


def lorenz(points: Sequence[int]) -> list[float]:
    """The share of all points that the poorest hold, person by person, from 0 to 1."""
    ordered = sorted(max(0, one) for one in points)
    total = sum(ordered)
    share, running = [0.0], 0
    for one in ordered:
        running += one
        share.append(running / total if total else 0.0)
    return share


def _fairness(points: pl.Series) -> Fairness:
    held = points.clip(lower_bound=0).sort()
    number, total = len(held), int(held.sum() or 0)
    if not number or not total:
        return Fairness(0.0, 0.0)
    ranks = pl.Series(range(1, number + 1), dtype=pl.Int64)
    weighted = int((held.cast(pl.Int128) * ranks.cast(pl.Int128)).sum())
    top = int(held.tail(max(1, number // 100)).sum())
    gini = Fraction(2 * weighted, number * total) - Fraction(number + 1, number)
    return Fairness(float(gini), top / total)
