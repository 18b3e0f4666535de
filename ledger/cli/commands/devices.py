"""Which kiosks and tills may speak, and by which keys? devices."""

import sys
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import device as of_device
from ledger.access.asking import merchant as at_shop
from ledger.access.asking import place as at_place
from ledger.cli.acting import acting, registering
from ledger.cli.shared import AsJson, Db, asked, opened, out, print_json, read_text
from ledger.clock import CHINA, from_micros
from ledger.devices.enrolment import enrol, replace_key, revoke
from ledger.devices.keys import key_id, make_key, public_text, read_key, read_public_key, sign
from ledger.errors import LedgerError
from ledger.keys import public_pem
from ledger.store.devices import KeyRow, listed

Device = Annotated[
    str, typer.Argument(metavar="DEVICE", help="The source of its events, as kiosk/370102-001-01")
]
PublicKey = Annotated[Path, typer.Option("--key", help="File with the device's public key (PEM)")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in")]


def add_to(app: typer.Typer) -> None:
    devices = typer.Typer(
        help="Kiosks and tills, and the keys that they sign with 设备", invoke_without_command=True
    )
    devices.callback()(list_)
    devices.command("enrol")(enrol_)
    devices.command("replace-key")(replace_)
    devices.command("revoke")(revoke_)
    devices.command("new-key")(new_key)
    devices.command("sign")(sign_)
    app.add_typer(devices, name="devices")


def list_(context: typer.Context, db: Db = None, json: AsJson = False) -> None:
    """List devices and their keys."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.DEVICE, Permission.READ)
        found = listed(connection)
    if json:
        for one in found:
            print_json({**one._asdict(), "merchants": orjson.loads(one.merchants)})
        return
    table = Table("device", "place", "shops", "key", "since", "state")
    for one in found:
        shops = ", ".join(orjson.loads(one.merchants))
        table.add_row(one.device, one.place, shops, one.key[:12], _day(one.since), _state(one))
    out.print(table)


def enrol_(
    device: Device,
    key: PublicKey,
    place: Annotated[
        str, typer.Option("--place", help="Where it stands: it speaks for it and below")
    ],
    by: By = "",
    merchants: Annotated[
        list[str] | None, typer.Option("--merchant", help="Of a till: for which it asks")
    ] = None,
    app: Annotated[
        bool, typer.Option("--app", help="It serves volunteers' phones: any shop, and transfers")
    ] = False,
    db: Db = None,
) -> None:
    """Let a device speak by a key; from then on it has to sign 登记设备. Again: it has moved."""
    with opened(db) as recorder:
        for one in merchants or ():
            acting(recorder, Permission.DEVICE, at=at_shop(one))
        registering(recorder, Permission.DEVICE, of_device(device), at_place(place))
        by = acting(recorder, Permission.DEVICE, by=by, signed=True, at=at_place(place))
        public = read_public_key(read_text(key))
        typer.echo(enrol(recorder, device, public, place, merchants or [], by, app=app))


def replace_(device: Device, key: PublicKey, by: By = "", db: Db = None) -> None:
    """Give a device another key 更换; the one before stays good for events from before now."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.DEVICE, by=by, signed=True, at=of_device(device))
        typer.echo(replace_key(recorder, device, read_public_key(read_text(key)), by))


def revoke_(
    device: Device,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept")],
    by: By = "",
    key: Annotated[str | None, typer.Option("--key", help="Id of one key; absent: all")] = None,
    db: Db = None,
) -> None:
    """Let nothing in any more that was signed by a stolen device 吊销, whatever time it claims."""
    with opened(db) as recorder:
        by = acting(recorder, Permission.DEVICE, by=by, signed=True, at=of_device(device))
        revoke(recorder, device, key, reason, by)
    out.print(f"{device}: revoked")


def new_key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File for the private key")],
) -> None:
    """On the device: make its key, and print the public one, which is to be enrolled."""
    public = make_key(file).public_key()
    typer.echo(public_pem((public,)), nl=False)
    typer.echo(f"key id: {key_id(public_text(public))}", err=True)


def sign_(
    key: Annotated[Path, typer.Option("--key", help="File with the device's private key")],
) -> None:
    """On the device: sign events, one a line, from standard input to standard output."""
    private = read_key(read_text(key).encode())
    for number, line in enumerate(sys.stdin.buffer, 1):
        try:
            event = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise LedgerError(f"line {number}: {error}") from None
        if not isinstance(event, dict):
            raise LedgerError(f"line {number}: is no JSON object")
        sys.stdout.buffer.write(sign(event, private) + b"\n")
    sys.stdout.buffer.flush()


def _day(at: int) -> str:
    return from_micros(at, CHINA).strftime("%Y-%m-%d %H:%M")


def _state(one: KeyRow) -> str:
    if one.revoked_at is not None:
        return f"revoked {_day(one.revoked_at)}: {one.reason}"
    return "good" if one.until is None else f"good for events before {_day(one.until)}"
