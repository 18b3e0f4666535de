"""How are the rows that were not taken given back, to be mended? As a file that may be sent in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ledger.exchange.importing import RowResult
from ledger.exchange.records import MADE_BY_US
from ledger.exchange.writing import Write, written

SHOWN = 20
"""Mistakes that are printed; all of them are in the file."""


def said(problem: RowResult) -> Iterator[str]:
    """Each mistake as a line: file, sheet, row, column, what is wrong, what to write."""
    where = f"{problem.file}{f' [{problem.sheet}]' if problem.sheet else ''}"
    for one in problem.mistakes:
        column = f", {one.column}" if one.column else ""
        advice = f"; {one.advice}" if one.advice else ""
        yield f"{where}: row {problem.row.number}{column}: {one.what}{advice}"


@contextmanager
def mending(file: Path | None) -> Iterator[Callable[[RowResult], None]]:
    """Gives what keeps rows with a mistake. The first one makes the file: none means all is well.

    Sheets with other headings get files of their own, numbered.
    """
    opened: dict[tuple[str, ...], Write] = {}
    with ExitStack() as files:

        def keep(problem: RowResult) -> None:
            if file is None or not problem.mistakes:
                return
            heads = problem.headings
            if heads not in opened:
                name = file if not opened else file.with_stem(f"{file.stem}-{len(opened) + 1}")
                own = [one for one in heads if one not in MADE_BY_US]
                opened[heads] = files.enter_context(
                    written(name, problem.sheet or "rows", (*own, *MADE_BY_US), private=True)
                )
            cells = [
                "" if (one := problem.row.cells.get(head)) is None else str(one)
                for head in heads
                if head not in MADE_BY_US
            ]
            what = "; ".join(
                f"{one.column}: {one.what}" if one.column else one.what for one in problem.mistakes
            )
            advice = "; ".join(one.advice for one in problem.mistakes if one.advice)
            opened[heads]([*cells, what, advice, str(problem.row.number)])

        yield keep
