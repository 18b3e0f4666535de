"""What is in a released ledger? Something of each kind, as SQLite file, as backup, and as told."""

import gzip
import shutil
import sqlite3
from pathlib import Path

import orjson
from sqlalchemy import func, select

from ledger.audit.checkpoints import make_checkpoint
from ledger.backup import back_up
from ledger.clock import now_micros
from ledger.core.rulebook import national_ladder
from ledger.keys import public_pem, signer
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import batch
from ledger.volunteers.queries import summaries
from tests.builders import check_out, hold, record, redeem, register, report, shop_event, visit


def leave(home: Path) -> None:
    """Write ledger.db.gz, backup.zip, checkpoint.txt, key.pem and standings.json."""
    file = home / "ledger.db"
    database = Database(f"sqlite:///{file}")
    database.create()
    recorder = Recorder(database, national_ladder())
    for number in range(1, 8):
        record(recorder, visit(f"V{number}", f"2026-05-{number:02}", "08:00", f"{9 + number}:30"))
    record(recorder, [redeem("V7", "R1", "2"), hold("V6", "R2", "3", seconds=31_536_000)])
    record(recorder, [report("V5", "honour", "2026-06-01T08:00"), b"garbage"])
    record(recorder, [register("fund", "F1", name="基金", point_value="0.10")])
    record(recorder, [shop_event("fund.contributed", "F1", donor="镇政府", amount="100.00")])
    record(recorder, [check_out("V1", "2026-05-01T09:00")])
    key = signer(home / "key")
    (home / "checkpoint.txt").write_text(make_checkpoint(database, key, now_micros()).text + "\n")
    (home / "key.pem").write_text(public_pem(key.keys))
    (home / "key").unlink()
    back_up(database, home / "backup.zip", now_micros())
    (home / "standings.json").write_bytes(standings(recorder))
    database.close()
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA journal_mode = DELETE")
    connection.close()
    with file.open("rb") as plain, gzip.open(home / "ledger.db.gz", "wb") as packed:
        shutil.copyfileobj(plain, packed)
    file.unlink()


def standings(recorder: Recorder) -> bytes:
    """What `vledger dump` says of everybody, at the time of the last batch."""
    rules = recorder.rules
    with recorder.database.read() as connection:
        last = connection.execute(select(func.max(batch.c.recorded_at))).scalar_one()
        return orjson.dumps([one.to_json() for one in summaries(connection, rules, last)])
