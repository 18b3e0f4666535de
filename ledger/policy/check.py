"""What is wrong with a policy document, where, and what to write instead. Nothing is executed."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import ValidationError

from . import document
from .document import Bands, Policy
from .errors import Diagnostic, PolicyError
from .exact import Number, exact
from .expressions import guess
from .plan import Plan, compile_with_findings
from .source import Path, Source, read_source
from .unread import unread

MAX_REPORTED = 60
EXAMPLES = "examples stand in a second file: `vledger policy test FILE --cases FILE`"
COMMA = "quote this text: it has a comma"


def read_policy(text: str, file: str = "policy.yaml") -> tuple[Policy, Source]:
    """Read a document; PolicyError where its syntax or shape is wrong."""
    source = read_source(text, file)
    try:
        return Policy.model_validate(source.data), source
    except ValidationError as error:
        raise PolicyError(schema_findings(error, source)) from None
    except RecursionError:
        raise PolicyError([Diagnostic(1, 1, "error", "nested too deep", "", file)]) from None


def load(text: str, settings: Mapping[str, Any] | None = None, file: str = "policy.yaml") -> Plan:
    """Read and compile a document; PolicyError lists everything that is wrong with it."""
    doc, source = read_policy(text, file)
    plan, findings = compile_with_findings(doc, settings, source)
    errors = [d for d in (*findings, *_document_findings(doc, source)) if d.severity == "error"]
    if plan is None or errors:
        raise PolicyError(sorted(errors))
    return plan


def check(text: str, file: str = "policy.yaml") -> list[Diagnostic]:
    """Everything wrong or open in a document, ordered by line."""
    try:
        doc, source = read_policy(text, file)
    except PolicyError as error:
        return list(error.diagnostics)
    _, findings = compile_with_findings(doc, None, source)
    findings = [*findings, *_document_findings(doc, source)]
    idle = unread(doc, source)
    findings += idle
    findings += _missing_settings(doc, source, {d.path for d in idle})
    for name, bands in doc.bands.items():
        findings += _band_findings(name, bands, source)
    return sorted(set(findings))[:MAX_REPORTED]


def schema_findings(
    error: ValidationError,
    source: Source,
    known_fields: Callable[[Path], list[str]] | None = None,
) -> list[Diagnostic]:
    """What is wrong with a document's shape; `known_fields`: the words that may stand at a path."""
    known = known_fields or _known_fields
    found: dict[tuple[int, int, str], Diagnostic] = {}
    for problem in error.errors(include_url=False, include_input=False)[:MAX_REPORTED]:
        path = _real_path(problem["loc"], source)
        key = path[-1] if path else ""
        message, advice = str(problem["msg"]), ""
        match problem["type"]:
            case "extra_forbidden":
                message = f"'{key}' is not a word of the policy language here"
                advice = guess(str(key), known(path)) or "see the guide for what may stand"
                if path == ("examples",):
                    advice = EXAMPLES
                elif _cut_off(path, source):
                    advice = COMMA
            case "missing":
                wanted = str(problem["loc"][-1])
                message = f"'{wanted}' is missing here"
                advice = f"add {wanted}: …"
            case "value_error":
                message = message.removeprefix("Value error, ")
                advice = COMMA if _cut_off(path, source) else ""
            case "string_pattern_mismatch":
                message = "this text has the wrong form"
                advice = _form(path)
        found_one = source.diagnose(path, message, advice)
        found.setdefault((found_one.line, found_one.column, found_one.path), found_one)
    return sorted(found.values())


def _cut_off(path: Path, source: Source) -> bool:
    """Whether a key is what follows the comma of an unquoted text in a one-line map."""
    if not path or source.places.get(path) is None:
        return False
    here: Any = source.data
    for step in path[:-1]:
        here = here[step]
    if not isinstance(here, dict) or here.get(str(path[-1]), 0) is not None:
        return False
    names = list(here)
    before = names.index(str(path[-1])) - 1
    while before >= 0 and here[names[before]] is None:
        before -= 1
    if before < 0 or not isinstance(here[names[before]], str):
        return False
    text = source.places[*path[:-1], names[before]]
    return text.line == source.keys[path].line or "(" in here[names[before]]


def _form(path: tuple[str | int, ...]) -> str:
    if path and path[-1] == "window":
        return "write day, week, month, quarter, year, 'year from 09-01', 'last 12 months' or all"
    if path and path[-1] == "per":
        return "write month, quarter, half, year or 'year from 09-01'"
    if path and path[-1] == "policy":
        return "write a short name of small letters, digits and -"
    return "see the guide"


def _real_path(loc: tuple[int | str, ...], source: Source) -> tuple[int | str, ...]:
    """A pydantic location without the names of union members."""
    path: tuple[int | str, ...] = ()
    for part in loc:
        step = (*path, part)
        if step in source.places or step in source.keys:
            path = step
    return path


