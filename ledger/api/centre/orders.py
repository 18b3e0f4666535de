"""How does a desk see residents' orders through, and how does a resident rate one? `/v1/orders`."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.access.asking import volunteer as of_volunteer
from ledger.api.centre.order_shapes import (
    AcceptanceAsked,
    CallBackAsked,
    CancellationAsked,
    CompletionAsked,
    DispatchAsked,
    OrderCounts,
    OrderMade,
    OrderShown,
    OrderWhole,
    OwnRating,
    PlacingAsked,
    RatingAsked,
    RatingTaken,
    RefusalAsked,
    RewardingAsked,
    State,
    StateShown,
    Suggestions,
    SuggestionShown,
)
from ledger.api.once import Idempotent
from ledger.api.paging import Asked as Part
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.who import Asks, Caller
from ledger.centre.activities.signing_up import find_activity
from ledger.centre.orders.candidates import candidates, wanted
from ledger.centre.orders.life import NAMES, own_activity
from ledger.centre.orders.matching import best, suggestions
from ledger.centre.orders.queue import (
    NEVER,
    Asked,
    answers_for,
    count_orders,
    find_order,
    list_orders,
    names_in,
    to_json,
    who_served,
)
from ledger.centre.orders.rating_codes import RatingCodes
from ledger.centre.orders.rows import ServiceOrder
from ledger.centre.orders.steps import new_id, planned, take
from ledger.centre.orders.terms import Terms, read_terms
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.store.registered import registered_names
from schemas import CloudEvent
from schemas.orders import (
    OrderAccepted,
    OrderCalledBack,
    OrderCancelled,
    OrderDeclined,
    OrderDispatched,
    OrderDone,
    OrderPlaced,
    OrderRated,
    OrderReassigned,
    OrderRewarded,
)

router = APIRouter(prefix="/v1/orders", tags=["orders"])
rating_router = APIRouter(prefix="/v1/order-ratings", tags=["orders"])

Ident = Annotated[str, Path(alias="order", min_length=1, max_length=128)]
Place = Annotated[str, Query(max_length=64, description="There and below it; absent: everywhere")]

MOST_SUGGESTED = 50


# Looking -----------------------------------------------------------------------------------------


@router.get("")
def orders(
    asks: Asks,
    part: Part,
    place: Place = "",
    state: State | None = None,
    responsible: Annotated[
        str, Query(max_length=64, description="承办: this very place sees to it now")
    ] = "",
    team: Annotated[str, Query(max_length=128)] = "",
    volunteer: Annotated[str, Query(max_length=128, description="Theirs may ask, too")] = "",
    complaint: Annotated[bool, Query(description="有投诉: a complaint stands")] = False,
    escalated: Annotated[bool, Query(description="已督办: it went to a level above")] = False,
    overdue: Annotated[bool, Query(description="超期: a deadline is past")] = False,
    text: Annotated[str, Query(max_length=100, description="In its id, category, wish")] = "",
    first: Annotated[Literal["oldest", "due"], Query(description="What comes first")] = "oldest",
) -> Page[OrderShown]:
    """Orders of a place and below it, the oldest first, or what has to be done the soonest."""
    recorder = asks.serving.reader
    now = recorder.now()
    with recorder.database.read() as connection:
        _may_list(asks, connection, place, volunteer)
        late = now if overdue else None
        query = Asked(place, state, team, volunteer, complaint, escalated, late, responsible, text)
        after = part.key(int, str)
        found = list_orders(connection, query, part.limit + 1, after, by_due=first == "due")
        names = names_in(connection, found)
    policy = recorder.policy

    def rank(one: ServiceOrder) -> int:
        if first == "oldest":
            return one.placed_at
        return NEVER if one.due_at is None else one.due_at

    return part.page(
        found,
        lambda one: OrderShown(**to_json(one, policy, now), names=names[one.id]),
        lambda one: [rank(one), one.id],
    )


@router.get("/counts")
def counts(asks: Asks, place: Place = "") -> OrderCounts:
    """How many orders of a place and below it are in which state, and late."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.READ, at=at_place(place))
        found = count_orders(connection, place, recorder.now())
    states = [
        StateShown(state=one.state, title=NAMES[one.state], orders=one.orders, overdue=one.overdue)
        for one in found
    ]
    return OrderCounts(place=place, states=states)


