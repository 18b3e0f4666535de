"""Which certificates does a volunteer have, and how do they print one? 志愿服务记录证明"""

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import RefusedError
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.looking import Id, looking
from ledger.api.problems import Kind, Problem
from ledger.api.who import Asks, Caller
from ledger.certificates.facts import Period
from ledger.certificates.issue import Order
from ledger.certificates.printing import check_printing, print_certificate
from ledger.errors import LedgerError
from ledger.identity import Vault, opened_vault
from ledger.keys import signer
from ledger.settings import Settings
from ledger.store.certificates import listed

router = APIRouter(prefix="/v1/volunteers/{volunteer}/certificates", tags=["volunteers"])

PDF = "application/pdf"


class CertificateShown(BaseModel):
    """A certificate as the ledger knows it; days as 2026-05-01, both included."""

    number: str
    issuer: str
    since: str
    until: str
    seconds: int
    issued_at: str
    state: Literal["valid", "revoked"]
    revoked_at: str | None
    reason: str


class Certificates(BaseModel):
    """The newest first. `issuer`: whose can be printed here; "": the office issues them."""

    items: list[CertificateShown]
    issuer: str


class Wanted(BaseModel):
    """What is to be certified: all, or the days from `since` to `until`; `remarks` stand on it."""

    since: date | None = None
    until: date | None = None
    remarks: str = Field("", max_length=200)


@router.get("")
def certificates(asks: Asks, volunteer: Id) -> Certificates:
    """What was issued, and does it stand? Papers are not kept here: they hold personal data."""
    with looking(asks, volunteer) as look:
        found = listed(look.connection, volunteer)
    items = [
        CertificateShown(
            number=one.number,
            issuer=one.issuer,
            since=one.since,
            until=one.until,
            seconds=one.seconds,
            issued_at=look.told(one.issued_at),
            state=one.state,
            revoked_at=None if one.revoked_at is None else look.told(one.revoked_at),
            reason=one.reason,
        )
        for one in reversed(found)
    ]
    return Certificates(items=items, issuer=_issuer(asks.serving.settings))


@router.post(
    "", response_class=Response, responses={200: {"content": {PDF: {}}, "description": "The paper"}}
)
def print_one(asks: Asks, volunteer: Id, wanted: Wanted) -> Response:
    """Issue one and print it, as PDF. Each time it is another certificate, with its own number."""
    here = asks.serving
    if not (issuer := _issuer(here.settings)):
        raise Problem(
            Kind.NOT_POSSIBLE, "certificates are issued by the office 请到志愿服务组织开具证明"
        )
    font = check_printing(here.settings.font)
    with opened_vault(here.settings) as vault:
        looks = _may_print(asks, volunteer, vault)
        order = Order(
            issuer,
            here.settings.certificate_head,
            here.settings.certificate_handler,
            here.settings.certificate_contact,
            wanted.remarks.strip(),
            Period(wanted.since, wanted.until),
            prefix=here.settings.certificate_prefix,
        )
        signs = signer(here.settings.key)
        with TemporaryDirectory() as folder:
            file = Path(folder) / "certificate.pdf"
            made = print_certificate(
                here.recorder, vault, volunteer, order, looks, signs, font, file
            )
            paper = file.read_bytes()
    named = f'attachment; filename="{made.content.number}.pdf"'
    return Response(paper, media_type=PDF, headers={"Content-Disposition": named})


def _issuer(chosen: Settings) -> str:
    """Whose certificates are printed here; "" where a name is missing or the extra is."""
    parts = (chosen.certificate_head, chosen.certificate_handler, chosen.certificate_contact)
    if not all(parts):
        return ""
    try:
        check_printing(chosen.font)
    except LedgerError:
        return ""
    return chosen.certificate_issuer


def _may_print(asks: Caller, volunteer: str, vault: Vault) -> str:
    """Who looks at the person's data: themselves, or who may certify. A refusal is noted."""
    where = of_volunteer(volunteer)
    with asks.serving.recorder.database.read() as connection:
        try:
            return asks.require(connection, Permission.OWN, Permission.CERTIFY, at=where)
        except RefusedError as error:
            vault.note_refusal(volunteer, str(error.person), Permission.CERTIFY)
            raise
