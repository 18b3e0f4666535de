"""What is sent, when, how often? By kiosks that go offline and tills that ask again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from schemas.topics import ATTENDANCE, BOOKS, CENTRE, FACTS, REDEMPTION_REQUESTS, REGISTRY, Topic
from tests.builders import (
    check_in,
    check_out,
    claim,
    decided,
    hold,
    redeem,
    register,
    report,
    shop_event,
    till,
    transfer,
)
from tests.model import Claim, Happening, Ruling, Scan
from tests.simulation.centre import MIDNIGHT, SERVED_AT, Said, happenings, written

POLICY = """
policy: simulated-county
name: {zh: 模拟县, en: A simulated county}
clauses: {all: "整点计分, 可转赠, 可兑换"}
facts:
  service: visit
  award: {kind: event, attributes: {points: number}}
  order_rewarded: {kind: event, attributes: {points: number}}
  order_reward_corrected: {kind: amendment, amends: order_rewarded, attributes: {points: number}}
  redemption: {kind: request, attributes: {merchant: text, item: text, points: number}}
  transfer: {kind: request, attributes: {to: text, kind: text, points: number}}
currencies:
  POINTS: {name: 积分, scale: 0}
requests:
  - id: pay
    on: redemption
    price: [{amount: fact.points, from: POINTS, counter: "text('merchant:', fact.merchant)"}]
    clauses: all
  - {id: give, on: transfer, price: [{amount: fact.points, from: POINTS}], clauses: all}
hours:
  - {id: exact-seconds, on: service, overlap: once, open: 0, clauses: all}
points:
  - {id: one-per-hour, on: service, currency: POINTS, amount: floor(counted), clauses: all}
  - {id: awarded, on: award, currency: POINTS, amount: fact.points, clauses: all}
  - {id: rewarded, on: order_rewarded, currency: POINTS, amount: fact.points, clauses: all}
ladders:
  star:
    basis: hours
    reach: at_least
    demotion: always
    levels: {1: 5, 2: 10, 3: 20}
    clauses: all
"""
HOLDING = POLICY.replace("clauses: {all", "unregistered: hold\nclauses: {all", 1)
"""The same, but attendance waits until its volunteer and activity are registered."""

AMENDED = 'name: {zh: 模拟县(修订), en: "The simulated county, amended"}'
"""What is adopted later says the same under another name: everybody is folded anew."""

STARS = (5, 10, 20)
"""Hours of the levels, as in POLICY."""

PRICE = 2
POINT_VALUE = 10
"""Points for a piece of RICE, and the fen that the fund pays for a point."""

OPENING = datetime.fromisoformat("2026-05-05T09:00:00+08:00")
"""When tills open: the virtual second 0."""

SEASON = 60.0
"""Virtual seconds in which everything is sent."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A message, and the virtual second when it is sent (again)."""

    at: float
    topic: Topic
    key: str
    content: bytes


@dataclass(slots=True)
class Workload:
    """All sendings in order of time; of attendance and awards also what they mean.

    `happened`: by the id of its event.
    """

    sendings: list[Sending]
    happened: dict[str, Happening]
    awards: dict[str, int]
    centre: list[Said]
    broken: int
    policy: str
    amended_at: float | None


class _Writing:
    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.number = 0
        self.sendings: list[Sending] = []

    def ident(self) -> str:
        self.number += 1
        return f"e{self.number:04}"

    def send(self, topic: Topic, key: str, content: bytes, at: float) -> None:
        """Now, and perhaps some more times until the end."""
        self.sendings.append(Sending(at, topic, key, content))
        while self.rng.random() < 0.3:
            again = self.rng.uniform(at, SEASON)
            self.sendings.append(Sending(again, topic, key, content))


