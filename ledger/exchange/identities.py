"""Where does the personal data of a file go? Into the identity vault, or nowhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ledger.errors import LedgerError
from ledger.exchange.fields import FIELDS
from ledger.exchange.mapping import Consented, Layout, MappingFile, kinds_of
from ledger.exchange.records import Mistake, Record
from ledger.identity import Vault, open_vault, opened_vault, read_rules
from ledger.identity.person import Person, person_of
from ledger.settings import Settings

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


@contextmanager
def vault_for(settings: Settings, mapping: MappingFile, kind: str) -> Iterator[Vault | None]:
    """The vault, if an import of this kind puts people into it; None too if there is no vault."""
    if mapping.consent is None or "volunteers" not in kinds_of(mapping, kind):
        yield None
        return
    vault = open_vault(settings, read_rules(settings.vault_rules))
    try:
        try:
            vault.check()
        except LedgerError:
            yield None
        else:
            yield vault
    finally:
        vault.close()


@contextmanager
def revealing(settings: Settings, by: str, reason: str) -> Iterator[Callable[[str], Person | None]]:
    """Gives what reads a volunteer's data unmasked, None of one whom the vault does not know.

    Each read is logged. Raises LedgerError if there is no vault.
    """
    with opened_vault(settings) as vault:
        known = {one.volunteer for one in vault.kept()}
        yield lambda volunteer: vault.reveal(volunteer, by, reason) if volunteer in known else None


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
    return Mistake(column, f"{rest if field in PERSONAL else message} 个人信息有误", "")
