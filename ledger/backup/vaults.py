"""How is an identity vault backed up and restored, so that who was erased stays erased?

What is in the file is sealed as it is in the vault: without the master key it opens nothing.
"""

from collections.abc import Sequence
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

from alembic.migration import MigrationContext
from sqlalchemy import func, select, text

from ledger.backup.archive import Archive, BackupError, Contents, write, writing
from ledger.clock import from_micros
from ledger.identity import Vault
from ledger.identity.records import Erased
from ledger.identity.tables import (
    change,
    consent,
    erasure,
    person,
    personal_field,
    read,
    vault_secret,
)
from ledger.store import bulk
from ledger.store.database import Database

HOLDS = "vault"
TABLES = (vault_secret, person, personal_field, consent, erasure, change, read)
NUMBERED = (consent, change, read)


class RestoredVault(NamedTuple):
    """How many people are in the vault again, and how many were erased once more."""

    people: int
    erased: int
    contents: Contents


def back_up_vault(database: Database, file: Path, now: int) -> Contents:
    """Write the vault into a new file, sealed as it is; `now` in µs. Raises BackupError."""
    with writing(file) as archive, database.read() as connection:
        about = {
            "product": version("volunteer-ledger"),
            "schema": MigrationContext.configure(connection).get_current_revision(),
            "made_at": from_micros(now, UTC).isoformat(),
        }
        return write(archive, connection, TABLES, HOLDS, about)


def restore_vault(file: Path, vault: Vault, erased: Sequence[Erased]) -> RestoredVault:
    """Put a backup into an empty vault, and erase anew those who were `erased` since.

    Raises BackupError if the file is damaged or the vault is not empty; LedgerError if the master
    key is not the one under which the backup was sealed.
    """
    with Archive(file) as archive:
        contents = archive.check(HOLDS)
        database = vault.database
        database.create()
        with database.write() as connection:
            for table in (person, erasure, change):
                if connection.execute(select(*table.primary_key).limit(1)).first() is not None:
                    raise BackupError(f"{database.shown} is not empty: restore into a new one")
            connection.execute(vault_secret.delete())
            for table in TABLES:
                for chunk in archive.rows(table):
                    bulk.insert(connection, table, chunk)
            if connection.dialect.name == "postgresql":
                for table in NUMBERED:
                    newest = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(sequence, newest, text("false"))))
    vault.check()
    since = {one.volunteer: one.created_at for one in vault.kept()}
    gone = [one for one in erased if one.at >= since.get(one.volunteer, one.at + 1)]
    for one in gone:
        vault.erase(one.volunteer, one.by, one.reason)
    return RestoredVault(len(since) - len(gone), len(gone), contents)
