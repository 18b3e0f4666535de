"""How does a transaction ask for what it can foresee, without waiting for each answer by itself?

Postgres is asked together, in psycopg's pipeline mode: each wait costs a till more than the answer
does. SQLite is in this process, so that nothing is foreseen there.
"""

from collections.abc import Collection, Hashable, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, Connection, Table

from ledger.store import bulk

Rows = Sequence[Any]
"""Rows with their columns as attributes, in the order of the table."""


class Question(NamedTuple):
    """A statement in Postgres's words, and its arguments. `key`: what makes it the same one.

    `locks`: it waits for others, and keeps others waiting until the end of the transaction.
    """

    sql: str
    arguments: tuple[object, ...] = ()
    key: Hashable = ()
    locks: bool = False


NEXT_BATCH = Question("SELECT nextval('batch_id')")
"""The id of the next batch. Asked under all locks, so that ids follow the order of the effects: an
answer that was foreseen is void once another lock is taken."""


def rows_by(
    table: Table, key: tuple[Column[Any], ...], values: Collection[Any], *, lock: bool = False
) -> Question | None:
    """As `bulk.rows_of`; `lock`: held for writing. None where nothing is asked for."""
    if not values:
        return None
    return Question(*bulk.rows_question(table, key, values, lock=lock), frozenset(values), lock)


class Reading:
    """The questions of one transaction. What was foreseen is answered once, from what was read."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._known: dict[tuple[str, Hashable], Rows] = {}

    @property
    def is_remote(self) -> bool:
        """It is Postgres that is asked."""
        return self.connection.dialect.name == "postgresql"

    def worded(self, template: str, *arguments: int | str | frozenset[str]) -> Question:
        """A question in this database's words. Each `{}` is an argument: `= {}` a number or a text.

        With a set of texts, what stands before `{}` is one of them.
        """
        words = _REMOTE if self.is_remote else _LOCAL
        sql = template.format(*(words[type(one)] for one in arguments))
        return Question(sql, tuple(map(self._argument, arguments)), arguments)

    def _argument(self, one: int | str | frozenset[str]) -> object:
        if not isinstance(one, frozenset):
            return one
        return list(one) if self.is_remote else orjson.dumps(list(one)).decode()

    def ahead(self, *questions: Question | None) -> None:
        """Ask these now, in this order, and keep the answers; locks that they take are held.

        What is known already is not asked again.
        """
        if not self.is_remote:
            return
        wanted = [one for one in questions if one is not None]
        if any(one.locks and _key(one) not in self._known for one in wanted):
            self._known.pop(_key(NEXT_BATCH), None)
        asked = [one for one in wanted if _key(one) not in self._known]
        if asked:
            answers = _together(self.connection, asked)
            self._known |= dict(zip(map(_key, asked), answers, strict=True))

    def forget(self) -> None:
        """What was foreseen is asked again: somebody else was waited for since."""
        self._known.clear()

    def ask(self, question: Question) -> Rows:
        """The rows that the database answers, or has answered already."""
        known = self._known.pop(_key(question), None)
        if known is not None:
            return known
        if question.locks:
            self._known.pop(_key(NEXT_BATCH), None)
        asked = self.connection.exec_driver_sql(question.sql, question.arguments)
        return asked.all() if asked.returns_rows else []

    def rows_of(
        self, table: Table, key: tuple[Column[Any], ...], values: Collection[Any],
        *, lock: bool = False,
    ) -> Rows:  # fmt: skip
        """As `bulk.rows_of`; `lock`: held for writing, which SQLite's one writer has no need of."""
        if not self.is_remote:
            return bulk.rows_of(self.connection, table, key, values)
        question = rows_by(table, key, values, lock=lock)
        return [] if question is None else self.ask(question)


_REMOTE = {int: "%b::int8", str: "%b::text", frozenset: bulk.ONE_OF["postgresql"]}
_LOCAL = {int: "?", str: "?", frozenset: bulk.ONE_OF["sqlite"]}


def _key(question: Question) -> tuple[str, Hashable]:
    return question.sql, question.key


def _together(connection: Connection, questions: Sequence[Question]) -> list[Rows]:
    from psycopg.rows import namedtuple_row  # a ledger in SQLite has no need of psycopg

    driver: Any = connection.connection.driver_connection
    with bulk.errors_of(connection, questions[0].sql), driver.pipeline():
        cursors = [
            driver.cursor(row_factory=namedtuple_row).execute(one.sql, one.arguments)
            for one in questions
        ]
    return [one.fetchall() if one.description else [] for one in cursors]
