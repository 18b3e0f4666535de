"""What does the invented county have today? Shops' shelves, activities, somebody at work, names.

The season in `lines` is over; this is what its front doors are tried with.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from ledger.county.people import County
from ledger.county.words import AREA, SHOPS, Item
from ledger.identity.person import GivenBy
from schemas import ActivityRegistered, CheckedIn, CheckedOut, CloudEvent
from schemas import catalogue as goods
from schemas.activities import SignedUp, SigningUp
from schemas.attendance import Attendance, CheckOutClaimed, ClaimedEnd
from schemas.benefits import Use
from schemas.books import Contribution, FundContributed, StockReceipt, StockReceived
from schemas.catalogue import FundRegistered, ItemRegistered, MerchantRegistered
from schemas.complaint import Complaint, ComplaintFiled
from schemas.registry import Activity

PLACE = f"{AREA}000000"
HOSPITAL = "M04"
"""A shop that gives benefits, too."""

CHECK_UP = Use(benefit="check_up", provider=HOSPITAL, choice="体检", reference="TJ-0017", by="demo")
FUND = "F01"
TODAY = ("清洁河岸", "看望独居老人", "农家书屋共读")
COMING = (("敬老院联欢", 3, 4), ("冬衣整理", 12, 2))
"""Title, places, and how many have signed up."""
SERVED_SO_FAR = timedelta(minutes=50)
PIECES = 60


class Person(NamedTuple):
    """What the vault is to know of somebody, and who consents to it."""

    values: Mapping[str, str]
    given_by: GivenBy


def opening(county: County, worker: str, now: datetime) -> Iterator[CloudEvent]:
    """Events of these days: shops and their shelves, activities and a check-in, some troubles."""
    home = str(county.volunteers[worker].place)
    head: dict[str, Any] = {
        "specversion": "1.0",
        "source": f"registry/{AREA}",
        "time": now - timedelta(days=1),
    }
    yield FundRegistered(
        **head,
        id="fund",
        subject=FUND,
        data=goods.Fund(name="青岚县文明实践公益基金", place=PLACE, point_value="0.05"),
    )
    yield FundContributed(
        **head,
        id="contribution",
        subject=FUND,
        data=Contribution(donor="青岚县慈善会", amount="20000.00"),
    )
    for shop in SHOPS:
        yield MerchantRegistered(
            **head,
            id=shop.id,
            subject=shop.id,
            data=goods.Merchant(name=shop.name, place=PLACE, fund=FUND),
        )
        for item in shop.shelf:
            yield ItemRegistered(
                **head, id=f"item-{item.name}", subject=item.name, data=_listed(item, shop.id)
            )
            yield StockReceived(
                **head,
                id=f"stock-{item.name}",
                subject=item.name,
                data=StockReceipt(quantity=PIECES),
            )
    for number, (ident, title) in enumerate(_today(now.date())):
        begins = now - timedelta(hours=2) + number * timedelta(minutes=30)
        yield ActivityRegistered(
            **head,
            id=ident,
            subject=ident,
            data=Activity(
                name=title,
                place=home,
                team=county.volunteers[worker].team,
                starts_at=begins,
                ends_at=begins + timedelta(hours=6),
            ),
        )
    yield from _coming(county, worker, now, head)
    came: dict[str, Any] = {**head, "time": now - SERVED_SO_FAR, "source": f"import/{AREA}-today"}
    first, _ = next(_today(now.date()))
    yield CheckedIn(
        **came,
        id=f"today-{worker}",
        subject=worker,
        data=Attendance(activity=first, place=home, method="qr"),
    )
    yield from _troubles(worker, home, now, came["source"])


def _troubles(worker: str, home: str, now: datetime, source: str) -> Iterator[CloudEvent]:
    """What an office finds on its desk: a check-out that was forgotten, and a complaint."""
    came = now - timedelta(days=2, hours=3)
    activity, title = next(_today(came.date()))
    head: dict[str, Any] = {"specversion": "1.0", "source": source, "subject": worker}
    about = Activity(name=title, place=home, starts_at=came, ends_at=came + timedelta(hours=3))
    yield ActivityRegistered(**head | {"subject": activity}, id=activity, time=came, data=about)
    attended = Attendance(activity=activity, place=home, method="qr")
    yield CheckedIn(**head, id=f"forgot-{worker}", time=came, data=attended)
    yield CheckOutClaimed(
        **head,
        id=f"claimed-{worker}",
        time=now - timedelta(days=1),
        data=ClaimedEnd(
            activity=activity,
            place=home,
            ended_at=came + timedelta(hours=2),
            reason="手机没电，走时忘了签退",
        ),
    )
    yield ComplaintFiled(
        **head,
        id=f"complaint-{worker}",
        time=now - timedelta(hours=20),
        data=Complaint(
            complaint="C1", about="hours", text="前天清洁河岸做了两个小时，页面上还没有算进去。"
        ),
    )


def _coming(
    county: County, worker: str, now: datetime, head: dict[str, Any]
) -> Iterator[CloudEvent]:
    """What one may sign up for: one that is full, with somebody waiting, and one that is not."""
    neighbours = [one for one in county.volunteers if one != worker]
    for number, (title, capacity, comers) in enumerate(COMING, 1):
        begins = (now + timedelta(days=18 + number)).replace(hour=9, minute=0, second=0)
        ident = f"A{begins:%m%d}9"
        yield ActivityRegistered(
            **head,
            id=ident,
            subject=ident,
            data=Activity(
                name=title,
                place=PLACE,
                kind="敬老助残",
                capacity=capacity,
                starts_at=begins,
                ends_at=begins + timedelta(hours=3),
                sign_up_until=begins - timedelta(days=1),
            ),
        )
        for place, volunteer in enumerate(neighbours[:comers], 1):
            at = {**head, "time": now - timedelta(hours=20) + timedelta(minutes=place)}
            yield SignedUp(
                **at,
                id=f"{ident}-{volunteer}",
                subject=ident,
                data=SigningUp(volunteer=volunteer),
            )


def yesterday(county: County, people: Sequence[str], now: datetime) -> Iterator[CloudEvent]:
    """A visit of these people, by which the benefits of the county's own policy come to them."""
    day = now - timedelta(days=1)
    begins = day.replace(hour=14, minute=0, second=0, microsecond=0)
    ends = begins + timedelta(hours=2)
    home = str(county.volunteers[people[0]].place)
    ident = f"A{day:%m%d}0"
    head: dict[str, Any] = {"specversion": "1.0", "source": f"import/{AREA}-yesterday"}
    yield ActivityRegistered(
        **head,
        id=ident,
        time=begins - timedelta(days=1),
        subject=ident,
        data=Activity(name="礼遇办法宣讲", place=home, starts_at=begins, ends_at=ends),
    )
    data = Attendance(activity=ident, place=home, method="qr")
    for one in people:
        yield CheckedIn(**head, id=f"in-{one}", time=begins, subject=one, data=data)
        yield CheckedOut(**head, id=f"out-{one}", time=ends, subject=one, data=data)


