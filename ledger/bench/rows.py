"""Which rows does the ledger write for a batch? Overheard, so that they can be written bare."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Self

from sqlalchemy import Table, event

from ledger.bench.workload import Batch
from ledger.core.rulebook import PolicyText
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import metadata


class Write(NamedTuple):
    """One statement of a batch: rows into a table, and its `ON CONFLICT …` clause or ""."""

    sql: str
    table: Table
    conflict: str
    rows: list[tuple[object, ...]]

    @classmethod
    def of(cls, sql: str, rows: Sequence[tuple[object, ...]]) -> Self:
        into, _, conflict = sql.removeprefix("INSERT INTO ").partition(" ON CONFLICT ")
        table = metadata.tables[into.partition(" ")[0]]
        return cls(sql, table, f"ON CONFLICT {conflict}" if conflict else "", list(rows))


def overheard(
    database: Database, policy: PolicyText, batches: Sequence[Batch]
) -> Iterator[list[Write]]:
    """What the ledger writes for each batch, overheard while it does."""
    writes: list[Write] = []

    def overhear(*call: Any) -> None:
        _connection, _cursor, sql, parameters, _context, many = call
        if sql.startswith("INSERT"):
            writes.append(Write.of(sql, parameters if many else [parameters]))

    event.listen(database.engine, "before_cursor_execute", overhear)
    recorder = Recorder(database, policy)
    for batch in batches:
        writes.clear()
        recorder.record(batch)
        yield list(writes)
