"""What would a points bank answer? An independent model: a few dictionaries and lists.

It shares no code with the ledger and knows only the words of the rules. Each wallet is a list of
what happened to it, which is played through from the start whenever somebody asks.
"""

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import NamedTuple

DAY = 86_400
ZONE = timezone(timedelta(hours=8))

# The rules of this bank: the machine writes the same into the policy and the catalogue.
EXPIRES_AFTER = 3
"""Months that a point can be used, from the day of the service on."""
GIVEN_AT_MOST = 6
"""Points that one wallet may give to strangers in a month."""
PRICES = {"RICE": 2, "CUT": 3}
"""Rice is stocked, a haircut is a voucher. What is not listed costs what the till says."""
RICE_AT_MOST = 4
"""Pieces for one wallet in a month."""
VOUCHER_DAYS = 30
POINT_VALUE = 35
"""Fen that the fund pays for a point at M01. M02 has no fund, and sells what is listed only."""
MEMBERS = ("V1", "V2")
"""Of the household H1."""
SETTLE = 7 * DAY
"""How long after an allowance's end the till can still bring what it sold."""
HOUSEHOLD = "household:H1"

ID_USED = "redemption-id-used-for-another-purchase"
BEYOND = "; the shop bears what goes beyond its allowance"


class Ask(NamedTuple):
    """A request; `at` in seconds. Of a voucher's use, `ident` is the purchase that it came from."""

    kind: str
    wallet: str
    ident: str = ""
    at: int = 0
    merchant: str = ""
    item: str = ""
    points: int | None = None
    quantity: int = 1
    by: str = ""
    allowance: str = ""
    seconds: int = 0
    own: str = ""
    restock: int = 0
    to: str = ""
    household: str = ""

    def __repr__(self) -> str:
        """Only what it says, so that a failing example reads well."""
        said = {name: value for name, value in self._asdict().items() if value not in ("", None, 0)}
        return f"Ask({', '.join(f'{name}={value!r}' for name, value in said.items())})"


class Answer(NamedTuple):
    """The reason of a refusal, and what is left to spend."""

    reason: str | None
    available: int


Lots = list[tuple[str, int]]
"""(last day, points), the first to expire first."""


class Move(NamedTuple):
    """What happened to a wallet; `number` is the order of arrival.

    `kind`: earn, pay, back, gift, or look: nothing but time has passed.
    """

    at: int
    number: int
    kind: str
    units: int = 0
    ident: str = ""
    lots: tuple[tuple[str, int], ...] = ()


class Purse(NamedTuple):
    """Where a wallet stands, and the lots that each payment took."""

    balance: int
    lots: Lots
    taken: dict[str, Lots]


