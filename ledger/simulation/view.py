"""How is a simulation told to a person? Tables on a terminal."""

from decimal import Decimal

from rich.console import Console
from rich.table import Table

from .result import SIDES, Result

MONTHS = 24
"""Months shown, the last ones."""


def print_result(console: Console, result: Result, value: Decimal | None) -> None:
    """Print levels, months, groups, fairness, and what could not be judged."""
    today, draft = result.sides
    console.print(
        f"{result.volunteers:,} volunteers, {result.visits:,} visits: "
        f"{today.policy.id} ({today.policy.digest}) → {draft.policy.id} ({draft.policy.digest})",
        highlight=False,
    )
    levels = _table("Levels 星级", "level", "today 现行", "draft 草案", "change 变化")
    for name, before, after in result.levels():
        levels.add_row(name, f"{before:,}", f"{after:,}", f"{after - before:+,}")
    console.print(levels)
    console.print(_months(result, value))
    for by, title in (("age", "age 年龄"), ("team", "team 队伍"), ("place", "place 场所")):
        console.print(_groups(result, by, title))
    fairness = _table("Fairness 公平", "", "Gini 基尼系数", "top 1 % hold 前1%占比")
    for side, one in zip(("today 现行", "draft 草案"), result.fairness(), strict=True):
        fairness.add_row(side, f"{one.gini:.4f}", f"{one.top_share:.2%}")
    console.print(fairness)
    for name, judged in zip(SIDES, result.sides, strict=True):
        for why, (facts, volunteers) in sorted(judged.unjudged.items()):
            console.print(
                f"not judged ({name}): {why}: {facts:,} facts of {volunteers:,} volunteers",
                highlight=False,
                markup=False,
            )


def _months(result: Result, value: Decimal | None) -> Table:
    today, draft = result.sides
    headings = ["issued today 现行发放", "issued, draft 草案发放", "spent 已兑换"]
    if value is not None:
        headings += ["fund today 现行成本", "fund, draft 草案成本"]
    table = _table("Points by month 每月积分", "month 月", *headings)
    for month, before, after, spent in result.months.tail(MONTHS).rows():
        cells = [today.amount(before), draft.amount(after), today.amount(spent)]
        if value is not None:
            cells += [result.cost(before, 0, value), result.cost(after, 1, value)]
        table.add_row(month, *cells)
    return table


def _groups(result: Result, by: str, title: str) -> Table:
    table = _table(
        f"Who gains, who loses: by {title}",
        title,
        "volunteers 人数",
        "points today 现行",
        "draft 草案",
        "gain / lose points 增/减",
        "rise / fall 升/降级",
    )
    today, draft = result.sides
    for row in result.groups(by, 12).rows(named=True):
        table.add_row(
            str(row[by]),
            f"{row['volunteers']:,}",
            today.amount(row["points_today"]),
            draft.amount(row["points_draft"]),
            f"{row['gain_points']:,} / {row['lose_points']:,}",
            f"{row['rise']:,} / {row['fall']:,}",
        )
    return table


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(first)
    for heading in others:
        table.add_column(heading, justify="right")
    return table
