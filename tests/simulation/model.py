"""What should each till be told? An independent model: wallets, holds, a shelf and a fund.

It takes from the ledger only the order in which batches took effect and their times; what it
decides, it decides by itself. Hours and earned points it leaves to tests.model.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.clock import SECOND
from tests.model import Happening, Standing, Visit, standings
from tests.simulation.workload import POINT_VALUE, PRICE

NOBODY = Standing()


@dataclass(slots=True)
class Hold:
    """Points, a piece and the fund's fen that wait for a till; `until` in µs."""

    points: int
    until: int
    piece: int
    cost: int


@dataclass(slots=True)
class Purchase:
    """What became of a redemption id: its first answer, what was paid and given back."""

    person: str
    command: str
    accepted: bool
    points: int
    rice: bool
    closed: str = ""
    paid: int = 0
    cost: int = 0
    returned: dict[str, tuple[str, int]] = field(default_factory=dict)
    cost_returned: int = 0

    @property
    def taken(self) -> int:
        """Points that are gone from the wallet for good."""
        if self.command == "transfer":
            return self.points if self.accepted else 0
        return self.left

    @property
    def left(self) -> int:
        return self.paid - sum(points for _, points in self.returned.values())


@dataclass(slots=True)
class Told:
    """An answer; `points` is what moved or was set aside, 0 of a refused request."""

    accepted: bool
    points: int
    available: int


class County:
    """All wallets and the one shop, as events take effect one by one."""

    def __init__(self) -> None:
        self.happened: dict[str, set[Happening]] = defaultdict(set)
        self.held: set[str] = set()
        """Check-ins of visits that are held for a resident's complaint."""
        self._rewarded: dict[str, int] = {}
        self._earned: dict[str, int] = {}
        self.moved: dict[str, int] = defaultdict(int)
        self.holds: dict[str, dict[str, Hold]] = defaultdict(dict)
        self.purchases: dict[str, Purchase] = {}
        self.stock: int | None = None
        self.fund = 0
        self.registered: set[str] = set()
        self.received: dict[str, int] = defaultdict(int)
        self._gifts: list[tuple[str, int]] = []

    def told(self, one: Happening) -> None:
        """A check-in, check-out, claim or decision became known."""
        self.happened[one.volunteer].add(one)
        self._earned.pop(one.volunteer, None)

    def suspected(self, person: str, of: str, *, stands: bool) -> None:
        """The visit of a check-in is held for a complaint, or no longer."""
        (self.held.add if stands else self.held.discard)(of)
        self._earned.pop(person, None)

    def reported(self, person: str, ident: str, data: Mapping[str, Any]) -> None:
        """An award, or what an order was rewarded with, perhaps in the place of an earlier word."""
        said = data["attributes"]
        points, of = int(said["points"]), said.get("of", ident)
        self.moved[person] += points - self._rewarded.get(of, 0)
        self._rewarded[of] = points

    def balance(self, person: str) -> int:
        """Points in the wallet, those on hold among them."""
        if person not in self._earned:
            known = standings(self.happened[person], self._is_held).get(person, NOBODY)
            self._earned[person] = known.points
        return self._earned[person] + self.moved[person]

    def _is_held(self, visit: Visit) -> bool:
        return visit.came in self.held

    def available(self, person: str) -> int:
        """Points that nobody has set aside."""
        return self.balance(person) - sum(one.points for one in self.holds[person].values())

    def serve(self, person: str, now: int) -> None:
        """A batch comes to somebody's wallet: what has lapsed by then is gone."""
        kept = {ident: one for ident, one in self.holds[person].items() if one.until > now}
        self.holds[person] = kept

    def deliver(self) -> None:
        """At the end of a batch gifts come to their receivers."""
        for to, points in self._gifts:
            self.moved[to] += points
            self.received[to] += points
        self._gifts.clear()

    def ask(self, person: str, command: str, data: Mapping[str, Any], now: int) -> Told:
        """Decide a request that takes effect at `now` (µs)."""
        match command:
            case "redeem" | "hold" | "transfer":
                accepted, points = self._open(person, command, data, now)
            case "refund":
                accepted, points = self._refund(person, data)
            case _:
                accepted, points = self._close(person, command, data)
        return Told(accepted, points, self.available(person))

    def _open(
        self, person: str, command: str, data: Mapping[str, Any], now: int
    ) -> tuple[bool, int]:
        ident = str(data.get("redemption") or data.get("transfer"))
        known = self.purchases.get(ident)
        if known is not None:
            return known.accepted, known.points if known.accepted else 0
        points = int(data["points"])
        rice = data.get("item") == "RICE"
        pays = data.get("merchant") == "M01" and {"M01", "F1"} <= self.registered
        cost = points * POINT_VALUE if pays else 0
        fits = points <= self.available(person)
        if rice and "RICE" in self.registered:
            fits = fits and points == PRICE and (self.stock or 0) - self._pieces_held(now) >= 1
        if cost:
            fits = fits and self.fund - self._cost_held(now) >= cost
        purchase = self.purchases[ident] = Purchase(person, command, fits, points, rice)
        if not fits:
            return False, 0
        match command:
            case "hold":
                until = now + int(data["seconds"]) * SECOND
                self.holds[person][ident] = Hold(points, until, int(rice), cost)
            case "transfer":
                self.moved[person] -= points
                self._gifts.append((str(data["to"]), points))
            case _:
                self._sell(person, purchase, points, cost)
        return True, points

    def _close(self, person: str, command: str, data: Mapping[str, Any]) -> tuple[bool, int]:
        ident = str(data["redemption"])
        known = self.purchases.get(ident)
        if known is None or known.command != "hold" or not known.accepted:
            return False, 0
        if known.closed:
            return known.closed == command, known.paid if known.closed == command else 0
        hold = self.holds[person].pop(ident, None)
        if command == "cancel":
            known.closed = command
            return True, 0
        if hold is None:
            return False, 0
        known.closed = command
        self._sell(person, known, hold.points, hold.cost)
        return True, hold.points

    def _sell(self, person: str, purchase: Purchase, points: int, cost: int) -> None:
        purchase.paid, purchase.cost = points, cost
        self.moved[person] -= points
        self.fund -= cost
        if purchase.rice and "RICE" in self.registered and self.stock:
            self.stock -= 1

    def _refund(self, person: str, data: Mapping[str, Any]) -> tuple[bool, int]:
        known = self.purchases.get(str(data["redemption"]))
        ident, asked = str(data["refund"]), str(data.get("points", ""))
        if known is None or not known.accepted:
            return False, 0
        if ident in known.returned:
            before, points = known.returned[ident]
            same = not asked or int(asked) == int(before)
            return same, points if same else 0
        points = int(asked) if asked else known.left
        if not points or points > known.left:
            return False, 0
        owed = known.cost - known.cost_returned
        cost = owed * points // known.left
        known.returned[ident] = (asked or str(known.points), points)
        known.cost_returned += cost
        self.moved[person] += points
        self.fund += cost
        if known.rice and "RICE" in self.registered and self.stock is not None:
            self.stock += min(int(data.get("restock", 0)), 1)
        return True, points

    def _pieces_held(self, now: int) -> int:
        return sum(one.piece for one in self._live(now))

    def _cost_held(self, now: int) -> int:
        return sum(one.cost for one in self._live(now))

    def _live(self, now: int) -> list[Hold]:
        return [one for held in self.holds.values() for one in held.values() if one.until > now]
