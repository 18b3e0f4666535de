"""Who comes to an activity, who waits, and who had signed up and did not come?

First come, first in. When it is full, people wait in the order in which they came, and move up when
somebody withdraws or it gets larger, until it begins. All by the times of the events.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.centre.dossier import Told
from ledger.clock import SECOND, to_micros
from schemas.activities import ActivityCancelled, SignedUp, SignUpWithdrawn
from schemas.own import ActivitySettled
from schemas.registry import Activity, ActivityRegistered

DAY = 24 * 3600 * SECOND

FIRST_LOOK = 3 * DAY
"""After its end it is looked who came: kiosks may be without a network for days."""

LAST_LOOK = 30 * DAY
"""And once more, for those whose check-in came later still."""


class ActivityRow(NamedTuple):
    """An activity as it stands, in the order of its table's columns; µs.

    `due_at`: when the ledger looks who came.
    """

    activity: str
    name: str
    place: str
    team: str
    category: str
    kind: str
    starts_at: int | None
    ends_at: int | None
    capacity: int | None
    sign_up_until: int | None
    for_order: str
    for_project: str
    cancelled_at: int | None
    reason: str
    due_at: int | None


class SignUp(NamedTuple):
    """Somebody's latest word, in the order of its table's columns; µs.

    `state`: in, waiting (with a `position` from 1 on), withdrawn, refused or absent. `noted`: 1 if
    the ledger has said that they did not come, and has not taken it back.
    """

    activity: str
    volunteer: str
    signed_up_at: int
    state: str
    since: int
    position: int
    reason: str
    by: str
    noted: int


@dataclass(slots=True)
class Roll:
    """The state of an activity's sign-ups while its events are gone through.

    `waiting`: who waits, in the order in which they signed up.
    """

    activity: str
    said: Activity | None = None
    cancelled: tuple[int, str] | None = None
    looks: list[int] = field(default_factory=list)
    found: dict[str, SignUp] = field(default_factory=dict)
    waiting: OrderedDict[str, None] = field(default_factory=OrderedDict)
    coming: int = 0

    def follow(self, dossier: Sequence[Told]) -> "Roll":
        """Go through all events. What was said before any registration is held to the first one."""
        first = next((one for one in dossier if isinstance(one.event, ActivityRegistered)), None)
        if first is not None:
            self.said = first.event.data
        for at, _, _, event in dossier:
            match event:
                case ActivityRegistered(data=said):
                    self.said, self.cancelled = said, None
                    self._move_up(at)
                case ActivityCancelled(data=why):
                    self.cancelled = at, why.reason
                case SignedUp(data=who):
                    self._sign_up(at, who.volunteer, who.by)
                case SignUpWithdrawn(data=gone):
                    self._withdraw(at, gone.volunteer, gone.reason)
                case ActivitySettled(data=settled):
                    self.looks.append(at)
                    self._settle(at, settled.absent, "in", "absent", noted=1)
                    self._settle(at, settled.lifted, "absent", "in", noted=0)
        return self

    def why_not(self, at: int) -> str:
        """Why nobody can sign up any more, for people; "" if they can."""
        if self.cancelled is not None:
            return "it does not take place 活动已取消"
        if self.said is None:
            return ""
        until, ends = self.said.sign_up_until, self.said.ends_at
        if until is not None and at > to_micros(until):
            return f"sign-up ended at {until.isoformat()} 报名已截止"
        if ends is not None and at >= to_micros(ends):
            return f"it was over at {ends.isoformat()} 活动已结束"
        return ""

    def has_begun(self, at: int) -> bool:
        """From then on nobody withdraws and nobody moves up."""
        said = self.said
        begins = None if said is None else said.starts_at or said.ends_at
        return begins is not None and at >= to_micros(begins)

    def is_full(self) -> bool:
        """Whoever signs up now has to wait."""
        capacity = None if self.said is None else self.said.capacity
        return capacity is not None and self.coming >= capacity

    def due_at(self) -> int | None:
        """When it is looked next who came; None: never."""
        ends = None if self.said is None or self.said.ends_at is None else self.said.ends_at
        if (
            ends is None
            or self.cancelled
            or not any(one.noted or one.state == "in" for one in self.found.values())
        ):
            return None
        done = max(self.looks, default=0)
        looks = (to_micros(ends) + one for one in (FIRST_LOOK, LAST_LOOK))
        return next((one for one in looks if done < one), None)

    def _sign_up(self, at: int, who: str, by: str) -> None:
        was = self.found.get(who)
        if was is not None and was.state in ("in", "waiting", "absent"):
            return
        why = self.why_not(at)
        state = "refused" if why else "waiting" if self.is_full() else "in"
        noted = 0 if was is None else was.noted
        self._put(SignUp(self.activity, who, at, state, at, 0, why, by, noted))

    def _withdraw(self, at: int, who: str, reason: str) -> None:
        was = self.found.get(who)
        if was is None or was.state not in ("in", "waiting") or self.has_begun(at):
            return
        self._put(was._replace(state="withdrawn", since=at, reason=reason))
        self._move_up(at)

    def _move_up(self, at: int) -> None:
        if self.cancelled is not None or self.has_begun(at):
            return
        while self.waiting and not self.is_full():
            first = self.found[next(iter(self.waiting))]
            self._put(first._replace(state="in", since=at))

    def _settle(self, at: int, who: Iterable[str], state: str, to: str, *, noted: int) -> None:
        """What was said then; a sign-up that arrives later may have made it wrong."""
        for volunteer in who:
            was = self.found.get(volunteer)
            if was is None:
                continue
            if was.state == state:
                was = was._replace(state=to, since=at)
            self._put(was._replace(noted=noted))

    def _put(self, one: SignUp) -> None:
        was = self.found.get(one.volunteer)
        self.coming += (one.state == "in") - (was is not None and was.state == "in")
        self.found[one.volunteer] = one
        if one.state == "waiting":
            self.waiting.setdefault(one.volunteer)
        else:
            self.waiting.pop(one.volunteer, None)


def activity(ident: str, dossier: Sequence[Told]) -> Iterable[ActivityRow]:
    """One row of an activity that is registered; registered anew, a cancelled one is on again."""
    roll = Roll(ident).follow(dossier)
    said = roll.said
    if said is None:
        return []
    times = (said.starts_at, said.ends_at, said.sign_up_until)
    starts, ends, until = (None if one is None else to_micros(one) for one in times)
    cancelled, reason = roll.cancelled or (None, "")
    return [
        ActivityRow(
            ident,
            said.name,
            said.place or "",
            said.team or "",
            said.category,
            said.kind or "",
            starts,
            ends,
            said.capacity,
            until,
            said.order or "",
            said.project or "",
            cancelled,
            reason,
            roll.due_at(),
        )
    ]


def sign_ups(ident: str, dossier: Sequence[Told]) -> Iterable[SignUp]:
    """Everybody's latest word, and who waits at which position."""
    roll = Roll(ident).follow(dossier)
    line = {volunteer: number for number, volunteer in enumerate(roll.waiting, 1)}
    return [one._replace(position=line.get(one.volunteer, 0)) for one in roll.found.values()]
