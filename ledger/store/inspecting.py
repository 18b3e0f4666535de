"""What does an inspection read and write? Batches to inspect, marks by device, the review queue."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    Connection,
    column,
    delete,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TEXT

from ledger.core.attendance import Mark
from ledger.core.conduct import Case, Concern, Ruling, Suspicion, cases, questioned
from ledger.core.entries import BATCH_SPAN, first_event, first_reject
from ledger.core.inspection import DeviceMark, Stretch
from ledger.core.intake import step_of
from ledger.store import bulk, locks
from ledger.store.tables import device_mark, event, inspection, review_case
from schemas import (
    ConductSuspected,
    ReviewDecided,
    SuspicionWithdrawn,
    decode_logged,
)
from schemas.documents import event_type
from schemas.topics import ATTENDANCE

_ATTENDANCE = tuple(map(event_type, ATTENDANCE.events))
_CONCERNS = tuple(event_type(one) for one in (ConductSuspected, SuspicionWithdrawn, ReviewDecided))


class Attended(NamedTuple):
    """A mark, and whose."""

    volunteer: str
    mark: Mark


class Record(NamedTuple):
    """What the log has of a volunteer that an inspection needs."""

    marks: list[Mark]
    concerns: list[Concern]


# The queue of batches -------------------------------------------------------------------------


def queue(connection: Connection, batch: int) -> None:
    """A batch brought marks that are to be inspected."""
    bulk.insert(connection, inspection, [(batch,)])


def queue_since(connection: Connection, at: int) -> None:
    """All batches with attendance at `at` (µs) or later are to be inspected, once more."""
    batches = (
        select(event.c.seq // BATCH_SPAN)
        .where(event.c.at >= at, event.c.type.in_(_ATTENDANCE))
        .distinct()
    )
    known = select(inspection.c.batch)
    found = set(connection.execute(batches).scalars()) - set(connection.execute(known).scalars())
    bulk.insert(connection, inspection, [(one,) for one in sorted(found)])


def queued(connection: Connection, limit: int) -> list[int]:
    """The oldest batches to inspect, at most `limit`."""
    query = select(inspection.c.batch).order_by(inspection.c.batch).limit(limit)
    return list(connection.execute(query).scalars())


def settle(connection: Connection, batches: Collection[int]) -> None:
    """These batches are inspected."""
    connection.execute(
        delete(inspection).where(bulk.among(connection, inspection.c.batch, batches))
    )


def sweeps_alone(connection: Connection) -> bool:
    """No other sweep runs, and none begins until the end of the transaction."""
    return locks.had(connection, locks.Lock.SWEEPS)


# Marks ----------------------------------------------------------------------------------------


def arrived(connection: Connection, batches: Iterable[int]) -> list[Attended]:
    """The marks that the batches brought."""
    found = []
    for batch in batches:
        query = select(event.c.seq, event.c.at, event.c.content).where(
            event.c.seq >= first_event(batch),
            event.c.seq < first_reject(batch),
            event.c.type.in_(_ATTENDANCE),
        )
        for seq, at, content in connection.execute(query):
            decoded = decode_logged(content)
            mark = step_of(decoded, at, seq)
            assert isinstance(mark, Mark)
            found.append(Attended(decoded.subject, mark))
    return found


def keep_marks(connection: Connection, marks: Iterable[DeviceMark]) -> None:
    """Keep marks by device. Those that are kept already stay."""
    bulk.insert_absent(connection, device_mark, ("source", "at", "seq"), sorted(marks))


def near(connection: Connection, stretches: Sequence[Stretch]) -> list[DeviceMark]:
    """What the devices marked in these stretches."""
    if not stretches:
        return []
    source: ColumnElement[Any]
    since: ColumnElement[Any]
    until: ColumnElement[Any]
    if connection.dialect.name == "postgresql":
        listed = (
            func.unnest(
                literal([one.source for one in stretches], ARRAY(TEXT())),
                literal([one.since for one in stretches], ARRAY(BIGINT())),
                literal([one.until for one in stretches], ARRAY(BIGINT())),
            )
            .table_valued("source", "since", "until")
            .render_derived()
        )
        source, since, until = listed.c.source, listed.c.since, listed.c.until
    else:
        each = func.json_each(
            orjson.dumps([tuple(one) for one in stretches]).decode()
        ).table_valued(column("value"))
        source, since, until = (func.json_extract(each.c.value, f"$[{n}]") for n in range(3))
    query = select(device_mark).where(
        device_mark.c.source == source, device_mark.c.at.between(since, until)
    )
    return [DeviceMark._make(row) for row in connection.execute(query)]


def records(connection: Connection, volunteers: Collection[str]) -> dict[str, Record]:
    """All marks of `volunteers`, and all that was suspected or decided of their visits."""
    found = {name: Record([], []) for name in volunteers}
    for subject, step in _steps(connection, volunteers, (*_ATTENDANCE, *_CONCERNS)):
        if isinstance(step, Mark):
            found[subject].marks.append(step)
        else:
            found[subject].concerns.append(step)
    return found


# The review queue -----------------------------------------------------------------------------


def keep_cases(connection: Connection, volunteers: Collection[str]) -> None:
    """Rewrite the cases of `volunteers` from the log."""
    known = records(connection, volunteers)
    connection.execute(
        delete(review_case).where(bulk.among(connection, review_case.c.volunteer, volunteers))
    )
    rows: list[Case] = []
    for subject, (marks, concerns) in sorted(known.items()):
        rows += cases(subject, [*concerns, *questioned(marks)])
    bulk.insert(connection, review_case, rows)


def _steps(
    connection: Connection, volunteers: Collection[str], types: Sequence[str]
) -> Iterator[tuple[str, Mark | Concern]]:
    query = select(event.c.seq, event.c.at, event.c.content).where(
        bulk.among(connection, event.c.subject, volunteers), event.c.type.in_(types)
    )
    for seq, at, content in connection.execute(query):
        decoded = decode_logged(content)
        step = step_of(decoded, at, seq)
        assert isinstance(step, Mark | Suspicion | Ruling)
        yield decoded.subject, step
