"""Who is nominated for which honour 评先树优, does the policy bear it out, what was decided?"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any, Literal, NamedTuple

import orjson
from sqlalchemy import Connection, or_, select

from ledger.centre.benefits.claims import claims
from ledger.centre.honours.life import Honour, bad_days, why_not
from ledger.centre.projects.library import project_names
from ledger.clock import CHINA, SECOND, from_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.finding import meant
from ledger.recording.recorder import Recorder
from ledger.saying import said as fit
from ledger.statistics.areas import inside
from ledger.store.registered import registered_names
from ledger.store.tables import honour
from ledger.volunteers.queries import summary
from schemas import CloudEvent
from schemas.honours import (
    Conferral,
    HonourConferred,
    HonourDecided,
    HonourNominated,
    HonourPublished,
    HonourRevocation,
    HonourRevoked,
    Nomination,
    Publication,
    Verdict,
)

DESK = "desk/honours"

Names = Mapping[tuple[str, str], str]

Act = Literal["decided", "published", "conferred", "revoked"]

_EVENTS: Mapping[Act, tuple[type[CloudEvent], Any]] = {
    "decided": (HonourDecided, Verdict),
    "published": (HonourPublished, Publication),
    "conferred": (HonourConferred, Conferral),
    "revoked": (HonourRevoked, HonourRevocation),
}


class Eligible(NamedTuple):
    """Whether the policy bears a nomination out; `says` None: it says nothing of it."""

    says: bool | None
    because: str
    clauses: tuple[str, ...] = ()


def eligible(connection: Connection, rules: Rulebook, said: Nomination, now: int) -> Eligible:
    """What the policy says of it now. Raises LedgerError if it knows no such grant or level."""
    if said.rests_on is None:
        return Eligible(None, "the nomination rests on nothing in the policy")
    if said.nominee_kind != "volunteer":
        raise LedgerError("rests_on: the policy judges volunteers only; leave it out")
    policy = rules.at(now // SECOND)
    ladder, slash, level = said.rests_on.partition("/")
    if slash:
        keys = [str(key) for key in policy.plan.levels.get(ladder, ())]
        if level not in keys[1:]:
            known = ", ".join(f"{one}/…" for one in policy.plan.levels) or "none"
            raise LedgerError(
                f"rests_on: {policy.id} has no level {said.rests_on}: its ladders are {known}"
            )
        found = summary(connection, rules, said.nominee, now)
        held = found.levels.get(ladder) if found else None
        reached = (
            level in map(str, held)
            if isinstance(held, list)
            else str(held) in keys and keys.index(str(held)) >= keys.index(level)
        )
        rule, because = f"ladders.{ladder}.{level}", f"{ladder}: {held or 'none'}"
    else:
        if said.rests_on not in policy.plan.doc.grants:
            known = ", ".join(policy.plan.doc.grants) or "none"
            raise LedgerError(
                f"rests_on: {policy.id} grants no {said.rests_on}: its grants are {known}"
            )
        own = claims(connection, rules, said.nominee, now).entitlements
        granted = sum(one.claim.lot.amount for one in own if one.claim.lot.benefit == said.rests_on)
        reached = granted > 0
        rule, because = f"grants.{said.rests_on}", f"{said.rests_on}: {granted} granted"
    clauses = [policy.clause(key) for key in policy.plan.clauses_of(rule)]
    return Eligible(reached, because, tuple(one for one in clauses if one))


def nominate(recorder: Recorder, ident: str, said: Nomination) -> Eligible:
    """Record a nomination, once for `ident`. Raises LedgerError if the policy speaks against it."""
    now = recorder.now()
    with recorder.database.read() as connection:
        known = find_honour(connection, ident)
        if known is not None and known.state != "unknown":
            raise LedgerError(f"there is a nomination {ident} already: {known.honour}")
        kind = said.nominee_kind
        if kind in ("volunteer", "team", "place", "activity") and not registered_names(
            connection, kind, [said.nominee]
        ):
            raise LedgerError(f"nominee: no {kind} {said.nominee} is registered")
        found = eligible(connection, recorder.rules_by(connection), said, now)
    if found.says is False:
        clauses = "; ".join(f"「{one}」" for one in found.clauses)
        raise LedgerError(
            f"{said.nominee} has not reached {said.rests_on} ({found.because}) {clauses}".strip()
        )
    _record(recorder, HonourNominated, ident, f"nominate/{ident}"[:128], now, said)
    return found


def act(recorder: Recorder, ident: str, step: Act, **values: Any) -> None:
    """Record the next step of a nomination. Raises LedgerError if it is not its turn."""
    kind, model = _EVENTS[step]
    now = recorder.now()
    today = from_micros(now, CHINA).date().isoformat()
    with recorder.database.read() as connection:
        known = find_honour(connection, ident)
    if known is None:
        raise LedgerError(f"there is no nomination {ident}: `vledger honours` lists them")
    why = why_not(known.state, known.published_until, step, today)
    if why:
        raise LedgerError(f"{ident}: {why}")
    data = fit(model, **values)
    if isinstance(data, Publication) and (bad := bad_days(data.since, data.until)):
        raise LedgerError(bad)
    _record(recorder, kind, ident, f"{step}/{now}/{ident}"[:128], now, data)


def next_steps(one: Honour, now: int) -> list[Act]:
    """The steps whose turn it is at now (µs)."""
    today = from_micros(now, CHINA).date().isoformat()
    return [step for step in _EVENTS if not why_not(one.state, one.published_until, step, today)]


def find_honour(connection: Connection, ident: str) -> Honour | None:
    """The nomination of this id."""
    row = connection.execute(select(honour).where(honour.c.nomination == ident)).first()
    return None if row is None else Honour._make(row)


def list_honours(
    connection: Connection,
    *,
    state: str = "",
    place: str = "",
    nominee: str = "",
    text: str = "",
    published_before: str = "",
    after: str = "",
    limit: int | None = None,
) -> Sequence[Honour]:
    """Nominations by id; `published_before`: those whose publication was over before that day.

    `text`: part of what the honour is called, or how the nomination's or nominee's id begins.
    """
    own = honour.c
    query = select(honour).where(own.nomination > after)
    if state:
        query = query.where(own.state == state)
    if place:
        query = query.where(inside(connection, own.place, place))
    if nominee:
        query = query.where(own.nominee == nominee)
    if text:
        said = own.nominee.istartswith(text, autoescape=True)
        query = query.where(or_(meant(text, own.nomination, own.honour), said))
    if published_before:
        query = query.where(own.state == "published", own.published_until < published_before)
    rows = connection.execute(query.order_by(own.nomination).limit(limit))
    return [Honour._make(row) for row in rows]


def names_of(connection: Connection, several: Sequence[Honour]) -> Names:
    """What the nominees and places of these nominations are called, by kind and id."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for one in several:
        wanted[one.nominee_kind].add(one.nominee)
        wanted["place"].add(one.place)
    projects = wanted.pop("project", set())
    found = {
        (kind, ident): name
        for kind, idents in wanted.items()
        for ident, name in registered_names(connection, kind, idents).items()
    }
    named = project_names(connection, projects).items()
    return found | {("project", ident): name for ident, name in named}


def to_json(one: Honour) -> dict[str, Any]:
    """A nomination for programs."""

    def told(at: int | None) -> str | None:
        return None if at is None else from_micros(at, CHINA).isoformat()

    steps = [{**step, "at": told(step["at"])} for step in orjson.loads(one.steps)]
    return {
        **one._asdict(),
        "nominated_at": told(one.nominated_at),
        "conferred_at": told(one.conferred_at),
        "steps": steps,
    }


def _record(
    recorder: Recorder, kind: type[CloudEvent], subject: str, ident: str, at: int, data: Any
) -> None:
    event = kind.model_validate(
        {
            "specversion": "1.0",
            "id": ident,
            "source": DESK,
            "time": from_micros(at, UTC),
            "subject": subject,
            "data": data,
        }
    )
    content = event.model_dump_json(exclude_none=True).encode()
    receipt = recorder.record([Arrival(content, DESK)])
    if receipt.rejects:
        raise LedgerError(receipt.rejects[0].detail)
