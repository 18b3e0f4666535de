"""How does a server bring files in and out? In a process of its own, one for each.

Reading rows takes a processor for as long as it lasts, which in the server's own process all
answers would wait for; and what a file makes it hold in memory goes with the process. It is forked
off one that has loaded all of this once, and has neither threads nor open databases.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

from ledger.core.rulebook import parse
from ledger.errors import UnreachableError
from ledger.exchange.exporting import Exported, Wanted, export
from ledger.exchange.fields import Kind
from ledger.exchange.identities import Keeper, revealing, vault_for
from ledger.exchange.importing import Import, Result, RowResult
from ledger.exchange.mapping import MappingFile
from ledger.exchange.mending import mending
from ledger.exchange.outcomes import Outcome
from ledger.exchange.reading import check_rows
from ledger.exchange.reconciling import Finding, Totals, findings_to, reconcile
from ledger.exchange.records import Mistake
from ledger.exchange.seen import Seen
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database

SHOWN = 500
"""Rows that are told of at once: of those with a mistake, of the others, and of findings."""

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload([__name__])

Given = ParamSpec("Given")
Told = TypeVar("Told")


class Opening(NamedTuple):
    """Which ledger; `policy` is the text of the one in force, for a ledger that has none yet."""

    settings: Settings
    policy: str


class Incoming(NamedTuple):
    """A file of at most `most` rows, what it means, and where all of it has to lie.

    `keeper`: in whose name personal data goes into the vault; None: it is left out. `errors`: file
    for the rows to mend.
    """

    file: Path
    mapping: MappingFile
    kind: str
    place: str
    keeper: str | None
    dry_run: bool
    most: int
    errors: Path | None = None


class RowTold(NamedTuple):
    """A row without its cells, which may be personal."""

    kind: Kind
    sheet: str
    row: int
    about: str
    outcome: Outcome
    mistakes: tuple[Mistake, ...]


class Imported(NamedTuple):
    """What became of a file; the first rows with a mistake, and the first of the others."""

    results: list[Result]
    wrong: list[RowTold]
    others: list[RowTold]


class Outgoing(NamedTuple):
    """What is exported to a file; `reveals`: who reads personal data, and why."""

    file: Path
    mapping: MappingFile
    kind: Kind
    wanted: Wanted
    most: int
    reveals: tuple[str, str] | None = None


class Theirs(NamedTuple):
    """A file of theirs that is compared; `report`: file for all findings."""

    file: Path
    mapping: MappingFile
    kind: Kind
    wanted: Wanted
    most: int
    report: Path | None = None


class Reconciled(NamedTuple):
    """How many differ, the first of them, and what both sides come to."""

    differences: int
    findings: list[Finding]
    totals: Totals


def apart(work: Callable[Given, Told], *given: Given.args, **named: Given.kwargs) -> Told:
    """What `work` gives, in a process of its own. Raises LedgerError."""
    with ProcessPoolExecutor(1, _CONTEXT) as pool:
        try:
            return pool.submit(work, *given, **named).result()
        except BrokenProcessPool:
            raise UnreachableError("it was ended from outside: try again 处理被中断") from None


def bring_in(opening: Opening, incoming: Incoming) -> Imported:
    """Import, or say what would be. All of the file is read before anything is recorded."""
    told = Imported([], [], [])
    mapping = incoming.mapping

    def tell(one: RowResult) -> None:
        mend(one)
        among = told.wrong if one.mistakes else told.others
        if len(among) < SHOWN:
            row = RowTold(one.kind, one.sheet, one.row.number, one.about, one.outcome, one.mistakes)
            among.append(row)

    check_rows(incoming.file, incoming.most)
    with (
        _opened(opening) as recorder,
        mending(incoming.errors) as mend,
        vault_for(opening.settings, mapping, incoming.kind) as vault,
    ):
        keeper = None
        if vault is not None and mapping.consent is not None and incoming.keeper is not None:
            keeper = Keeper(vault, mapping.consent, incoming.keeper)
        work = Import(
            recorder,
            mapping,
            tell,
            keeper=keeper,
            area=incoming.place,
            dry_run=incoming.dry_run,
        )
        told.results.extend(work.run(incoming.file, incoming.kind))
    return told


def take_out(opening: Opening, going: Outgoing) -> Exported:
    """Export to a file."""
    layout = going.mapping.layouts[going.kind]
    reveals = going.reveals
    with (
        revealing(opening.settings, *reveals) if reveals else nullcontext() as reveal,
        _asked(opening) as database,
        database.read() as connection,
    ):
        return export(
            connection, going.mapping, layout, going.file, going.wanted, reveal, going.most
        )


def compare(opening: Opening, theirs: Theirs) -> Reconciled:
    """Compare a file of theirs with the ledger."""
    check_rows(theirs.file, theirs.most)
    layout = theirs.mapping.layouts[theirs.kind]
    first: list[Finding] = []
    count = 0
    with _asked(opening) as database, database.read() as connection, Seen() as seen:
        findings, totals = reconcile(
            connection, theirs.mapping, layout, theirs.file, theirs.wanted, seen
        )
        with findings_to(theirs.report) as write:
            for one in findings:
                count += 1
                write(one)
                if len(first) < SHOWN:
                    first.append(one)
    return Reconciled(count, first, totals)


@contextmanager
def _opened(opening: Opening) -> Iterator[Recorder]:
    database = Database(opening.settings.db)
    try:
        database.check()
        yield Recorder(database, parse(opening.policy, "policy"))
    finally:
        database.close()


@contextmanager
def _asked(opening: Opening) -> Iterator[Database]:
    """The replica, where there is one."""
    chosen = opening.settings
    database = Database(chosen.read_db or chosen.db, read_only=True)
    try:
        database.check()
        yield database
    finally:
        database.close()
