"""What may be kept of a person, for which purpose, and how long? Rules as data (YAML).

Art. 6 and 19: no more than the purpose needs, no longer than it needs.
"""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from ledger.errors import LedgerError


class _Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Purpose(_Rule):
    """What something is kept for: with a consent to it, these fields may be."""

    name: str
    fields: tuple[str, ...]
    basis: str


class Retention(_Rule):
    """What is due to be erased so many years after something."""

    id: str
    after: Literal["withdrawal", "activity"]
    years: int = Field(ge=0, le=100)
    basis: str


class Rules(_Rule):
    """All rules of a vault; `guardian_below` in years."""

    guardian_below: int = Field(ge=14, le=18)
    purposes: Mapping[str, Purpose]
    retention: tuple[Retention, ...]

    def allowed(self, purposes: set[str]) -> set[str]:
        """The fields that may be kept for these purposes."""
        return {field for one in purposes for field in self.purpose(one).fields}

    def purpose(self, ident: str) -> Purpose:
        """Raises LedgerError if the rules know no such purpose."""
        try:
            return self.purposes[ident]
        except KeyError:
            known = ", ".join(f"{key} ({one.name})" for key, one in self.purposes.items())
            raise LedgerError(f"there is no purpose {ident!r}: {known} are there") from None


def read_rules(file: str = "") -> Rules:
    """The rules in a file, or the built-in ones. Raises LedgerError with what is wrong."""
    try:
        if file:
            text = Path(file).read_text(encoding="utf-8")
        else:
            text = resources.files("ledger.identity").joinpath("rules.yaml").read_text("utf-8")
        said: Any = yaml.safe_load(text)
        return Rules.model_validate(said)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise LedgerError(f"VLEDGER_VAULT_RULES {file}: {error}") from None
