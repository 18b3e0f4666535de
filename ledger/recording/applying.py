"""What follows from newly logged events? The pure folds are run, and what they give is written.

Recording and replay both come here, so that the same log gives the same ledger.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple, get_args

import orjson

from ledger.clock import SECOND
from ledger.core.entries import FUND, Journal, entry_ids, first_event
from ledger.core.fold import Step, VolunteerState
from ledger.core.intake import Received, kind_of, step_of
from ledger.core.redeeming import Gift, keep_books
from ledger.core.rulebook import Rulebook
from ledger.core.snapshots import is_due
from ledger.core.tally import add_entries, add_lots, concerned, tally
from ledger.recording.folding import Folding
from ledger.store import access, certificates, devices, dossiers, inspecting
from ledger.store.shop import Tills
from ledger.store.unit_of_work import Registered, UnitOfWork
from schemas import (
    CheckOutClaimed,
    ConductSuspected,
    PolicyAdopted,
    RegistryEvent,
    ReviewDecided,
    SuspicionWithdrawn,
    VolunteerRegistered,
)
from schemas.books import BooksEvent, DisputeDecided, DisputeOpened
from schemas.centre import CentreEvent
from schemas.complaint import ComplaintEvent
from schemas.orders import OwnOrderEvent
from schemas.own import (
    AccessEvent,
    ActivitySettled,
    CertificateEvent,
    DeviceEvent,
    LedgerRestored,
    PayoutPrepared,
    PayoutRemitted,
    PointsReceived,
)
from schemas.redemption import TransferRequested


class Logged(NamedTuple):
    """An event with its place in the log."""

    seq: int
    received: Received


Bookkeeping = BooksEvent | PayoutPrepared | PayoutRemitted
"""Events about the accounts of shops and funds."""

Papers = (
    CertificateEvent | AccessEvent | DeviceEvent | ActivitySettled | OwnOrderEvent | LedgerRestored
)
"""Events that change nobody's wallet: certificates, roles, keys, who came, escalated orders."""

PART = 1000
"""Wallets that are written while the next are folded. Smaller ones take more statements."""

_CASES = frozenset({CheckOutClaimed, ConductSuspected, SuspicionWithdrawn, ReviewDecided})
"""Events that begin or change the case of a visit that is held."""

_OTHERS = RegistryEvent | CentreEvent | ComplaintEvent | PolicyAdopted | Bookkeeping | Papers
_OF_NOBODY = frozenset(get_args(_OTHERS)) - {VolunteerRegistered}
"""Events that are about no wallet. Where a volunteer belongs decides where their points count."""


def subjects(received: Iterable[Received]) -> set[str]:
    """The wallets whose state the events can change."""
    changed = set()
    for item in received:
        event = item.event
        kind = type(event)  # pydantic's isinstance is slow, and events have no subclasses
        if kind not in _OF_NOBODY:
            changed.add(event.subject)
            if (
                kind is TransferRequested
                and isinstance(event, TransferRequested)
                and not event.data.to.startswith(FUND)
            ):
                changed.add(event.data.to)
    return changed


@dataclass(slots=True)
class _Work:
    """What newly logged events lead to: steps of wallets, entries of the books, and the rest."""

    steps: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    received: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    booked: Journal = field(default_factory=Journal)
    registrations: list[Registered] = field(default_factory=list)
    certified: list[tuple[CertificateEvent, int]] = field(default_factory=list)
    enrolled: list[tuple[DeviceEvent, int]] = field(default_factory=list)
    granted: list[tuple[AccessEvent, int]] = field(default_factory=list)


