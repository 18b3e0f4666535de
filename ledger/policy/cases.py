"""How worked examples are run: a state, what happens, what is expected, on which clause."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from .context import Context, decided
from .dates import DAY
from .document import StateFact
from .entries import Answer, Decision, Entry, Refusal
from .errors import (
    UNUSABLE,
    Diagnostic,
    EvaluationError,
    MissingSetting,
    PolicyError,
    unusable,
)
from .exact import exact, is_number, show
from .expressions import Code, Compiler, guess
from .facts import Fact
from .names import STANDARD
from .opening import knows, opening
from .plan import Plan, Reader
from .population import rank_people
from .rankings import Home
from .source import read_source
from .syntax import ExpressionError

Verdict = Literal["met", "failed", "disputed", "error"]
RANKED = ("rank", "size", "value", "taken", "group")
"""What may be expected of a person's line in a ranking."""
_CALL = re.compile(r"(rank|since|earned|previous)\(\w+\)|\w+\[.+\]")
TIME_KEYS = ("at", "date", "day", "time", "year")
UNDATED = "2024-06-01"
"""The moment of an example in which nothing is dated, where its policy names none."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one example came out."""

    id: str
    verdict: Verdict
    expected: dict[str, Any]
    actual: dict[str, Any]
    by: tuple[str, ...] = ()
    message: str = ""
    asked: str = ""
    """The setting that was demanded, where the example says that the text leaves it open."""
    entries: tuple[Entry, ...] = field(default=(), repr=False)


def run_cases(plan: Plan, cases: str | Mapping[str, Any] | Sequence[Any]) -> list[CaseResult]:
    """Run worked examples: a YAML text, a map with `examples`, or a list of examples."""
    data: Any = read_source(cases, "cases.yaml").data if isinstance(cases, str) else cases
    examples = data.get("examples", []) if isinstance(data, Mapping) else data
    if not isinstance(examples, list | tuple) or not all(isinstance(e, Mapping) for e in examples):
        wrong = "no examples: write `examples:` and under it a list of maps, each with its id"
        raise PolicyError([Diagnostic(1, 1, "error", wrong, file="cases.yaml")])
    return [run_case(plan, example) for example in examples]


def run_case(plan: Plan, example: Mapping[str, Any]) -> CaseResult:
    """Run one example."""
    doc = plan.doc
    id_ = str(example.get("id", "?"))
    wrong = _misshapen(example)
    if wrong:
        return CaseResult(id_, "error", {}, {}, (), wrong)
    expected = dict(example.get("expect") or {})
    by = tuple(map(str, example.get("by") or ()))
    settings = {**doc.cases.settings.get(id_, {}), **(example.get("settings") or {})}
    if settings:
        plan = plan.with_settings(settings)
    dispute = doc.cases.disputed.get(id_)
    actual: dict[str, Any] = {}
    entries: list[Entry] = []
    try:
        message = _judge(plan, example, expected, actual, entries)
        verdict: Verdict = "met" if not message else "failed"
    except MissingSetting as missing:
        if "undetermined" in expected:
            wanted = doc.cases.asks.get(id_)
            if wanted in (None, missing.key):
                return CaseResult(id_, "met", expected, {}, by, "", missing.key)
            message = f"asks for '{missing.key}', not for '{wanted}'"
            return CaseResult(id_, "failed", expected, {}, by, message, missing.key)
        message, verdict = str(missing), "failed"
    except (EvaluationError, ExpressionError, PolicyError) as error:
        message, verdict = str(error), "error"
    except UNUSABLE as unforeseen:
        message, verdict = str(unusable(unforeseen)), "error"
    if dispute is not None and verdict != "met":
        verdict, message = "disputed", f"{dispute.reason} [{', '.join(dispute.clauses)}]: {message}"
    return CaseResult(id_, verdict, expected, actual, by, message, "", tuple(entries))


def _misshapen(example: Mapping[str, Any]) -> str:
    """What is not of the shape that an example has; "" if nothing."""
    for key in ("expect", "settings", "state"):
        if not isinstance(example.get(key) or {}, Mapping):
            return f"{key} must be a map of names to values"
    for key in ("by", "events"):
        if not isinstance(example.get(key) or [], list | tuple):
            return f"{key} must be a list"
    people = example.get("people")
    if people is not None:
        if not isinstance(people, Mapping) or "rank" not in example:
            return "people must be a map of names to their state and events, with rank: a ranking"
        for who, one in people.items():
            if not isinstance(one or {}, Mapping) or "people" in (one or {}):
                return f"{who} must be a map with state and events"
            wrong = _misshapen(one or {})
            if wrong:
                return f"{who}: {wrong}"
        return ""
    for number, event in enumerate(example.get("events") or (), 1):
        if not isinstance(event, Mapping) or "type" not in event:
            return f"event {number} must be a map with a type"
    return ""


