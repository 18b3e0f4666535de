"""What can be done from the command line? `vledger`, for people and, with `--json`, for programs.

Exit codes: 0 done; 1 something asked about does not hold or does not exist; 2 it could not be done.
"""

import io
import os
import sys
from contextlib import suppress

import typer
from sqlalchemy.exc import DBAPIError

from ledger.cli.lazily import Lazily
from ledger.cli.shared import Db, print_error
from ledger.errors import LedgerError
from ledger.policy import EvaluationError, MissingSetting

__all__ = ["app", "main"]

app = typer.Typer(
    name="vledger",
    cls=Lazily,
    help="Volunteer hours, star levels and points 志愿服务时长、星级与积分账本",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def _options(db: Db = None) -> None:
    """Set the database for the command that follows, before what the environment says."""
    if db is not None:
        os.environ["VLEDGER_DB"] = db
        os.environ.pop("VLEDGER_READ_DB", None)  # whoever names a database means that one


def main() -> None:
    """Run the command; errors that people can mend are printed without a stack trace."""
    _stand_on_open_streams()
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except (LedgerError, EvaluationError, MissingSetting) as error:
        print_error(str(error))
        sys.exit(2)
    except DBAPIError as error:
        print_error(f"the database refused: {str(error.orig).strip()}")
        sys.exit(2)
    except UnicodeEncodeError as error:
        given = error.object[error.start : error.end].encode("utf-8", "surrogateescape")
        print_error(f"what was given is not UTF-8: {given!r}")
        sys.exit(2)
    except BrokenPipeError:
        _say_no_more()
        sys.exit(0)
    except OSError as error:
        print_error(str(error))
        _say_no_more()
        sys.exit(2)


def _stand_on_open_streams() -> None:
    """A caller may have closed some: then a file, even the ledger's, would get their number."""
    closed = [number for number in range(3) if not _is_open(number)]
    for _ in closed:
        os.open(os.devnull, os.O_RDWR)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BytesIO())
    if sys.stderr is None:
        sys.stderr = io.TextIOWrapper(io.BytesIO())
    if sys.stdout is None:
        print_error("standard output is closed: there is nowhere to write the answer")
        sys.exit(2)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _say_no_more() -> None:
    """What was not written yet goes nowhere, so that the interpreter's end does not try again."""
    with suppress(OSError):  # there may be no file behind it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
