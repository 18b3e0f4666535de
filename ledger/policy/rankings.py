"""Who is before whom? What counts of each person in a ranking, and the ranks that follow of it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from hashlib import sha256
from itertools import groupby
from typing import Any, NamedTuple

from .builder import Builder
from .context import Context, Run
from .document import Attribute
from .document import Ranking as Spec
from .errors import EvaluationError, MissingSetting
from .exact import Number, is_number, show
from .expressions import guess
from .names import VALUE_TYPE
from .source import Path
from .syntax import ExpressionError, parse

TIES = ("share", "order")

AREAS = {"village": 12, "town": 9, "county": 6, "city": 4, "province": 2}
"""What `per` may call the area that a person is registered in, and the digits of its code."""

HOMES = ("place", "team", *AREAS)
"""What `per` may be, where the policy does not declare such a name itself."""


class Home(NamedTuple):
    """Where a person is registered: a place and a team; "" for none."""

    place: str = ""
    team: str = ""

    def named(self, word: str) -> str:
        """The place, the team, or the area of the place: a code that is filled up with zeros."""
        if word == "team":
            return self.team
        digits = AREAS.get(word)
        code = len(self.place) == 12 and self.place.isascii() and self.place.isdecimal()
        return self.place[:digits].ljust(12, "0") if digits and code else self.place


class Entrant(NamedTuple):
    """What is kept of a person until all are known.

    `keys`: the lower, the better; `kinds` tells which of them are dates; `value` is the first as it
    is told.
    """

    who: str
    group: Any
    keys: tuple[Number, ...]
    kinds: tuple[bool, ...]
    value: Any


class Placed(NamedTuple):
    """A person's line in a list. `size`: of the list; `group`: whose list it is, None: the only.

    `taken` is None where the ranking only ranks.
    """

    who: str
    rank: int
    size: int
    value: Any
    taken: bool | None
    group: Any


class Key(NamedTuple):
    run: Run
    lower: bool
    """The lower value is the better one."""


class Ranking:
    """One ranking, compiled. `reads`: what of the state it asks for."""

    def __init__(
        self,
        name: str,
        fact: str,
        keys: Sequence[Key],
        among: Run | None,
        group: Run | None,
        home: str,
        take: Run | None,
        ties: Run,
        rank_is_read: bool,
        reads: frozenset[str],
    ) -> None:
        self.name, self.fact, self.reads = name, fact, reads
        self.grouped = group is not None or bool(home)
        self._keys, self._among, self._group, self._home = keys, among, group, home
        self._take, self._ties, self._rank_is_read = take, ties, rank_is_read

    def entrant(self, c: Context, who: str, home: Home) -> Entrant | None:
        """A person at a moment; None for one whom the ranking is not about."""
        if self._among is not None and not self._among(c):
            return None
        group: Any = None
        if self._home:
            group = home.named(self._home)
            if not group:
                return None
        elif self._group is not None:
            group = self._group(c)
            if not isinstance(group, (str, int, date)):
                what = "not known" if group is None else f"{show(group)!r}, no text or number"
                raise EvaluationError(f"the group is {what}")
        values = [key.run(c) for key in self._keys]
        ordered = [_number(v) for v in values]
        keys = tuple(x if k.lower else -x for x, k in zip(ordered, self._keys, strict=True))
        kinds = tuple(isinstance(v, date) for v in values)
        return Entrant(who, group, keys, kinds, values[0])

    def attributes(self, placed: Placed) -> dict[str, Any]:
        """What the fact of a person's line says."""
        said = {"rank": placed.rank, "size": placed.size, "value": placed.value}
        if placed.taken is not None:
            said["taken"] = placed.taken
        if self.grouped:
            said["group"] = placed.group
        return said

    def lists(self, c: Context, entrants: Iterable[Entrant]) -> list[Placed]:
        """Everybody's place, group by group, the best first.

        Raises MissingSetting where equals are not told apart and it matters: some of them would be
        taken and some not, or the policy reads the rank.
        """
        named = f"rankings.{self.name}"
        groups: dict[Any, list[Entrant]] = {}
        kinds: set[tuple[bool, ...]] = set()
        for one in entrants:
            groups.setdefault(one.group, []).append(one)
            kinds.add(one.kinds)
        if len(kinds) > 1:
            raise EvaluationError(
                "a value of by is a date for some, and a number for others", named
            )
        ties, missing = "share", None
        try:
            ties = self._ties(c)
        except MissingSetting as asked:
            missing = asked
        if ties not in TIES:
            raise EvaluationError(f"ties must be share or order, not {ties!r}", named)
        found: list[Placed] = []
        for group in sorted(groups, key=str):
            most = self._most(c, group, len(groups[group]))
            found += self._list(groups[group], group, most, ties, missing, c.at)
        return found

    def _most(self, c: Context, group: Any, size: int) -> int | None:
        if self._take is None:
            return None
        c.local["size"], c.local["group"] = size, group
        most = self._take(c)
        if not isinstance(most, int) or isinstance(most, bool) or most < 0:
            raise EvaluationError(
                f"take comes to {show(most)} of {size}; it must be a whole number: "
                "write floor(…) or ceil(…)",
                f"rankings.{self.name}",
            )
        return most

    def _list(
        self, members: list[Entrant], group: Any, most: int | None, ties: str,
        missing: MissingSetting | None, at: int,
    ) -> Iterator[Placed]:  # fmt: skip
        size, first = len(members), 1
        members.sort(key=lambda one: (one.keys, one.who))
        for _, run in groupby(members, key=lambda one: one.keys):
            equals = list(run)
            last = first + len(equals) - 1
            divided = most is not None and first <= most < last
            if missing is not None and last > first and (divided or self._rank_is_read):
                who = f"{equals[0].who} and {equals[1].who} are equal at rank {first}"
                asked = f"{missing.question}; {who}"
                raise MissingSetting(missing.key, asked, missing.choices, missing.clauses)
            if ties == "order":
                equals.sort(key=lambda one: lot(self.name, at, one.who))
            for place, one in enumerate(equals, first):
                rank = place if ties == "order" else first
                taken = None if most is None else rank <= most
                yield Placed(one.who, rank, size, one.value, taken, group)
            first = last + 1