def _judge(
    plan: Plan, example: Mapping[str, Any], expected: dict[str, Any], actual: dict[str, Any],
    entries: list[Entry],
) -> str:  # fmt: skip
    if "people" in example:
        return _judge_people(plan, example, expected, actual)
    stage = _Stage(plan, example)
    asked = _calls(plan, expected)
    entries += stage.begun.entries
    context = stage.folded(stage.read_at)
    entries += context.out
    reader = plan.read(context.state, stage.read_at)
    entries += reader.entries
    if "undetermined" in expected:
        return _demand(plan, reader, example)

    def value(key: str, wanted: Any) -> Any:
        if key not in asked:
            return _value(plan, reader, entries, key, wanted)
        if reader.error is not None:
            raise reader.error
        return decided(asked[key].run)(reader.context)

    found = ((key, value(key, wanted), wanted) for key, wanted in expected.items())
    return "; ".join(_compare(found, actual))


def _compare(found: Iterable[tuple[str, Any, Any]], actual: dict[str, Any]) -> Iterator[str]:
    """Note what each name is, and tell where that is not what is wanted: (name, value, wanted)."""
    for key, value, wanted in found:
        actual[key] = show(value)
        if not same(actual[key], wanted):
            yield f"{key} is {actual[key]!r}, expected {show(wanted)!r}"


def _judge_people(
    plan: Plan, example: Mapping[str, Any], expected: dict[str, Any], actual: dict[str, Any]
) -> str:
    """Rank several people; each is expected to have the ranking's fact, or to stand as it leads to.

    What is expected of a person is an attribute of the fact (rank, taken …), or any name.
    """
    ranking = str(example["rank"])
    if ranking not in plan.rankings:
        hint = guess(ranking, plan.rankings)
        raise EvaluationError(f"the policy has no ranking named '{ranking}' {hint}")
    people = {str(who): one or {} for who, one in example["people"].items()}
    shared = {"at": example["at"]} if "at" in example else {}
    stages = {who: _Stage(plan, {**shared, **one}) for who, one in people.items()}
    at = max((stage.read_at for stage in stages.values()), default=0)
    folded = {who: stage.folded(at) for who, stage in stages.items()}
    homes = {
        who: Home(str(one.get("place", "")), str(one.get("team", "")))
        for who, one in people.items()
    }
    states = {who: context.state for who, context in folded.items()}
    facts = rank_people(plan, ranking, states, at, homes)
    for who, fact in facts.items():
        plan.apply(folded[who], fact)
    if "undetermined" in expected:
        return "no setting was demanded"
    problems = []
    for who, wanted in expected.items():
        if who not in people or not isinstance(wanted, Mapping):
            raise EvaluationError(f"'{who}' is none of the people, or not expected to have a map")
        reader = plan.read(folded[who].state, at)
        entries = [*stages[who].begun.entries, *folded[who].out, *reader.entries]
        told = facts[who].attrs if who in facts else dict.fromkeys(RANKED)
        found = (
            (key, told.get(key) if key in RANKED else _value(plan, reader, entries, key, one), one)
            for key, one in wanted.items()
        )
        actual[who] = {}
        problems += [f"{who}: {one}" for one in _compare(found, actual[who])]
    return "; ".join(problems)


def _calls(plan: Plan, expected: Mapping[str, Any]) -> dict[str, Code]:
    """What is expected of `rank(star)`, `m[2023]`; before the fold, which keeps what they read."""
    found: dict[str, Code] = {}
    for key in map(str, expected):
        if _CALL.fullmatch(key) and key not in plan.doc.cases.expect:
            try:
                found[key] = Compiler(plan.words.about(())).compile(key)
            except ExpressionError as error:
                raise EvaluationError(f"'{key}': {error.message} {error.advice}") from None
    return found


def _demand(plan: Plan, reader: Reader, example: Mapping[str, Any]) -> str:
    """What the text leaves open must be asked for, by the fold or by one of the values."""
    doc = plan.doc
    told = {}
    wanted = doc.cases.asks.get(str(example.get("id")))
    missing: MissingSetting | None = None
    for name in plan.names():
        try:
            told[name] = show(reader[name])
        except MissingSetting as found:
            if wanted in (None, found.key):
                missing = missing or found
        except EvaluationError:
            continue
    if missing is not None:
        raise missing
    named = {*_names_in(plan, example), *plan.words.tracks, *doc.currencies, *doc.ladders}
    shown = ", ".join(
        f"{k}={v}" for k, v in told.items() if k in named or v not in (0, None, [], {})
    )
    return f"no setting was demanded; the engine says {shown}"


