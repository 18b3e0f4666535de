"""How did everybody stand at a moment? One after the other, by all that is known today.

Whoever has had nothing since is read as they were kept; only the others are folded anew.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, or_, select

from ledger.clock import SECOND
from ledger.core.entries import WALLETS
from ledger.core.fold import NEVER, Happening, History, Report
from ledger.core.rulebook import Rulebook
from ledger.policy import Home, State
from ledger.policy.facts import releases
from ledger.store import bulk
from ledger.store.tables import event, registration, volunteer_state
from ledger.store.unit_of_work import PERSONAL_TYPES, UnitOfWork
from ledger.volunteers.queries import folded, moment_of
from schemas import CloudEvent, ConductSuspected, ReviewDecided, SuspicionWithdrawn
from schemas.documents import event_type

AT_ONCE = 500
"""Volunteers whose states and histories are in memory at a time."""

_CONCERNS: tuple[type[CloudEvent], ...] = (ConductSuspected, SuspicionWithdrawn, ReviewDecided)

_TIMED = sorted({*PERSONAL_TYPES} - {event_type(one) for one in _CONCERNS})
"""What counts from its time on; the others hold of their visit, whenever they were said."""


class Stood(NamedTuple):
    """A volunteer's state as of the moment, and where they were registered then.

    `left_out`: the reported facts that it is without.
    """

    volunteer: str
    state: State
    home: Home
    left_out: Sequence[Report]


LeftOut = Callable[[str, Report], bool]
"""Whether a fact of a volunteer is left out of the state."""


def everybody(
    connection: Connection, rules: Rulebook, at: int, left_out: LeftOut
) -> Iterator[Stood]:
    """All to whom something had happened by the end of the second `at`, by id.

    A fact of that very second may be left out. Wallets of households and teams are nobody.
    """
    until = (at + 1) * SECOND - 1
    last = ""
    while True:
        query = select(volunteer_state).where(volunteer_state.c.volunteer > last)
        ordered = query.order_by(volunteer_state.c.volunteer).limit(AT_ONCE)
        rows = connection.execute(ordered).all()
        if not rows:
            return
        last = rows[-1].volunteer
        people = [row for row in rows if not row.volunteer.startswith(WALLETS)]
        yield from _some(connection, rules, at, until, people, left_out)


def _some(
    connection: Connection,
    rules: Rulebook,
    at: int,
    until: int,
    rows: Sequence[Row[Any]],
    left_out: LeftOut,
) -> Iterator[Stood]:
    names = [row.volunteer for row in rows]
    homes = _homes(connection, names, until)
    changed = _changed(connection, names, at)
    anew = [
        row.volunteer for row in rows if row.volunteer in changed or _is_past(rules, row, until)
    ]
    unit = UnitOfWork(connection)
    histories = unit.histories(rules, dict.fromkeys(anew), None) if anew else {}
    for row in rows:
        name = row.volunteer
        home = homes.get(name, Home())
        history = histories.get(name)
        if history is None:
            if row.facts or row.last_mark != NEVER:
                state = orjson.loads(row.standing) if row.standing else rules.timeline.start()
                yield Stood(name, state, home, ())
            continue
        without: list[Report] = []
        happened: list[Happening] = []
        for one in history.happenings:
            if isinstance(one, Report) and one.at == at and left_out(name, one):
                without.append(one)
            elif moment_of(one) <= until:
                happened.append(one)
        fold = folded(rules, name, History(happened), until)
        if without or fold.state.facts or fold.state.last_mark != NEVER:
            yield Stood(name, fold.standing, home, without)


def _changed(connection: Connection, names: Sequence[str], at: int) -> set[str]:
    """Whose standing rests on something of the second `at`, or of later."""
    query = select(event.c.subject).where(
        bulk.among(connection, event.c.subject, names),
        event.c.at >= at * SECOND,
        event.c.type.in_(_TIMED),
    )
    return set(connection.execute(query.distinct()).scalars())


def _is_past(rules: Rulebook, row: Row[Any], until: int) -> bool:
    """The kept state goes beyond the moment, or is not what it would be by then.

    So it is where a policy adopted since governs some of it, or a hold in it has ended.
    """
    standing = orjson.loads(row.standing) if row.standing else {}
    if row.last_mark > until or releases(standing, until // SECOND):
        return True
    return rules.overtakes(row.adopted, standing.get("t", NEVER))


def _homes(connection: Connection, names: Sequence[str], until: int) -> dict[str, Home]:
    own = registration.c
    query = select(own.volunteer, own.place, own.team).where(
        bulk.among(connection, own.volunteer, names),
        own.since <= until,
        or_(own.until.is_(None), own.until > until),
    )
    return {row.volunteer: Home(row.place, row.team) for row in connection.execute(query)}
