"""How do thousands of rows go in or out in one statement, on both databases?

SQLite is given lists by `VALUES` and `json_each`, Postgres by `COPY` and arrays (`unnest`).
"""

import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar, cast

import orjson
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    and_,
    any_,
    column,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, TEXT
from sqlalchemy.exc import DBAPIError

MANY = 100
"""Rows from which on Postgres takes them by COPY, which goes to the server and back three times.

And SQLite in one statement: `executemany` wants the interpreter back after each row, and waits for
it while others compute.
"""

TOGETHER = 1000
"""Rows in one statement of SQLite, at most. One of as many is prepared already."""

ONE_OF = {
    "postgresql": "= ANY(%b::text[])",
    "sqlite": "IN (SELECT value FROM json_each(?))",
}
"""What follows a text that is one of several, which are one argument."""

Rows = Sequence[Sequence[object]]

Query = TypeVar("Query", bound=Select[Any])


class Write(NamedTuple):
    """Rows for a table, and what is done about those whose key is there already ("": an error)."""

    table: Table
    rows: Rows
    conflict: str = ""


def over(
    table: Table, rows: Rows, *, add: tuple[str, ...] = (), only: tuple[str, ...] = ()
) -> Write:
    """`rows` over those of the same primary key: whole, or `only` some columns of them.

    Columns in `add` are added up.
    """
    return Write(table, rows, _over(table, add, only))


def write(connection: Connection, *writes: Write) -> None:
    """Carry out several writes; small ones go to Postgres in one statement, and in any order."""
    small: list[Write] = []
    for one in writes:
        if not one.rows:
            continue
        if not _is_postgres(connection):
            _put(connection, one)
        elif len(one.rows) >= MANY and not one.conflict:
            _copy(connection, one.table, one.rows)
        else:
            small.append(one)
    if small:
        *first, last = [f"{_unnest_sql(one.table)} {one.conflict}" for one in small]
        named = ", ".join(f"w{number} AS ({sql})" for number, sql in enumerate(first))
        values = tuple(column for one in small for column in _columns(one.rows))
        connection.exec_driver_sql(f"WITH {named} {last}" if named else last, values)


def insert(connection: Connection, table: Table, rows: Rows) -> None:
    """Append `rows`, whose values are in the order of the table's columns."""
    write(connection, Write(table, rows))


def insert_absent(connection: Connection, table: Table, key: Sequence[str], rows: Rows) -> None:
    """Append those `rows` whose `key` is not in the table yet (the first of equals)."""
    write(connection, Write(table, rows, _unless_there(key)))


def insert_new(connection: Connection, table: Table, key: Sequence[str], rows: Rows) -> set[int]:
    """As `insert_absent`; the values of the first column in those that were appended.

    The first column is an integer primary key, ascending in `rows`.
    """
    if not rows:
        return set()
    identity, conflict = table.columns[0], _unless_there(key)
    if _is_postgres(connection):
        sql = f"{_unnest_sql(table)} {conflict} RETURNING {identity.name}"
        return set(connection.exec_driver_sql(sql, _columns(rows)).scalars())
    if _put(connection, Write(table, rows, conflict)) == len(rows):
        return {cast(int, row[0]) for row in rows}
    appended = select(identity).where(identity.between(rows[0][0], rows[-1][0]))
    return set(connection.execute(appended).scalars())


def upsert(connection: Connection, table: Table, rows: Rows) -> None:
    """Write whole `rows` over those of the same primary key."""
    write(connection, over(table, rows))


def _unless_there(key: Sequence[str]) -> str:
    return f"ON CONFLICT ({', '.join(key)}) DO NOTHING"


@lru_cache
def _over(table: Table, add: tuple[str, ...], only: tuple[str, ...]) -> str:
    key = [part.name for part in table.primary_key]
    updates = ", ".join(
        f"{name} = {table.name}.{name} + excluded.{name}"
        if name in add
        else f"{name} = excluded.{name}"
        for name in only or (part.name for part in table.columns)
        if name not in key
    )
    return (
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {updates}" if updates else _unless_there(key)
    )


def rows_of(
    connection: Connection,
    table: Table,
    key: tuple[Column[Any], ...],
    values: Collection[Any],
) -> Sequence[Row[Any]]:
    """The rows whose `key` (texts) is one of `values`, by primary key.

    A key of one column has plain values, one of several has tuples. Its SQL is made once, which
    for the few rows of a small transaction is what costs.
    """
    if not values:
        return []
    if _is_postgres(connection):
        return connection.exec_driver_sql(*rows_question(table, key, values)).all()
    listed = (orjson.dumps(list(values)).decode(),)
    return connection.exec_driver_sql(_rows_sql(table, key, "sqlite"), listed).all()


def rows_question(
    table: Table, key: tuple[Column[Any], ...], values: Collection[Any], *, lock: bool = False
) -> tuple[str, tuple[object, ...]]:
    """How Postgres is asked for them, and to hold them for writing: statement and arguments."""
    arrays = (list(values),) if len(key) == 1 else _columns(tuple(values))
    return _rows_sql(table, key, "postgresql") + (" FOR UPDATE" if lock else ""), arrays


