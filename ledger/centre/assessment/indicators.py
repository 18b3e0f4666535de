"""What does an assessment (测评) ask for, of which places, and from when on? Dated data, not code.

A YAML file among the `editions`, or a locality's own: each indicator names its
clause, the measure that it reads and what is due, a number or an expression of the policy language
on what is known of the place. It is checked on loading; errors say where, and what to write.
"""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, Field, ValidationError

from ledger.centre.assessment.measure_names import LEVELS, MEASURES, OPTIONS, Level
from ledger.errors import LedgerError
from ledger.policy.check import schema_findings
from ledger.policy.context import Context
from ledger.policy.dates import Clock
from ledger.policy.document import Bilingual, Exact, Expr, Names, Origin, RuleId, Strict
from ledger.policy.errors import Diagnostic, EvaluationError, PolicyError
from ledger.policy.exact import Number, exact
from ledger.policy.expressions import Code, Compiler, guess
from ledger.policy.functions import FUNCTIONS, call
from ledger.policy.source import Path, Source, read_source
from ledger.policy.syntax import ExpressionError
from schemas.registry import Category


class Fact(NamedTuple):
    """What an expression may read of a place: its type, and its name for people."""

    type: str
    title: str


FACTS: Mapping[str, Fact] = {
    "residents": Fact("number", "常住人口"),
    "party_members": Fact("number", "在职党员"),
    "volunteers": Fact("number", "注册志愿者"),
    "staff": Fact("number", "专职人员"),
    "rooms": Fact("number", "功能室"),
    "community": Fact("text", "城市社区或村"),
    "level": Fact("text", "级别"),
}

SHARES = ("residents", "party_members", "volunteers")
"""Of what a measure can be shown as a share."""

Levels = Annotated[
    list[Level],
    BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
    Field(min_length=1),
]
Weight = Annotated[Exact, Field(gt=0, le=1000)]


class Grade(Strict):
    """A grade is reached from so many points of a hundred on."""

    grade: RuleId
    title: Bilingual
    from_: Annotated[Exact, Field(alias="from", ge=0, le=100)]


class Indicator(Strict):
    """指标. `categories`, `hours` and `within` narrow its measure where that can be narrowed."""

    id: RuleId
    title: Bilingual
    clause: str
    at: Levels
    measure: str
    categories: Names = Field(default=[])
    hours: Annotated[int, Field(strict=True, ge=1, le=8784)] | None = None
    within: Literal["year", "ever"] | None = None
    due: Expr | dict[str, Expr]
    reach: Literal["at_least", "above"] = "at_least"
    of: str = ""
    weight: Weight
    from_: date = Field(alias="from")
    until: date | None = None

    def applies(self, year: int) -> bool:
        """It is in force on the last day of the year."""
        last = date(year, 12, 31)
        return self.from_ <= last and (self.until is None or last < self.until)


class Assessment(Strict):
    """测评体系. `partial`: what an indicator that is not met counts."""

    assessment: RuleId
    name: Bilingual
    issuer: str = ""
    region: str = ""
    source: Origin = Origin()
    from_: date = Field(alias="from")
    partial: Literal["proportional", "none"]
    clauses: dict[str, str]
    grades: Annotated[list[Grade], Field(min_length=1)]
    indicators: Annotated[list[Indicator], Field(min_length=1)]


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """An assessment as it is kept: its document, the digest of its text, and what is due."""

    doc: Assessment
    digest: str
    codes: Mapping[tuple[str, Level], Code]

    def in_force(self, year: int) -> list[Indicator]:
        """The indicators of a year. Raises LedgerError if there are none."""
        found = [one for one in self.doc.indicators if one.applies(year)]
        if not found or date(year, 12, 31) < self.doc.from_:
            raise LedgerError(f"{self.doc.assessment} has no indicator in force in {year}")
        return found

    def due(self, indicator: str, level: Level, known: Mapping[str, Any]) -> Number:
        """What is due of a place. Raises EvaluationError if too little is known of it."""
        context = Context({}, {})
        context.attrs = known
        return exact(self.codes[indicator, level].run(context))

    def grade(self, score: Number) -> Grade:
        """The highest grade that a score reaches."""
        return max(
            (one for one in self.doc.grades if exact(one.from_) <= score), key=lambda one: one.from_
        )


def load(text: str, file: str) -> Edition:
    """The assessment in a YAML text. Raises LedgerError that lists what is wrong, by line."""
    try:
        edition, findings = _compiled(text, file)
    except PolicyError as error:
        raise LedgerError(str(error)) from None
    if edition is None:
        raise LedgerError("\n".join(map(str, findings)))
    return edition


def check(text: str, file: str) -> list[Diagnostic]:
    """Everything that is wrong with an assessment, ordered by line."""
    try:
        return _compiled(text, file)[1]
    except PolicyError as error:
        return list(error.diagnostics)


@lru_cache
def published() -> Mapping[str, Edition]:
    """The assessments that come with the ledger, by id."""
    folder = resources.files("ledger.centre.assessment") / "editions"
    found = [
        load(one.read_text("utf-8"), one.name)
        for one in sorted(folder.iterdir(), key=lambda one: one.name)
        if one.name.endswith(".yaml")
    ]
    return {one.doc.assessment: one for one in found}


def edition_for(year: int, name: str = "") -> Edition:
    """The named one; else the newest that is in force in a year. Raises LedgerError."""
    known = published()
    if name:
        if name not in known:
            raise LedgerError(f"there is no assessment {name!r}: {', '.join(known)} are there")
        return known[name]
    ready = [one for one in known.values() if one.doc.from_ <= date(year, 12, 31)]
    if not ready:
        raise LedgerError(f"no assessment is in force in {year}: the first are from "
                          f"{min(one.doc.from_ for one in known.values())} on")  # fmt: skip
    return max(ready, key=lambda one: one.doc.from_)


