"""At which revision of its schema is a database, and how does it come to the newest?

Alembic does it. Reading the revision goes without it: each command asks for that, and would load
it for a fifth of a second.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text


def revision_of(connection: Connection) -> str | None:
    """None: no migration was ever run there."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def upgrade(connection: Connection, migrations: Path) -> None:
    """Run the migrations of a folder that the database has not had."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
