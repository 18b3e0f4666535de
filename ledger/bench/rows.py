"""Which rows does the ledger write for a batch? Overheard, so that they can be written bare."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple, Self

from sqlalchemy import Table, event

from ledger.bench.workload import Batch
from ledger.core.rulebook import PolicyText
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import metadata


class Write(NamedTuple):
    """Rows of a batch into a table, the `ON CONFLICT …` clause or "", and one row's statement."""

    sql: str
    table: Table
    conflict: str
    rows: list[tuple[object, ...]]

    @classmethod
    def of(cls, sql: str, rows: Sequence[tuple[object, ...]]) -> Self:
        into, _, conflict = sql.removeprefix("INSERT INTO ").partition(" ON CONFLICT ")
        table = metadata.tables[into.partition(" ")[0]]
        head, _, _ = sql.partition(" VALUES ")
        conflict = f"ON CONFLICT {conflict}" if conflict else ""
        marks = ", ".join("?" for _ in table.columns)
        values, width = tuple(chain.from_iterable(rows)), len(table.columns)
        each = [values[start : start + width] for start in range(0, len(values), width)]
        return cls(f"{head} VALUES ({marks}) {conflict}", table, conflict, each)


def overheard(
    database: Database, policy: PolicyText, batches: Sequence[Batch]
) -> Iterator[list[Write]]:
    """What the ledger writes for each batch, overheard while it does."""
    writes: list[Write] = []

    def overhear(*call: Any) -> None:
        _connection, _cursor, sql, parameters, _context, many = call
        if not sql.startswith("INSERT"):
            return
        one = Write.of(sql, parameters if many else [parameters])
        if writes and writes[-1][:3] == one[:3]:  # of a large write, which goes in several parts
            writes[-1].rows.extend(one.rows)
        else:
            writes.append(one)

    event.listen(database.engine, "before_cursor_execute", overhear)
    recorder = Recorder(database, policy)
    for batch in batches:
        writes.clear()
        recorder.record(batch)
        yield list(writes)
