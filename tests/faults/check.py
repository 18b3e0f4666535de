"""What is there in the end, against what was sent? Lost, doubled, below zero: all should be 0."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import func, select

from ledger.clock import now_micros
from ledger.core.rulebook import Rulebook, national_ladder
from ledger.store.tables import (
    account_balance,
    event,
    redemption,
    reject,
    service_order,
    sign_up,
    stock,
)
from ledger.verify import verify
from ledger.volunteers.queries import summaries
from schemas.topics import REDEMPTION_REQUESTS, REDEMPTION_RESULTS
from tests.faults.load import PIECES, SEATS, Load
from tests.faults.site import Site


@dataclass(slots=True)
class Verdict:
    """What was counted; `findings` are those of `vledger verify`, and what else does not add up."""

    sent: int = 0
    logged: int = 0
    duplicates: int = 0
    lost: int = 0
    doubled: int = 0
    negative: int = 0
    answers: int = 0
    findings: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.negative or self.findings)


async def judge(site: Site, load: Load) -> Verdict:
    """Count everything, and replay the log."""
    verdict = Verdict(sent=len(load.sent) + load.duplicates, duplicates=load.duplicates)
    with site.database.read() as connection:
        contents = Counter(
            connection.execute(select(event.c.content).where(event.c.source != "ledger")).scalars()
        )
        rejects = connection.execute(select(reject.c.code, reject.c.detail)).all()
        decisions = connection.execute(select(redemption)).all()
        known = {
            one.volunteer: one
            for one in summaries(connection, Rulebook.of(national_ladder()), now_micros())
        }
        shelf = connection.execute(select(func.sum(stock.c.quantity))).scalar_one()
        money = connection.execute(
            select(func.sum(account_balance.c.balance)).where(
                account_balance.c.account == "fund:F1"
            )
        ).scalar_one()
        orders = dict(connection.execute(select(service_order.c.id, service_order.c.state)).all())
        signed = {
            row.volunteer: (row.state, row.position) for row in connection.execute(select(sign_up))
        }
    verdict.logged = contents.total()
    verdict.lost = len(load.sent.keys() - contents.keys())
    verdict.doubled = sum(times - 1 for times in contents.values())
    verdict.findings += [f"set aside: {row.code} {row.detail}" for row in rejects[:3]]
    asked = sum(1 for topic in load.sent.values() if topic is REDEMPTION_REQUESTS)
    per_request = Counter(row.request for row in decisions)
    verdict.doubled += sum(times - 1 for times in per_request.values())
    verdict.lost += asked - len(per_request)

    spent: Counter[str] = Counter()
    sold = 0
    for row in decisions:
        if row.status == "accepted" and row.command in ("redeem", "confirm"):
            spent[row.volunteer] += row.points
            sold += row.item == "RICE"
    for who, hours in sorted(load.hours.items()):
        one = known[who]
        verdict.negative += int(one.points.available) < 0 or int(one.points.balance) < 0
        if one.seconds != hours * 3600:
            verdict.findings.append(f"{who} has {one.seconds} s, not {hours} h")
        if int(one.points.balance) != hours - spent[who]:
            verdict.findings.append(f"{who} has {one.points.balance}, not {hours - spent[who]}")
    if shelf is None or shelf + sold != PIECES:
        verdict.findings.append(f"{sold} pieces sold and {shelf} left of {PIECES}")
    verdict.negative += (shelf or 0) < 0 or (money or 0) < 0

    wrong = sorted(load.orders.items() ^ orders.items())
    verdict.findings += [f"order {ident} is or should be {state}" for ident, state in wrong[:3]]
    line = {
        who: ("in", 0) if number < SEATS else ("waiting", number - SEATS + 1)
        for number, who in enumerate(load.signed_up)
    }
    wrong_places = sorted(line.items() ^ signed.items())
    verdict.findings += [f"{who} is or should be {at}" for who, at in wrong_places[:3]]

    published = await _published(site)
    verdict.answers = len(published)
    missing = {f"redemption/{row.id}" for row in decisions} - published.keys()
    verdict.lost += len(missing)
    several = [ident for ident, texts in published.items() if len(texts) > 1]
    verdict.findings += [f"{ident} was published with several contents" for ident in several[:3]]
    _, broken = verify(site.database, lambda _events: None)
    verdict.findings += [f"{one.check}: {one.detail}" for one in broken]
    return verdict


async def _published(site: Site) -> dict[str, set[bytes]]:
    """The answers on their topic, by id."""
    found: dict[str, set[bytes]] = defaultdict(set)
    topic = site.settings.topic_prefix + REDEMPTION_RESULTS.name
    places = [TopicPartition(topic, number) for number in range(site.settings.partitions)]
    async with AIOKafkaConsumer(
        bootstrap_servers=site.settings.kafka, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(places)
        ends = await consumer.end_offsets(places)
        while any([await consumer.position(one) < end for one, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    found[json.loads(record.value)["id"]].add(record.value)
    return found
