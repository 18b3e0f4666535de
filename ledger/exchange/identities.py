"""Where does the personal data of a file go? Into the identity vault, or nowhere."""

from ledger.errors import LedgerError
from ledger.exchange.fields import FIELDS
from ledger.exchange.mapping import Consented, Layout
from ledger.exchange.records import Mistake, Record
from ledger.identity import Vault
from ledger.identity.person import person_of

PERSONAL = tuple(name for name, field in FIELDS["volunteers"].items() if field.personal)


def personal_columns(layout: Layout) -> list[str]:
    """The headings of a layout that hold personal data."""
    return [one.heading for one in layout.columns if one.field in PERSONAL]


class Keeper:
    """Puts people into the vault, on the consent that the mapping states; `by`: who imports."""

    def __init__(self, vault: Vault, consent: Consented, by: str) -> None:
        self._vault = vault
        self._consent = consent
        self._by = by

    def keep(self, layout: Layout, record: Record, *, dry_run: bool) -> bool | Mistake:
        """Whether somebody new was stored (would be, in a dry run), or what is wrong."""
        values = values_of(record)
        if not values:
            return False
        volunteer = record.text("id")
        try:
            self._vault.masked(volunteer)
        except LedgerError:
            known = False
        else:
            known = True
        try:
            if known or dry_run:
                person_of(values)
            else:
                self._vault.put(
                    volunteer, values, self._consent.purposes, self._consent.given_by, self._by
                )
        except LedgerError as error:
            return _mistake(layout, str(error))
        return not known


def values_of(record: Record) -> dict[str, str]:
    """The personal data of a record."""
    return {name: record.text(name) for name in PERSONAL if name in record.values}


def _mistake(layout: Layout, message: str) -> Mistake:
    """The vault's messages never repeat what was given; some begin with the field."""
    field, _, rest = message.partition(": ")
    column = layout.heading(field) if field in PERSONAL else ""
    if not column and "document" in message:
        column = layout.heading("document_number")
    if not column and "phone" in message:
        column = layout.heading("phone")
    return Mistake(column, rest if field in PERSONAL else message, "")
