"""How do rows become columns, a few at a time? Arrow record batches, from either database.

Postgres hands them over by itself (ADBC), so that no row becomes a Python object. SQLite, which
small ledgers live on, says of no column what it holds: its rows are taken as the tables say.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import adbc_driver_postgresql.dbapi as postgres
import pyarrow as pa
from sqlalchemy import BigInteger, LargeBinary, Table, text

from ledger.archive.manifest import ArchiveError
from ledger.store.database import Database

ROWS = 50_000
"""Rows that SQLite gives at a time."""

OCTETS = 16 << 20
"""What Postgres gives at a time, about."""

Read = Callable[[Table, str], Iterator[pa.RecordBatch]]
"""Gives the rows of a table that meet a condition (SQL), in the order of its key."""


def schema_of(table: Table) -> pa.Schema:
    """The columns of a table, as they are written: 64-bit numbers, texts and octets."""
    return pa.schema([(column.name, _type(column.type)) for column in table.columns])


@contextmanager
def reading(database: Database) -> Iterator[Read]:
    """A connection that only reads.

    Raises ArchiveError where a value is not of its column, or Postgres refuses: as a replica does
    with a question that stands in the way of what it has to replay.
    """
    try:
        with _from_sqlite(database) if database.is_sqlite else _from_postgres(database) as read:
            yield read
    except postgres.Error as error:
        raise ArchiveError(f"the database refused: {str(error).strip()}") from None


def _type(kind: Any) -> pa.DataType:
    match kind:
        case BigInteger():
            return pa.int64()
        case LargeBinary():
            return pa.binary()
        case _:
            return pa.string()


def _query(table: Table, condition: str) -> str:
    columns = ", ".join(str(column.name) for column in table.columns)
    key = ", ".join(str(column.name) for column in table.primary_key)
    return f"SELECT {columns} FROM {table.name} WHERE {condition} ORDER BY {key}"


@contextmanager
def _from_postgres(database: Database) -> Iterator[Read]:
    plain = database.engine.url.set(drivername="postgresql")
    with (
        postgres.connect(plain.render_as_string(hide_password=False)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SET default_transaction_read_only = on")
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(OCTETS)})

        def read(table: Table, condition: str) -> Iterator[pa.RecordBatch]:
            schema = schema_of(table)
            cursor.execute(_query(table, condition))
            for one in cursor.fetch_record_batch():
                yield pa.RecordBatch.from_arrays(one.columns, schema=schema)

        yield read


@contextmanager
def _from_sqlite(database: Database) -> Iterator[Read]:
    with database.read() as connection:

        def read(table: Table, condition: str) -> Iterator[pa.RecordBatch]:
            schema = schema_of(table)
            rows = connection.execute(
                text(_query(table, condition)).execution_options(yield_per=ROWS)
            )
            for some in rows.partitions():
                columns = zip(*some, strict=True)
                try:
                    arrays = [
                        pa.array(values, field.type)
                        for values, field in zip(columns, schema, strict=True)
                    ]
                except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
                    raise ArchiveError(f"{table.name} holds what it may not: {error}") from None
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)

        yield read
