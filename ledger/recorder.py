"""How does a batch of arrivals become part of the ledger? In one transaction.

Both runners, embedded and Kafka, call `Recorder.record`; replay calls `apply` on what the log has.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date
from functools import partial
from secrets import token_hex
from typing import Literal, NamedTuple, TypeVar

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random

from ledger.clock import SECOND, from_micros, now_micros
from ledger.conduct import Ruling, Suspicion
from ledger.entries import (
    FUND,
    MAX_ARRIVALS,
    Journal,
    RedemptionDecision,
    entry_ids,
    first_event,
    first_reject,
)
from ledger.fold import (
    History,
    HistoryNeededError,
    Step,
    VolunteerFold,
    VolunteerState,
)
from ledger.intake import (
    CLOCK_TOLERANCE,
    Arrival,
    Received,
    Rejected,
    kind_of,
    receive,
    step_of,
)
from ledger.redeeming import Gift, RedemptionRequest, Till, keep_books
from ledger.rulebook import ALWAYS, PolicyText, Rulebook
from ledger.store import access, certificates, inspecting
from ledger.store.database import Database
from ledger.store.shop import Tills, hold_payouts, open_tills
from ledger.store.unit_of_work import EMBEDDED, EventRow, Lane, Position, Registered, UnitOfWork
from schemas import AttendanceEvent, PolicyAdopted, RegistryEvent, StandingReviewed
from schemas.books import BooksEvent, DisputeDecided, DisputeOpened
from schemas.own import (
    AccessEvent,
    Adoption,
    CertificateEvent,
    Lapse,
    OwnEvent,
    PayoutPrepared,
    PayoutRemitted,
    PointsReceived,
    Review,
    VoucherExpired,
)
from schemas.redemption import TransferRequested

Outcome = Literal["applied", "duplicate", "rejected"]

Paying = TypeVar("Paying", PayoutPrepared, PayoutRemitted)


@dataclass(slots=True)
class Receipt:
    """What became of each arrival, in their order, and why the rejected ones were set aside."""

    outcomes: list[Outcome] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """`{"read", "applied", "duplicates", "rejected"}`; the last three sum to the first."""
        return {
            "read": len(self.outcomes),
            "applied": self.outcomes.count("applied"),
            "duplicates": self.outcomes.count("duplicate"),
            "rejected": self.outcomes.count("rejected"),
        }


class Logged(NamedTuple):
    """An event with its place in the log."""

    seq: int
    received: Received


class Resolution(NamedTuple):
    """The arrival at `place` of a batch is the text, perhaps mended, of a kept reject."""

    place: int
    reject: str


class Recorder:
    """Records arrivals under the policies adopted. Safe from several processes on one database.

    `initial` is the policy that a ledger without any begins with; `salt` gives a random text.
    """

    def __init__(
        self,
        database: Database,
        initial: PolicyText,
        clock: Callable[[], int] = now_micros,
        salt: Callable[[], str] = token_hex,
    ) -> None:
        self.database = database
        self._initial = initial
        self._clock = clock
        self._salt = salt
        self._rules: Rulebook | None = None

    def now(self) -> int:
        """The present by the ledger's clock, in µs."""
        return self._clock()

    @property
    def rules(self) -> Rulebook:
        """The policies in force, as the ledger has them now."""
        with self.database.read() as connection:
            self._rules = UnitOfWork(connection).rules(self._rules)
        return self._rules or Rulebook.of(self._initial)

    @property
    def policy(self) -> PolicyText:
        """The policy in force today."""
        return self.rules.at(self._clock() // SECOND)

    def record(
        self,
        arrivals: Sequence[Arrival],
        lane: Lane = EMBEDDED,
        position: Position | None = None,
        resolutions: Sequence[Resolution] = (),
    ) -> Receipt:
        """Record a batch and, with it, the stored offset. All of it or, on an exception, nothing.

        At most MAX_ARRIVALS. Raises FencedError if `position` belongs to a partition that has
        another owner.
        """
        if len(arrivals) > MAX_ARRIVALS:
            raise ValueError(f"{len(arrivals)} arrivals in one batch; at most {MAX_ARRIVALS}")
        now = self._clock()
        received = [receive(arrival, now) for arrival in arrivals]
        for attempt in _attempts():
            with attempt, self.database.write() as connection:
                unit = UnitOfWork(connection)
                if position is not None:
                    unit.advance(position)
                return self._record(unit, received, now, lane, resolutions)
        raise AssertionError("unreachable: the last attempt raises")

    def begin(self) -> None:
        """Put the initial policy in force, unless the ledger has one already."""
        with self.database.write() as connection:
            self._begin(UnitOfWork(connection), self._clock())

    def adopt(self, policy: PolicyText, effective_from: date, by: str = "", note: str = "") -> int:
        """Put a policy in force from a day on; the adoption's number.

        Standings that it changes are brought up to it by `apply_adoptions`, or by their next event.
        """
        now = self._clock()
        with self.database.write() as connection:
            unit = UnitOfWork(connection)
            self._begin(unit, now)
            return self._adopt(unit, policy, effective_from, by, note, now)

    def apply_adoptions(self, limit: int = 1000) -> int:
        """Bring standings that rest on an older policy up to those adopted since; how many.

        At most `limit` in one transaction: repeat until it is 0.
        """

        def late(unit: UnitOfWork, rules: Rulebook, now: int) -> list[OwnEvent]:
            behind = unit.behind(rules, limit)
            return [_review(one, "policy", rules.version, rules.version, now) for one in behind]

        return self.record_own(late)

    def pass_time(self, limit: int = 1000) -> int:
        """Let the calendar and expiry do what is due by now, as entries; for how many wallets.

        Vouchers whose last day is over lapse too. At most `limit` in one transaction: repeat until
        it is 0.
        """

        def due(unit: UnitOfWork, rules: Rulebook, now: int) -> list[OwnEvent]:
            reviews: list[OwnEvent] = [
                _review(volunteer, "time", rules.version, since, now)
                for volunteer, since in unit.due(now // SECOND, limit)
            ]
            lapsed = unit.lapsed_vouchers(now, limit - len(reviews))
            return [*reviews, *(_lapse(code, volunteer, now) for code, volunteer in lapsed)]

        return self.record_own(due)

    def pay_out(self, decide: Callable[[Connection, PolicyText, int], Paying]) -> Paying | None:
        """Record what `decide` makes of all that is known now (µs), under the policy of today.

        No other payout is prepared or remitted meanwhile. Nothing is recorded if it raises, nor in
        a ledger without a policy (then None).
        """
        made: list[Paying] = []

        def decided(unit: UnitOfWork, rules: Rulebook, now: int) -> list[OwnEvent]:
            hold_payouts(unit.connection)
            made.append(decide(unit.connection, rules.at(now // SECOND), now))
            return [made[-1]]

        self.record_own(decided)
        return made[-1] if made else None

    def record_own(self, find: Callable[[UnitOfWork, Rulebook, int], Sequence[OwnEvent]]) -> int:
        """Record the ledger's own events that `find` makes in the same transaction; how many.

        `find` is given the present (µs) and may write, too; it may be called more than once.
        """
        now = self._clock()
        for attempt in _attempts():
            with attempt, self.database.write() as connection:
                unit = UnitOfWork(connection)
                unit.hold_policies()
                rules = unit.rules(self._rules)
                if rules is None:
                    return 0
                self._rules = rules
                events = [_own(one, now) for one in find(unit, rules, now)]
                if not events:
                    return 0
                return self._record(unit, events, now, EMBEDDED, ()).outcomes.count("applied")
        raise AssertionError("unreachable: the last attempt raises")

    def _begin(self, unit: UnitOfWork, now: int) -> Rulebook:
        """The rulebook; a ledger without one begins with the initial policy."""
        rules = unit.rules(self._rules)
        if rules is None:
            unit.hold_policies(to_change=True)
            rules = unit.rules()
            if rules is None:
                self._adopt(unit, self._initial, ALWAYS, "", "in force from the beginning", now)
                rules = unit.rules()
                assert rules is not None
        else:
            unit.hold_policies()
        self._rules = rules
        return rules

    def _adopt(
        self,
        unit: UnitOfWork,
        policy: PolicyText,
        effective_from: date,
        by: str,
        note: str,
        now: int,
    ) -> int:
        unit.hold_policies(to_change=True)
        batch = unit.next_batch()
        seq = first_event(batch)
        event = PolicyAdopted(
            specversion="1.0",
            id=f"policy/{policy.digest}/{seq}",
            source=SOURCE,
            time=from_micros(now, UTC),
            subject=policy.id,
            data=Adoption(
                effective_from=effective_from.isoformat(), text=policy.text, by=by, note=note
            ),
        )
        received = _own(event, now)
        before = unit.rules(self._rules)
        looked = before is not None and before.safeguarded
        unit.append_events([_event_row(seq, received)])
        unit.adopt(seq, event)
        unit.close_batch(batch, now, EMBEDDED, self._salt())
        starts = policy.plan.clock.start(effective_from) * SECOND
        looks = looked or policy.plan.doc.safeguards is not None
        if looks and starts <= now + CLOCK_TOLERANCE:  # later than that there is no mark
            inspecting.queue_since(unit.connection, starts)
        return seq

    def _record(
        self,
        unit: UnitOfWork,
        received: Sequence[Received | Rejected],
        now: int,
        lane: Lane,
        resolutions: Sequence[Resolution],
    ) -> Receipt:
        rules = self._begin(unit, now)
        items = list(self._hold(unit, rules.at(now // SECOND), received))
        accepted = [(i, item) for i, item in enumerate(items) if isinstance(item, Received)]
        states = unit.lock_volunteers(subjects(item for _, item in accepted))
        salt = self._salt()
        named = ((item.event, item.at) for _, item in accepted)
        tills = open_tills(unit.connection, rules, named, now, salt)
        now = tills.shop.now
        batch = unit.next_batch()
        rows = [
            _event_row(first_event(batch) + number, item)
            for number, (_, item) in enumerate(accepted)
        ]
        new = unit.append_events(rows)
        outcomes: list[Outcome] = ["rejected"] * len(items)
        fresh: list[Logged] = []
        repeated: list[tuple[int, Received]] = []
        for (index, item), row in zip(accepted, rows, strict=True):
            if row.seq in new:
                outcomes[index] = "applied"
                fresh.append(Logged(row.seq, item))
            else:
                repeated.append((index, item))
        for index, conflict in _conflicts(unit, repeated):
            if conflict is None:
                outcomes[index] = "duplicate"
            else:
                items[index] = conflict
        rejects = [item for item in items if isinstance(item, Rejected)]
        kept = unit.keep_rejects(enumerate(_distinct(rejects), first_reject(batch)))
        deliver = partial(_deliver, unit, first_event(batch) + len(accepted), now)
        apply(unit, rules, batch, fresh, states, tills, lane.slot, deliver)
        if rules.safeguarded and any(
            isinstance(one.received.event, AttendanceEvent) for one in fresh
        ):
            inspecting.queue(unit.connection, batch)
        seqs = {index: row.seq for (index, _), row in zip(accepted, rows, strict=True)}
        settled = [
            (one.reject, outcomes[one.place], seqs[one.place], now)
            for one in resolutions
            if outcomes[one.place] != "rejected"
        ]
        if fresh or kept or settled:
            unit.close_batch(batch, now, lane, salt)
        unit.resolve(settled)
        return Receipt(outcomes, rejects)

    @staticmethod
    def _hold(
        unit: UnitOfWork, policy: PolicyText, received: Sequence[Received | Rejected]
    ) -> Iterator[Received | Rejected]:
        """Set attendance aside whose volunteer or activity is unknown, where the policy says so."""
        if policy.plan.doc.unregistered == "accept":
            yield from received
            return
        arrived = {
            (kind_of(item.event), item.event.subject)
            for item in received
            if isinstance(item, Received) and isinstance(item.event, RegistryEvent)
        }
        attended = [
            item.event
            for item in received
            if isinstance(item, Received) and isinstance(item.event, AttendanceEvent)
        ]
        wanted = {
            "volunteer": {event.subject for event in attended},
            "activity": {event.data.activity for event in attended},
        }
        known = arrived | {
            (kind, ident)
            for kind, idents in wanted.items()
            for ident in unit.registered(kind, idents)
        }
        for item in received:
            if isinstance(item, Received) and isinstance(item.event, AttendanceEvent):
                needs = [("volunteer", item.event.subject), ("activity", item.event.data.activity)]
                missing = [f"{kind} {ident}" for kind, ident in needs if (kind, ident) not in known]
                if missing:
                    detail = f"{' and '.join(missing)} not registered yet"
                    yield Rejected(item.arrival, "held", detail)
                    continue
            yield item


Bookkeeping = BooksEvent | PayoutPrepared | PayoutRemitted
"""Events about the accounts of shops and funds."""

Papers = CertificateEvent | AccessEvent
"""Events that change nobody's wallet, only what was issued: certificates, roles."""


def subjects(received: Iterable[Received]) -> set[str]:
    """The wallets whose state the events can change."""
    changed = set()
    for item in received:
        event = item.event
        if not isinstance(event, RegistryEvent | PolicyAdopted | Bookkeeping | Papers):
            changed.add(event.subject)
            if isinstance(event, TransferRequested) and not event.data.to.startswith(FUND):
                changed.add(event.data.to)
    return changed


def apply(
    unit: UnitOfWork,
    rules: Rulebook,
    batch: int,
    fresh: Sequence[Logged],
    states: Mapping[str, VolunteerState],
    tills: Tills,
    slot: int,
    deliver: Callable[[Sequence[Gift]], Iterable[Logged]],
) -> None:
    """Fold newly logged events and write what follows. The same log gives the same entries.

    Stock and money that come in are there for the purchases of the same batch. What somebody gives
    away comes to the receiver last: `deliver` logs it (in a replay the log has it already).
    """
    next_id = partial(next, entry_ids(batch))
    steps: dict[str, list[Step]] = defaultdict(list)
    received: dict[str, list[Step]] = defaultdict(list)
    registrations: list[Registered] = []
    certified: list[tuple[CertificateEvent, int]] = []
    granted: list[tuple[AccessEvent, int]] = []
    journal = Journal()
    for seq, (_, event, at) in fresh:
        step = step_of(event, at, seq)
        if step is not None:
            into = received if isinstance(event, PointsReceived) else steps
            into[event.subject].append(step)
        elif isinstance(event, Bookkeeping):
            decided = []
            if isinstance(event, DisputeOpened | DisputeDecided):
                decided = tills.decided.get(event.data.redemption, [])
            day = rules.timeline.plan_at(at // SECOND).clock.date(at // SECOND)
            for one in keep_books(tills.shop, event, seq, at, day, decided):
                entry = one.entry._replace(id=next_id())
                journal.books.append(one._replace(entry=entry))
        elif isinstance(event, RegistryEvent):
            data = orjson.dumps(event.data.model_dump(mode="json", exclude_none=True)).decode()
            registrations.append(
                Registered(kind_of(event), event.subject, data, at, event.source, event.id)
            )
        elif isinstance(event, CertificateEvent):
            certified.append((event, at))
        elif isinstance(event, AccessEvent):
            granted.append((event, at))
        elif isinstance(event, PolicyAdopted):
            unit.adopt(seq, event)
    folding = _Folding(unit, rules, first_event(batch), next_id, tills)
    folded = {one.volunteer: one for one in folding.run(steps, states, journal)}
    unit.append(journal)
    for seq, (_, event, at) in deliver(folding.gifts):
        step = step_of(event, at, seq)
        assert step is not None
        received[event.subject].append(step)
    if received:  # whoever gave before in this batch has that in the history by now
        since = min(step.seq for several in received.values() for step in several)
        between, later = {**states, **folded}, Journal()
        folding = _Folding(unit, rules, since, next_id, tills)
        folded |= {one.volunteer: one for one in folding.run(received, between, later)}
        unit.append(later)
        journal.extend(later)
    certificates.keep(unit.connection, certified, journal.hours)
    access.keep(unit.connection, granted)
    unit.keep_states(folded.values())
    tills.keep(unit.connection)
    unit.add_to_balances(journal, slot)
    unit.register(registrations)
    concerned = {
        volunteer
        for volunteer, taken in steps.items()
        if any(isinstance(step, Suspicion | Ruling) for step in taken)
    }
    if concerned:
        inspecting.keep_cases(unit.connection, concerned)


class _Folding:
    """Folds wallets of a batch: first on their states, then the late ones on histories.

    A history is what was logged before the number `before`.
    """

    def __init__(
        self,
        unit: UnitOfWork,
        rules: Rulebook,
        before: int,
        next_id: Callable[[], int],
        tills: Tills,
    ) -> None:
        self._unit = unit
        self._rules = rules
        self._next_id = next_id
        self._before = before
        self._tills = tills
        self.gifts: list[Gift] = []

    def run(
        self,
        steps: Mapping[str, Sequence[Step]],
        states: Mapping[str, VolunteerState],
        journal: Journal,
    ) -> list[VolunteerState]:
        folded: list[VolunteerState] = []
        late = [
            wallet
            for wallet, taken in steps.items()
            if not self._fold(states[wallet], taken, None, folded, journal)
        ]
        if late:
            histories = self._unit.histories(self._rules, late, self._before)
            for wallet in late:
                self._fold(states[wallet], steps[wallet], histories[wallet], folded, journal)
        return folded

    def _fold(
        self,
        state: VolunteerState,
        steps: Sequence[Step],
        history: History | None,
        folded: list[VolunteerState],
        journal: Journal,
    ) -> bool:
        """Fold one wallet; False if that takes the history, which is not given."""
        wallet, shop = state.volunteer, self._tills.shop
        till: Till | None = None
        held = self._tills.holds.get(wallet, [])
        if any(isinstance(step, RedemptionRequest) for step in steps):
            till = Till(self._rules, wallet, held, self._decisions, shop)
        fold = VolunteerFold(self._rules, state, self._next_id, history=history, till=till)
        mark = shop.mark()
        try:
            fold.run(steps)
        except HistoryNeededError:
            if history is not None:
                raise
            shop.undo_to(mark)
            return False
        journal.extend(fold.journal)
        for decision in fold.journal.redemptions:
            self._tills.decided.setdefault(decision.redemption, []).append(decision)
        if till is not None:
            self._unit.keep_holds(held, till.holds.values())
            self.gifts += till.gifts
        folded.append(fold.state)
        return True

    def _decisions(self, redemption: str) -> Sequence[RedemptionDecision]:
        return self._tills.decided.get(redemption, ())


def _deliver(unit: UnitOfWork, first: int, now: int, gifts: Sequence[Gift]) -> Iterator[Logged]:
    """Log what was given away as received, from the number `first` on."""
    logged = []
    for seq, gift in enumerate(gifts, first):
        receipt = gift.receipt
        event = PointsReceived(
            specversion="1.0",
            id=f"transfer/{receipt.transfer}/{receipt.currency}",
            source=SOURCE,
            time=from_micros(gift.at, UTC),
            subject=gift.to,
            data=receipt,
        )
        logged.append(Logged(seq, _own(event, gift.at)))
    unit.append_events([_event_row(seq, item) for seq, item in logged])
    yield from logged


def _review(
    volunteer: str, reason: Literal["policy", "time"], version: int, due: int, now: int
) -> StandingReviewed:
    return StandingReviewed(
        specversion="1.0",
        id=f"review/{reason}/{volunteer}/{due}",
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=volunteer,
        data=Review(reason=reason, policy=version),
    )


def _lapse(code: str, wallet: str, now: int) -> VoucherExpired:
    return VoucherExpired(
        specversion="1.0",
        id=f"voucher/{code}",
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=wallet,
        data=Lapse(voucher=code),
    )


def _own(event: OwnEvent, at: int) -> Received:
    return Received(Arrival(event.model_dump_json().encode(), SOURCE), event, at)


SOURCE = "ledger"
"""Where the ledger's own events come from."""


def _event_row(seq: int, item: Received) -> EventRow:
    event = item.event
    return EventRow(
        seq, event.source, event.id, event.type, event.subject, item.at, item.arrival.content
    )


def _conflicts(
    unit: UnitOfWork, repeated: Sequence[tuple[int, Received]]
) -> Iterator[tuple[int, Rejected | None]]:
    """For each repeated identity the reject if its content is another one, else None."""
    if not repeated:
        return
    logged = unit.contents({(item.event.source, item.event.id) for _, item in repeated})
    for index, item in repeated:
        event, content = item.event, item.arrival.content
        known = logged[event.source, event.id]
        if known == content or _says_the_same(known, content):
            yield index, None
        else:
            detail = f"id {event.id} of {event.source} was used before with other content"
            yield index, Rejected(item.arrival, "conflict", detail)


def _says_the_same(known: bytes, content: bytes) -> bool:
    """The two texts are the same JSON. One with NaN or 1e999, which JSON has not, is like no other.

    Such a value can stand where the schema does not look, so that the event itself was taken in.
    """
    try:
        return bool(orjson.loads(known) == orjson.loads(content))
    except orjson.JSONDecodeError:
        return False


def _distinct(rejects: Iterable[Rejected]) -> Iterable[Rejected]:
    return {one.id: one for one in rejects}.values()


def _attempts() -> Retrying:
    """Again after a deadlock, or after two transactions brought the same new key at once."""
    return Retrying(
        retry=retry_if_exception(_is_passing),
        stop=stop_after_attempt(8),
        wait=wait_random(0.01, 0.1),
        reraise=True,
    )


def _is_passing(error: BaseException) -> bool:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, DBAPIError) and state in _PASSING


_PASSING = {"40001", "40P01", "23505"}
"""SQLSTATE: serialization failure, deadlock, unique violation."""
