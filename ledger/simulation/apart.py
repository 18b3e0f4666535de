"""How does a process that has the ledger open have a simulation run? In a process of its own.

The simulation reads SQLite by a library of its own. Were it to close the file in a process that
writes to the ledger, that process would lose its locks on it (POSIX drops all locks of a process
on a file when any of its handles is closed): another process could then take the write-ahead log
away, and what is written after that would be lost.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from typing import Any

from ledger.core.rulebook import Rulebook

from .folding import Texts, rules_from, texts_of
from .run import simulate


def simulate_apart(
    url: str, today: Rulebook, draft: Rulebook, point_value: Decimal | None
) -> dict[str, Any]:
    """As `simulate`; what it says, as JSON has it. Raises LedgerError."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_told, url, texts_of(today), texts_of(draft), point_value).result()


def _told(url: str, today: Texts, draft: Texts, point_value: Decimal | None) -> dict[str, Any]:
    result = simulate(url, rules_from(today), rules_from(draft), lambda *_: None)
    return result.to_json(point_value)
