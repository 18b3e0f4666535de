"""What is a dossier? All events of one subject, in the order in which they happened."""

from collections.abc import Iterable
from typing import Any, NamedTuple


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
