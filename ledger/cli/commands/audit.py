"""How does somebody outside make sure? checkpoint, proof."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.audit.checkpoints import make_checkpoint
from ledger.audit.proofs import Proof, ProofError
from ledger.audit.proving import prove
from ledger.cli.acting import acting
from ledger.cli.shared import (
    AsJson,
    Db,
    asked,
    err,
    opened,
    out,
    print_error,
    print_json,
    read_bytes,
    settings,
)
from ledger.errors import LedgerError
from ledger.keys import public_keys, signer


class _ProofGroup(TyperGroup):
    """`proof VOLUNTEER` is short for `proof make VOLUNTEER`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "--help"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    app.command("checkpoint")(checkpoint)
    proof = typer.Typer(
        cls=_ProofGroup,
        help="What a volunteer can prove without the ledger 存在证明",
        no_args_is_help=True,
    )
    proof.command("make")(make)
    proof.command("check")(check)
    app.add_typer(proof, name="proof")


def checkpoint(
    out_: Annotated[Path | None, typer.Option("--out", help="File to write it to")] = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Seal what is recorded, and print a signed checkpoint to be published 公开存证.

    Put it where the ledger's administrators can't take it back: a notice board, a newspaper, a
    repository, the higher office. `vledger verify --checkpoint FILE` compares the ledger with it.
    """
    with opened(db) as recorder:
        acting(recorder, Permission.VERIFY, Permission.OPERATE)
        made = make_checkpoint(recorder.database, signer(settings(db).key), recorder.now())
    if out_ is not None:
        _write(out_, made.text.encode() + b"\n")
    note = made.note
    if json:
        print_json({**note.claims(), "note": made.text})
        return
    typer.echo(made.text)
    err.print(
        f"{note.size} sealed batches, root {note.root.hex()}, {note.time.isoformat()}",
        highlight=False,
        soft_wrap=True,
    )


def make(
    volunteer: Annotated[str, typer.Argument(metavar="VOLUNTEER", help="Whose")],
    record: Annotated[
        int | None, typer.Option("--record", help="Only this hour record or points entry")
    ] = None,
    out_: Annotated[
        Path | None, typer.Option("--out", help="File to write it to, instead of printing it")
    ] = None,
    db: Db = None,
) -> None:
    """Prove a volunteer's hours and points by the newest checkpoint."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, Permission.OWN, at=of_volunteer(volunteer))
        made = prove(connection, volunteer, record)
    text = made.proof.to_json()
    if out_ is None:
        typer.echo(text.decode(), nl=False)
    else:
        _write(out_, text)
        out.print(f"Wrote {len(made.proof.rows)} proven rows to {out_}.")
    if made.later:
        err.print(f"{made.later} rows came after the newest checkpoint and are not in it.")


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The proof")],
    key: Annotated[Path, typer.Option("--key", help="File with the ledger's public key")],
    json: AsJson = False,
) -> None:
    """Check a proof by itself, without ledger or network, and say what it proves."""
    content = read_bytes(file)
    trusted = public_keys(read_bytes(key).decode("utf-8", "replace"))
    try:
        proof = Proof.read(content)
        note = proof.check(trusted)
    except ProofError as error:
        if json:
            print_json({"proven": False, "error": str(error)})
        else:
            print_error(f"nothing is proven: {error}")
        raise typer.Exit(1) from None
    if json:
        rows = [{"table": row.table, **row.values()} for row in proof.rows]
        print_json({"proven": True, "checkpoint": note.claims(), "rows": rows})
        return
    for line in proof.words(note):
        out.print(line, highlight=False, markup=False, soft_wrap=True)


def _write(path: Path, content: bytes) -> None:
    try:
        path.write_bytes(content)
    except OSError as error:
        raise LedgerError(f"can't write {path}: {error.strerror}") from None
