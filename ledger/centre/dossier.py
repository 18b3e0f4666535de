"""What is a dossier? All events of one subject, in the order in which they happened."""

from collections.abc import Iterable
from typing import Any, NamedTuple, TypeVar

Said = TypeVar("Said")


class Told(NamedTuple):
    """An event of the subject. The field order is the canonical order: that of its time (µs).

    (`source`, `ident`) is the identity of the event, which decides between two of one instant.
    """

    at: int
    source: str
    ident: str
    event: Any


def in_order(told: Iterable[Told]) -> list[Told]:
    """As they happened, in whatever order they arrived."""
    return sorted(told, key=lambda one: one[:3])


def times(told: Iterable[tuple[int, Said]]) -> list[tuple[int, int | None, Said]]:
    """From when to when (µs, None: still) what was said held: each until something else is said."""
    found: list[tuple[int, int | None, Said]] = []
    for at, said in told:
        if found and found[-1][2] == said:
            continue
        if found:
            since, _, before = found.pop()
            found += [(since, at, before)] if since < at else []
        found.append((at, None, said))
    return found
