"""Is all of a seed's world as the model says? Each line tells one thing that is not."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Connection, Table, func, select

from ledger.clock import to_micros
from ledger.core.entries import first_event
from ledger.recording.rejects import list_rejects
from ledger.store.tables import (
    account_balance,
    batch,
    benefit_step,
    event,
    honour,
    membership,
    project,
    redemption,
    service_order,
    sign_up,
    stock,
)
from ledger.store.unit_of_work import UnitOfWork
from ledger.verify import verify
from ledger.volunteers.queries import summaries
from schemas.topics import REDEMPTION_RESULTS
from tests.model import standings
from tests.simulation.centre import MIDNIGHT, Centre, stands
from tests.simulation.model import NOBODY, County, Told
from tests.simulation.workload import STARS
from tests.simulation.world import World


def findings(world: World, replay: bool) -> Iterator[str]:
    """Everything that is wrong; with `replay` the log is folded anew, too, which is slow."""
    county = County()
    with world.database.read() as connection:
        wrong = list(_log(connection, world))
        if wrong:  # all else would follow from that
            yield from wrong
            return
        yield from _answers(connection, world, county)
        centre = stands(world.sent.centre)
        yield from _wallets(connection, world, county, centre)
        yield from _centre(connection, centre)
        yield from _shop(connection, county)
    yield from _published(world)
    _, broken = verify(world.database, (lambda _events: None) if replay else None)
    yield from (f"verify: {one.check}: {one.detail}" for one in broken)


def _log(connection: Connection, world: World) -> Iterator[str]:
    """Each event that was sent is logged once, however often it came; the rest is set aside."""
    sent = {one.content for one in world.sent.sendings}
    kept = Counter(
        connection.execute(select(event.c.content).where(event.c.source != "ledger")).scalars()
    )
    aside = Counter(one.content for one in list_rejects(connection))
    for content in sorted(sent - kept.keys() - aside.keys()):
        yield f"lost: {content.decode()}"
    for content, times in sorted((kept + aside).items()):
        if times > 1:
            yield f"{times} times in the log: {content.decode()}"
        if content not in sent:
            yield f"nobody sent: {content.decode()}"
    if len(aside) != world.sent.broken:
        yield f"{len(aside)} set aside, not {world.sent.broken}"


def _answers(connection: Connection, world: World, county: County) -> Iterator[str]:
    """Each request has one answer, and it is the model's."""
    decisions: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(redemption).order_by(redemption.c.id)):
        decisions[row.request].append(row)
    logged: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(event).order_by(event.c.seq)):
        logged[row.seq // first_event(1)].append(row)
    happened = world.sent.happened
    for made in connection.execute(select(batch).order_by(batch.c.id)):
        asked = []
        served: set[str] = set()
        for row in logged[made.id]:
            kind = row.type.removeprefix("volunteer.").removesuffix(".v1")
            data = orjson.loads(row.content)["data"]
            match kind.split("."):
                case ["attendance", _] | ["review", _]:
                    county.told(happened[row.id])
                case ["fact", "reported"]:
                    county.reported(row.subject, f"{row.source}#{row.id}", data)
                case ["conduct", found]:
                    of = data["of"].removeprefix("kiosk/1#")
                    county.suspected(row.subject, of, stands=found == "suspected")
                case ["registry", _]:
                    county.registered.add(row.subject)
                case ["stock", "received"]:
                    county.stock = (county.stock or 0) + data["quantity"]
                case ["fund", "contributed"]:
                    county.fund += int(Decimal(data["amount"]) * 100)
                case ["redemption", _]:
                    answers = decisions.pop(row.seq, [])
                    if len(answers) != 1:
                        yield f"request {row.id} has {len(answers)} answers"
                    asked += [(answer, data) for answer in answers]
        for answer, data in sorted(asked, key=lambda pair: pair[0].id):
            if answer.volunteer not in served:
                county.serve(answer.volunteer, made.recorded_at)
                served.add(answer.volunteer)
            wanted = county.ask(answer.volunteer, answer.command, data, made.recorded_at)
            told = _told(answer)
            if told != wanted:
                yield (
                    f"{answer.command} {answer.redemption} of {answer.volunteer} was told {told} "
                    f"({answer.reason}), the model says {wanted}"
                )
        county.deliver()
    for rows in decisions.values():
        yield from (f"answer {row.id} to no request" for row in rows)


def _told(answer: Any) -> Told:
    accepted = answer.status == "accepted"
    moved = sum(abs(units) for _, units, *_ in orjson.loads(answer.paid)) if accepted else 0
    if answer.command == "cancel":
        moved = 0
    return Told(accepted, moved, answer.available)


def _wallets(connection: Connection, world: World, county: County, centre: Centre) -> Iterator[str]:
    """Hours, stars and points follow from what was sent, whatever happened on the way."""
    happened = set(world.sent.happened.values())
    earned = standings(happened, lambda visit: visit.activity in centre.complained)
    rules = UnitOfWork(connection).rules()
    assert rules is not None
    known = {one.volunteer: one for one in summaries(connection, rules, world.now())}
    for person in sorted({one.key for one in world.sent.sendings if one.key[0] == "V"}):
        if person not in known:
            yield f"{person} is not known"
            continue
        should, has = earned.get(person, NOBODY), known[person]
        star = sum(should.minutes >= hours * 60 for hours in STARS)
        if (has.seconds, has.star) != (should.minutes * 60, star):
            yield f"{person}: {has.seconds} s, star {has.star}; not {should.minutes} min, {star}"
        paid = sum(one.taken for one in county.purchases.values() if one.person == person)
        given = world.sent.awards.get(person, 0) + centre.rewards(person)
        balance = should.points + given - paid + county.received[person]
        if int(has.points.balance) != balance:
            yield f"{person} has {has.points.balance} points, not {balance}"


def _centre(connection: Connection, centre: Centre) -> Iterator[str]:
    """Orders, lists, teams, benefits, a project and an honour stand as the model says."""

    def rows(table: Table) -> Sequence[Any]:
        return connection.execute(select(table).order_by(*table.primary_key)).all()

    placed = {ident: one for ident, one in centre.orders.items() if one.state}
    found = {row.id: row for row in rows(service_order)}
    if found.keys() != placed.keys():
        yield f"orders {sorted(found)}, not {sorted(placed)}"
    for ident, should in placed.items():
        row = found.get(ident)
        if row is None:
            continue
        state = row.state
        if state == "done" and should.state == "accepted" and ident in centre.watched:
            state = "accepted"  # by the ledger, at the deadline
        has = state, row.team, row.activity, row.stars, row.complaint == 1
        said = should.state, should.holder, should.activity, should.stars, should.complaint
        if has != said:
            yield f"order {ident} is {has}, not {said}"
    told: list[tuple[str, Any, Any]] = [
        ("signed up", {(r.volunteer, r.state, r.position) for r in rows(sign_up)
                       if r.state in ("in", "waiting")},
         {(who, "in", 0) for who in centre.coming}
         | {(who, "waiting", n) for n, who in enumerate(centre.waiting, 1)}),
        ("in teams", {(r.volunteer, r.team): r.role for r in rows(membership) if r.until is None},
         centre.teams),
        ("used", {r.event: r.ended_at for r in rows(benefit_step) if r.kind == "used"},
         {use: _at(centre.cancelled.get(use)) for use in centre.used}),
        ("projects", [(r.state, r.money) for r in rows(project)],
         [(centre.project, centre.support * 100)] if centre.project else []),
        ("honours", [r.state for r in rows(honour) if r.state != "unknown"],
         [centre.honour] if centre.honour != "unknown" else []),
    ]  # fmt: skip
    for what, found, due in told:
        if found != due:
            yield f"{what}: {found}, not {due}"


def _at(minute: int | None) -> int | None:
    return None if minute is None else to_micros(MIDNIGHT + timedelta(minutes=minute))


def _shop(connection: Connection, county: County) -> Iterator[str]:
    pieces = connection.execute(select(func.sum(stock.c.quantity))).scalar_one()
    if (pieces or 0) != (county.stock or 0):
        yield f"{pieces} pieces are on the shelf, not {county.stock}"
    money = connection.execute(
        select(func.sum(account_balance.c.balance)).where(account_balance.c.account == "fund:F1")
    ).scalar_one()
    if (money or 0) != county.fund:
        yield f"the fund has {money} fen, not {county.fund}"
    if (pieces or 0) < 0 or (money or 0) < 0:
        yield "the shelf or the fund is below zero"


def _published(world: World) -> Iterator[str]:
    """Each answer was published, at least once, and always the same."""
    with world.database.read() as connection:
        wanted = set(connection.execute(select(redemption.c.id)).scalars())
    said: dict[str, set[bytes]] = defaultdict(set)
    for where, records in world.broker.logs.items():
        if where.topic == REDEMPTION_RESULTS.name:
            for record in records:
                assert record.value is not None
                said[orjson.loads(record.value)["id"]].add(record.value)
    if said.keys() != {f"redemption/{ident}" for ident in wanted}:
        yield f"{len(said)} answers were published of {len(wanted)}"
    for ident, texts in sorted(said.items()):
        if len(texts) > 1:
            yield f"{ident} was published with {len(texts)} contents"
