"""How are certificates issued, checked and revoked? certificate issue, list, show, check …"""

import os
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import everywhere
from ledger.access.asking import volunteer as of_volunteer
from ledger.certificates.content import hours, is_holder
from ledger.certificates.credential import (
    certified,
    credential,
    enveloped,
    is_revoked,
    read_credential,
    status_list,
)
from ledger.certificates.facts import Period
from ledger.certificates.issue import Order, revoke
from ledger.certificates.printing import check_printing, print_certificate
from ledger.certificates.token import read_token
from ledger.cli.acting import acting
from ledger.cli.commands.identity import VaultUrl, may_read, opened_vault
from ledger.cli.shared import (
    AsJson,
    Db,
    asked,
    opened,
    out,
    print_error,
    print_json,
    read_text,
    settings,
)
from ledger.clock import CHINA, from_micros, now_micros
from ledger.errors import LedgerError
from ledger.keys import public_keys, signer
from ledger.store.certificates import Certificate, find, listed, revoked

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="The certificate's number 证明编号")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(help="Issue, check and revoke 志愿服务记录证明")
    group.command("issue")(issue_)
    group.command("list")(list_)
    group.command()(show)
    group.command()(check)
    group.command("revoke")(revoke_)
    group.command("status-list")(write_status_list)
    app.add_typer(group, name="certificate", no_args_is_help=True)


