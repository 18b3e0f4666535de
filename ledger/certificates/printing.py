"""How does a certificate get onto paper? Holder, the ledger's event and the PDF, in one go."""

from pathlib import Path
from secrets import token_urlsafe
from typing import NamedTuple

from ledger.certificates.content import Content, Holder
from ledger.certificates.font import check_libraries, font_file
from ledger.certificates.issue import Order, issue, revoke
from ledger.certificates.token import token
from ledger.errors import LedgerError
from ledger.identity import Vault
from ledger.recording.recorder import Recorder
from ledger.signing import Signer

FIELDS = ("name", "document_type", "document_number")
PURPOSE = "certificate 出具证明"


class Printed(NamedTuple):
    """A certificate that was issued, and the text of its QR code."""

    content: Content
    holder: Holder
    token: str


def check_printing(chosen_font: str) -> Path:
    """The font to print with. Raises LedgerError if the extra `certificates` is not installed."""
    check_libraries()
    return font_file(chosen_font)


def print_certificate(
    recorder: Recorder,
    vault: Vault,
    volunteer: str,
    order: Order,
    looks: str,
    signs: Signer,
    font: Path,
    to: Path,
) -> Printed:
    """Issue one and write its PDF; `looks` is who sees the person's data, for the vault's trail.

    Raises LedgerError; then no certificate stands.
    """
    from ledger.certificates.page import write_page  # needs the extra

    person = vault.reveal(volunteer, looks, PURPOSE, FIELDS)
    holder = Holder.of(volunteer, person, token_urlsafe(16))
    content = issue(recorder, order, holder)
    code = token(content, holder, signs)
    try:
        write_page(content, holder, code, font, to)
    except LedgerError:  # no certificate stands that nobody has on paper
        revoke(recorder, content.number, "it could not be printed", order.handler)
        raise
    return Printed(content, holder, code)
