"""How is a ledger, or a vault, put into one file and back into a database, of either kind?"""

from ledger.backup.archive import Archive, BackupError, Contents
from ledger.backup.ledgers import back_up, restore
from ledger.backup.noting import Origin, note_restore
from ledger.backup.vaults import back_up_vault, restore_vault

__all__ = [
    "Archive",
    "BackupError",
    "Contents",
    "Origin",
    "back_up",
    "back_up_vault",
    "note_restore",
    "restore",
    "restore_vault",
]
