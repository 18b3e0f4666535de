"""Which functions an expression may call, and what each gives."""

from __future__ import annotations

import ast
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .context import Context
from .dates import DAY, Clock, add_months, month_end, months_between
from .errors import EvaluationError
from .exact import Number, exact, is_number, round_whole, show, tidy
from .expressions import LIST_COST, Code, Compiler, constant, day_of, merge, need_number
from .syntax import ExpressionError

MAX_LIST = 2000


def _rational(value: Any) -> Any:
    return need_number(value)


def _floor(x: Any) -> int:
    x = need_number(x)
    return x if isinstance(x, int) else int(x // 1)


def _ceil(x: Any) -> int:
    return -_floor(-need_number(x))


def _text(*parts: Any) -> str:
    text = "".join("" if p is None else str(show(p)) for p in parts)
    if len(text) > 500:
        raise EvaluationError("a text grew beyond 500 characters")
    return text


def _get(table: Any, key: Any, other: Any = None) -> Any:
    if isinstance(table, dict):
        return table.get(str(key), other)
    raise EvaluationError("get() needs a table")


def _tiers(x: Any, table: Any) -> Any:
    """Marginal tiers: [[up to, rate], …]; the last 'up to' may be null."""
    rest = need_number(x)
    below: Number = 0
    total: Number = 0
    for upto, rate in table:
        top = rest if upto is None else min(rest, exact(upto))
        if top > below:
            total = tidy(total + (top - below) * exact(rate))
            below = top
    return total


def _quarter_end(d: date) -> bool:
    return d.month % 3 == 0 and month_end(d)


def _whole(n: Any, what: str = "days") -> int:
    count = need_number(n)
    if count != int(count):
        raise EvaluationError(f"{what} are counted whole")
    return int(count)


def _add_months(d: Any, n: Any) -> date:
    return add_months(day_of(d), _whole(n, "months"))


# name: (least, most arguments, argument types, result type, implementation)
_PLAIN: dict[str, tuple[int, int, tuple[str, ...], str, Callable[..., Any]]] = {
    "abs": (1, 1, ("number",), "number", lambda x: abs(need_number(x))),
    "ceil": (1, 1, ("number",), "number", _ceil),
    "floor": (1, 1, ("number",), "number", _floor),
    "number": (1, 1, ("any",), "number", exact),
    "known": (1, 1, ("any",), "bool", lambda x: x is not None),
    "text": (1, 12, ("any",), "text", _text),
    "starts_with": (2, 2, ("text", "text"), "bool", lambda a, b: str(a).startswith(str(b))),
    "get": (2, 3, ("map", "any", "any"), "any", _get),
    "tiers": (2, 2, ("number", "list"), "number", _tiers),
    "distinct": (1, 1, ("list",), "list", lambda x: list(dict.fromkeys(x or ()))),
    "keys": (1, 1, ("map",), "list", lambda x: list(x or ())),
    "items": (1, 1, ("map",), "list", lambda x: list((x or {}).values())),
    "year": (1, 1, ("date",), "number", lambda d: day_of(d).year),
    "month": (1, 1, ("date",), "number", lambda d: day_of(d).month),
    "quarter": (1, 1, ("date",), "number", lambda d: (day_of(d).month + 2) // 3),
    "day": (1, 1, ("date",), "number", lambda d: day_of(d).day),
    "weekday": (1, 1, ("date",), "number", lambda d: day_of(d).isoweekday()),
    "month_end": (1, 1, ("date",), "bool", lambda d: month_end(day_of(d))),
    "quarter_end": (1, 1, ("date",), "bool", lambda d: _quarter_end(day_of(d))),
    "add_months": (2, 2, ("date", "number"), "date", _add_months),
    "add_years": (2, 2, ("date", "number"), "date", lambda d, n: _add_months(d, n * 12)),
    "months_between": (
        2, 2, ("date", "date"), "number", lambda a, b: months_between(day_of(a), day_of(b)),
    ),
    "years_between": (
        2, 2, ("date", "date"), "number", lambda a, b: months_between(day_of(a), day_of(b)) // 12,
    ),
    "days_between": (
        2, 2, ("date", "date"), "number", lambda a, b: (day_of(b) - day_of(a)).days,
    ),
    "hours_between": (
        2, 2, ("time", "time"), "number",
        lambda a, b: tidy(Fraction(need_number(b) - need_number(a), 3600)),
    ),
}  # fmt: skip

AGGREGATES = ("sum", "count", "any", "all", "min", "max")
LAZY = ("round_to", "blocks", "default", "date", "workdays_between", "workdays_after",
        "is_workday", "is_holiday", "date_of", "time_of_day", "breaks_within",
        "hours_during")  # fmt: skip
FUNCTIONS = (*_PLAIN, *AGGREGATES, *LAZY)


def call(name: str, node: ast.Call, compiler: Compiler, clock: Clock) -> Code | None:
    """Compile a call of a built-in function; None if there is no such function."""
    if name in AGGREGATES:
        return _aggregate(name, node, compiler)
    if name not in _PLAIN and name not in LAZY:
        return None
    if node.keywords and name not in ("round_to", "blocks"):
        raise ExpressionError(f"{name}() takes no named arguments")
    codes = [compiler.visit(a) for a in (*node.args, *(k.value for k in node.keywords))]
    if name in LAZY:
        return _lazy(name, codes, clock)
    least, most, types, result, plain = _PLAIN[name]
    if not least <= len(codes) <= most:
        count = least if least == most else f"{least} to {most}"
        raise ExpressionError(f"{name}() takes {count} arguments, not {len(codes)}")
    codes = [_as(types[min(i, len(types) - 1)], c, name, clock) for i, c in enumerate(codes)]
    if name == "floor" and (seconds := codes[0].seconds) is not None:
        return merge(codes, lambda c: seconds(c) // 3600, result)
    runs = [c.run for c in codes]
    if len(runs) == 1:
        only = runs[0]
        code = merge(codes, lambda c: plain(only(c)), result, 3)
        if result == "list":
            code.items = "text" if name == "keys" else codes[0].items
        return code
    return merge(codes, lambda c: plain(*[r(c) for r in runs]), result, 5)


def _as(wanted: str, code: Code, name: str, clock: Clock) -> Code:
    """A time where a date is wanted is its local day; any other mismatch is an error."""
    if wanted == "date" and code.type == "time":
        run = code.run
        return merge([code], lambda c: clock.date(need_number(run(c))), "date")
    if wanted not in ("any", code.type) and code.type not in ("any", "null"):
        if wanted == "number" and code.levels:
            return code
        raise ExpressionError(f"{name}() needs a {wanted}, not a {code.type}")
    return code


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, dict):
        return list(value.values())
    if isinstance(value, (list, tuple)):
        if len(value) > MAX_LIST:
            raise EvaluationError(f"a list has more than {MAX_LIST} items")
        return list(value)
    raise EvaluationError(f"{value!r} is not a list")


def _total(values: list[Any]) -> Any:
    total: Any = 0
    for v in values:
        total = tidy(total + need_number(v, "an item of sum()"))
    return total


def _extreme(pick: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def choose(values: list[Any]) -> Any:
        if any(v is None for v in values):
            raise EvaluationError("min() or max() met a value that is not known")
        if not values:
            raise EvaluationError(
                "min() or max() of nothing",
            )
        try:
            return pick(values)
        except TypeError:
            raise EvaluationError("min() or max() met values that cannot be compared") from None

    return choose


_FOLDS: dict[str, tuple[str, Callable[[list[Any]], Any]]] = {
    "sum": ("number", _total),
    "count": ("number", len),
    "any": ("bool", lambda values: any(v is True for v in values)),
    "all": ("bool", lambda values: all(v is True for v in values)),
    "min": ("any", _extreme(min)),
    "max": ("any", _extreme(max)),
}


def _aggregate(name: str, node: ast.Call, compiler: Compiler) -> Code:
    result, fold = _FOLDS[name]
    if node.keywords or not node.args:
        raise ExpressionError(f"{name}() takes a list, or values")
    if len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return _generator(name, node.args[0], compiler)
    codes = [compiler.visit(a) for a in node.args]
    if len(codes) > 1:
        if name not in ("min", "max", "sum"):
            raise ExpressionError(f"{name}() takes one list")
        kinds = {c.type for c in codes} - {"any", "null"}
        kind = kinds.pop() if len(kinds) == 1 else result
        runs = [c.run for c in codes]
        return merge(codes, lambda c: fold([r(c) for r in runs]), kind, 4)
    only = codes[0]
    if only.type not in ("list", "map", "any"):
        raise ExpressionError(f"{name}() needs a list, not a {only.type}")
    run = only.run
    kind = only.items if result == "any" else result
    return merge(codes, lambda c: fold(_items(run(c))), kind, LIST_COST)


def _generator(name: str, node: ast.GeneratorExp, compiler: Compiler) -> Code:
    result, fold = _FOLDS[name]
    loop = node.generators[0]
    if len(node.generators) > 1 or not isinstance(loop.target, ast.Name) or compiler.bound:
        raise ExpressionError("one 'for' is all that an expression may have", "use named values")
    source = compiler.visit(loop.iter)
    if source.type not in ("list", "map", "any", "null"):
        raise ExpressionError(f"'for' needs a list, not a {source.type}")
    var = loop.target.id
    compiler.bound[var] = source.items
    try:
        body = compiler.visit(node.elt)
        tests = [compiler._truth(t) for t in loop.ifs]
    finally:
        del compiler.bound[var]
    items, element, checks = source.run, body.run, [t.run for t in tests]

    def walk(c: Context) -> Any:
        found = []
        for one in _items(items(c)):
            c.local[var] = one
            if all(check(c) for check in checks):
                found.append(element(c))
        c.local.pop(var, None)
        return fold(found)

    extra = (body.cost + sum(t.cost for t in tests)) * LIST_COST
    kind = body.type if result == "any" else result
    return merge([source, body, *tests], walk, kind, extra)


def _lazy(name: str, codes: list[Code], clock: Clock) -> Code:
    runs = [c.run for c in codes]
    match name, len(codes):
        case "date", 1 if isinstance(codes[0].const, str):
            try:
                return constant(date.fromisoformat(codes[0].const))
            except ValueError:
                raise ExpressionError(
                    f"{codes[0].const!r} is no day of the calendar", "write date('2024-01-31')"
                ) from None
        case "date", 3:

            def build(c: Context) -> date:
                try:
                    return date(*[int(need_number(r(c))) for r in runs])
                except ValueError:
                    raise EvaluationError("there is no such day") from None

            return merge(codes, build, "date")
        case "date_of", 1:
            return _as("date", codes[0], name, clock)
        case "time_of_day", 1:
            at = runs[0]
            return merge(
                codes,
                lambda c: tidy(Fraction((need_number(at(c)) + clock.offset) % 86_400, 3600)),
                "number",
            )
        case "is_workday", 1:
            day = _as("date", codes[0], name, clock).run
            return merge(codes, lambda c: clock.is_workday(day_of(day(c))), "bool")
        case "is_holiday", 1:
            day = _as("date", codes[0], name, clock).run
            return merge(codes, lambda c: day_of(day(c)) in clock.holidays, "bool")
        case "workdays_between", 2:
            a, b = (_as("date", x, name, clock).run for x in codes)
            return merge(
                codes, lambda c: clock.workdays_between(day_of(a(c)), day_of(b(c))), "number", 2000
            )
        case "workdays_after", 2:
            first = _as("date", codes[0], name, clock).run
            count = _as("number", codes[1], name, clock).run
            return merge(
                codes, lambda c: clock.workdays_after(day_of(first(c)), _whole(count(c))), "date",
                2000,
            )  # fmt: skip
        case "default", 2:
            x, other = runs

            def either(c: Context) -> Any:
                value = x(c)
                return other(c) if value is None else value

            kind = codes[0].type if codes[0].type == codes[1].type else "any"
            if codes[0].type == "any":
                kind = codes[1].type
            return merge(codes, either, kind)
        case "round_to" | "blocks", 2 | 3:
            return _stepped(name, codes)
        case "breaks_within", 1:
            pauses = runs[0]
            return merge(codes, lambda c: _breaks(c, _items(pauses(c)), clock), "number", LIST_COST)
        case "hours_during", 2:
            first, last = (_as("number", x, name, clock).run for x in codes)
            return merge(codes, lambda c: _during(c, first(c), last(c), clock), "number", LIST_COST)
    raise ExpressionError(f"{name}() has the wrong arguments", "see the guide")


def _stepped(name: str, codes: list[Code]) -> Code:
    """round_to(x, step, mode) and blocks(x, size, rest): the third is asked only if it matters."""
    x, step = codes[0].run, codes[1].run
    mode = codes[2].run if len(codes) > 2 else None
    by_blocks = name == "blocks"

    def run(c: Context) -> Any:
        size = need_number(step(c))
        if size <= 0:
            raise EvaluationError(f"{name}() needs a step above zero")
        ratio = tidy(Fraction(need_number(x(c))) / size)
        if type(ratio) is not int:
            if mode is None:
                raise EvaluationError(
                    f"{name}() meets a remainder and is not told what to do with it"
                )
            how = str(mode(c))
            if how not in ("keep", "prorata"):
                ratio = round_whole(ratio, "down" if how == "drop" else how)
        return ratio if by_blocks else tidy(ratio * size)

    return merge(codes, run, "number", 4)


def _breaks(c: Context, pauses: list[Any], clock: Clock) -> Any:
    """Hours of the listed {start, end} pauses that lie within the visit, overlaps once."""
    if c.fact.end is None:
        return 0
    day = clock.date(c.fact.at)
    spans: list[tuple[int, int]] = []
    for pause in pauses:
        start, end = (
            v if is_number(v) else clock.moment(str(v), day) for v in (pause["start"], pause["end"])
        )
        spans.append((max(start, c.fact.at), min(end, c.fact.end)))
    total, reached = 0, c.fact.at
    for start, end in sorted(spans):
        start = max(start, reached)
        if end > start:
            total += end - start
            reached = end
    return tidy(Fraction(total, 3600))


def _during(c: Context, first: Any, last: Any, clock: Clock) -> Number:
    """Hours of the visit between two hours of the day, each day; to an earlier one: over night."""
    begin, end = exact(first) * 3600, exact(last) * 3600
    if not (0 <= begin < DAY and 0 <= end <= DAY and begin != end):
        raise EvaluationError("hours_during() needs two different hours of the day, such as 22, 6")
    if c.fact.end is None:
        return 0
    length = (end - begin) % DAY
    found: Number = 0
    for day in range(clock.day(c.fact.at) - 1, clock.day(c.fact.end) + 1):
        start = day * DAY - clock.offset + begin
        found += max(0, min(start + length, c.fact.end) - max(start, c.fact.at))
    return tidy(Fraction(found) / 3600)


def shift(day: date, days: int) -> date:
    return day + timedelta(days=days)
