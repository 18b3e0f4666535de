"""Which events is everything measured with? Everybody comes, then everybody leaves, in rounds."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import count, islice
from math import gcd
from typing import NamedTuple

from ledger.core.intake import Arrival
from ledger.core.rulebook import PolicyText, parse
from ledger.errors import LedgerError
from schemas import CheckedIn, CheckedOut, RedemptionRequested, VolunteerRegistered
from schemas.attendance import Attendance
from schemas.books import Contribution, FundContributed, StockReceipt, StockReceived
from schemas.catalogue import (
    Fund,
    FundRegistered,
    Item,
    ItemRegistered,
    Merchant,
    MerchantRegistered,
    Price,
)
from schemas.envelope import CloudEvent, Data
from schemas.redemption import Purchase
from schemas.registry import Volunteer

Batch = list[Arrival]


class Keyed(NamedTuple):
    """A message as it is sent to Kafka."""

    key: bytes
    content: bytes


OPENING = datetime(2000, 1, 1, tzinfo=UTC)
ROUNDS = 60_000
"""Of three hours each: from 2000 on they end before 2021, so that no event lies in the future."""

AFTERWARDS = datetime(2022, 1, 1, tzinfo=UTC)
"""When those who will redeem have served; they do it half a year later."""

SHIFT = timedelta(hours=23)
"""Of 23 points, by the national ladder."""

SHIFTS = 5
SHOP, ITEM = "M01", "SKU-1"
AWARDING = "awarding.yaml"
COUNTIES = 100


def county_of(number: int) -> str:
    """The six digits of the county where a volunteer belongs; each has one in a hundred."""
    return f"37{number % 10 + 1:02}{number // 10 % 10 + 1:02}"


def station_of(number: int) -> str:
    """A station in that county."""
    return f"{county_of(number)}{number // COUNTIES % 99 + 1:03}001"


_VISIT = (
    '{{"specversion":"1.0","id":"e{serial}","source":"kiosk/{place}-01",'
    '"type":"volunteer.attendance.{kind}.v1","time":"{time}","subject":"{volunteer}",'
    '"datacontenttype":"application/json",'
    '"data":{{"activity":"A{activity:05}","place":"{place}","method":"qr"}}}}'
)
"""Written as text: pydantic would take longer to write an event than the ledger takes it in."""


def attendance(volunteers: int, visits: int, at_a_time: int | None = None) -> Iterator[Keyed]:
    """Check-ins and check-outs; nothing is late, nobody overlaps.

    Everybody comes, then everybody leaves; `at_a_time`: so many, who live far apart, come and
    leave before the next come.
    """
    if visits > volunteers * ROUNDS:
        raise LedgerError(f"more than {ROUNDS} visits of one volunteer: take more volunteers")
    serial = count(1)
    apart = 1 if at_a_time is None else _stride(volunteers)
    for turn, first in enumerate(range(0, visits, volunteers)):
        here = min(volunteers, visits - first)
        together = at_a_time or here
        for begin in range(0, here, together):
            for kind, hour in (("checked-in", 0), ("checked-out", 2)):
                start = OPENING + timedelta(hours=3 * turn + hour)
                times = [f"{start + timedelta(seconds=s):%Y-%m-%dT%H:%M:%SZ}" for s in range(3600)]
                for place in range(begin, min(here, begin + together)):
                    number = place * apart % volunteers
                    volunteer = f"V{number:08}"
                    content = _VISIT.format(
                        serial=f"{next(serial):09}",
                        place=station_of(number),
                        kind=kind,
                        time=times[number % 3600],
                        volunteer=volunteer,
                        activity=number % 5000,
                    )
                    yield Keyed(volunteer.encode(), content.encode())


def _stride(volunteers: int) -> int:
    """A step over about a third of them that meets everybody before anybody again."""
    return next(step for step in count(volunteers // 3 + 1) if gcd(step, volunteers) == 1)


def visit(volunteer: str, start: datetime, end: datetime, ident: str) -> tuple[Keyed, Keyed]:
    """A check-in and its check-out."""
    told = [
        _VISIT.format(
            serial=f"{ident}-{kind}",
            place=station_of(0),
            kind=kind,
            time=f"{time:%Y-%m-%dT%H:%M:%SZ}",
            volunteer=volunteer,
            activity=0,
        )
        for kind, time in (("checked-in", start), ("checked-out", end))
    ]
    came, left = (Keyed(volunteer.encode(), one.encode()) for one in told)
    return came, left


class Load(NamedTuple):
    """So many visits (`attendance`) or `awards` of so many volunteers, `batch` events at a time."""

    messages: Callable[[int, int], Iterator[Keyed]]
    volunteers: int
    number: int
    batch: int

    def batches(self) -> Iterator[Batch]:
        """Their events."""
        return batches_of(self.messages(self.volunteers, self.number), self.batch)


def batches_of(messages: Iterator[Keyed], size: int) -> Iterator[Batch]:
    """Such messages as arrivals, `size` at a time."""
    numbers = count(1)
    while batch := [
        Arrival(one.content, f"bench:{next(numbers)}") for one in islice(messages, size)
    ]:
        yield batch


_AWARD = (
    '{{"specversion":"1.0","id":"w{serial:09}","source":"office/awards",'
    '"type":"volunteer.fact.reported.v1","time":"{time}","subject":"{volunteer}",'
    '"datacontenttype":"application/json",'
    '"data":{{"fact":"award","attributes":{{"points":2}}}}}}'
)


def awards(volunteers: int, number: int) -> Iterator[Keyed]:
    """Events of which each posts points to a volunteer, and does nothing else."""
    for serial in range(number):
        volunteer = f"V{serial % volunteers:08}"
        time = f"{OPENING + timedelta(seconds=serial):%Y-%m-%dT%H:%M:%SZ}"
        content = _AWARD.format(serial=serial, time=time, volunteer=volunteer)
        yield Keyed(volunteer.encode(), content.encode())


def awarding() -> PolicyText:
    """The policy by which they do."""
    path = resources.files("ledger.bench") / AWARDING
    return parse(path.read_text(encoding="utf-8"), AWARDING)


def registrations(volunteers: int) -> Iterator[Keyed]:
    """Every volunteer belongs to a station."""
    for number in range(volunteers):
        event = VolunteerRegistered(
            specversion="1.0",
            id=f"r{number}",
            source="registry/bench",
            time=OPENING,
            subject=f"V{number:08}",
            data=Volunteer(place=station_of(number)),
        )
        yield _keyed(event)


def savings(volunteers: int) -> Iterator[Keyed]:
    """Attendance by which each of those who redeem gets 115 points."""
    serial = count(1)
    for number in range(volunteers):
        for shift in range(SHIFTS):
            start = AFTERWARDS + timedelta(days=30 * shift)
            for model, at in ((CheckedIn, start), (CheckedOut, start + SHIFT)):
                event = model(
                    specversion="1.0",
                    id=f"s{next(serial)}",
                    source="kiosk/savings",
                    time=at,
                    subject=saver(number),
                    data=Attendance(activity="A1", place="370101001001"),
                )
                yield _keyed(event)


def saver(number: int) -> str:
    """Who redeems: others than those who serve meanwhile."""
    return f"T{number:08}"


def redemption(serial: int, volunteers: int, name: str) -> Keyed:
    """A request for one point of the volunteer whose turn it is, at the one shop."""
    event = RedemptionRequested(
        specversion="1.0",
        id=name,
        source="till/bench",
        time=AFTERWARDS + timedelta(days=180, seconds=serial),
        subject=saver(serial % volunteers),
        data=Purchase(redemption=name, merchant=SHOP, item=ITEM, points="1"),
    )
    return _keyed(event)


def supermarket(pieces: int) -> Iterator[Keyed]:
    """That shop has so many pieces of stock, and a fund that pays for them."""
    told: list[tuple[type[CloudEvent], str, Data]] = [
        (FundRegistered, "F1", Fund(name="公益基金", point_value="0.50")),
        (MerchantRegistered, SHOP, Merchant(name="信用超市", fund="F1")),
        (ItemRegistered, ITEM, Item(name="毛巾", prices=[Price(points="1")], stocked=True)),
        (StockReceived, ITEM, StockReceipt(quantity=pieces)),
        (FundContributed, "F1", Contribution(donor="D1", amount=f"{pieces}.00")),
    ]
    for number, (kind, subject, data) in enumerate(told):
        event = kind(
            specversion="1.0",
            id=f"shop-{number}",
            source="registry/bench",
            time=AFTERWARDS,
            subject=subject,
            data=data,
        )
        yield _keyed(event)


def _keyed(event: CloudEvent) -> Keyed:
    return Keyed(event.subject.encode(), event.model_dump_json(exclude_none=True).encode())
