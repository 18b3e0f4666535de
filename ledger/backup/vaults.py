"""How is an identity vault backed up and restored, so that who was erased stays erased?

What is in the file is sealed as it is in the vault: without the master key it opens nothing.
"""

from collections.abc import Sequence
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

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
    refusal,
    vault_secret,
)
from ledger.store import bulk
from ledger.store.database import Database
from ledger.store.revisions import revision_of

HOLDS = "vault"
TABLES = (vault_secret, person, personal_field, consent, erasure, change, read, refusal)
PERSONAL = (person, personal_field)
NUMBERED = (consent, change, read, refusal)


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
            "schema": revision_of(connection),
            "made_at": from_micros(now, UTC).isoformat(),
        }
        return write(archive, connection, TABLES, HOLDS, about)


def restore_vault(file: Path, vault: Vault, erased: Sequence[Erased]) -> RestoredVault:
    """Put a backup into an empty vault, without those who were `erased` since; all or nothing.

    Raises BackupError if the file is damaged, the vault is not empty, or `erased` lacks somebody
    whom the backup itself knows to be erased, and so is older; LedgerError if the master key is not
    there under which it was sealed.
    """
    with Archive(file) as archive:
        contents = archive.check(HOLDS)
        gone = _gone(archive, erased)
        database = vault.database
        database.create()
        with database.write() as connection:
            for table in (person, erasure, change):
                if connection.execute(select(*table.primary_key).limit(1)).first() is not None:
                    raise BackupError(f"{database.shown} is not empty: restore into a new one")
            connection.execute(vault_secret.delete())
            people = 0
            for table in TABLES:
                for chunk in archive.rows(table):
                    kept = [row for row in chunk if row[0] not in gone or table not in PERSONAL]
                    bulk.insert(connection, table, kept)
                    people += len(kept) if table is person else 0
            vault.check_key(connection)
            if connection.dialect.name == "postgresql":
                for table in NUMBERED:
                    newest = select(func.coalesce(func.max(table.c.id), 0) + 1).scalar_subquery()
                    sequence = func.pg_get_serial_sequence(table.name, "id")
                    connection.execute(select(func.setval(sequence, newest, text("false"))))
            for one in gone.values():
                vault.note_erasure(connection, one, ())
    return RestoredVault(people, len(gone), contents)


def _gone(archive: Archive, erased: Sequence[Erased]) -> dict[str, Erased]:
    """Whom the backup still has, although they were erased after it was made."""
    told = {one.volunteer: one for one in erased}
    known = [Erased(*row) for chunk in archive.rows(erasure) for row in chunk]
    missing = [one.volunteer for one in known if one.volunteer not in told]
    if missing:
        raise BackupError(
            f"the list of the erased is older than the backup, which knows {missing[0]} to be "
            "erased: give the newest, by `vledger identity erased`"
        )
    created = list(person.columns.keys()).index("created_at")
    return {
        row[0]: told[row[0]]
        for chunk in archive.rows(person)
        for row in chunk
        if row[0] in told and told[row[0]].at >= row[created]
    }
