"""Which errors does the ledger raise to people? Each says what, where and what to do."""

from typing import NamedTuple


class LedgerError(Exception):
    """Something that a person can mend; the message says how."""


class Fault(NamedTuple):
    """What is wrong with a part of what a person gave, in both languages; `field` "": the whole."""

    field: str
    zh: str
    en: str

    def __str__(self) -> str:
        return f"{self.field}: {self.en}" if self.field else self.en


class UnfitError(LedgerError):
    """What a person gave has faults, each at its part."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults


class NotInitialisedError(LedgerError):
    """The database has no ledger, or one of another version."""


class FencedError(LedgerError):
    """Another worker has taken over the partition; nothing was written."""


class UnreachableError(LedgerError):
    """The database or the identity provider does not answer, now."""
