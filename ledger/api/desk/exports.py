"""Which tables can be taken along? `/v1/exports/NAME.csv` and `.xlsx`."""

from dataclasses import replace
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Query, Response

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.api.desk.downloads import FILES, Format, download
from ledger.api.desk.overview import Area, Months, area_asked
from ledger.api.stars import level_asked
from ledger.api.who import Asks
from ledger.sheets import Cell, Row, Sheet, hours
from ledger.statistics.figures import PlaceFigures
from ledger.statistics.stars import level_names, starred
from ledger.store.registered import registered_names

router = APIRouter(prefix="/v1/exports", tags=["desk"], responses=FILES)

POINTS = ("发放积分", "兑换积分", "过期积分")


@router.get("/overview.{form}")
def overview(asks: Asks, form: Format, place: Area = None, months: Months = 13) -> Response:
    """The parts of an area: volunteers by star, hours, points."""
    found = area_asked(asks, place, months)
    stars = [f"{name}星" if name.isdecimal() else name or "无星" for name in found.levels]
    headings = ("场所", "名称", "志愿者", *stars, "服务次数", "服务时长（小时）", *POINTS,
                "三个月内到期积分", "欠分")  # fmt: skip

    def row(one: PlaceFigures) -> Row:
        points = (one.issued, one.redeemed, one.lapsed, one.expiring, one.owed)
        cells: list[Cell] = [one.place, one.name, one.volunteers]
        cells += [one.stars.get(level, 0) for level in range(len(found.levels))]
        cells += [one.visits, hours(one.seconds)]
        return (*cells, *(Decimal(text) for text in points))

    rows = (row(one) for one in (*found.parts, replace(found.total, place="", name="合计")))
    return download(Sheet("概览", headings, rows), form, f"概览 {found.name or found.area}")


@router.get("/months.{form}")
def by_month(asks: Asks, form: Format, place: Area = None, months: Months = 13) -> Response:
    """An area's months: hours and points."""
    found = area_asked(asks, place, months)
    headings = ("月份", "服务次数", "服务时长（小时）", *POINTS, "当月到期积分")
    rows = (
        (
            one.month,
            one.visits,
            hours(one.seconds),
            Decimal(one.issued),
            Decimal(one.redeemed),
            Decimal(one.lapsed),
            Decimal(one.expiring),
        )
        for one in found.months
    )
    return download(Sheet("按月", headings, rows), form, f"按月 {found.name or found.area}")


@router.get("/stars.{form}")
def stars(
    asks: Asks,
    form: Format,
    level: Annotated[str, Query(alias="from", min_length=1)],
    place: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Who has a level or a higher one, by place."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        names = level_names(recorder.policy_by(connection).plan)
        found = list(starred(connection, place, level_asked(names, level)))
        people = registered_names(connection, "volunteer", [one.volunteer for one in found])
        places = registered_names(connection, "place", {one.place for one in found})
    headings = ("志愿者编号", "姓名", "场所", "场所名称", "星级")
    rows = (
        (
            one.volunteer,
            people.get(one.volunteer, ""),
            one.place,
            places.get(one.place, ""),
            names[one.star],
        )
        for one in found
    )
    return download(Sheet("星级", headings, rows), form, "星级名单")
