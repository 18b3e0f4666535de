"""What do all commands share? Options, opening the ledger, printing, progress."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, tzinfo
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from ledger.core.rulebook import PolicyText, national_ladder, parse
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database

PIPE_WIDTH = 160
"""Columns of a table that goes to a file or a pipe, which has no width of its own."""


def _console(*, stderr: bool = False) -> Console:
    terminal = Console(stderr=stderr)
    return terminal if terminal.is_terminal else Console(stderr=stderr, width=PIPE_WIDTH)


out = _console()
err = _console(stderr=True)

Db = Annotated[
    str | None,
    typer.Option("--db", help="Database URL [env: VLEDGER_DB; default: sqlite:///vledger.db]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs")]


def settings(db: str | None) -> Settings:
    """The settings of the environment, with the database that an option names."""
    try:
        return Settings() if db is None else Settings(db=db, read_db="")
    except ValidationError as error:
        wrong = "; ".join(
            f"VLEDGER_{str(one['loc'][0]).upper()} {str(one['input'])[:80]!r}: {one['msg']}"
            for one in error.errors(include_url=False)
        )
        raise LedgerError(wrong) from None


def first_policy(chosen: Settings) -> PolicyText:
    """What a new ledger begins with: the policy that VLEDGER_POLICY names, or the national one."""
    if not chosen.policy:
        return national_ladder()
    return parse(read_text(Path(chosen.policy)), chosen.policy)


LARGEST_FILE = 64 << 20
"""Bytes of a file that is read whole, at most: a device may go on for ever."""


def read_text(path: Path) -> str:
    """The text of a file. Raises LedgerError if it can't be read."""
    try:
        return read_bytes(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise LedgerError(f"can't read {path}: {error}") from None


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises LedgerError if it can't be read, or is larger than LARGEST_FILE."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise LedgerError(f"can't read {path}: {error.strerror}") from None
    if len(content) > LARGEST_FILE:
        raise LedgerError(f"can't read {path}: it is larger than {LARGEST_FILE >> 20} MiB")
    return content


def amount_of(text: str, option: str) -> Decimal:
    """An option's amount of money, exactly. Raises LedgerError if it is none."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise LedgerError(f"{option} {text!r} is not an amount: write it as 0.05")
    return amount


def moment_of(text: str, zone: tzinfo, option: str) -> datetime:
    """An option's date, or date and time; without a zone it is in `zone`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise LedgerError(
            f"{option} {text!r} is not a time: write it as 2026-05-01T08:00:00+08:00"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


@contextmanager
def opened(db: str | None) -> Iterator[Recorder]:
    """The ledger, checked to be of this version, ready to record."""
    chosen = settings(db)
    database = Database(chosen.db)
    try:
        database.check()
        signed_only = chosen.signatures == "required"
        yield Recorder(database, first_policy(chosen), signed_only=signed_only)
    finally:
        database.close()


@contextmanager
def asked(db: str | None) -> Iterator[Recorder]:
    """The ledger for a question: of the replica (VLEDGER_READ_DB), where there is one.

    Nothing can be written there. Raises LedgerError if the replica is away.
    """
    chosen = settings(db)
    if not chosen.read_db:
        with opened(db) as recorder:
            yield recorder
        return
    with replica(chosen) as database:
        yield Recorder(database, first_policy(chosen))


@contextmanager
def replica(chosen: Settings) -> Iterator[Database]:
    """The database that VLEDGER_READ_DB names, checked to be of this version."""
    database = Database(chosen.read_db, read_only=True)
    try:
        try:
            database.check()
            behind = database.behind()
        except LedgerError as error:
            raise LedgerError(
                f"VLEDGER_READ_DB: {error}. Without that setting VLEDGER_DB is asked instead"
            ) from error
        if behind is not None and behind > TOLD_FROM:
            err.print(f"The replica's newest change is {behind:.0f} s old.", highlight=False)
        yield database
    finally:
        database.close()


TOLD_FROM = 60
"""Seconds: of a replica whose newest change is older than that, it is said."""


def print_json(value: Any) -> None:
    """One line of JSON on standard output."""
    typer.echo(orjson.dumps(value).decode())


def print_error(message: str) -> None:
    """A message for a person on standard error."""
    shown = f"[red]vledger:[/red] {escape(message)}"
    err.print(shown, highlight=False, markup=True, soft_wrap=True)


def progress() -> Progress:
    """A progress bar on standard error, shown only where that is a terminal."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