@lru_cache
def _rows_sql(table: Table, key: tuple[Column[Any], ...], dialect: str) -> str:
    names = ", ".join(part.name for part in table.columns)
    keys = ", ".join(part.name for part in key)
    order = ", ".join(part.name for part in table.primary_key)
    if len(key) == 1:
        found = f"{keys} {ONE_OF[dialect]}"
    elif dialect == "postgresql":
        found = f"({keys}) IN (SELECT * FROM unnest({', '.join('%b::text[]' for _ in key)}))"
    else:
        parts = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(key)))
        found = f"({keys}) IN (SELECT {parts} FROM json_each(?))"
    return f"SELECT {names} FROM {table.name} WHERE {found} ORDER BY {order}"


def among(
    connection: Connection, subject: ColumnElement[Any], values: Collection[object]
) -> ColumnElement[bool]:
    """`subject` is one of `values` (texts or integers), however many there are."""
    if _is_postgres(connection):
        kind = BIGINT() if isinstance(subject.type, BigInteger) else TEXT()
        return subject == any_(literal(list(values), ARRAY(kind)))
    listed = func.json_each(orjson.dumps(list(values)).decode()).table_valued(column("value"))
    return subject.in_(select(listed.c.value))


def since(
    connection: Connection,
    query: Query,
    subject: ColumnElement[Any],
    ident: ColumnElement[Any],
    firsts: Mapping[str, int],
) -> Query:
    """`query` of the rows of each subject (a text) from the first `ident` on given for it."""
    name: ColumnElement[Any]
    first: ColumnElement[Any]
    if _is_postgres(connection):
        names, numbers = list(firsts), list(firsts.values())
        arrays = (literal(names, ARRAY(TEXT())), literal(numbers, ARRAY(BIGINT())))
        listed = func.unnest(*arrays).table_valued("name", "first").render_derived()
        name, first = listed.c.name, listed.c.first
    else:
        pairs = orjson.dumps([*firsts.items()]).decode()
        listed = func.json_each(pairs).table_valued(column("value"))
        name, first = (func.json_extract(listed.c.value, f"$[{place}]") for place in (0, 1))
    return query.join(listed, and_(subject == name, ident >= first))


def among_pairs(
    connection: Connection,
    subjects: tuple[ColumnElement[Any], ColumnElement[Any]],
    pairs: Collection[tuple[str, str]],
) -> ColumnElement[bool]:
    """The two text columns are one of `pairs`."""
    if _is_postgres(connection):
        arrays = [literal(list(part), ARRAY(TEXT())) for part in zip(*pairs, strict=True)]
        listed = func.unnest(*arrays).table_valued("first", "second").render_derived()
        return tuple_(*subjects).in_(select(listed.c.first, listed.c.second))
    each = func.json_each(orjson.dumps(list(pairs)).decode()).table_valued(column("value"))
    parts = (func.json_extract(each.c.value, f"$[{place}]") for place in (0, 1))
    return tuple_(*subjects).in_(select(*parts))


def _is_postgres(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


def _copy(connection: Connection, table: Table, rows: Rows) -> None:
    names = ", ".join(part.name for part in table.columns)
    types = [_postgres_type(part) for part in table.columns]
    driver = connection.connection.driver_connection
    assert driver is not None
    sql = f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)"
    with errors_of(connection, sql), driver.cursor() as cursor, cursor.copy(sql) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


@contextmanager
def errors_of(connection: Connection, sql: str) -> Iterator[None]:
    """What psycopg raises, when it is asked directly, is raised as SQLAlchemy would raise it."""
    dialect = connection.dialect
    kind = dialect.loaded_dbapi.Error
    try:
        yield
    except kind as error:
        gone = dialect.is_disconnect(error, connection.connection.driver_connection, None)
        if gone:
            connection.invalidate(error)
        raise DBAPIError.instance(
            sql, None, error, kind, connection_invalidated=gone, dialect=dialect
        ) from error


def _put(connection: Connection, one: Write) -> int:
    """Into SQLite; how many rows of the table that changed or made."""
    if len(one.rows) < MANY:
        sql = f"{insert_sql(one.table, 1)} {one.conflict}"
        return connection.exec_driver_sql(sql, _tuples(one.rows)).rowcount
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    values = driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
    most = min(TOGETHER, values // len(one.table.columns))
    changed = 0
    for start in range(0, len(one.rows), most):
        rows = one.rows[start : start + most]
        sql = f"{insert_sql(one.table, len(rows))} {one.conflict}"
        changed += connection.exec_driver_sql(sql, tuple(chain.from_iterable(rows))).rowcount
    return changed


@lru_cache
def insert_sql(table: Table, rows: int) -> str:
    """So many whole rows into a table of SQLite."""
    names = ", ".join(part.name for part in table.columns)
    marks = f"({', '.join('?' for _ in table.columns)})"
    return f"INSERT INTO {table.name} ({names}) VALUES {', '.join([marks] * rows)}"


@lru_cache
def _unnest_sql(table: Table) -> str:
    names = ", ".join(part.name for part in table.columns)
    arrays = ", ".join(f"%b::{_postgres_type(part)}[]" for part in table.columns)
    return f"INSERT INTO {table.name} ({names}) SELECT * FROM unnest({arrays})"


def _postgres_type(part: Column[Any]) -> str:
    match part.type.python_type.__name__:
        case "int":
            return "int8"
        case "bytes":
            return "bytea"
        case _:
            return "text"


def _columns(rows: Rows) -> tuple[list[object], ...]:
    return tuple(list(values) for values in zip(*rows, strict=True))


def _tuples(rows: Rows) -> list[tuple[object, ...]]:
    """Plain ones: sqlite3 takes half as long again for those that have names."""
    return [row if type(row) is tuple else tuple(row) for row in rows]
