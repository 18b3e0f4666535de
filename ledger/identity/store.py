"""How does the vault's database forget what was deleted?"""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, text

from ledger.errors import LedgerError
from ledger.store.database import Database, Schema

VAULT = Schema(
    "identity vault",
    Path(__file__).parent / "migrations",
    "vault_0001",
    "vledger identity init",
)

_KEY_LOCK = 7_400_101
"""Postgres's number for the lock between sealing and a change of the master key."""


class VaultDatabase(Database):
    """The database of a vault."""

    def __init__(self, url: str) -> None:
        super().__init__(url, VAULT)
        if self.is_sqlite:
            event.listen(self.engine, "connect", _overwrite_deleted)

    def hold_keys(self, connection: Connection, *, alone: bool) -> None:
        """Until the end of the transaction the master key stays, or nobody else seals anything."""
        if not self.is_sqlite:  # SQLite has one writer anyway
            lock = "pg_advisory_xact_lock" if alone else "pg_advisory_xact_lock_shared"
            connection.execute(text(f"SELECT {lock}({_KEY_LOCK})"))

    def scrub(self) -> None:
        """Leave as little of deleted rows in the database's files as it lets one.

        SQLite overwrites deleted rows, and its log is emptied here: nothing is left. Postgres drops
        dead rows, but their bytes may stay in a page until it is written again, and in its own log.
        Those, and copies elsewhere such as backups, are closed for good by `Vault.rotate`.
        """
        with self.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            if not self.is_sqlite:
                driver.autocommit = True
                try:
                    driver.execute("VACUUM person, personal_field, vault_secret")
                finally:
                    driver.autocommit = False
                return
            busy, *_ = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise LedgerError(
                    "done, but the vault's -wal file still holds old pages while another process "
                    "reads: run `vledger identity rotate` when it has ended"
                )


def _overwrite_deleted(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA secure_delete = ON")
