"""Who is where in a policy's ranking at a moment, and how do they come to know? As reported facts.

What rankings say of a moment is no part of how people stand at that moment. So the same moment
gives the same list, whether or not it, or another one, was recorded in between.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from ledger.clock import SECOND, from_micros
from ledger.core.fold import Report
from ledger.core.intake import Arrival
from ledger.core.own_events import event_id
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.errors import LedgerError
from ledger.policy import (
    Entrant,
    EvaluationError,
    MissingSetting,
    Placed,
    enter,
    list_people,
)
from ledger.policy.exact import show
from ledger.recording.recorder import DESK, Recorder
from ledger.volunteers.as_of import everybody
from schemas import FactReported
from schemas.envelope import MAX_WHOLE
from schemas.facts import ReportedFact

AT_ONCE = 1000
"""Facts that are recorded in one transaction."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A ranking's list at a moment (s), group by group, the best first.

    `recorded`: what was recorded of this list before, by volunteer.
    """

    ranking: str
    at: int
    policy: PolicyText
    people: Sequence[Placed]
    recorded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def differing(self) -> list[str]:
        """Of whom something else was recorded than what is so by what is known today."""
        now = {one.who: attributes(self, one) for one in self.people if one.who in self.recorded}
        return sorted(who for who, said in self.recorded.items() if now.get(who) != said)


def rank(
    connection: Connection,
    rules: Rulebook,
    ranking: str,
    at: int,
    advance: Callable[[], None] = lambda: None,
) -> Ranked:
    """The list as of the end of the second `at`, by all that is known today. Only keys are kept.

    Raises LedgerError if the policy of that moment has no such ranking, if somebody can't be
    ranked, or if a setting is needed.
    """
    policy = rules.at(at)
    plan = policy.plan
    if ranking not in plan.rankings:
        known = ", ".join(plan.rankings) or "none"
        raise LedgerError(f"{policy.id} has no ranking {ranking!r}; its rankings: {known}")
    entrants: list[Entrant] = []
    recorded: dict[str, Mapping[str, Any]] = {}

    def of_this_moment(volunteer: str, one: Report) -> bool:
        return any(one.ident == f"{DESK}#{_ident(r, at, volunteer)}" for r in plan.rankings)

    try:
        for one in everybody(connection, rules, at, of_this_moment):
            own = f"{DESK}#{_ident(ranking, at, one.volunteer)}"
            for said in one.left_out:
                if said.ident == own:
                    recorded[one.volunteer] = _but_by(said.attributes)
            try:
                reader = rules.timeline.read(one.state, at)
            except EvaluationError as error:
                raise LedgerError(f"{one.volunteer}: {error}") from None
            entrant = enter(reader, ranking, one.volunteer, one.home)
            if entrant is not None:
                entrants.append(entrant)
            advance()
        people = list_people(plan, ranking, entrants, at)
    except (EvaluationError, MissingSetting) as error:
        raise LedgerError(str(error)) from None
    return Ranked(ranking, at, policy, people, recorded)


def attributes(ranked: Ranked, one: Placed) -> dict[str, Any]:
    """What is reported of a person."""
    said = ranked.policy.plan.rankings[ranked.ranking].attributes(one)
    return {name: _plain(value) for name, value in said.items()}


def record(
    recorder: Recorder, ranked: Ranked, by: str, advance: Callable[[int], None] = lambda _: None
) -> dict[str, int]:
    """Report the fact of each person, at the moment of the list; what became of them, as counts.

    What was recorded of this list before is a duplicate. Raises LedgerError if something else was:
    a list that was given out is not changed silently.
    """
    if ranked.differing:
        some = ", ".join(ranked.differing[:10])
        raise LedgerError(
            f"{ranked.ranking} was recorded of this moment before, and is different now for "
            f"{len(ranked.differing)} of them: {some}. What was recorded stands: correct it by "
            "facts that amend it, or record a later moment"
        )
    counts = Counter(read=len(ranked.people), duplicates=len(ranked.recorded))
    fresh = [one for one in ranked.people if one.who not in ranked.recorded]
    for first in range(0, len(fresh), AT_ONCE):
        part = fresh[first : first + AT_ONCE]
        told = recorder.record([_arrival(ranked, one, by) for one in part]).counts()
        counts.update({name: told[name] for name in ("applied", "duplicates", "rejected")})
        advance(len(part))
    return {name: counts[name] for name in ("read", "applied", "duplicates", "rejected")}


def _arrival(ranked: Ranked, one: Placed, by: str) -> Arrival:
    said = attributes(ranked, one)
    fact = FactReported(
        specversion="1.0",
        id=_ident(ranked.ranking, ranked.at, one.who),
        source=DESK,
        time=from_micros(ranked.at * SECOND, ranked.policy.zone),
        subject=one.who,
        data=ReportedFact(
            fact=ranked.policy.plan.rankings[ranked.ranking].fact, attributes={**said, BY: by}
        ),
    )
    return Arrival(fact.model_dump_json(exclude_none=True).encode(), DESK)


BY = "by"
"""The attribute that says who had the list recorded."""


def _but_by(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != BY}


def _ident(ranking: str, at: int, volunteer: str) -> str:
    return event_id("ranking", ranking, at, volunteer)


def _plain(value: Any) -> Any:
    """As an event can carry it: no fraction, and no number that a reader would round."""
    shown = show(value)
    if isinstance(shown, int) and abs(shown) > MAX_WHOLE:
        return str(shown)
    return shown
