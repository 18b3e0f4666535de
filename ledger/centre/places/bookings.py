"""Who has a shared resource when? Of bookings that overlap the first asked for stands."""

from bisect import bisect, insort
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ledger.centre.dossier import Told
from ledger.clock import to_micros
from schemas.places import BookingCancelled, BookingRequested
from schemas.registry import ResourceRegistered


class Booking(NamedTuple):
    """In the order of its table's columns; µs. `state`: stands, refused or cancelled."""

    resource: str
    booking: str
    starts_at: int
    ends_at: int
    whose: str
    purpose: str
    by: str
    state: str
    reason: str
    asked_at: int


def bookings(resource: str, dossier: Sequence[Told]) -> Iterable[Booking]:
    """A booking is decided once, by its first request; what is cancelled is in nobody's way."""
    found: dict[str, Booking] = {}
    standing: list[tuple[int, str]] = []  # (starts at, booking): none of them overlap
    shared = True
    for at, _, _, event in dossier:
        match event:
            case ResourceRegistered(data=said):
                shared = said.shared
            case BookingRequested(data=asked) if asked.booking not in found:
                starts, ends = to_micros(asked.starts_at), to_micros(asked.ends_at)
                why = "" if shared else "已停止共享 the resource is not shared any more"
                place = bisect(standing, starts, key=lambda one: one[0])
                near = (found[one] for _, one in standing[max(0, place - 1) : place + 1])
                before = overlapping(near, starts, ends)
                if before is not None:
                    why = taken(before)
                found[asked.booking] = Booking(
                    resource,
                    asked.booking,
                    starts,
                    ends,
                    asked.whose or "",
                    asked.purpose,
                    asked.by,
                    "refused" if why else "stands",
                    why,
                    at,
                )
                if not why:
                    insort(standing, (starts, asked.booking))
            case BookingCancelled(data=given_up):
                was = found.get(given_up.booking)
                if was is not None and was.state == "stands":
                    found[was.booking] = was._replace(state="cancelled", reason=given_up.reason)
                    del standing[bisect(standing, (was.starts_at, was.booking)) - 1]
    return found.values()


def overlapping(known: Iterable[Booking], starts: int, ends: int) -> Booking | None:
    """The first booking that stands in the way."""
    ways = [
        one
        for one in known
        if one.state == "stands" and one.starts_at < ends and starts < one.ends_at
    ]
    return min(ways, key=lambda one: (one.starts_at, one.booking), default=None)


def taken(before: Booking) -> str:
    """Why somebody can't have it, for people."""
    return f"时段已被预约 booking {before.booking} stands in the way"
