"""What does a locality's policy give for a visit, and which star for cumulative hours?"""

import hashlib
from bisect import bisect_right
from collections.abc import Mapping
from decimal import Decimal
from functools import cached_property
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ledger.errors import LedgerError

HOUR = 3600
"""Seconds in an hour."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Part):
    """A name in Chinese and English."""

    zh: str
    en: str


class Registration(_Part):
    """What happens to attendance of a volunteer or at an activity that is not registered."""

    unregistered: Literal["accept", "hold"]


class HoursRule(_Part):
    """Exact seconds count, shared time once."""

    rule: str
    clause: str


class PointsRule(_Part):
    """A fixed number of units for each whole hour of a visit."""

    rule: str
    clause: str
    currency: str
    scale: int = Field(ge=0, le=6)
    per_whole_hour: int = Field(ge=0)


class StarsRule(_Part):
    """Level → cumulative hours that it takes at least."""

    rule: str
    clause: str
    levels: dict[int, int]


class Policy(_Part):
    """One version of a policy. Amounts are in the currency's smallest unit, hours in seconds."""

    id: str
    name: Bilingual
    source: str
    timezone: str
    clauses: Mapping[str, str]
    registration: Registration
    hours: HoursRule
    points: PointsRule
    stars: StarsRule

    @model_validator(mode="after")
    def _clauses_are_quoted(self) -> "Policy":
        for part in (self.hours, self.points, self.stars):
            if part.clause not in self.clauses:
                raise ValueError(f"{part.rule}: clause {part.clause!r} is not under `clauses`")
        ladder = sorted(self.stars.levels.items())
        hours = [needed for _, needed in ladder]
        if [level for level, _ in ladder] != list(range(1, len(ladder) + 1)):
            raise ValueError("stars.levels: levels must be 1, 2, 3 … without a gap")
        if hours != sorted(set(hours)) or hours[:1] <= [0]:
            raise ValueError("stars.levels: each level must take more hours than the one below")
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def _thresholds(self) -> list[int]:
        return [hours * HOUR for _, hours in sorted(self.stars.levels.items())]

    def points_for(self, seconds: int) -> int:
        """Units earned by a visit of `seconds` counted seconds."""
        return seconds // HOUR * self.points.per_whole_hour

    def star_for(self, seconds: int) -> int:
        """Star level reached with `seconds` cumulative seconds."""
        return bisect_right(self._thresholds, seconds)

    def threshold(self, level: int) -> int:
        """Cumulative seconds that `level` takes at least; level 0 takes none."""
        return self._thresholds[level - 1] if level else 0

    def units(self, amount: str) -> int | None:
        """A decimal text in smallest units, or None where the currency has no such fraction."""
        scaled = Decimal(amount).scaleb(self.points.scale)
        return int(scaled) if scaled == scaled.to_integral_value() else None

    def text(self, units: int) -> str:
        """Smallest units as a decimal text."""
        return format(Decimal(units).scaleb(-self.points.scale), "f")


class PolicyText(BaseModel):
    """A policy as it is kept: its text, and the digest that names this very text."""

    model_config = ConfigDict(frozen=True)

    digest: str
    text: str
    policy: Policy


def parse(text: str, where: str) -> PolicyText:
    """The policy in a YAML text. Raises LedgerError that says what is wrong and `where`."""
    try:
        policy = Policy.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise LedgerError(f"{where}: not YAML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc'])) or 'policy'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        )
        raise LedgerError(f"{where}: {problems}") from None
    return PolicyText(
        digest=hashlib.sha256(text.encode()).hexdigest()[:16], text=text, policy=policy
    )


def national_ladder() -> PolicyText:
    """The policy that ships with the ledger."""
    path = resources.files("ledger") / "policies" / "national-ladder.yaml"
    return parse(path.read_text(encoding="utf-8"), "national-ladder.yaml")
