"""At which revision of its schema is a database, and how does it come to the newest?

Alembic does it. Reading the revision goes without it: each command asks for that, and would load
it for a fifth of a second.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, create_engine, inspect, text


def revision_of(connection: Connection) -> str | None:
    """None: no migration was ever run there."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection, migrations: Path) -> None:
    """Run the migrations of a folder that the database has not had."""
    if connection.dialect.name == "sqlite" and not inspect(connection).get_table_names():
        for statement in _whole(migrations):
            connection.exec_driver_sql(statement)
    else:
        _migrate(connection, migrations)


@cache
def _whole(migrations: Path) -> tuple[str, ...]:
    """What all migrations make of an empty SQLite: a second one takes a tenth of the time.

    Each verification and each replay makes one.
    """
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        _migrate(connection, migrations)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        made = tuple(driver.iterdump())
    engine.dispose()
    return made[1:-1]  # without BEGIN and COMMIT


def _migrate(connection: Connection, migrations: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
