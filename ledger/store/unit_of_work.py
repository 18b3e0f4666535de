"""How does one batch read and write the store? The statements of one transaction, all set-based."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import date
from typing import Any, NamedTuple, Self

import orjson
from sqlalchemy import (
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.exc import IntegrityError

from ledger.clock import SECOND
from ledger.core.attendance import Mark, OpenVisit
from ledger.core.conduct import Ruling, Suspicion
from ledger.core.entries import (
    DEBTS,
    WALLETS,
    HourRecord,
    Journal,
    Judgement,
    PointsEntry,
    Posting,
    RedemptionDecision,
    first_event,
)
from ledger.core.fold import (
    Answered,
    History,
    Report,
    VolunteerState,
)
from ledger.core.intake import Rejected, step_of
from ledger.core.redeeming import Hold, RedemptionRequest, settled_fact
from ledger.core.rulebook import Edition, Rulebook, parse
from ledger.core.snapshots import Snapshot
from ledger.core.tally import Moved, Tally, add_removal
from ledger.core.tally import tally as new_tally
from ledger.errors import FencedError
from ledger.store import bulk, locks
from ledger.store.reading import NEXT_BATCH, Question, Reading, rows_by
from ledger.store.tables import (
    account_balance,
    batch,
    book_entry,
    consumer_offset,
    event,
    hold,
    hour_record,
    judgement,
    level_change,
    outbox,
    points_entry,
    policy_version,
    posting,
    redemption,
    registry,
    reject,
    reject_resolution,
    roster,
    state_snapshot,
    tally,
    volunteer_state,
    voucher,
)
from ledger.store.writing import Writing
from schemas import (
    CloudEvent,
    ConductSuspected,
    PolicyAdopted,
    StandingReviewed,
    SuspicionWithdrawn,
    decode_logged,
)
from schemas.documents import event_type
from schemas.own import PointsReceived
from schemas.topics import ATTENDANCE, FACTS, REDEMPTION_REQUESTS

_PERSONAL: tuple[type[CloudEvent], ...] = (
    *ATTENDANCE.events,
    *FACTS.events,
    *REDEMPTION_REQUESTS.events,
    StandingReviewed,
    PointsReceived,
    ConductSuspected,
    SuspicionWithdrawn,
)
PERSONAL_TYPES = tuple(event_type(one) for one in _PERSONAL)
"""The events that a volunteer's standing follows from."""

_PRIVATE = ("volunteer:", DEBTS, *WALLETS)
"""How the accounts begin that belong to one volunteer, household or team: nobody shares them."""


PAUSE = "60s"
"""How long a process may stand still within a batch, before Postgres takes its locks from it.

One that was stopped, or cut off, would otherwise keep the next owner from the partition. Far longer
than a batch ever computes between two statements: one that did would be tried again for ever.
"""


NEWEST_POLICY = Question("SELECT max(event) FROM policy_version")

_ADVANCE = """
UPDATE consumer_offset SET next_offset = moved.next_offset
FROM unnest(%b::text[], %b::int8[], %b::int8[], %b::int8[])
  AS moved (topic, partition, next_offset, epoch)
WHERE consumer_offset.topic = moved.topic AND consumer_offset.partition = moved.partition
  AND consumer_offset.epoch = moved.epoch
RETURNING moved.topic, moved.partition,
  set_config('idle_in_transaction_session_timeout', %b::text, true)
"""


class RepeatedError(Exception):
    """An event that was taken for new is logged already. Nothing of the transaction counts."""


class EventRow(NamedTuple):
    """A row of the event log, in the order of its columns."""

    seq: int
    source: str
    id: str
    type: str
    subject: str
    at: int
    content: bytes


class Registered(NamedTuple):
    """A row of the registry, in the order of its columns; `data` is JSON."""

    kind: str
    id: str
    data: str
    at: int
    source: str
    event_id: str


class Lane(NamedTuple):
    """Where a batch comes from. Lanes that run at once have different slots."""

    name: str
    slot: int = 0

    @classmethod
    def of(cls, topic: str, partition: int) -> Self:
        """The lane of a partition."""
        return cls(f"{topic}/{partition}", partition)

    @classmethod
    def named(cls, name: str) -> Self:
        """The lane that a kept batch names."""
        topic, _, partition = name.rpartition("/")
        return cls.of(topic, int(partition)) if topic else cls(name)


