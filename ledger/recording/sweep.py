"""How is what was recorded inspected? By sweeps after it, one at a time.

A device's marks are spread over partitions and batches, so that no batch can see them all. A sweep
takes batches that were not inspected yet, looks at all volunteers whom their marks, or complaints
about their orders, bear upon, and records what is suspected now, and what no longer is, as events
of the ledger's own.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from itertools import islice
from typing import Any

from ledger.centre.orders import complaints as order_complaints
from ledger.clock import from_micros
from ledger.core.conduct import Concern, Suspicion, case_id
from ledger.core.inspection import DeviceMark, Evidence, Inspector, around, is_evidence
from ledger.core.own_events import SOURCE
from ledger.core.rulebook import Rulebook
from ledger.recording.recorder import Recorder
from ledger.store import inspecting
from ledger.store.dossiers import ORDER_TYPES
from ledger.store.unit_of_work import UnitOfWork
from schemas import ConductSuspected, SuspicionWithdrawn
from schemas.own import ConductEvent, Withdrawal
from schemas.own import Suspicion as Suspected

BATCHES = 8
"""Batches inspected in one transaction."""

FOUND_AT_ONCE = 500
"""Suspicions recorded in one transaction, so that nobody waits long for those volunteers."""


def sweep(recorder: Recorder, batches: int = BATCHES) -> int:
    """Inspect some of what was recorded; how many batches were taken up.

    Repeat until it is 0, which it is also while another process sweeps.
    """
    taken = 0

    def find(unit: UnitOfWork, rules: Rulebook, now: int) -> Sequence[ConductEvent]:
        nonlocal taken
        taken = 0
        connection = unit.connection
        if not inspecting.sweeps_alone(connection):
            return ()
        queued = inspecting.queued(connection, batches)
        taken = len(queued)
        found = list(islice(_changes(unit, rules, queued, now), FOUND_AT_ONCE))
        if len(found) < FOUND_AT_ONCE:
            inspecting.settle(connection, queued)
        return found

    recorder.record_own(find)
    return taken


def _changes(
    unit: UnitOfWork, rules: Rulebook, batches: Sequence[int], now: int
) -> Iterator[ConductEvent]:
    """What these batches change of what is suspected."""
    connection, timeline = unit.connection, rules.timeline
    arrived = inspecting.arrived(connection, batches)
    concerned = order_complaints.concerned(connection, batches, ORDER_TYPES)
    if not arrived and not concerned:
        return
    inspecting.keep_marks(
        connection,
        (
            DeviceMark(mark.source, mark.at, mark.seq, volunteer)
            for volunteer, mark in arrived
            if is_evidence(timeline, mark)
        ),
    )
    beside = inspecting.near(connection, around(timeline, (mark for _, mark in arrived)))
    volunteers = {one.volunteer for one in arrived} | {one.volunteer for one in beside} | concerned
    records = inspecting.records(connection, volunteers)
    marks = [mark for record in records.values() for mark in record.marks]
    complained = order_complaints.complained(connection, {mark.activity for mark in marks})
    inspector = Inspector(timeline, inspecting.near(connection, around(timeline, marks)))
    for volunteer in sorted(records):
        record = records[volunteer]
        suspected = {
            **inspector.suspicions(volunteer, record.marks),
            **order_complaints.suspicions(record.marks, complained),
        }
        yield from _news(volunteer, suspected, record.concerns, now)


def _news(
    volunteer: str,
    suspected: Mapping[tuple[str, str], Evidence],
    concerns: Sequence[Concern],
    now: int,
) -> Iterator[ConductEvent]:
    """From what the log says of a volunteer to what is suspected now."""
    told: dict[tuple[str, str], list[Suspicion]] = {}
    for one in sorted(concerns, key=lambda concern: concern.seq):
        if isinstance(one, Suspicion):
            told.setdefault((one.of, one.rule), []).append(one)
    standing = {case for case, raised in told.items() if raised[-1].stands}
    for of, rule in sorted(suspected.keys() ^ standing):
        head: dict[str, Any] = {
            "specversion": "1.0",
            "id": f"conduct/{case_id(of, rule)}/{len(told.get((of, rule), ()))}",
            "source": SOURCE,
            "time": from_micros(now, UTC),
            "subject": volunteer,
        }
        evidence = suspected.get((of, rule))
        if evidence is None:
            yield SuspicionWithdrawn(**head, data=Withdrawal(of=of, rule=rule))
        else:
            yield ConductSuspected(
                **head, data=Suspected(of=of, rule=rule, evidence=dict(evidence))
            )
