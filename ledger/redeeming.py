"""What is a till answered? Purchases, and holds with their confirmation or cancellation; refunds.

Pure. A redemption id is opened once, by a purchase or a hold; a hold is closed once, by a
confirmation or a cancellation, or lapses. Each answer is final: asked again, it is the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import orjson

from ledger.clock import SECOND
from ledger.entries import RedemptionDecision
from ledger.policy import (
    REFUND,
    Decision,
    EvaluationError,
    Fact,
    MissingSetting,
    Payment,
)
from ledger.rulebook import REDEMPTION, Rulebook

Command = Literal["redeem", "hold", "confirm", "cancel", "refund"]

REFUNDED = "redemptions.refund"
"""The rule by which a refund posts: it undoes what a request took."""

ID_USED = "redemption-id-used-for-another-purchase"


class RedemptionRequest(NamedTuple):
    """A till's request; `seq` and `at` (µs) are its event's.

    `points` is a decimal text, "" for all there is; `seconds` is how long a hold lasts; `refund` is
    the till's own id of a refund.
    """

    ident: str
    command: Command
    redemption: str
    merchant: str
    item: str
    points: str
    attributes: Mapping[str, Any]
    seconds: int
    refund: str
    seq: int
    at: int

    @property
    def step(self) -> str:
        """What a redemption can go through once: open, close, and each refund."""
        match self.command:
            case "redeem" | "hold":
                return "open"
            case "refund":
                return f"refund/{self.refund}"
            case _:
                return "close"


class Hold(NamedTuple):
    """Points set aside until `expires_at` (µs, when recorded); the order of the table's columns."""

    redemption: str
    volunteer: str
    merchant: str
    item: str
    asked: str
    attributes: str
    paid: str
    expires_at: int

    def amounts(self) -> dict[str, int]:
        """Units held, by currency."""
        held: dict[str, int] = defaultdict(int)
        for one in unpack(self.paid):
            held[one.currency] -= one.amount
        return held


class Verdict(NamedTuple):
    """What is decided: refused for `reason`, or what it moves. `opening` is what was bought."""

    reason: str | None
    paid: tuple[Payment, ...] = ()
    fact: Fact | None = None
    merchant: str = ""
    item: str = ""
    asked: str = ""
    expires_at: int | None = None
    again: RedemptionDecision | None = None


