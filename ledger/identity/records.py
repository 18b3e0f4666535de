"""What does the vault say of a person, and of what was done to their data? Times are in µs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ledger.identity.person import Age, GivenBy


class Consent(NamedTuple):
    """A consent (art. 14) to a purpose; times in µs, `withdrawn_at` None while it stands."""

    purpose: str
    given_by: GivenBy
    at: int
    withdrawn_at: int | None


class Read(NamedTuple):
    """A look at values that were not masked; `at` in µs."""

    volunteer: str
    at: int
    fields: tuple[str, ...]
    by: str
    purpose: str


class Refusal(NamedTuple):
    """Somebody wanted to look, and may not; `volunteer` "": at everybody. `at` in µs."""

    volunteer: str
    at: int
    by: str
    wanted: str


class Change(NamedTuple):
    """That something was done to a person's data, without any value; `at` in µs."""

    at: int
    what: str
    fields: tuple[str, ...]
    by: str
    reason: str


class Erased(NamedTuple):
    """The tombstone of somebody who is not here any more; `at` in µs."""

    volunteer: str
    at: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Masked:
    """A person as shown by default."""

    volunteer: str
    values: Mapping[str, str]
    age: Age
    consents: Sequence[Consent] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Kept:
    """What the rules need to know to say what is due: no values."""

    volunteer: str
    fields: frozenset[str]
    created_at: int
    consents: Sequence[Consent]
