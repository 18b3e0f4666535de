"""What each name in an expression means under one document, and where its value is kept."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from .context import Context, Run
from .dates import Clock
from .document import Attribute, FactType, Measure, Policy, Setting
from .errors import EvaluationError, MissingSetting
from .exact import exact, hours_of, tidy, unpack
from .expressions import Code, Compiler, constant, guess, is_day, merge
from .functions import FUNCTIONS, call
from .syntax import ExpressionError

MAX_ASKED = 20
"""Measures that each keep what the next one keeps: further ones are of a type not known."""
STANDARD = ("activity", "activity_type", "place", "role", "project", "team", "member", "of")
MOMENT = {"at": "time", "start": "time", "end": "time", "date": "date", "id": "text",
          "type": "text", "hours": "number", "open": "bool"}  # fmt: skip
VALUE_TYPE = {"hours": "number"}


def level_key(text: str) -> Any:
    return int(text) if text.isdigit() else text


def setting_reader(key: str, setting: Setting | None) -> Run:
    """Read a setting; raise MissingSetting where it has no value."""
    question = setting.question if setting else ""
    choices = setting.choices if setting else None
    if setting and setting.type == "bool" and choices is None:
        choices = [False, True]
    clauses = setting.clauses if setting else ()
    dated = setting is not None and setting.type == "date"

    def read(c: Context) -> Any:
        try:
            value = c.settings[key]
        except KeyError:
            raise MissingSetting(key, question, choices, clauses) from None
        if isinstance(value, Decimal):
            return exact(value)
        return date.fromisoformat(value) if dated and isinstance(value, str) else value

    return read


class Vocabulary:
    """All names of a document. `about` narrows it to the facts that a rule is about."""

    def __init__(self, doc: Policy, clock: Clock) -> None:
        self.doc = doc
        self.clock = clock
        self.types: dict[str, FactType] = dict(doc.facts)
        self.types.setdefault("reached", FactType(
            kind="event",
            attributes={"ladder": Attribute(type="text"), "level": Attribute(),
                        "before": Attribute()},
        ))  # fmt: skip
        self.tracks = tuple(dict.fromkeys(r.track for r in doc.hours)) or ("hours",)
        self.tables = {k: _table(v) for k, v in doc.tables.items()}
        self.measure_readers: dict[str, MeasureReader] = {}
        self._values: dict[str, Code | None] = {}
        self._attributes_read: set[tuple[int, str]] = set()
        self._kept: dict[str, str] = {}
        self._asked: list[str] = []
        self.earned: set[str] = set()

    def about(self, on: Iterable[str], extra: Iterable[str] = ()) -> View:
        names = [n.removesuffix(".refused") for n in on]
        types = [self.types[n] for n in names if n in self.types] or list(self.types.values())
        return View(self, types, frozenset(extra))

    def compile_value(self, name: str) -> Code:
        """A named value, inlined where it is used; a circle is an error."""
        if name in self._values:
            found = self._values[name]
            if found is None:
                raise ExpressionError(f"the value '{name}' is defined in terms of itself")
            return found
        self._values[name] = None
        try:
            code = Compiler(self.about(())).compile(self.doc.values[name])
        except ExpressionError:
            del self._values[name]
            raise
        self._values[name] = code
        return code

    def is_read(self, fact: str, attribute: str) -> bool:
        """Some expression that was compiled so far reads this attribute of such facts."""
        return (id(self.types[fact]), attribute) in self._attributes_read

    def kept(self, name: str) -> str:
        """The type of the values that a measure keeps; "any" where it is not known."""
        if name not in self._kept:
            if len(self._asked) > MAX_ASKED:
                return "any"
            self._kept[name] = "any"
            measure = self.doc.measures[name]
            kind = measure_kind(measure)
            if kind in ("sum", "count"):
                self._kept[name] = "number"
            else:
                source = getattr(measure, "list_" if kind == "list" else kind)
                about = self.about([*measure.of, *measure.count])
                self._asked.append(name)
                with contextlib.suppress(ExpressionError):
                    found = Compiler(about).compile(source).type
                    self._kept[name] = found if found in KEPT else "any"
                self._asked.pop()
        return self._kept[name]

    def spoken(self) -> set[str]:
        doc = self.doc
        return {
            *doc.person, *self.tracks, *doc.currencies, *doc.measures, *doc.values, *doc.ladders,
            *doc.grants, *doc.tables, "today", "now", "counted", "claimed", "total",
        }  # fmt: skip

    def state_symbol(self, name: str) -> Code | None:
        """A name whose value lives in the state or the document."""
        doc = self.doc
        if name in self.tracks:
            return _track(name)
        if name in self.measure_readers:
            return self.measure_readers[name].code(name)
        if name in doc.person:
            return _person(name, doc.person[name])
        if name in doc.currencies:
            return _currency(name, doc.currencies[name].scale)
        if name in doc.ladders:
            ladder = doc.ladders[name]
            return _ladder(name, [level_key(k) for k in ladder.levels], ladder.none, ladder.each)
        if name in doc.grants:
            reader = self.measure_readers.get(f"{name}~grant")
            return reader.code(name) if reader else Code(lambda c: c.state.get(name, 0), "number")
        if name in self.tables:
            return constant(self.tables[name])
        if name in doc.values:
            return self.compile_value(name)
        return None


class MeasureReader:
    """Reads a measure: now, at another bucket, or in the window before."""

    def __init__(
        self, kept: Callable[[], str], now: Run, at: Callable[[Context, Any], Any],
        prior: Run | None, seconds: Run | None = None, listed: bool = False, keyed: bool = False,
    ) -> None:  # fmt: skip
        self.kept, self.now, self.at, self.prior, self.seconds = kept, now, at, prior, seconds
        self.listed, self.keyed = listed, keyed

    def code(self, name: str, run: Run | None = None) -> Code:
        """The measure now, or as `run` reads it."""
        if not self.keyed:
            return self._one(run or self.now, name, self.seconds if run is None else None)
        items = "list" if self.listed else self.kept()
        return Code(run or self.now, "map", 4, reads=frozenset([name]), items=items)

    def entry(self, name: str) -> Code:
        """What reads one window, or one key."""
        at = self.at
        return self._one(lambda c: at, name)

    def _one(self, run: Run, name: str, seconds: Run | None = None) -> Code:
        kept, reads = self.kept(), frozenset([name])
        if self.listed:
            return Code(run, "list", 4, reads=reads, items=kept)
        return Code(run, kept, 4, reads=reads, seconds=seconds)


class View:
    """The vocabulary as one rule sees it."""

    def __init__(self, words: Vocabulary, types: list[FactType], extra: frozenset[str]) -> None:
        self.words, self.types, self.extra = words, types, extra

    def symbol(self, name: str) -> Code | None:
        clock = self.words.clock
        match name:
            case "today":
                return Code(lambda c: clock.date(c.at), "date", 2)
            case "now":
                return Code(lambda c: c.at, "time")
            case "counted":
                return Code(lambda c: hours_of(c.counted), "number", seconds=lambda c: c.counted)
            case "claimed":
                return Code(lambda c: hours_of(c.claimed), "number", seconds=lambda c: c.claimed)
            case "total" if "total" in self.extra:
                return Code(lambda c: c.total, "number")
            case "size" | "group" if name in self.extra:
                return Code(lambda c: c.local[name], "number" if name == "size" else "any")
        return self.words.state_symbol(name)

    def member(self, base: str, name: str) -> Code | None:
        words = self.words
        if name == "[]":
            reader = words.measure_readers.get(base)
            return None if reader is None else reader.entry(base)
        match base:
            case "fact":
                return self._fact(name)
            case "settings":
                setting = words.doc.settings.get(name)
                if setting is None:
                    return None
                kind = VALUE_TYPE.get(setting.type, setting.type)
                return Code(setting_reader(name, setting), kind, opens=frozenset([name]))
            case "params":
                dated = words.doc.params.get(name)
                return None if dated is None else _param(name, dict(dated), words.clock)
            case "posted":
                if name in words.tracks:
                    return Code(
                        lambda c: hours_of((c.posted or {}).get(name, 0)), "number",
                        seconds=lambda c: (c.posted or {}).get(name, 0),
                    )  # fmt: skip
                currency = words.doc.currencies.get(name)
                return None if currency is None else _posted(name, currency.scale)
        return None

    def _fact(self, name: str) -> Code | None:
        clock = self.words.clock
        owners = [t for t in self.types if name in t.attributes]
        declared = [t.attributes[name] for t in owners]
        if declared:
            self.words._attributes_read.update((id(t), name) for t in owners)
            kinds = {VALUE_TYPE.get(d.type, d.type) for d in declared}
            kind = kinds.pop() if len(kinds) == 1 else "any"
            return Code(lambda c: c.attrs.get(name), kind)
        match name:
            case "start" | "at":
                return Code(lambda c: c.fact.at, "time")
            case "end":
                return Code(lambda c: c.fact.end, "time")
            case "open":
                return Code(lambda c: c.fact.end is None, "bool")
            case "date":
                return Code(lambda c: clock.date(c.fact.at), "date")
            case "id":
                return Code(lambda c: c.fact.id, "text")
            case "type":
                return Code(lambda c: c.fact.type, "text")
            case "hours":
                return Code(lambda c: hours_of(_span(c)), "number", seconds=_span)
        if name in STANDARD:
            return Code(lambda c: c.attrs.get(name), "any")
        raise ExpressionError(f"'fact.{name}' is not declared", self._where_declared(name))

    def _where_declared(self, name: str) -> str:
        """What to do about an attribute that these facts don't have."""
        all_types = self.words.types.items()
        mine = [n for n, t in all_types if any(t is one for one in self.types)]
        have = [n for n, t in all_types if name in t.attributes]
        for other in have:
            amended = self.words.types[other].amends
            if self.words.types[other].kind == "amendment" and amended in mine:
                return (f"declared on the amendment `{other}` only; "
                        f"declare it on `{amended}` too")  # fmt: skip
        if have:
            return f"declared on `{have[0]}` only; declare it on `{mine[0]}` too, or change on:"
        known = sorted(self.spoken("fact"))
        return guess(name, known) or f"declare it; known: {', '.join(known[:12])}"

    def spoken(self, base: str) -> Iterable[str]:
        doc = self.words.doc
        match base:
            case "":
                return self.words.spoken()
            case "fact":
                return {*MOMENT, *STANDARD, *(a for t in self.types for a in t.attributes)}
            case "settings":
                return doc.settings
            case "params":
                return doc.params
            case "posted":
                return doc.currencies
            case "()":
                return (*FUNCTIONS, *SPECIAL)
        return ()

    def call(self, name: str, node: ast.Call, compiler: Compiler) -> Code | None:
        if name in SPECIAL:
            return self._special(name, node, compiler)
        return call(name, node, compiler, self.words.clock)

    def _special(self, name: str, node: ast.Call, compiler: Compiler) -> Code:
        """Functions whose first argument is the name of a declared thing."""
        if not node.args or not isinstance(node.args[0], ast.Name):
            raise ExpressionError(f"{name}() takes the name of a {SPECIAL[name]} first")
        target, doc, words = node.args[0].id, self.words.doc, self.words
        rest = [compiler.visit(a) for a in node.args[1:]]
        reads = frozenset([target])
        match name:
            case "band" if target in doc.bands and len(rest) == 1:
                table = band_table(target, doc, compiler)
                x = rest[0].run
                code = merge(rest, lambda c: table(c, x(c)), "any", 10)
                for one in band_choices(target, doc, compiler):
                    code.opens |= one.opens
                    code.reads |= one.reads
                return code
            case "since" if target in doc.ladders and not rest:
                key = f"{target}~since"

                def since(c: Context) -> date | None:
                    text = c.state.get(key)
                    return None if text is None else date.fromisoformat(text)

                return Code(since, "date", reads=reads)
            case "rank" if target in doc.ladders and not rest:
                return Code(lambda c: c.state.get(target, 0), "number", reads=reads)
            case "earned" if target in doc.currencies and not rest:
                words.earned.add(target)
                scale = 10 ** doc.currencies[target].scale
                key = f"{target}~earned"
                return Code(lambda c: _scaled(c.state.get(key, 0), scale), "number", reads=reads)
            case "previous" if target in words.measure_readers and not rest:
                prior = words.measure_readers[target].prior
                if prior is None:
                    raise ExpressionError(f"'{target}' has no calendar window to look back in")
                return words.measure_readers[target].code(target, prior)
        hint = guess(target, self.spoken(""))
        raise ExpressionError(f"{name}() needs the name of a {SPECIAL[name]}", hint)


