"""How is a simulation run? Read, pair, fold in two processes, compare."""

import io
import multiprocessing
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from os import cpu_count

import polars as pl

from ledger.clock import now_micros
from ledger.core.rulebook import Rulebook

from .folding import Chunk, Folded, fold_chunk, prepare, texts_of
from .history import Source, Tell, read_history, read_people, read_spending
from .result import Result, Side, compare

VOLUNTEERS = 4000
"""Volunteers in a chunk, about."""

Draft = Rulebook


def simulate(url: str, today: Rulebook, draft: Rulebook, tell: Tell) -> Result:
    """Fold the history of the ledger at `url` under both; the ledger is only read.

    What both have in common is history, not money: redemptions stand as they are and are told as
    spending. Where this process has the ledger open, it takes `simulate_apart` instead. Raises
    LedgerError if the database can't be read.
    """
    source = Source(url)
    now = now_micros() // 1_000_000
    visits, facts = read_history(source, tell)
    chunks = list(_chunks(visits, facts, now))
    del visits
    folded: list[Folded] = []
    if chunks:
        tell("folding", 0, len(chunks))
        with ProcessPoolExecutor(
            min(cpu_count() or 1, len(chunks)),
            multiprocessing.get_context("spawn"),
            prepare,
            (texts_of(today), texts_of(draft)),
        ) as pool:
            for number, one in enumerate(pool.map(fold_chunk, chunks), 1):
                folded.append(one)
                tell("folding", number, len(chunks))
    tell("comparing", 0, 1)
    people = (
        pl.DataFrame(
            {
                "volunteer": [name for one in folded for name in one.volunteers],
                **{
                    f"{what}_{side}": [
                        value for one in folded for value in getattr(one.sides[n], what)
                    ]
                    for n, side in enumerate(("today", "draft"))
                    for what in ("seconds", "points", "level")
                },
            },
            schema={
                "volunteer": pl.String,
                **{
                    f"{what}_{side}": pl.Int64
                    for side in ("today", "draft")
                    for what in ("seconds", "points", "level")
                },
            },
        )
        .join(read_people(source), on="volunteer", how="left")
        .sort("volunteer")
    )
    return compare(
        people,
        sum(one.visits for one in folded),
        (_side(today, folded, 0, now), _side(draft, folded, 1, now)),
        read_spending(source),
        now,
    )


def _side(rules: Rulebook, folded: list[Folded], number: int, now: int) -> Side:
    issued: Counter[int] = Counter()
    unjudged: dict[str, tuple[int, int]] = {}
    for one in folded:
        issued.update(one.sides[number].issued)
        for reason, (facts, volunteers) in one.sides[number].unjudged.items():
            known = unjudged.get(reason, (0, 0))
            unjudged[reason] = (known[0] + facts, known[1] + volunteers)
    return Side(rules.at(now), issued, unjudged)


def _chunks(visits: pl.DataFrame, facts: pl.DataFrame, now: int) -> Iterator[Chunk]:
    """Whole volunteers, each in one chunk only."""
    people = visits["person"]
    top = -1 if not len(people) else int(people[-1])
    seen = visits.select("subject", "person").unique()
    known = facts.join(seen, on="subject", how="left")
    own = visits.drop("person")
    for start in range(0, top + 1, VOLUNTEERS):
        low = people.search_sorted(start, side="left")
        high = people.search_sorted(start + VOLUNTEERS, side="left")
        inside = known.filter(pl.col("person").is_between(start, start + VOLUNTEERS - 1))
        yield Chunk(_packed(own.slice(low, high - low)), _packed(inside.drop("person")), now)
    strangers = known.filter(pl.col("person").is_null()).drop("person")
    if strangers.height:
        yield Chunk(_packed(own.clear()), _packed(strangers), now)


def _packed(frame: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    frame.write_ipc_stream(target)
    return target.getvalue()
