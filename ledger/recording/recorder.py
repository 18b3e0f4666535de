"""How does a batch of arrivals become part of the ledger? In one transaction.

Both runners, embedded and Kafka, call `Recorder.record`.
"""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from secrets import token_hex
from typing import Literal, NamedTuple, TypeVar, cast, get_args

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random

from ledger.centre.orders.complaints import is_looked_at
from ledger.clock import SECOND, now_micros, to_micros
from ledger.core import own_events
from ledger.core.entries import MAX_ARRIVALS, Journal, first_event, first_reject
from ledger.core.intake import CLOCK_TOLERANCE, Arrival, Received, Rejected, kind_of, receive
from ledger.core.own_events import SOURCE
from ledger.core.redeeming import Gift
from ledger.core.rulebook import ALWAYS, PolicyText, Rulebook
from ledger.devices.admission import Admission
from ledger.devices.keys import said
from ledger.policy.errors import UNUSABLE, EvaluationError
from ledger.recording.applying import Logged, apply, subjects
from ledger.store import bulk, devices, inspecting, locks, shop
from ledger.store.database import Database
from ledger.store.dossiers import EVENTS, MOST_BYTES, ORDERS, full
from ledger.store.unit_of_work import (
    EMBEDDED,
    NEWEST_POLICY,
    EventRow,
    Lane,
    Position,
    RepeatedError,
    UnitOfWork,
    advancing,
    holding_volunteers,
    looking_up,
)
from schemas import AttendanceEvent, CloudEvent, LoggedEvent, RegistryEvent
from schemas.envelope import legible
from schemas.own import OwnEvent, PayoutPrepared, PayoutRemitted

Outcome = Literal["applied", "duplicate", "rejected"]

Paying = TypeVar("Paying", PayoutPrepared, PayoutRemitted)


DESK = "desk"
"""Where arrivals come from that are sent in by hand, by whoever may use the command."""

TRUSTED = frozenset({SOURCE, DESK})
"""Origins that need no device."""


UNRECORDABLE = (*UNUSABLE, EvaluationError, DataError)
"""What an event may raise that got past the schemas and the policy: a mistake of this program."""

MOST_UNRECORDABLE = 20
"""Such events in one batch, at most."""


class _UndoneError(Exception):
    """A trial is rolled back."""


class Recorded(NamedTuple):
    """A batch that was recorded (µs), by which lane and policies, and the entries that it added."""

    batch: int
    at: int
    journal: Journal
    lane: str
    rules: Rulebook