def workload(rng: Random) -> Workload:
    """What a seed sends."""
    writing = _Writing(rng)
    people = [f"V{number}" for number in range(rng.randint(2, 5))]
    happened = dict(_attendance(writing, people))
    awards = _awards(writing, people)
    centre = list(happenings(rng, people)) if rng.random() < 0.5 else []
    for one in centre:
        topic = REGISTRY if one.what.startswith("registry") else CENTRE
        late = rng.choice([0.3, 0.3, 0.3, 0.9])
        writing.send(topic, one.of, written(one), rng.uniform(0, SEASON * late))
    _shops(writing)
    for number in range(rng.randint(4, 14)):
        _purchase(writing, rng.choice(people), f"R{number}", people)
    broken = rng.randint(0, 2)
    for number in range(broken):
        text = b'{"broken":%d' % number
        writing.send(rng.choice([ATTENDANCE, FACTS]), "x", text, rng.uniform(0, SEASON))
    policy = rng.choice([POLICY, POLICY, HOLDING])
    if policy is HOLDING:
        _registry(writing, people)
    writing.sendings.sort(key=lambda one: one.at)
    amended_at = rng.uniform(SEASON * 0.2, SEASON) if rng.random() < 0.3 else None
    return Workload(writing.sendings, happened, awards, centre, broken, policy, amended_at)


def _attendance(writing: _Writing, people: list[str]) -> Iterator[tuple[str, Happening]]:
    rng = writing.rng
    for person in people:
        offline_until = rng.choice([0.0, 0.0, SEASON * 0.8])
        for _ in range(rng.randint(1, 6)):
            activity = rng.choice(["A1", "A2", *SERVED_AT])
            start = rng.randrange(0, 120) * 30
            marks = [(start, True), (start + rng.randrange(1, 14) * 30, False)]
            if rng.random() < 0.2:
                marks.remove(rng.choice(marks))
            for minute, inward in marks:
                ident = writing.ident()
                time = (MIDNIGHT + timedelta(minutes=minute)).isoformat()
                build = check_in if inward else check_out
                content = build(person, time, activity, ident=ident)
                at = max(offline_until, rng.uniform(0, SEASON * 0.6)) + rng.uniform(0, 5)
                writing.send(ATTENDANCE, person, content, at)
                yield ident, Scan(person, minute, inward, activity, ident)
                if inward and rng.random() < (0.3 if len(marks) == 2 else 0.8):
                    yield from _claimed(writing, person, activity, minute, ident)
                if inward and activity in SERVED_AT and rng.random() < 0.3:
                    yield _decided(writing, person, ident, 0.0, whole=True)


def _claimed(
    writing: _Writing, person: str, activity: str, came: int, of: str
) -> Iterator[tuple[str, Happening]]:
    """Somebody forgot to check out, or thinks so, and the office decides on it, or not."""
    rng = writing.rng
    ident, minute = writing.ident(), came + rng.randrange(0, 14) * 30
    time = (MIDNIGHT + timedelta(minutes=minute)).isoformat()
    content = claim(person, time, activity, ident=ident, time=OPENING.isoformat())
    at = rng.uniform(0, SEASON * 0.8)
    writing.send(ATTENDANCE, person, content, at)
    yield ident, Claim(person, minute, activity, ident)
    for _ in range(rng.choice([0, 1, 1, 2])):
        yield _decided(writing, person, of, at, whole=rng.random() < 0.2)


def _decided(
    writing: _Writing, person: str, of: str, after: float, *, whole: bool
) -> tuple[str, Happening]:
    """What the office decides of a visit, or only of the claim that ends it."""
    rng, ident = writing.rng, writing.ident()
    counts = rng.random() < 0.6
    content = decided(
        person,
        f"kiosk/1#{of}",
        "count" if counts else "void",
        (OPENING + timedelta(seconds=writing.number)).isoformat(),
        rule=None if whole else "claimed",
        ident=ident,
    )
    writing.send(FACTS, person, content, rng.uniform(after, SEASON * 0.9))
    return ident, Ruling(person, of, counts, whole, writing.number)


