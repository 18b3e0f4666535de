"""Which rows does the ledger write for a batch? Overheard, so that they can be written bare."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import event

from ledger.bench.workload import Batch
from ledger.core.rulebook import PolicyText
from ledger.recording.recorder import Recorder
from ledger.store.bulk import Write
from ledger.store.database import Database
from ledger.store.tables import metadata


def _said(sql: str, values: Sequence[object]) -> Write:
    """What a statement of SQLite writes, by its text and the values of all its rows."""
    into, _, conflict = sql.removeprefix("INSERT INTO ").partition(" ON CONFLICT ")
    table = metadata.tables[into.partition(" ")[0]]
    width = len(table.columns)
    rows = [tuple(values[start : start + width]) for start in range(0, len(values), width)]
    return Write(table, rows, f"ON CONFLICT {conflict}" if conflict else "")


def overheard(
    database: Database, policy: PolicyText, batches: Sequence[Batch]
) -> Iterator[list[Write]]:
    """What the ledger writes for each batch, overheard while it does."""
    writes: list[Write] = []

    def overhear(*call: Any) -> None:
        _connection, _cursor, sql, parameters, _context, many = call
        if not sql.startswith("INSERT"):
            return
        one = _said(sql, tuple(chain.from_iterable(parameters)) if many else parameters)
        if writes and writes[-1]._replace(rows=()) == one._replace(rows=()):
            one = one._replace(rows=[*writes.pop().rows, *one.rows])  # a large write, in parts
        writes.append(one)

    event.listen(database.engine, "before_cursor_execute", overhear)
    recorder = Recorder(database, policy)
    for batch in batches:
        writes.clear()
        recorder.record(batch)
        yield list(writes)
