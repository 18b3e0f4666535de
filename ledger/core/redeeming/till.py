"""What is a till or an app answered? Purchases, holds, refunds, allowances, vouchers, transfers.

Pure. A redemption id is opened once, by a purchase, a hold, an allowance or a transfer; a hold is
closed once, by a confirmation or a cancellation, or lapses. Each answer is final: asked again, it
is the same.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from ledger.clock import SECOND
from ledger.core.entries import FUND, MERCHANT, WALLETS, Booking, RedemptionDecision
from ledger.core.redeeming.payments import fen, less, pack, part, same, total, unpack
from ledger.core.redeeming.requests import (
    Hold,
    RedemptionRequest,
    Voucher,
    redemption_fact,
    refund_fact,
    transfer_fact,
)
from ledger.core.redeeming.shop import Bought, Offer, Shop
from ledger.core.rulebook import PolicyText, Rulebook
from ledger.policy import (
    Decision,
    EvaluationError,
    Fact,
    MissingSetting,
    Payment,
    Plan,
    lots_taken,
)
from schemas.catalogue import Item
from schemas.own import Receipt
from schemas.redemption import SETTLE_WITHIN

REFUNDED = "redemptions.refund"
"""The rule by which a refund posts: it undoes what a request took."""

ID_USED = "redemption-id-used-for-another-purchase"

OFFLINE = "offline-allowance"
"""What a policy is told that an allowance is for."""

SUSPENSE = "suspense"
"""Where points are between a giver and a receiver: it is empty again in the same transaction."""


class Gift(NamedTuple):
    """Points that have left a wallet for the wallet `to`, at `at` (µs), with their lots."""

    to: str
    at: int
    receipt: Receipt


class Verdict(NamedTuple):
    """What is decided: refused for `reason`, or what it moves.

    `told` is what the policy was told (JSON). `books` are entries that touch no wallet.
    """

    reason: str | None
    paid: tuple[Payment, ...] = ()
    fact: Fact | None = None
    merchant: str = ""
    item: str = ""
    asked: str = ""
    quantity: int = 1
    told: str = "{}"
    fund: str = ""
    cost: int = 0
    expires_at: int | None = None
    allowance: str = ""
    voucher: str = ""
    books: tuple[Booking, ...] = ()
    to: str = ""
    again: RedemptionDecision | None = None


class Till:
    """Answers the requests about one wallet, at the shop as the batch has it.

    `decided` finds the decisions on a redemption id that were made before, in order.
    """

    def __init__(
        self,
        rules: Rulebook,
        volunteer: str,
        holds: Iterable[Hold],
        decided: Callable[[str], Sequence[RedemptionDecision]],
        shop: Shop,
    ) -> None:
        self._rules = rules
        self._volunteer = volunteer
        self._decided = decided
        self._answers: list[RedemptionDecision] = []
        self._shop = shop
        self.holds = {one.redemption: one for one in holds if one.expires_at > shop.now}
        self.gifts: list[Gift] = []

    def held(self, but: str = "") -> dict[str, int]:
        """Units that are set aside, by currency; what is held under the id `but` is left out."""
        held: dict[str, int] = defaultdict(int)
        for hold in self.holds.values():
            if hold.redemption != but:
                for currency, units in hold.amounts().items():
                    held[currency] += units
        return held

    def judge(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        """Decide; holds and the shop change at once, the standing is only read."""
        if request.command == "allow":
            request = request._replace(item=OFFLINE)
        elif request.command == "transfer":
            request = request._replace(merchant=request.to)
        voucher = self._shop.vouchers.get(request.voucher)
        if request.command in ("use", "lapse"):
            request = request._replace(redemption=voucher.redemption if voucher else "")
        own = [one for one in self._answers if one.redemption == request.redemption]
        before = [one for one in (*self._decided(request.redemption), *own) if not one.repeats]
        opening = next((one for one in before if one.step == "open"), None)
        same_step = next(
            (
                one
                for one in before
                if one.step == request.step and (one.step == "open" or one.status == "accepted")
            ),
            None,
        )
        if request.command in ("use", "lapse"):
            return self._end_voucher(request, voucher, same_step)
        if opening is not None and opening.volunteer != self._volunteer:
            return Verdict(ID_USED)
        if same_step is not None:
            return _again(request, same_step)
        barred = None
        if request.command in ("redeem", "hold", "allow", "transfer"):
            barred = self._shop.barred(self._volunteer, request.by)
        if barred is not None:
            return self._refused(request, barred)
        match request.command:
            case "redeem":
                return self._purchase(request, standing)
            case "hold":
                return self._hold(request, standing)
            case "allow":
                return self._allow(request, standing)
            case "transfer":
                return self._transfer(request, standing)
        if opening is None:
            return Verdict("no-such-redemption")
        if request.command == "refund":
            verdict = self._refund(request, before)
        elif opening.command not in ("hold", "allow") or opening.status != "accepted":
            verdict = Verdict("no-such-hold")
        elif request.command == "cancel":
            verdict = self._cancel(request)
        else:
            verdict = self._confirm(request)
        return verdict._replace(
            merchant=opening.merchant,
            item=opening.item,
            asked=request.points or opening.asked,
            quantity=opening.quantity,
            told=opening.attributes,
        )

    # Buying -----------------------------------------------------------------------------------

    def _purchase(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        allowance = self.holds.get(request.allowance) if request.allowance else None
        if allowance is not None and (allowance.kind, allowance.merchant) != (
            "allow",
            request.merchant,
        ):
            allowance = None
        if allowance is not None and request.at <= allowance.spend_until:
            drawn = self._draw(request, allowance)
            if drawn is not None:
                return drawn
        besides = allowance.redemption if allowance is not None else ""
        request, offer, reason, paid = self._price(request, standing, besides)
        cost = 0
        if offer is not None and reason is None:
            if offer.item is not None and offer.item.kind == "voucher":
                waits = f"voucher:{request.item}"
                paid = tuple(one._replace(counter=waits) for one in paid)
            cost = self._cost(request, offer, paid)
            freed = allowance.cost if allowance is not None else 0
            reason = self._shop.uncovered(offer, max(0, cost - freed), self._day(request))
        if reason is not None or offer is None:
            if request.allowance:
                reason = f"{reason}; the shop bears what goes beyond its allowance"
            return self._refused(request, reason or "")
        if allowance is not None:
            self._use_up(allowance, total(paid))
        return self._sold(request, offer.fund, offer.place, paid, cost, offer.item)

    def _draw(self, request: RedemptionRequest, allowance: Hold) -> Verdict | None:
        """A sale out of an allowance is honoured, whatever is the case now; None if beyond it."""
        held = unpack(allowance.paid)
        if not request.points:
            offer = self._shop.offer(request, self._volunteer, {}, self._plan(request))
            if not isinstance(offer, Offer):
                return None
            request = request._replace(points=offer.points)
        units = self._units(request, held)
        if units is None or units > total(held):
            return None
        paid = part(held, units)
        cost = min(allowance.cost, fen(request.points, self._value(allowance.fund)))
        self._use_up(allowance, units)
        place = self._shop.merchants[request.merchant].place if allowance.fund else None
        sold = self._sold(request, allowance.fund, place or "", paid, cost)
        return sold._replace(allowance=allowance.redemption)

    def _use_up(self, allowance: Hold, units: int) -> None:
        held = unpack(allowance.paid)
        left = less(held, [one._replace(amount=-one.amount) for one in part(held, units)])
        rest = total(left)
        kept = allowance.cost * rest // total(held) if total(held) else 0
        self._shop.let_go(allowance, 0, allowance.cost - kept)
        if rest:
            paid = pack(one for one in left if one.amount)
            self.holds[allowance.redemption] = allowance._replace(paid=paid, cost=kept)
        else:
            del self.holds[allowance.redemption]

    def _hold(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        request, offer, reason, paid = self._price(request, standing)
        cost = 0
        if offer is not None and reason is None:
            if offer.item is not None and offer.item.kind == "voucher":
                return self._refused(request, "a-voucher-is-bought-at-once")
            cost = self._cost(request, offer, paid)
            reason = self._shop.uncovered(offer, cost, self._day(request))
        if offer is None or reason is not None:
            return self._refused(request, reason or "")
        until = self._shop.now + request.seconds * SECOND
        return self._set_aside(request, offer, paid, cost, until, until)

    def _allow(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        offer = self._shop.paid_by(request)
        if not isinstance(offer, Offer):
            return self._refused(request, offer)
        reason, paid = self._decide(request, standing, self.held())
        cost = self._cost(request, offer, paid)
        reason = reason or self._shop.uncovered(offer, cost, self._day(request))
        if reason is not None:
            return self._refused(request, reason)
        until = self._shop.now + request.seconds * SECOND
        kept_until = until + SETTLE_WITHIN * SECOND
        return self._set_aside(request, offer, paid, cost, until, kept_until)

    def _set_aside(
        self, request: RedemptionRequest, offer: Offer, paid: tuple[Payment, ...], cost: int,
        until: int, kept_until: int,
    ) -> Verdict:  # fmt: skip
        told = _json(request.attributes)
        self._shop.set_aside_for(request, offer, cost)
        if request.command == "hold":
            self._note(request)
        self.holds[request.redemption] = Hold(
            request.redemption,
            self._volunteer,
            request.command,
            request.merchant,
            request.item,
            request.quantity,
            request.points,
            told,
            pack(paid),
            offer.fund,
            offer.place,
            cost,
            until,
            kept_until,
        )
        return self._verdict(request, paid=paid, fund=offer.fund, cost=cost, expires_at=until)

    def _confirm(self, request: RedemptionRequest) -> Verdict:
        hold = self.holds.get(request.redemption)
        if hold is None:
            return Verdict("hold-expired")
        if hold.kind == "allow":
            return Verdict("an-allowance-is-spent-by-purchases")
        paid = unpack(hold.paid)
        cost = hold.cost
        if request.points:
            wanted = self._units(request, paid)
            if wanted is None or wanted > total(paid):
                return Verdict("more-than-held")
            cost = hold.cost * wanted // total(paid)
            paid = part(paid, wanted)
        self._let_go(hold)
        told = request._replace(
            merchant=hold.merchant,
            item=hold.item,
            quantity=hold.quantity,
            points=request.points or hold.asked,
            attributes=orjson.loads(hold.attributes),
        )
        merchant = self._shop.merchants.get(hold.merchant)
        place = merchant.place if merchant is not None else None
        return self._sold(told, hold.fund, place or "", paid, cost)

    def _cancel(self, request: RedemptionRequest) -> Verdict:
        hold = self.holds.get(request.redemption)
        if hold is None:
            return Verdict(None)
        self._let_go(hold)
        if hold.kind == "hold":
            self._shop.forget_bought(self._volunteer, hold.item, hold.redemption)
        return Verdict(None, unpack(hold.paid))

    def _let_go(self, hold: Hold) -> None:
        self._shop.let_go(hold, hold.quantity, hold.cost)
        del self.holds[hold.redemption]

    def _sold(
        self,
        request: RedemptionRequest,
        fund: str,
        place: str,
        paid: tuple[Payment, ...],
        cost: int,
        item: Item | None = None,
    ) -> Verdict:
        """A purchase or a confirmed hold: goods and money change hands, or a voucher for `item`."""
        shop = self._shop
        shop.sell(request.item, request.quantity)
        if request.command == "redeem":
            self._note(request)
        code, money_to, expires_at = "", f"{MERCHANT}{request.merchant}", None
        if item is not None and item.kind == "voucher":
            voucher = shop.issue(
                request, self._volunteer, item, pack(paid), fund, cost, self._plan(request)
            )
            code, money_to, expires_at = voucher.code, voucher.account, voucher.expires_at
        books = shop.pay(fund, place, money_to, cost, request, self._plan(request))
        fact = self._known(redemption_fact(request, True, paid))
        return self._verdict(
            request, paid=paid, fact=fact, fund=fund, cost=cost, voucher=code,
            expires_at=expires_at, books=tuple(books),
        )  # fmt: skip

    # Giving back ------------------------------------------------------------------------------

    def _refund(self, request: RedemptionRequest, before: Sequence[RedemptionDecision]) -> Verdict:
        done = [one for one in before if one.status == "accepted"]
        spent = next((one for one in done if one.command in ("redeem", "confirm")), None)
        if spent is None:
            return Verdict("nothing-was-paid")
        voucher = self._shop.vouchers.get(spent.voucher)
        if voucher is not None and voucher.ended:
            return Verdict(f"voucher-{voucher.ended}")
        returned = [one for one in done if one.command == "refund"]
        left = less(unpack(spent.paid), [one for r in returned for one in unpack(r.paid)])
        wanted = total(left)
        if request.points:
            asked = self._units(request, left)
            if asked is None or asked > wanted:
                return Verdict("more-than-was-paid")
            wanted = asked
        if not wanted:
            return Verdict("nothing-was-paid")
        if voucher is not None and wanted < total(left):
            return Verdict("a-voucher-is-given-back-whole")
        back = tuple(
            one._replace(amount=-one.amount, rule=REFUNDED)
            for one in part(tuple(reversed(left)), wanted)
        )
        owed = spent.cost - sum(one.cost for one in returned)
        cost = 0 if self._shop.is_refused(spent.redemption) else owed * wanted // total(left)
        source = f"{MERCHANT}{spent.merchant}"
        if voucher is not None:
            self._shop.end_voucher(voucher, "refunded")
            source = voucher.account
        merchant = self._shop.merchants.get(spent.merchant)
        place = merchant.place if merchant is not None else None
        books = self._shop.pay(spent.fund, place or "", source, -cost, request, self._plan(request))
        if wanted == total(left):
            self._shop.forget_bought(self._volunteer, spent.item, spent.redemption)
        if request.restock and spent.item in self._shop.stock:
            self._shop.restock(spent.item, min(request.restock, spent.quantity))
        fact = refund_fact(request, back)
        return Verdict(None, back, fact, fund=spent.fund, cost=cost, books=tuple(books))

    # Vouchers ---------------------------------------------------------------------------------

    def _end_voucher(
        self,
        request: RedemptionRequest,
        voucher: Voucher | None,
        same_step: RedemptionDecision | None,
    ) -> Verdict:
        if voucher is None or voucher.volunteer != self._volunteer:
            return Verdict("no-such-voucher")
        if same_step is not None:
            return _again(request, same_step)
        paid = unpack(voucher.paid)
        sums = {one.currency: -one.amount for one in paid}
        verdict = self._verdict(
            request._replace(item=voucher.item), paid=paid, fund=voucher.fund,
            cost=voucher.cost, voucher=voucher.code,
        )  # fmt: skip
        if voucher.ended:
            return verdict._replace(reason=f"voucher-{voucher.ended}", paid=(), cost=0)
        if request.command == "lapse":
            self._shop.end_voucher(voucher, "lapsed")
            fund = f"{FUND}{voucher.fund}"
            books = self._shop.release(voucher, "lapse", "expiry", fund, request, sums)
            return verdict._replace(books=tuple(books))
        if self._shop.now >= voucher.expires_at:
            return verdict._replace(reason="voucher-expired", paid=(), cost=0)
        self._shop.end_voucher(voucher, "used")
        shop = f"{MERCHANT}{request.merchant}"
        books = self._shop.release(voucher, "voucher", shop, shop, request, sums)
        return verdict._replace(books=tuple(books))

    # Giving away ------------------------------------------------------------------------------

    def _transfer(self, request: RedemptionRequest, standing: dict[str, Any]) -> Verdict:
        to = request.to
        request = request._replace(
            attributes={
                **request.attributes,
                "kind": _kind_of(to),
                "family": self._shop.related(self._volunteer, to, request.household),
            },
        )
        reason = self._unfit(to)
        paid: tuple[Payment, ...] = ()
        if reason is None:
            reason, paid = self._decide(request, standing, self.held())
        if reason is not None:
            return self._refused(request, reason)
        if to.startswith(FUND):
            paid = tuple(one._replace(counter=to) for one in paid)
        else:
            paid = tuple(one._replace(counter=f"{SUSPENSE}:{one.currency}") for one in paid)
        fact = self._known(transfer_fact(request, True, paid))
        receiver = "" if to.startswith(FUND) else to
        return self._verdict(request, paid=paid, fact=fact, to=receiver)

    def _unfit(self, to: str) -> str | None:
        """Why nothing can be given to this wallet."""
        if to == self._volunteer:
            return "to-oneself"
        if to.startswith(FUND) and to.removeprefix(FUND) not in self._shop.funds:
            return "no-such-fund"
        registered: Mapping[str, Any] = (
            self._shop.households if to.startswith(WALLETS[0]) else self._shop.teams
        )
        if to.startswith(WALLETS) and to.partition(":")[2] not in registered:
            return "no-such-wallet"
        return None

    # Deciding ---------------------------------------------------------------------------------

    def _price(
        self, request: RedemptionRequest, standing: dict[str, Any], besides: str = ""
    ) -> tuple[RedemptionRequest, Offer | None, str | None, tuple[Payment, ...]]:
        """The request as the catalogue completes it; why it is refused, or what it takes."""
        offer = self._shop.offer(request, self._volunteer, standing, self._plan(request))
        if not isinstance(offer, Offer):
            return request, None, offer, ()
        request = request._replace(
            points=offer.points, attributes={**request.attributes, **offer.attributes}
        )
        reason, paid = self._decide(request, standing, self.held(besides))
        return request, offer, reason, paid

    def _decide(
        self, request: RedemptionRequest, standing: dict[str, Any], held: Mapping[str, int]
    ) -> tuple[str | None, tuple[Payment, ...]]:
        """Why the policy refuses, or None and what it takes."""
        fact = _fact_of(request, None, None)._replace(at=request.at // SECOND)
        plan = self._plan(request)
        try:
            decisions, paid = plan.decide(standing, plan.bind(fact), held)
        except MissingSetting as missing:
            return f"the setting {missing.key} is not decided: {missing.question}", ()
        except EvaluationError as error:
            return error.message, ()
        reason = _refusal(decisions)
        return reason, () if reason else paid

    def _hand_over(
        self, request: RedemptionRequest, verdict: Verdict, standing: Mapping[str, Any]
    ) -> None:
        """What a transfer took goes to the receiver, in the lots that it was taken from."""
        for one in verdict.paid:
            receipt = Receipt(
                transfer=request.redemption,
                giver=self._volunteer,
                currency=one.currency,
                units=-one.amount,
                lots=lots_taken(standing, request.redemption, one.currency),
            )
            self.gifts.append(Gift(verdict.to, request.at, receipt))

    def _refused(self, request: RedemptionRequest, reason: str) -> Verdict:
        fact = self._known(_fact_of(request, False, ()))
        return self._verdict(request, reason=reason, fact=fact)

    def _verdict(self, request: RedemptionRequest, **said: Any) -> Verdict:
        """A verdict about what the request asks for."""
        return Verdict(
            **{
                "reason": None,
                "merchant": request.merchant,
                "item": request.item,
                "asked": request.points,
                "quantity": request.quantity,
                "told": _json(request.attributes),
                **said,
            }
        )

    def _note(self, request: RedemptionRequest) -> None:
        day = self._day(request).isoformat()
        bought = Bought(request.redemption, day, request.quantity)
        self._shop.note_bought(self._volunteer, request.item, bought)

    def _cost(self, request: RedemptionRequest, offer: Offer, paid: Sequence[Payment]) -> int:
        policy = self._policy(request)
        units = -sum(one.amount for one in paid if one.currency == policy.currency)
        return self._shop.cost(offer, policy.amount(units, policy.currency))

    def _value(self, fund: str) -> str:
        return self._shop.funds[fund].point_value if fund in self._shop.funds else "0"

    def _units(self, request: RedemptionRequest, paid: Sequence[Payment]) -> int | None:
        currency = paid[0].currency if paid else ""
        return self._policy(request).units(request.points, currency)

    def _policy(self, request: RedemptionRequest) -> PolicyText:
        return self._rules.at(request.at // SECOND)

    def _plan(self, request: RedemptionRequest) -> Plan:
        return self._rules.timeline.plan_at(request.at // SECOND)

    def _day(self, request: RedemptionRequest) -> Any:
        return self._plan(request).clock.date(request.at // SECOND)

    def _known(self, fact: Fact) -> Fact | None:
        """The fact, where the policy in force knows what it is."""
        plan = self._rules.timeline.plan_at(fact.at)
        return fact if fact.type in plan.words.types else None

    # The answer -------------------------------------------------------------------------------

    def answer(
        self, ident: int, request: RedemptionRequest, verdict: Verdict, standing: dict[str, Any]
    ) -> RedemptionDecision:
        """The row for a verdict, after what it moves was folded."""
        policy = self._policy(request)
        plan = policy.plan
        if not plan.steady:
            standing = plan.read(standing, request.counts_at).context.state
        currency = verdict.paid[0].currency if verdict.paid else policy.currency
        if verdict.paid:
            points = abs(sum(one.amount for one in verdict.paid))
        else:
            asked = verdict.asked or request.points
            points = (policy.units(asked, currency) or 0) if asked else 0
        if verdict.to:
            self._hand_over(request, verdict, standing)
        again = verdict.again
        known = self._shop.vouchers.get(request.voucher)
        answer = RedemptionDecision(
            ident,
            request.command,
            known.redemption if known is not None else request.redemption or request.voucher,
            request.step,
            request.seq,
            request.counts_at * SECOND,
            self._volunteer,
            verdict.merchant or request.merchant or request.to,
            verdict.item or request.item,
            verdict.quantity,
            currency,
            verdict.asked or request.points,
            points,
            pack(verdict.paid),
            verdict.told,
            verdict.fund,
            verdict.cost,
            verdict.allowance,
            verdict.voucher,
            "refused" if verdict.reason else "accepted",
            verdict.reason,
            standing.get(currency, 0) - self.held().get(currency, 0),
            verdict.expires_at,
            None if again is None else again.repeats or again.id,
        )
        self._answers.append(answer)
        return answer


def _again(request: RedemptionRequest, first: RedemptionDecision) -> Verdict:
    """The same answer; another purchase under a used id is refused and changes nothing."""
    if first.command != request.command:
        closed = {"confirm": "already-confirmed", "cancel": "already-cancelled"}
        return Verdict(closed.get(first.command, ID_USED))
    if request.command in ("redeem", "hold", "allow", "transfer"):
        asked = (request.merchant, request.item, request.quantity)
        if asked != (first.merchant, first.item, first.quantity):
            return Verdict(ID_USED)
    if request.points and not same(request.points, first.asked):
        return Verdict(ID_USED)
    return Verdict(
        first.reason,
        unpack(first.paid),
        None,
        first.merchant,
        first.item,
        first.asked,
        first.quantity,
        first.attributes,
        first.fund,
        first.cost,
        first.expires_at,
        first.allowance,
        first.voucher,
        again=first,
    )


def _fact_of(
    request: RedemptionRequest, decided: bool | None, paid: tuple[Payment, ...] | None
) -> Fact:
    make = transfer_fact if request.command == "transfer" else redemption_fact
    return make(request, decided, paid)


def _kind_of(to: str) -> str:
    kind, colon, _ = to.partition(":")
    prefix = kind + colon
    return kind if prefix in WALLETS or prefix == FUND else "volunteer"


def _json(attributes: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(attributes), option=orjson.OPT_SORT_KEYS).decode()


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
