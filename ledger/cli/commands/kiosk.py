"""How does a kiosk without a screen work? kiosk: check-in, check-out, claim, send, status."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from math import inf
from pathlib import Path
from time import sleep
from typing import Annotated

import typer

from ledger.cli.shared import AsJson, err, moment_of, out, print_json, read_text
from ledger.clock import CHINA, from_micros, now_micros
from ledger.devices.keys import read_key
from ledger.kiosk import Forgotten, Kiosk, Queue, UnsentError, Visit, mark, send
from ledger.kiosk.marking import Direction

DEFAULT = Path("vledger-kiosk.db")

LOOKS_EVERY = 2.0
"""Seconds after which `send --keep-on` looks for new marks."""

File = Annotated[
    Path, typer.Option("--queue", envvar="VLEDGER_KIOSK", help="The kiosk's own file, of its marks")
]
Volunteers = Annotated[list[str], typer.Argument(metavar="VOLUNTEER...")]
Activity = Annotated[str, typer.Option("--activity", help="At which activity 活动")]
Team = Annotated[str, typer.Option("--team", help="Of a whole team: which 志愿服务队")]
Leader = Annotated[str, typer.Option("--checked-by", help="Of a whole team: its leader 队长")]
Method = Annotated[str, typer.Option("--method", help="How they were identified: qr, card, …")]


def add_to(app: typer.Typer) -> None:
    kiosk = typer.Typer(
        help="A kiosk without a screen: works offline 无屏签到台", no_args_is_help=True
    )
    kiosk.command("set-up")(set_up)
    kiosk.command("check-in")(check_in)
    kiosk.command("check-out")(check_out)
    kiosk.command("claim")(claim)
    kiosk.command("send")(send_)
    kiosk.command("status")(status)
    app.add_typer(kiosk, name="kiosk")


def set_up(
    server: Annotated[str, typer.Option("--server", help="Address of `vledger serve`")],
    source: Annotated[str, typer.Option("--source", help="Its name, as kiosk/370102-001-01")],
    place: Annotated[str, typer.Option("--place", help="Where it stands")],
    key: Annotated[Path, typer.Option("--key", help="Private key, of `vledger devices new-key`")],
    file: File = DEFAULT,
) -> None:
    """Say which kiosk this is; again: it has moved, or has another key."""
    read_key(read_text(key).encode())
    with _queue(file) as queue:
        queue.set_up(Kiosk(server, source, place, key.absolute()))
    out.print(f"{file}: {source} at {place}, sends to {server}")


def check_in(
    volunteers: Volunteers,
    activity: Activity,
    team: Team = "",
    checked_by: Leader = "",
    method: Method = "number",
    file: File = DEFAULT,
    json: AsJson = False,
) -> None:
    """Check in 签到. It is on the disk when this ends; `send` brings it to the ledger."""
    _mark("in", volunteers, activity, team, checked_by, method, file, json)


def check_out(
    volunteers: Volunteers,
    activity: Activity,
    team: Team = "",
    checked_by: Leader = "",
    method: Method = "number",
    file: File = DEFAULT,
    json: AsJson = False,
) -> None:
    """Check out 签退. It is on the disk when this ends; `send` brings it to the ledger."""
    _mark("out", volunteers, activity, team, checked_by, method, file, json)


def _mark(
    direction: Direction,
    volunteers: list[str],
    activity: str,
    team: str,
    checked_by: str,
    method: str,
    file: Path,
    json: bool,
) -> None:
    visits = [Visit(one, activity, direction, method, team, checked_by) for one in volunteers]
    _keep(visits, f"{', '.join(volunteers)}: checked {direction}", file, json)


def claim(
    volunteers: Volunteers,
    activity: Activity,
    ended: Annotated[
        str, typer.Option("--ended", help="When they left, as 2026-05-01T11:00 离开的时间")
    ],
    reason: Annotated[
        str, typer.Option("--reason", help="Why they did not check out; nothing personal 原因")
    ],
    by: Annotated[str, typer.Option("--by", help="Who says so, if not they themselves")] = "",
    file: File = DEFAULT,
    json: AsJson = False,
) -> None:
    """Claim a check-out that was forgotten 补签退: it is held until a person decides."""
    ended_at = moment_of(ended, CHINA, "--ended")
    visits = [Forgotten(one, activity, ended_at, reason, by) for one in volunteers]
    _keep(visits, f"{', '.join(volunteers)}: check-out claimed", file, json)


def _keep(visits: Sequence[Visit | Forgotten], done: str, file: Path, json: bool) -> None:
    with _queue(file) as queue:
        key = read_key(read_text(queue.kiosk().key).encode())
        marks = mark(queue, key, visits, datetime.now(CHINA))
        waiting = queue.status().waiting
    if json:
        print_json({"marked": [one.id for one in marks], "waiting": waiting})
        return
    out.print(f"{done}; {waiting} not sent yet")


def send_(
    seconds: Annotated[
        float, typer.Option("--for", min=0, help="Seconds to go on trying if it can't be sent")
    ] = 0,
    keep_on: Annotated[
        bool, typer.Option("--keep-on", help="Go on for ever, sending what is marked meanwhile")
    ] = False,
    rejected: Annotated[
        bool, typer.Option("--rejected", help="What was set aside, too: it may be taken now")
    ] = False,
    file: File = DEFAULT,
) -> None:
    """Send what waits. Exit code 1: some of it is still here."""
    with _queue(file) as queue:
        server = queue.kiosk().server
        if rejected:
            queue.try_rejected_again()
        while keep_on:
            send(queue, server, inf)
            queue.tidy(now_micros())
            sleep(LOOKS_EVERY)
        try:
            sent = send(queue, server, seconds)
        except UnsentError as error:
            err.print(f"{error}; {queue.status().waiting} not sent", markup=False, soft_wrap=True)
            raise typer.Exit(1) from None
        queue.tidy(now_micros())
        out.print(f"{sent} sent; {queue.status().counts.get('rejected', 0)} set aside")


def status(file: File = DEFAULT, json: AsJson = False) -> None:
    """What is not sent yet, since when, and what was set aside."""
    with _queue(file) as queue:
        now = queue.status()
        aside = queue.rejected()
    oldest = None if now.oldest is None else from_micros(now.oldest, CHINA).isoformat()
    if json:
        print_json({**_NONE, **now.counts, "oldest": oldest})
        return
    if oldest is None:
        out.print("All sent.")
    else:
        out.print(f"{now.waiting} not sent yet, the oldest of {oldest}", highlight=False)
    for one, reason in aside:
        err.print(f"  set aside: {one.id}: {reason}", markup=False, soft_wrap=True)


_NONE = {"waiting": 0, "recorded": 0, "duplicate": 0, "queued": 0, "rejected": 0}


@contextmanager
def _queue(file: Path) -> Iterator[Queue]:
    queue = Queue(file)
    try:
        yield queue
    finally:
        queue.close()
