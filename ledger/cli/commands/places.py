"""Which places are there, and what do they share? places."""

from datetime import date
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.tree import Tree

from ledger.access import Permission
from ledger.access.asking import as_registered, place_to_be, registered_anew
from ledger.access.asking import place as at_place
from ledger.centre.days import day_or_today
from ledger.centre.places.bookings import Booking
from ledger.centre.places.changes import count_place, merge_place, register_place, reopen_place
from ledger.centre.places.checks import NAMES, Finding, check, years_of
from ledger.centre.places.resources import (
    Shared,
    book,
    bookings_of,
    cancel,
    find_resource,
    resources,
)
from ledger.centre.places.tree import Node, closings_of, history, merged_into, tree
from ledger.centre.registering import given, known_of, register
from ledger.cli.acting import acting, registering
from ledger.cli.shared import AsJson, Db, asked, err, moment_of, opened, out, print_json
from ledger.clock import from_micros
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from schemas.registry import PlaceRegistered, ResourceRegistered

PlaceId = Annotated[str, typer.Argument(metavar="PLACE", help="Its statistical code, or name")]
Area = Annotated[str, typer.Option("--area", help="Only here and below")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DAY", help="As it was on this day")]
By = Annotated[str, typer.Option("--by", help="Who does it; absent: who is logged in")]
Reason = Annotated[str, typer.Option("--reason", help="Why 原因")]
ResourceId = Annotated[str, typer.Argument(metavar="RESOURCE", help="Its id")]


def add_to(app: typer.Typer) -> None:
    group = typer.Typer(
        help="Places: centre, sub-centres, stations, bases, points 文明实践阵地",
        no_args_is_help=False,
    )
    group.callback(invoke_without_command=True)(show_tree)
    for name, command in (
        ("show", show),
        ("history", show_history),
        ("check", show_check),
        ("register", add_place),
        ("merge", merge),
        ("reopen", reopen),
        ("count", count),
        ("resources", list_resources),
        ("share", share),
        ("bookings", list_bookings),
        ("book", book_resource),
        ("cancel", cancel_booking),
    ):
        group.command(name)(command)
    app.add_typer(group, name="places")


# What there is -----------------------------------------------------------------------------------


def show_tree(
    context: typer.Context,
    area: Area = "",
    as_of: AsOf = None,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """The places as a tree, today or on a day: with the names and merges of that day."""
    if context.invoked_subcommand is not None:
        return
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        day = day_on(recorder, as_of)
        with recorder.database.read() as connection:
            nodes = tree(connection, day, recorder.policy.plan.clock, area)
    if json:
        for one in nodes:
            print_json(one._asdict())
        return
    root = Tree(f"{area or 'Places 阵地'} {day}", guide_style="dim")
    branches: dict[str, Tree] = {"": root}
    for one in nodes:
        branches[one.place] = branches[one.above].add(_line(one), highlight=False)
    out.print(root)


def show(place: PlaceId, db: Db = None, json: AsJson = False) -> None:
    """All about one place: how it is registered, counts, what it shares, what went into it."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place))
        said = known_of(connection, PlaceRegistered, place)
        if not said:
            raise LedgerError(f"there is no place {place}: `vledger places` lists them")
        years = [one._asdict() for one in years_of(connection, place)]
        closed = [one._asdict() for one in closings_of(connection, place)]
        into = [one._asdict() for one in merged_into(connection, place)]
        shared = [one._asdict() for one in resources(connection, place) if one.place == place]
    told = {"place": place, **said, "years": years, "closed": closed, "merged_here": into,
            "shares": shared}  # fmt: skip
    if json:
        print_json(told)
        return
    for key, value in told.items():
        if isinstance(value, list):
            for one in value:
                text = one if isinstance(one, str) else _pairs(one)
                out.print(f"{key}: {text}", highlight=False, markup=False, soft_wrap=True)
        elif value:
            out.print(f"{key}: {value}", highlight=False, markup=False, soft_wrap=True)


def show_history(place: PlaceId, db: Db = None, json: AsJson = False) -> None:
    """What it was called and lay in when, and when it was merged 沿革."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(place))
        zone = recorder.policy.zone
        rows = [
            {
                "since": from_micros(one.since, zone).isoformat(),
                "until": None if one.until is None else from_micros(one.until, zone).isoformat(),
                "what": "registered",
                "name": one.name,
                "kind": one.kind,
                "parent": one.parent,
                "reason": "",
            }
            for one in history(connection, place)
        ]
        rows += [
            {
                "since": one.since,
                "until": one.until or None,
                "what": "merged" if one.into else "closed",
                "name": "",
                "kind": "",
                "parent": one.into,
                "reason": one.reason,
            }
            for one in closings_of(connection, place)
        ]
    if json:
        for row in rows:
            print_json(row)
        return
    table = Table(
        "since 起", "until 止", "what", "name 名称", "kind 类别", "in 上级/并入", "why 原因"
    )
    for row in rows:
        cells = [str(row[key] or "") for key in row]
        table.add_row(cells[0][:19], cells[1][:19], *cells[2:])
    out.print(table)


def show_check(area: Area = "", as_of: AsOf = None, db: Db = None, json: AsJson = False) -> None:
    """What is wrong with codes and parents, and what places lack: rooms, staff, counts.

    Exits with 1 if something is wrong.
    """
    with asked(db) as recorder:
        acting(recorder, Permission.READ, at=at_place(area))
        day = day_on(recorder, as_of)
        with recorder.database.read() as connection:
            found = check(connection, day, recorder.policy.plan.clock, area)
    print_findings(found, json=json)


def print_findings(found: list[Finding], *, json: bool) -> None:
    """One line each. Exits with 1 if one of them is an error."""
    if json:
        for one in found:
            print_json(one._asdict())
    else:
        table = Table("of", "", "what 问题")
        for one in found:
            colour = "red" if one.severity == "error" else "yellow"
            table.add_row(one.place, f"[{colour}]{one.severity}[/{colour}]", one.message)
        out.print(table if found else "Nothing is wrong or missing.")
    if any(one.severity == "error" for one in found):
        raise typer.Exit(1)


# What changes ------------------------------------------------------------------------------------


def add_place(
    place: PlaceId,
    name: Annotated[str | None, typer.Option("--name")] = None,
    kind: Annotated[
        str | None, typer.Option("--kind", help=", ".join(f"{k} {n}" for k, n in NAMES.items()))
    ] = None,
    parent: Annotated[str | None, typer.Option("--parent", help="What it lies in 上级")] = None,
    function: Annotated[
        list[str] | None, typer.Option("--function", help="A function room 功能室; several times")
    ] = None,
    opening: Annotated[str | None, typer.Option("--opening", help="When it is open")] = None,
    phone: Annotated[str | None, typer.Option("--phone", help="Of the office")] = None,
    address: Annotated[str | None, typer.Option("--address")] = None,
    community: Annotated[str | None, typer.Option("--community", help="urban or village")] = None,
    latitude: Annotated[str | None, typer.Option("--latitude", help="Degrees, WGS 84")] = None,
    longitude: Annotated[str | None, typer.Option("--longitude")] = None,
    db: Db = None,
) -> None:
    """Register a place, or change what is said of it: the rest stays as it was."""
    said: dict[str, Any] = {
        "name": name,
        "kind": kind,
        "parent": parent,
        "functions": function or None,
        "opening": opening,
        "phone": phone,
        "address": address,
        "community": community,
        "latitude": latitude,
        "longitude": longitude,
    }
    with opened(db) as recorder:
        to = place_to_be(place, parent)
        registering(recorder, Permission.REGISTER, as_registered("place", place), to)
        register_place(recorder, place, given(said))
    out.print(f"{place} is registered.")


def merge(
    place: PlaceId,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="From this day on")],
    into: Annotated[str | None, typer.Option("--into", help="Absent: it is closed")] = None,
    reason: Reason = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Merge a place into another, or close it 撤并: its figures stay under its own code."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=at_place(place))
        if into:  # nobody hands their villages over to others without them
            acting(recorder, Permission.REGISTER, by=by, at=at_place(into))
        merge_place(recorder, place, into, day_of(on), reason=reason, by=who)
    out.print(f"{place} is part of {into} from {on} on." if into else f"{place} is closed.")


def reopen(
    place: PlaceId,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="From this day on")],
    reason: Reason = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Let a merged place stand by itself again; from the day of its merge on, it never was."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=at_place(place))
        reopen_place(recorder, place, day_of(on), reason=reason, by=who)
    out.print(f"{place} stands by itself from {on} on.")