def lot(ranking: str, at: int, who: str) -> bytes:
    """The lot that somebody draws among equals, the lowest first: anybody can draw it again.

    It is the SHA-256 of `ranking|moment|person` (UTF-8, the moment in seconds since 1970).
    """
    return sha256(f"{ranking}|{at}|{who}".encode()).digest()


def _number(value: Any) -> Number:
    if isinstance(value, date):
        return value.toordinal()
    if not is_number(value):
        what = "a value of by is not known" if value is None else f"{show(value)!r} has no order"
        raise EvaluationError(what)
    number: Number = value
    return number


def ranking_rule(b: Builder, name: str, spec: Spec) -> Ranking:
    """Compile a ranking, after all that reads its facts."""
    path: Path = ("rankings", name)
    reads: frozenset[str] = frozenset()
    keys: list[Key] = []
    types: list[str] = []
    for i, by in enumerate(spec.by):
        text = str(by).strip()
        lower = isinstance(by, str) and _is_negative(text)  # so that dates are reversed, too
        code = b.expr(text[1:] if lower else by, (*path, "by", i))
        if code.type not in ("number", "date", "time", "any"):
            hint = f"write rank({text})" if code.type.startswith("level") else ""
            b.say((*path, "by", i), f"this is a {code.type.partition(':')[0]}; people are ranked "
                  "by numbers and dates", hint)  # fmt: skip
        keys.append(Key(code.run, lower))
        types.append(code.type)
        reads |= code.reads
    among = group = take = None
    home, group_type = "", "text"
    if spec.among is not None:
        found = b.expr(spec.among, (*path, "among"), "bool")
        among, reads = found.run, reads | found.reads
    if spec.per in HOMES and b.words.state_symbol(str(spec.per)) is None:
        home = str(spec.per)
    elif spec.per is not None:
        found = b.expr(spec.per, (*path, "per"))
        group, reads, group_type = found.run, reads | found.reads, found.type
    if spec.take is not None:
        most = b.expr(spec.take, (*path, "take"), "number", extra=("size", "group"))
        if most.reads:
            b.say((*path, "take"), f"'{sorted(most.reads)[0]}' is a person's; take is about all",
                  "write a number, or an expression in size, group, params and tables")  # fmt: skip
        take = most.run
    ties = b.implicit(spec.ties, (*path, "ties"), "equal in all of by: do they share a rank, or is "
                      "their order drawn by lot? (并列, 或抽签排定)", TIES)  # fmt: skip
    b.known_clauses(spec.clauses, (*path, "clauses"))
    wanted = {"rank": "number", "size": "number", "value": types[0]}
    if take is not None:
        wanted["taken"] = "bool"
    if group is not None or home:
        wanted["group"] = group_type
    _declared(b, spec.fact, wanted, (*path, "fact"))
    is_read = spec.fact in b.words.types and b.words.is_read(spec.fact, "rank")
    return Ranking(name, spec.fact, keys, among, group, home, take, ties, is_read, reads)


def _is_negative(text: str) -> bool:
    """All of it has a minus before it."""
    try:
        node = parse(text)
    except ExpressionError:
        return False
    return text[0] == "-" and isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _declared(b: Builder, fact: str, wanted: dict[str, str], path: Path) -> None:
    """Say what the declaration of a ranking's fact lacks."""
    shown = ", ".join(f"{k}: {'any' if t == 'null' else t}" for k, t in wanted.items())
    advice = f"write {fact}: {{attributes: {{{shown}}}}} under facts"
    kind = b.words.types.get(fact)
    if kind is None:
        b.say(path, f"the fact type '{fact}' is not declared",
              guess(fact, b.words.types) or advice)  # fmt: skip
        return
    if kind.kind != "event" or kind.timer is not None or fact == "reached":
        b.say(path, f"'{fact}' is no event that can be reported", advice)
        return
    for name, type_ in wanted.items():
        declared = kind.attributes.get(name)
        if declared is None:
            b.say(path, f"'{fact}' has no attribute '{name}'", advice)
        elif not _fits(declared, type_):
            b.say(path, f"'{fact}.{name}' is declared as {declared.type}, but it is a {type_}",
                  advice)  # fmt: skip


def _fits(declared: Attribute, type_: str) -> bool:
    own = VALUE_TYPE.get(declared.type, declared.type)
    return own == type_ or "any" in (own, type_) or type_ == "null"
