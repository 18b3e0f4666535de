"""What do new events of one volunteer add to the ledger? Pure: state + events + policy → entries.

Marks that come after everything known of the volunteer are folded onto the state. Anything else (a
late mark, or a visit that began before one already counted) is refolded from the volunteer's whole
history, and the difference is written: reversals of what no longer holds, and new records. Both
ways end in the same state, whatever the order of arrival.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.attendance import IN, Mark, OpenVisit, Visit, closed, pair, uncovered
from ledger.clock import SECOND
from ledger.entries import (
    HourRecord,
    Journal,
    Posting,
    RedemptionDecision,
    StarChange,
    issuance,
    merchant_account,
    wallet,
)
from ledger.ladder import PolicyText

NEVER = -1
"""Before every instant that an event may have."""


@dataclass(frozen=True, slots=True)
class VolunteerState:
    """What the fold needs to know of a volunteer to go on.

    `last_mark` µs: the latest mark; `last_start` s: start of the last visit in counting order;
    `covered_until` s: the end of all counted time; `opened`: activity → check-in without check-out.
    """

    volunteer: str
    seconds: int = 0
    star: int = 0
    last_mark: int = NEVER
    last_start: int = NEVER
    covered_until: int = NEVER
    opened: Mapping[str, OpenVisit] = field(default_factory=dict)


class LiveRecord(NamedTuple):
    """An hour record that no reversal has undone, with the units posted for it."""

    record: HourRecord
    units: int


@dataclass(frozen=True, slots=True)
class History:
    """All marks of a volunteer before this batch, and the records that stand."""

    marks: Sequence[Mark]
    live: Sequence[LiveRecord]


class RedemptionRequest(NamedTuple):
    """A request to pay `points` (decimal text); `seq` and `at` (µs) are its event's."""

    redemption: str
    merchant: str
    item: str
    points: str
    seq: int
    at: int


Step = Mark | RedemptionRequest


class HistoryNeededError(Exception):
    """The new marks can't be folded onto the state: fold again with the history."""