def _names_in(plan: Plan, example: Mapping[str, Any]) -> set[str]:
    """The policy's names that an example speaks of, in its state or what it expects."""
    keys = [*(example.get("state") or ()), *(example.get("expect") or ())]
    known = plan.doc.cases.state
    said = [target for key in keys if isinstance(target := known.get(str(key), str(key)), str)]
    return {word for one in said for word in re.findall(r"\w+", one)}


def _value(plan: Plan, reader: Reader, entries: list[Entry], key: str, wanted: Any) -> Any:
    doc = plan.doc
    if key in doc.cases.expect:
        return _evaluate(plan, reader, doc.cases.expect[key])
    answers = [e.value for e in entries if type(e) is Answer and e.name == key]
    if answers:
        return answers if isinstance(wanted, list) and len(answers) > 1 else answers[-1]
    decided: dict[str, bool] = {}
    for e in entries:
        if isinstance(e, Decision) and e.name == key:
            decided[e.fact] = decided.get(e.fact, True) and e.accepted
        elif isinstance(e, Refusal) and e.name == key:
            decided[e.fact] = False
    if decided:
        values = list(decided.values())
        return values if isinstance(wanted, list) else values[-1]
    if reader.code(key) is not None:
        return reader[key]
    raise EvaluationError(
        f"the policy has no value named '{key}' to compare with; declare it under values, or "
        f"under cases.expect {guess(key, plan.names())}"
    )


def _evaluate(plan: Plan, reader: Reader, source: Any) -> Any:
    code: Code = Compiler(plan.words.about(())).compile(source)
    if reader.error is not None:
        raise reader.error
    return code.run(reader.context)


def same(actual: Any, wanted: Any) -> bool:
    """Equal as a person means it: numbers by value however written, truth values strictly."""
    if isinstance(wanted, bool) or isinstance(actual, bool):
        return actual is wanted
    if isinstance(wanted, list):
        return (
            isinstance(actual, list)
            and len(actual) == len(wanted)
            and all(same(a, w) for a, w in zip(actual, wanted, strict=True))
        )
    if isinstance(wanted, dict):
        return (
            isinstance(actual, dict)
            and {str(k): v for k, v in wanted.items()}.keys() == (actual.keys())
            and all(same(actual[str(k)], v) for k, v in wanted.items())
        )
    try:
        return bool(exact(actual) == exact(wanted))
    except EvaluationError:
        return actual is wanted if wanted is None else bool(actual == wanted)


