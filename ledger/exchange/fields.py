"""Which fields has a record of each kind, and of which type are they?"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Kind = Literal["teams", "activities", "volunteers", "hours"]

KINDS: tuple[Kind, ...] = ("teams", "activities", "volunteers", "hours")
"""In the order in which they are imported: what is named goes before what names it."""

TITLES: Mapping[Kind, str] = {
    "teams": "志愿服务队",
    "activities": "志愿服务活动",
    "volunteers": "志愿者",
    "hours": "服务记录",
}

Type = Literal["text", "list", "whole", "day", "moment", "seconds"]

Value = str | int | tuple[str, ...]
"""A list is a tuple of texts, a day YYYY-MM-DD, a moment µs since 1970 UTC, a duration seconds."""


class Field(NamedTuple):
    """`personal`: it is kept in the identity vault under this name, never in the ledger."""

    type: Type = "text"
    required: bool = False
    personal: bool = False


_NEEDED = Field(required=True)
_PERSONAL = Field(personal=True)

FIELDS: Mapping[Kind, Mapping[str, Field]] = {
    "teams": {
        "id": _NEEDED,
        "name": _NEEDED,
        "place": Field(),
        "kind": Field(),
        "managers": Field("list"),
    },
    "activities": {
        "id": _NEEDED,
        "name": _NEEDED,
        "place": Field(),
        "team": Field(),
        "kind": Field(),
        "category": Field(),
        "starts_at": Field("moment"),
        "ends_at": Field("moment"),
        "capacity": Field("whole"),
        "project": Field(),
    },
    "volunteers": {
        "id": _NEEDED,
        "display_name": Field(),
        "team": Field(),
        "place": Field(),
        "birth_year": Field("whole"),
        "skills": Field("list"),
        "party_unit": Field(),
        "registered_at": Field("moment"),
        "name": _PERSONAL,
        "document_type": _PERSONAL,
        "document_number": _PERSONAL,
        "birth_date": Field("day", personal=True),
        "phone": _PERSONAL,
        "guardian_name": _PERSONAL,
        "guardian_document_type": _PERSONAL,
        "guardian_document_number": _PERSONAL,
        "guardian_phone": _PERSONAL,
    },
    "hours": {
        "record": Field(),
        "volunteer": _NEEDED,
        "activity": Field(),
        "place": Field(),
        "starts_at": Field("moment"),
        "ends_at": Field("moment"),
        "day": Field("day"),
        "seconds": Field("seconds"),
    },
}
