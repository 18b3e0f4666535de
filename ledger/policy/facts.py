"""What happened: facts as the fold takes them, and the one order they are folded in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

EMPTY: Mapping[str, Any] = {}

AMENDED_TIMES = frozenset({"start", "end"})
"""The attributes by which an amendment moves what it amends."""


REVIEW = "~review"
"""The type of a fact that says only that time has passed: calendar, expiry, live ladders."""


REFUND = "~refund"
"""The type of a fact that gives back what a redemption took; `paid` says what."""


RECEIVED = "~received"
"""The type of a fact that brings what somebody else gave away; `paid` says what."""


WRITE_OFF = "~write-off"
"""The type of a fact that forgives a debt: attributes `currency`, `amount`, or null for each."""


OWN = frozenset({REVIEW, REFUND, RECEIVED, WRITE_OFF})
"""The types that no policy declares: the ledger's own."""


HELD = "~held"
"""In a state: [moment, start] for each fact that a hold keeps until that moment, the first first.

Once the moment has passed the fact is judged anew, at its own time: fold again from before it.
"""


def releases(state: Mapping[str, Any], at: int) -> bool:
    """A hold in a state is over at that moment (s)."""
    held = state.get(HELD)
    return bool(held and held[0][0] <= at)


class Payment(NamedTuple):
    """What an accepted request took: `amount` (below zero) smallest units, to `counter`."""

    currency: str
    amount: int
    counter: str
    rule: str
    clauses: tuple[str, ...]


class Fact(NamedTuple):
    """One thing that happened. Times are whole seconds since 1970 (UTC).

    A visit has `at` = check-in and `end` = check-out (None: it is still open).
    `decided` repeats a decision made earlier (a till's), so that a later fold keeps it; `paid` is
    what it took then, to the unit, whatever a price would be now.
    """

    id: str
    type: str
    at: int
    end: int | None = None
    attrs: Mapping[str, Any] = EMPTY
    decided: bool | None = None
    paid: tuple[Payment, ...] | None = None


def order_key(fact: Fact) -> tuple[int, int, str, str, str]:
    """Canonical order: (start, end, activity), then type and id, so that it is total."""
    end = fact.at if fact.end is None else fact.end
    return (fact.at, end, str(fact.attrs.get("activity") or ""), fact.type, fact.id)


def canonical(facts: Iterable[Fact], amendments: Mapping[str, Any]) -> list[Fact]:
    """The facts once each, in canonical order, with amendments laid into what they amend.

    `amendments` tells for each amending fact type the fact type it amends. An amending fact
    names its target's id in its attribute `of`; its other attributes override the target's.
    """
    seen: dict[str, Fact] = {}
    for fact in facts:
        seen.setdefault(fact.id, fact)
    if not amendments:
        return sorted(seen.values(), key=order_key)
    changes: dict[str, list[Fact]] = {}
    plain: list[Fact] = []
    for fact in seen.values():
        if fact.type in amendments:
            changes.setdefault(str(fact.attrs.get("of")), []).append(fact)
        else:
            plain.append(fact)
    merged: list[Fact] = []
    for fact in plain:
        for change in sorted(changes.get(fact.id, ()), key=order_key):
            if amendments[change.type] != fact.type:
                continue
            said = change.attrs
            attrs = {k: v for k, v in said.items() if k != "of" and k not in AMENDED_TIMES}
            start, end = said.get("start"), said.get("end")
            fact = fact._replace(
                attrs={**fact.attrs, **attrs},
                at=fact.at if start is None else start,
                end=fact.end if end is None else end,
            )
        merged.append(fact)
    merged.sort(key=order_key)
    return merged