KEPT = ("number", "text", "bool", "date", "time", "list", "map")
SPECIAL = {
    "band": "bands table", "since": "ladder", "rank": "ladder", "earned": "currency",
    "previous": "measure",
}  # fmt: skip


def _span(c: Context) -> int:
    fact = c.fact
    return 0 if fact.end is None else fact.end - fact.at


def _scaled(units: int, scale: int) -> Any:
    return units if scale == 1 else tidy(Fraction(units, scale))


def _track(name: str) -> Code:
    return Code(
        lambda c: hours_of(c.state.get(name, 0)), "number", reads=frozenset([name]),
        seconds=lambda c: c.state.get(name, 0),
    )  # fmt: skip


def _currency(name: str, digits: int) -> Code:
    scale = 10**digits
    return Code(lambda c: _scaled(c.state.get(name, 0), scale), "number", reads=frozenset([name]))


def _posted(name: str, digits: int) -> Code:
    scale = 10**digits
    return Code(lambda c: _scaled((c.posted or {}).get(name, 0), scale), "number")


def _person(name: str, attribute: Attribute) -> Code:
    kind = VALUE_TYPE.get(attribute.type, attribute.type)
    reads = frozenset([name])
    if kind == "date":

        def read(c: Context) -> Any:
            value = c.state.get(name)
            return None if value is None else date.fromisoformat(value)

        return Code(read, kind, reads=reads)
    if kind in ("bool", "text", "time"):
        return Code(lambda c: c.state.get(name), kind, reads=reads)
    return Code(lambda c: unpack(c.state.get(name)), kind, reads=reads)


