"""How is JSON written that no writer would write? NaN, lone surrogates, keys twice, raw bytes."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import orjson
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy


@dataclass(frozen=True, slots=True)
class Raw:
    """Stands in a tree for text that is written as it is."""

    text: bytes


def written(tree: Any) -> bytes:
    """A tree as JSON, as far as it is any."""
    match tree:
        case Raw(text):
            return text
        case dict():
            pairs = (written(key) + b":" + written(value) for key, value in tree.items())
            return b"{" + b",".join(pairs) + b"}"
        case list():
            return b"[" + b",".join(map(written, tree)) + b"]"
        case int():
            return b"%d" % tree if not isinstance(tree, bool) else orjson.dumps(tree)
        case str():
            return orjson.dumps(tree) if tree.isascii() or _sound(tree) else _escaped(tree)
        case _:
            return orjson.dumps(tree)


def _sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _escaped(text: str) -> bytes:
    return b'"' + b"".join(b"\\u%04x" % ord(c) for c in text if ord(c) < 0x10000) + b'"'


ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "V\x001",
    "\x1b[31mred\x07",
    "a\nb",
    "\r",
    "\x7f\x85\u2028\ufeff",
    "\u202etxet",
    "\ud800",
    "\udfff\ud800",
    "\uffff",
    "é",
    "e\u0301",
    "\u212bngström",
    "Ⅳ①",
    "𠮷🏮",
    "'; DROP TABLE event; --",
    "%s%n%(x)s{0}{x.__class__}",
    "[red]x[/red]",
    "[/]",
    "../../etc/passwd",
    "~review",
    "~awaited",
    "~",
    "household:",
    "household:H1",
    "team:T1",
    "fund:F1",
    "fund:",
    "merchant:M01",
    "volunteer:V1",
    "issuance:points",
    "kiosk/1#e1",
    "#",
    "x" * 128,
    "界" * 128,
    "x" * 129,
    "界" * 300,
    "x" * 70_000,
)

ODD_TIMES = (
    "2026-02-30T08:00:00+08:00",
    "2026-02-29T08:00:00+08:00",
    "2026-02-28T24:00:00+08:00",
    "2026-05-01T08:00:60+08:00",
    "2026-05-01T08:00:00",
    "2026-05-01",
    "2026-05-01T08:00:00+23:59",
    "2026-05-01T08:00:00-23:59",
    "2026-05-01T08:00:00+24:00",
    "2026-05-01T08:00:00+99:99",
    "2026-05-01T08:00:00.123456789Z",
    "2026-05-01 08:00:00z",
    "20260501T080000Z",
    "2026-W18-5",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59.999999-23:59",
    "10000-01-01T00:00:00Z",
    "-2026-05-01T08:00:00Z",
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00+08:00",
    "1969-12-31T23:59:59.999999Z",
    "1970-01-01T00:00:00.000001Z",
    "1777593600",
    "1e9",
)

ODD_AMOUNTS = (
    "0",
    "-0",
    "0.000000",
    "-1",
    "+1",
    "01",
    "1.",
    ".5",
    "1e3",
    "1E400",
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    "1,000",
    "１２",
    "٣",
    " 1",
    "1 ",
    "0.000001",
    "0.0000001",
    "999999999999999",
    "999999999999999.999999",
    "-999999999999999.999999",
    "9999999999999",
    "9999999999999.99",
    "9223372036854775807",
    "9223372036854775808",
)

ODD_NUMBERS: tuple[Any, ...] = (
    0,
    1,
    -1,
    True,
    False,
    2**31,
    2**53 + 1,
    2**63 - 1,
    2**63,
    -(2**63),
    -(2**63) - 1,
    2**64,
    10**30,
    Raw(b"9" * 4000),
    Raw(b"9" * 5000),
    1.5,
    1.0,
    -0.0,
    1e300,
    Raw(b"1e999"),
    Raw(b"-1e999"),
    Raw(b"1e-999"),
    Raw(b"NaN"),
    Raw(b"Infinity"),
    Raw(b"-Infinity"),
    Raw(b"-"),
    Raw(b"01"),
    Raw(b"+1"),
    Raw(b"0x10"),
)

ODD_OTHERS: tuple[Any, ...] = (
    None,
    [],
    {},
    [[]],
    {"": ""},
    {"a": {"b": {"c": {}}}},
    Raw(b""),
    Raw(b"undefined"),
    Raw(b"'single'"),
    Raw(b'"\\ud83d"'),
    Raw(b'"\\ude00\\ud83d"'),
    Raw(b'"\\x41"'),
    Raw(b'"\xff\xfe"'),
    Raw(b'"\xc0\xaf"'),
    Raw(b'"\xed\xa0\x80"'),
    Raw(b'"\\u0000"'),
    Raw(b'"\x00"'),
    Raw(b"/* */1"),
    Raw(b"[" * 50 + b"]" * 50),
    Raw(b"[" * 5000 + b"]" * 5000),
    Raw(b'{"a":' * 5000 + b"1" + b"}" * 5000),
    Raw(b"[" * 30_000),
    Raw(b'{"a":1,"a":2}'),
    Raw(b"[" + b"0," * 3000 + b"0]"),
    ["x"] * 60,
    {f"k{n}": n for n in range(45)},
)

odd_values: SearchStrategy[Any] = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(ODD_TIMES),
    st.sampled_from(ODD_AMOUNTS),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from(ODD_OTHERS).map(deepcopy),
    st.text(max_size=8),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
)

Change = Callable[[DrawFn, Any, str | int, SearchStrategy[Any]], None]
Place = tuple[str | int, ...]


def places(tree: Any, at: Place = ()) -> Iterator[Place]:
    """The paths of all nodes of a tree."""
    yield at
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(key, str):
                yield from places(value, (*at, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from places(value, (*at, number))


@st.composite
def mutated(
    draw: DrawFn,
    trees: SearchStrategy[Any],
    most: int = 3,
    values: SearchStrategy[Any] = odd_values,
) -> Any:
    """A tree with up to so many nodes replaced, dropped, wrapped, doubled or added."""
    tree = deepcopy(draw(trees))
    for _ in range(draw(st.integers(0, most))):
        if not isinstance(tree, dict | list):
            break
        found = list(places(tree))
        where = draw(st.sampled_from(found))
        if not where:
            where = draw(st.sampled_from(found))
        change: Change = draw(st.sampled_from(_CHANGES))
        if not where:
            tree = draw(values) if draw(st.integers(0, 9)) == 0 else tree
            continue
        parent: Any = tree
        for step in where[:-1]:
            parent = parent[step]
        change(draw, parent, where[-1], values)
    return tree


def _replace(draw: DrawFn, parent: Any, key: str | int, values: SearchStrategy[Any]) -> None:
    parent[key] = draw(values)


def _drop(_draw: DrawFn, parent: Any, key: str | int, values: SearchStrategy[Any]) -> None:
    del parent[key]


def _add(draw: DrawFn, parent: Any, key: str | int, values: SearchStrategy[Any]) -> None:
    into = parent[key] if isinstance(parent[key], dict | list) else parent
    if isinstance(into, dict):
        into[draw(st.sampled_from(ODD_TEXTS))] = draw(values)
    else:
        into.append(draw(values))


def _twice(draw: DrawFn, parent: Any, key: str | int, values: SearchStrategy[Any]) -> None:
    if isinstance(parent, dict) and isinstance(key, str):
        parent[Raw(orjson.dumps(key))] = draw(values)
    else:
        parent.append(deepcopy(parent[0]))


def _wrap(draw: DrawFn, parent: Any, key: str | int, values: SearchStrategy[Any]) -> None:
    parent[key] = [parent[key]] if draw(st.booleans()) else {"value": parent[key]}


def _bare(_draw: DrawFn, parent: Any, key: str | int, values: SearchStrategy[Any]) -> None:
    """A number for the text of it, or the other way round."""
    value = parent[key]
    match value:
        case str():
            parent[key] = Raw(value.encode("utf-8", "replace"))
        case int() | float():
            parent[key] = str(value)
        case _:
            parent[key] = None


_CHANGES = (_replace, _replace, _replace, _drop, _add, _add, _twice, _wrap, _bare)


@st.composite
def damaged(draw: DrawFn, text: bytes) -> bytes:
    """A text with a few bytes changed, cut, moved or repeated."""
    damage = bytearray(text)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(damage)))
        end = min(len(damage), start + draw(st.integers(0, 12)))
        match draw(st.integers(0, 4)):
            case 0:
                damage[start:end] = draw(st.binary(max_size=6))
            case 1:
                del damage[start:end]
            case 2:
                damage[start:start] = damage[start:end] * draw(st.integers(1, 40))
            case 3:
                del damage[start:]
            case 4:
                damage[start:end] = draw(
                    st.sampled_from([b'"', b"{", b"}", b"\\", b"\x00", b"\xff", b"\xef\xbb\xbf"])
                )
    return bytes(damage)
