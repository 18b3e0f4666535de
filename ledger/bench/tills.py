"""How long does a till wait for its answer, asked directly, without Kafka?

Closed: eight tills at once, or sixty-four, each asking again when it has its answer. Open: so many
requests a second whether or not earlier ones are answered, each waiting from the moment it was due.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter, sleep

import psycopg
from sqlalchemy import func, select

from ledger.bench import pgledger
from ledger.bench.databases import PostgresDatabases
from ledger.bench.measures import Tell, Waited, Waits
from ledger.bench.workload import Keyed, batches_of, redemption, savings, supermarket
from ledger.core.intake import Arrival
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError
from ledger.recording.counter import Counter
from ledger.recording.recorder import Recorder
from ledger.store import tables
from ledger.store.database import Database

TILLS = 8
MANY_TILLS = 64
"""As many as a county has when its shops are full."""

SAVERS = 1000
"""Volunteers who redeem, each in turn; no more than there are redemptions."""

ASKING = 64
"""Threads by which an open load comes: more requests than that never wait at once."""

AT_A_COUNTER = f"the ledger, {TILLS} tills at a counter"
AT_A_SUPERMARKET = f"the ledger, {TILLS} tills at a counter, with stock and a fund"
CONNECTIONS = f"the ledger, {TILLS} connections"
PGLEDGER = f"pgledger, {TILLS} connections"
MANY_AT_A_COUNTER = f"the ledger, {MANY_TILLS} tills at a counter"
PGLEDGER_OF_MANY = f"pgledger, {MANY_TILLS} connections"

Ask = Callable[[int], None]
"""Asks for the redemption of a serial number, and waits for the answer."""


def closed(
    server: PostgresDatabases,
    policy: PolicyText,
    files: Sequence[Path],
    redemptions: int,
    repeats: int,
    tell: Tell,
) -> Iterator[Waits]:
    """Tills that ask again when they have their answer; pgledger's too if its files are given."""
    ways: dict[str, Callable[[], AbstractContextManager[list[Ask]]]] = {
        AT_A_COUNTER: lambda: _counter(server, policy, redemptions, TILLS),
        AT_A_SUPERMARKET: lambda: _counter(server, policy, redemptions, TILLS, counted=True),
        CONNECTIONS: lambda: _connections(server, policy, redemptions),
        MANY_AT_A_COUNTER: lambda: _counter(server, policy, redemptions, MANY_TILLS),
    }
    if files:
        ways[PGLEDGER] = lambda: _pgledger(server, files, TILLS)
        ways[PGLEDGER_OF_MANY] = lambda: _pgledger(server, files, MANY_TILLS)
    runs: dict[str, list[Waited]] = {name: [] for name in ways}
    for number in range(1, repeats + 1):
        for name, way in ways.items():
            tell(f"tills: {name}, {number} of {repeats}")
            with way() as asks:
                runs[name].append(_closed(asks, redemptions))
    for name, found in runs.items():
        yield Waits(name, None, tuple(found))


def open_load(
    server: PostgresDatabases,
    policy: PolicyText,
    arrivals: Sequence[int],
    redemptions: int,
    repeats: int,
    tell: Tell,
) -> Iterator[Waits]:
    """Requests at one counter, at fixed rates."""
    for rate in arrivals:
        found = []
        for number in range(1, repeats + 1):
            tell(f"tills: {rate} requests a second, {number} of {repeats}")
            with _counter(server, policy, redemptions, 1) as [ask]:
                found.append(_open(ask, rate, redemptions))
        yield Waits("the ledger, at a counter", rate, tuple(found))


def stocked(url: str, policy: PolicyText, redemptions: int) -> Recorder:
    """A new ledger whose savers have points for so many redemptions."""
    database = Database(url)
    database.create()
    recorder = Recorder(database, policy)
    _take_in(recorder, savings(savers(redemptions)))
    return recorder


def _take_in(recorder: Recorder, messages: Iterator[Keyed]) -> None:
    for batch in batches_of(messages, 5000):
        recorder.record(batch)


