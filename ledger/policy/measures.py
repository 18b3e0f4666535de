"""How measures are kept: sums, counts, extremes and lists over facts, by window and by key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import Any

from .builder import Builder, Stage
from .context import Context, Run
from .dates import before
from .document import Measure
from .errors import EvaluationError
from .exact import hours_of, pack, tidy, unpack
from .expressions import need_number
from .functions import MAX_LIST
from .names import MeasureReader, measure_kind
from .scopes import rolling_start, window_key


class _Shape:
    """Where a measure's numbers lie in the state and how they are decoded."""

    def __init__(self, b: Builder, name: str, m: Measure) -> None:
        self.name, self.kind = name, measure_kind(m)
        expression = None if self.kind in ("count", "list") else getattr(m, self.kind)
        self.pieces = expression == "counted"
        self.rolling = m.window.startswith("last ")
        self.keyed = m.window != "all" or m.by is not None
        self.empty: Any = {"sum": 0, "count": 0, "list": []}.get(self.kind)
        self.window, self.by = m.window, m.by
        self.seconds = False


def declare(b: Builder) -> dict[str, _Shape]:
    """Make every measure readable before any expression is compiled."""
    shapes: dict[str, _Shape] = {}
    for name, m in b.doc.measures.items():
        path = ("measures", name)
        given = [k for k in ("sum", "max", "min", "last", "first", "list_") if getattr(m, k)
                 is not None]  # fmt: skip
        if len(given) + bool(m.count) != 1:
            b.say(path, "a measure keeps exactly one of sum, count, max, min, last, first, list",
                  "write e.g. {sum: counted, of: service, window: year}")  # fmt: skip
        shape = _Shape(b, name, m)
        shape.seconds = shape.kind == "sum" and m.sum in ("counted", "claimed", "fact.hours")
        shapes[name] = shape
        b._anchor(m.window, (*path, "window"))
        b.words.measure_readers[name] = _reader(b, shape)
    return shapes


def _reader(b: Builder, shape: _Shape) -> MeasureReader:
    name, empty, clock = shape.name, shape.empty, b.clock
    kept = partial(b.words.kept, name)
    listed = shape.kind == "list"
    decode = (lambda v: hours_of(v)) if shape.seconds else unpack
    if shape.rolling:
        window = shape.window

        def rolling(c: Context) -> Any:
            first = rolling_start(window, clock.date(c.at))
            assert first is not None
            edge = first.isoformat()
            values = [decode(v) for d, v in c.state.get(name, ()) if d >= edge]
            return _gather(shape.kind, values, empty)

        return MeasureReader(kept, rolling, lambda c, k: rolling(c), None, listed=listed)
    if not shape.keyed:

        def whole(c: Context) -> Any:
            value = c.state.get(name)
            return empty if value is None else decode(value)

        seconds: Run | None = (lambda c: c.state.get(name, 0)) if shape.seconds else None
        return MeasureReader(kept, whole, lambda c, k: whole(c), None, seconds, listed)
    key = window_key(shape.window, clock, b.midnight)

    def at(c: Context, which: Any) -> Any:
        value = c.state.get(name, {}).get(str(which))
        return empty if value is None else decode(value)

    if shape.by is not None:
        windowed = shape.window != "all"

        def table(c: Context) -> Any:
            kept = c.state.get(name, {})
            if not windowed:
                return {k: decode(v) for k, v in kept.items()}
            start = key(c) + "|"
            return {k[len(start) :]: decode(v) for k, v in kept.items() if k.startswith(start)}

        def by_key(c: Context, which: Any) -> Any:
            return at(c, f"{key(c)}|{which}" if windowed else which)

        return MeasureReader(kept, table, by_key, None, listed=listed, keyed=True)

    def now(c: Context) -> Any:
        value = c.state.get(name)
        if value is None:
            return empty
        value = value.get(key(c))
        return empty if value is None else decode(value)

    def prior(c: Context) -> Any:
        at_, until = c.at, c.until
        try:
            c.at = clock.start(before(shape.window, clock.date(c.at))) + 43_200
            c.until = None
            return now(c)
        finally:
            c.at, c.until = at_, until

    calendar = not shape.window.startswith(("since", "all"))
    return MeasureReader(kept, now, at, prior if calendar else None, listed=listed)


def _gather(kind: str, values: list[Any], empty: Any) -> Any:
    if not values:
        return empty
    match kind:
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "last":
            return values[-1]
        case "first":
            return values[0]
        case "list":
            return values
    total: Any = 0
    for v in values:
        total = tidy(total + v)
    return total


