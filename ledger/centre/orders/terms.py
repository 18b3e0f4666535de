"""How long may each step of an order take, and what counts in a suggestion? A local setting (YAML).

A deadline is written into the step that it follows from, so that other terms change nothing past.
"""

from datetime import datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from ledger.errors import LedgerError

Stage = Literal["dispatch", "accept", "serve", "call_back"]


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Hours(_Said):
    """Hours for each step."""

    dispatch: int = Field(ge=1, le=8760)
    accept: int = Field(ge=1, le=8760)
    serve: int = Field(ge=1, le=8760)
    call_back: int = Field(ge=1, le=8760)


class Circle(_Said):
    """15分钟志愿服务圈: who is at most so many metres away, walks so many minutes."""

    minutes: int = Field(ge=1, le=240)
    metres: int = Field(ge=1, le=100_000)


class Weights(_Said):
    """What skills, nearness, free hands and good ratings count."""

    skills: int = Field(ge=0, le=1000)
    near: int = Field(ge=0, le=1000)
    free: int = Field(ge=0, le=1000)
    rating: int = Field(ge=0, le=1000)


class Terms(_Said):
    """All of it; `source` says by whose word."""

    source: str
    hours: Hours
    circle: Circle
    weights: Weights

    def due(self, stage: Stage, since: datetime) -> datetime:
        """By when a step has to be taken that is asked for `since`."""
        return since + timedelta(hours=getattr(self.hours, stage))


def read_terms(file: str = "") -> Terms:
    """The terms in a file, or the built-in ones. Raises LedgerError with what is wrong."""
    try:
        if file:
            text = Path(file).read_text(encoding="utf-8")
        else:
            text = (
                resources.files("ledger.centre.orders")
                .joinpath("five_orders.yaml")
                .read_text("utf-8")
            )
        said: Any = yaml.safe_load(text)
        return Terms.model_validate(said)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise LedgerError(f"VLEDGER_ORDERS {file}: {error}") from None