def count(
    place: PlaceId,
    year: Annotated[int, typer.Option("--year", min=1970, max=2200)],
    residents: Annotated[int | None, typer.Option("--residents", help="常住人口")] = None,
    staff: Annotated[int | None, typer.Option("--staff", help="Full-time 专职人员")] = None,
    party_members: Annotated[
        int | None, typer.Option("--party-members", help="In post, to take part 在职党员")
    ] = None,
    by: By = "",
    db: Db = None,
) -> None:
    """Say what was counted of a place for a year; what is not said stays."""
    counts = {"residents": residents, "full_time_staff": staff, "party_members": party_members}
    with opened(db) as recorder:
        who = acting(recorder, Permission.REGISTER, by=by, at=at_place(place))
        count_place(recorder, place, year, counts, who)
    out.print(f"Noted of {place} for {year}.")


# What is shared ----------------------------------------------------------------------------------


def list_resources(area: Area = "", db: Db = None, json: AsJson = False) -> None:
    """What the places of an area share: halls, buses, instruments 可共享资源."""
    with asked(db) as recorder, recorder.database.read() as connection:
        acting(recorder, Permission.READ, at=at_place(area))
        found = resources(connection, area)
    if json:
        for one in found:
            print_json(one._asdict())
        return
    table = Table("resource 资源", "name 名称", "place 场所", "kind 类别", "", "more 说明")
    for one in found:
        shared = "" if one.shared else "not shared any more"
        table.add_row(one.resource, one.name, one.place, one.kind, shared, one.description)
    out.print(table)