class VolunteerFold:
    """Folds the steps of one volunteer, in order of arrival, into a journal.

    `balance` (units) is needed where a step is a redemption; `earlier` are decisions already made,
    by redemption id. Raises HistoryNeededError from `run` if the history is needed and not given.
    """

    def __init__(
        self,
        text: PolicyText,
        state: VolunteerState,
        next_id: Callable[[], int],
        *,
        balance: int = 0,
        history: History | None = None,
        earlier: Mapping[str, RedemptionDecision] | None = None,
    ) -> None:
        self.journal = Journal()
        self.balance = balance
        self._policy = text.policy
        self._digest = text.digest
        self._volunteer = state.volunteer
        self._next_id = next_id
        self._earlier = earlier or {}
        self._seconds = state.seconds
        self._star = state.star
        self._last_mark = state.last_mark
        self._last_start = state.last_start
        self._covered_until = state.covered_until
        self._opened = dict(state.opened)
        self._marks = list(history.marks) if history else None
        self._live = {_key(live.record): live for live in history.live} if history else {}

    @property
    def state(self) -> VolunteerState:
        return VolunteerState(
            self._volunteer,
            self._seconds,
            self._star,
            self._last_mark,
            self._last_start,
            self._covered_until,
            self._opened,
        )

    def run(self, steps: Sequence[Step]) -> None:
        """Fold all steps. Marks between two redemptions are taken together."""
        marks: list[Mark] = []
        for step in steps:
            if isinstance(step, Mark):
                marks.append(step)
            else:
                self._attend(marks)
                marks = []
                self._redeem(step)
        self._attend(marks)

    def _attend(self, marks: list[Mark]) -> None:
        if not marks:
            return
        if self._marks is not None:
            self._refold(marks)
        else:
            self._append(marks)

    def _append(self, marks: list[Mark]) -> None:
        marks.sort()
        if marks[0].at <= self._last_mark:
            raise HistoryNeededError
        self._last_mark = marks[-1].at
        last: HourRecord | None = None
        for mark in marks:
            if mark.direction == IN:
                self._opened[mark.activity] = OpenVisit(mark.at, mark.seq, mark.place)
                continue
            start = self._opened.pop(mark.activity, None)
            if start is None:
                continue
            visit = closed(start, mark)
            if visit.started_at < self._last_start or visit.ended_at <= self._covered_until:
                raise HistoryNeededError
            seconds = visit.ended_at - max(visit.started_at, self._covered_until)
            self._last_start = visit.started_at
            self._covered_until = visit.ended_at
            last = self._record(visit, seconds)
            if self._policy.star_for(self._seconds) != self._star:
                self._change_star(last)

    def _refold(self, marks: list[Mark]) -> None:
        assert self._marks is not None
        self._marks += marks
        visits, self._opened = pair(self._marks)
        shares = list(uncovered(visits, NEVER))
        wanted = {(share.visit.check_in, share.visit.check_out): share for share in shares}
        for key, live in list(self._live.items()):
            share = wanted.get(key)
            if share is None or share.seconds != live.record.seconds:
                self._reverse(live)
                del self._live[key]
        for key, share in wanted.items():
            if key not in self._live:
                self._live[key] = LiveRecord(
                    self._record(share.visit, share.seconds), self._policy.points_for(share.seconds)
                )
        self._last_mark = max(mark.at for mark in self._marks)
        self._last_start = max((visit.started_at for visit in visits), default=NEVER)
        self._covered_until = max((visit.ended_at for visit in visits), default=NEVER)
        if self._policy.star_for(self._seconds) != self._star:
            self._change_star(self._deciding_record())

    def _deciding_record(self) -> HourRecord:
        """The live record with which the present level was reached; at level 0, the last entry."""
        threshold = self._policy.threshold(self._policy.star_for(self._seconds))
        total = 0
        for live in sorted(self._live.values(), key=lambda live: _order(live.record)):
            total += live.record.seconds
            if 0 < threshold <= total:
                return live.record
        return self.journal.hours[-1]

    def _record(self, visit: Visit, seconds: int) -> HourRecord:
        record = HourRecord(
            self._next_id(),
            self._volunteer,
            visit.activity,
            visit.place,
            visit.started_at,
            visit.ended_at,
            seconds,
            visit.check_in,
            visit.check_out,
            None,
            self._policy.hours.rule,
            self._digest,
        )
        self.journal.hours.append(record)
        self._seconds += seconds
        self._earn(record, self._policy.points_for(seconds))
        return record

    def _reverse(self, live: LiveRecord) -> None:
        record = live.record
        reversal = record._replace(id=self._next_id(), seconds=-record.seconds, reverses=record.id)
        self.journal.hours.append(reversal)
        self._seconds -= record.seconds
        self._earn(reversal, -live.units)

    def _earn(self, record: HourRecord, units: int) -> None:
        if units:
            currency = self._policy.currency
            self._transfer(
                record.id,
                issuance(currency),
                wallet(self._volunteer),
                units,
                record.ended_at * SECOND,
            )
            self.balance += units

    def _transfer(self, cause: int, payer: str, payee: str, units: int, at: int) -> None:
        currency = self._policy.currency
        self.journal.postings += (
            Posting(self._next_id(), cause, payer, currency, -units, at),
            Posting(self._next_id(), cause, payee, currency, units, at),
        )

    def _change_star(self, cause: HourRecord) -> None:
        level = self._policy.star_for(self._seconds)
        self.journal.stars.append(
            StarChange(
                self._next_id(),
                self._volunteer,
                self._star,
                level,
                self._seconds,
                cause.ended_at * SECOND,
                cause.id,
                self._policy.stars.rule,
                self._digest,
            )
        )
        self._star = level

    def _redeem(self, request: RedemptionRequest) -> None:
        earlier = self._earlier.get(request.redemption) or next(
            (d for d in self.journal.redemptions if d.redemption == request.redemption), None
        )
        if earlier is not None:
            self._answer_again(request, earlier)
            return
        units = self._policy.units(request.points)
        if units is None:
            reason = f"{self._policy.currency} has no such fraction: {request.points}"
            self._decide(request, 0, reason)
        elif units > self.balance:
            self._decide(request, units, "insufficient-points")
        else:
            self._decide(request, units, None)

    def _decide(self, request: RedemptionRequest, units: int, reason: str | None) -> None:
        ident = self._next_id()
        if reason is None:
            self._transfer(
                ident,
                wallet(self._volunteer),
                merchant_account(request.merchant),
                units,
                request.at,
            )
            self.balance -= units
        self._answer(ident, request, units, reason, None)

    def _answer_again(self, request: RedemptionRequest, earlier: RedemptionDecision) -> None:
        """The same answer; another purchase under a used id is refused and changes nothing."""
        units = self._policy.units(request.points) or 0
        asked = (self._volunteer, request.merchant, request.item, units)
        same = asked == (earlier.volunteer, earlier.merchant, earlier.item, earlier.points)
        reason = earlier.reason if same else "redemption-id-used-for-another-purchase"
        first = earlier.repeats or earlier.id
        self._answer(self._next_id(), request, units, reason, first)

    def _answer(
        self,
        ident: int,
        request: RedemptionRequest,
        units: int,
        reason: str | None,
        repeats: int | None,
    ) -> None:
        self.journal.redemptions.append(
            RedemptionDecision(
                ident,
                request.redemption,
                request.seq,
                self._volunteer,
                request.merchant,
                request.item,
                self._policy.currency,
                request.points,
                units,
                "refused" if reason else "accepted",
                reason,
                self.balance,
                repeats,
            )
        )


def _key(record: HourRecord) -> tuple[int, int]:
    return record.check_in, record.check_out


def _order(record: HourRecord) -> tuple[int, int, str]:
    return record.started_at, record.ended_at, record.activity


def live_records(records: Sequence[HourRecord], units: Mapping[int, int]) -> Iterator[LiveRecord]:
    """Those of `records` that no other of them reverses; `units` by record id."""
    reversed_ids = {record.reverses for record in records if record.reverses is not None}
    for record in records:
        if record.reverses is None and record.id not in reversed_ids:
            yield LiveRecord(record, units.get(record.id, 0))