def savers(redemptions: int) -> int:
    """How many volunteers share so many redemptions."""
    return min(SAVERS, redemptions)


def check_accepted(database: Database, redemptions: int) -> None:
    """Raises LedgerError unless so many were accepted: a refusal is quicker, and no measure."""
    status = tables.redemption.c.status
    with database.read() as connection:
        told = connection.execute(select(status, func.count()).group_by(status)).all()
    if dict(map(tuple, told)) != {"accepted": redemptions}:
        raise LedgerError(f"of {redemptions} redemptions of the benchmark became: {told}")


@contextmanager
def _counter(
    server: PostgresDatabases,
    policy: PolicyText,
    redemptions: int,
    tills: int,
    *,
    counted: bool = False,
) -> Iterator[list[Ask]]:
    with server.empty() as url:
        recorder = stocked(url, policy, redemptions)
        if counted:
            _take_in(recorder, supermarket(2 * redemptions))
        requests = _requests(redemptions)
        counter = Counter(recorder)
        counter.record([_request(0, "warm", redemptions)])
        yield [lambda serial: _recorded(counter, requests[serial])] * tills
        check_accepted(recorder.database, redemptions + 1)
        recorder.database.close()


def _recorded(counter: Counter, request: Arrival) -> None:
    counter.record([request])


@contextmanager
def _connections(
    server: PostgresDatabases, policy: PolicyText, redemptions: int
) -> Iterator[list[Ask]]:
    with server.empty() as url, ExitStack() as closing:
        requests = _requests(redemptions)
        recorder = stocked(url, policy, redemptions)
        closing.callback(recorder.database.close)

        def till(number: int) -> Ask:
            own = Recorder(Database(url), policy)
            closing.callback(own.database.close)
            own.record([_request(number, f"warm-{number}", redemptions)])

            def ask(serial: int) -> None:
                own.record([requests[serial]])

            return ask

        yield [till(number) for number in range(TILLS)]
        check_accepted(recorder.database, redemptions + TILLS)


@contextmanager
def _pgledger(server: PostgresDatabases, files: Sequence[Path], tills: int) -> Iterator[list[Ask]]:
    with pgledger.accounts(server, files, SAVERS) as made, ExitStack() as closing:

        def till(_number: int) -> Ask:
            own = closing.enter_context(psycopg.connect(made.url, autocommit=True))

            def ask(serial: int) -> None:
                own.execute(pgledger.TRANSFER, (made.wallets[serial % SAVERS], made.shop))

            ask(0)
            return ask

        yield [till(number) for number in range(tills)]


def _requests(number: int) -> list[Arrival]:
    return [_request(serial, f"R{serial}", number) for serial in range(number)]


def _request(serial: int, name: str, redemptions: int) -> Arrival:
    return Arrival(redemption(serial, savers(redemptions), name).content, "bench")


def _closed(asks: Sequence[Ask], redemptions: int) -> Waited:
    """Each till takes the next that nobody has asked for yet, until all are answered."""
    return _at_once([(ask, None) for ask in asks], redemptions)


def _open(ask: Ask, rate: int, redemptions: int) -> Waited:
    return _at_once([(ask, rate)] * ASKING, redemptions)


def _at_once(askers: Sequence[tuple[Ask, int | None]], redemptions: int) -> Waited:
    serials = count()
    waits: list[float] = []
    failures: list[BaseException] = []

    def work(ask: Ask, rate: int | None) -> None:
        try:
            while (serial := next(serials)) < redemptions:
                due = perf_counter()
                if rate is not None:
                    due = began + serial / rate
                    sleep(max(0.0, due - perf_counter()))
                ask(serial)
                waits.append(perf_counter() - due)
        except BaseException as error:  # noqa: BLE001 - raised below, in the thread that waits
            failures.append(error)

    threads = [threading.Thread(target=work, args=asker) for asker in askers]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = perf_counter() - began
    if failures:
        raise failures[0]
    return Waited.of(waits, seconds)
