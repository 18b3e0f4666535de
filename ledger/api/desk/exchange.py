"""How do files come in and go out by HTTP? `/v1/exchange`: check, import, export, reconcile.

An answer comes when the work is done, within a minute or so for the largest file. One works at a
time, in a process of its own; the others are asked to come back. Nothing of a file stays here.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore
from typing import Annotated
from zipfile import ZIP_DEFLATED, ZipFile

from fastapi import APIRouter, Request, Response
from fastapi import Path as Named
from pydantic import BaseModel, Field
from starlette.datastructures import FormData

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.api.desk.downloads import FILES, streamed, wanted
from ledger.api.desk.policies import may_anywhere
from ledger.api.exchange_shapes import (
    ColumnShown,
    DifferenceShown,
    ExportAsked,
    ImportShown,
    KindImported,
    LayoutShown,
    MappingShown,
    MistakeShown,
    ReconciledShown,
    RowShown,
    SideShown,
)
from ledger.api.problems import Kind as Bad
from ledger.api.problems import Problem, not_found
from ledger.api.shapes import Page
from ledger.api.uploads import Form, described, file_of, said_in
from ledger.api.who import Asks, Caller
from ledger.clock import SECOND, to_micros
from ledger.errors import Fault, LedgerError, UnreachableError
from ledger.exchange.apart import (
    Imported,
    Incoming,
    Opening,
    Outgoing,
    RowTold,
    Theirs,
    apart,
    bring_in,
    compare,
    take_out,
)
from ledger.exchange.exporting import Wanted
from ledger.exchange.fields import FIELDS, TITLES
from ledger.exchange.identities import vault_for
from ledger.exchange.mapping import (
    Layout,
    MappingFile,
    one_kind,
    open_mapping,
    read_mapping,
    shipped,
    shipped_text,
)
from ledger.exchange.reading import TooManyRowsError
from ledger.exchange.records import required
from schemas.envelope import legible

router = APIRouter(prefix="/v1/exchange", tags=["desk"])

MOST_ROWS = 100_000
"""Of a file that comes in, at most."""

MOST_EXPORTED = 500_000
"""Rows of a file that goes out, at most."""

ENDINGS = (".csv", ".xlsx", ".json", ".jsonl")

Name = Annotated[str, Named(max_length=64)]
Day = Annotated[str, Field(pattern=r"^(\d{4}-\d{2}-\d{2})?$")]

_WORKING = BoundedSemaphore(1)
"""One at a time: each takes a processor, and imports would wait for one another."""


class Meant(BaseModel):
    """What a file means: by a mapping that comes along, or by the text of an own one (YAML)."""

    mapping: str = Field("", max_length=100)
    own: str = Field("", max_length=100_000)
    kind: str = Field("", pattern=r"^(teams|activities|volunteers|hours)?$")
    place: str = Field("", max_length=64, description="All lies here or below; absent: anywhere")


class Importing(Meant):
    """`identity` false: personal data is left out, though there is a vault."""

    identity: bool = True


class Reconciling(Meant):
    """Hours by the days from `since` on, before `until`."""

    since: Day = ""
    until: Day = ""


@router.get("/mappings")
def mappings(asks: Asks) -> Page[MappingShown]:
    """The mappings that come along, and which columns they read."""
    may_anywhere(asks, Permission.READ, Permission.RECORD)
    found = [open_mapping(name) for name in shipped()]
    return Page(
        items=[
            MappingShown(
                name=one.name, title=one.title, layouts=[*map(_layout, one.layouts.values())]
            )
            for one in found
        ]
    )


@router.get(
    "/mappings/{mapping}.yaml",
    response_class=Response,
    responses={200: {"content": {"application/yaml": {}}, "description": "The mapping"}},
)
def mapping(asks: Asks, mapping: Name) -> Response:
    """The text of one, of which an own mapping is made."""
    may_anywhere(asks, Permission.READ, Permission.RECORD)
    if mapping not in shipped():
        raise not_found(f"there is no mapping {mapping}")
    return Response(shipped_text(mapping), media_type="application/yaml; charset=utf-8")


@router.post(
    "/check", response_model=ImportShown, openapi_extra=described(Importing), responses=FILES
)
def check(asks: Asks, request: Request, form: Form) -> Response:
    """What an import would do, row by row; nothing is recorded.

    Answered as JSON, or with the rows to mend as the file that the Accept header asks for: it may
    be sent in once it is mended. Of a workbook with several sheets that is a ZIP of such files.
    """
    return _incoming(asks, request, form, dry_run=True)


@router.post(
    "/import", response_model=ImportShown, openapi_extra=described(Importing), responses=FILES
)
def import_(asks: Asks, request: Request, form: Form) -> Response:
    """Bring in what another system has. What is wrong is told of, the rest goes on.

    The same file again changes nothing: so it may be sent again after an answer that got lost.
    """
    return _incoming(asks, request, form, dry_run=False)


@router.post(
    "/reconcile",
    response_model=ReconciledShown,
    openapi_extra=described(Reconciling),
    responses=FILES,
)
def reconcile(asks: Asks, request: Request, form: Form) -> Response:
    """Compare a file with the ledger: what is only here, only there, different; both sums.

    Answered as JSON, or with all findings as the file that the Accept header asks for.
    """
    said = said_in(form, Reconciling)
    _may(asks, said.place, Permission.READ)
    known = _mapping(said.mapping, said.own)
    kind = one_kind(known, said.kind)
    form_ = wanted(request)
    with _working(form) as (folder, file):
        report = folder / f"report.{form_}" if form_ else None
        at = _wanted(asks, said.place, said.since, said.until)
        found = apart(compare, _opening(asks), Theirs(file, known, kind, at, MOST_ROWS, report))
        if report is not None:
            return streamed(report, f"核对 {TITLES[kind]}{report.suffix}")
    totals = found.totals
    shown = ReconciledShown(
        kind=kind,
        ours=SideShown(**totals.ours._asdict()),
        theirs=SideShown(**totals.theirs._asdict()),
        same=totals.same,
        unread=totals.unread,
        differences=found.differences,
        findings=[DifferenceShown(**one._asdict()) for one in found.findings],
    )
    return Response(shown.model_dump_json(), media_type="application/json")


@router.post("/export", response_class=Response, responses=FILES)
def export(asks: Asks, said: ExportAsked) -> Response:
    """What the ledger has of one kind, as a mapping has it."""
    _may(asks, said.place, Permission.READ)
    reason = said.reason.strip()
    reveals = (_may(asks, said.place, Permission.REVEAL), reason) if reason else None
    known = _mapping(said.mapping, said.own)
    kind = one_kind(known, said.kind)
    with _working() as (folder, _):
        file = folder / f"export.{said.form}"
        at = _wanted(asks, said.place, said.since, said.until)
        apart(take_out, _opening(asks), Outgoing(file, known, kind, at, MOST_EXPORTED, reveals))
        return streamed(file, f"{TITLES[kind]}{file.suffix}")


def _incoming(asks: Caller, request: Request, form: FormData, *, dry_run: bool) -> Response:
    said = said_in(form, Importing)
    _may(asks, said.place, Permission.RECORD)
    _may(asks, said.place, Permission.REGISTER)
    known = _mapping(said.mapping, said.own)
    keeper = None
    if said.identity:
        with vault_for(asks.serving.settings, known, said.kind) as vault:
            keeper = None if vault is None else _may(asks, said.place, Permission.IDENTITY)
    form_ = wanted(request)
    with _working(form) as (folder, file):
        errors = folder / f"errors.{form_}" if form_ else None
        wants = Incoming(file, known, said.kind, said.place, keeper, dry_run, MOST_ROWS, errors)
        found = apart(bring_in, _opening(asks), wants)
        if errors is not None:
            return _to_mend(folder, errors)
    return Response(_shown(found, dry_run).model_dump_json(), media_type="application/json")


def _to_mend(folder: Path, errors: Path) -> Response:
    """The rows to mend: a file, or several with different columns in one."""
    made = sorted(folder.glob(f"errors*{errors.suffix}"))
    if not made:
        raise not_found("no row has a mistake 没有需要更正的行")
    if len(made) == 1:
        return streamed(errors, f"待更正{errors.suffix}")
    both = folder / "errors.zip"
    with ZipFile(both, "w", ZIP_DEFLATED) as archive:
        for one in made:
            archive.write(one, one.name)
    return streamed(both, "待更正.zip")


@contextmanager
def _working(form: FormData | None = None) -> Iterator[tuple[Path, Path]]:
    """A folder that is gone afterwards, and the file that was sent in it. Raises Problem.

    What is wrong with the file is told by the name that it has where it came from.
    """
    name, sent = ("", None) if form is None else file_of(form)
    ending = Path(name).suffix.lower()
    if sent is not None and ending not in ENDINGS:
        raise Problem(Bad.MEDIA, f"a file's name has to end in {'、'.join(ENDINGS)}")
    if not _WORKING.acquire(blocking=False):
        raise Problem(
            Bad.RATE, "another import, export or comparison is running",
            headers={"Retry-After": "10"},
        )  # fmt: skip
    try:
        with TemporaryDirectory(prefix="vledger-") as made:
            folder = Path(made)
            file = folder / f"sent{ending}"
            if sent is not None:
                with file.open("wb") as stream:
                    shutil.copyfileobj(sent.file, stream)
            try:
                yield folder, file
            except UnreachableError:
                raise
            except TooManyRowsError as error:
                raise Problem(Bad.TOO_LARGE, _by_name(error, file, name)) from None
            except LedgerError as error:
                raise LedgerError(_by_name(error, file, name)) from None
    finally:
        _WORKING.release()


def _by_name(error: LedgerError, file: Path, name: str) -> str:
    return str(error).replace(str(file), legible(name[-100:]))


def _may(asks: Caller, place: str, permission: Permission) -> str:
    """Who asks, for the trail. Raises RefusedError unless they may do so at the place."""
    with asks.serving.recorder.database.read() as connection:
        return asks.require(connection, permission, at=at_place(place or None))


def _mapping(name: str, own: str) -> MappingFile:
    """Never a file of this machine, whatever the name."""
    if own:
        return read_mapping(own, "mapping 映射")
    if name in shipped():
        return open_mapping(name)
    known = ", ".join(shipped())
    wrong = Fault(
        "body.mapping",
        f"请选择 {known} 之一，或提供自备映射",
        f"choose one of {known}, or send an own one",
    )
    raise Problem(Bad.INVALID, str(wrong), faults=[wrong])


def _opening(asks: Caller) -> Opening:
    return Opening(asks.serving.settings, asks.serving.recorder.policy.text)


def _wanted(asks: Caller, place: str, since: str, until: str) -> Wanted:
    policy = asks.serving.reader.policy

    def second(day: str, field: str) -> int:
        try:
            at = datetime.combine(date.fromisoformat(day), time(), policy.zone)
        except ValueError:
            wrong = Fault(f"body.{field}", "没有这一天", "there is no such day")
            raise Problem(Bad.INVALID, str(wrong), faults=[wrong]) from None
        return to_micros(at) // SECOND

    found = Wanted(policy.plan.track, place)
    if since:
        found = found._replace(since=second(since, "since"))
    if until:
        found = found._replace(until=second(until, "until"))
    return found


def _layout(one: Layout) -> LayoutShown:
    about = FIELDS[one.kind]
    needed = required(one)
    return LayoutShown(
        kind=one.kind,
        sheet=one.sheet,
        columns=[
            ColumnShown(
                heading=each.heading,
                field=each.field,
                required=each.field in needed,
                personal=about[each.field].personal,
            )
            for each in one.columns
        ],
        not_kept=dict(one.not_kept),
    )


def _shown(found: Imported, dry_run: bool) -> ImportShown:
    return ImportShown(
        dry_run=dry_run,
        results=[
            KindImported(
                kind=one.kind,
                **one.counts,
                unknown_columns=one.unknown_columns,
                missing_columns=one.missing_columns,
                left_out=one.left_out,
            )
            for one in found.results
        ],
        rows=[_row(one) for one in (*found.wrong, *found.others)],
    )


def _row(one: RowTold) -> RowShown:
    return RowShown(
        kind=one.kind,
        sheet=one.sheet,
        row=one.row,
        about=one.about,
        outcome=one.outcome,
        mistakes=[MistakeShown(**each._asdict()) for each in one.mistakes],
    )
