"""How does a volunteer complain, and who answers? Below a volunteer, and `/v1/complaints`."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.looking import Id, looking, readable
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.problems import not_found
from ledger.api.shapes import ComplaintShown, Page
from ledger.api.who import Asks
from ledger.centre.complaint import Complaint
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.store.registered import registered_names
from ledger.volunteers.complaints import (
    answer_complaint,
    complaints_of,
    file_complaint,
    find_complaint,
    key_of,
    list_complaints,
    to_json,
)
from schemas.complaint import About

own = APIRouter(prefix="/v1/volunteers/{volunteer}/complaints", tags=["volunteers"])
desk = APIRouter(prefix="/v1/complaints", tags=["desk"])

READ_AT_ONCE = 200
"""Complaints that are looked through together for those that somebody may read."""

Ident = Annotated[str, Path(alias="complaint", min_length=1, max_length=128)]


class Complaining(BaseModel):
    """What is wrong; `of` names what it is about. Neither says who anybody is: both stay for ever.

    A text with a telephone or identity number is refused.
    """

    about: About
    of: str = Field(default="", max_length=256)
    text: str = Field(min_length=1, max_length=2000)


class Answering(BaseModel):
    """What the volunteer is told; nothing personal."""

    outcome: Literal["upheld", "rejected", "explained"]
    answer: str = Field(min_length=1, max_length=2000)


@own.get("")
def of_one(asks: Asks, volunteer: Id) -> Page[ComplaintShown]:
    """All that the volunteer complained about, the newest first."""
    with looking(asks, volunteer) as look:
        found = complaints_of(look.connection, volunteer)
        names = registered_names(look.connection, "volunteer", [volunteer])
    return Page(items=[_shown(one, look.policy, names.get(volunteer, "")) for one in found[::-1]])


@own.post("", status_code=201, response_model=ComplaintShown)
def file(asks: Asks, volunteer: Id, said: Complaining, once: Idempotent) -> Response:
    """Complain, about one's own data, or for a volunteer as an office."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        where = of_volunteer(volunteer)
        by = asks.require(connection, Permission.OWN, Permission.COMPLAINT, at=where)
        names = registered_names(connection, "volunteer", [volunteer])
    if asks.is_one_of([volunteer]):
        by = ""

    def work() -> ComplaintShown:
        filed = file_complaint(recorder, volunteer, said.about, said.text, said.of, by)
        return _shown(filed, recorder.policy, names.get(volunteer, ""))

    return once.do(work, 201)


@desk.get("")
def complaints(
    asks: Asks,
    part: Asked,
    answered: Annotated[bool, Query(description="Answered ones too")] = False,
) -> Page[ComplaintShown]:
    """Complaints at the places of whoever asks, the oldest first."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        after, rows = part.key(int, str, str), list[Complaint]()
        while len(rows) <= part.limit:
            some = list_complaints(connection, answered=answered, after=after, limit=READ_AT_ONCE)
            rows += readable(asks, connection, some)
            if len(some) < READ_AT_ONCE:
                break
            after = key_of(some[-1])
        rows = rows[: part.limit + 1]
        names = registered_names(connection, "volunteer", {one.volunteer for one in rows})
    policy = recorder.policy
    return part.page(rows, lambda one: _shown(one, policy, names.get(one.volunteer, "")), key_of)


@desk.post("/{complaint}/answer")
def answer(
    asks: Asks,
    ident: Ident,
    said: Answering,
    volunteer: Annotated[
        str, Query(max_length=64, description="Whose, where two have the same id")
    ] = "",
) -> ComplaintShown:
    """Answer it; a later answer corrects an earlier one."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        try:
            found = find_complaint(connection, ident, volunteer)
        except LedgerError as error:
            raise not_found(str(error)) from None
        by = asks.require(connection, Permission.COMPLAINT, at=of_volunteer(found.volunteer))
        names = registered_names(connection, "volunteer", [found.volunteer])
    told = answer_complaint(recorder, found, said.outcome, said.answer, by)
    return _shown(told, recorder.policy, names.get(told.volunteer, ""))


def _shown(one: Complaint, policy: PolicyText, name: str) -> ComplaintShown:
    return ComplaintShown(**to_json(one, policy), name=name)
