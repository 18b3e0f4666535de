"""How is the identity vault used? identity put, show, correct, consent, erase, retention …"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import At, RefusedError, everywhere
from ledger.access.asking import volunteer as of_volunteer
from ledger.backup import back_up_vault, restore_vault
from ledger.cli.acting import acting_apart
from ledger.cli.shared import AsJson, Db, opened, out, print_json, read_text, settings
from ledger.clock import CHINA, from_micros
from ledger.errors import LedgerError
from ledger.identity import FIELDS, Masked, Vault, due, enforce, open_vault, read_rules
from ledger.identity import opened_vault as opened_by
from ledger.identity.numbers import DOCUMENTS
from ledger.identity.person import GivenBy
from ledger.identity.records import Erased, Read, Refusal
from ledger.identity.retention import LastActivity, last_activity
from ledger.settings import Settings

Id = Annotated[str, typer.Argument(metavar="ID", help="The volunteer's id")]
VaultUrl = Annotated[
    str | None,
    typer.Option("--vault", help="[env: VLEDGER_VAULT; default: sqlite:///vledger-vault.db]"),
]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in")]
Reason = Annotated[str, typer.Option("--reason", help="Why; nothing personal, it is kept")]
Purpose = Annotated[str, typer.Option("--purpose", help="A purpose of the rules, as contact")]
Given = Annotated[GivenBy, typer.Option("--given-by", help="self, or guardian of a minor")]
Values = Annotated[
    Path | None,
    typer.Option("--from", help="JSON file with the values, or -: keeps them out of the history"),
]


def _option(name: str, text: str) -> Any:
    return typer.Option(f"--{name}", help=text)


Name = Annotated[str | None, _option("name", "姓名")]
DocumentType = Annotated[
    str | None, _option("document-type", f"证件类型: {', '.join(DOCUMENTS)}; absent: the first")
]
Document = Annotated[str | None, _option("document", "证件号码")]
BirthDate = Annotated[str | None, _option("birth-date", "出生日期, where no document says it")]
Phone = Annotated[str | None, _option("phone", "电话")]
GuardianName = Annotated[str | None, _option("guardian-name", "监护人姓名")]
GuardianType = Annotated[str | None, _option("guardian-document-type", "监护人证件类型")]
GuardianDocument = Annotated[str | None, _option("guardian-document", "监护人证件号码")]
GuardianPhone = Annotated[str | None, _option("guardian-phone", "监护人电话")]


def add_to(app: typer.Typer) -> None:
    identity = typer.Typer(help="Who is a volunteer id: personal data, encrypted 身份信息库")
    commands = (
        init, put, show, list_, correct, consent, withdraw, export, erase, retention, reads,
        rotate, erased, backup, restore,
    )  # fmt: skip
    for command in commands:
        identity.command(command.__name__.rstrip("_"))(command)
    app.add_typer(identity, name="identity", no_args_is_help=True)


@contextmanager
def opened_vault(url: str | None) -> Iterator[Vault]:
    """The vault of the settings, or at another address."""
    with opened_by(_chosen(url)) as vault:
        yield vault


def allowed(db: str | None, permission: Permission, by: str, at: At) -> str:
    """Who does it, for the vault's trail."""
    return acting_apart(db, permission, by=by, signed=True, at=at)


def may_read(
    kept: Vault,
    db: str | None,
    ident: str,
    by: str,
    *permissions: Permission,
    signed: bool = False,
) -> str:
    """Who looks at somebody's data (of everybody's: `ident` ""). A refusal is noted as well."""
    where = of_volunteer(ident) if ident else everywhere
    try:
        return acting_apart(db, *permissions, by=by, signed=signed, at=where)
    except RefusedError as error:
        kept.note_refusal(ident, str(error.person), " or ".join(permissions))
        raise


def init(vault: VaultUrl = None) -> None:
    """Make the vault and its master key. Safe to repeat."""
    made = _vault(vault)
    made.create()
    out.print(f"Ready: {made.database.shown}, master key {settings(None).vault_key}")
    out.print("Keep the key away from the database and its backups: lost keys are lost data.")
    made.close()