def share(
    resource: ResourceId,
    name: Annotated[str | None, typer.Option("--name")] = None,
    place: Annotated[str | None, typer.Option("--place", help="Where it is")] = None,
    kind: Annotated[str | None, typer.Option("--kind")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    stop: Annotated[bool, typer.Option("--stop", help="Nobody may book it any more")] = False,
    db: Db = None,
) -> None:
    """Register something that others may book, or change it."""
    said = given({"name": name, "place": place, "kind": kind, "description": description,
                  "shared": not stop})  # fmt: skip
    with opened(db) as recorder:
        registering(recorder, Permission.REGISTER, *registered_anew("resource", resource, said))
        register(recorder, ResourceRegistered, resource, said)
    out.print(f"{resource} is registered.")


def list_bookings(
    resource: ResourceId,
    all_: Annotated[bool, typer.Option("--all", help="Past ones too")] = False,
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Who has it when; refused and cancelled bookings with the reason."""
    with asked(db) as recorder, recorder.database.read() as connection:
        about = find_resource(connection, resource)
        acting(recorder, Permission.READ, at=at_place(about.place))
        found = bookings_of(connection, resource, 0 if all_ else recorder.now())
        shown = [booking_json(recorder, one) for one in found]
    if json:
        for one in shown:
            print_json(one)
        return
    table = Table("booking 预约", "from 起", "to 止", "for", "purpose 用途", "state", "why 原因",
                  title=f"{about.name} {about.place}", title_justify="left")  # fmt: skip
    for one in shown:
        table.add_row(
            one["booking"],
            one["starts_at"],
            one["ends_at"],
            one["whose"],
            one["purpose"],
            one["state"],
            one["reason"],
        )
    out.print(table)


def book_resource(
    resource: ResourceId,
    since: Annotated[str, typer.Option("--from", help="As 2026-05-01T08:00")],
    until: Annotated[str, typer.Option("--to", help="As 2026-05-01T10:00")],
    whose: Annotated[str | None, typer.Option("--for", help="Team, place or volunteer")] = None,
    purpose: Annotated[str, typer.Option("--purpose", help="What for 用途")] = "",
    by: By = "",
    db: Db = None,
    json: AsJson = False,
) -> None:
    """Book it. Whoever asks first has it; what overlaps is refused with the reason."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.RECORD, by=by, at=_of(recorder, resource))
        zone = recorder.policy.zone
        span = moment_of(since, zone, "--from"), moment_of(until, zone, "--to")
        made = book(recorder, resource, *span, whose=whose, purpose=purpose, by=who)
        shown = booking_json(recorder, made)
    if json:
        print_json(shown)
    else:
        out.print(f"Booked: {made.booking}, {shown['starts_at']} to {shown['ends_at']}.")


def cancel_booking(
    resource: ResourceId,
    booking: Annotated[str, typer.Argument(metavar="BOOKING")],
    reason: Reason = "",
    by: By = "",
    db: Db = None,
) -> None:
    """Give a booking up: its time is free again."""
    with opened(db) as recorder:
        who = acting(recorder, Permission.RECORD, by=by, at=_of(recorder, resource))
        cancel(recorder, resource, booking, reason=reason, by=who)
    err.print(f"{booking} is cancelled.", highlight=False)


def booking_json(recorder: Recorder, one: Booking) -> dict[str, Any]:
    """A booking as it is printed; times in the policy's zone."""
    zone = recorder.policy.zone
    times = {
        key: from_micros(getattr(one, key), zone).isoformat()
        for key in ("starts_at", "ends_at", "asked_at")
    }
    return {**one._asdict(), **times}


def _of(recorder: Recorder, resource: str) -> Any:
    with recorder.database.read() as connection:
        about: Shared = find_resource(connection, resource)
    return at_place(about.place)


def day_on(recorder: Recorder, text: str | None) -> date:
    """An option's day; today if it is absent."""
    return day_or_today(recorder, None if text is None else day_of(text))


def day_of(text: str) -> date:
    """An option's day. Raises LedgerError if it is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"{text!r} is not a day: write it as 2026-05-01") from None


def _line(one: Node) -> str:
    return f"{one.name} [dim]{one.place} {NAMES.get(one.kind, one.kind)}[/dim]"


def _pairs(said: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in said.items() if value not in ("", None))
