"""Who is honoured 评先树优 after the county's season? Nominated, decided, published, conferred."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from typing import Any

from ledger.county.people import County
from ledger.county.programme import Shift
from ledger.county.season import DAY, Season, at_time
from ledger.county.words import AREA
from schemas import CloudEvent
from schemas.honours import (
    Conferral,
    HonourConferred,
    HonourDecided,
    HonourNominated,
    HonourPublished,
    Nomination,
    Publication,
    Verdict,
)

HONOUR = "青岚县优秀志愿者"
NOMINATED = 6
REFUSED = 4
"""The one in this place is refused; the last one is not conferred yet."""


def honours(county: County, season: Season, shifts: Sequence[Shift]) -> Iterator[CloudEvent]:
    """Those who came most often are nominated; five days they are shown to the public."""
    hours: Counter[str] = Counter()
    for shift in shifts:
        hours[shift.volunteer] += (shift.ends - shift.starts) // timedelta(hours=1)
    ranked = sorted(hours, key=lambda one: (-hours[one], one))[:NOMINATED]
    for number, volunteer in enumerate(ranked, 1):
        home = str(county.volunteers[volunteer].place)
        nomination = f"H{season.last:%Y}-{number:02}"
        nominated = Nomination(
            honour=HONOUR,
            nominee=volunteer,
            period=f"{season.last:%Y}",
            place=home,
            reason=f"本季服务约{hours[volunteer]}小时",
            by="推荐: 所在实践站",
        )
        first = season.last + DAY
        yield HonourNominated(**_head(nomination, first, "nominated"), data=nominated)
        refused = number == REFUSED
        verdict = Verdict(
            decision="refused" if refused else "approved",
            reason="推荐材料不全" if refused else "",
            by="县文明实践中心评审组",
        )
        yield HonourDecided(**_head(nomination, first + DAY, "decided"), data=verdict)
        if refused:
            continue
        shown = Publication(
            since=(first + 2 * DAY).isoformat(),
            until=(first + 6 * DAY).isoformat(),
            where="县文明实践中心公示栏",
        )
        yield HonourPublished(**_head(nomination, first + 2 * DAY, "published"), data=shown)
        if number < NOMINATED:
            paper = Conferral(document=f"青文明〔{season.last:%Y}〕{number}号")
            yield HonourConferred(**_head(nomination, first + 7 * DAY, "conferred"), data=paper)


def _head(nomination: str, day: date, step: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{nomination}-{step}",
        "source": f"desk/{AREA}",
        "time": at_time(day, time(9)),
        "subject": nomination,
    }