def _ladder(name: str, keys: list[Any], none: Any, each: bool) -> Code:
    reads = frozenset([name])
    order = (none, *keys)
    if each:
        return Code(lambda c: [order[r] for r in c.state.get(name, ())], "list", reads=reads)
    return Code(lambda c: order[c.state.get(name, 0)], f"level:{name}", reads=reads, levels=order)


def _param(name: str, dated: dict[date, Any], clock: Clock) -> Code:
    steps = sorted((d, _table(v)) for d, v in dated.items())

    def read(c: Context) -> Any:
        day = clock.date(c.at)
        found = [v for d, v in steps if d <= day]
        if not found:
            raise EvaluationError(f"params.{name} has no value as early as {day}")
        return found[-1]

    kinds = {constant(v).type for _, v in steps}
    return Code(read, kinds.pop() if len(kinds) == 1 else "any", 2)


def _table(value: Any) -> Any:
    """A table's numbers made exact, its keys texts, its entries dates where all are days."""
    if isinstance(value, dict):
        return dict(zip(map(str, value), _table(list(value.values())), strict=True))
    if isinstance(value, list):
        if value and all(is_day(v) for v in value):
            return [date.fromisoformat(v) for v in value]
        return [_table(v) for v in value]
    if isinstance(value, (int, str)) or value is None:
        return value
    return exact(value)


