"""Who looked at what, who may do what, and what was published? `/v1/audit`, for auditors."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import select

from ledger.access import Permission, roles
from ledger.access.asking import everywhere
from ledger.api.paging import Asked
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.audit.notes import name_of
from ledger.clock import CHINA, from_micros
from ledger.errors import NotInitialisedError
from ledger.identity import Vault, opened_vault
from ledger.store import access
from ledger.store.tables import checkpoint

router = APIRouter(prefix="/v1/audit", tags=["desk"])


class LookShown(BaseModel):
    """A look at unmasked personal data, or one that was refused (`purpose`: what was wanted)."""

    at: str
    by: str
    volunteer: str
    fields: list[str]
    purpose: str
    refused: bool


class GrantShown(BaseModel):
    """A role that somebody has or had, and until when."""

    grant: str
    who: str
    name: str
    role: str
    title: str
    scope: str
    since: str
    until: str | None
    by: str
    stands: bool
    withdrawn_at: str | None
    withdrawn_by: str
    reason: str


class CheckpointShown(BaseModel):
    """A signed note that the ledger held `size` sealed batches; `note` is what is published."""

    number: int
    size: int
    root: str
    made_at: str
    name: str
    note: str


@router.get("/reads")
def reads(asks: Asks, part: Asked) -> Page[LookShown]:
    """Who looked at personal data, and who was refused; the newest first."""
    _may(asks, Permission.TRAIL)
    with _vault(asks) as vault:
        looks = [
            LookShown(
                at=_told(one.at),
                by=one.by,
                volunteer=one.volunteer,
                fields=list(one.fields),
                purpose=one.purpose,
                refused=False,
            )
            for one in vault.reads()
        ]
        looks += [
            LookShown(
                at=_told(one.at),
                by=one.by,
                volunteer=one.volunteer,
                fields=[],
                purpose=one.wanted,
                refused=True,
            )
            for one in vault.refusals()
        ]
    looks.sort(key=lambda one: one.at, reverse=True)
    start = part.number or 0
    rows = list(enumerate(looks))[start : start + part.limit + 1]
    return part.page(rows, lambda row: row[1], lambda row: row[0] + 1)


@router.get("/grants")
def grants(asks: Asks) -> Page[GrantShown]:
    """All roles that were ever granted, the newest first."""
    _may(asks, Permission.VERIFY, Permission.TRAIL, Permission.GRANT)
    recorder = asks.serving.reader
    now = recorder.now()
    with recorder.database.read() as connection:
        found = access.all_grants(connection)
    items = [
        GrantShown(
            grant=one.id,
            who=str(one.who),
            name=one.name,
            role=one.role,
            title=roles()[one.role].title if one.role in roles() else one.role,
            scope=str(one.scope),
            since=_told(one.since),
            until=None if one.until is None else _told(one.until),
            by=one.granted_by,
            stands=one.stands(now),
            withdrawn_at=None if one.withdrawn_at is None else _told(one.withdrawn_at),
            withdrawn_by=one.withdrawn_by,
            reason=one.reason,
        )
        for one in sorted(found, key=lambda one: (one.granted_at, one.id), reverse=True)
    ]
    return Page(items=items)


@router.get("/checkpoints")
def checkpoints(asks: Asks, part: Asked) -> Page[CheckpointShown]:
    """What the ledger has signed of itself, the newest first."""
    _may(asks, Permission.READ, Permission.VERIFY)
    query = select(checkpoint).order_by(checkpoint.c.number.desc()).limit(part.limit + 1)
    if part.number is not None:
        query = query.where(checkpoint.c.number < part.number)
    with asks.serving.reader.database.read() as connection:
        rows = connection.execute(query).all()
    return part.page(
        rows,
        lambda row: CheckpointShown(
            number=row.number,
            size=row.size,
            root=row.root.hex(),
            made_at=_told(row.made_at),
            name=name_of(row.note),
            note=row.note,
        ),
        lambda row: row.number,
    )


def _may(asks: Caller, *permissions: Permission) -> None:
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, *permissions, at=everywhere)


@contextmanager
def _vault(asks: Caller) -> Iterator[Vault]:
    """The vault. Raises Problem if there is none."""
    try:
        with opened_vault(asks.serving.settings) as vault:
            yield vault
    except NotInitialisedError:
        raise not_found("there is no identity vault here 未建立身份库") from None


def _told(at: int) -> str:
    return from_micros(at, CHINA).isoformat()
