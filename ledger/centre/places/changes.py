"""How is a place registered, merged, reopened and counted by hand, and what speaks against it?"""

from datetime import date
from typing import Any, get_args

from ledger.centre.days import day_or_today
from ledger.centre.places.checks import wrong
from ledger.centre.places.tree import closed_on, closings_of, places_on
from ledger.centre.registering import known_of, register
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from schemas.places import PlaceCounted, PlaceMerged, PlaceReopened
from schemas.registry import PlaceKind, PlaceRegistered


def register_place(recorder: Recorder, place: str, said: dict[str, Any]) -> None:
    """Register it, or change what is said of it (None: not said).

    Raises LedgerError with all that speaks against it.
    """
    day = day_or_today(recorder, None)
    with recorder.database.read() as connection:
        given = {name: value for name, value in said.items() if value is not None}
        whole = known_of(connection, PlaceRegistered, place) | given
        around = places_on(connection, day, recorder.policy.plan.clock)
        closed = closed_on(connection, day)
    kind, parent = whole.get("kind"), whole.get("parent") or ""
    if kind in get_args(PlaceKind):  # else the schema says what may stand there
        found = list(wrong(place, str(kind), parent, around, closed))
        if found:
            raise LedgerError("; ".join(found))
    register(recorder, PlaceRegistered, place, said)


def merge_place(
    recorder: Recorder, place: str, into: str | None, on: date, *, reason: str, by: str
) -> None:
    """撤并 from a day on; without `into` it is closed. Raises LedgerError."""
    with recorder.database.read() as connection:
        for one in (place, into):
            if one is not None and not known_of(connection, PlaceRegistered, one):
                raise LedgerError(f"there is no place {one}: `vledger places` lists them")
        closed = closed_on(connection, on)
    if into == place:
        raise LedgerError(f"{place} can't be merged into itself")
    if into is not None and into in closed:
        went = closed[into].into or "nothing"
        raise LedgerError(f"{into} goes into {went} on {closed[into].since}: name what holds it")
    said = {"into": into, "on": on.isoformat(), "reason": reason, "by": by}
    send(recorder, PlaceMerged, place, said, exact=True)


def reopen_place(recorder: Recorder, place: str, on: date, *, reason: str, by: str) -> None:
    """恢复 from a day on. Raises LedgerError if it is not merged or closed."""
    with recorder.database.read() as connection:
        if all(one.until for one in closings_of(connection, place)):
            raise LedgerError(f"{place} is not merged or closed")
    said = {"on": on.isoformat(), "reason": reason, "by": by}
    send(recorder, PlaceReopened, place, said, exact=True)


def count_place(
    recorder: Recorder, place: str, year: int, counts: dict[str, int | None], by: str
) -> None:
    """What was counted for a year; what is None stays. Raises LedgerError."""
    if all(one is None for one in counts.values()):
        raise LedgerError(f"say a number: {', '.join(counts)}")
    with recorder.database.read() as connection:
        if not known_of(connection, PlaceRegistered, place):
            raise LedgerError(f"there is no place {place}: `vledger places` lists them")
    send(recorder, PlaceCounted, place, {"year": year, **counts, "by": by}, exact=True)
