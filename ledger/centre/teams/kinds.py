"""Which kinds of county team are named? Data with its source (`team_kinds.yaml`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from ledger.errors import Fault, UnfitError


@dataclass(frozen=True, slots=True)
class TeamKind:
    """`named`: a county is to have a team of it; `source` says who names it."""

    key: str
    title: str
    english: str
    named: bool
    source: str


@cache
def team_kinds() -> Mapping[str, TeamKind]:
    """All kinds by key, in the order of the list."""
    text = resources.files("ledger.centre.teams").joinpath("kinds.yaml").read_text("utf-8")
    said: Mapping[str, Any] = yaml.safe_load(text)
    return {
        key: TeamKind(key, one["title"], one["english"], one["named"], one.get("source", ""))
        for key, one in said.items()
    }


def team_kind(key: str) -> TeamKind:
    """Raises UnfitError if there is no such kind."""
    try:
        return team_kinds()[key]
    except KeyError:
        known = ", ".join(f"{one.key} {one.title}" for one in team_kinds().values())
        raise UnfitError(
            Fault("kind", f"没有“{key}”这一类队伍", f"there is no kind of team {key!r}: {known}")
        ) from None
