"""Which events would a small county have in a season? Invented from a seed, always the same.

青岚县 is fictional, and so is everybody in it. Its events come in the order in which they would
arrive: the registry and what the centre plans, a prior season from the old system, four months of
kiosks with all their troubles, residents' orders, then redemptions. The troubles are what a ledger
has to live with: forgotten check-outs, double scans, overlapping visits, shifts across midnight,
kiosks that are offline for days and send late, mixed and twice, and a handful of lines that are no
events.
"""

from collections.abc import Iterator
from datetime import date
from importlib import resources
from random import Random

from ledger.core.rulebook import PolicyText, parse
from ledger.county.centre import centre_events
from ledger.county.honours import honours
from ledger.county.kiosks import imported_lines, kiosk_lines, line
from ledger.county.orders import order_events
from ledger.county.people import invent
from ledger.county.programme import Programme, legacy_shifts, season_shifts
from ledger.county.projects import mark_activities, project_events
from ledger.county.registry import registrations
from ledger.county.season import Season
from ledger.county.tills import till_lines
from ledger.county.words import NAME, SHOPS

__all__ = ["NAME", "SHOPS", "lines", "policy"]


def policy() -> PolicyText:
    """The county's own from its last day on: the national ladder, points for orders, benefits."""
    text = resources.files("ledger.county").joinpath("policy.yaml").read_text("utf-8")
    return parse(text, "policy.yaml")


def lines(seed: int, before: date) -> Iterator[bytes]:
    """Every event of the county as a line (without its end), in the order of arrival.

    All valid events lie before `before`: the season ends twelve days earlier, and then people
    redeem.
    """
    rng = Random(seed)
    season = Season.ending(before)
    county = invent(rng)
    programme = Programme()
    legacy = list(legacy_shifts(rng, county, season, programme))
    shifts = list(season_shifts(rng, county, season, programme))
    centre = list(centre_events(county, programme, season, shifts, seed))
    mark_activities(programme)
    orders = list(order_events(county, programme, season, shifts, seed))
    yield from map(line, registrations(county, programme, season))
    yield from map(line, centre)
    yield from map(line, project_events(county, season))
    yield from imported_lines(rng, legacy)
    yield from kiosk_lines(rng, county, season, shifts)
    yield from map(line, orders)
    yield from till_lines(rng, season, (*legacy, *shifts))
    yield from map(line, honours(county, season, shifts))
