"""Which stars do the people on a list have? `/v1/stars/query`: JSON, CSV or XLSX in and out."""

from decimal import Decimal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError

from ledger.access import Permission, allowing
from ledger.api.bodies import Body
from ledger.api.desk.downloads import FILES, XLSX, download, wanted
from ledger.api.problems import Kind, Problem
from ledger.api.who import Asks, nobody
from ledger.lists import MOST, ids_in
from ledger.sheets import Sheet, hours
from ledger.statistics.star_lists import OnList, State, stars_of
from ledger.store import access

router = APIRouter(prefix="/v1/stars", tags=["desk"])


class ListAsked(BaseModel):
    """Ids, in the order in which they are answered."""

    volunteers: list[str] = Field(min_length=1, max_length=MOST)


class OnListShown(BaseModel):
    """One of the list; `star` null: none, or nothing is known. `seconds` are those that count."""

    volunteer: str
    state: State
    name: str
    place: str
    place_name: str
    star: str | None
    seconds: int
    points: str


class ListShown(BaseModel):
    """The list with its stars; how many have which, "" for none."""

    items: list[OnListShown]
    stars: dict[str, int]
    unknown: int
    elsewhere: int


_IN = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": ListAsked.model_json_schema()},
            "text/csv": {"schema": {"type": "string", "format": "binary"}},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post("/query", response_model=ListShown, openapi_extra=_IN, responses=FILES)
def query(asks: Asks, request: Request, body: Body) -> Response:
    """The stars of a list: `{"volunteers": […]}`, or a file whose column 志愿者编号 has the ids.

    Answered as JSON, or as the file that the Accept header asks for.
    """
    if asks.person is None:
        raise nobody()
    volunteers = _ids(body, request.headers.get("content-type", ""))
    recorder, held, now = asks.serving.reader, asks.standing, asks.serving.reader.now()
    with recorder.database.read() as connection:
        if not asks.may_anywhere(Permission.READ):
            asks.require(connection, Permission.READ)

        def may_read(place: str) -> bool:
            where = access.at_place(connection, place or asks.serving.settings.place)
            return allowing(held, Permission.READ, where, now) is not None

        found = stars_of(connection, recorder.rules_by(connection), volunteers, now, may_read)
    form = wanted(request)
    if form is not None:
        return download(_sheet(found), form, "星级查询")
    return Response(_shown(found).model_dump_json(), media_type="application/json")


def _ids(body: bytes, media_type: str) -> list[str]:
    if media_type.partition(";")[0].strip() != "application/json":
        found = ids_in(body)
        if not found:
            raise Problem(Kind.INVALID, "there is no id in the file 文件中没有志愿者编号")
        return found
    try:
        asked = ListAsked.model_validate_json(body)
    except ValidationError as error:
        raise Problem(Kind.INVALID, f"volunteers: {error.errors()[0]['msg']}") from None
    return list(dict.fromkeys(one.strip() for one in asked.volunteers if one.strip()))


def _star(one: OnList) -> str | None:
    star = None if one.standing is None else one.standing.star
    return None if star is None else str(star)


def _shown(found: list[OnList]) -> ListShown:
    items = [
        OnListShown(
            volunteer=one.volunteer,
            state=one.state,
            name=one.name,
            place=one.place,
            place_name=one.place_name,
            star=_star(one),
            seconds=one.standing.seconds if one.standing else 0,
            points=one.standing.points.available if one.standing else "0",
        )
        for one in found
    ]
    stars: dict[str, int] = {}
    for one in items:
        if one.state == "known":
            stars[one.star or ""] = stars.get(one.star or "", 0) + 1
    states = [one.state for one in items]
    return ListShown(
        items=items,
        stars=stars,
        unknown=states.count("unknown"),
        elsewhere=states.count("elsewhere"),
    )


_STATES: dict[State, str] = {
    "known": "",
    "unknown": "查无此人 unknown",
    "elsewhere": "不在您的辖区 elsewhere",
}


def _sheet(found: list[OnList]) -> Sheet:
    headings = (
        "志愿者编号",
        "姓名",
        "场所",
        "场所名称",
        "星级",
        "服务时长（小时）",
        "可用积分",
        "备注",
    )
    rows = (
        (
            one.volunteer,
            one.name,
            one.place,
            one.place_name,
            _star(one) or "",
            "" if one.standing is None else hours(one.standing.seconds),
            "" if one.standing is None else Decimal(one.standing.points.available),
            _STATES[one.state],
        )
        for one in found
    )
    return Sheet("星级", headings, rows)
