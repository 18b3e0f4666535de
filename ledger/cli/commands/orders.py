"""How does a desk see residents' orders through? orders 点单、派单、接单、评单、奖单."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from ledger.access import Permission
from ledger.access.asking import place as at_place
from ledger.centre.activities.signing_up import find_activity
from ledger.centre.orders.candidates import candidates, wanted
from ledger.centre.orders.life import NAMES, State, own_activity
from ledger.centre.orders.matching import best, suggestions
from ledger.centre.orders.queue import (
    Asked,
    count_orders,
    find_order,
    list_orders,
    to_json,
    who_served,
)
from ledger.centre.orders.rating_codes import RatingCodes
from ledger.centre.orders.rows import ServiceOrder
from ledger.centre.orders.steps import new_id, planned, take
from ledger.centre.orders.terms import read_terms
from ledger.cli.acting import acting
from ledger.cli.shared import AsJson, Db, asked, moment_of, opened, out, print_json, settings
from ledger.clock import from_micros
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.recording.catching_up import catch_up
from ledger.recording.recorder import Recorder
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

Ident = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in 经办人")]
Team = Annotated[str | None, typer.Option("--team", help="志愿服务队")]
Volunteer = Annotated[str | None, typer.Option("--volunteer", help="志愿者")]
Reason = Annotated[str, typer.Option("--reason", help="Why 理由")]
Due = Annotated[
    str | None, typer.Option("--due", help="By when the next step; absent: by the local terms")
]


def add_to(app: typer.Typer) -> None:
    orders = typer.Typer(help="Residents' orders 点单、派单、接单、评单、奖单")
    orders.callback(invoke_without_command=True)(list_)
    orders.command("show")(show)
    orders.command("place")(place)
    orders.command("suggest")(suggest)
    orders.command("dispatch")(dispatch)
    orders.command("accept")(accept)
    orders.command("decline")(decline)
    orders.command("reassign")(reassign)
    orders.command("cancel")(cancel)
    orders.command("done")(done)
    orders.command("rate")(rate)
    orders.command("call-back")(call_back)
    orders.command("reward")(reward)
    app.add_typer(orders, name="orders")


# Looking ---------------------------------------------------------------------------------------


def list_(
    context: typer.Context,
    place: Annotated[str, typer.Option("--place", help="There and below it")] = "",
    state: Annotated[str | None, typer.Option("--state", help="placed, dispatched …")] = None,
    responsible: Annotated[
        str, typer.Option("--responsible", help="Which that very place sees to now 承办")
    ] = "",
    team: Annotated[str, typer.Option("--team")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="超期 whose deadline is past")] = False,
    complaint: Annotated[bool, typer.Option("--complaint", help="有投诉")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """List orders, the oldest first, and how many are in which state."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place))
        policy, now = recorder.policy, recorder.now()
        query = Asked(
            place,
            _state(state),
            team,
            complaint=complaint,
            overdue=now if overdue else None,
            responsible=responsible,
        )
        found = list_orders(connection, query)
        counts = count_orders(connection, place, now)
    if json:
        for one in found:
            print_json(to_json(one, policy, now))
        return
    table = Table("id", "place 地点", "category 类别", "state 状态", "with 承接", "due 时限", "★")
    for one in found:
        table.add_row(
            one.id,
            one.place,
            one.category,
            _shown_state(one),
            one.team or one.volunteer,
            _due(one, policy, now),
            _stars(one),
        )
    out.print(table)
    told = ", ".join(
        f"{NAMES[one.state]} {one.orders}" + (f" ({one.overdue} 超期)" if one.overdue else "")
        for one in counts
        if one.orders
    )
    if told:
        out.print(told, highlight=False)


