"""What of a policy document does nothing: settings, clauses, params, tables that nothing reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from .document import Policy
from .errors import Diagnostic, Severity
from .source import Path, Source

_WORD = re.compile(r"[^\W\d]\w*")
_DOTTED = re.compile(r"\b(settings|params)\s*(?:\.\s*|\[\s*['\"])(\w+)")
_PROSE = {"clauses", "source", "name", "note", "issuer", "region"}
"""Sections whose texts are for people."""
_SAID = {"note", "question", "else"}
"""Keys whose texts are for people."""


def unread(doc: Policy, source: Source) -> list[Diagnostic]:
    """What is declared and neither read nor cited: warnings, and remarks where it may be a report.

    Values are quiet, since reports and examples ask for them; a measure may be asked for too. As
    values cite nothing, a clause may be what an unread value says.
    """
    cited: dict[str, set[Path]] = {}
    dotted: set[tuple[str, str]] = set()
    words: dict[str, set[Path]] = {}
    for path, text in _texts(source.data, ()):
        if "clauses" in path[1:]:
            cited.setdefault(text, set()).add(path[:2])
        if path[0] in _PROSE or path[-1] in _SAID or "clauses" in path:
            continue
        dotted.update((m[1], m[2]) for m in _DOTTED.finditer(text))
        for word in _WORD.findall(text):
            words.setdefault(word, set()).add(path[:2])

    def idle(group: str, name: str) -> bool:
        return not words.get(name, set()) - {(group, name)}

    found: list[Diagnostic] = []

    def say(path: Path, message: str, advice: str, severity: Severity = "warning") -> None:
        found.append(source.diagnose(path, message, advice, severity))

    asleep: set[Path] = set()
    for name in doc.settings:
        if name.isidentifier() and name != "midnight" and ("settings", name) not in dotted:
            asleep.add(("settings", name))
            say(("settings", name), f"no rule reads the setting '{name}'",
                f"read settings.{name} where the outcome depends on it, or remove it")  # fmt: skip
    for name in doc.params:
        if ("params", name) not in dotted:
            say(("params", name), f"no rule reads params.{name}", "read it, or remove it")
    for group in ("tables", "bands"):
        for name in getattr(doc, group):
            if idle(group, name):
                say((group, name), f"no rule reads '{name}'", "read it, or remove it")
    for name in doc.measures:
        if idle("measures", name):
            say(("measures", name), f"no rule reads the measure '{name}'",
                "remove it, unless a report asks for it", "info")  # fmt: skip
    silent = [key for key in doc.clauses if not cited.get(key, set()) - asleep]
    if silent:
        reports = doc.cases.expect or any(idle("values", name) for name in doc.values)
        say(("clauses", silent[0]), f"no rule cites {', '.join(silent)}",
            "cite it under clauses: where it decides, or write the rule that is missing",
            "info" if reports else "warning")  # fmt: skip
    return found


def _texts(node: Any, path: Path) -> Iterator[tuple[Path, str]]:
    """Every text of a document below its top, with the path to it."""
    if isinstance(node, dict):
        for key, one in node.items():
            yield from _texts(one, (*path, key))
    elif isinstance(node, list):
        for i, one in enumerate(node):
            yield from _texts(one, (*path, i))
    elif isinstance(node, str) and len(path) > 1:
        yield path, node
