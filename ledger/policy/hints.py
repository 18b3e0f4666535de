"""What was probably meant by a text that is no expression, and what to write instead?"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple


class Hint(NamedTuple):
    """What stands there, what to write, and at which character."""

    wrong: str
    advice: str
    offset: int


FUNCTIONS_MEANT = {
    "len": "count()", "size": "count()", "length": "count()", "hour": "time_of_day()",
    "round": "round_to()", "int": "floor()", "str": "text()", "float": "number()",
    "isnull": "known()", "coalesce": "default()", "concat": "text()", "ifs": "a if cond else b",
    "非": "not", "today": "today, without ()", "now": "now, without ()",
}  # fmt: skip
"""Functions of other languages, and what does the same here."""

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_WIDE = {
    **{chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F) if not chr(c - 0xFEE0).isalnum()},
    "“": '"', "”": '"', "‘": "'", "’": "'", "、": ",", "。": ".", "【": "[", "】": "]",
}  # fmt: skip
_SIGNS = {
    "≥": ">=", "≧": ">=", "⩾": ">=", "=>": ">=", "≤": "<=", "≦": "<=", "⩽": "<=", "=<": "<=",
    "≠": "!=", "<>": "!=", "===": "==", "×": "*", "÷": "/", "−": "-", "&&": "and", "||": "or",
    "或者": "or", "或": "or", "并且": "and", "而且": "and", "且": "and", "非": "not",
    "AND": "and", "OR": "or", "NOT": "not", "=": "== to compare", "!": "not",
}  # fmt: skip
_USED = {"and", "or", "not", "in", "if", "else", "for", "is", "True", "False", "None"}
_RESERVED = "|".join(sorted(set(keyword.kwlist) - _USED))


def _hours(hours: str, minutes: str) -> str:
    part = Decimal(int(minutes) * 100) / 60
    if part == int(part):
        return str((Decimal(int(hours)) + Decimal(int(part)) / 100).normalize().to_eng_string())
    return f"{int(hours)} + {int(minutes)} / 60"


def _clock(m: re.Match[str]) -> tuple[str, str]:
    return (f"the clock time {m[0]}",
            f"write hours of the day: time_of_day(fact.start) >= {_hours(m[1], m[2])}")  # fmt: skip


def _date(m: re.Match[str]) -> tuple[str, str]:
    return f"the bare date {m[0]}", f"write date('{m[1]}-{m[2]:0>2}-{m[3]:0>2}')"


def _percent(m: re.Match[str]) -> tuple[str, str]:
    return f"the percentage {m[0]}", f"write {(Decimal(m[1]) / 100).normalize():f}"


def _unit(m: re.Match[str]) -> tuple[str, str]:
    return f"a number with a unit, {m[0]}", f"write {m[1]}"


def _wide(m: re.Match[str]) -> tuple[str, str]:
    plain = _WIDE[m[0]]
    return (f"full-width '{m[0]}' (全角)",
            "leave it out" if plain in ";." else f"write half-width {plain}")  # fmt: skip


def _sign(m: re.Match[str]) -> tuple[str, str]:
    meant = _SIGNS[m[0]]
    return f"'{m[0]}'", f"{'use' if m[0] == '=' else 'write'} {meant}"


def _entry(m: re.Match[str]) -> tuple[str, str]:
    return f"`{m[2]}` is reserved", f"write {m[1]}['{m[2]}']"


def _reserved(m: re.Match[str]) -> tuple[str, str]:
    return f"`{m[0]}` is reserved", "choose another name"


def _choice(m: re.Match[str]) -> tuple[str, str]:
    return f"'{m[0].strip()}' does not stand here", "write a if condition else b"


_DATE = re.compile(r"(?<![\w.])(\d{4})(?:[-/.年])(\d{1,2})(?:[-/.月])(\d{1,2})日?(?![\d.])")
_PLAIN_DATE = re.compile(r"(?<![\w.\-])(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(?![\w.\-])")
_MEANT: list[tuple[re.Pattern[str], Callable[[re.Match[str]], tuple[str, str]]]] = [
    (_DATE, _date),
    (re.compile(r"(?<![\w.])([012]?\d)[:：](\d\d)(?![\d.])"), _clock),
    (re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*[%％](?=\s*(?:$|[)\],*/<>=!]|(?:and|or|if|else)\b))"),
     _percent),
    (re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*(?:个?小时|分钟?|天|元|次|个?月|年|岁)(?!\w)"),
     _unit),
    (re.compile(rf"(\w+(?:\.\w+)*)\.({'|'.join(keyword.kwlist)})\b"), _entry),
    (re.compile(rf"(?<![\w.])(?:{_RESERVED})\b"), _reserved),
    (re.compile(r"===|=>|=<|<>|&&|\|\||[≥≧⩾≤≦⩽≠×÷−]|(?<![=<>!:])=(?!=)|!(?!=)"), _sign),
    (re.compile(r"(?<![^\W\d_])(?:或者?|[并而]?且|非(?!\w))|\b(?:AND|OR|NOT)\b"), _sign),
    (re.compile(f"[{re.escape(''.join(_WIDE))}]"), _wide),
    (re.compile(r"^\s*if\b|\?"), _choice),
]  # fmt: skip


def hint(text: str) -> Hint | None:
    """The first thing in a text, outside its quotes, that explains why it is no expression."""
    bare = _bare(text)
    found: Hint | None = None
    for pattern, tell in _MEANT:
        m = pattern.search(bare)
        if m is not None and (found is None or m.start() < found.offset):
            wrong, advice = tell(m)
            found = Hint(wrong, advice, m.start())
    if found is not None:
        return found
    if "'" in bare or '"' in bare:
        return Hint("a quote is not closed", "close it", 0)
    for opened, closed in ("()", "[]"):
        if bare.count(opened) > bare.count(closed):
            return Hint(f"a '{opened}' is not closed", "close it, or, if it stands in {…} or […], "
                        "quote this text: it has a comma", bare.rfind(opened))  # fmt: skip
    return None


def bare_date(text: str) -> Hint | None:
    """A date that would be read as a subtraction of numbers."""
    m = _PLAIN_DATE.search(_bare(text))
    return None if m is None else Hint(*_date(m), m.start())


def _bare(text: str) -> str:
    """The text with blanks for what stands in quotes."""
    return _QUOTED.sub(lambda m: " " * len(m[0]), text)
