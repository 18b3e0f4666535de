"""What an expression sees while it runs: the fact, the state and the values of this moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .entries import Entry
from .errors import MissingSetting
from .exact import Number
from .facts import EMPTY, Fact

NO_FACT = Fact("", "", 0)
NEVER = -(1 << 62)


class Context:
    """The moment of evaluation. One object serves a whole fold; stages write into it."""

    __slots__ = (
        "at", "attrs", "claimed", "counted", "fact", "held", "horizon", "local", "out", "pieces",
        "posted", "settings", "state", "total", "until",
    )  # fmt: skip

    def __init__(self, state: dict[str, Any], settings: Mapping[str, Any]) -> None:
        self.state = state
        self.settings = settings
        self.out: list[Entry] = []
        self.fact: Fact = NO_FACT
        self.attrs: Mapping[str, Any] = EMPTY
        self.at = 0
        self.until: int | None = None
        self.counted = 0
        self.claimed = 0
        self.total: Number = 0
        self.posted: dict[str, int] | None = None
        self.pieces: list[tuple[int, int]] | None = None
        self.local: dict[str, Any] = {}
        self.held: Mapping[str, int] = EMPTY
        self.horizon = NEVER
        """Up to when (s) time is known to have passed, though facts of then come later."""


Run = Callable[[Context], Any]


def decided(run: Run) -> Run:
    """Let an open setting pass where every choice leads to the same value.

    Only then does the outcome not depend on it; otherwise MissingSetting goes on to the caller.
    """

    def agree(c: Context, depth: int = 0) -> Any:
        try:
            return run(c)
        except MissingSetting as missing:
            if not missing.choices or missing.key in c.settings or depth >= 3:
                raise
            given = c.settings
            outcomes: list[Any] = []
            try:
                for choice in missing.choices:
                    c.settings = {**given, missing.key: choice}
                    outcomes.append(agree(c, depth + 1))
            finally:
                c.settings = given
            first = outcomes[0]
            if all(type(o) is type(first) and o == first for o in outcomes):
                return first
            raise

    return agree