def put(
    ident: Id,
    by: By = "",
    consent: Annotated[
        list[str] | None, typer.Option("--consent", help="A purpose consented to; repeat it")
    ] = None,
    given_by: Given = "self",
    name: Name = None,
    document_type: DocumentType = None,
    document: Document = None,
    birth_date: BirthDate = None,
    phone: Phone = None,
    guardian_name: GuardianName = None,
    guardian_document_type: GuardianType = None,
    guardian_document: GuardianDocument = None,
    guardian_phone: GuardianPhone = None,
    values: Values = None,
    vault: VaultUrl = None,
    db: Db = None,
) -> None:
    """Store whom a volunteer id stands for, with the consent that it rests on 登记."""
    given = _given(
        values,
        name=name,
        document_type=document_type,
        document_number=document,
        birth_date=birth_date,
        phone=phone,
        guardian_name=guardian_name,
        guardian_document_type=guardian_document_type,
        guardian_document_number=guardian_document,
        guardian_phone=guardian_phone,
    )
    with opened_vault(vault) as kept:
        by = allowed(db, Permission.IDENTITY, by, of_volunteer(ident))
        kept.put(ident, given, consent or [], given_by, by)
        _print(kept.masked(ident), json=False)


def show(
    ident: Id,
    reveal: Annotated[bool, typer.Option("--reveal", help="The values themselves")] = False,
    purpose: Annotated[str, typer.Option("--purpose", help="What for: it is logged")] = "",
    by: Annotated[str, typer.Option("--by", help="Who looks: it is logged")] = "",
    vault: VaultUrl = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Whom a volunteer id stands for, masked 查看; --reveal shows all and is logged."""
    with opened_vault(vault) as kept:
        if reveal:
            by = may_read(kept, db, ident, by, Permission.REVEAL)
        else:
            may_read(kept, db, ident, by, Permission.IDENTITY, Permission.OWN)
        found = kept.masked(ident)
        if reveal:
            values = kept.reveal(ident, by, purpose).to_dict()
            found = Masked(ident, values, found.age, found.consents)
    _print(found, json=json)


def list_(vault: VaultUrl = None, db: Db = None, json: AsJson = False) -> None:
    """Everybody in the vault, masked 名册."""
    with opened_vault(vault) as kept:
        may_read(kept, db, "", "", Permission.IDENTITY)
        people = list(kept.everybody())
    if json:
        for one in people:
            print_json(_to_json(one))
        return
    table = Table("volunteer 志愿者", "name 姓名", "document 证件", "phone 电话", "minor 未成年人")
    for one in people:
        values = [one.values.get(key, "") for key in ("name", "document_number", "phone")]
        table.add_row(one.volunteer, *values, one.age.minor)
    out.print(table)


def correct(
    ident: Id,
    reason: Reason,
    by: By = "",
    name: Name = None,
    document_type: DocumentType = None,
    document: Document = None,
    birth_date: BirthDate = None,
    phone: Phone = None,
    guardian_name: GuardianName = None,
    guardian_document_type: GuardianType = None,
    guardian_document: GuardianDocument = None,
    guardian_phone: GuardianPhone = None,
    values: Values = None,
    vault: VaultUrl = None,
    db: Db = None,
) -> None:
    """Correct or complete values 更正; that they changed is kept, what they were is not."""
    given = _given(
        values,
        name=name,
        document_type=document_type,
        document_number=document,
        birth_date=birth_date,
        phone=phone,
        guardian_name=guardian_name,
        guardian_document_type=guardian_document_type,
        guardian_document_number=guardian_document,
        guardian_phone=guardian_phone,
    )
    with opened_vault(vault) as kept:
        by = allowed(db, Permission.IDENTITY, by, of_volunteer(ident))
        kept.correct(ident, given, by, reason)
        _print(kept.masked(ident), json=False)


def consent(
    ident: Id,
    purpose: Purpose,
    by: By = "",
    given_by: Given = "self",
    vault: VaultUrl = None,
    db: Db = None,
) -> None:
    """Note a consent 同意."""
    with opened_vault(vault) as kept:
        by = allowed(db, Permission.IDENTITY, by, of_volunteer(ident))
        kept.consent(ident, purpose, given_by, by)
    out.print(f"{ident}: consent to {purpose}")


def withdraw(
    ident: Id, purpose: Purpose, by: By = "", vault: VaultUrl = None, db: Db = None
) -> None:
    """Note that a consent was withdrawn 撤回同意, and erase what rested on it as the rules say."""
    with opened_vault(vault) as kept:
        by = allowed(db, Permission.IDENTITY, by, of_volunteer(ident))
        kept.withdraw(ident, purpose, by)
        found = [one for one in due(kept, _active(db), ident) if one.rule.after == "withdrawal"]
        enforce(kept, found, by)
    out.print(f"{ident}: consent to {purpose} withdrawn")
    for one in found:
        what = "everything" if one.entirely else ", ".join(one.fields)
        out.print(f"erased: {what} ({one.rule.id})")


def export(
    ident: Id,
    by: By = "",
    to: Annotated[Path | None, typer.Option("--out", help="File to write to")] = None,
    vault: VaultUrl = None,
    db: Db = None,
) -> None:
    """A copy for the person of all that is kept 查阅复制 (art. 45), as JSON."""
    with opened_vault(vault) as kept:
        by = may_read(kept, db, ident, by, Permission.OWN, Permission.REVEAL, signed=True)
        copy = kept.export(ident, by)
    text = orjson.dumps(copy, option=orjson.OPT_INDENT_2) + b"\n"
    if to is None:
        typer.echo(text.decode(), nl=False)
        return
    try:
        to.write_bytes(text)
    except OSError as error:
        raise LedgerError(f"can't write {to}: {error.strerror}") from None


def erase(ident: Id, reason: Reason, by: By = "", vault: VaultUrl = None, db: Db = None) -> None:
    """Destroy somebody's key and data 删除; the ledger keeps its pseudonymous entries."""
    with opened_vault(vault) as kept:
        by = allowed(db, Permission.ERASE, by, of_volunteer(ident))
        kept.erase(ident, by, reason)
    out.print(f"{ident}: erased. Copies from before (backups) stay closed after `identity rotate`.")


def retention(
    apply: Annotated[bool, typer.Option("--apply", help="Erase it")] = False,
    by: Annotated[str, typer.Option("--by", help="Who erases")] = "",
    vault: VaultUrl = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """What is due to be erased by the rules 保存期限; with --apply erase it."""
    with opened_vault(vault) as kept:
        by = acting_apart(db, Permission.ERASE, by=by, signed=apply)
        found = list(due(kept, _active(db)))
        if apply:
            enforce(kept, found, by)
    if json:
        for one in found:
            print_json(
                {
                    "volunteer": one.volunteer,
                    "fields": one.fields,
                    "entirely": one.entirely,
                    "rule": one.rule.id,
                    "since": one.since.isoformat(),
                    "erased": apply,
                }
            )
        return
    table = Table("volunteer 志愿者", "what 内容", "rule 规则", "since 自", "basis 依据")
    for one in found:
        what = "everything" if one.entirely else ", ".join(one.fields)
        table.add_row(one.volunteer, what, one.rule.id, one.since.isoformat(), one.rule.basis)
    out.print(table)
    if found:
        out.print("Erased." if apply else "`vledger identity retention --apply --by WHO` erases.")


def reads(
    ident: Annotated[str | None, typer.Argument(metavar="[ID]", help="Only of this one")] = None,
    vault: VaultUrl = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Who looked at unmasked values, when and why, and who was refused 查阅记录."""
    with opened_vault(vault) as kept:
        where = of_volunteer(ident) if ident else everywhere
        acting_apart(db, Permission.TRAIL, *((Permission.OWN,) if ident else ()), at=where)
        trail: list[Read | Refusal] = [*kept.reads(ident), *kept.refusals(ident)]
    trail.sort(key=lambda one: one.at)
    if json:
        for one in trail:
            at, refused = from_micros(one.at, CHINA).isoformat(), isinstance(one, Refusal)
            print_json({**one._asdict(), "at": at, "refused": refused})
        return
    table = Table("when 时间", "who 查阅人", "whose 志愿者", "fields 字段", "why 目的")
    for one in trail:
        moment = from_micros(one.at, CHINA).strftime("%Y-%m-%d %H:%M:%S")
        if isinstance(one, Refusal):
            table.add_row(moment, one.by, one.volunteer or "all 全部", "", "refused 已拒绝")
        else:
            table.add_row(moment, one.by, one.volunteer, ", ".join(one.fields), one.purpose)
    out.print(table)


def rotate(vault: VaultUrl = None, db: Db = None) -> None:
    """Seal all keys under a new master key 更换主密钥; older backups open for nobody then."""
    with opened_vault(vault) as kept:
        acting_apart(db, Permission.ERASE)
        count = kept.rotate()
    out.print(f"New master key: {count} people sealed anew, the older key is forgotten.")


def erased(vault: VaultUrl = None, db: Db = None) -> None:
    """Print who was erased, a JSON line each: to be kept beside the backups, always the newest."""
    with opened_vault(vault) as kept:
        acting_apart(db, Permission.ERASE)
        for one in kept.erased():
            print_json(one._asdict())


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write")],
    vault: VaultUrl = None,
    db: Db = None,
) -> None:
    """Write the vault into one file, sealed as it is 备份. The master key is not in it."""
    with opened_vault(vault) as kept:
        acting_apart(db, Permission.ERASE, Permission.OPERATE)
        made = back_up_vault(kept.database, file, kept.now())
    out.print(f"{file}: {made.rows['person']} people", highlight=False, markup=False)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup of a vault")],
    erased: Annotated[
        Path, typer.Option("--erased", help="Whom to erase again: `identity erased` at its newest")
    ],
    vault: VaultUrl = None,
) -> None:
    """Put a backup into an empty vault, and erase those anew who were erased since 恢复."""
    gone = [_tombstone(line, erased) for line in read_text(erased).splitlines() if line.strip()]
    target = _vault(vault)
    try:
        made = restore_vault(file, target, gone)
    finally:
        target.close()
    out.print(f"{made.people} people are back, {made.erased} were erased again")


def _vault(url: str | None) -> Vault:
    chosen = _chosen(url)
    return open_vault(chosen, read_rules(chosen.vault_rules))


def _chosen(url: str | None) -> Settings:
    chosen = settings(None)
    return chosen if url is None else chosen.model_copy(update={"vault": url})


def _active(db: str | None) -> LastActivity:
    with opened(db) as recorder, recorder.database.read() as connection:
        return last_activity(connection)


def _given(file: Path | None, **options: str | None) -> dict[str, str]:
    """The values of the file, and over them those of the options."""
    said: Any = {}
    if file is not None:
        text = sys.stdin.read() if str(file) == "-" else read_text(file)
        try:
            said = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            raise LedgerError(f"{file} is no JSON: {error}") from None
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise LedgerError(f"write one object with texts: {', '.join(FIELDS)}")
    return said | {name: value for name, value in options.items() if value is not None}


def _to_json(one: Masked) -> dict[str, Any]:
    return {
        "volunteer": one.volunteer,
        **one.values,
        "minor": one.age.minor or None,
        "consents": [
            {"purpose": consent.purpose, "given_by": consent.given_by}
            for consent in one.consents
            if consent.withdrawn_at is None
        ],
    }


def _print(one: Masked, *, json: bool) -> None:
    if json:
        print_json(_to_json(one))
        return
    table = Table(title=one.volunteer, title_justify="left", show_header=False)
    for name, value in one.values.items():
        table.add_row(name, DOCUMENTS.get(value, value) if name.endswith("type") else value)
    if one.age.minor:
        table.add_row("minor 未成年人", one.age.minor)
    for consent in one.consents:
        state = "" if consent.withdrawn_at is None else " (withdrawn 已撤回)"
        table.add_row("consent 同意", f"{consent.purpose}, {consent.given_by}{state}")
    out.print(table)


def _tombstone(line: str, file: Path) -> Erased:
    try:
        return Erased(**orjson.loads(line))
    except (orjson.JSONDecodeError, TypeError):
        raise LedgerError(
            f"{file}: {line[:80]!r} is no line of `vledger identity erased`"
        ) from None
