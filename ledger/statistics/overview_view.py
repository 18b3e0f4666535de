"""How is an overview shown to people? Tables and bars on a terminal."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from ledger.core.rulebook import PolicyText
from ledger.policy.ladders import condition_text
from ledger.statistics.overview import Overview

HOUR = 3600
"""Seconds in an hour."""

BAR = 40
"""Characters of the longest bar."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def print_overview(
    console: Console, found: Overview, policy: PolicyText, merchants: Mapping[str, str]
) -> None:
    """Print each table that has rows; `merchants` are the shops' names by id, where known."""
    tables = (
        _stars(found, policy),
        _top(found, policy),
        _hours(found),
        _redemptions(found, policy, merchants),
        _rejects(found),
    )
    for table in tables:
        if table.row_count:
            console.print(table)


def clock(seconds: int) -> str:
    """Seconds as hours and minutes for people; what is left of a minute is dropped."""
    return f"{seconds // HOUR:,} h {seconds % HOUR // 60:02}"


def bar(value: int, most: int, width: int = BAR) -> str:
    """A bar of eighths of a character; what is more than nothing shows at least one eighth."""
    eighths = value * width * 8 // most if most else 0
    eighths = max(eighths, 1) if value else 0
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _stars(found: Overview, policy: PolicyText) -> Table:
    table = _table("Star ladder 星级", "star 星级", "from 起", "volunteers 人数", "")
    counts = dict(found.stars)
    most = max(counts.values(), default=0)
    if counts:
        ladder = policy.plan.star
        names = policy.plan.levels[ladder] if ladder else (0,)
        for level in reversed(range(len(names))):
            number = counts.get(level, 0)
            need = condition_text(policy.plan.doc, ladder, level) if ladder and level else ""
            name = "★" * level if isinstance(names[level], int) and level else str(names[level])
            table.add_row(name if level else "–", need, f"{number:,}", bar(number, most))
    return table


def _top(found: Overview, policy: PolicyText) -> Table:
    table = _table(
        "Most active 时长榜", "volunteer 志愿者", "hours 时长", "star 星级", "points 积分", ""
    )
    most = max((one.seconds for one in found.top), default=0)
    for one in found.top:
        table.add_row(
            f"{one.volunteer} {one.name}".rstrip(),
            clock(one.seconds),
            "★" * one.star or "–",
            policy.amount(one.balance, policy.currency),
            bar(one.seconds, most, BAR // 2),
        )
    return table


def _hours(found: Overview) -> Table:
    table = _table(
        "Hours by sub-centre 各所服务时长", "place 场所", "visits 次数", "hours 时长", ""
    )
    most = max((one.seconds for one in found.hours), default=0)
    for one in found.hours:
        shown = f"{one.place} {one.name}".rstrip()
        table.add_row(
            shown, f"{one.visits:,}", clock(one.seconds), bar(one.seconds, most, BAR // 2)
        )
    return table


def _redemptions(found: Overview, policy: PolicyText, merchants: Mapping[str, str]) -> Table:
    table = _table(
        "Redemptions 积分兑换",
        "shop 信用超市",
        "accepted 成功",
        "refused 拒绝",
        "points paid 兑出积分",
    )
    for one in found.redemptions:
        name = f"{one.merchant} {merchants.get(one.merchant, '')}".rstrip()
        table.add_row(
            name, str(one.accepted), str(one.refused), policy.amount(one.units, policy.currency)
        )
    return table


def _rejects(found: Overview) -> Table:
    table = _table("Set aside 未入账事件", "why 原因", "events 事件", "")
    table.columns[-1].header = "for example 例如"
    table.columns[-1].no_wrap = False
    for one in found.rejects:
        table.add_row(one.code, str(one.rejects), one.example)
    return table


def _table(title: str, first: str, *others: str) -> Table:
    """A table whose columns after the first are numbers, but for one without a heading."""
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column(first, no_wrap=True)
    for heading in others:
        table.add_column(heading, justify="right" if heading else "left", no_wrap=True)
    return table
