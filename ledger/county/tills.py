"""What do people redeem at the credit supermarkets?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta
from random import Random

from ledger.county.kiosks import line
from ledger.county.programme import Shift
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import SHOPS, Item, Shop
from schemas import RedemptionRequested
from schemas.redemption import Purchase

_PURCHASES = 240

_FREQUENT = 60
"""Who has this many points comes as often as anybody."""


def till_lines(rng: Random, season: Season, shifts: Sequence[Shift]) -> Iterator[bytes]:
    """Purchases at the tills; some dream of what they can't pay, some tills ask again."""
    left = _purses(shifts)
    weights = [min(purse, _FREQUENT) for purse in left.values()]
    customers = rng.choices(list(left), weights, k=_PURCHASES)
    times = sorted(_opening_time(rng, season) for _ in customers)
    for number, (at, customer) in enumerate(zip(times, customers, strict=True), 1):
        shop = rng.choice(SHOPS)
        payable = [item for item in shop.shelf if item.points <= left[customer]]
        item = rng.choice(payable if payable and rng.randrange(6) else shop.shelf)
        left[customer] -= item.points if item in payable else 0
        request = _request(shop, item, customer, number, at)
        yield line(request)
        if rng.randrange(30) == 0:  # the answer was lost: the same event again
            yield line(request)
        if rng.randrange(40) == 0:  # the till was restarted: the same purchase, a new event
            again = {"id": f"{request.id}-again", "time": at + timedelta(seconds=45)}
            yield line(request.model_copy(update=again))


def _purses(shifts: Sequence[Shift]) -> dict[str, int]:
    """About what each volunteer thinks to have: an hour, a point."""
    purses: Counter[str] = Counter()
    for shift in shifts:
        purses[shift.volunteer] += (shift.ends - shift.starts) // timedelta(hours=1)
    return dict(sorted(purses.items()))


def _opening_time(rng: Random, season: Season) -> datetime:
    """Some time while the shops are open, on a day after the season."""
    day = season.last + rng.randrange(5, (season.before - season.last).days) * DAY
    return at_time(day, time(9)) + timedelta(seconds=rng.randrange(9 * 3600))


def _request(
    shop: Shop, item: Item, customer: str, number: int, at: datetime
) -> RedemptionRequested:
    return RedemptionRequested(
        specversion="1.0",
        id=f"{shop.id}-{number:05}",
        source=f"till/{shop.id}-1",
        time=at,
        subject=customer,
        data=Purchase(
            redemption=f"R{at:%Y%m%d}-{number:05}",
            merchant=shop.id,
            item=item.name,
            points=str(item.points),
        ),
    )
