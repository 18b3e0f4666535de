"""What a fact leads to: the records that the fold hands out, each with its rule and clauses."""

from __future__ import annotations

from typing import Any, NamedTuple

from .exact import show


class HourEntry(NamedTuple):
    """Hours on a track. status: counted, pending (awaits says whose approval)."""

    fact: str
    at: int
    track: str
    seconds: int
    status: str
    rule: str
    clauses: tuple[str, ...]
    awaits: str = ""


class Posting(NamedTuple):
    """Points to (+) or from (−) the subject; `counter` is the account on the other side."""

    fact: str
    at: int
    currency: str
    amount: int
    counter: str
    rule: str
    clauses: tuple[str, ...]


class LevelChange(NamedTuple):
    fact: str
    at: int
    ladder: str
    old: Any
    new: Any
    rule: str
    clauses: tuple[str, ...]
    because: dict[str, Any]
    certifier: str = ""


class Grant(NamedTuple):
    """A benefit, gift or certificate that is now due; `total` is how many there were in all."""

    fact: str
    at: int
    grant: str
    amount: int
    total: int
    rule: str
    clauses: tuple[str, ...]
    choices: tuple[Any, ...] = ()
    until: Any = None


class Refusal(NamedTuple):
    """Why a rule or request did not go through."""

    fact: str
    at: int
    name: str
    reason: str
    rule: str
    clauses: tuple[str, ...]


class Decision(NamedTuple):
    """The answer to a request; refused when there is any refusal."""

    fact: str
    at: int
    name: str
    accepted: bool
    rule: str
    clauses: tuple[str, ...]
    refusals: tuple[Refusal, ...] = ()


class StatusChange(NamedTuple):
    fact: str
    at: int
    name: str
    old: Any
    new: Any
    rule: str
    clauses: tuple[str, ...]


class Answer(NamedTuple):
    """Something a rule says beside its effect: whom to go to, what it is worth."""

    fact: str
    at: int
    name: str
    value: Any
    rule: str
    clauses: tuple[str, ...]


Entry = HourEntry | Posting | LevelChange | Grant | Refusal | Decision | StatusChange | Answer


def to_json(entry: Entry) -> dict[str, Any]:
    """The entry as plain JSON, with its kind."""
    data: dict[str, Any] = {"kind": type(entry).__name__}
    for name, value in zip(entry._fields, entry, strict=True):
        if name == "refusals":
            data[name] = [to_json(r) for r in value]
        else:
            data[name] = show(value)
    return data
