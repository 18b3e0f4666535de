"""Do workers on a restored ledger read Kafka on from where the backup was, and lose nothing?"""

import asyncio
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ledger.backup import back_up, restore
from ledger.clock import now_micros
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import consumer_offset, event
from ledger.verify import verify
from ledger.volunteers.queries import summaries
from schemas.topics import ATTENDANCE, REDEMPTION_REQUESTS
from streams.app import create_topics
from tests.builders import redeem, visit
from tests.services import KafkaCluster, PostgresServer
from tests.test_backup import quietly
from tests.test_streams import Site

pytestmark = pytest.mark.xdist_group("kafka")

PEOPLE = [f"V{number}" for number in range(20)]


async def publish(site: Site, days: range) -> None:
    """A visit of everybody on each day: 40 messages."""
    visits = [
        (volunteer, content)
        for day in days
        for volunteer in PEOPLE
        for content in visit(volunteer, f"2026-05-{day:02}", "08:00", "10:00")
    ]
    await site.publish(ATTENDANCE, visits)


def standings(site: Site) -> list[object]:
    rules = Recorder(site.database, national_ladder()).rules
    with site.database.read() as connection:
        return [one.to_json() for one in summaries(connection, rules, now_micros())]


async def test_workers_go_on_from_a_backup(
    postgres: PostgresServer, postgres_url: str, kafka: KafkaCluster, tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    with closing(Site(postgres_url, kafka, tmp_path)) as lost:
        await create_topics(lost.settings)
        lost.worker()
        await publish(lost, range(1, 4))
        await lost.until(lambda: lost.count(event) == 120)
        until = now_micros()
        bought = [(one, redeem(one, f"R-{one}", "2")) for one in PEOPLE[:5]]
        await lost.publish(REDEMPTION_REQUESTS, bought)
        await lost.until(lambda: lost.count(event) == 125)
        await asyncio.to_thread(back_up, lost.database, file, now_micros())
        await publish(lost, range(4, 6))
        await lost.until(lambda: lost.count(event) == 205)
        then = standings(lost)
    for name, time in (("whole", None), ("part", until)):
        url = postgres.create_database(f"restored_{name}")
        target = Database(url)
        found = restore(file, target, time, quietly, now_micros())
        assert found.events == (126 if time is None else 121)  # and the policy
        with target.read() as connection:
            known = connection.execute(select(consumer_offset)).all()
        assert bool(known) == (time is None)
        target.close()
        (tmp_path / name).mkdir()
        with closing(Site(url, kafka, tmp_path / name)) as site:
            site.settings = lost.settings.model_copy(update={"db": url})
            site.worker()
            await site.until(partial(read_whole, site))
            assert standings(site) == then
            assert verify(site.database, quietly)[1] == []
        postgres.drop_database(f"restored_{name}")


def read_whole(site: Site) -> bool:
    """All partitions were read to their ends."""
    with site.database.read() as connection:
        read = connection.execute(select(func.sum(consumer_offset.c.next_offset))).scalar_one()
    return bool(read == 205)
