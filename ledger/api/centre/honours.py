"""Who is nominated for an honour 评先树优, and what becomes of it? `/v1/honours`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import nominee as at_nominee
from ledger.access.asking import place as at_place
from ledger.api.centre.telling import Text as Wanted
from ledger.api.looking import Id, looking
from ledger.api.once import Idempotent
from ledger.api.paging import Asked
from ledger.api.problems import not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.centre.honours import deciding as honouring
from ledger.centre.honours.life import Honour, HonourState
from ledger.clock import CHINA, from_micros
from ledger.saying import said as fit
from schemas.honours import Nomination, NomineeKind

router = APIRouter(prefix="/v1/honours", tags=["honours"])
of_volunteer = APIRouter(prefix="/v1/volunteers/{volunteer}/honours", tags=["volunteers"])

Ident = Annotated[str, Path(alias="nomination", min_length=1, max_length=128)]
Text = Annotated[str, Field(max_length=256)]


class Step(BaseModel):
    """A step of a nomination; `without_effect` says why nothing follows from it, or is empty."""

    at: str
    step: str
    by: str
    without_effect: str
    said: dict[str, Any]


class HonourShown(BaseModel):
    """A nomination, with its steps, and whose turn it is `next`.

    The names are those registered, or "".
    """

    nomination: str
    honour: str
    nominee_kind: str
    nominee: str
    nominee_name: str
    period: str
    rests_on: str
    place: str
    place_name: str
    state: HonourState
    nominated_at: str | None
    published_until: str
    conferred_at: str | None
    steps: list[Step]
    next: list[honouring.Act]


class Nominated(BaseModel):
    """A new nomination; `nomination` is its id. `rests_on`: a grant of the policy, or star/5."""

    nomination: Annotated[str, Field(min_length=1, max_length=100)]
    honour: Annotated[str, Field(min_length=1, max_length=256)]
    nominee: Annotated[str, Field(min_length=1, max_length=128)]
    nominee_kind: NomineeKind = "volunteer"
    period: Text = ""
    rests_on: Annotated[str, Field(max_length=128)] | None = None
    place: Annotated[str, Field(max_length=128)] | None = None
    reason: Text = ""


class Decided(BaseModel):
    """评审."""

    step: Literal["decided"]
    decision: Literal["approved", "refused"]
    reason: Text = ""
    document: Text = ""


class Published(BaseModel):
    """公示: days, both included."""

    step: Literal["published"]
    since: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    until: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    where: Text = ""


class Conferred(BaseModel):
    """授予."""

    step: Literal["conferred"]
    document: Text = ""


class Revoked(BaseModel):
    """撤销."""

    step: Literal["revoked"]
    reason: Annotated[str, Field(min_length=1, max_length=256)]


Next = Annotated[Decided | Published | Conferred | Revoked, Field(discriminator="step")]


@router.get("")
def listed(
    asks: Asks,
    part: Asked,
    state: Annotated[HonourState | None, Query()] = None,
    place: Annotated[str, Query(max_length=128)] = "",
    nominee: Annotated[str, Query(max_length=128)] = "",
    due: Annotated[bool, Query(description="Published long enough: to be conferred")] = False,
    text: Wanted = "",
) -> Page[HonourShown]:
    """Nominations at a place and below it, by id."""
    recorder = asks.serving.reader
    texts = part.texts
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place or None))
        now = recorder.now()
        today = from_micros(now, CHINA).date().isoformat() if due else ""
        rows = honouring.list_honours(
            connection,
            state=state or "",
            place=place,
            nominee=nominee,
            text=text,
            published_before=today,
            after=texts[0] if texts else "",
            limit=part.limit + 1,
        )
        names = honouring.names_of(connection, rows)
    return part.page(rows, lambda one: _shown(one, names, now), lambda one: [one.nomination])


@router.get("/{nomination}")
def one(asks: Asks, nomination: Ident) -> HonourShown:
    """A nomination, with its steps."""
    found = _found(asks, nomination)
    with asks.serving.reader.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(found.place or None))
    return _now(asks, found)


@of_volunteer.get("")
def honours_of(asks: Asks, volunteer: Id) -> Page[HonourShown]:
    """What a volunteer is nominated for, and what was conferred; all of it."""
    with looking(asks, volunteer) as look:
        rows = [
            one
            for one in honouring.list_honours(look.connection, nominee=volunteer)
            if one.nominee_kind == "volunteer"
        ]
        names = honouring.names_of(look.connection, rows)
        return Page(items=[_shown(one, names, look.now) for one in rows])


@router.post("", response_model=HonourShown, status_code=201)
def nominate(asks: Asks, wanted: Nominated, once: Idempotent) -> Response:
    """Propose somebody; 422 if the policy says that they have not reached what it rests on."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        whom = at_nominee(wanted.nominee_kind, wanted.nominee)
        asks.require(connection, Permission.REGISTER, at=whom)
        by = asks.require(connection, Permission.REGISTER, at=at_place(wanted.place or None))
    said = fit(Nomination, **wanted.model_dump(exclude={"nomination"}), by=by)

    def work() -> HonourShown:
        honouring.nominate(recorder, wanted.nomination, said)
        return _now(asks, _found(asks, wanted.nomination))

    return once.do(work, 201)


@router.post("/{nomination}", response_model=HonourShown)
def step(asks: Asks, nomination: Ident, wanted: Next, once: Idempotent) -> Response:
    """The next step; 422 if it is not its turn."""
    recorder = asks.serving.recorder
    found = _found(asks, nomination)
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.REVIEW, at=at_place(found.place or None))

    def work() -> HonourShown:
        values = wanted.model_dump(exclude={"step"})
        honouring.act(recorder, nomination, wanted.step, by=by, **values)
        return _now(asks, _found(asks, nomination))

    return once.do(work)


def _found(asks: Caller, ident: str) -> Honour:
    with asks.serving.recorder.database.read() as connection:
        found = honouring.find_honour(connection, ident)
    if found is None:
        if asks.person is None:
            with asks.serving.recorder.database.read() as connection:
                asks.require(connection, Permission.READ)
        raise not_found(f"there is no nomination {ident}")
    return found


def _now(asks: Caller, found: Honour) -> HonourShown:
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        return _shown(found, honouring.names_of(connection, [found]), recorder.now())


def _shown(found: Honour, names: honouring.Names, now: int) -> HonourShown:
    told = honouring.to_json(found)
    told["nominee_name"] = names.get((found.nominee_kind, found.nominee), "")
    told["next"] = honouring.next_steps(found, now)
    told["place_name"] = names.get(("place", found.place), "")
    steps = [
        Step(
            at=one.pop("at"),
            step=one.pop("step"),
            by=one.pop("by", ""),
            without_effect=one.pop("without_effect"),
            said=one,
        )
        for one in told["steps"]
    ]
    return HonourShown(**{**told, "steps": steps})
