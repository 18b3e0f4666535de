"""What held at an instant? For tables whose rows hold from `since` on and before `until`."""

from sqlalchemy import ColumnElement, Table, and_, or_


def held_at(table: Table, at: int) -> ColumnElement[bool]:
    """The row holds at an instant (µs); `until` is null where it still does."""
    since, until = table.c.since, table.c.until
    return and_(since <= at, or_(until.is_(None), until > at))
