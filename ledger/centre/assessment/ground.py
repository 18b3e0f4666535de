"""Which places are assessed, and to which of them does something that is at a place belong?

A base, point or family station belongs to the station, sub-centre or centre that it lies in; a
place that was merged away to the one that it went into; a code that nobody registered to the
nearest registered place by its digits. A city or province has no practice centre: it stands for
its counties.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from ledger.centre.assessment.measure_names import Level
from ledger.centre.places.history import Closed
from ledger.centre.places.tree import Node
from ledger.places import LEVELS, area_of, is_code, prefix

_KINDS: Mapping[str, Level] = {
    "centre": "centre",
    "sub-centre": "sub-centre",
    "station": "station",
}
_PROVINCE, _CITY = 2, 4
"""Digits of a province's and a city's code."""


class Spot(NamedTuple):
    """A place that is assessed; `above` is the assessed place that it lies in, "" for none."""

    place: str
    name: str
    level: Level
    community: str
    rooms: int
    above: str


class Ground:
    """The assessed places of an area, each after what holds it."""

    def __init__(self, nodes: Iterable[Node], closed: Mapping[str, Closed], area: str) -> None:
        self._nodes = {one.place: one for one in nodes}
        self._closed = closed
        self._homes: dict[str, str] = {}
        self.spots: dict[str, Spot] = {}
        cities = not area or (is_code(area) and len(prefix(area)) <= _CITY)
        for one in self._nodes.values():
            level = _level(one)
            if level is None:
                continue
            above = self._assessed(one.above)
            if cities and level == "centre" and is_code(one.place):
                above = area_of(one.place, _CITY)
                name = self._nodes[above].name if above in self._nodes else ""
                self.spots.setdefault(above, Spot(above, name, "city", "", 0, ""))
            if level != "city":
                self.spots[one.place] = Spot(
                    one.place, one.name, level, one.community, one.rooms, above
                )
        self._add_province(area)

    def home(self, place: str) -> str:
        """The assessed place that something there belongs to; "" if there is none in the area."""
        if place not in self._homes:
            self._homes[place] = self._home(place)
        return self._homes[place]

    def upwards(self, place: str) -> Iterator[str]:
        """An assessed place and those that it lies in."""
        while place in self.spots:
            yield place
            place = self.spots[place].above

    def summed(self, counts: Mapping[str, int]) -> dict[str, int]:
        """What each assessed place has with all that lies in it, of counts by any place."""
        found = dict.fromkeys(self.spots, 0)
        for place, count in counts.items():
            for one in self.upwards(self.home(place)):
                found[one] += count
        return found

    def own(self, counts: Mapping[str, int]) -> dict[str, int]:
        """What each assessed place has by itself, of counts by any place."""
        found = dict.fromkeys(self.spots, 0)
        for place, count in counts.items():
            home = self.home(place)
            if home:
                found[home] += count
        return found

    def known(self, said: Mapping[str, int | None]) -> dict[str, int | None]:
        """What was said of each assessed place; else the sum of its parts, if all are known."""
        parts: dict[str, list[str]] = {one: [] for one in self.spots}
        for one in self.spots.values():
            if one.above:
                parts[one.above].append(one.place)
        found: dict[str, int | None] = {}
        for place in reversed(list(_downwards(self.spots, parts))):
            value = said.get(place)
            below = [found[one] for one in parts[place]]
            if value is None and below and None not in below:
                value = sum(one for one in below if one is not None)
            found[place] = value
        return found

    def _add_province(self, area: str) -> None:
        """Over the cities of a province that is asked for, or of all, if they are several."""
        cities = [one for one in self.spots.values() if one.level == "city"]
        provinces = {area_of(one.place, _PROVINCE) for one in cities}
        asked = is_code(area) and len(prefix(area)) == _PROVINCE
        if len(provinces) != 1 or not (asked or (not area and len(cities) > 1)):
            return
        [place] = provinces
        name = self._nodes[place].name if place in self._nodes else ""
        below = {one.place: one._replace(above=place) for one in cities}
        self.spots = {place: Spot(place, name, "province", "", 0, "")} | self.spots | below

    def _home(self, place: str) -> str:
        seen: set[str] = set()
        while place not in self._nodes and place not in self.spots:
            if place in seen:
                return ""
            seen.add(place)
            closed = self._closed.get(place)
            place = closed.into if closed is not None and closed.into else self._nearest(place)
        return self._assessed(place)

    def _nearest(self, code: str) -> str:
        if is_code(code):
            length = len(prefix(code))
            for level in reversed(LEVELS):
                if level < length and area_of(code, level) in self._nodes:
                    return area_of(code, level)
        return ""

    def _assessed(self, place: str) -> str:
        """The place, or the nearest one that holds it, that is assessed."""
        while place and place not in self.spots:
            node = self._nodes.get(place)
            if node is not None and _level(node) is not None and _level(node) != "city":
                return place
            place = node.above if node is not None else ""
        return place


def _level(node: Node) -> Level | None:
    level = _KINDS.get(node.kind)
    if level == "centre" and is_code(node.place) and len(prefix(node.place)) == _CITY:
        return "city"
    return level


def _downwards(spots: Iterable[str], parts: Mapping[str, list[str]]) -> Iterator[str]:
    """Each place before its parts."""
    held = {one for several in parts.values() for one in several}
    waiting = [one for one in spots if one not in held]
    while waiting:
        place = waiting.pop()
        yield place
        waiting += parts[place]