@dataclass
class Wallet:
    """`visits` are [start, hours]; `moves` all else. `taken_back`: a correction took points."""

    visits: dict[str, list[int]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    taken_back: bool = False

    @property
    def happened(self) -> list[Move]:
        earned = [Move(start, 0, "earn", hours) for start, hours in self.visits.values()]
        return sorted(earned + self.moves)

    def add(self, at: int, kind: str, units: int = 0, ident: str = "") -> None:
        self.moves.append(Move(at, len(self.moves), kind, units, ident))

    @property
    def latest(self) -> int:
        return max((move.at for move in self.happened), default=0)

    def at(self, moment: int) -> Purse:
        """The purse at a moment, or at the latest that is known of it, if that is later."""
        balance, taken = 0, dict[str, Lots]()
        lots: dict[str, int] = defaultdict(int)

        def expire(at: int) -> int:
            gone = sum(units for last, units in lots.items() if last < day_of(at))
            for last in [last for last in lots if last < day_of(at)]:
                del lots[last]
            return gone

        def gain(parts: Iterable[tuple[str, int]]) -> None:
            """A debt is filled first; only what goes beyond it can be spent, and can expire."""
            nonlocal balance
            for last, units in parts:
                beyond = max(0, min(units, balance + units))
                balance += units
                if beyond:
                    lots[last] += beyond

        for move in self.happened:
            balance -= expire(move.at)
            fresh = months_after(move.at)
            match move.kind:
                case "earn":
                    gain([(fresh, move.units)])
                case "gift":
                    gain(move.lots)
                case "pay":
                    taken[move.ident] = []
                    left = move.units
                    for last in sorted(lots):
                        part = min(left, lots[last])
                        left -= part
                        lots[last] -= part
                        if part:
                            taken[move.ident].append((last, part))
                    for last in [last for last, units in lots.items() if not units]:
                        del lots[last]
                    balance -= move.units
                case "back":
                    debt = min(move.units, max(0, -balance))
                    balance += debt
                    units = move.units - debt
                    had = taken.get(move.ident, [])
                    while units and had:  # the latest to expire comes back first
                        last, part = had.pop()
                        back = min(units, part)
                        gain([(last, back)])
                        units -= back
                        if part > back:
                            had.append((last, part - back))
                    if units:
                        gain([(fresh, units)])
        balance -= expire(max(moment, self.latest))
        return Purse(balance, sorted(lots.items()), taken)

    def runs_out(self, now: int) -> bool:
        """Something has expired that is not written down yet."""
        return any(last < day_of(now) for last, _ in self.at(0).lots)


@dataclass
class Aside:
    """Points set aside by a hold or an allowance."""

    ask: Ask
    units: int
    cost: int
    spend_until: int
    until: int


@dataclass
class Opened:
    """What became of a redemption id. `asked` is "" where nobody said how many points."""

    ask: Ask
    asked: str
    reason: str | None = None
    closed: tuple[str, str] | None = None
    paid: int = 0
    cost: int = 0
    back: int = 0
    pieces_back: int = 0
    refunds: dict[str, str] = field(default_factory=dict)
    voucher: str = ""
    voucher_until: int = 0
    use: str = ""


class RefusedError(Exception):
    """Why nothing is done."""


@dataclass
class Bank:
    wallets: dict[str, Wallet] = field(default_factory=lambda: defaultdict(Wallet))
    opened: dict[str, Opened] = field(default_factory=dict)
    asides: dict[str, Aside] = field(default_factory=dict)
    given: list[tuple[str, str, int]] = field(default_factory=list)
    accounts: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    stock: int = 0
    now: int = 0
    gifts: list[tuple[str, Move]] = field(default_factory=list)

    # What happens beside requests -----------------------------------------------------------

    def serve(self, who: str, activity: str, start: int, hours: int) -> None:
        self.wallets[who].visits[activity] = [start, hours]

    def correct(self, who: str, activity: str, hours: int) -> None:
        """It turns out that the visit ended earlier."""
        wallet = self.wallets[who]
        wallet.taken_back |= hours < wallet.visits[activity][1]
        wallet.visits[activity][1] = min(hours, wallet.visits[activity][1])

    def contribute(self, fen: int) -> None:
        self.accounts["fund:F1", "CNY"] += fen

    def pass_time(self) -> None:
        """What has run out by now is written down."""
        for wallet in self.wallets.values():
            if wallet.runs_out(self.now):
                wallet.add(self.now, "look")
        for one in self.opened.values():
            if one.voucher == "open" and one.voucher_until <= self.now:
                one.voucher = "lapsed"
                self._from_voucher(one, "expiry:points", "fund:F1")

    # What can be seen -----------------------------------------------------------------------

    def purse(self, wallet: str) -> Purse:
        return self.wallets[wallet].at(self.now)

    def held(self, wallet: str, but: str = "") -> int:
        return sum(
            one.units for one in self._live() if one.ask.wallet == wallet and one.ask.ident != but
        )

    def on_the_shelf(self) -> int:
        """Pieces of rice that nobody has set aside."""
        return self.stock - sum(one.ask.quantity for one in self._live() if one.ask.item == "RICE")

    def uncommitted(self) -> int:
        """Fen of the fund that nobody has set aside."""
        return self.accounts["fund:F1", "CNY"] - sum(one.cost for one in self._live())

    def _live(self) -> list[Aside]:
        return [one for one in self.asides.values() if one.until > self.now]

    # Requests -------------------------------------------------------------------------------

    def answer(self, asks: Sequence[Ask]) -> list[Answer]:
        """The answers to a batch, in order; what is given away comes in at its end."""
        answers = [self._one(ask) for ask in asks]
        for to, gift in self.gifts:
            self.wallets[to].moves.append(gift)
        self.gifts = []
        return answers

    def _one(self, ask: Ask) -> Answer:
        reason = None
        try:
            self._judge(ask)
        except RefusedError as refused:
            reason = str(refused)
        left = self.wallets[ask.wallet].at(ask.at).balance - self.held(ask.wallet)
        return Answer(reason, left)

    def _judge(self, ask: Ask) -> None:
        known = self.opened.get(ask.ident)
        if ask.kind == "use":
            return self._use(ask, known)
        if known is not None and known.ask.wallet != ask.wallet:
            raise RefusedError(ID_USED)
        if ask.kind in ("redeem", "hold", "allow", "transfer"):
            if known is not None:
                return self._open_again(ask, known)
            return self._open(ask)
        if known is None:
            raise RefusedError("no-such-redemption")
        if ask.kind == "refund":
            return self._refund(ask, known)
        return self._close(ask, known)

    def _open_again(self, ask: Ask, known: Opened) -> None:
        first = known.ask
        what = [(one.kind, one.merchant, one.item, one.to, one.quantity) for one in (ask, first)]
        if what[0] != what[1] or (ask.points is not None and str(ask.points) != known.asked):
            raise RefusedError(ID_USED)
        if known.reason is not None:
            raise RefusedError(known.reason)

    def _open(self, ask: Ask) -> None:
        """A new id: whatever the answer is, it is final."""
        known = self.opened[ask.ident] = Opened(ask, "" if ask.points is None else str(ask.points))
        try:
            if ask.wallet == HOUSEHOLD and ask.by not in MEMBERS:
                raise RefusedError("not-a-member-of-the-household")
            match ask.kind:
                case "redeem":
                    self._purchase(ask, known)
                case "hold":
                    units = self._price(ask, known, self._spendable(ask))
                    if ask.item == "CUT":
                        raise RefusedError("a-voucher-is-bought-at-once")
                    until = self.now + ask.seconds
                    self._set_aside(ask, units, until, until)
                case "allow":
                    assert ask.points is not None
                    self._enough(ask.points, self._spendable(ask))
                    until = self.now + ask.seconds
                    self._set_aside(ask, ask.points, until, until + SETTLE)
                case "transfer":
                    self._give(ask)
        except RefusedError as refused:
            known.reason = str(refused)
            self.wallets[ask.wallet].add(ask.at, "look")
            raise

    def _spendable(self, ask: Ask, but: str = "") -> int:
        """Balance less what is set aside: at the time of the request, as far as is known."""
        return self.wallets[ask.wallet].at(ask.at).balance - self.held(ask.wallet, but)

    @staticmethod
    def _enough(units: int, spendable: int) -> None:
        if spendable < units:
            raise RefusedError("insufficient-points")

    def _listed(self, ask: Ask) -> int:
        """What it costs by the catalogue, if it can be had at all."""
        price = PRICES.get(ask.item)
        if price is None:
            if ask.merchant == "M02":
                raise RefusedError("not-in-the-catalogue")
            if ask.points is None:
                raise RefusedError(
                    "no-price: neither the till nor the catalogue says what it costs"
                )
            return ask.points
        price *= ask.quantity
        if ask.points not in (None, price):
            raise RefusedError(f"the-price-is-{price}")
        if ask.item == "RICE":
            if self._bought(ask) + ask.quantity > RICE_AT_MOST:
                raise RefusedError(f"limit-of-{RICE_AT_MOST}-per-month")
            if self.on_the_shelf() < ask.quantity:
                raise RefusedError("out-of-stock")
        return price

    def _bought(self, ask: Ask) -> int:
        """Rice of this month that was bought or is on hold, and was not given back whole."""
        live = {one.ask.ident for one in self._live()}
        return sum(
            one.ask.quantity
            for ident, one in self.opened.items()
            if (one.ask.wallet, one.ask.item) == (ask.wallet, "RICE")
            and day_of(one.ask.at)[:7] == day_of(ask.at)[:7]
            and (one.paid > one.back or ident in live)
        )

    def _price(self, ask: Ask, known: Opened, spendable: int) -> int:
        units = self._listed(ask)
        known.asked = str(units)
        self._enough(units, spendable)
        return units

    def _cost(self, merchant: str, units: int) -> int:
        return POINT_VALUE * units if merchant == "M01" else 0

    def _covered(self, cost: int) -> None:
        if cost and self.uncommitted() < cost:
            raise RefusedError("fund-exhausted")

    def _set_aside(self, ask: Ask, units: int, spend_until: int, until: int) -> None:
        cost = self._cost(ask.merchant, units)
        self._covered(cost)
        self.asides[ask.ident] = Aside(ask, units, cost, spend_until, until)

    # Buying ---------------------------------------------------------------------------------

    def _purchase(self, ask: Ask, known: Opened) -> None:
        aside = next((one for one in self._live() if one.ask.ident == ask.allowance), None)
        if aside is not None:
            whose = ("allow", ask.wallet, ask.merchant)
            if (aside.ask.kind, aside.ask.wallet, aside.ask.merchant) != whose:
                aside = None
        if aside is not None and ask.at <= aside.spend_until and self._draw(ask, known, aside):
            return
        try:
            units = self._price(ask, known, self._spendable(ask, aside.ask.ident if aside else ""))
            cost = self._cost(ask.merchant, units)
            self._covered(max(0, cost - aside.cost) if aside else cost)
        except RefusedError as refused:
            raise RefusedError(f"{refused}{BEYOND}" if ask.allowance else str(refused)) from None
        if aside is not None:
            self._use_up(aside, units)
        self._sell(ask, known, units, cost, ask.at)

    def _draw(self, ask: Ask, known: Opened, aside: Aside) -> bool:
        """What was sold out of an allowance is honoured, whatever is the case now."""
        try:
            units = self._listed(ask) if ask.points is None else ask.points
        except RefusedError:
            return False
        if units > aside.units:
            return False
        known.asked = str(units)
        self._use_up(aside, units)
        self._sell(ask, known, units, self._cost(ask.merchant, units), set_aside_on(aside, ask.at))
        return True

    def _use_up(self, aside: Aside, units: int) -> None:
        aside.units -= min(units, aside.units)
        aside.cost = self._cost(aside.ask.merchant, aside.units)
        if not aside.units:
            del self.asides[aside.ask.ident]

    def _sell(self, ask: Ask, known: Opened, units: int, cost: int, at: int) -> None:
        """Points, goods and money change hands."""
        self.wallets[ask.wallet].add(at, "pay", units, known.ask.ident)
        if ask.item == "RICE":
            self.stock -= min(ask.quantity, self.stock)
        known.paid, known.cost = units, cost
        to = f"merchant:{ask.merchant}"
        if ask.item == "CUT":
            to, known.voucher = "voucher:CUT", "open"
            known.voucher_until = start_of_day(ask.at) + (VOUCHER_DAYS + 1) * DAY
        self.accounts[to, "points"] += units
        self.accounts[to, "CNY"] += cost
        self.accounts["fund:F1", "CNY"] -= cost

    def _close(self, ask: Ask, known: Opened) -> None:
        asked = known.asked if ask.points is None else str(ask.points)
        if known.closed is not None:
            kind, first = known.closed
            if kind != ask.kind:
                raise RefusedError(f"already-{'confirmed' if kind == 'confirm' else 'cancelled'}")
            if ask.points is not None and asked != first:
                raise RefusedError(ID_USED)
            return
        if known.ask.kind not in ("hold", "allow") or known.reason is not None:
            raise RefusedError("no-such-hold")
        aside = next((one for one in self._live() if one.ask.ident == ask.ident), None)
        if ask.kind == "cancel":
            self.asides.pop(ask.ident, None)
        elif aside is None:
            raise RefusedError("hold-expired")
        elif known.ask.kind == "allow":
            raise RefusedError("an-allowance-is-spent-by-purchases")
        else:
            units = aside.units if ask.points is None else ask.points
            if units > aside.units:
                raise RefusedError("more-than-held")
            del self.asides[ask.ident]
            cost = self._cost(known.ask.merchant, units)
            self._sell(known.ask, known, units, cost, set_aside_on(aside, ask.at))
        known.closed = (ask.kind, asked)

    def _refund(self, ask: Ask, known: Opened) -> None:
        asked = known.asked if ask.points is None else str(ask.points)
        if ask.own in known.refunds:
            if ask.points is not None and asked != known.refunds[ask.own]:
                raise RefusedError(ID_USED)
            return
        if not known.paid or known.ask.kind == "transfer":
            raise RefusedError("nothing-was-paid")
        if known.voucher not in ("", "open"):
            raise RefusedError(f"voucher-{known.voucher}")
        left = known.paid - known.back
        units = left if ask.points is None else ask.points
        if units > left:
            raise RefusedError("more-than-was-paid")
        if not units:
            raise RefusedError("nothing-was-paid")
        if known.voucher and units < left:
            raise RefusedError("a-voucher-is-given-back-whole")
        known.refunds[ask.own] = asked
        known.back += units
        self.wallets[ask.wallet].add(ask.at, "back", units, ask.ident)
        cost = self._cost(known.ask.merchant, units)
        source = "voucher:CUT" if known.voucher else f"merchant:{known.ask.merchant}"
        self.accounts[source, "points"] -= units
        self.accounts[source, "CNY"] -= cost
        self.accounts["fund:F1", "CNY"] += cost
        if known.voucher:
            known.voucher = "refunded"
        if known.ask.item == "RICE":
            pieces = min(ask.restock, known.ask.quantity - known.pieces_back)
            known.pieces_back += pieces
            self.stock += pieces

    # Vouchers and gifts ---------------------------------------------------------------------

    def _use(self, ask: Ask, known: Opened | None) -> None:
        if known is None or not known.voucher or known.ask.wallet != ask.wallet:
            raise RefusedError("no-such-voucher")
        if known.use == ask.own:
            return
        if known.voucher != "open":
            raise RefusedError(f"voucher-{known.voucher}")
        if self.now >= known.voucher_until:
            raise RefusedError("voucher-expired")
        known.voucher, known.use = "used", ask.own
        self._from_voucher(known, f"merchant:{ask.merchant}", f"merchant:{ask.merchant}")

    def _from_voucher(self, known: Opened, points_to: str, money_to: str) -> None:
        for currency, amount, to in (
            ("points", known.paid, points_to),
            ("CNY", known.cost, money_to),
        ):
            self.accounts["voucher:CUT", currency] -= amount
            self.accounts[to, currency] += amount

    def _give(self, ask: Ask) -> None:
        assert ask.points is not None
        if ask.to == ask.wallet:
            raise RefusedError("to-oneself")
        if ask.to == "fund:F9":
            raise RefusedError("no-such-fund")
        if ask.to == "household:H9":
            raise RefusedError("no-such-wallet")
        month = day_of(ask.at)[:7]
        stranger = ":" not in ask.to and not self._family(ask)
        if stranger:
            already = sum(u for who, when, u in self.given if (who, when) == (ask.wallet, month))
            if already + ask.points > GIVEN_AT_MOST:
                raise RefusedError(f"每月转赠不超过{GIVEN_AT_MOST}分")
        self._enough(ask.points, self._spendable(ask))
        wallet = self.wallets[ask.wallet]
        wallet.add(ask.at, "pay", ask.points, ask.ident)
        if stranger:
            self.given.append((ask.wallet, month, ask.points))
        if ask.to.startswith("fund:"):
            self.accounts[ask.to, "points"] += ask.points
            return
        lots = tuple(wallet.at(ask.at).taken[ask.ident])
        self.gifts.append((ask.to, Move(ask.at, 0, "gift", ask.points, ask.ident, lots)))

    @staticmethod
    def _family(ask: Ask) -> bool:
        """Both are of the household that is named, or one is a member and the other its wallet."""
        if ask.wallet == HOUSEHOLD:
            return ask.to in MEMBERS
        return ask.household == "H1" and ask.wallet in MEMBERS and ask.to in MEMBERS


def day_of(at: int) -> str:
    """The day in China, YYYY-MM-DD."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZONE).date().isoformat()


def start_of_day(at: int) -> int:
    return (at + 8 * 3600) // DAY * DAY - 8 * 3600


def months_after(at: int) -> str:
    """The last day on which points of this day can be used."""
    day = date.fromisoformat(day_of(at))
    months = day.month - 1 + EXPIRES_AFTER
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1])).isoformat()


def set_aside_on(aside: Aside, at: int) -> int:
    """When it was paid: what was set aside does not run out before it is paid."""
    return min(at, start_of_day(aside.ask.at) + DAY - 1)
