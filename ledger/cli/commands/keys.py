"""Which key does the ledger sign with, and how is it replaced? key."""

from pathlib import Path
from typing import Annotated

import typer

from ledger.access import Permission
from ledger.cli.acting import acting_apart
from ledger.cli.shared import Db, err, read_text, settings
from ledger.clock import now_micros
from ledger.keys import public_keys, public_pem, rotate, signer
from ledger.signing import accept


def add_to(app: typer.Typer) -> None:
    key = typer.Typer(help="The ledger's signing key 签名密钥", no_args_is_help=True)
    key.command("show")(show)
    key.command("rotate")(rotate_)
    key.command("accept")(accept_)
    app.add_typer(key, name="key")


def show(db: Db = None) -> None:
    """Print the public keys: for offline tills, auditors, and who checks certificates.

    The newest comes first; those that it replaced are still good for what they signed.
    """
    typer.echo(public_pem(signer(settings(db).key).keys), nl=False)


def rotate_(db: Db = None) -> None:
    """Replace the key, and print the handover that the old one signs, to be published 轮换.

    The old private key is gone afterwards. Workers sign with the new one once they are restarted.
    """
    acting_apart(db, Permission.OPERATE)
    typer.echo(rotate(settings(db).key, now_micros()))
    err.print("Publish this line; who trusts the old key takes the new one by `vledger key accept`")


def accept_(
    handover: Annotated[str, typer.Argument(metavar="HANDOVER", help="The line, as published")],
    key: Annotated[Path, typer.Option("--key", help="File with the public keys trusted so far")],
) -> None:
    """Print the trusted keys, and first the one that they have handed over to. Needs no ledger."""
    typer.echo(public_pem(accept(handover, public_keys(read_text(key)))), nl=False)