class _Stage:
    """The facts and the opening state of one example."""

    def __init__(self, plan: Plan, example: Mapping[str, Any]) -> None:
        self.plan, self.doc = plan, plan.doc
        given = dict(example.get("state") or {})
        clock = example.get("at")
        for key in self.doc.cases.clock:
            if key in given and key not in self.doc.cases.state:
                clock = clock if clock is not None else given.pop(key)
                given.pop(key, None)
        said = clock if clock is not None else self.doc.cases.at
        self.base = plan.clock.moment(str(said or UNDATED))
        self.cursor: dict[int, int] = {}
        self.day = plan.clock.start(plan.clock.date(self.base))
        """The day of events that tell none: the one before them, else the first one after."""
        if clock is None:
            self.day = self._first_day(example.get("events") or ()) or self.day
        self.facts: list[Fact] = []
        seeds: dict[str, Any] = {}
        for key, value in given.items():
            self._state(key, value, seeds)
        for event in example.get("events") or ():
            self._event(dict(event))
        first = min([f.at for f in self.facts], default=self.base)
        self.begun = opening(plan, seeds, first if clock is None else self.base, first)
        last = max([f.at if f.end is None else f.end for f in self.facts], default=self.base)
        self.read_at = last if said is None else max(last, self.base)
        """The moment of what is expected."""

    def folded(self, horizon: int) -> Context:
        """The state after all of it; up to `horizon` (s) time is known to have passed."""
        context = self.plan.context(self.begun.state)
        context.horizon = horizon
        for fact in self.plan.order(self.facts):
            self.plan.apply(context, fact)
        return context

    def _first_day(self, events: Sequence[Mapping[str, Any]]) -> int | None:
        for event in events:
            for key in (*TIME_KEYS, "start", "end"):
                text = str(event.get(key, ""))
                if re.match(r"\d{4}(-\d\d){0,2}", text):
                    return self._day(text)
        return None

    def _day(self, text: str) -> int:
        clock = self.plan.clock
        return clock.start(clock.date(clock.moment(_full(text))))

    def _state(self, key: str, value: Any, seeds: dict[str, Any]) -> None:
        target = self.doc.cases.state.get(key, key)
        if target is None:
            return
        if isinstance(target, StateFact):
            if isinstance(value, dict) and target.as_ is not None:
                for when, one in value.items():
                    self._event({"type": target.fact, "date": when, target.as_: one})
                return
            listed = value if isinstance(value, list) else [value]
            for one in listed:
                if one is not False and one is not None:
                    extra = {} if target.as_ is None else {target.as_: one}
                    self._event({"type": target.fact, **extra})
            return
        for part in target.split("+"):
            name = part.strip()
            if not knows(self.plan, name):
                hint = guess(name, self.plan.names())
                raise EvaluationError(
                    f"the state's '{key}' is no name of the policy; declare it, or say under "
                    f"cases.state what it stands for (null: nothing) {hint}"
                )
            if name in seeds and is_number(_exact(seeds[name])) and is_number(_exact(value)):
                value = exact(seeds[name]) + exact(value)
            seeds[name] = value

    def _event(self, event: dict[str, Any]) -> None:
        kind = str(event.pop("type"))
        renames = self.doc.cases.events.get(kind, {})
        event = {
            str(renames.get(k, k)): v for k, v in event.items() if renames.get(k, k) is not None
        }
        declared = self.plan.words.types.get(kind)
        if declared is None:
            hint = guess(kind, self.plan.words.types)
            raise EvaluationError(f"the policy declares no fact type '{kind}' {hint}")
        if "dates" in event and "dates" not in declared.attributes:
            for day in event.pop("dates"):
                self._event({"type": kind, **event, "date": day})
            return
        own = declared.attributes
        number = len(self.facts) + 1
        name = str(event.pop("id", f"event-{number}")) if "id" not in own else f"event-{number}"
        start, end = self._times(event, own, declared.kind == "visit")
        known = {*own, *STANDARD}
        if declared.kind == "amendment":
            known |= set(self.plan.words.types[declared.amends or ""].attributes)
        for key in event:
            if key not in known:
                raise EvaluationError(
                    f"the event '{kind}' has '{key}', which the policy does not declare "
                    f"{guess(key, known)}"
                )
        self.facts.append(self.plan.fact(name, kind, start, end, **event))

    def _times(
        self, event: dict[str, Any], own: Mapping[str, Any], visit: bool
    ) -> tuple[int, int | None]:
        clock = self.plan.clock
        timed = False
        moment = self.day
        for key in TIME_KEYS:
            if key in event and key not in own:
                text = str(event.pop(key))
                moment = clock.moment(_full(text))
                timed = ":" in text
                self.day = clock.start(clock.date(moment))
        base_day = clock.date(moment)
        if not visit:
            return (moment, None) if timed else (self._next(moment, 0), None)
        start = event.pop("start", None) if "start" not in own else None
        end = event.pop("end", None) if "end" not in own else None
        length: int | None = None
        for key, unit in (("hours", 3600), ("minutes", 60)):
            if key in event and key not in own:
                length = int(exact(event.pop(key)) * unit)
        first = None if start is None else clock.moment(str(start), base_day)
        if first is not None:
            self.day = clock.start(clock.date(first))
        last = (
            None
            if end is None
            else clock.moment(str(end), base_day if first is None else clock.date(first))
        )
        if first is None and last is None:
            if length is None and event.get("open"):
                event.pop("open")
                return self._next(moment, 0), None
            first = moment if timed else self._next(moment, length or 0)
            return first, first + (length or 0)
        if first is None:
            assert last is not None
            return last - (length or 0), last
        if last is None:
            return first, None if length is None else first + length
        return first, last

    def _next(self, moment: int, length: int) -> int:
        """Untimed events follow one another through their day."""
        day = self.plan.clock.day(moment)
        used = self.cursor.get(day, 0)
        while used and used + length > DAY:
            moment, day = moment + DAY, day + 1
            used = self.cursor.get(day, 0)
        self.cursor[day] = used + max(length, 1)
        return moment + used


def _full(text: str) -> str:
    """A year or month as its first day."""
    return f"{text}-01-01" if len(text) == 4 else f"{text}-01" if len(text) == 7 else text


def _exact(value: Any) -> Any:
    return exact(value) if isinstance(value, Decimal) else value