BAND_WORDS = ("lower", "upper", "none")


def band_choices(name: str, doc: Policy, compiler: Compiler) -> list[Code]:
    """What says which band holds where the ranges leave it open."""
    table = doc.bands[name]
    sub = Compiler(compiler.names)
    return [
        constant(e) if e in BAND_WORDS else sub.compile(e)
        for e in (table.gap, table.overlap) if e is not None
    ]  # fmt: skip


def band_table(name: str, doc: Policy, compiler: Compiler) -> Callable[[Context, Any], Any]:
    """A look-up by ranges: the one band that fits; gaps and overlaps as the document says."""
    table = doc.bands[name]
    sub = Compiler(compiler.names)

    def edge(e: Any) -> Any:
        if e is None:
            return None
        code = sub.compile(e, "number")
        if not code.is_const:
            raise ExpressionError(f"the edges of bands '{name}' must be plain numbers")
        return code.const

    rows = [(edge(b.from_), edge(b.above), edge(b.to), edge(b.below), b.value) for b in table.bands]
    rows.sort(key=_lowest_first)
    answers = [_table(r[4]) for r in rows]
    chosen = iter(band_choices(name, doc, compiler))
    gap = None if table.gap is None else next(chosen).run
    overlap = None if table.overlap is None else next(chosen).run
    none = _table(table.none)

    def look(c: Context, x: Any) -> Any:
        if x is None:
            raise EvaluationError(f"bands '{name}' are asked for a value that is not known")
        fits, under, over = [], -1, -1
        for i, (from_, above, to, below, _) in enumerate(rows):
            low = (from_ is None or x >= from_) and (above is None or x > above)
            high = (to is None or x <= to) and (below is None or x < below)
            if low and high:
                fits.append(i)
            elif low:
                under = i
            elif high and over < 0:
                over = i
        if len(fits) == 1:
            return answers[fits[0]]
        if fits:
            return answers[_choose(c, overlap, "overlap", name, fits[0], fits[-1])]
        if under < 0 or over < 0:
            return none
        pick = _choose(c, gap, "gap", name, under, over)
        return none if pick is None else answers[pick]

    return look


def _lowest_first(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """The place of a band among others, in whatever order they are written."""
    from_, above, to, below, _ = row
    low, high = above if from_ is None else from_, below if to is None else to
    return (low is not None, low or 0, high is None, high or 0)


def _choose(c: Context, run: Run | None, what: str, name: str, lower: int, upper: int) -> Any:
    if run is None:
        raise MissingSetting(
            f"bands.{name}.{what}", f"the value falls into a {what} of '{name}': which band holds?",
            None if what == "gap" else ("lower", "upper"),
        )  # fmt: skip
    match run(c):
        case "lower":
            return lower
        case "upper":
            return upper
        case "none":
            return None
        case other:
            raise EvaluationError(f"{what} must be lower, upper or none, not {other!r}")


def measure_kind(measure: Measure) -> str:
    for kind in ("sum", "max", "min", "last", "first"):
        if getattr(measure, kind) is not None:
            return kind
    return "list" if measure.list_ is not None else "count"
