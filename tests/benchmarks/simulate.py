"""How long does a simulation of N visits take? `python -m tests.benchmarks.simulate --visits N`.

Twenty visits a volunteer are put straight into the event log of a SQLite file; then today's policy
is simulated against a draft with other thresholds and points, all included.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ledger.clock import to_micros
from ledger.core.rulebook import Rulebook, national_ladder, parse
from ledger.simulation import simulate
from ledger.store.database import Database

OPENING = datetime(2024, 1, 1, tzinfo=UTC)
PER_VOLUNTEER = 20


def main() -> None:
    """Print the seconds that each part took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=1_000_000)
    visits = options.parse_args().visits
    draft = national_ladder().text.replace("floor(counted)", "2 * floor(counted)")
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'big.db'}"
        database = Database(url)
        database.create()
        with database.write() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.executemany("INSERT INTO event VALUES (?,?,?,?,?,?,?)", _rows(visits))
        with database.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        print(f"{visits:,} visits, {visits // PER_VOLUNTEER:,} volunteers")
        began = last = time.perf_counter()
        current = ""

        def tell(step: str, _done: int, _total: int) -> None:
            nonlocal last, current
            if step != current:
                now = time.perf_counter()
                if current:
                    print(f"{current:>12}: {now - last:6.1f} s")
                current, last = step, now

        today = Rulebook.of(national_ladder())
        result = simulate(url, today, Rulebook.of(parse(draft, "draft")), tell)
        tell("", 0, 0)
        print(f"{'in all':>12}: {time.perf_counter() - began:6.1f} s")
        print(f"volunteers {result.volunteers:,}, visits {result.visits:,}")
        database.close()


def _rows(visits: int) -> Iterator[tuple[object, ...]]:
    seq = 0
    for number in range(visits):
        volunteer = f"V{number // PER_VOLUNTEER:08}"
        start = OPENING + timedelta(days=number % PER_VOLUNTEER, seconds=number % 3600)
        for kind, after in (("in", 0), ("out", 7200 + number % 5000)):
            seq += 1
            at = start + timedelta(seconds=after)
            content = (
                f'{{"specversion":"1.0","id":"e{seq}","source":"kiosk/370199-001-01",'
                f'"type":"volunteer.attendance.checked-{kind}.v1","time":"{at.isoformat()}",'
                f'"subject":"{volunteer}","datacontenttype":"application/json",'
                f'"data":{{"activity":"A{number % 5000:05}","place":"370199001001"}}}}'
            )
            kind_name = f"volunteer.attendance.checked-{kind}.v1"
            yield (
                seq, "kiosk/370199-001-01", f"e{seq}", kind_name, volunteer, to_micros(at),
                content.encode(),
            )  # fmt: skip


if __name__ == "__main__":
    main()
