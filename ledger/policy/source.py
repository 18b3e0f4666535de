"""How a YAML text becomes plain data whose every place has a line, and why hostile text cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .errors import Diagnostic, PolicyError

MAX_BYTES = 512 * 1024
MAX_NODES = 40_000
MAX_DEPTH = 24
MAX_SCALAR = 8_000
MAX_DIGITS = 18

_INT = re.compile(r"[-+]?[0-9]+\Z")
_DECIMAL = re.compile(r"[-+]?[0-9]+\.[0-9]+\Z")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Place:
    line: int
    column: int


@dataclass(slots=True)
class Source:
    """The data of a document and the place of each of its nodes (keys too)."""

    file: str
    data: Any = None
    places: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)

    def place(self, path: Sequence[str | int]) -> Place:
        """The place of the nearest node that exists on the path."""
        found = tuple(path)
        while found and found not in self.places:
            found = found[:-1]
        return self.places.get(found, Place(1, 1))

    def diagnose(
        self, path: Sequence[str | int], message: str, advice: str = "", severity: Any = "error"
    ) -> Diagnostic:
        place = self.keys.get(tuple(path)) or self.place(path)
        where = ".".join(map(str, path))
        return Diagnostic(place.line, place.column, severity, message, advice, self.file, where)


def read_source(text: str, file: str = "policy.yaml") -> Source:
    """Read YAML: maps, lists, texts, whole numbers, decimals, true/false/null, and nothing else.

    Words such as `on` or `yes`, dates and clock times stay texts. Anchors, aliases and tags are
    refused, so the data is never larger than its text.
    """
    source = Source(file)

    def fail(line: int, column: int, message: str, advice: str = "") -> PolicyError:
        return PolicyError([Diagnostic(line, column, "error", message, advice, file)])

    if len(text) > MAX_BYTES or len(text.encode("utf-8", "replace")) > MAX_BYTES:
        raise fail(1, 1, f"the document is larger than {MAX_BYTES // 1024} KiB", "split it")
    nodes = 0
    stack: list[tuple[Any, Path]] = []
    key: str | None = None
    done = False
    try:
        events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        for event in events:
            kind = type(event)
            if kind in (MappingEndEvent, SequenceEndEvent):
                stack.pop()
                key = None
                continue
            if kind is AliasEvent or getattr(event, "anchor", None) is not None:
                raise fail(
                    event.start_mark.line + 1,
                    event.start_mark.column + 1,
                    "anchors and aliases (& and *) are not taken",
                    "repeat the value (a policy has params and tables for it)",
                )
            if kind not in (ScalarEvent, MappingStartEvent, SequenceStartEvent):
                continue
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            nodes += 1
            if nodes > MAX_NODES:
                raise fail(line, column, f"the document has more than {MAX_NODES} nodes")
            if event.tag is not None:
                raise fail(line, column, f"the tag {event.tag[:40]} is not allowed",
                           "remove it; write not x for !x")  # fmt: skip
            if not stack and done:
                raise fail(line, column, "a second document starts here", "keep one per file")
            parent, path = stack[-1] if stack else (None, ())
            if isinstance(parent, dict) and key is None:
                if kind is not ScalarEvent:
                    raise fail(line, column, "a key must be a word", "write `key: value`")
                key = event.value
                if len(key) > 200:
                    raise fail(line, column, "a key is longer than 200 characters")
                if key in parent:
                    raise fail(line, column, f"the key '{key}' stands here twice", "keep one")
                source.keys[(*path, key)] = Place(line, column)
                continue
            here: Path = (
                ()
                if parent is None
                else (
                    (*path, key) if isinstance(parent, dict) else (*path, len(parent))  # type: ignore[arg-type]
                )
            )
            if kind is ScalarEvent:
                if len(event.value) > MAX_SCALAR:
                    raise fail(line, column, f"a text is longer than {MAX_SCALAR} characters")
                plain = event.implicit[0] and not event.style
                value = _scalar(event.value) if plain else event.value
                if value is _TOO_LONG:
                    raise fail(line, column, f"a number has more than {MAX_DIGITS} digits")
                column += 0 if plain else 1
            else:
                value = {} if kind is MappingStartEvent else []
            source.places[here] = Place(line, column)
            if parent is None:
                source.data, done = value, True
            elif isinstance(parent, dict):
                parent[key] = value
                key = None
            else:
                parent.append(value)
            if kind is not ScalarEvent:
                if len(stack) >= MAX_DEPTH:
                    raise fail(line, column, f"nested deeper than {MAX_DEPTH} levels")
                stack.append((value, here))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = str(error.problem or error.context)
        raise fail(line, column, f"not YAML: {problem}", _quoting(problem)) from None
    except (yaml.YAMLError, UnicodeError, RecursionError, MemoryError) as unreadable:
        raise fail(1, 1, f"not YAML: {str(unreadable)[:200]}") from None
    if not done:
        raise fail(1, 1, "the document is empty")
    return source


def _quoting(problem: str) -> str:
    """What mends a text that YAML reads as signs of its own."""
    if "cannot start any token" in problem:
        return "quote texts that begin with % @ or `, and indent with blanks, not tabs"
    if "whitespace or line break" in problem:
        return "write not x for !x"
    if "did not find expected" in problem or "mapping values" in problem:
        return "quote texts that contain ': ' or ','"
    return ""


_TOO_LONG = object()


def _scalar(text: str) -> Any:
    match text:
        case "" | "~" | "null":
            return None
        case "true":
            return True
        case "false":
            return False
    if _INT.match(text):
        return int(text) if len(text) <= MAX_DIGITS else _TOO_LONG
    if _DECIMAL.match(text):
        return Decimal(text) if len(text) <= MAX_DIGITS + 2 else _TOO_LONG
    return text