def _known_fields(path: tuple[str | int, ...]) -> list[str]:
    fields: set[str] = set()
    stack = [
        value
        for value in vars(document).values()
        if isinstance(value, type) and issubclass(value, document.Strict)
    ]
    wanted = {
        "hours": "HoursRule", "points": "PointsRule", "measures": "Measure", "ladders": "Ladder",
        "requests": "Request", "conduct": "Conduct", "currencies": "Currency", "facts": "FactType",
        "settings": "Setting", "grants": "Grant", "bands": "Bands", "cases": "Cases",
        "safeguards": "Safeguards",
    }  # fmt: skip
    top = wanted.get(str(path[0]), "") if len(path) > 1 else "Policy"
    for model in stack:
        if not top or model.__name__ == top or len(path) > 3:
            fields |= {f.alias or n for n, f in model.model_fields.items()}
    return sorted(fields)


def _document_findings(doc: Policy, source: Source) -> list[Diagnostic]:
    """Names declared twice, names that clash with built-in words, ids used twice."""
    found: list[Diagnostic] = []
    owners: dict[str, str] = {}
    tracks = {r.track for r in doc.hours} or {"hours"}
    groups: dict[str, Any] = {
        "person": doc.person, "currencies": doc.currencies, "measures": doc.measures,
        "values": doc.values, "ladders": doc.ladders, "grants": doc.grants, "tables": doc.tables,
    }  # fmt: skip
    reserved = {"today", "now", "counted", "claimed", "total", "fact", "settings", "params",
                "posted", "true", "false", "null", "t"}  # fmt: skip
    if doc.rankings:
        reserved |= {"size", "group"}
    for group, names in groups.items():
        for name in names:
            if name in reserved or keyword.iskeyword(name):
                found.append(source.diagnose((group, name), f"'{name}' is a built-in name",
                                             "choose another name"))  # fmt: skip
            if name in tracks:
                found.append(source.diagnose(
                    (group, name), f"'{name}' is already the name of a track of hours",
                    "choose another name, or another track"))  # fmt: skip
            if name in owners:
                found.append(source.diagnose(
                    (group, name), f"'{name}' is declared under {owners[name]} too",
                    "one name means one thing: rename one of them"))  # fmt: skip
            owners[name] = group
    for i, rule in enumerate(doc.hours):
        if rule.track in reserved:
            found.append(source.diagnose(("hours", i, "track"), f"'{rule.track}' is a built-in "
                                         "name", "choose another name"))  # fmt: skip
    ids: set[tuple[str, str]] = set()
    for section in ("hours", "points", "requests", "conduct"):
        for i, rule in enumerate(getattr(doc, section)):
            if (section, rule.id) in ids:
                found.append(
                    source.diagnose((section, i, "id"), f"the id '{rule.id}' is used twice", "")
                )
            ids.add((section, rule.id))
    return found


def _missing_settings(doc: Policy, source: Source, idle: set[str]) -> list[Diagnostic]:
    found = []
    for name, setting in doc.settings.items():
        path = ("settings", name)
        if setting.value is None and f"settings.{name}" in idle:
            continue
        if setting.value is None:
            choices = f" ({' / '.join(map(str, setting.choices))})" if setting.choices else ""
            found.append(source.diagnose(
                path, f"setting '{name}' has no value: {setting.question}",
                f"decide and add value: …{choices}", "warning"))  # fmt: skip
        elif setting.choices is not None and setting.value not in setting.choices:
            found.append(source.diagnose(
                (*path, "value"), f"'{setting.value}' is not among the choices",
                f"write one of {' / '.join(map(str, setting.choices))}"))  # fmt: skip
    return found


def _band_findings(name: str, bands: Bands, source: Source) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    edges = []
    for row, band in enumerate(bands.bands):
        sides = (band.from_, band.above, band.to, band.below)
        if any(isinstance(s, (str, bool)) for s in sides):
            return found
        low = _edge(band.from_, band.above)
        high = _edge(band.to, band.below)
        edges.append((low, high, band.above is None, band.below is None, row))
    edges.sort(key=lambda e: (e[0] is not None, e[0] or 0, e[1] is None, e[1] or 0))
    for i in range(len(edges) - 1):
        high, low = edges[i][1], edges[i + 1][0]
        path = ("bands", name, "bands", max(edges[i][4], edges[i + 1][4]))
        if high is None or low is None:
            continue
        if low > high or (low == high and not edges[i][3] and not edges[i + 1][2]):
            known = bands.gap is not None
            found.append(source.diagnose(
                path, f"values between {high} and {low} fall into a gap",
                "" if known else "say gap: lower / upper / none, or gap: settings.<name>",
                "info" if known else "warning"))  # fmt: skip
        elif low < high or (edges[i][3] and edges[i + 1][2]):
            known = bands.overlap is not None
            found.append(source.diagnose(
                path, f"values from {low} to {high} lie in two bands",
                "" if known else "say overlap: lower / upper, or overlap: settings.<name>",
                "info" if known else "warning"))  # fmt: skip
    return found


def _edge(first: Any, second: Any) -> Number | None:
    value = first if first is not None else second
    return None if value is None else exact(value)
