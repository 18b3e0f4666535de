"""How many have which star, by place, and who are they? `/v1/stars`."""

from collections.abc import Sequence
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.api.paging import Asked
from ledger.api.problems import Kind, Problem
from ledger.api.shapes import Page, StarredShown, StarTableShown
from ledger.api.who import Asks
from ledger.errors import LedgerError
from ledger.statistics.stars import level_names, position_of, star_table, starred

router = APIRouter(prefix="/v1/stars", tags=["stars"])


Place = Annotated[str, Query(max_length=64, description="With all below it; absent: everywhere")]


@router.get("")
def table(asks: Asks, place: Place = "") -> StarTableShown:
    """How many have which star."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        plan = recorder.policy_by(connection).plan
        said = star_table(connection, plan, place).to_json()
    return StarTableShown.model_validate({**said, "levels": list(level_names(plan))})


@router.get("/volunteers")
def people(
    asks: Asks,
    part: Asked,
    level: Annotated[
        str, Query(alias="from", min_length=1, description="This level or a higher one")
    ],
    place: Place = "",
) -> Page[StarredShown]:
    """Who has a level or a higher one, by place and id."""
    recorder = asks.serving.reader
    after = part.texts
    if after is not None and len(after) != 2:
        raise Problem(Kind.INVALID, "after: take it from `next` of an answer")
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        names = level_names(recorder.policy_by(connection).plan)
        start = (after[0], after[1]) if after else None
        found = starred(connection, place, level_asked(names, level), start)
        rows = list(islice(found, part.limit + 1))
    return part.page(
        rows,
        lambda row: StarredShown(
            volunteer=row.volunteer,
            place=row.place,
            star=names[row.star] if row.star < len(names) else str(row.star),
        ),
        lambda row: [row.place, row.volunteer],
    )


def level_asked(names: Sequence[str], level: str) -> int:
    """Its position on the ladder. Raises Problem if the ladder has no such level."""
    try:
        return position_of(names, level)
    except LedgerError as error:
        raise Problem(Kind.INVALID, f"from: {error}") from None