def _work_of(
    unit: UnitOfWork,
    rules: Rulebook,
    fresh: Sequence[Logged],
    tills: Tills,
    next_id: Callable[[], int],
) -> _Work:
    work = _Work()
    for seq, (_, event, at) in fresh:
        step = step_of(event, at, seq)
        if step is not None:
            into = work.received if type(event) is PointsReceived else work.steps
            into[event.subject].append(step)
        elif isinstance(event, Bookkeeping):
            decided = []
            if isinstance(event, DisputeOpened | DisputeDecided):
                decided = tills.decided.get(event.data.redemption, [])
            day = rules.timeline.plan_at(at // SECOND).clock.date(at // SECOND)
            for one in keep_books(tills.shop, event, seq, at, day, decided):
                entry = one.entry._replace(id=next_id())
                work.booked.books.append(one._replace(entry=entry))
        elif isinstance(event, RegistryEvent):
            data = orjson.dumps(event.data.model_dump(mode="json", exclude_none=True)).decode()
            work.registrations.append(
                Registered(kind_of(event), event.subject, data, at, event.source, event.id)
            )
        elif isinstance(event, CertificateEvent):
            work.certified.append((event, at))
        elif isinstance(event, DeviceEvent):
            work.enrolled.append((event, at))
        elif isinstance(event, AccessEvent):
            work.granted.append((event, at))
        elif isinstance(event, PolicyAdopted):
            unit.adopt(seq, event)
    return work


def apply(
    unit: UnitOfWork,
    rules: Rulebook,
    batch: int,
    fresh: Sequence[Logged],
    states: Mapping[str, VolunteerState],
    tills: Tills,
    slot: int,
    deliver: Callable[[Sequence[Gift]], Iterable[Logged]],
) -> Journal:
    """Fold newly logged events and write what follows. The same log gives the same entries.

    Stock and money that come in are there for the purchases of the same batch. What somebody gives
    away comes to the receiver last: `deliver` logs it (in a replay the log has it already).
    """
    next_id = partial(next, entry_ids(batch))
    work = _work_of(unit, rules, fresh, tills, next_id)
    journal = Journal()
    folded: dict[str, VolunteerState] = {}

    def fold(
        steps: Mapping[str, Sequence[Step]],
        before: Mapping[str, VolunteerState],
        entries: Journal,
        since: int,
    ) -> Folding:
        folding = Folding(unit, rules, since, next_id, tills)
        size = PART if unit.writes_aside else len(steps)
        for part in folding.run(steps, before, entries, size):
            unit.keep(before, part.states.values(), unit.append(part.journal), slot)
            if unit.writes_aside:
                unit.flush()
            folded.update(part.states)
            journal.extend(part.journal)
        return folding

    folding = fold(work.steps, states, work.booked, first_event(batch))
    begun = folding.begun
    received = work.received
    for seq, (_, event, at) in deliver(folding.gifts):
        step = step_of(event, at, seq)
        assert step is not None
        received[event.subject].append(step)
    if received:  # whoever gave before in this batch has to have that in the history
        unit.flush()
        since = min(step.seq for several in received.values() for step in several)
        later = fold(received, {**states, **folded}, Journal(), since)
        begun |= {
            wallet: min(facts, begun.get(wallet, facts)) for wallet, facts in later.begun.items()
        }
    moved = tally()
    homes = unit.homes(concerned(journal, folded.values()))
    add_entries(moved, journal, rules.by_digest, homes)
    add_lots(moved, states, folded.values(), homes)
    unit.forget_unused(folded)
    due = [state for wallet, state in folded.items() if is_due(state, begun[wallet])]
    unit.keep_snapshots(batch, due)
    unit.keep_tally(moved, slot)
    unit.write(*tills.changes())
    unit.flush()
    certificates.keep(unit.connection, work.certified, journal.hours)
    devices.keep(unit.connection, work.enrolled)
    access.keep(unit.connection, work.granted)
    unit.register(work.registrations, slot)
    dossiers.keep(unit.connection, (one.received.event for one in fresh))
    suspected = {one.received.event.subject for one in fresh if type(one.received.event) in _CASES}
    if suspected | folding.claimed:
        inspecting.keep_cases(unit.connection, suspected | folding.claimed)
    return journal