def _awards(writing: _Writing, people: list[str]) -> dict[str, int]:
    awards: dict[str, int] = {}
    for person in people:
        for _ in range(writing.rng.randint(0, 2)):
            points = writing.rng.randint(1, 8)
            awards[person] = awards.get(person, 0) + points
            minute = writing.rng.randrange(0, 4000)
            time = (MIDNIGHT + timedelta(minutes=minute)).isoformat()
            content = report(person, "award", time, ident=writing.ident(), points=points)
            writing.send(FACTS, person, content, writing.rng.uniform(0, SEASON * 0.7))
    return awards


def _registry(writing: _Writing, people: list[str]) -> None:
    """Some are registered only after they have served."""
    known = [("volunteer", one) for one in people]
    known += [("activity", one) for one in ("A1", "A2", *SERVED_AT)]
    for kind, ident in known:
        content = register(kind, ident, name=ident)
        writing.send(REGISTRY, ident, content, writing.rng.uniform(0, SEASON * 0.9))


def _shops(writing: _Writing) -> None:
    rng = writing.rng
    fund = register("fund", "F1", name="基金", point_value="0.10")
    writing.send(REGISTRY, "F1", fund, rng.uniform(0, SEASON * 0.1))
    shop = register("merchant", "M01", name="超市", fund="F1")
    rice = register("item", "RICE", name="大米", prices=[{"points": str(PRICE)}], stocked=True)
    for key, content in (("M01", shop), ("RICE", rice)):
        writing.send(REGISTRY, key, content, rng.uniform(SEASON * 0.1, SEASON * 0.3))
    for _ in range(rng.randint(1, 3)):
        received = shop_event("stock.received", "RICE", quantity=rng.randint(1, 3))
        writing.send(BOOKS, "RICE", received, rng.uniform(0, SEASON * 0.6))
        amount = f"0.{rng.randint(2, 9)}0"
        given = shop_event("fund.contributed", "F1", donor="D1", amount=amount)
        writing.send(BOOKS, "F1", given, rng.uniform(0, SEASON * 0.6))


def _purchase(writing: _Writing, person: str, ident: str, people: list[str]) -> None:
    """One purchase or gift, with what the till asks about it afterwards."""
    rng = writing.rng
    at = rng.uniform(SEASON * 0.2, SEASON * 0.9)

    def ask(content: bytes, when: float) -> None:
        writing.send(REDEMPTION_REQUESTS, person, content, when)

    time = _clock(at)
    catalogue = rng.random() < 0.5
    merchant, item = ("M01", "RICE") if catalogue else (rng.choice(["M01", "M02"]), "SKU-1")
    points = str(PRICE) if catalogue else str(rng.randint(1, 5))
    kind = rng.choice(["redeem", "redeem", "hold", "hold", "transfer"])
    for _ in range(rng.choice([1, 1, 2])):  # a till that heard nothing asks under a new event id
        if kind == "redeem":
            ask(redeem(person, ident, points, time=time, merchant=merchant, item=item), at)
        elif kind == "hold":
            seconds = 5 if rng.random() < 0.3 else 60
            asked = hold(
                person, ident, points, time=time, seconds=seconds, merchant=merchant, item=item
            )
            ask(asked, at)
        else:
            others = [one for one in people if one != person]
            ask(transfer(person, ident, rng.choice(others[:1]), points, time), at)
        at += rng.uniform(0, 2)
    if kind == "hold":
        for command in rng.choice([["confirm"], ["confirm"], ["cancel"], ["confirm", "cancel"]]):
            at += rng.uniform(0, 12)
            ask(till(command, person, ident, _clock(at)), at)
    if kind != "transfer" and rng.random() < 0.4:
        for number in range(rng.choice([1, 1, 2])):
            at += rng.uniform(0, 6)
            some = {"points": str(rng.randint(1, 2))} if rng.random() < 0.4 else {}
            more = {"refund": f"F{number}", "restock": rng.randint(0, 1), **some}
            ask(till("refund", person, ident, _clock(at), **more), at)


def _clock(at: float) -> str:
    return (OPENING + timedelta(seconds=int(at))).isoformat()