def people(county: County) -> Iterator[tuple[str, Person]]:
    """Whom the ids stand for; their documents are invented, and look it."""
    this_year = date.today().year
    for number, (ident, volunteer) in enumerate(county.volunteers.items(), 1):
        assert volunteer.name is not None
        values = {
            "name": volunteer.name,
            "document_type": "passport",
            "document_number": f"QINGLAN{number:05}",
            "birth_date": f"{volunteer.birth_year}-01-01",
        }
        if this_year - int(volunteer.birth_year or 0) > 18:
            yield ident, Person(values, "self")
        else:
            guardian = {
                "guardian_name": f"{volunteer.name[0]}建国",
                "guardian_document_type": "passport",
                "guardian_document_number": f"QINGLANG{number:05}",
            }
            yield ident, Person({**values, **guardian}, "guardian")


def _listed(item: Item, shop: str) -> goods.Item:
    """A tenth off from two stars on, a fifth from four on; no less than a point."""
    prices = [goods.Price(points=str(item.points))]
    for level, tenths in ((2, 9), (4, 8)):
        points = max(1, item.points * tenths // 10)
        prices.append(goods.Price(points=str(points), levels={"star": level}))
    return goods.Item(name=item.name, prices=prices, merchants=[shop], stocked=True)


def _today(day: date) -> Iterator[tuple[str, str]]:
    for number, title in enumerate(TODAY, 1):
        yield f"A{day:%m%d}{number}", title