def issue_(
    ident: Annotated[str, typer.Argument(metavar="ID", help="The volunteer's id")],
    issuer: Annotated[str, typer.Option("--issuer", help="出具主体名称")],
    head: Annotated[str, typer.Option("--head", help="负责人")],
    handler: Annotated[str, typer.Option("--handler", help="经办人")],
    contact: Annotated[str, typer.Option("--contact", help="联系方式")],
    to: Annotated[Path, typer.Option("--out", help="PDF file to write")],
    since: Annotated[str | None, typer.Option("--from", help="First day, as 2026-01-01")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Last day; absent: today")] = None,
    team: Annotated[
        str, typer.Option("--team", help="Only what this team organises 谁记录谁证明")
    ] = "",
    remarks: Annotated[str, typer.Option("--remarks", help="需要说明的事项")] = "",
    credential_file: Annotated[
        Path | None, typer.Option("--credential", help="Verifiable credential (JSON) to write")
    ] = None,
    vault: VaultUrl = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Issue a certificate of counted hours 出具证明, as PDF and as a verifiable credential."""
    chosen = settings(db)
    font = check_printing(chosen.font)
    for file in (to, credential_file):
        if file is not None and not file.absolute().parent.is_dir():
            raise LedgerError(f"there is no folder {file.absolute().parent}")
    signs = signer(chosen.key)
    order = Order(
        issuer,
        head,
        handler,
        contact,
        remarks,
        Period(_day(since, "--from"), _day(until, "--to")),
        team,
        chosen.certificate_prefix,
    )
    with opened_vault(vault) as kept:
        looks = may_read(kept, db, ident, "", Permission.CERTIFY) or handler
        with opened(db) as recorder:
            content, holder, code = print_certificate(
                recorder, kept, ident, order, looks, signs, font, to
            )
            with recorder.database.read() as connection:
                known = find(connection, content.number)
    assert known is not None
    if credential_file is not None:
        unsigned = credential(content, holder, known.status_index, chosen.status_list, signs.keys)
        _write(credential_file, enveloped(unsigned, signs))
    if json:
        print_json({**_to_json(known), "token": code})
    else:
        out.print(f"{content.number}: {hours(content.seconds)}, {to}")


def list_(
    ident: Annotated[str | None, typer.Argument(metavar="[ID]", help="Of one volunteer")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """All certificates, in the order in which they were issued."""
    with asked(db) as recorder, recorder.database.read() as connection:
        where = of_volunteer(ident) if ident else everywhere
        acting(recorder, Permission.READ, Permission.OWN, at=where)
        found = listed(connection, ident)
    if json:
        for one in found:
            print_json(_to_json(one))
        return
    table = Table("number 编号", "volunteer 志愿者", "issuer 出具主体", "days 时段", "state 状态")
    table.add_column("time 时间", justify="right")
    for one in found:
        days = f"{one.since} – {one.until}"
        table.add_row(one.number, one.volunteer, one.issuer, days, one.state, hours(one.seconds))
    out.print(table)


def show(number: Number, db: Db = None, json: AsJson = False) -> None:
    """One certificate as the ledger knows it: no personal data."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ)
        known = find(connection, number)
    if known is None:
        raise _unknown(number)
    _print({**_to_json(known), "records": orjson.loads(known.records)}, json=json)


def check(
    text: Annotated[str, typer.Argument(metavar="TOKEN|FILE|-", help="QR code, or credential")],
    key: Annotated[
        Path | None, typer.Option("--key", help="The ledger's public key; absent: this ledger's")
    ] = None,
    name: Annotated[str, typer.Option("--name", help="Is this the holder 姓名?")] = "",
    document: Annotated[str, typer.Option("--document", help="… with this document 证件号码")] = "",
    list_file: Annotated[
        Path | None, typer.Option("--status-list", help="Signed list of what was revoked")
    ] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Is a certificate genuine 核验? Offline, by the public key; with --db: does it still stand?"""
    public = public_keys(read_text(key)) if key else signer(settings(None).key).keys
    said = sys.stdin.read() if text == "-" else text
    if text != "-" and not text.startswith("ey"):
        said = read_text(Path(text))
    try:
        claims, wrong = _read(said, public, list_file)
    except LedgerError as error:
        print_error(str(error))
        raise typer.Exit(1) from None
    if name or document:
        claims["is_holder"] = is_holder(claims, name, document)
        if not claims["is_holder"]:
            wrong = "that is not the holder"
    if db is not None or "VLEDGER_DB" in os.environ:
        claims["state"], wrong = _compare(claims, db, wrong)
    _print({key: claims[key] for key in claims if key not in ("salt", "holder", "aud")}, json=json)
    if wrong:
        print_error(wrong)
        raise typer.Exit(1)


def revoke_(
    number: Number,
    reason: Annotated[str, typer.Option("--reason", help="Why; nothing personal, it stays")],
    by: Annotated[str, typer.Option("--by", help="Who revokes; absent: who is logged in")] = "",
    db: Db = None,
) -> None:
    """Revoke a certificate 撤销; those whose hours are corrected are revoked by themselves."""
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            known = find(connection, number)
        where = of_volunteer(known.volunteer) if known else everywhere
        by = acting(recorder, Permission.CERTIFY, by=by, signed=True, at=where)
        revoke(recorder, number, reason, by)
    out.print(f"{number}: revoked")


def write_status_list(
    to: Annotated[Path, typer.Option("--out", help="File to write, to be published")],
    db: Db = None,
) -> None:
    """Write the signed list of what was revoked (W3C Bitstring Status List) 撤销名单."""
    chosen = settings(db)
    signs = signer(chosen.key)
    with opened(db) as recorder, recorder.database.read() as connection:
        places = revoked(connection)
    now = from_micros(now_micros(), CHINA).isoformat(timespec="seconds")
    _write(to, enveloped(status_list(places, now, chosen.status_list, signs.keys), signs))
    out.print(f"{len(places)} revoked: {to}")


def _read(text: str, public: Any, list_file: Path | None) -> tuple[dict[str, Any], str]:
    """What a token or a credential certifies, and what is wrong with it."""
    if not text.strip().startswith("{"):
        return read_token(text, public), ""
    found = read_credential(text, public)
    claims = certified(found)
    if list_file is not None and is_revoked(found, read_credential(read_text(list_file), public)):
        return claims, "this certificate was revoked"
    return claims, ""


def _compare(claims: Mapping[str, Any], db: str | None, wrong: str) -> tuple[str, str]:
    """The state that the ledger knows, and what is wrong."""
    with opened(db) as recorder, recorder.database.read() as connection:
        known = find(connection, str(claims["number"]))
    if known is None or known.digest != claims["digest"]:
        return "unknown", "the ledger did not issue this"
    if known.state == "valid":
        return "valid", wrong
    return "revoked", f"this certificate was revoked: {known.reason or 'its hours were corrected'}"


def _to_json(one: Certificate) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": one.number,
        "volunteer": one.volunteer,
        "issuer": one.issuer,
        "since": one.since,
        "until": one.until,
        "seconds": one.seconds,
        "digest": one.digest,
        "issued_at": from_micros(one.issued_at, CHINA).isoformat(timespec="seconds"),
        "state": one.state,
    }
    if one.revoked_at is not None:
        at = from_micros(one.revoked_at, CHINA).isoformat(timespec="seconds")
        found |= {"revoked_at": at, "reason": one.reason, "by": one.revoked_by}
    return found


def _print(found: Mapping[str, Any], *, json: bool) -> None:
    if json:
        print_json(dict(found))
        return
    table = Table(show_header=False)
    for name, value in found.items():
        table.add_row(name, hours(value) if name == "seconds" else str(value))
    out.print(table)


def _write(file: Path, value: Mapping[str, Any]) -> None:
    try:
        file.write_bytes(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")
    except OSError as error:
        raise LedgerError(f"can't write {file}: {error.strerror}") from None


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"{option} {text!r} is not a day: write it as 2026-01-01") from None


def _unknown(number: str) -> typer.Exit:
    print_error(f"there is no certificate {number}: `vledger certificate list` lists all")
    return typer.Exit(1)