class Till:
    """Answers the requests about one volunteer. `now` (µs) is when the batch is recorded.

    `decided` finds the decisions on a redemption id that were made before, in order.
    """

    def __init__(
        self,
        rules: Rulebook,
        volunteer: str,
        holds: Iterable[Hold],
        decided: Callable[[str], Sequence[RedemptionDecision]],
        now: int,
    ) -> None:
        self._rules = rules
        self._volunteer = volunteer
        self._decided = decided
        self._answers: list[RedemptionDecision] = []
        self._now = now
        self.holds = {one.redemption: one for one in holds if one.expires_at > now}

    def held(self) -> dict[str, int]:
        """Units that are set aside, by currency."""
        held: dict[str, int] = defaultdict(int)
        for hold in self.holds.values():
            for currency, units in hold.amounts().items():
                held[currency] += units
        return held

    def judge(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        """Decide; holds change at once, the standing is only read."""
        own = [one for one in self._answers if one.redemption == request.redemption]
        before = [one for one in (*self._decided(request.redemption), *own) if not one.repeats]
        opening = next((one for one in before if one.step == "open"), None)
        same = next(
            (
                one
                for one in before
                if one.step == request.step and (one.step == "open" or one.status == "accepted")
            ),
            None,
        )
        if opening is not None and opening.volunteer != self._volunteer:
            return Verdict(ID_USED)
        if same is not None:
            return self._again(request, same)
        match request.command:
            case "redeem":
                return self._purchase(request, standing)
            case "hold":
                return self._hold(request, standing)
        if opening is None:
            return Verdict("no-such-redemption")
        if request.command == "refund":
            verdict = self._refund(request, before)
        elif opening.command != "hold" or opening.status != "accepted":
            verdict = Verdict("no-such-hold")
        elif request.command == "cancel":
            hold = self.holds.pop(request.redemption, None)
            verdict = Verdict(None, () if hold is None else unpack(hold.paid))
        else:
            verdict = self._confirm(request)
        return verdict._replace(
            merchant=opening.merchant, item=opening.item, asked=request.points or opening.asked
        )

    def _again(self, request: RedemptionRequest, first: RedemptionDecision) -> Verdict:
        """The same answer; another purchase under a used id is refused and changes nothing."""
        if first.command != request.command:
            closed = {"confirm": "already-confirmed", "cancel": "already-cancelled"}
            return Verdict(closed.get(first.command, ID_USED))
        if request.command in ("redeem", "hold"):
            asked = (request.merchant, request.item)
            if asked != (first.merchant, first.item) or not _same(request.points, first.asked):
                return Verdict(ID_USED)
        elif request.points and not _same(request.points, first.asked):
            return Verdict(ID_USED)
        return Verdict(
            first.reason,
            unpack(first.paid),
            None,
            first.merchant,
            first.item,
            first.asked,
            first.expires_at,
            first,
        )

    # Each command ----------------------------------------------------------------------------

    def _purchase(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        reason, paid = self._price(request, standing)
        fact = redemption_fact(request, reason is None, paid)
        return Verdict(
            reason, paid, self._known(fact), request.merchant, request.item, request.points
        )

    def _hold(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        reason, paid = self._price(request, standing)
        bought = (request.merchant, request.item, request.points)
        if reason is not None:
            fact = redemption_fact(request, False, ())
            return Verdict(reason, (), self._known(fact), *bought)
        expires_at = self._now + request.seconds * SECOND
        attributes = orjson.dumps(dict(request.attributes), option=orjson.OPT_SORT_KEYS).decode()
        self.holds[request.redemption] = Hold(
            request.redemption, self._volunteer, *bought, attributes, pack(paid), expires_at
        )
        return Verdict(None, paid, None, *bought, expires_at)

    def _price(
        self, request: RedemptionRequest, standing: dict[str, Any]
    ) -> tuple[str | None, tuple[Payment, ...]]:
        """Why the policy refuses, or None and what it takes."""
        fact = redemption_fact(request, None, None)
        plan = self._rules.timeline.plan_at(fact.at)
        try:
            decisions, paid = plan.decide(standing, plan.bind(fact), self.held())
        except MissingSetting as missing:
            return f"the setting {missing.key} is not decided: {missing.question}", ()
        except EvaluationError as error:
            return error.message, ()
        reason = _refusal(decisions)
        return reason, () if reason else paid

    def _confirm(self, request: RedemptionRequest) -> Verdict:
        hold = self.holds.get(request.redemption)
        if hold is None:
            return Verdict("hold-expired")
        paid = unpack(hold.paid)
        if request.points:
            wanted = self._units(request, paid)
            if wanted is None or wanted > -sum(one.amount for one in paid):
                return Verdict("more-than-held")
            paid = _part(paid, wanted)
        del self.holds[request.redemption]
        return Verdict(None, paid, self._known(confirmed_fact(request, hold, paid)))

    def _refund(self, request: RedemptionRequest, before: Sequence[RedemptionDecision]) -> Verdict:
        done = [one for one in before if one.status == "accepted"]
        spent = next((one for one in done if one.command in ("redeem", "confirm")), None)
        if spent is None:
            return Verdict("nothing-was-paid")
        left = _less(unpack(spent.paid), [unpack(r.paid) for r in done if r.command == "refund"])
        wanted = -sum(one.amount for one in left)
        if request.points:
            asked = self._units(request, left)
            if asked is None or asked > wanted:
                return Verdict("more-than-was-paid")
            wanted = asked
        if not wanted:
            return Verdict("nothing-was-paid")
        back = tuple(
            one._replace(amount=-one.amount, rule=REFUNDED)
            for one in _part(tuple(reversed(left)), wanted)
        )
        return Verdict(None, back, refund_fact(request, back))

    def _units(self, request: RedemptionRequest, paid: Sequence[Payment]) -> int | None:
        currency = paid[0].currency if paid else ""
        return self._rules.at(request.at // SECOND).units(request.points, currency)

    def _known(self, fact: Fact) -> Fact | None:
        """The fact, where the policy in force knows what a redemption is."""
        plan = self._rules.timeline.plan_at(fact.at)
        return fact if REDEMPTION in plan.words.types else None

    # The answer ------------------------------------------------------------------------------

    def answer(
        self, ident: int, request: RedemptionRequest, verdict: Verdict, standing: dict[str, Any]
    ) -> RedemptionDecision:
        """The row for a verdict, after what it moves was folded."""
        policy = self._rules.at(request.at // SECOND)
        currency = verdict.paid[0].currency if verdict.paid else policy.currency
        if verdict.paid:
            points = abs(sum(one.amount for one in verdict.paid))
        else:
            asked = verdict.asked or request.points
            points = (policy.units(asked, currency) or 0) if asked else 0
        again = verdict.again
        answer = RedemptionDecision(
            ident,
            request.command,
            request.redemption,
            request.step,
            request.seq,
            self._volunteer,
            verdict.merchant or request.merchant,
            verdict.item or request.item,
            currency,
            verdict.asked or request.points,
            points,
            pack(verdict.paid),
            "refused" if verdict.reason else "accepted",
            verdict.reason,
            standing.get(currency, 0) - self.held().get(currency, 0),
            verdict.expires_at,
            None if again is None else again.repeats or again.id,
        )
        self._answers.append(answer)
        return answer


# Facts ----------------------------------------------------------------------------------------


def redemption_fact(
    request: RedemptionRequest, decided: bool | None, paid: tuple[Payment, ...] | None
) -> Fact:
    """The fact that a purchase is."""
    attrs = {
        **request.attributes,
        "redemption": request.redemption,
        "merchant": request.merchant,
        "item": request.item,
        "points": request.points,
    }
    return Fact(request.ident, REDEMPTION, request.at // SECOND, None, attrs, decided, paid)


def confirmed_fact(request: RedemptionRequest, hold: Hold, paid: tuple[Payment, ...]) -> Fact:
    """The fact that a confirmed hold is: what was held for, at the time of the confirmation."""
    bought = request._replace(
        merchant=hold.merchant,
        item=hold.item,
        points=request.points or hold.asked,
        attributes=orjson.loads(hold.attributes),
    )
    return redemption_fact(bought, True, paid)


def refund_fact(request: RedemptionRequest, paid: tuple[Payment, ...]) -> Fact:
    """The fact that a refund is."""
    attrs = {"redemption": request.redemption}
    return Fact(request.ident, REFUND, request.at // SECOND, None, attrs, True, paid)


def settled_fact(
    request: RedemptionRequest,
    decision: RedemptionDecision,
    opening: RedemptionRequest | None,
    known: bool,
) -> Fact | None:
    """The fact that a request became by its decision, if it became one.

    `opening` is the request that held the points; `known`: the policy knows redemptions.
    """
    accepted = decision.status == "accepted"
    paid = unpack(decision.paid)
    match decision.command:
        case "refund":
            return refund_fact(request, paid) if accepted else None
        case _ if not known:
            return None
        case "redeem":
            return redemption_fact(request, accepted, paid)
        case "hold":
            return None if accepted else redemption_fact(request, False, ())
        case "confirm" if accepted:
            attributes = {} if opening is None else opening.attributes
            bought = request._replace(
                merchant=decision.merchant,
                item=decision.item,
                points=decision.asked,
                attributes=attributes,
            )
            return redemption_fact(bought, True, paid)
        case _:
            return None


# Payments -------------------------------------------------------------------------------------


def pack(paid: Iterable[Payment]) -> str:
    """Payments as JSON, without their clauses."""
    return orjson.dumps([tuple(one)[:4] for one in paid]).decode()


def unpack(text: str) -> tuple[Payment, ...]:
    """Payments from JSON."""
    return tuple(
        Payment(currency, amount, counter, rule, ())
        for currency, amount, counter, rule in orjson.loads(text)
    )


def _part(paid: Sequence[Payment], units: int) -> tuple[Payment, ...]:
    """The first `units` of payments, in their order."""
    part = []
    for one in paid:
        taken = min(units, -one.amount)
        if taken:
            part.append(one._replace(amount=-taken))
        units -= taken
    return tuple(part)


def _less(paid: Sequence[Payment], back: Sequence[Sequence[Payment]]) -> tuple[Payment, ...]:
    """What is left of payments after refunds."""
    returned: dict[tuple[str, str], int] = defaultdict(int)
    for refund in back:
        for one in refund:
            returned[one.currency, one.counter] += one.amount
    left = []
    for one in paid:
        off = min(-one.amount, returned[one.currency, one.counter])
        returned[one.currency, one.counter] -= off
        left.append(one._replace(amount=one.amount + off))
    return tuple(left)


def _same(one: str, other: str) -> bool:
    return one == other or (bool(one and other) and Decimal(one) == Decimal(other))


def _refusal(decisions: Sequence[Decision]) -> str | None:
    """Why a request is refused, each reason once; None if it is accepted."""
    if not decisions:
        return "no rule of the policy allows this"
    reasons = [
        refusal.reason or refusal.rule
        for decision in decisions
        if not decision.accepted
        for refusal in decision.refusals
    ]
    return "; ".join(dict.fromkeys(reasons)) or None
