"""How an expression becomes a checked closure: names resolved, types matched, cost bounded."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import islice
from typing import Any, Protocol

from .context import Context, Run, decided
from .errors import EvaluationError
from .exact import exact, tidy
from .hints import FUNCTIONS_MEANT
from .syntax import ExpressionError, decimal_text, parse

MAX_COST = 50_000
LIST_COST = 200
CHEAPER = "values are inlined where they stand: make an inner one a measure, or use fewer steps"
UNSET: Any = object()
_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")


@dataclass(slots=True)
class Code:
    """A compiled expression: how to run it, its type, and what it reads."""

    run: Run
    type: str = "any"
    cost: int = 1
    const: Any = UNSET
    seconds: Run | None = None
    """The same number of hours as whole seconds, where it is a plain duration."""
    reads: frozenset[str] = frozenset()
    opens: frozenset[str] = frozenset()
    """Settings it may touch."""
    levels: tuple[Any, ...] | None = None
    """For a ladder: its level keys in rising order, the lowest meaning none."""
    items: str = "any"
    """For a list or map: the type of its entries."""

    @property
    def is_const(self) -> bool:
        return self.const is not UNSET


class Names(Protocol):
    """What names mean here."""

    def symbol(self, name: str) -> Code | None: ...
    def member(self, base: str, name: str) -> Code | None: ...
    def spoken(self, base: str) -> Iterable[str]: ...
    def call(self, name: str, node: ast.Call, compiler: Compiler) -> Code | None: ...


def constant(value: Any) -> Code:
    entries = value.values() if isinstance(value, dict) else value
    items = entry_type(entries) if isinstance(value, (dict, list, tuple)) else "any"
    return Code(lambda c: value, type_of(value), const=value, items=items)


def entry_type(values: Iterable[Any]) -> str:
    """The one type that all values are of; "any" where they differ or there are none."""
    kinds = {type_of(v) for v in values}
    return kinds.pop() if len(kinds) == 1 else "any"


def type_of(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | Fraction():
            return "number"
        case str():
            return "text"
        case date():
            return "date"
        case list() | tuple():
            return "list"
        case dict():
            return "map"
        case None:
            return "null"
    return "any"


MAX_GUESSED = 200
"""Names that one is compared with, to guess what was meant: comparing takes long."""


def guess(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name[:60], list(islice(known, MAX_GUESSED)), 1, 0.6)
    return f"did you mean '{near[0]}'?" if near else ""


def merge(codes: Iterable[Code], run: Run, type_: str, extra: int = 1) -> Code:
    parts = list(codes)
    cost = extra + sum(p.cost for p in parts)
    if cost > MAX_COST:
        raise ExpressionError("the expression costs too much to evaluate", CHEAPER)
    reads = frozenset[str]().union(*(p.reads for p in parts))
    opens = frozenset[str]().union(*(p.opens for p in parts))
    return Code(run, type_, cost, reads=reads, opens=opens)


def need_number(value: Any, what: str = "a value") -> Any:
    if value is None:
        raise EvaluationError(f"{what} is not known")
    if isinstance(value, bool) or not isinstance(value, (int, Fraction)):
        raise EvaluationError(f"{what} is {value!r}, not a number")
    return value


class Compiler:
    """Compiles one expression text against the names given."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.text = ""
        self.bound: dict[str, str] = {}
        """The name after 'for', and of what type the values are that it takes."""

    def compile(self, source: Any, want: str | None = None) -> Code:
        """Compile a text, or take a plain number or truth value as it is."""
        if isinstance(source, bool) or source is None:
            code = constant(source)
        elif isinstance(source, (int, Decimal)):
            code = constant(exact(source))
        else:
            self.text, self.bound = str(source), {}
            code = self.visit(parse(self.text))
        if want and code.type not in (want, "any", "null"):
            advice = "write a comparison such as hours >= 100" if want == "bool" else ""
            raise ExpressionError(f"this is a {code.type}, but a {want} is needed", advice)
        if code.opens:
            code.run = decided(code.run)
        return code

    def visit(self, node: ast.expr) -> Code:
        try:
            code = self._visit(node)
        except ExpressionError as error:
            if not error.offset:
                error.offset = getattr(node, "col_offset", 0)
            raise
        if code.cost > MAX_COST:
            raise ExpressionError("the expression costs too much to evaluate", CHEAPER)
        return code

    def _visit(self, node: ast.expr) -> Code:
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=ast.Name(id=base), attr=attr) if base not in self.bound:
                found = self.names.member(base, attr)
                if found is not None:
                    return found
                if self.names.symbol(base) is None:
                    known = list(self.names.spoken(base))
                    some = f"; known: {', '.join(sorted(known)[:12])}" if known else ""
                    hint = guess(attr, known) or f"declare it{some}"
                    raise ExpressionError(f"'{base}.{attr}' is not declared", hint)
                return self._item(self._name(base), constant(attr))
            case ast.Attribute(value=value, attr=attr):
                return self._item(self.visit(value), constant(attr))
            case ast.Subscript(value=value, slice=index):
                return self._subscript(value, index)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return self._list([self.visit(i) for i in items])
            case ast.BoolOp(op=op, values=values):
                return self._logic(isinstance(op, ast.And), [self._truth(v) for v in values])
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self._truth(operand)
                run = inner.run
                return merge([inner], lambda c: not run(c), "bool")
            case ast.UnaryOp(op=op, operand=operand):
                inner = self._number(operand)
                run = inner.run
                if not isinstance(op, ast.USub):
                    return inner
                if inner.is_const:
                    if inner.type != "number":
                        raise ExpressionError(f"'-' needs a number, not {inner.const!r}")
                    return constant(-inner.const)
                return merge([inner], lambda c: -need_number(run(c)), "number")
            case ast.BinOp(left=left, op=op, right=right):
                return self._arithmetic(self.visit(left), op, self.visit(right))
            case ast.Compare(left=left, ops=ops, comparators=rest):
                return self._compare(left, ops, rest)
            case ast.IfExp(test=test, body=body, orelse=orelse):
                t, a, b = self._truth(test), self.visit(body), self.visit(orelse)
                rt, ra, rb = t.run, a.run, b.run
                kind = (
                    a.type
                    if a.type == b.type
                    else b.type
                    if a.type == "null"
                    else (a.type if b.type == "null" else "any")
                )
                return merge([t, a, b], lambda c: ra(c) if rt(c) else rb(c), kind)
            case ast.Call(func=ast.Name(id=name)):
                found = self.names.call(name, node, self)
                if found is None:
                    meant = FUNCTIONS_MEANT.get(name.lower())
                    advice = f"write {meant}" if meant else guess(name, self.names.spoken("()"))
                    raise ExpressionError(f"there is no function '{name}'", advice)
                return found
            case ast.Call():
                raise ExpressionError("only the listed functions can be called", "see the guide")
            case ast.GeneratorExp():
                raise ExpressionError(
                    "'for' stands only inside sum, count, any, all, min or max",
                    "write e.g. sum(m.points for m in household)",
                )
        raise ExpressionError(f"{type(node).__name__} is not part of the policy language")

    def _constant(self, node: ast.Constant) -> Code:
        value = node.value
        if isinstance(value, float):
            return constant(exact(decimal_text(self.text, node)))
        if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > 60:
            raise ExpressionError("a number is too long", "write at most 18 digits")
        if value is None or isinstance(value, (bool, int, str)):
            return constant(value)
        raise ExpressionError(f"{value!r} is not part of the policy language")

    def _name(self, name: str) -> Code:
        if name in self.bound:
            return Code(lambda c: c.local[name], self.bound[name])
        if name in ("true", "false", "null"):
            return constant({"true": True, "false": False, "null": None}[name])
        found = self.names.symbol(name)
        if found is None:
            hint = guess(name, self.names.spoken(""))
            if not hint and name in self.names.spoken("fact"):
                hint = f"write fact.{name}"
            if not hint and any(word in name for word in "或且非"):
                hint = "write or, and, not, with blanks around them"
            raise ExpressionError(
                f"the name '{name}' is not declared",
                hint or f"declare it, or write '{name}' in quotes if it is a text",
            )
        return found

    def _typed(self, code: Code, wanted: tuple[str, ...], what: str) -> Code:
        fits = code.type in wanted or code.type in ("any", "null")
        if not fits and not code.type.startswith("level"):
            raise ExpressionError(f"{what} needs a {wanted[0]}, not a {code.type}")
        return code

    def _truth(self, node: ast.expr) -> Code:
        code = self.visit(node)
        if code.type not in ("bool", "any", "null"):
            raise ExpressionError(
                f"a condition is needed here, not a {code.type}", "compare it with something",
                node.col_offset,
            )  # fmt: skip
        if code.type == "bool":
            return code
        run = code.run

        def truth(c: Context) -> bool:
            value = run(c)
            if value is None or value is True or value is False:
                return bool(value)
            raise EvaluationError(f"{value!r} is used as a condition")

        return merge([code], truth, "bool")

    def _number(self, node: ast.expr) -> Code:
        return self._typed(self.visit(node), ("number",), "this")

    def _list(self, items: list[Code]) -> Code:
        if all(i.is_const for i in items):
            return constant([i.const for i in items])
        runs = [i.run for i in items]
        return merge(items, lambda c: [r(c) for r in runs], "list")

    def _logic(self, every: bool, parts: list[Code]) -> Code:
        runs = [p.run for p in parts]
        if len(runs) == 2:
            a, b = runs
            both: Run = (lambda c: a(c) and b(c)) if every else (lambda c: a(c) or b(c))
            return merge(parts, both, "bool")
        if every:
            return merge(parts, lambda c: all(r(c) for r in runs), "bool")
        return merge(parts, lambda c: any(r(c) for r in runs), "bool")

    def _arithmetic(self, a: Code, op: ast.operator, b: Code) -> Code:
        if "date" in (a.type, b.type):
            return self._dates(a, op, b)
        if a.type == "time" and b.type == "time" and isinstance(op, ast.Sub):
            ra, rb = a.run, b.run
            return merge(
                [a, b],
                lambda c: tidy(Fraction(need_number(ra(c)) - need_number(rb(c)), 3600)), "number",
            )  # fmt: skip
        self._typed(a, ("number",), "arithmetic")
        self._typed(b, ("number",), "arithmetic")
        left, right = a.run, b.run
        run: Run
        match op:
            case ast.Add():

                def run(c: Context) -> Any:
                    return tidy(need_number(left(c)) + need_number(right(c)))
            case ast.Sub():

                def run(c: Context) -> Any:
                    return tidy(need_number(left(c)) - need_number(right(c)))
            case ast.Mult():

                def run(c: Context) -> Any:
                    return tidy(need_number(left(c)) * need_number(right(c)))
            case _:

                def run(c: Context) -> Any:
                    x, y = need_number(left(c)), need_number(right(c))
                    if y == 0:
                        raise EvaluationError("division by zero")
                    if isinstance(op, ast.Div):
                        return tidy(Fraction(x) / y)
                    return tidy(x // y) if isinstance(op, ast.FloorDiv) else tidy(x % y)

        code = merge([a, b], run, "number")
        if a.is_const and b.is_const:
            try:
                return constant(run(Context({}, {})))
            except EvaluationError as error:
                raise ExpressionError(error.message) from None
        return code

    def _dates(self, a: Code, op: ast.operator, b: Code) -> Code:
        ra, rb = a.run, b.run
        if isinstance(op, ast.Sub) and a.type == "date" and b.type == "date":
            return merge([a, b], lambda c: (day_of(ra(c)) - day_of(rb(c))).days, "number")
        if a.type == "date" and isinstance(op, (ast.Add, ast.Sub)):
            sign = 1 if isinstance(op, ast.Add) else -1

            def shift(c: Context) -> date:
                days = need_number(rb(c))
                if abs(days) > 200_000 or days != int(days):
                    raise EvaluationError(f"{days} is no usable number of days")
                return day_of(ra(c)) + timedelta(days=sign * int(days))

            return merge([a, b], shift, "date")
        raise ExpressionError("dates can be subtracted, or moved by days", "use add_months(d, n)")

    def _compare(self, first: ast.expr, ops: list[ast.cmpop], rest: list[ast.expr]) -> Code:
        nodes = [first, *rest]
        codes = [self.visit(n) for n in nodes]
        parts = [self._pair(codes[i], op, codes[i + 1], nodes[i]) for i, op in enumerate(ops)]
        return parts[0] if len(parts) == 1 else self._logic(True, parts)

    def _pair(self, a: Code, op: ast.cmpop, b: Code, node: ast.expr) -> Code:
        left, right = a.run, b.run
        if isinstance(op, (ast.In, ast.NotIn)):
            self._typed(b, ("list", "map", "text"), "'in'")
            self._can_hold(b, a)
            wanted = isinstance(op, ast.In)
            return merge([a, b], lambda c: contains(right(c), left(c)) is wanted, "bool", 4)
        compare = _COMPARE[type(op)]
        ordering = not isinstance(op, (ast.Eq, ast.NotEq))
        ladder = a.levels or b.levels
        if ladder is not None:
            for side in (a, b):
                if side.is_const and side.const not in ladder and side.const is not None:
                    raise ExpressionError(
                        f"{side.const!r} is no level of this ladder",
                        f"write one of {', '.join(map(repr, ladder))}",
                    )
            if ordering:
                ranks = {key: i for i, key in enumerate(ladder)}
                ranks.setdefault(None, 0)
                return merge([a, b], lambda c: compare(ranks[left(c)], ranks[right(c)]), "bool")
            return merge([a, b], lambda c: compare(left(c), right(c)), "bool")
        kinds = {a.type, b.type} - {"any", "null"}
        if "date" in kinds and kinds & {"text"}:
            raise ExpressionError("a date is compared with a text", "write date('2024-01-01')")
        if len(kinds) > 1 and not any(k.startswith("level") for k in kinds):
            raise ExpressionError(
                f"a {a.type} is compared with a {b.type}", "compare like with like",
                node.col_offset,
            )  # fmt: skip
        if ordering and kinds and not kinds & {"number", "date", "time", "text"}:
            raise ExpressionError(f"a {a.type} has no order")
        if a.seconds is not None and b.is_const and b.type == "number":
            edge = exact(b.const) * 3600
            seconds = a.seconds
            return merge([a, b], lambda c: compare(seconds(c), edge), "bool")
        if not ordering:
            return merge([a, b], lambda c: compare(left(c), right(c)), "bool")
        what = ast.unparse(node)[:60]

        def ordered(c: Context) -> bool:
            x, y = left(c), right(c)
            if x is None or y is None:
                raise EvaluationError(f"'{what}' is compared, but a side of it is not known")
            try:
                return bool(compare(x, y))
            except TypeError:
                raise EvaluationError(f"{x!r} and {y!r} cannot be compared") from None

        return merge([a, b], ordered, "bool")

    @staticmethod
    def _can_hold(base: Code, one: Code) -> None:
        """Refuse to look for what can't be there: it would silently not be found."""
        if one.type in ("any", "null") or one.levels is not None:
            return
        if base.type == "text" and one.type != "text":
            raise ExpressionError(f"a {one.type} is looked for in a text", "use a list or a table")
        kind = base.items if base.type == "list" else "any"
        if kind in ("any", "null", one.type) or kind.startswith("level"):
            return
        if {kind, one.type} == {"date", "text"} and (not base.is_const or kind == "date"):
            return
        if one.type == "date" and kind == "text" and all(is_day(v) for v in base.const):
            return
        advice = "write days such as 2024-01-31" if one.type == "date" else "compare like with like"
        raise ExpressionError(f"a {one.type} is looked for in a list of {kind}s", advice)

    def _subscript(self, value: ast.expr, index: ast.expr) -> Code:
        if isinstance(value, ast.Name) and value.id not in self.bound:
            if isinstance(index, ast.Constant) and isinstance(index.value, str):
                found = self.names.member(value.id, index.value)
                if found is not None:
                    return found
            found = self.names.member(value.id, "[]")
            if found is not None:
                key = self.visit(index)
                table, at = found.run, key.run
                code = merge([found, key], lambda c: table(c)(c, at(c)), found.type)
                code.items = found.items
                return code
        return self._item(self.visit(value), self.visit(index))

    def _item(self, base: Code, key: Code) -> Code:
        self._typed(base, ("map", "list"), "a look-up")
        rb, rk = base.run, key.run
        code = merge([base, key], lambda c: item(rb(c), rk(c)), "any", 2)
        code.type, table = base.items, base.const
        if isinstance(table, dict) and table and key.is_const and str(key.const) not in table:
            raise ExpressionError(
                f"the table has no entry {key.const!r}",
                guess(str(key.const), table) or "add it to the table",
            )
        return code


def item(base: Any, key: Any) -> Any:
    if isinstance(base, dict):
        name = str(key)
        if name not in base:
            known = ", ".join(map(str, list(base)[:8]))
            raise EvaluationError(f"there is no entry {name!r} (there are: {known})")
        return base[name]
    if isinstance(base, (list, tuple)) and isinstance(key, int):
        if not -len(base) <= key < len(base):
            raise EvaluationError(f"the list has no item {key}")
        return base[key]
    raise EvaluationError("this value has no entries to look up")


def is_day(value: Any) -> bool:
    """Whether a text is a day such as 2024-01-31."""
    if not isinstance(value, str) or not _DAY.match(value):
        return False
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def contains(base: Any, value: Any) -> bool:
    """Whether a text, map or list holds a value; a day is found by its text, too."""
    if base is None:
        return False
    if isinstance(base, str):
        return isinstance(value, str) and value in base
    if isinstance(base, dict):
        return str(value) in base
    if value in base:
        return True
    if isinstance(value, date):
        return value.isoformat() in base
    return isinstance(value, str) and any(
        isinstance(one, date) and one.isoformat() == value for one in base
    )


def day_of(value: Any) -> date:
    if isinstance(value, date):
        return value
    raise EvaluationError("a date is not known" if value is None else f"{value!r} is no date")


_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}