EMBEDDED = Lane("embedded")


class Position(NamedTuple):
    """The offset after a batch's last message, and the epoch under which the partition is owned."""

    topic: str
    partition: int
    next_offset: int
    epoch: int


def advancing(positions: Sequence[Position]) -> Question:
    """What stores the offsets in Postgres, unless a partition has another owner."""
    here = sorted(positions)
    arguments = (*map(list, zip(*here, strict=True)), PAUSE)
    return Question(_ADVANCE, arguments, tuple(here), locks=True)


def holding_volunteers(volunteers: Collection[str]) -> Question | None:
    """What `lock_volunteers` will ask first."""
    return rows_by(volunteer_state, _BY_VOLUNTEER, volunteers, lock=True)


def looking_up(names: Collection[tuple[str, str]]) -> Question | None:
    """What `contents` will ask."""
    return rows_by(event, _BY_NAME, names)


_BY_VOLUNTEER = (volunteer_state.c.volunteer,)
_BY_NAME = (event.c.source, event.c.id)


class UnitOfWork:
    """One transaction on the store. Locks are taken in one order: offset, volunteers, the rest.

    What is only written waits, and goes to the database together by `flush`: with `aside` by
    another thread, for which the end of the block waits.
    """

    def __init__(self, connection: Connection, aside: Executor | None = None) -> None:
        self._writing = Writing(connection, aside)
        self._reading = Reading(connection)
        self._blank: set[str] = set()
        self._waiting: list[bulk.Write] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._writing.settle()
        except Exception:
            if kind is None:  # otherwise that is what went wrong first
                raise

    @property
    def connection(self) -> Connection:
        """The connection of the transaction, on which nothing else is under way."""
        return self._writing.connection

    @property
    def reading(self) -> Reading:
        """How it asks, when nothing else is under way."""
        self._writing.settle()
        return self._reading

    @property
    def writes_aside(self) -> bool:
        """What is flushed is written while one goes on."""
        return self._writing.is_aside

    @property
    def _locks_rows(self) -> bool:
        """SQLite has one writer, so that nothing needs a lock of its own there."""
        return self._reading.is_remote

    # Offsets ---------------------------------------------------------------------------------

    def advance(self, positions: Sequence[Position]) -> None:
        """Store the offsets. Raises FencedError if a partition has another owner."""
        if self._locks_rows:
            rows = self.reading.ask(advancing(positions))
            moved = {(topic, partition) for topic, partition, _ in rows}
        else:
            moved = {one[:2] for one in positions if self._advance(one)}
        lost = [f"{one.topic}/{one.partition}" for one in sorted(positions) if one[:2] not in moved]
        if lost:
            raise FencedError(f"{', '.join(lost)} has another owner: nothing was written")

    def _advance(self, position: Position) -> bool:
        own = consumer_offset.c
        here = (own.topic, own.partition, own.epoch)
        moving = (
            update(consumer_offset)
            .where(tuple_(*here) == (position.topic, position.partition, position.epoch))
            .values(next_offset=position.next_offset)
        )
        return self.connection.execute(moving).rowcount == 1

    # Reading ---------------------------------------------------------------------------------

    def lock_volunteers(self, volunteers: Collection[str]) -> dict[str, VolunteerState]:
        """The states of `volunteers`, new ones included, held until the end of the transaction."""
        states = self._states(volunteers)
        missing = [volunteer for volunteer in volunteers if volunteer not in states]
        if missing and self._locks_rows:
            blank = sorted(_state_row(VolunteerState(volunteer)) for volunteer in missing)
            self._blank = set(missing)
            bulk.insert_absent(self.connection, volunteer_state, ("volunteer",), blank)
            self.reading.forget()  # whoever brought one of them at the same time was waited for
            states |= self._states(missing)
        return {name: states.get(name) or VolunteerState(name) for name in volunteers}

    def _states(self, volunteers: Collection[str]) -> dict[str, VolunteerState]:
        rows = self.reading.rows_of(volunteer_state, _BY_VOLUNTEER, volunteers, lock=True)
        return {row[0]: _state(row) for row in rows}

    def next_batch(self) -> int:
        """The batch's id, taken under the locks."""
        if self._locks_rows:
            return int(self.reading.ask(NEXT_BATCH)[0][0])
        last = self.connection.execute(select(func.max(batch.c.id))).scalar_one()
        return (last or 0) + 1

    def continue_batches(self) -> None:
        """After batches were copied in: the next id comes after theirs."""
        if self._locks_rows:
            last = select(func.setval("batch_id", func.coalesce(func.max(batch.c.id), 1)))
            self.connection.execute(last)

    def contents(self, names: Collection[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
        """The content of those that are logged, by (source, id)."""
        rows = self.reading.rows_of(event, _BY_NAME, names)
        return {(row.source, row.id): row.content for row in rows}

    def rules(self, known: Rulebook | None = None) -> Rulebook | None:
        """The policies adopted so far; `known` if it is up to date, None if there are none."""
        newest = self.reading.ask(NEWEST_POLICY)[0][0]
        if newest is None or (known is not None and known.version == newest):
            return None if newest is None else known
        return Rulebook(
            [
                Edition(
                    row.event,
                    date.fromisoformat(row.effective_from),
                    parse(row.content, f"policy {row.policy} of {row.effective_from}"),
                )
                for row in self.connection.execute(select(policy_version))
            ]
        )

    def hold_policies(self, *, to_change: bool = False) -> None:
        """Until the end of the transaction no policy is adopted, or nothing else is recorded."""
        if self._locks_rows:
            self.reading.ask(locks.holding(locks.Lock.POLICIES, shared=not to_change))

    def behind(self, rules: Rulebook, limit: int) -> list[str]:
        """Volunteers with something that a policy governs which was adopted since they were folded.

        At most `limit`.
        """
        state = volunteer_state.c
        overtaken = [
            and_(state.adopted == version, state.last_end >= first)
            for version, first in rules.overtaken()
        ]
        if not overtaken:
            return []
        query = select(state.volunteer).where(or_(*overtaken)).order_by(state.volunteer)
        return list(self.connection.execute(query.limit(limit)).scalars())

    def due(self, now: int, limit: int) -> list[tuple[str, int]]:
        """(volunteer, due at) where time alone has changed something by `now` (s), oldest first."""
        state = volunteer_state.c
        query = select(state.volunteer, state.due_at).where(state.due_at <= now)
        rows = self.connection.execute(query.order_by(state.due_at, state.volunteer).limit(limit))
        return [(row.volunteer, row.due_at) for row in rows]

    def lapsed_vouchers(self, now: int, limit: int) -> list[tuple[str, str]]:
        """(code, whose) of unused vouchers whose last day was over by `now` (µs), oldest first."""
        query = select(voucher.c.code, voucher.c.volunteer).where(
            voucher.c.ended == "", voucher.c.expires_at <= now
        )
        rows = self.connection.execute(query.order_by(voucher.c.expires_at).limit(max(0, limit)))
        return [(row.code, row.volunteer) for row in rows]

    def history(self, rules: Rulebook, volunteer: str) -> History:
        """All that happened to one volunteer, and the entries that stand."""
        return self.histories(rules, {volunteer: None}, None)[volunteer]

    def histories(
        self, rules: Rulebook, bases: Mapping[str, Snapshot | None], before: int | None
    ) -> dict[str, History]:
        """What was logged after each base and before `before`, and the entries that stand of it.

        By volunteer; without a base all of it.
        """
        states = self._snapshot_states(
            {name: base.batch for name, base in bases.items() if base is not None}
        )
        found = {name: History(base=states.get(name)) for name in bases}
        since = {
            name: 0 if base is None else first_event(base.batch + 1) for name, base in bases.items()
        }
        for row in self._live(hour_record, since):
            found[row.volunteer].hours.append(HourRecord._make(row))
        for row in self._live(points_entry, since):
            found[row.volunteer].points.append(PointsEntry._make(row))
        for row in self._live(judgement, since):
            found[row.volunteer].judgements.append(Judgement._make(row))
        requests: dict[str, list[RedemptionRequest]] = defaultdict(list)
        logged = select(event.c.seq, event.c.at, event.c.content).where(
            event.c.type.in_(PERSONAL_TYPES)
        )
        if before is not None:
            logged = logged.where(event.c.seq < before)
        logged = bulk.since(self.connection, logged, event.c.subject, event.c.seq, since)
        for seq, at, content in self.connection.execute(logged):
            decoded = decode_logged(content)
            step = step_of(decoded, at, seq)
            if isinstance(step, RedemptionRequest):
                requests[decoded.subject].append(step)
            elif isinstance(step, Mark | Report | Answered | Suspicion | Ruling):
                found[decoded.subject].happenings.append(step)
        if requests:
            self._decided(requests, found, rules, since)
        return found

    def snapshots(self, volunteers: Collection[str]) -> dict[str, list[Snapshot]]:
        """The snapshots that there are, by volunteer."""
        own = state_snapshot.c
        keys = (own.volunteer, own.batch, own.last_mark, own.last_start, own.last_end, own.adopted)
        found: dict[str, list[Snapshot]] = defaultdict(list)
        if volunteers:
            among = bulk.among(self.connection, own.volunteer, volunteers)
            for row in self.connection.execute(select(*keys).where(among)):
                found[row.volunteer].append(Snapshot._make(row))
        return found

    def _snapshot_states(self, kept: Mapping[str, int]) -> dict[str, VolunteerState]:
        """The states of volunteers after a batch, of which each has a snapshot."""
        if not kept:
            return {}
        own = state_snapshot.c
        rows = self.connection.execute(
            select(state_snapshot).where(
                bulk.among(self.connection, own.volunteer, kept),
                bulk.among(self.connection, own.batch, set(kept.values())),
            )
        )
        return {
            row.volunteer: _state((row.volunteer, *row[2:]))
            for row in rows
            if row.batch == kept[row.volunteer]
        }

    def times_of(self, idents: Collection[str]) -> dict[str, int]:
        """When events happened (µs), by `<source>#<id>`; of those that are logged."""
        names: dict[tuple[str, str], str] = {}
        for ident in idents:
            parts = ident.split("#")
            for place in range(1, len(parts)):
                names["#".join(parts[:place]), "#".join(parts[place:])] = ident
        if not names:
            return {}
        keys = (event.c.source, event.c.id)
        among = bulk.among_pairs(self.connection, keys, names)
        rows = self.connection.execute(select(*keys, event.c.at).where(among))
        return {names[source, ident]: at for source, ident, at in rows}

    def _live(self, table: Table, since: Mapping[str, int]) -> list[Row[Any]]:
        """The rows about volunteers, from an id on, that no other row takes back, by id."""
        own = table.c
        query = bulk.since(self.connection, select(table), own.volunteer, own.id, since)
        rows = self.connection.execute(query.order_by(own.id)).all()
        undone = {row.reverses for row in rows if row.reverses is not None}
        return [row for row in rows if row.reverses is None and row.id not in undone]

    def _decided(
        self,
        requests: Mapping[str, Sequence[RedemptionRequest]],
        found: Mapping[str, History],
        rules: Rulebook,
        since: Mapping[str, int],
    ) -> None:
        """Redemptions are facts as they were decided, with what they took then."""
        own = redemption.c
        query = bulk.since(
            self.connection,
            select(redemption).where(own.repeats.is_(None)),
            own.volunteer,
            own.id,
            {volunteer: since[volunteer] for volunteer in requests},
        )
        answers = {
            row.request: RedemptionDecision._make(row) for row in self.connection.execute(query)
        }
        for volunteer, asked in requests.items():
            for request in asked:
                answer = answers.get(request.seq)
                if answer is None:
                    continue
                plan = rules.timeline.plan_at(request.at // SECOND)
                fact = settled_fact(request, answer, plan.words.types)
                if fact is not None:
                    found[volunteer].happenings.append(Answered(fact, request.seq))

    def registered(self, kind: str, idents: Collection[str]) -> set[str]:
        """Those of `idents` that are registered as a `kind`."""
        return set(
            self.connection.execute(
                select(registry.c.id).where(
                    registry.c.kind == kind, bulk.among(self.connection, registry.c.id, idents)
                )
            ).scalars()
        )

    # Writing ---------------------------------------------------------------------------------

    def append_events(self, rows: Sequence[EventRow]) -> None:
        """Log events that are new: many at once, a few with the next `flush`.

        If one of many is logged already RepeatedError is raised, at the end of the block at the
        latest.
        """
        if len(rows) < bulk.MANY:
            self.write(bulk.Write(event, rows))
            return

        def append(connection: Connection) -> None:
            try:
                bulk.insert(connection, event, rows)
            except IntegrityError as error:
                raise RepeatedError from error

        self._writing.hand_over(append)

    def write(self, *writes: bulk.Write) -> None:
        """Write with the next `flush`."""
        self._waiting += writes

    def flush(self) -> None:
        """Carry out what waits to be written."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            self._writing.hand_over(lambda connection: bulk.write(connection, *waiting))

    def append(self, journal: Journal) -> list[Posting]:
        """Append entries to the ledger, with the next `flush`; the postings that they are."""
        legs = journal.postings()
        self.write(
            bulk.Write(hour_record, journal.hours),
            bulk.Write(points_entry, journal.points),
            bulk.Write(posting, legs),
            bulk.Write(level_change, journal.levels),
            bulk.Write(judgement, journal.judgements),
            bulk.Write(redemption, journal.redemptions),
            bulk.Write(book_entry, [one.entry for one in journal.books]),
        )
        return legs

    def keep(
        self,
        before: Mapping[str, VolunteerState],
        states: Collection[VolunteerState],
        legs: Iterable[Posting],
        slot: int,
    ) -> None:
        """Write the states of those who were folded, and move balances by the postings.

        With the next `flush`. Balances of shared accounts use the slot.
        """
        rows = sorted(_state_row(state) for state in states)
        stars = sorted(
            (one.volunteer, "", one.star)
            for one in states
            if one.star != before[one.volunteer].star
        )
        self.write(
            bulk.over(volunteer_state, rows),
            bulk.over(roster, stars, only=("star",)),
            bulk.over(account_balance, _moves(legs, slot), add=("balance",)),
        )

    def forget_unused(self, used: Collection[str]) -> None:
        """Blank states that were locked, but not needed by those who were folded."""
        unused = self._blank.difference(used)
        if unused:
            self.connection.execute(
                delete(volunteer_state).where(
                    bulk.among(self.connection, volunteer_state.c.volunteer, unused)
                )
            )

    def keep_snapshots(self, batch: int, states: Iterable[VolunteerState]) -> None:
        """Keep states as they are after a batch, with the next `flush`."""
        rows = sorted((name, batch, *rest) for name, *rest in map(_state_row, states))
        self.write(bulk.Write(state_snapshot, rows))

    def forget_snapshots(self, after: Mapping[str, int]) -> None:
        """Those of a volunteer after a batch: what they were of came out otherwise."""
        if after:
            own = state_snapshot.c
            gone = and_(own.volunteer == bindparam("whose"), own.batch > bindparam("after"))
            which = [{"whose": name, "after": batch} for name, batch in after.items()]
            self.connection.execute(delete(state_snapshot).where(gone), which)

    def keep_holds(self, before: Iterable[Hold], after: Iterable[Hold]) -> None:
        """Replace what was set aside by what is set aside now; new rows with the next `flush`."""
        had, has = ({one.redemption: one for one in holds} for holds in (before, after))
        gone = {ident for ident, one in had.items() if has.get(ident) != one}
        if gone:
            self.connection.execute(
                delete(hold).where(bulk.among(self.connection, hold.c.redemption, gone))
            )
        fresh = sorted(one for ident, one in has.items() if had.get(ident) != one)
        self.write(bulk.Write(hold, fresh))

    def homes(self, volunteers: Collection[str]) -> dict[str, str]:
        """Where volunteers belong, of those who are on the roster."""
        rows = self.reading.rows_of(roster, (roster.c.volunteer,), volunteers)
        return {row.volunteer: row.place for row in rows}

    def keep_tally(self, moved: Tally, slot: int) -> None:
        """Move the figures of places, with the next `flush`; those of a slot are one writer's."""
        rows = [(*spot, slot, *by) for spot, by in sorted(moved.items()) if any(by)]
        self.write(bulk.over(tally, rows, add=Moved._fields))

    def register(self, rows: Iterable[Registered], slot: int) -> None:
        """Keep the newest registration of each thing by (time, source, event id).

        What counts where a volunteer belongs goes with them to another place.
        """
        newest: dict[tuple[str, str], Registered] = {}
        for row in rows:
            known = newest.get((row.kind, row.id))
            if known is None or row[3:] > known[3:]:
                newest[row.kind, row.id] = row
        if not newest:
            return
        for found in self.connection.execute(
            select(registry).where(
                or_(
                    *(
                        and_(registry.c.kind == kind, bulk.among(self.connection, registry.c.id, i))
                        for kind, i in _by_kind(newest).items()
                    )
                )
            )
        ):
            row = newest[found.kind, found.id]
            if tuple(found)[3:] > row[3:]:
                del newest[found.kind, found.id]
        homes = sorted(
            (row.id, orjson.loads(row.data).get("place") or "", 0)
            for row in newest.values()
            if row.kind == "volunteer"
        )
        self.write(
            bulk.over(registry, sorted(newest.values())),
            bulk.over(roster, homes, only=("place",)),
        )
        self._remove({volunteer: place for volunteer, place, _ in homes}, slot)
        self.flush()

    def _remove(self, homes: Mapping[str, str], slot: int) -> None:
        """Volunteers come to belong to `homes`."""
        was = self.homes(homes)
        gone = [one for one, place in homes.items() if was.get(one, "") != place]
        moved = new_tally()
        for row in self.reading.rows_of(volunteer_state, _BY_VOLUNTEER, gone):
            add_removal(moved, was.get(row.volunteer, ""), homes[row.volunteer], row.standing)
        self.keep_tally(moved, slot)

    def keep_rejects(self, rejects: Iterable[tuple[int, Rejected]]) -> bool:
        """Keep rejects by their `seq`; True if one of them is new."""
        rows = [
            (seq, one.id, one.code, one.detail, one.arrival.origin, one.arrival.content)
            for seq, one in rejects
        ]
        return bool(rows and bulk.insert_new(self.connection, reject, ("id",), rows))

    def resolve(self, resolutions: Sequence[tuple[str, str, int, int]]) -> None:
        """Note (reject id, outcome, event seq, recorded at) for rejects that are settled."""
        bulk.insert_absent(self.connection, reject_resolution, ("reject",), resolutions)

    def adopt(self, seq: int, adopted: PolicyAdopted) -> None:
        """Note the policy of an adoption."""
        data = adopted.data
        policy = parse(data.text, f"policy {adopted.subject}")
        row = (seq, data.effective_from, policy.digest, policy.id, data.text)
        bulk.insert(self.connection, policy_version, [row])

    def close_batch(self, ident: int, recorded_at: int, lane: Lane, salt: str) -> None:
        """Note the batch and that its entries are to be published, with the next `flush`."""
        self.write(
            bulk.Write(batch, [(ident, recorded_at, lane.name, salt)]),
            bulk.Write(outbox, [(ident, lane.name)]),
        )


def _moves(legs: Iterable[Posting], slot: int) -> list[tuple[object, ...]]:
    """Rows of balances: by how much each account of `legs` moves."""
    moved: dict[tuple[str, str, int], int] = defaultdict(int)
    for _, _, account, currency, amount, _ in legs:
        own = account.startswith(_PRIVATE)
        moved[account, currency, 0 if own else slot] += amount
    return sorted((*key, amount) for key, amount in moved.items())


def _by_kind(rows: Mapping[tuple[str, str], Registered]) -> dict[str, list[str]]:
    idents: dict[str, list[str]] = defaultdict(list)
    for kind, ident in rows:
        idents[kind].append(ident)
    return idents


def _state(row: Sequence[Any]) -> VolunteerState:
    """A row has the fields of the state in their order; only what is open is JSON there."""
    waiting = orjson.loads(row[OPENED]) if row[OPENED] != "{}" else {}
    opened = {activity: OpenVisit(*visit) for activity, visit in waiting.items()}
    return VolunteerState._make((*row[:OPENED], opened, *row[OPENED + 1 :]))


def _state_row(state: VolunteerState) -> tuple[object, ...]:
    waiting = {activity: tuple(visit) for activity, visit in state.opened.items()}
    opened = orjson.dumps(waiting, option=orjson.OPT_SORT_KEYS).decode() if waiting else "{}"
    return (*state[:OPENED], opened, *state[OPENED + 1 :])


OPENED = VolunteerState._fields.index("opened")