def show(ident: Ident, db: Db = None, json: AsJson = False) -> None:
    """Tell all about one order: each step, also what had no effect, and why."""
    with asked(db) as recorder, recorder.database.read() as connection:
        found = find_order(connection, ident)
        acting(recorder, Permission.READ, at=at_place(found.place))
        policy, now = recorder.policy, recorder.now()
        served = who_served(connection, found.activity)
    told = {**to_json(found, policy, now), "served": served}
    if json:
        print_json(told)
        return
    steps = told.pop("steps")
    for key, value in told.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        if shown not in (None, "", False):
            out.print(f"{key}: {shown}", highlight=False, markup=False, soft_wrap=True)
    table = Table("when 时间", "step 步骤", "by", "said 内容")
    for one in steps:
        said = dict(one["said"])
        by = str(said.pop("by", ""))
        text = ", ".join(f"{key} {value}" for key, value in said.items())
        if "without_effect" in one:
            text = f"未生效 without effect: {one['without_effect']} · {text}"
        table.add_row(one["at"], one["step"], by, text)
    out.print(table)


def suggest(
    ident: Ident,
    count: Annotated[int, typer.Option("--count", min=1, max=100)] = 10,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Who suits it best, and why: by skills, distance, orders in hand and ratings 智能匹配."""
    terms = read_terms(settings(db).orders)
    with asked(db) as recorder, recorder.database.read() as connection:
        order = find_order(connection, ident)
        acting(recorder, Permission.READ, at=at_place(order.place))
        wish = wanted(connection, order)
        found = best(suggestions(wish, candidates(connection, wish), terms), None, count)
    if json:
        for one in found:
            print_json(one.to_json())
        return
    table = Table("who 承接方", "name 名称", "score 分", "why 依据")
    for one in found:
        who = one.candidate
        why = "; ".join(f"{part.text} (+{part.points})" for part in one.reasons)
        table.add_row(f"{who.kind} {who.id}", who.name, str(one.score), why)
    out.print(table)


# Doing -----------------------------------------------------------------------------------------


def place(
    text: Annotated[str, typer.Argument(help="What is wanted; nothing personal 需求")],
    at: Annotated[str, typer.Option("--place", help="Where")],
    category: Annotated[str, typer.Option("--category", help="类别")],
    skill: Annotated[list[str] | None, typer.Option("--skill", help="What it takes 特长")] = None,
    wanted_at: Annotated[str | None, typer.Option("--wanted", help="When 期望时间")] = None,
    channel: Annotated[
        str, typer.Option("--channel", help="app, hotline, station or collected 渠道")
    ] = "station",
    ident: Annotated[str, typer.Option("--id", help="Its id; absent: a new one")] = "",
    by: By = "",
    due: Due = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Place an order 点单. Prints its id, and the code by which the resident rates it."""
    with opened(db) as recorder:
        signed = acting(recorder, Permission.RECORD, by=by, at=at_place(at))
        zone = recorder.policy.zone
        said = {
            "place": at,
            "category": category,
            "skills": skill or [],
            "text": text,
            "wanted_at": None if wanted_at is None else moment_of(wanted_at, zone, "--wanted"),
            "channel": channel,
            "by": signed,
            "due": None if due is None else moment_of(due, zone, "--due"),
        }
        terms = read_terms(settings(db).orders)
        row = take(recorder, terms, OrderPlaced, ident or new_id(recorder), said)
        told = to_json(row, recorder.policy, recorder.now())
    code = RatingCodes(signer(settings(db).key)).make(row.id)
    if json:
        print_json({**told, "rating_code": code})
    else:
        out.print(f"{row.id} is placed; due {told['due_at']}. 评单码 rating code: {code}")


def dispatch(
    ident: Ident,
    team: Team = None,
    volunteer: Volunteer = None,
    note: Annotated[str, typer.Option("--note")] = "",
    by: By = "",
    due: Due = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Give it to a team or a volunteer 派单."""
    said = {"team": team, "volunteer": volunteer, "note": note, "by": by, "due": due}
    _step(db, OrderDispatched, ident, said, json=json)


def accept(
    ident: Ident,
    team: Team = None,
    volunteer: Volunteer = None,
    with_: Annotated[
        list[str] | None, typer.Option("--with", help="A volunteer who comes; as often as needed")
    ] = None,
    activity: Annotated[
        str, typer.Option("--activity", help="Whose check-ins are the order's; absent: a new one")
    ] = "",
    starts: Annotated[str | None, typer.Option("--starts", help="Planned start")] = None,
    ends: Annotated[str | None, typer.Option("--ends", help="Planned end")] = None,
    by: By = "",
    due: Due = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Take it on 接单: whom it was dispatched to says who comes, and when."""
    with _at(db, ident, by) as (recorder, order, signed):
        zone = recorder.policy.zone
        begin = None if starts is None else moment_of(starts, zone, "--starts")
        end = None if ends is None else moment_of(ends, zone, "--ends")
        planned(begin, end)
        if activity:  # a complaint about the order holds all visits of it
            with recorder.database.read() as connection:
                about = find_activity(connection, activity)
            acting(recorder, Permission.RECORD, by=by, at=at_place(about.place))
        said = {
            "team": team or order.team or None,
            "volunteer": volunteer or order.volunteer or None,
            "volunteers": with_ or [],
            "activity": activity or own_activity(ident),
            "starts_at": begin,
            "ends_at": end,
            "by": signed,
            "due": None if due is None else moment_of(due, zone, "--due"),
        }
        _take(recorder, OrderAccepted, ident, said, db, json=json)


def decline(
    ident: Ident,
    reason: Reason,
    team: Team = None,
    volunteer: Volunteer = None,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Give it back 退单: it waits to be dispatched again."""
    with _at(db, ident, by) as (recorder, order, signed):
        said = {
            "team": team or order.team or None,
            "volunteer": volunteer or order.volunteer or None,
            "reason": reason,
            "by": signed,
        }
        _take(recorder, OrderDeclined, ident, said, db, json=json)


def reassign(
    ident: Ident,
    reason: Reason,
    team: Team = None,
    volunteer: Volunteer = None,
    by: By = "",
    due: Due = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Take it from one and give it to another 转派."""
    said = {"team": team, "volunteer": volunteer, "reason": reason, "by": by, "due": due}
    _step(db, OrderReassigned, ident, said, json=json)


def cancel(ident: Ident, reason: Reason, by: By = "", db: Db = None, json: AsJson = False) -> None:
    """Nobody has to do it any more 撤单. Final."""
    _step(db, OrderCancelled, ident, {"reason": reason, "by": by}, json=json)


def done(
    ident: Ident,
    note: Annotated[str, typer.Option("--note")] = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """It was carried out 完成. Otherwise the ledger looks for check-ins once it is due."""
    _step(db, OrderDone, ident, {"note": note, "by": by}, json=json)


def rate(
    ident: Ident,
    stars: Annotated[int, typer.Argument(min=1, max=5, help="1 to 5 星")],
    complaint: Annotated[
        bool, typer.Option("--complaint", help="投诉: the hours are held for review")
    ] = False,
    comment: Annotated[str, typer.Option("--comment", help="Nothing personal 评语")] = "",
    called_back: Annotated[
        bool, typer.Option("--called-back", help="Told when they were called back 回访")
    ] = False,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Note what the resident says of it 评单; the newest rating stands."""
    said = {
        "stars": stars,
        "complaint": complaint,
        "comment": comment,
        "told_by": "call-back" if called_back else "resident",
        "by": by,
    }
    _step(db, OrderRated, ident, said, json=json)


def call_back(
    ident: Ident,
    note: Annotated[str, typer.Option("--note", help="What came of it 回访记录")],
    missed: Annotated[bool, typer.Option("--missed", help="未接通 they were not reached")] = False,
    by: By = "",
    due: Due = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Note that the resident was asked 回访. What they say of it: rate --called-back."""
    said = {"reached": not missed, "note": note, "by": by, "due": due}
    _step(db, OrderCalledBack, ident, said, json=json)


def reward(
    ident: Ident,
    basis: Annotated[str, typer.Option("--basis", help="On which ground 依据")],
    points: Annotated[
        list[str] | None, typer.Option("--points", help="VOLUNTEER=POINTS; as often as needed")
    ] = None,
    honour: Annotated[
        list[str] | None, typer.Option("--honour", help="VOLUNTEER=WORDS 嘉许; as often as needed")
    ] = None,
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Reward the volunteers 奖单; the newest stands, and with nobody named none does."""
    if not by and not settings(db).oidc_issuer:
        raise LedgerError("say who rewards: --by 奖励须写明经办人")
    rewards: dict[str, dict[str, str]] = {}
    for field, options in (("points", points), ("honour", honour)):
        for one in options or ():
            volunteer, mark, value = one.rpartition("=")
            if not mark or not volunteer:
                raise LedgerError(f"--{field} {one!r}: write it as VOLUNTEER=…")
            rewards.setdefault(volunteer, {"volunteer": volunteer})[field] = value
    said = {"rewards": list(rewards.values()), "basis": basis, "by": by}
    _step(db, OrderRewarded, ident, said, json=json)


@contextmanager
def _at(db: str | None, ident: str, by: str) -> Iterator[tuple[Recorder, ServiceOrder, str]]:
    """The order, and who does something about it; they may, at its place."""
    with opened(db) as recorder:
        with recorder.database.read() as connection:
            order = find_order(connection, ident)
        yield recorder, order, acting(recorder, Permission.RECORD, by=by, at=at_place(order.place))


def _step(
    db: str | None, kind: type[CloudEvent], ident: str, said: dict[str, Any], *, json: bool
) -> None:
    with _at(db, ident, said["by"]) as (recorder, _, signed):
        due = said.get("due")
        if due is not None:
            said = {**said, "due": moment_of(due, recorder.policy.zone, "--due")}
        _take(recorder, kind, ident, {**said, "by": signed}, db, json=json)


def _take(
    recorder: Recorder,
    kind: type[CloudEvent],
    ident: str,
    said: dict[str, Any],
    db: str | None,
    *,
    json: bool,
) -> None:
    terms = read_terms(settings(db).orders)
    row = take(recorder, terms, kind, ident, said)
    while catch_up(recorder, terms=terms):  # a complaint holds hours, a reward posts points
        pass
    _tell(recorder, row, json=json)


def _tell(recorder: Recorder, row: ServiceOrder, *, json: bool) -> None:
    policy, now = recorder.policy, recorder.now()
    if json:
        print_json(to_json(row, policy, now))
        return
    due = _due(row, policy, now)
    until = f", due {due}" if due else ""
    out.print(f"{row.id}: {NAMES[_known(row.state)]}{until}.", highlight=False)


def _due(one: ServiceOrder, policy: PolicyText, now: int) -> str:
    if one.due_at is None:
        return ""
    due: datetime = from_micros(one.due_at, policy.zone)
    return f"{due:%Y-%m-%d %H:%M}" + (" [red]超期[/red]" if one.due_at <= now else "")


def _stars(one: ServiceOrder) -> str:
    return f"{one.stars or ''}{' 投诉' if one.complaint == 1 else ''}"


def _shown_state(one: ServiceOrder) -> str:
    up = f" ↑{one.escalations}" if one.escalations else ""
    return f"{NAMES[_known(one.state)]}{up}"


def _known(state: str) -> State:
    found = _state(state)
    assert found is not None
    return found


def _state(text: str | None) -> State | None:
    """Raises LedgerError if there is no such state."""
    if text is None:
        return None
    for one in NAMES:
        if one == text:
            return one
    raise LedgerError(f"--state {text!r}: {', '.join(NAMES)} are there")
