"""Which stars do the people on a list have?"""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection

from ledger.core.rulebook import Rulebook
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.tables import roster
from ledger.volunteers.queries import VolunteerSummary, summaries

State = Literal["known", "unknown", "elsewhere"]


class OnList(NamedTuple):
    """One of a list; `standing` is None of somebody who has done nothing yet.

    `unknown`: nobody has that id. `elsewhere`: they belong to where the reader may not look.
    """

    volunteer: str
    state: State
    name: str = ""
    place: str = ""
    place_name: str = ""
    standing: VolunteerSummary | None = None


def stars_of(
    connection: Connection,
    rules: Rulebook,
    volunteers: Sequence[str],
    now: int,
    may_read: Callable[[str], bool],
) -> list[OnList]:
    """Each of the list, in its order; `may_read` says whether of people of a place ("": none)."""
    homes: Mapping[str, str] = {
        row.volunteer: row.place
        for row in bulk.rows_of(connection, roster, (roster.c.volunteer,), volunteers)
    }
    standings = {one.volunteer: one for one in summaries(connection, rules, now, volunteers)}
    names = registered_names(connection, "volunteer", homes)
    places = registered_names(connection, "place", set(homes.values()))
    allowed = {place: may_read(place) for place in {*homes.values(), ""}}

    def one(ident: str) -> OnList:
        home = homes.get(ident, "")
        if ident not in homes and ident not in standings:
            return OnList(ident, "unknown" if allowed[""] else "elsewhere")
        if not allowed[home]:
            return OnList(ident, "elsewhere")
        return OnList(
            ident, "known", names.get(ident, ""), home, places.get(home, ""), standings.get(ident)
        )

    return [one(ident) for ident in volunteers]
