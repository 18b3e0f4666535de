"""Is a visit held for review, void, or judged as usual? Pure: suspicions and rulings in.

The answer follows from which suspicions stand and from what was decided, in whatever order they
became known: a ruling may come before the suspicion, and before the visit itself. What a claim puts
under review (`CLAIMED`) is no event of its own: it follows from the marks.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import orjson

from ledger.clock import from_micros
from ledger.core.attendance import Claimed, Mark, claims

CLAIMED = "claimed"
"""The rule that holds a visit which only a claim closes, whatever the policy."""

REVIEW_AWAITED = "review"
"""What an hour record awaits whose visit is held."""


class Suspicion(NamedTuple):
    """The ledger suspects the visit `of` under a safeguard, or (`stands` False) no longer does.

    `evidence` is JSON; `at` (µs) is when it was found. The latest by `seq` is what holds.
    """

    of: str
    rule: str
    stands: bool
    evidence: str
    at: int
    seq: int


class Ruling(NamedTuple):
    """A person's decision about the visit `of`; `rule` "" means every safeguard.

    `at` (µs) is when it was decided, `ident` is `<source>#<id>` of its event.
    """

    of: str
    rule: str
    decision: Literal["count", "void"]
    reason: str
    by: str
    at: int
    ident: str
    seq: int


Concern = Suspicion | Ruling
"""What concerns a visit and is no fact of its own."""


class Verdict(NamedTuple):
    """A visit is held under `rule` or, where there is a `ruling`, void by it."""

    rule: str
    ruling: Ruling | None


State = Literal["open", "counted", "void", "withdrawn"]


class Case(NamedTuple):
    """One suspicion of one visit, for the queue; the order of the columns of `review_case`.

    `evidence` is JSON; `opened_at`, `withdrawn_at` and `decided_at` are in µs.
    """

    id: str
    volunteer: str
    visit: str
    rule: str
    evidence: str
    opened_at: int
    withdrawn_at: int | None
    decision: Literal["count", "void"] | None
    reason: str | None
    decided_by: str | None
    decided_at: int | None

    @property
    def state(self) -> State:
        """Open: somebody has to decide. A decision outlasts the suspicion, but of a claim not."""
        if self.rule == CLAIMED and self.withdrawn_at is not None:
            return "withdrawn"
        if self.decision is not None:
            return "void" if self.decision == "void" else "counted"
        return "open" if self.withdrawn_at is None else "withdrawn"


def verdicts(concerns: Iterable[Concern]) -> dict[str, Verdict]:
    """The visits that are not judged as usual.

    A visit is held until each suspicion that stands is decided, and void if one decision says so.
    A person's decision outlasts the suspicion: void under a safeguard that finds nothing any more
    is still void, until somebody decides otherwise. What was decided of a claim ends with it: the
    real check-out came.
    """
    suspected, ruled = _by_visit(concerns)
    found: dict[str, Verdict] = {}
    for of in suspected.keys() | ruled.keys():
        rulings = ruled.get(of, ())
        standing = {rule for rule, raised in suspected.get(of, {}).items() if raised[-1].stands}
        rules = standing | {one.rule for one in rulings if one.rule not in ("", CLAIMED)} or {""}
        decided = {rule: ruling_on(rule, rulings) for rule in sorted(rules)}
        void = [
            Verdict(rule, one)
            for rule, one in decided.items()
            if one is not None and one.decision == "void"
        ]
        held = [Verdict(rule, None) for rule in decided if rule in standing and not decided[rule]]
        if void or held:
            found[of] = (void or held)[0]
    return found


def questioned(marks: Iterable[Mark]) -> list[Suspicion]:
    """What claims put under review, and what check-outs withdrew from it since."""
    return [one for found in claims(marks) for one in _raised(found)]


def _raised(found: Claimed) -> Iterator[Suspicion]:
    came, mark, out = found
    claim = mark.claim
    assert claim is not None
    zone = datetime.fromisoformat(claim.ended_at).tzinfo
    of = f"{came.source}#{came.event_id}"
    said = {
        "activity": came.activity,
        "place": came.place,
        "started_at": from_micros(came.at, zone or UTC).isoformat(),
        "ended_at": claim.ended_at,
        "reason": claim.reason,
        "by": claim.by,
        "claim": f"{mark.source}#{mark.event_id}",
    }
    evidence = orjson.dumps({key: value for key, value in said.items() if value is not None})
    yield Suspicion(of, CLAIMED, True, evidence.decode(), claim.made_at, mark.seq)
    if out is not None:  # by the events' own times: the same whichever came in first
        at, seq = max(out.at, claim.made_at), max(out.seq, mark.seq)
        yield Suspicion(of, CLAIMED, False, "{}", at, seq)


def cases(volunteer: str, concerns: Iterable[Concern]) -> list[Case]:
    """Every suspicion that there ever was about a volunteer's visits, with its decision."""
    suspected, ruled = _by_visit(concerns)
    return sorted(
        _case(volunteer, raised, ruling_on(rule, ruled.get(of, ())))
        for of, by_rule in suspected.items()
        for rule, raised in by_rule.items()
    )


def _case(volunteer: str, raised: Sequence[Suspicion], ruling: Ruling | None) -> Case:
    found = [one for one in raised if one.stands][-1]
    last = raised[-1]
    return Case(
        case_id(found.of, found.rule),
        volunteer,
        found.of,
        found.rule,
        found.evidence,
        found.at,
        None if last.stands else last.at,
        None if ruling is None else ruling.decision,
        None if ruling is None else ruling.reason,
        None if ruling is None else ruling.by,
        None if ruling is None else ruling.at,
    )


def ruling_on(rule: str, rulings: Sequence[Ruling]) -> Ruling | None:
    """The decision that stands about a visit under a safeguard: the latest that is about it."""
    return max(
        (one for one in rulings if one.rule in ("", rule)),
        key=lambda one: (one.at, one.ident),
        default=None,
    )


def case_id(of: str, rule: str) -> str:
    """A case's name, the same wherever the log is replayed."""
    return hashlib.sha256(f"{rule}\0{of}".encode()).hexdigest()[:16]


def _by_visit(
    concerns: Iterable[Concern],
) -> tuple[dict[str, dict[str, list[Suspicion]]], dict[str, list[Ruling]]]:
    """By visit: the suspicions under each safeguard as they came, and the rulings."""
    suspected: dict[str, dict[str, list[Suspicion]]] = defaultdict(lambda: defaultdict(list))
    ruled: dict[str, list[Ruling]] = defaultdict(list)
    for one in sorted(concerns, key=lambda concern: concern.seq):
        if isinstance(one, Suspicion):
            suspected[one.of][one.rule].append(one)
        else:
            ruled[one.of].append(one)
    return suspected, ruled
