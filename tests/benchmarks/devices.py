"""What does it cost that devices sign? `python -m tests.benchmarks.devices --visits N`.

The same visits at K kiosks are recorded in turns: where no device is enrolled, where K others are,
and signed by those that are. On SQLite, and on a Postgres that is started for it. What counts is
the processor time of this process, the median of three turns.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.devices.enrolment import enrol
from ledger.devices.keys import public_text, sign
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import check_in, check_out
from tests.services import postgres_server

BATCH = 5000
PLACE = "370102001001"
ROUNDS = 3


def main() -> None:
    """Print microseconds an event of each way, and how they compare."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--visits", type=int, default=10_000)
    options.add_argument("--kiosks", type=int, default=200)
    chosen = options.parse_args()
    keys = [Ed25519PrivateKey.generate() for _ in range(chosen.kiosks)]
    plain = [one for number in range(chosen.visits) for one in _visit(number, len(keys))]
    signed = [
        sign(event, keys[int(event["source"].rpartition("/")[2])])
        for event in map(json.loads, plain)
    ]
    with tempfile.TemporaryDirectory() as folder, postgres_server(Path(folder)) as server:
        for name in ("SQLite", "Postgres"):
            spent: dict[str, list[float]] = {"not enrolled": [], "others": [], "signed": []}
            for turn in range(ROUNDS):
                for way, told in spent.items():
                    url = f"sqlite:///{Path(folder) / f'{turn}{way[0]}.db'}"
                    if name == "Postgres":
                        url = server.create_database(f"devices{turn}{way[0]}")
                    told.append(_record(url, way, keys, signed if way == "signed" else plain))
            middle = {way: statistics.median(told) for way, told in spent.items()}
            for way, seconds in middle.items():
                micros = seconds / len(plain) * 1e6
                times = seconds / middle["not enrolled"]
                print(f"{name}, {way}: {micros:.0f} µs an event, {times:.2f} times")


def _visit(number: int, kiosks: int) -> list[bytes]:
    volunteer, source = f"V{number // 5:07}", f"kiosk/{number % kiosks}"
    day = f"2026-05-{number % 5 + 1:02}"
    times = (f"{day}T08:00", f"{day}T10:30")
    return [
        check_in(volunteer, times[0], source=source, place=PLACE),
        check_out(volunteer, times[1], source=source, place=PLACE),
    ]


def _record(
    url: str, way: str, keys: Sequence[Ed25519PrivateKey], contents: Sequence[bytes]
) -> float:
    """Seconds of this process's work."""
    database = Database(url)
    database.create()
    recorder = Recorder(database, national_ladder())
    recorder.begin()
    if way != "not enrolled":
        kind = "kiosk" if way == "signed" else "other"
        for number, key in enumerate(keys):
            enrol(recorder, f"{kind}/{number}", public_text(key.public_key()), PLACE, [], "张三")
    began = time.process_time()
    rest = iter(contents)
    while several := list(islice(rest, BATCH)):
        receipt = recorder.record([Arrival(one, "benchmark") for one in several])
        assert not receipt.rejects, receipt.rejects[0]
    spent = time.process_time() - began
    database.close()
    return spent


if __name__ == "__main__":
    main()
