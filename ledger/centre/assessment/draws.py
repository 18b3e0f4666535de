"""Who is looked at in a spot check 省级抽查, and who reviews whom 市级互查? Drawn by hashes.

Nobody has to trust whoever draws: with the list, the seed and the SHA-256 of any program the same
comes out again. What was drawn is an event, and the first one under an id stands.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from ledger.centre.assessment.folds import DrawRow
from ledger.centre.assessment.ground import Ground
from ledger.centre.places.tree import closed_on, tree
from ledger.clock import SECOND
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.recording.desk import send
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import inside
from ledger.store.tables import assessment_draw
from schemas.assessment import AssessmentDrawn

MOST = 1000
"""Places that can be drawn at once."""


class Again(NamedTuple):
    """A draw made again: is the list still the recorded one, and does the same come out of it?"""

    draw: DrawRow
    listed: int
    digest: str
    drawn: tuple[str, ...]

    @property
    def same_list(self) -> bool:
        return self.digest == self.draw.digest and self.listed == self.draw.listed

    @property
    def same_outcome(self) -> bool:
        return list(self.drawn) == drawn_of(self.draw)


def drawn_of(row: DrawRow) -> list[str]:
    """The ids that were drawn, in the order drawn."""
    found: list[str] = orjson.loads(row.drawn)
    return found


def list_digest(idents: Iterable[str]) -> str:
    """SHA-256 of the ids in their order, each with a newline: `sha256sum` of the list as a file."""
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(idents)).encode()).hexdigest()


def ranked(idents: Iterable[str], seed: str) -> list[str]:
    """The ids in the order of the SHA-256 of the seed, a newline and the id."""

    def rank(ident: str) -> tuple[str, str]:
        return hashlib.sha256(f"{seed}\n{ident}".encode()).hexdigest(), ident

    return sorted(set(idents), key=rank)


def circle(drawn: Sequence[str]) -> list[tuple[str, str]]:
    """(reviewer, reviewed): each looks at the next one, the last at the first."""
    if len(drawn) < 2:
        return []
    return list(zip(drawn, [*drawn[1:], drawn[0]], strict=True))


def places_of(
    connection: Connection, rules: Rulebook, now: int, area: str, kind: str, day: date
) -> list[str]:
    """All places of a kind in an area, as they were at the end of a day, by id."""
    clock = rules.at(now // SECOND).plan.clock
    ground = Ground(tree(connection, day, clock, area), closed_on(connection, day), area)
    return sorted(one.place for one in ground.spots.values() if one.level == kind)


def draw(
    recorder: Recorder,
    ident: str,
    *,
    stage: str,
    year: int,
    area: str,
    of: str,
    day: date,
    seed: str,
    size: int | None,
    by: str,
) -> DrawRow:
    """Draw, and record it; without `size` all are drawn. Raises LedgerError."""
    now = recorder.now()
    with recorder.database.read() as connection:
        _unused(connection, ident)
        rules = recorder.rules_by(connection)
        if day > rules.at(now // SECOND).plan.clock.date(now // SECOND):
            raise LedgerError(f"{day} is not over: nobody knows yet which places there will be")
        listed = places_of(connection, rules, now, area, of, day)
    if not listed:
        raise LedgerError(f"there is no {of} in {area} on {day}: nothing can be drawn")
    wanted = len(listed) if size is None else size
    if not 1 <= wanted <= min(len(listed), MOST):
        raise LedgerError(
            f"size {wanted}: there are {len(listed)} to draw from, and at most {MOST} can be drawn"
        )
    if stage == "cross-review" and wanted < 2:
        raise LedgerError("a cross-review takes two places or more, so that nobody reviews itself")
    data: dict[str, Any] = {
        "stage": stage,
        "year": year,
        "area": area,
        "of": of,
        "as_of": day.isoformat(),
        "listed": len(listed),
        "digest": list_digest(listed),
        "seed": seed,
        "size": wanted,
        "drawn": ranked(listed, seed)[:wanted],
        "by": by,
    }
    send(recorder, AssessmentDrawn, ident, data, exact=True)
    with recorder.database.read() as connection:
        return find_draw(connection, ident)


def draw_again(connection: Connection, rules: Rulebook, now: int, ident: str) -> Again:
    """Draw a recorded draw once more, from the places as the ledger knows them today."""
    found = find_draw(connection, ident)
    day = date.fromisoformat(found.as_of)
    listed = places_of(connection, rules, now, found.place, found.of, day)
    again = tuple(ranked(listed, found.seed)[: found.size])
    return Again(found, len(listed), list_digest(listed), again)


def find_draw(connection: Connection, ident: str) -> DrawRow:
    """Raises LedgerError if there is none."""
    query = select(assessment_draw).where(assessment_draw.c.draw == ident)
    row = connection.execute(query).first()
    if row is None:
        raise LedgerError(f"there is no draw {ident}: `vledger assess draws` lists them")
    return DrawRow._make(row)


def draws_in(connection: Connection, area: str = "", year: int | None = None) -> list[DrawRow]:
    """The draws from places of an area ("": all), the newest first."""
    column = assessment_draw.c
    query = select(assessment_draw).where(inside(connection, column.place, area))
    if year is not None:
        query = query.where(column.year == year)
    rows = connection.execute(query.order_by(column.drawn_at.desc(), column.draw))
    return [DrawRow._make(row) for row in rows]


def _unused(connection: Connection, ident: str) -> None:
    query = select(assessment_draw.c.draw).where(assessment_draw.c.draw == ident)
    if connection.execute(query).first() is not None:
        raise LedgerError(f"{ident} was drawn already: a draw stands, take another id for another")


def draw_json(one: DrawRow) -> dict[str, Any]:
    """A draw with who was drawn, and in a cross-review who reviews whom."""
    drawn = drawn_of(one)
    told = {**one._asdict(), "drawn": drawn}
    if one.stage == "cross-review":
        told["pairs"] = [{"reviewer": who, "reviewed": whom} for who, whom in circle(drawn)]
    return told


def again_json(again: Again) -> dict[str, Any]:
    """A draw made again, and whether it is the same."""
    return {
        "draw": draw_json(again.draw),
        "listed": again.listed,
        "digest": again.digest,
        "drawn": list(again.drawn),
        "same_list": again.same_list,
        "same_outcome": again.same_outcome,
    }
