"""What is kept of a person, and is it complete? Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Literal

from ledger.errors import LedgerError
from ledger.identity.numbers import RESIDENT_ID, birth_date, document_number, phone_number
from ledger.identity.rules import Rules

GivenBy = Literal["self", "guardian"]


@dataclass(frozen=True, slots=True)
class Person:
    """The personal data of one volunteer, all texts; "" is not known. `birth_date` is YYYY-MM-DD.

    The guardian (监护人) is there for a minor.
    """

    name: str = ""
    document_type: str = ""
    document_number: str = ""
    birth_date: str = ""
    phone: str = ""
    guardian_name: str = ""
    guardian_document_type: str = ""
    guardian_document_number: str = ""
    guardian_phone: str = ""

    def to_dict(self) -> dict[str, str]:
        """The fields that are known."""
        return {name: value for name in FIELDS if (value := getattr(self, name))}


FIELDS = tuple(one.name for one in fields(Person))


@dataclass(frozen=True, slots=True)
class Age:
    """How old somebody is, and whose consent that takes."""

    years: int
    minor: Literal["", "under-14", "under-18"]
    consent_of: GivenBy


def person_of(values: Mapping[str, str]) -> Person:
    """A person, each value checked and in the form that is kept. Raises LedgerError."""
    unknown = sorted(set(values) - set(FIELDS))
    if unknown:
        raise LedgerError(f"{unknown[0]} is not kept of a person: {', '.join(FIELDS)} are")
    given = Person(**{name: value.strip() for name, value in values.items() if value})
    if not given.name:
        raise LedgerError("name: is missing")
    for name in (given.name, given.guardian_name):
        if len(name) > 64 or re.search(r"[\x00-\x1f]", name):
            raise LedgerError("name: at most 64 characters on one line")
    given = _with_document(given, "")
    given = _with_document(given, "guardian_")
    for field in ("phone", "guardian_phone"):
        if value := getattr(given, field):
            given = replace(given, **{field: phone_number(value)})
    return _with_birth_date(given)


def age_of(person: Person, today: date, rules: Rules) -> Age:
    """The age on a day.

    Under 14, a guardian has to consent (art. 31; all that is kept is sensitive then, art. 28).
    From 14 on the law leaves it to the rules (`guardian_below`): a minor of limited capacity
    (民法典 art. 19) seldom can foresee what being recorded means.
    """
    born = date.fromisoformat(person.birth_date)
    years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    minor: Literal["", "under-14", "under-18"] = ""
    if years < CHILD:
        minor = "under-14"
    elif years < ADULT:
        minor = "under-18"
    return Age(years, minor, "guardian" if years < max(CHILD, rules.guardian_below) else "self")


CHILD = 14
"""Years below which art. 31 asks for a guardian's consent."""

ADULT = 18


def _with_document(person: Person, whose: str) -> Person:
    kind = getattr(person, f"{whose}document_type")
    number = getattr(person, f"{whose}document_number")
    if not number:
        return replace(person, **{f"{whose}document_type": ""})
    kind = kind or RESIDENT_ID
    return replace(
        person,
        **{
            f"{whose}document_type": kind,
            f"{whose}document_number": document_number(kind, number),
        },
    )


def _with_birth_date(person: Person) -> Person:
    found = birth_date(person.document_type, person.document_number)
    if not person.birth_date:
        if found is None:
            raise LedgerError(
                "birth_date: is missing, and the document number holds none: "
                "whose consent is needed depends on it"
            )
        return replace(person, birth_date=found.isoformat())
    try:
        born = date.fromisoformat(person.birth_date)
    except ValueError:
        raise LedgerError("birth_date: write it as 1990-05-01") from None
    if found is not None and found != born:
        raise LedgerError("birth_date: is another one than in the document number")
    return replace(person, birth_date=born.isoformat())