@router.get("/{order}")
def order(asks: Asks, ident: Ident) -> OrderWhole:
    """All about one order."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        row = _known(connection, ident)
        _may_see(asks, connection, row)
        return _whole(asks, connection, row)


@router.get("/{order}/suggestions")
def suggested(
    asks: Asks,
    ident: Ident,
    limit: Annotated[int, Query(ge=1, le=MOST_SUGGESTED)] = 10,
) -> Suggestions:
    """Who suits it best, and why: by skills, distance, orders in hand and ratings."""
    recorder, terms = asks.serving.reader, _terms(asks)
    with recorder.database.read() as connection:
        row = _known(connection, ident)
        asks.require(connection, Permission.READ, at=at_place(row.place))
        wish = wanted(connection, row)
        found = best(suggestions(wish, candidates(connection, wish), terms), None, limit)
    items = [SuggestionShown.model_validate(one.to_json()) for one in found]
    most = sum(terms.weights.model_dump().values())
    return Suggestions(order=ident, most=most, source=terms.source, items=items)


# Doing -------------------------------------------------------------------------------------------


@router.post("", status_code=201, response_model=OrderMade)
def place(asks: Asks, said: PlacingAsked, once: Idempotent) -> Response:
    """Place an order 点单. The code is for the resident, who rates it by that."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        by = asks.require(connection, Permission.RECORD, at=at_place(said.place))

    def work() -> BaseModel:
        data = {**said.model_dump(), "by": by}
        row = take(recorder, _terms(asks), OrderPlaced, new_id(recorder), data)
        code = RatingCodes(signer(asks.serving.settings.key)).make(row.id)
        with recorder.database.read() as connection:
            whole = _whole(asks, connection, row)
        return OrderMade(**whole.model_dump(), rating_code=code)

    return once.do(work, 201)


@router.post("/{order}/dispatch", response_model=OrderWhole)
def dispatch(asks: Asks, ident: Ident, said: DispatchAsked, once: Idempotent) -> Response:
    """Give it to a team or a volunteer 派单."""
    return _step(asks, ident, once, OrderDispatched, said.model_dump())


@router.post("/{order}/accept", response_model=OrderWhole)
def accept(asks: Asks, ident: Ident, said: AcceptanceAsked, once: Idempotent) -> Response:
    """Take it on 接单: the desk for them, or whom it was dispatched to, or a leader of the team."""
    planned(said.starts_at, said.ends_at)
    if said.activity is not None:
        _may_count(asks, ident, said.activity)
    data = said.model_dump()
    data["activity"] = said.activity or own_activity(ident)
    return _step(asks, ident, once, OrderAccepted, data, theirs=True)


@router.post("/{order}/decline", response_model=OrderWhole)
def decline(asks: Asks, ident: Ident, said: RefusalAsked, once: Idempotent) -> Response:
    """Give it back 退单: it waits to be dispatched again."""
    return _step(asks, ident, once, OrderDeclined, said.model_dump(), theirs=True)


@router.post("/{order}/reassign", response_model=OrderWhole)
def reassign(asks: Asks, ident: Ident, said: RefusalAsked, once: Idempotent) -> Response:
    """Take it from one and give it to another 转派."""
    return _step(asks, ident, once, OrderReassigned, said.model_dump())


@router.post("/{order}/cancel", response_model=OrderWhole)
def cancel(asks: Asks, ident: Ident, said: CancellationAsked, once: Idempotent) -> Response:
    """Nobody has to do it any more 撤单. Final."""
    return _step(asks, ident, once, OrderCancelled, said.model_dump())


@router.post("/{order}/done", response_model=OrderWhole)
def done(asks: Asks, ident: Ident, said: CompletionAsked, once: Idempotent) -> Response:
    """It was carried out 完成."""
    return _step(asks, ident, once, OrderDone, said.model_dump())


@router.post("/{order}/rate", response_model=OrderWhole)
def rate(asks: Asks, ident: Ident, said: RatingAsked, once: Idempotent) -> Response:
    """Note what the resident says of it 评单; the newest rating stands."""
    return _step(asks, ident, once, OrderRated, said.model_dump())


@router.post("/{order}/call-back", response_model=OrderWhole)
def call_back(asks: Asks, ident: Ident, said: CallBackAsked, once: Idempotent) -> Response:
    """Note that the resident was asked 回访."""
    return _step(asks, ident, once, OrderCalledBack, said.model_dump())


