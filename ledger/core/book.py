"""How does what a policy says of a fact become rows of the ledger?"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ledger.clock import SECOND
from ledger.core.conduct import REVIEW_AWAITED, Verdict
from ledger.core.entries import (
    HourRecord,
    Judgement,
    JudgementKind,
    LevelChange,
    PointsEntry,
    account,
    debt_account,
)
from ledger.core.rulebook import REDEMPTION, PolicyText
from ledger.policy import (
    DEBT,
    Decision,
    EvaluationError,
    Fact,
    HourEntry,
    MissingSetting,
    Plan,
    Posting,
    to_json,
)
from ledger.policy import Entry as PolicyEntry
from ledger.policy import LevelChange as PolicyLevelChange
from ledger.policy.context import Context

Row = HourRecord | PointsEntry | LevelChange | Judgement


class Origin(NamedTuple):
    """The events (`seq`) that a fact rests on, and where it happened."""

    check_in: int | None
    check_out: int | None
    activity: str
    place: str


NOTHING = Origin(None, None, "", "")
"""What follows from the passing of time rests on no event."""


def book(
    volunteer: str,
    c: Context,
    fact: Fact,
    origin: Origin,
    policy: PolicyText,
    next_id: Callable[[], int],
) -> list[Row]:
    """The rows for what a fact led to (`c.out`), in order."""
    rows: list[Row] = []
    digest = policy.digest
    until = fact.at if fact.end is None else fact.end
    for entry in c.out:
        own = entry.fact == fact.id or entry.fact.startswith(f"{fact.id}#")
        source = origin if own else NOTHING
        at = until if own else entry.at
        match entry:
            case HourEntry():
                _, start, track, seconds, status, rule, _, awaits = entry
                rows.append(
                    HourRecord(
                        next_id(),
                        volunteer,
                        track,
                        source.activity,
                        source.place,
                        start,
                        max(start, at),
                        seconds,
                        "pending" if status == "pending" else "counted",
                        awaits,
                        source.check_in,
                        source.check_out,
                        f"hours.{rule}",
                        digest,
                    )
                )
            case Posting():
                _, _, currency, amount, counter, rule, _ = entry
                rows.append(
                    PointsEntry(
                        next_id(),
                        volunteer,
                        currency,
                        amount,
                        debt_account(volunteer) if counter == DEBT else account(counter, currency),
                        source.check_in,
                        at * SECOND,
                        rule if "." in rule else f"points.{rule}",
                        digest,
                    )
                )
            case PolicyLevelChange():
                rows.append(_level_change(next_id(), volunteer, c, entry, source, at, policy))
            case Decision() if fact.type == REDEMPTION:
                pass  # the answer to the till says it
            case _:
                rows.append(_judgement(next_id(), volunteer, entry, source, at, digest))
    return rows


def _level_change(
    ident: int,
    volunteer: str,
    c: Context,
    entry: PolicyLevelChange,
    origin: Origin,
    at: int,
    policy: PolicyText,
) -> LevelChange:
    plan = policy.plan
    because = to_json(entry)["because"]
    return LevelChange(
        ident,
        volunteer,
        entry.ladder,
        position(plan, entry.ladder, entry.old),
        position(plan, entry.ladder, entry.new),
        c.state.get(plan.track, 0),
        at * SECOND,
        origin.check_in if origin.check_out is None else origin.check_out,
        orjson.dumps(because, option=orjson.OPT_SORT_KEYS).decode(),
        entry.rule,
        policy.digest,
    )


def position(plan: Plan, ladder: str, level: Any) -> int:
    """A level's place on its ladder, from 1; 0 for none."""
    return next(
        (n for n, key in enumerate(plan.doc.ladders[ladder].levels, 1) if key == str(level)), 0
    )


_KINDS: Mapping[str, JudgementKind] = {
    "Grant": "grant",
    "Refusal": "refusal",
    "Decision": "decision",
    "StatusChange": "status",
    "Answer": "answer",
}


def _judgement(
    ident: int, volunteer: str, entry: PolicyEntry, origin: Origin, at: int, digest: str
) -> Judgement:
    content = to_json(entry)
    kind = _KINDS[content.pop("kind")]
    name = str(content.pop("grant" if kind == "grant" else "name"))
    rule = str(content.pop("rule"))
    del content["at"]
    return Judgement(
        ident,
        volunteer,
        kind,
        name,
        origin.check_in,
        at * SECOND,
        orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode(),
        rule,
        digest,
    )


def unjudged(
    ident: int,
    volunteer: str,
    fact: Fact,
    origin: Origin,
    policy: PolicyText,
    error: EvaluationError | MissingSetting,
) -> Judgement:
    """A fact that nothing follows from, because the policy can't judge it."""
    content = {"fact": fact.id, "type": fact.type, "why": str(error)}
    missing = error.key if isinstance(error, MissingSetting) else ""
    at = fact.at if fact.end is None else fact.end
    return Judgement(
        ident,
        volunteer,
        "unjudged",
        missing,
        origin.check_in,
        at * SECOND,
        orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode(),
        error.rule if isinstance(error, EvaluationError) else f"settings.{error.key}",
        policy.digest,
    )


def set_aside(
    volunteer: str, fact: Fact, origin: Origin, policy: PolicyText, verdict: Verdict
) -> HourRecord | Judgement:
    """The one row of a visit that the policy is not given: it is held for review, or void."""
    until = max(fact.at, fact.at if fact.end is None else fact.end)
    ruling = verdict.ruling
    rule = f"safeguards.{verdict.rule}" if verdict.rule else "safeguards"
    if ruling is None:
        return HourRecord(
            0,
            volunteer,
            policy.plan.track,
            origin.activity,
            origin.place,
            fact.at,
            until,
            until - fact.at,
            "pending",
            REVIEW_AWAITED,
            origin.check_in,
            origin.check_out,
            rule,
            policy.digest,
        )
    content = {"fact": fact.id, "reason": ruling.reason, "by": ruling.by, "decision": ruling.ident}
    return Judgement(
        0,
        volunteer,
        "void",
        verdict.rule,
        origin.check_in,
        until * SECOND,
        orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode(),
        rule,
        policy.digest,
    )


def level_changes(
    volunteer: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    reached: Sequence[LevelChange],
    policy: PolicyText,
    ladders: Iterable[str],
) -> Iterator[LevelChange]:
    """From the levels that were held to those that are; `reached` are all changes of a refold."""
    for ladder in dict.fromkeys(ladders):
        for old, new in _moves(before.get(ladder, 0), after.get(ladder, 0)):
            evidence = next(
                (
                    one
                    for one in reversed(reached)
                    if one.ladder == ladder and one.to_level == new > 0
                ),
                None,
            )
            if evidence is not None:
                yield evidence._replace(from_level=old)
            else:
                yield LevelChange(
                    0,
                    volunteer,
                    ladder,
                    old,
                    new,
                    after.get(policy.plan.track, 0),
                    max(after.get("t", 0), 0) * SECOND,
                    None,
                    "{}",
                    f"ladders.{ladder}",
                    policy.digest,
                )


def _moves(before: Any, after: Any) -> list[tuple[int, int]]:
    if isinstance(before, list) or isinstance(after, list):
        had, has = set(before or ()), set(after or ())
        return [(old, 0) for old in sorted(had - has)] + [(0, new) for new in sorted(has - had)]
    return [] if before == after else [(before, after)]