def measure_stages(b: Builder, shapes: Mapping[str, _Shape]) -> list[tuple[Measure, Stage]]:
    """What one fact does to each measure: those that others read come first."""
    made = {n: _stage(b, n, m, shapes[n]) for n, m in b.doc.measures.items()}
    try:
        ordered = [*TopologicalSorter({n: reads for n, (_, reads) in made.items()}).static_order()]
    except CycleError as error:
        circle = error.args[1]
        b.say(("measures", circle[0]), f"the measures {', '.join(circle[1:])} read each other",
              "a measure sees others with this fact: let one of them do without")  # fmt: skip
        return []
    return [(b.doc.measures[n], made[n][0]) for n in ordered]


def _stage(b: Builder, name: str, m: Measure, shape: _Shape) -> tuple[Stage, frozenset[str]]:
    """What one fact does to one measure, and which other measures it reads for it."""
    path = ("measures", name)
    of = [*m.of, *m.count]
    b.known_types(of, (*path, "of"))
    b.known_clauses(m.clauses, (*path, "clauses"))
    gate = None if m.where is None else b.expr(m.where, (*path, "where"), "bool", of)
    where = None if gate is None else gate.run
    kind = shape.kind
    field = "list_" if kind == "list" else kind
    source = None if kind == "count" else getattr(m, field)
    want = "number" if kind == "sum" else None
    code = b.expr(1 if source is None else source, (*path, kind), want, of)
    run: Run = code.run
    if shape.seconds and code.seconds is not None:
        run = code.seconds
    elif shape.seconds:
        plain = code.run
        run = lambda c: _whole_seconds(plain(c), name)  # noqa: E731
    keys = None if m.by is None else b.expr(m.by, (*path, "by"), None, of)
    by = None if keys is None else keys.run
    reads = frozenset[str]().union(*(one.reads for one in (gate, code, keys) if one is not None))
    key = None if m.window == "all" or shape.rolling else window_key(m.window, b.clock, b.midnight)
    seconds, rolling, window, clock = shape.seconds, shape.rolling, m.window, b.clock

    def fold(old: Any, new: Any) -> Any:
        if kind in ("sum", "count"):
            if old is None:
                return new if seconds else pack(new)
            return old + new if seconds else pack(tidy(unpack(old) + new))
        if kind == "list":
            kept = [*(old or ()), pack(new)]
            if len(kept) > MAX_LIST:
                raise EvaluationError(f"measure '{name}' holds more than {MAX_LIST} items")
            return kept
        if old is None or kind == "last":
            return pack(new)
        if kind == "first":
            return old
        return pack((max if kind == "max" else min)(unpack(old), new))

    def put(c: Context, value: Any) -> None:
        state = c.state
        if rolling:
            today = clock.date(c.at)
            first = rolling_start(window, today)
            assert first is not None
            edge = first.isoformat()
            kept = [p for p in state.get(name, ()) if p[0] >= edge]
            kept.append([today.isoformat(), value if seconds else pack(value)])
            state[name] = kept
            return
        if key is None and by is None:
            state[name] = fold(state.get(name), value)
            return
        parts = [] if key is None else [key(c)]
        if by is not None:
            parts.append(str(by(c)))
        slot = "|".join(parts)
        table = state.get(name)
        if table is None:
            table = state[name] = {}
        table[slot] = fold(table.get(slot), value)
        if window == "day" and len(table) > 60:
            for old in sorted(table)[:-30]:
                del table[old]

    def update(c: Context) -> None:
        if where is not None and not where(c):
            return
        value = run(c)
        if value is None:
            if kind == "sum":
                raise EvaluationError(f"measure '{name}' meets a value that is not known")
            return
        if kind in ("sum",) and value == 0:
            return
        if shape.pieces and c.pieces and key is not None:
            at, until = c.at, c.until
            for start, part in c.pieces:
                c.at, c.until = start, None
                put(c, part)
            c.at, c.until = at, until
            return
        put(c, value)

    return update, reads & b.doc.measures.keys() - {name}


def _whole_seconds(hours: Any, name: str) -> int | None:
    if hours is None:
        return None
    seconds = tidy(need_number(hours) * 3600)
    if not isinstance(seconds, int):
        raise EvaluationError(f"measure '{name}' meets hours that are no whole seconds")
    return seconds