@dataclass(slots=True)
class Receipt:
    """What became of each arrival, in their order, and why the rejected ones were set aside.

    `recorded` is None where nothing new came, or where rejects were kept, too.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    rejects: list[Rejected] = field(default_factory=list)
    recorded: Recorded | None = None

    def counts(self) -> dict[str, int]:
        """`{"read", "applied", "duplicates", "rejected"}`; the last three sum to the first."""
        return {
            "read": len(self.outcomes),
            "applied": self.outcomes.count("applied"),
            "duplicates": self.outcomes.count("duplicate"),
            "rejected": self.outcomes.count("rejected"),
        }


class Resolution(NamedTuple):
    """The arrival at `place` of a batch is the text, perhaps mended, of a kept reject."""

    place: int
    reject: str


class _Decoded(NamedTuple):
    """A batch of arrivals, as what they were received at a time (µs)."""

    arrivals: Sequence[Arrival]
    received: list[Received | Rejected]
    at: int


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
        *,
        signed_only: bool = False,
    ) -> None:
        self.database = database
        self._initial = initial
        self._clock = clock
        self._salt = salt
        self._signed_only = signed_only
        self._rules: Rulebook | None = None
        self._all_up_to: int | None = None
        self._brings_new = True
        """The last batch had nothing that is logged already: so the next may have nothing, too."""
        self._counting = True
        """The last batch counted stock or money of shops: so the next may, too."""

    def now(self) -> int:
        """The present by the ledger's clock, in µs."""
        return self._clock()

    @property
    def rules(self) -> Rulebook:
        """The policies in force, as the ledger has them now."""
        with self.database.read() as connection:
            return self.rules_by(connection)

    def rules_by(self, connection: Connection) -> Rulebook:
        """The policies in force, as a transaction sees them."""
        self._rules = UnitOfWork(connection).rules(self._rules)
        return self._rules or Rulebook.of(self._initial)

    @property
    def policy(self) -> PolicyText:
        """The policy in force today."""
        return self.rules.at(self._clock() // SECOND)

    def policy_by(self, connection: Connection) -> PolicyText:
        """The policy in force today, as a transaction sees it."""
        return self.rules_by(connection).at(self._clock() // SECOND)

    def record(
        self,
        arrivals: Sequence[Arrival],
        lane: Lane = EMBEDDED,
        positions: Sequence[Position] = (),
        resolutions: Sequence[Resolution] = (),
        *,
        admitted: bool = False,
        beside: Sequence[OwnEvent] = (),
        carries: tuple[type[CloudEvent], ...] | None = None,
    ) -> Receipt:
        """Record a batch and, with it, the stored offset. All of it or, on an exception, nothing.

        `admitted`: their devices were asked before, or a person answers for them. `beside` is
        recorded in the same transaction. `carries`: the only events that may come by this way. At
        most MAX_ARRIVALS. An event that can't be recorded, which nobody foresaw, is set aside as
        `unrecordable`. Raises FencedError if one of `positions` belongs to a partition that has
        another owner.
        """
        return self._write(
            self._decode(arrivals, carries),
            lane,
            positions,
            resolutions,
            admitted=admitted,
            beside=beside,
        )

    def record_each(
        self, batches: Iterable[Sequence[Arrival]]
    ) -> Generator[tuple[Sequence[Arrival], Receipt]]:
        """Record batches one after the other, as `record` does; each with what became of it.

        One thread folds, another writes what is folded already; while that goes to the disk a third
        reads and decodes the next batch: so `batches` should not wait for anybody.
        """
        coming = iter(batches)

        def decode_next() -> _Decoded | None:
            arrivals = next(coming, None)
            return None if arrivals is None else self._decode(arrivals)

        with (
            ThreadPoolExecutor(1, "decoding") as decoding,
            ThreadPoolExecutor(1, "writing") as writing,
        ):
            batch = decode_next()
            while batch is not None:
                following: list[Future[_Decoded | None]] = []

                def meanwhile(into: list[Future[_Decoded | None]] = following) -> None:
                    if not into:  # not again where the commit is tried again
                        into.append(decoding.submit(decode_next))

                receipt = self._write(batch, aside=writing, before_commit=meanwhile)
                yield batch.arrivals, receipt
                batch = following[0].result()

    def _decode(
        self,
        arrivals: Sequence[Arrival],
        carries: tuple[type[CloudEvent], ...] | None = None,
    ) -> "_Decoded":
        if len(arrivals) > MAX_ARRIVALS:
            raise ValueError(f"{len(arrivals)} arrivals in one batch; at most {MAX_ARRIVALS}")
        now = self._clock()
        return _Decoded(arrivals, [receive(arrival, now, carries) for arrival in arrivals], now)

    def _write(
        self,
        batch: "_Decoded",
        lane: Lane = EMBEDDED,
        positions: Sequence[Position] = (),
        resolutions: Sequence[Resolution] = (),
        *,
        admitted: bool = False,
        beside: Sequence[OwnEvent] = (),
        aside: Executor | None = None,
        before_commit: Callable[[], None] = lambda: None,
    ) -> Receipt:
        _, received, now = batch

        def write() -> Receipt:
            for attempt in _attempts():
                with (
                    attempt,
                    self.database.write() as connection,
                    UnitOfWork(connection, aside) as unit,
                ):
                    again = attempt.retry_state.attempt_number > 1
                    supposing = self._brings_new and not again and len(received) >= bulk.MANY
                    self._foresee(unit, positions, received, supposing=supposing)
                    if positions:
                        unit.advance(positions)
                    receipt = self._record(
                        unit,
                        received,
                        now,
                        lane,
                        resolutions,
                        admitted=admitted,
                        beside=beside,
                        supposing=supposing,
                    )
                    before_commit()
                    return receipt
            raise AssertionError("unreachable: the last attempt raises")

        for _ in range(MOST_UNRECORDABLE):
            try:
                return write()
            except UNRECORDABLE as error:
                place, why = self._culprit(received, now, lane, error, admitted=admitted)
                detail = legible(f"{type(why).__name__}: {why}")
                received[place] = Rejected(received[place].arrival, "unrecordable", detail)
        return write()

    def _culprit(
        self,
        received: Sequence[Received | Rejected],
        now: int,
        lane: Lane,
        error: Exception,
        *,
        admitted: bool,
    ) -> tuple[int, Exception]:
        """Which of a batch that failed by `error` can't be recorded, and why; tried and undone.

        Raises `error` if it is none of them.
        """

        def fails(number: int) -> Exception | None:
            try:
                with self.database.write() as connection:
                    unit, some = UnitOfWork(connection), received[:number]
                    self._record(unit, some, now, lane, (), admitted=admitted)
                    raise _UndoneError  # noqa: TRY301 - undoes the transaction
            except _UndoneError:
                return None
            except UNRECORDABLE as found:
                return found

        good, bad, why = 0, len(received), fails(len(received))
        while why is not None and bad - good > 1:
            middle = (good + bad) // 2
            found = fails(middle)
            if found is None:
                good = middle
            else:
                bad, why = middle, found
        if why is None or not bad or isinstance(received[bad - 1], Rejected):
            raise error
        return bad - 1, why

    def begin(self) -> None:
        """Put the initial policy in force, unless the ledger has one already."""
        with self.database.write() as connection:
            self._begin(UnitOfWork(connection), self._clock())

    def adopt(
        self,
        policy: PolicyText,
        effective_from: date,
        by: str = "",
        note: str = "",
        also: Callable[[Connection], None] | None = None,
    ) -> int:
        """Put a policy in force from a day on; the adoption's number.

        Standings that it changes are brought up to it by `apply_adoptions`, or by their next event.
        `also` is done before, in the same transaction; if it raises, nothing is adopted.
        """
        now = self._clock()
        with self.database.write() as connection:
            unit = UnitOfWork(connection)
            self._begin(unit, now)
            if also is not None:
                also(connection)
            return self._adopt(unit, policy, effective_from, by, note, now)

    def apply_adoptions(self, limit: int = 1000) -> int:
        """Bring standings that rest on an older policy up to those adopted since; how many.

        At most `limit` in one transaction: repeat until it is 0. Once all are up to a version they
        stay so, and nothing is looked for until another is adopted: that reads all standings.
        """

        def late(unit: UnitOfWork, rules: Rulebook, now: int) -> list[OwnEvent]:
            if self._all_up_to == rules.version:
                return []
            behind = unit.behind(rules, limit)
            if not behind:
                self._all_up_to = rules.version
            return [
                own_events.review(one, "policy", rules.version, rules.version, now)
                for one in behind
            ]

        return self.record_own(late)

    def pass_time(self, limit: int = 1000) -> int:
        """Let the calendar and expiry do what is due by now, as entries; for how many wallets.

        Vouchers whose last day is over lapse too. At most `limit` in one transaction: repeat until
        it is 0.
        """

        def due(unit: UnitOfWork, rules: Rulebook, now: int) -> list[OwnEvent]:
            reviews: list[OwnEvent] = [
                own_events.review(volunteer, "time", rules.version, since, now)
                for volunteer, since in unit.due(now // SECOND, limit)
            ]
            lapsed = unit.lapsed_vouchers(now, limit - len(reviews))
            return [
                *reviews,
                *(own_events.lapse(code, volunteer, now) for code, volunteer in lapsed),
            ]

        return self.record_own(due)

    def pay_out(self, decide: Callable[[Connection, PolicyText, int], Paying]) -> Paying | None:
        """Record what `decide` makes of all that is known now (µs), under the policy of today.

        No other payout is prepared or remitted meanwhile. Nothing is recorded if it raises, nor in
        a ledger without a policy (then None).
        """
        made: list[Paying] = []

        def decided(unit: UnitOfWork, rules: Rulebook, now: int) -> list[OwnEvent]:
            shop.hold_payouts(unit.connection)
            made.append(decide(unit.connection, rules.at(now // SECOND), now))
            return [made[-1]]

        self.record_own(decided)
        return made[-1] if made else None

    def record_own(
        self,
        find: Callable[[UnitOfWork, Rulebook, int], Sequence[LoggedEvent]],
        *,
        alone: bool = False,
    ) -> int:
        """Record the events that `find` makes in the same transaction, as the ledger's; how many.

        `find` is given the present (µs) and may write, too; it may be called more than once.
        `alone`: no batch is recorded meanwhile.
        """
        now = self._clock()
        for attempt in _attempts():
            with attempt, self.database.write() as connection:
                unit = UnitOfWork(connection)
                unit.hold_policies(to_change=alone)
                rules = unit.rules(self._rules)
                if rules is None:
                    return 0
                self._rules = rules
                events = [
                    own_events.as_received(one, to_micros(one.time))
                    for one in find(unit, rules, now)
                ]
                if not events:
                    return 0
                return self._record(unit, events, now, EMBEDDED, ()).outcomes.count("applied")
        raise AssertionError("unreachable: the last attempt raises")

    def _begin(self, unit: UnitOfWork, now: int) -> Rulebook:
        """The rulebook; a ledger without one begins with the initial policy."""
        known = unit.rules() if self._rules is None else self._rules
        unit.hold_policies(to_change=known is None)
        rules = unit.rules(known)  # as they are under the lock
        if rules is None:
            unit.hold_policies(to_change=True)
            self._adopt(unit, self._initial, ALWAYS, "", "in force from the beginning", now)
            rules = unit.rules()
        assert rules is not None
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
        event = own_events.adoption(policy, effective_from.isoformat(), by, note, seq, now)
        received = own_events.as_received(event, now)
        before = unit.rules(self._rules)
        looked = before is not None and before.safeguarded
        unit.append_events([_event_row(seq, received)])
        unit.adopt(seq, event)
        unit.close_batch(batch, now, EMBEDDED, self._salt())
        unit.flush()
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
        *,
        admitted: bool = False,
        beside: Sequence[OwnEvent] = (),
        supposing: bool = False,
    ) -> Receipt:
        """`supposing`: of many events that come all are new, or RepeatedError is raised."""
        rules = self._begin(unit, now)
        asked = received if admitted else self._admit(unit, received)
        items = list(self._hold(unit, rules.at(now // SECOND), _with_room(unit, asked)))
        items += [own_events.as_received(one, now) for one in beside]
        accepted = [(i, item) for i, item in enumerate(items) if isinstance(item, Received)]
        states = unit.lock_volunteers(subjects(item for _, item in accepted))
        salt = self._salt()
        named = ((item.event, item.at) for _, item in accepted)
        tills = shop.open_tills(unit.reading, rules, named, now, salt)
        self._counting = bool(tills.shop.stock or tills.shop.funds)
        now = tills.shop.now
        batch = unit.next_batch()
        seqs = {index: seq for seq, (index, _) in enumerate(accepted, first_event(batch))}
        supposing = supposing and len(accepted) >= bulk.MANY  # a few are logged with the rest
        logged = {} if supposing else unit.contents({_name(item) for _, item in accepted})
        self._brings_new = supposing or not logged
        outcomes: list[Outcome] = ["rejected"] * len(items)
        fresh: list[Logged] = []
        for index, item in accepted:
            name, content = _name(item), item.arrival.content
            known = logged.get(name)
            if known is None:
                logged[name] = content
                outcomes[index] = "applied"
                fresh.append(Logged(seqs[index], item))
            elif _says_the_same(known, content):
                outcomes[index] = "duplicate"
            else:
                items[index] = _conflict(item)
        unit.append_events([_event_row(*one) for one in fresh])
        rejects = [item for item in items if isinstance(item, Rejected)]
        kept = unit.keep_rejects(enumerate(_distinct(rejects), first_reject(batch)))
        settled = []
        if resolutions:
            settled = [
                (one.reject, outcomes[one.place], seqs[one.place], now)
                for one in resolutions
                if outcomes[one.place] != "rejected"
            ]
        if fresh or kept or settled:
            unit.close_batch(batch, now, lane, salt)
        deliver = partial(_deliver, unit, first_event(batch) + len(accepted))
        journal = apply(unit, rules, batch, fresh, states, tills, lane.slot, deliver)
        if _is_inspected(unit, rules, fresh):
            inspecting.queue(unit.connection, batch)
        unit.resolve(settled)
        recorded = Recorded(batch, now, journal, lane.name, rules) if fresh and not kept else None
        return Receipt(outcomes[: len(received)], rejects, recorded)

    def _foresee(
        self,
        unit: UnitOfWork,
        positions: Sequence[Position],
        received: Sequence[Received | Rejected],
        *,
        supposing: bool,
    ) -> None:
        """Ask together for what will be asked, most likely, in the order in which it will be.

        It takes the same locks; of what is refused then, a few too many.
        """
        rules = self._rules
        if rules is None or not unit.reading.is_remote:
            return
        here = [one for one in received if isinstance(one, Received)]
        unit.reading.ahead(
            advancing(positions) if positions else None,
            locks.holding(locks.Lock.POLICIES, shared=True),
            NEWEST_POLICY,
            devices.asking(_sources(here)),
            holding_volunteers(subjects(here)),
            None if supposing else looking_up({_name(one) for one in here}),
            *shop.asking(rules, ((one.event, one.at) for one in here), counting=self._counting),
        )

    def _admit(
        self, unit: UnitOfWork, received: Sequence[Received | Rejected]
    ) -> Sequence[Received | Rejected]:
        """Set aside what devices may not say."""
        known = devices.known_devices(unit.reading, _sources(received))
        if not known and not self._signed_only:
            return received
        events = [one.event for one in received if isinstance(one, Received)]
        near = devices.around(unit.connection, (one for one in events if one.source in known))
        asked = Admission(known, self._signed_only, TRUSTED, *near).admit(received)
        return _but_repetitions(unit, received, asked)

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


def _sources(received: Iterable[Received | Rejected]) -> set[str]:
    """Who sent them, the ledger itself left out."""
    return {one.event.source for one in received if isinstance(one, Received)} - {SOURCE}


_MARKS = frozenset(get_args(AttendanceEvent))
_ORDERS = frozenset(ORDERS)


def _is_inspected(unit: UnitOfWork, rules: Rulebook, fresh: Sequence[Logged]) -> bool:
    """A sweep has to look at what the batch brought."""
    orders: set[str] = set()
    activities: set[str] = set()
    for _, (_, event, _) in fresh:
        kind = type(event)
        if kind in _MARKS:
            activities.add(cast(AttendanceEvent, event).data.activity)
        elif kind in _ORDERS:
            orders.add(event.subject)
    if activities and rules.safeguarded:
        return True
    return bool(orders or activities) and is_looked_at(unit.connection, orders, activities)


def _with_room(
    unit: UnitOfWork, received: Sequence[Received | Rejected]
) -> Sequence[Received | Rejected]:
    """Set aside what goes into a dossier that is full. What the ledger itself says always goes."""
    sizes = {
        place: (one.event.subject, len(one.arrival.content))
        for place, one in enumerate(received)
        if isinstance(one, Received) and type(one.event) in EVENTS and one.arrival.origin != SOURCE
    }
    refused = full(unit.connection, sizes) if sizes else set()
    if not refused:
        return received
    asked = list(received)
    for place in refused:
        detail = f"{MOST_BYTES} bytes were sent about {sizes[place][0]} already"
        asked[place] = Rejected(received[place].arrival, "dossier-full", detail)
    return _but_repetitions(unit, received, asked)


def _but_repetitions(
    unit: UnitOfWork,
    received: Sequence[Received | Rejected],
    asked: Sequence[Received | Rejected],
) -> list[Received | Rejected]:
    """What was refused, but for what the log has to the letter: that has no effect anyhow.

    So a file or a message may come twice, whatever became of the device meanwhile.
    """
    refused = {
        place: one
        for place, (one, now) in enumerate(zip(received, asked, strict=True))
        if isinstance(one, Received) and isinstance(now, Rejected)
    }
    if not refused:
        return list(asked)
    logged = unit.contents({_name(one) for one in refused.values()})
    return [
        refused[place]
        if place in refused and logged.get(_name(refused[place])) == one.arrival.content
        else one
        for place, one in enumerate(asked)
    ]


def _name(item: Received) -> tuple[str, str]:
    return item.event.source, item.event.id


def _deliver(unit: UnitOfWork, first: int, gifts: Sequence[Gift]) -> list[Logged]:
    """Log what was given away as received, from the number `first` on."""
    received = [own_events.as_received(own_events.receipt(gift), gift.at) for gift in gifts]
    logged = [Logged(seq, item) for seq, item in enumerate(received, first)]
    unit.append_events([_event_row(seq, item) for seq, item in logged])
    return logged


def _event_row(seq: int, item: Received) -> EventRow:
    event = item.event
    return EventRow(
        seq, event.source, event.id, event.type, event.subject, item.at, item.arrival.content
    )


def _conflict(item: Received) -> Rejected:
    event = item.event
    detail = f"id {event.id} of {event.source} was used before with other content"
    return Rejected(item.arrival, "conflict", detail)


def _says_the_same(known: bytes, content: bytes) -> bool:
    """The two texts are equal, or the same JSON, whoever signed it.

    One with NaN or 1e999, which JSON has not, is like no other. Such a value can stand where the
    schema does not look, so that the event itself was taken in.
    """
    if known == content:
        return True
    try:
        return said(orjson.loads(known)) == said(orjson.loads(content))
    except orjson.JSONDecodeError:
        return False


def _distinct(rejects: Iterable[Rejected]) -> Iterable[Rejected]:
    return {one.id: one for one in rejects}.values()


def _attempts() -> Retrying:
    """Again after a deadlock, or after two transactions brought the same new key at once.

    And after what was supposed to be new was not.
    """
    return Retrying(
        retry=retry_if_exception(_is_passing),
        stop=stop_after_attempt(8),
        wait=_pause,
        reraise=True,
    )


def _pause(state: RetryCallState) -> float:
    """Seconds; whoever met somebody does not wait as long as they do."""
    repeated = state.outcome is not None and isinstance(state.outcome.exception(), RepeatedError)
    return 0 if repeated else _A_MOMENT(state)


_A_MOMENT = wait_random(0.01, 0.1)


def _is_passing(error: BaseException) -> bool:
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return isinstance(error, RepeatedError) or (isinstance(error, DBAPIError) and state in _PASSING)


_PASSING = {"40001", "40P01", "23505"}
"""SQLSTATE: serialization failure, deadlock, unique violation."""
