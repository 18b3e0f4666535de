"""Which measures can an indicator read, of which levels of place, and how can they be narrowed?"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Level = Literal["province", "city", "centre", "sub-centre", "station", "team"]

LEVELS: Mapping[Level, str] = {
    "province": "省",
    "city": "市",
    "centre": "中心",
    "sub-centre": "所",
    "station": "站",
    "team": "志愿服务队",
}
"""For people, from the largest down."""

Option = Literal["categories", "hours", "within"]
OPTIONS: tuple[Option, ...] = ("categories", "hours", "within")

_PLACES: tuple[Level, ...] = ("city", "centre", "sub-centre", "station")
_OWN: tuple[Level, ...] = ("centre", "sub-centre", "station")


class Measure(NamedTuple):
    """`summed`: a place has what all places in it have; else only its own.

    `needs` are options that have no default.
    """

    title: str
    levels: tuple[Level, ...]
    summed: bool = False
    options: tuple[Option, ...] = ()
    needs: tuple[Option, ...] = ()


MEASURES: Mapping[str, Measure] = {
    "volunteers": Measure("注册志愿者", _PLACES, summed=True),
    "volunteers_with_hours": Measure(
        "有服务时长的注册志愿者",
        _PLACES,
        summed=True,
        options=("hours", "within"),
        needs=("within",),
    ),
    "party_members_with_hours": Measure(
        "参与服务的在职党员", _PLACES, summed=True, options=("hours", "within"), needs=("within",)
    ),
    "rooms": Measure("功能室", _OWN),
    "staff": Measure("专职人员", _OWN),
    "team_kinds": Measure("志愿服务队类别", _OWN),
    "teams": Measure("志愿服务队", _OWN),
    "activities": Measure(
        "开展的活动", (*_OWN, "team"), options=("categories",), needs=("categories",)
    ),
    "brand_projects": Measure("品牌项目", _PLACES),
}
