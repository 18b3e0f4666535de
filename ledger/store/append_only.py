"""How does the database itself refuse to change the ledger? By triggers."""

from collections.abc import Iterable

from sqlalchemy import Connection, text

_REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: write a correction instead', TG_TABLE_NAME
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def refuse_changes(tables: Iterable[str]) -> None:
    """For migrations: from now on rows of `tables` can only be added."""
    from alembic import op  # only they have it loaded

    if op.get_bind().dialect.name == "postgresql":
        op.execute(_REFUSE)
        for table in tables:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
                f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {_sqlite_name(table, verb)} BEFORE {verb} ON {table} BEGIN "
                f"SELECT RAISE(ABORT, '{table} is append-only: write a correction instead'); END"
            )


def unprotected(connection: Connection, tables: Iterable[str]) -> list[str]:
    """Those of `tables` whose triggers are missing or disabled."""
    if connection.dialect.name == "postgresql":
        active = set(
            connection.execute(
                text("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'")
            ).scalars()
        )
        return [table for table in tables if f"{table}_append_only" not in active]
    active = set(
        connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars()
    )
    return [
        table
        for table in tables
        if not {_sqlite_name(table, verb) for verb in ("UPDATE", "DELETE")} <= active
    ]


def _sqlite_name(table: str, verb: str) -> str:
    return f"{table}_append_only_{verb.lower()}"
