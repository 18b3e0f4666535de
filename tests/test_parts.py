"""Does it show that a batch is written in parts, while the rest of it is folded?"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, func, select

from ledger.clock import to_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder, parse
from ledger.recording import applying
from ledger.recording.recorder import Outcome, Recorder
from ledger.store import bulk
from ledger.store.database import Database
from ledger.store.tables import batch, event
from ledger.store.unit_of_work import UnitOfWork
from ledger.verify import verify
from tests.builders import visit
from tests.simulation.workload import OPENING, workload

NOW = to_micros(OPENING) + 3_600_000_000


@pytest.fixture(autouse=True)
def in_small_parts() -> Iterator[None]:
    """Each wallet is a part, and the fewest events are many."""
    with (
        patch.object(applying, "PART", 1),
        patch.object(bulk, "TOGETHER", 3),
        patch.object(bulk, "MANY", 1),
    ):
        yield


@pytest.mark.parametrize("seed", range(5))
def test_parts_make_the_ledger_that_whole_batches_make(url: str, seed: int) -> None:
    rng = Random(seed)
    sent = workload(rng)
    arrivals = [Arrival(one.content, str(place)) for place, one in enumerate(sent.sendings)]
    size = rng.randint(5, 60)
    batches = [arrivals[start : start + size] for start in range(0, len(arrivals), size)]
    policy = parse(sent.policy, "simulation")

    whole = Database("sqlite://")
    whole.create()
    expected = [Recorder(whole, policy, lambda: NOW).record(one).outcomes for one in batches]
    whole.close()

    database = Database(url)
    database.create()
    each = Recorder(database, policy, lambda: NOW).record_each(batches)
    assert [receipt.outcomes for _, receipt in each] == expected
    _, findings = verify(database, lambda _events: None)  # folds all anew, batch by batch
    assert findings == []
    database.close()


def test_what_was_taken_for_new_and_is_not_is_recorded_once(url: str) -> None:
    first = [Arrival(one, "file") for one in visit("V1", "2026-05-01", "08:00", "10:00")]
    other = [Arrival(one, "file") for one in visit("V2", "2026-05-01", "08:00", "10:00")]
    database = Database(url)
    database.create()
    each = Recorder(database, national_ladder()).record_each(
        [first, first, [*first, *other], other]
    )
    new: list[Outcome] = ["applied", "applied"]
    known: list[Outcome] = ["duplicate", "duplicate"]
    assert [receipt.outcomes for _, receipt in each] == [new, known, known + new, known]
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def test_what_fails_while_one_goes_on_leaves_nothing_behind(url: str) -> None:
    database = Database(url)
    database.create()
    marks = [one for name in ("V1", "V2") for one in visit(name, "2026-05-01", "08:00", "10:00")]
    arrivals = [Arrival(one, "file") for one in marks]
    each = Recorder(database, national_ladder()).record_each([arrivals])
    write = bulk.write

    def fail(connection: Connection, *writes: bulk.Write) -> None:
        if any(one.table.name == "hour_record" and one.rows for one in writes):
            raise ConnectionAbortedError
        write(connection, *writes)

    with patch.object(bulk, "write", fail), pytest.raises(ConnectionAbortedError):
        next(each)
    with database.read() as connection:
        own = select(func.count()).select_from(event).where(event.c.source != "ledger")
        assert connection.execute(own).scalar_one() == 0
    database.close()


def test_whoever_asks_waits_for_what_is_under_way(url: str) -> None:
    database = Database(url)
    database.create()
    goes_on = Event()
    write = bulk.write

    def slowly(connection: Connection, *writes: bulk.Write) -> None:
        goes_on.wait(30)
        write(connection, *writes)

    with (
        ThreadPoolExecutor(1) as aside,
        ThreadPoolExecutor(1) as other,
        patch.object(bulk, "write", slowly),
        database.write() as connection,
        UnitOfWork(connection, aside) as unit,
    ):
        unit.write(bulk.Write(batch, [(1, NOW, "embedded", "salt")]))
        unit.flush()
        other.submit(goes_on.set)
        assert unit.connection.execute(select(batch.c.id)).scalar_one() == 1
    database.close()