def _compiled(text: str, file: str) -> tuple[Edition | None, list[Diagnostic]]:
    source = read_source(text, file)
    try:
        doc = Assessment.model_validate(source.data)
    except ValidationError as error:
        raise PolicyError(schema_findings(error, source, _known_fields)) from None
    findings = [*_grade_findings(doc, source)]
    codes: dict[tuple[str, Level], Code] = {}
    ids: set[str] = set()
    for number, one in enumerate(doc.indicators):
        path: Path = ("indicators", number)
        if one.id in ids:
            findings.append(source.diagnose((*path, "id"), f"the id '{one.id}' is used twice"))
        ids.add(one.id)
        findings += _indicator_findings(doc, one, path, source)
        for level, where, due in _dues(one, path, source, findings):
            try:
                codes[one.id, level] = Compiler(_Words()).compile(due, "number")
            except ExpressionError as error:
                findings.append(source.diagnose(where, f"due: {error.message}", error.advice))
            except EvaluationError as error:
                findings.append(source.diagnose(where, f"due: {error.message}"))
    if findings:
        return None, sorted(set(findings))
    return Edition(doc, hashlib.sha256(text.encode()).hexdigest(), codes), []


def _known_fields(path: Path) -> list[str]:
    """The words that may stand where a path leads."""
    model: type[Strict] = Assessment
    match path:
        case ("indicators", int(), *_):
            model = Indicator
        case ("grades", int(), *_):
            model = Grade
    return sorted(field.alias or name for name, field in model.model_fields.items())


def _grade_findings(doc: Assessment, source: Source) -> Iterable[Diagnostic]:
    seen: set[Decimal] = set()
    for number, one in enumerate(doc.grades):
        if one.from_ in seen:
            yield source.diagnose(
                ("grades", number, "from"), f"two grades begin at {one.from_}", "keep one"
            )
        seen.add(one.from_)
    if min(seen) > 0:
        yield source.diagnose(
            ("grades",), f"a score below {min(seen)} has no grade", "let the lowest begin at 0"
        )


def _indicator_findings(
    doc: Assessment, one: Indicator, path: Path, source: Source
) -> Iterable[Diagnostic]:
    if one.clause not in doc.clauses:
        yield source.diagnose(
            (*path, "clause"),
            f"there is no clause '{one.clause}'",
            guess(one.clause, doc.clauses) or "add it under clauses",
        )
    measure = MEASURES.get(one.measure)
    if measure is None:
        yield source.diagnose(
            (*path, "measure"),
            f"there is no measure '{one.measure}'",
            guess(one.measure, MEASURES) or f"write one of {', '.join(MEASURES)}",
        )
    else:
        for level in one.at:
            if level not in measure.levels:
                fits = ", ".join(measure.levels)
                yield source.diagnose(
                    (*path, "at"), f"'{one.measure}' is not counted of a {level}", f"of: {fits}"
                )
        for option in OPTIONS:
            said = getattr(one, option) not in (None, [])
            if said and option not in measure.options:
                yield source.diagnose(
                    (*path, option), f"'{one.measure}' can't be narrowed by '{option}'", "remove it"
                )
        for option in measure.needs:
            if getattr(one, option) in (None, []):
                yield source.diagnose(
                    path, f"'{option}' is missing: '{one.measure}' has to know it",
                    f"add {option}: …",
                )  # fmt: skip
    for category in one.categories:
        if category not in get_args(Category):
            yield source.diagnose(
                (*path, "categories"),
                f"there is no category '{category}' of activities",
                f"write some of {', '.join(get_args(Category))}",
            )
    if one.of and one.of not in SHARES:
        yield source.diagnose((*path, "of"), f"a share of '{one.of}' can't be shown",
                              f"write one of {', '.join(SHARES)}")  # fmt: skip
    if one.until is not None and one.until <= one.from_:
        yield source.diagnose((*path, "until"), f"it ends on {one.until}, before it begins")
    for level in {level for level in one.at if one.at.count(level) > 1}:
        yield source.diagnose((*path, "at"), f"'{level}' stands here twice", "keep one")


def _dues(
    one: Indicator, path: Path, source: Source, findings: list[Diagnostic]
) -> Iterable[tuple[Level, Path, Any]]:
    """What is due at each level, and where that is written."""
    if not isinstance(one.due, dict):
        for level in one.at:
            yield level, (*path, "due"), one.due
        return
    for level in one.at:
        if level in one.due:
            yield level, (*path, "due", level), one.due[level]
        else:
            said = f"it is not said what is due of a {level}"
            findings.append(source.diagnose((*path, "due"), said, f"add {level}: …"))
    strange = [level for level in one.due if level not in one.at]
    findings += [
        source.diagnose(
            (*path, "due", level),
            f"'{level}' is not among the levels of this indicator",
            guess(level, LEVELS) or "add it under at",
        )
        for level in strange
    ]


class _Words:
    """What a name means in what is due: a fact of the place."""

    def symbol(self, name: str) -> Code | None:
        fact = FACTS.get(name)
        if fact is None:
            return None

        def read(c: Context) -> Any:
            value = c.attrs.get(name)
            if value in (None, ""):
                raise EvaluationError(f"{name} is not known {fact.title}未上报")
            return value

        return Code(read, fact.type, reads=frozenset({name}))

    def member(self, base: str, name: str) -> Code | None:
        return None

    def spoken(self, base: str) -> Iterable[str]:
        return FUNCTIONS if base == "()" else FACTS if not base else ()

    def call(self, name: str, node: ast.Call, compiler: Compiler) -> Code | None:
        return call(name, node, compiler, Clock())
