"""How is a place registered, merged, reopened and counted by hand, and what speaks against it?"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, get_args

from sqlalchemy import Connection

from ledger.centre.days import day_or_today
from ledger.centre.places.checks import wrong
from ledger.centre.places.tree import closed_on, closings_of, places_on
from ledger.centre.registering import known_of, register
from ledger.errors import Fault, UnfitError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from schemas.places import PlaceCounted, PlaceMerged, PlaceReopened
from schemas.registry import PlaceKind, PlaceRegistered

_DEGREES = {"latitude": ("纬度", 90), "longitude": ("经度", 180)}


def register_place(
    recorder: Recorder, place: str, said: Mapping[str, Any], *, new: bool = False
) -> None:
    """Register it, or change what is said of it (None: it is taken back).

    Raises UnfitError with all that speaks against it.
    """
    day = day_or_today(recorder, None)
    with recorder.database.read() as connection:
        whole = {**known_of(connection, PlaceRegistered, place), **said}
        around = places_on(connection, day, recorder.policy.plan.clock)
        closed = closed_on(connection, day)
    kind, parent = whole.get("kind"), whole.get("parent") or ""
    found = list(_off_the_globe(whole))
    if kind in get_args(PlaceKind):  # else the schema says what may stand there
        found += wrong(place, str(kind), parent, around, closed)
    if found:
        raise UnfitError(*found)
    register(recorder, PlaceRegistered, place, said, new=new)


def _off_the_globe(whole: Mapping[str, Any]) -> Iterable[Fault]:
    """WGS 84."""
    for name, (called, most) in _DEGREES.items():
        try:
            degrees = Decimal(whole.get(name) or 0)
        except (ArithmeticError, TypeError, ValueError):
            degrees = Decimal("NaN")
        if not degrees.is_finite() or abs(degrees) > most:
            yield Fault(
                name,
                f"{called}须是 -{most} 到 {most} 之间的度数，如 36.65",
                f"has to be degrees from -{most} to {most}, as 36.65",
            )
    if bool(whole.get("latitude")) != bool(whole.get("longitude")):
        lacks = "longitude" if whole.get("latitude") else "latitude"
        yield Fault(lacks, "经度和纬度要一起填写", "say latitude and longitude, or neither")


def merge_place(
    recorder: Recorder, place: str, into: str | None, on: date, *, reason: str, by: str
) -> None:
    """撤并 from a day on; without `into` it is closed. Raises UnfitError."""
    with recorder.database.read() as connection:
        _there(connection, place)
        if into is not None:
            _there(connection, into, "into")
        closed = closed_on(connection, on)
    if into == place:
        raise UnfitError(
            Fault("into", "不能并入自己", f"{place} can't be merged into itself"),
        )
    if into is not None and into in closed:
        gone = closed[into]
        raise UnfitError(
            Fault(
                "into",
                f"{into} 自 {gone.since} 起" + (f"并入 {gone.into}" if gone.into else "关闭"),
                f"{into} goes into {gone.into or 'nothing'} on {gone.since}: name what holds it",
            )
        )
    said = {"into": into, "on": on.isoformat(), "reason": reason, "by": by}
    send(recorder, PlaceMerged, place, said, exact=True)


def reopen_place(recorder: Recorder, place: str, on: date, *, reason: str, by: str) -> None:
    """恢复 from a day on. Raises UnfitError if it is not merged or closed."""
    with recorder.database.read() as connection:
        if all(one.until for one in closings_of(connection, place)):
            raise UnfitError(
                Fault("", f"{place} 没有撤并或关闭", f"{place} is not merged or closed")
            )
    said = {"on": on.isoformat(), "reason": reason, "by": by}
    send(recorder, PlaceReopened, place, said, exact=True)


def count_place(
    recorder: Recorder, place: str, year: int, counts: dict[str, int | None], by: str
) -> None:
    """What was counted for a year; what is None stays. Raises UnfitError."""
    if all(one is None for one in counts.values()):
        said = f"say a number: {', '.join(counts)}"
        raise UnfitError(Fault("", "请至少填写一个数字", said))
    with recorder.database.read() as connection:
        _there(connection, place)
    send(recorder, PlaceCounted, place, {"year": year, **counts, "by": by}, exact=True)


def _there(connection: Connection, place: str, field: str = "place") -> None:
    if not known_of(connection, PlaceRegistered, place):
        said = f"there is no place {place}: `vledger places` lists them"
        raise UnfitError(Fault(field, f"没有编号为 {place} 的场所", said))
