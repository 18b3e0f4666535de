"""How a state begins with what was already so: balances brought over, levels held, attributes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from .context import Context
from .document import Attribute
from .errors import EvaluationError
from .exact import exact, pack, tidy
from .facts import Fact
from .names import level_key, measure_kind
from .plan import Outcome, Plan, State
from .points import put_lot
from .scopes import window_key

_TARGET = re.compile(r"(since|earned)\((\w+)\)\Z|(\w+)\[(.+)\]\Z|(\w+)\Z")


def opening(plan: Plan, given: Mapping[str, Any], at: int, begins: int | None = None) -> Outcome:
    """A first state in which these names have these values at that moment (s).

    Keys are names of the policy, `since(ladder)`, `earned(currency)` or `measure[window or key]`.
    A balance is earned at `at` unless it names its days. Time passes in the state from `at`, or
    from `begins` where something happened before. The entries are initial balances, and what had
    expired by then.
    """
    state = plan.start()
    for target, value in given.items():
        try:
            _seed(plan, state, target, value, at)
        except EvaluationError as error:
            raise EvaluationError(f"the opening value of '{target}': {error.message}") from None
    c = plan.context(state)
    first = at if begins is None else min(begins, at)
    plan.open(c, first, [name for name in given if name in plan.doc.currencies])
    return Outcome(c.state, c.out)


def knows(plan: Plan, target: str) -> bool:
    found = _TARGET.match(target)
    if found is None:
        return False
    name = found[2] or found[3] or found[5]
    doc = plan.doc
    return name in plan.words.tracks or any(
        name in names
        for names in (doc.currencies, doc.ladders, doc.measures, doc.person, doc.grants)
    )


def _seed(plan: Plan, state: State, target: str, value: Any, at: int) -> None:
    found = _TARGET.match(target)
    if found is None or not knows(plan, target):
        raise EvaluationError("the policy declares no such name")
    doc = plan.doc
    match found[1]:
        case "since":
            state[f"{found[2]}~since"] = date.fromisoformat(str(value)).isoformat()
            return
        case "earned":
            scale = 10 ** doc.currencies[found[2]].scale
            state[f"{found[2]}~earned"] = _whole(exact(value) * scale)
            return
    name = found[3] or found[5]
    if name in plan.words.tracks:
        state[name] = state.get(name, 0) + _whole(exact(value) * 3600)
    elif name in doc.currencies:
        _money(plan, state, name, value, at)
    elif name in doc.ladders:
        keys = [level_key(k) for k in doc.ladders[name].levels]
        if doc.ladders[name].each:
            state[name] = sorted(keys.index(v) + 1 for v in (value or ()))
        elif value in keys:
            state[name] = keys.index(value) + 1
        elif value is not None and value != doc.ladders[name].none and value != 0:
            raise EvaluationError(f"{value!r} is no level of this ladder")
    elif name in doc.measures:
        _measure(plan, state, name, value, at, found[4])
    elif name in doc.grants:
        state[name] = int(exact(value))
    else:
        bound = plan._bind_value(doc.person[name], value, name, plan.clock.date(at))
        state[name] = bound.isoformat() if hasattr(bound, "isoformat") else pack(bound)


def _whole(x: Any) -> int:
    units = tidy(x)
    if not isinstance(units, int):
        raise EvaluationError("it is finer than the smallest unit")
    return units


def _money(plan: Plan, state: State, name: str, value: Any, at: int) -> None:
    """A balance, earned at that moment; or {day or month: amount}, when it was earned."""
    scale = 10 ** plan.doc.currencies[name].scale
    parts = value.items() if isinstance(value, dict) else [(None, value)]
    for when, amount in parts:
        units = _whole(exact(amount) * scale)
        state[name] = state.get(name, 0) + units
        earned = f"{name}~earned"
        if earned not in state or when is not None:
            state[earned] = state.get(earned, 0) + max(0, units)
        if name in plan.bank.expiring and units > 0:
            c = Context(state, plan.settings)
            c.at = at
            if when is not None:
                c.at = plan.clock.moment(str(when) + ("-01" if len(str(when)) == 7 else ""))
            c.fact = Fact("", "", c.at)
            last = plan.bank.last_days[name](c)
            put_lot(state.setdefault(f"{name}~lots", []), last.isoformat(), units)


def _measure(plan: Plan, state: State, name: str, value: Any, at: int, which: str | None) -> None:
    m = plan.doc.measures[name]
    kind = measure_kind(m)
    seconds = kind == "sum" and m.sum in ("counted", "claimed", "fact.hours")

    kept = plan.words.kept(name)

    def encode(v: Any) -> Any:
        if seconds:
            return _whole(exact(v) * 3600)
        if kind in ("sum", "count"):
            return pack(exact(v))
        if isinstance(v, list):
            return [encode(one) for one in v]
        if v is not None and kept in ("date", "time"):
            said = Attribute(type="date" if kept == "date" else "time")
            return pack(plan._bind_value(said, v, name, plan.clock.date(at)))
        return pack(v)

    if m.window.startswith("last "):
        state[name] = [[plan.clock.date(at).isoformat(), encode(value)]]
    elif m.window == "all" and m.by is None:
        old = state.get(name)
        new = encode(value)
        state[name] = (
            new
            if old is None or kind not in ("sum", "count")
            else pack(tidy(exact(_number(old)) + exact(_number(new))))
        )
    elif which is not None:
        state.setdefault(name, {})[which.strip("'\"")] = encode(value)
    elif isinstance(value, dict):
        table = state.setdefault(name, {})
        table.update({str(k): encode(v) for k, v in value.items()})
    else:
        c = Context(state, plan.settings)
        c.at, c.fact = at, Fact("", "", at)
        key = window_key(m.window, plan.clock, lambda _: "start")(c)
        state.setdefault(name, {})[key] = encode(value)


def _number(value: Any) -> Any:
    return value["~"] if isinstance(value, dict) else value
