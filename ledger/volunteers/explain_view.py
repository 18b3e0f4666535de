"""How is an explanation told to a person, in Chinese or in English?"""

from collections.abc import Mapping
from enum import StrEnum
from fractions import Fraction
from typing import Any

from rich.console import Console
from rich.table import Table

from ledger.core.conduct import REVIEW_AWAITED


class Language(StrEnum):
    """In which language it is told."""

    zh = "zh"
    en = "en"


_WORDS: Mapping[Language, Mapping[str, str]] = {
    Language.zh: {
        "standing": "{volunteer}: 星级 {star},服务时长 {hours},积分 {balance}(可用 {available})",
        "debt": "欠分 {debt} {currency}: 已兑换的积分因更正而不足",
        "correction": "更正 {source} {id} 少计 {taken_back}({recorded_at} 入账)",
        "forgiven": "{by} 核销,{approved_by} 批准: {reason}",
        "policy": "依据《{title}》({policy} {digest},自 {effective_from} 起施行)",
        "level": "{ladder} {level}: 条件 {condition},当时 {values};{at} 达到",
        "event": "决定事件 {source} {id}",
        "rests": "所依时长记录 {records}",
        "next": "下一级 {level}: 条件 {condition}",
        "missing": "还差 {hours}",
        "change": "{at} {ladder} {from} → {to}({recorded_at} 入账)",
        "hours": "时长记录|活动|起|止|计入|签到 → 签退|规则|说明",
        "points": "积分条目|金额|时间|规则|时长记录或兑换|说明",
        "judgements": "评定|名称|时间|规则|内容",
        "uncounted": "未计入: {direction} {activity} {at}: {why}",
        "review": "复核 {id}: 签到 {visit} 存疑({rule}),{state}",
        "decided": "{by}: {reason}({decided_at})",
        "open": "待决定",
        "counted": "计入",
        "void": "作废",
        "withdrawn": "已撤销",
        "clauses": "条款原文",
        "reverses": "冲销 {id}",
        "reversed": "已被 {id} 冲销",
        "shared": "计入少于在场时间",
        "pending": "待审批 {awaits}",
        "held": "待复核",
        "signed": "设备签名",
        "vouched": "{by} 担保: {reason}",
        "check-in": "签到",
        "check-out": "签退",
        "claim": "补签退",
        "claimed": "补签退: {reason}({by} {made_at} 申报)",
        "oneself": "本人",
        "no check-out followed": "其后没有签退",
        "no check-in before it": "此前没有签到",
        "something else ended the visit": "该次服务已由签退或更早的补签退结束",
    },
    Language.en: {
        "standing": "{volunteer}: star {star}, hours {hours}, points {balance} "
        "({available} available)",
        "debt": "owes {debt} {currency}: a correction took back points that were spent",
        "correction": "{source} {id} came to {taken_back} less (recorded {recorded_at})",
        "forgiven": "written off by {by}, approved by {approved_by}: {reason}",
        "policy": "under {title} ({policy} {digest}, in force from {effective_from})",
        "level": "{ladder} {level}: takes {condition}, then {values}; reached {at}",
        "event": "decided by the event {source} {id}",
        "rests": "resting on hour records {records}",
        "next": "next level {level}: takes {condition}",
        "missing": "{hours} are missing",
        "change": "{at} {ladder} {from} → {to} (recorded {recorded_at})",
        "hours": "record|activity|from|to|counted|check-in → check-out|rule|note",
        "points": "points entry|amount|at|rule|hour records or redemption|note",
        "judgements": "judgement|name|at|rule|content",
        "uncounted": "not counted: {direction} {activity} {at}: {why}",
        "review": "review {id}: the visit of {visit} is suspected ({rule}), {state}",
        "decided": "{by}: {reason} ({decided_at})",
        "clauses": "The clauses",
        "reverses": "reverses {id}",
        "reversed": "reversed by {id}",
        "shared": "less than the time that was spent",
        "pending": "waits for {awaits}",
        "held": "held for review",
        "signed": "signed",
        "vouched": "vouched for by {by}: {reason}",
        "claimed": "check-out claimed by {by} at {made_at}: {reason}",
        "oneself": "the volunteer",
    },
}

_SHOWN_RECORDS = 12
"""Hour records named in one line; the JSON has them all."""


def print_explanation(console: Console, story: dict[str, Any], language: Language) -> None:
    """Print what `ledger.volunteers.explain.explain` found."""
    words = _WORDS[language]

    def say(key: str, indent: int = 0, **values: Any) -> None:
        text = words[key].format(**{"volunteer": story["volunteer"], **values})
        console.print(" " * indent + text, highlight=False, markup=False, soft_wrap=True)

    say(
        "standing",
        star=stars(story["star"]),
        hours=hours(story["seconds"]),
        balance=story["points"]["balance"],
        available=story["points"]["available"],
    )
    for one in story["debts"]:
        _debt(one, say)
    for one in story["policies"]:
        say("policy", 2, **one)
    for ladder in story["ladders"]:
        _ladder(ladder, story["tracks"], say)
    for change in story["level_changes"]:
        moments = {"at": _short(change["at"]), "recorded_at": _short(change["recorded_at"])}
        say("change", 2, **{**change, **moments})
    if story["hours"]:
        console.print(_hours(story["hours"], words))
    for mark in story["uncounted"]:
        told = {key: words.get(mark[key], mark[key]) for key in ("direction", "why")}
        say("uncounted", 2, **{**mark, **told, "at": _short(mark["at"])})
    for case in story["reviews"]:
        say("review", 2, **{**case, "state": words.get(case["state"], case["state"])})
        if case["decision"] is not None:
            say("decided", 4, **{**case, "decided_at": _short(case["decided_at"])})
    if story["points_entries"]:
        console.print(_points(story["points_entries"], words))
    if story["judgements"]:
        console.print(_judgements(story["judgements"], words))
    clauses = _clauses(story)
    if clauses:
        console.print(words["clauses"])
    for key, text in clauses.items():
        console.print(f"  {key}: 「{text}」", highlight=False, markup=False, soft_wrap=True)


