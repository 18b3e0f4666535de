"""How does a month of the ledger get into files that any analyst's program reads, and is it whole?

Writing needs the extra `archive`; checking needs nothing.
"""

from ledger.archive.manifest import ArchiveError, Manifest, check_archive
from ledger.archive.months import Month

__all__ = ["ArchiveError", "Manifest", "Month", "check_archive"]