@router.post("/{order}/reward", response_model=OrderWhole)
def reward(asks: Asks, ident: Ident, said: RewardingAsked, once: Idempotent) -> Response:
    """Reward the volunteers 奖单."""
    data = said.model_dump(exclude_none=True)
    return _step(asks, ident, once, OrderRewarded, data)


@rating_router.post("")
def rate_own(asks: Asks, said: OwnRating) -> RatingTaken:
    """A resident rates their order by its code 评单, without logging in; once."""
    serving = asks.serving
    serving.attempts.check(asks.address)
    if not RatingCodes(signer(serving.settings.key)).is_right(said.order, said.code):
        serving.attempts.count(asks.address)
        raise Problem(Kind.NOT_POSSIBLE, "评单码不对: this is not the code of such an order")
    with serving.recorder.database.read() as connection:
        row = _known(connection, said.order)
    if row.stars is not None:
        raise Problem(Kind.CONFLICT, "已评过: it was rated before; ask the station to change that")
    data = {**said.model_dump(exclude={"order", "code"}), "by": "resident 居民"}
    now = take(serving.recorder, _terms(asks), OrderRated, said.order, data)
    assert now.stars is not None
    return RatingTaken(order=now.id, stars=now.stars, complaint=now.complaint == 1)


def _step(
    asks: Caller,
    ident: str,
    once: Idempotent,
    kind: type[CloudEvent],
    data: dict[str, Any],
    *,
    theirs: bool = False,
) -> Response:
    """Take a step. `theirs`: whom the order is with may do it, too, and is meant if nobody is."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        row = _known(connection, ident)
        by = (
            _answering(asks, connection, row)
            if theirs
            else asks.require(connection, Permission.RECORD, at=at_place(row.place))
        )
    if theirs and not (data["team"] or data["volunteer"]):
        data = {**data, "team": row.team or None, "volunteer": row.volunteer or None}

    def work() -> BaseModel:
        now = take(recorder, _terms(asks), kind, ident, {**data, "by": by})
        with recorder.database.read() as connection:
            return _whole(asks, connection, now)

    return once.do(work)


def _answering(asks: Caller, connection: Connection, row: ServiceOrder) -> str:
    """Who answers for whom it was dispatched to. Raises RefusedError."""
    if asks.is_one_of(answers_for(connection, row)):
        return str(asks.person)
    return asks.require(connection, Permission.RECORD, at=at_place(row.place))


def _may_count(asks: Caller, ident: str, activity: str) -> None:
    """Whether an activity that there is already may be the order's. Raises RefusedError.

    A complaint about the order holds all visits of it: so it takes the right to record there, or it
    is the team's own, and one who answers for the team says so.
    """
    with asks.serving.recorder.database.read() as connection:
        row, about = _known(connection, ident), find_activity(connection, activity)
        if not (
            about.team and about.team == row.team and asks.is_one_of(answers_for(connection, row))
        ):
            asks.require(connection, Permission.RECORD, at=at_place(about.place))


def _may_list(asks: Caller, connection: Connection, place: str, volunteer: str) -> None:
    if volunteer:
        asks.require(connection, Permission.OWN, Permission.READ, at=of_volunteer(volunteer))
    else:
        asks.require(connection, Permission.READ, at=at_place(place))


def _may_see(asks: Caller, connection: Connection, row: ServiceOrder) -> None:
    """Who may read at its place, whom it is with, and who carries it out."""
    theirs = [*answers_for(connection, row), *orjson.loads(row.volunteers)]
    if not asks.is_one_of(theirs):
        asks.require(connection, Permission.READ, at=at_place(row.place))


def _whole(asks: Caller, connection: Connection, row: ServiceOrder) -> OrderWhole:
    recorder = asks.serving.reader
    served = who_served(connection, row.activity)
    called = registered_names(connection, "volunteer", served)
    return OrderWhole(
        **to_json(row, recorder.policy_by(connection), recorder.now()),
        names={**names_in(connection, [row])[row.id], **{k: v for k, v in called.items() if v}},
        served=served,
    )


def _known(connection: Connection, ident: str) -> ServiceOrder:
    try:
        return find_order(connection, ident)
    except LedgerError:
        raise not_found(f"there is no order {ident}") from None


def _terms(asks: Caller) -> Terms:
    return read_terms(asks.serving.settings.orders)