def hours(seconds: int) -> str:
    """Seconds as hours, minutes and seconds for people, exactly."""
    sign, left = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{left // 3600}:{left // 60 % 60:02}:{left % 60:02}"


def stars(level: Any) -> str:
    """A level for people: as many stars as it has, or its name."""
    if isinstance(level, int):
        return "★" * level or "–"
    return "–" if level is None else str(level)


def _debt(debt: dict[str, Any], say: Any) -> None:
    say("debt", 2, **debt)
    for one in debt["corrections"]:
        cause = one["event"] or {"source": "–", "id": ""}
        told = {"taken_back": one["taken_back"], "recorded_at": _short(one["recorded_at"])}
        say("correction", 4, **cause, **told)


def _ladder(ladder: dict[str, Any], tracks: list[str], say: Any) -> None:
    because = ladder.get("because")
    if because is not None:
        values = ", ".join(
            f"{name} = {hours(int(Fraction(str(value)) * 3600)) if name in tracks else value}"
            for name, value in because["values"].items()
        )
        level = {"ladder": ladder["ladder"], "level": ladder["level"], "at": _short(because["at"])}
        say("level", 2, condition=because["condition"], values=values or "–", **level)
        if because["event"]:
            say("event", 4, **because["event"])
        records = because["hour_records"]
        shown = ", ".join(map(str, records[:_SHOWN_RECORDS]))
        say("rests", 4, records=shown + (" …" if len(records) > _SHOWN_RECORDS else ""))
    step = ladder.get("next")
    if step is not None:
        say("next", 4, level=step["level"], condition=step["condition"])
        if step.get("missing_seconds") is not None:
            say("missing", 6, hours=hours(step["missing_seconds"]))


def _table(headings: str) -> Table:
    return Table(*headings.split("|"))


def _hours(rows: list[dict[str, Any]], words: Mapping[str, str]) -> Table:
    table = _table(words["hours"])
    for row in rows:
        ends = [row["check_in"], row["check_out"]]
        table.add_row(
            str(row["record"]),
            row["activity"],
            _short(row["started_at"]),
            _short(row["ended_at"]),
            hours(row["counted_seconds"]),
            " → ".join(_told(end, words) for end in ends if end),
            row["rule"],
            "; ".join(filter(None, (_note(row, words), _claim(row, words)))),
        )
    return table


def _claim(row: dict[str, Any], words: Mapping[str, str]) -> str:
    claim = row["claim"]
    if claim is None:
        return ""
    by = claim["by"] or words["oneself"]
    made_at = _short(claim["made_at"])
    return words["claimed"].format(reason=claim["reason"], by=by, made_at=made_at)


def _told(end: dict[str, Any], words: Mapping[str, str]) -> str:
    """An event, and whose word it is where that can be shown."""
    name = f"{end['source']} {end['id']}"
    if "signed" in end:
        return f"{name} ({words['signed']} {end['signed'][:8]})"
    if "vouched" in end:
        return f"{name} ({words['vouched'].format(**end['vouched'])})"
    return name


def _points(rows: list[dict[str, Any]], words: Mapping[str, str]) -> Table:
    table = _table(words["points"])
    for row in rows:
        cause = ", ".join(map(str, row["hour_records"]))
        if "redemption" in row:
            cause = "{redemption} {merchant} {item}".format(**row["redemption"])
        elif "write_off" in row:
            cause = words["forgiven"].format(**row["write_off"])
        table.add_row(
            str(row["entry"]),
            f"{row['amount']} {row['currency']}",
            _short(row["at"]),
            row["rule"],
            cause,
            _note(row, words),
        )
    return table


def _judgements(rows: list[dict[str, Any]], words: Mapping[str, str]) -> Table:
    table = _table(words["judgements"])
    for row in rows:
        content = "; ".join(f"{key} {value}" for key, value in row["content"].items() if value)
        table.add_row(row["kind"], row["name"], _short(row["at"]), row["rule"], content)
    return table


def _clauses(story: dict[str, Any]) -> dict[str, str]:
    """Every clause that something in the story rests on, once."""
    rules = [
        *story["hours"],
        *story["points_entries"],
        *story["debts"],
        *story["level_changes"],
        *story["judgements"],
        *(one["because"] for one in story["ladders"] if "because" in one),
    ]
    return {
        f"{row['policy']} {clause['clause']}": clause["text"]
        for row in rules
        for clause in row["clauses"]
    }


def _short(iso: str) -> str:
    """A time for people, in the policy's zone."""
    return iso[:19].replace("T", " ")


def _note(row: dict[str, Any], words: Mapping[str, str]) -> str:
    if row["reverses"]:
        return words["reverses"].format(id=row["reverses"])
    if row["reversed_by"]:
        return words["reversed"].format(id=row["reversed_by"])
    if row.get("status") == "pending":
        if row["awaits"] == REVIEW_AWAITED:
            return words["held"]
        return words["pending"].format(awaits=row["awaits"])
    if row.get("counted_seconds", 0) < row.get("visit_seconds", 0):
        return words["shared"]
    return ""
