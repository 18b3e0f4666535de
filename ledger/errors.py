"""Which errors does the ledger raise to people? Each says what, where and what to do."""


class LedgerError(Exception):
    """Something that a person can mend; the message says how."""


class NotInitialisedError(LedgerError):
    """The database has no ledger, or one of another version."""


class FencedError(LedgerError):
    """Another worker has taken over the partition; nothing was written."""


class UnreachableError(LedgerError):
    """The database or the identity provider does not answer, now."""
