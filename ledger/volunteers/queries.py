"""How many hours, which star and how many points does a volunteer have, now or at a past time?"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, Row, select

from ledger.clock import SECOND
from ledger.core.conduct import Ruling, Suspicion
from ledger.core.entries import Journal
from ledger.core.fold import (
    NEVER,
    Answered,
    Happening,
    History,
    Report,
    VolunteerFold,
    VolunteerState,
)
from ledger.core.redeeming import Hold
from ledger.core.rulebook import Rulebook
from ledger.store import bulk
from ledger.store.registered import registered_names
from ledger.store.tables import hold, volunteer_state
from ledger.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Purse:
    """What a volunteer has of one currency, as decimal texts."""

    balance: str
    held: str
    available: str
    expiring: tuple[tuple[str, str], ...] = ()
    """(last usable day, amount), where points expire; the first to expire first."""
    debt: str = ""
    """What is owed (欠分); "" for nothing. With an account of its own it is not in `balance`."""

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "balance": self.balance,
            "held": self.held,
            "available": self.available,
        }
        if self.expiring:
            found["expiring"] = [{"on": day, "amount": amount} for day, amount in self.expiring]
        if self.debt:
            found["debt"] = self.debt
        return found


@dataclass(frozen=True, slots=True)
class VolunteerSummary:
    """`seconds` counted, the `star` (None, a number or a name, as the policy calls its levels).

    `points` is the currency that is meant where none is named; `currencies` and `levels` are all
    of them, by the policy's names.
    """

    volunteer: str
    seconds: int
    star: Any
    points: Purse
    currencies: Mapping[str, Purse] = field(default_factory=dict)
    levels: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The line that `vledger volunteer --json` and `vledger dump` print."""
        found: dict[str, Any] = {
            "volunteer": self.volunteer,
            "seconds": self.seconds,
            "star": self.star,
            "points": self.points.to_json(),
        }
        if len(self.currencies) > 1:
            found["currencies"] = {name: one.to_json() for name, one in self.currencies.items()}
        if len(self.levels) > 1:
            found["levels"] = dict(self.levels)
        return found


def summary(
    connection: Connection, rules: Rulebook, volunteer: str, now: int
) -> VolunteerSummary | None:
    """The volunteer's standing at `now` (µs): nothing yet for one who is only registered.

    None for one that the ledger has never seen.
    """
    query = select(volunteer_state).where(volunteer_state.c.volunteer == volunteer)
    row = connection.execute(query).one_or_none()
    if row is None:
        known = volunteer in registered_names(connection, "volunteer", [volunteer])
        return newcomer(rules, volunteer, now) if known else None
    return _summary(rules, row, now, _held(connection, now, hold.c.volunteer == volunteer))


def newcomer(rules: Rulebook, volunteer: str, now: int) -> VolunteerSummary:
    """The standing at `now` (µs) of somebody to whom nothing has happened yet."""
    return _read(rules, volunteer, rules.timeline.start(), now // SECOND, {})


def summaries(
    connection: Connection, rules: Rulebook, now: int, volunteers: Collection[str] | None = None
) -> Iterator[VolunteerSummary]:
    """Standings at `now` (µs), by id in the order of code points: everybody's, or of some."""
    query = select(volunteer_state).order_by(volunteer_state.c.volunteer)
    conditions: list[ColumnElement[bool]] = []
    if volunteers is not None:
        query = query.where(bulk.among(connection, volunteer_state.c.volunteer, volunteers))
        conditions.append(bulk.among(connection, hold.c.volunteer, volunteers))
    held = _held(connection, now, *conditions)
    for row in connection.execute(query.execution_options(yield_per=2000)):
        yield _summary(rules, row, now, held)


def summary_as_of(
    connection: Connection, rules: Rulebook, volunteer: str, at: int
) -> VolunteerSummary | None:
    """The standing at `at` (µs), by all that is known today of what was true until then.

    Everything is folded anew from what happened up to that instant, so that an event which arrived
    late counts at the time when it happened.
    """
    if summary(connection, rules, volunteer, at) is None:
        return None
    return standing_of(rules, volunteer, happened(connection, rules, volunteer, at), at)


def happened(connection: Connection, rules: Rulebook, volunteer: str, until: int) -> History:
    """What had happened to a volunteer by `until` (µs), without any entry."""
    history = UnitOfWork(connection).history(rules, volunteer)
    return History([one for one in history.happenings if moment_of(one) <= until])


def standing_of(rules: Rulebook, volunteer: str, history: History, at: int) -> VolunteerSummary:
    """The standing that a history gives."""
    standing = folded(rules, volunteer, history, at).standing
    return _read(rules, volunteer, standing, at // SECOND, {})


def folded(rules: Rulebook, volunteer: str, history: History, at: int) -> VolunteerFold:
    """A history, folded as of `at` (µs): holds that ended by then are over."""
    blank, next_id = VolunteerState(volunteer), count(1).__next__
    fold = VolunteerFold(rules, blank, next_id, Journal(), history=history)
    fold.refold(horizon=at // SECOND)
    return fold


def moment_of(one: Happening) -> int:
    """From when on (µs) something counts."""
    if isinstance(one, Suspicion | Ruling):
        return NEVER  # it holds of its visit, whenever it was found or decided
    if isinstance(one, Answered):
        return one.fact.at * SECOND
    return one.at * SECOND if isinstance(one, Report) else one.at


Held = Mapping[tuple[str, str], int]
"""Units set aside, by (volunteer, currency)."""


def _held(connection: Connection, now: int, *conditions: ColumnElement[bool]) -> Held:
    held: dict[tuple[str, str], int] = defaultdict(int)
    for row in connection.execute(select(hold).where(hold.c.expires_at > now, *conditions)):
        one = Hold._make(row)
        for currency, units in one.amounts().items():
            held[one.volunteer, currency] += units
    return held


def _summary(rules: Rulebook, row: Row[Any], now: int, held: Held) -> VolunteerSummary:
    standing = orjson.loads(row.standing) if row.standing else rules.timeline.start()
    return _read(rules, row.volunteer, standing, now // SECOND, held)


def _read(
    rules: Rulebook, volunteer: str, standing: dict[str, Any], at: int, held: Held
) -> VolunteerSummary:
    """What a state says at a moment (s). What an open setting leaves undecided is read as kept."""
    last = standing.get("t", NEVER)
    policy = rules.at(max(at, last))
    plan = policy.plan
    levels: dict[str, Any] = {}
    if not plan.steady or rules.at(last) is not policy:
        standing = rules.timeline.read(standing, max(at, last)).context.state
    for name, keys in plan.levels.items():
        level = standing.get(name, 0)
        levels[name] = [keys[n] for n in level] if isinstance(level, list) else keys[level]
    purses = {}
    for currency in plan.doc.currencies:
        balance, aside = standing.get(currency, 0), held.get((volunteer, currency), 0)
        told = [policy.amount(units, currency) for units in (balance, aside, balance - aside)]
        lots = plan.lots(standing, currency)
        expiring = tuple((day, policy.amount(units, currency)) for day, units in lots)
        owed = plan.owed(standing, currency)
        debt = policy.amount(owed, currency) if owed else ""
        purses[currency] = Purse(told[0], told[1], told[2], expiring, debt)
    return VolunteerSummary(
        volunteer,
        standing.get(plan.track, 0),
        levels[plan.star] if plan.star else 0,
        purses.get(policy.currency) or Purse("0", "0", "0"),
        purses,
        levels,
    )
