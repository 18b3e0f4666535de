"""Does a backup bring back all that was recorded, elsewhere and as of any time, or refuse?"""

import json
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import insert, select, update

from ledger.access.granting import Giver
from ledger.access.passes import issue
from ledger.access.rights import EVERYWHERE, Scope
from ledger.audit.checking import Against
from ledger.audit.checkpoints import make_checkpoint
from ledger.backup import (
    Archive,
    BackupError,
    Origin,
    back_up,
    back_up_vault,
    note_restore,
    restore,
    restore_vault,
)
from ledger.backup.doors import DOORS
from ledger.backup.ledgers import HOLDS
from ledger.changes import Changes
from ledger.clock import now_micros, to_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder, parse
from ledger.errors import LedgerError
from ledger.identity import MasterKeys, Vault, read_rules
from ledger.keys import signer
from ledger.proposals import approve, propose
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.store.tables import (
    APPEND_ONLY,
    PROJECTIONS,
    consumer_offset,
    event,
    hour_record,
    outbox,
    seal,
    webhook,
)
from ledger.store.unit_of_work import Lane, Position
from ledger.verify import verify
from ledger.webhooks import make
from tests.builders import check_out, hold, record, redeem, visit
from tests.command import run
from tests.services import postgres_server

MINUTE = 60_000_000
START = to_micros(datetime.fromisoformat("2026-06-01T08:00:00+08:00"))
LANE = Lane.of("volunteer.attendance", 3)


class Clock:
    """A minute passes with each batch."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture(params=["from a file to Postgres", "from Postgres to a file"])
def houses(
    request: pytest.FixtureRequest, tmp_path: Path, postgres_url: str
) -> Iterator[tuple[Database, Database]]:
    file = f"sqlite:///{tmp_path / 'ledger.db'}"
    urls = (file, postgres_url) if "to Postgres" in request.param else (postgres_url, file)
    ours, theirs = (Database(url) for url in urls)
    ours.create()
    yield ours, theirs
    ours.close()
    theirs.close()


def batches() -> list[list[bytes]]:
    """Arrivals of a few minutes: visits, late marks, redemptions, holds, a broken line."""
    made = [visit(f"V{n}", f"2026-05-{n:02}", "08:00", "13:00") for n in range(1, 6)]
    made.append([redeem("V1", "R1", "2"), hold("V2", "R2", "3", seconds=86_400)])
    made.append([b"garbage \xff\x00", check_out("V1", "2026-05-01T09:00")])
    made.append([redeem("V3", "R3", "1"), *visit("V3", "2026-05-02", "08:00", "10:00", "A\\t")])
    return made


def fill(database: Database, clock: Clock) -> Recorder:
    recorder = Recorder(database, national_ladder(), clock)
    recorder.begin()
    with database.write() as connection:
        connection.execute(insert(consumer_offset).values(topic=LANE.name[:-2], partition=3,
                                                          next_offset=0, epoch=1))  # fmt: skip
    for number, arrivals in enumerate(batches(), 1):
        clock.now += MINUTE
        position = Position("volunteer.attendance", 3, number * 10, 1)
        recorder.record([Arrival(one, "test") for one in arrivals], LANE, [position])
    return recorder


def rows(database: Database, *tables: Any) -> dict[str, list[tuple[Any, ...]]]:
    with database.read() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(select(table).order_by(*table.primary_key)).all()
            ]
            for table in tables
        }


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    return rows(database, *APPEND_ONLY, *PROJECTIONS, consumer_offset, outbox)


def quietly(_events: int) -> None:
    pass


def test_a_ledger_moves_into_another_house_and_goes_on(
    houses: tuple[Database, Database], tmp_path: Path
) -> None:
    ours, theirs = houses
    recorder = fill(ours, Clock())
    key = signer(tmp_path / "key")
    published = make_checkpoint(ours, key, now_micros())
    made = back_up(ours, tmp_path / "backup.zip", now_micros())
    assert made.rows["event"] > 10 < made.rows["batch"] + 5
    restored = restore(tmp_path / "backup.zip", theirs, None, quietly)
    assert restored.contents == made
    assert everything(theirs) == everything(ours)
    assert verify(theirs, quietly, Against(key.keys, (published.text,), deep=True))[1] == []

    again = Recorder(theirs, national_ladder(), lambda: recorder.now() + MINUTE)
    sent = [one for arrivals in batches()[:2] for one in arrivals]
    record(again, [*sent, *visit("V9", "2026-05-20", "08:00", "10:00")])
    assert verify(theirs, quietly)[1] == []


def test_the_past_is_what_was_recorded_by_then(
    houses: tuple[Database, Database], tmp_path: Path
) -> None:
    """Beside a ledger that stopped at that time."""
    ours, theirs = houses
    clock = Clock()
    fill(ours, clock)
    make_checkpoint(ours, signer(tmp_path / "key"), now_micros())
    back_up(ours, tmp_path / "backup.zip", now_micros())
    until = START + 6 * MINUTE + 1
    restore(tmp_path / "backup.zip", theirs, until, quietly)
    last = 7 << 20  # the policy, and six batches; batches are numbered from 1
    whole = rows(ours, *APPEND_ONLY)
    found = rows(theirs, *APPEND_ONLY)
    with theirs.read() as connection:
        assert len(connection.execute(select(seal)).all()) == 7
        assert connection.execute(select(consumer_offset)).all() == []
        waiting = connection.execute(select(outbox.c.batch).order_by(outbox.c.batch)).scalars()
        assert list(waiting) == list(range(1, 8))  # nobody has published them
        assert connection.execute(select(event.c.seq)).scalars().all()
    for name in ("event", "hour_record", "points_entry", "redemption", "level_change", "posting"):
        assert found[name] == [row for row in whole[name] if row[0] < last + (1 << 20)], name
    assert found["checkpoint"] == []  # the one there was speaks of what came later
    assert verify(theirs, quietly)[1] == []


def test_links_open_and_proposals_wait_as_they_did(
    houses: tuple[Database, Database], tmp_path: Path
) -> None:
    ours, theirs = houses
    clock = Clock()
    recorder = fill(ours, clock)
    until = clock.now
    draft = parse(national_ladder().text, "draft.yaml")
    proposal = propose(recorder, draft, date(2027, 1, 1), "张三")
    everywhere, by = Scope("place", EVERYWHERE), Giver("张三")
    issue(recorder, "till", Scope("merchant", "M01"), by, name="惠民超市", days=90)
    changes = Changes(recorder, Settings(key=tmp_path / "key"))
    make(recorder, changes, "https://example.org/told", [], "张三")
    before = rows(ours, *DOORS)
    clock.now += MINUTE
    record(recorder, visit("V7", "2026-05-05", "08:00", "10:00"))
    with ours.write() as connection:
        connection.execute(update(webhook).values(position=webhook.c.position + 1))
    issue(recorder, "officer", everywhere, by, name="来晚了", days=90)
    approve(recorder, proposal.id, "李四")
    back_up(ours, tmp_path / "backup.zip", now_micros())
    restore(tmp_path / "backup.zip", theirs, until, quietly)
    assert rows(theirs, *DOORS) == before


def test_ids_that_were_lost_are_not_given_out_again(
    houses: tuple[Database, Database], tmp_path: Path
) -> None:
    ours, theirs = houses
    recorder = fill(ours, Clock())
    back_up(ours, tmp_path / "backup.zip", now_micros())
    record(recorder, visit("V8", "2026-05-05", "08:00", "10:00"))  # published, and lost
    given_out = {row[0] for row in rows(ours, hour_record)["hour_record"]}
    restore(tmp_path / "backup.zip", theirs, None, quietly, now_micros())
    came_back = {row[0] for row in rows(theirs, hour_record)["hour_record"]}
    again = Recorder(theirs, national_ladder(), lambda: recorder.now() + MINUTE)
    record(again, visit("V9", "2026-05-05", "08:00", "10:00"))
    new = {row[0] for row in rows(theirs, hour_record)["hour_record"]} - came_back
    assert came_back < given_out
    assert new
    assert not new & given_out
    *_, [said] = [row[-1:] for row in rows(theirs, event)["event"] if row[1] == "ledger"]
    last = json.loads(said)["data"]["last_batch"]
    assert max(came_back) < (last + 1) << 20 <= min(given_out - came_back)
    assert verify(theirs, quietly)[1] == []


def test_others_record_while_a_backup_is_made(
    houses: tuple[Database, Database], tmp_path: Path
) -> None:
    ours, theirs = houses
    recorder = fill(ours, Clock())
    stopped = threading.Event()

    def work() -> None:
        number = 0
        while not stopped.is_set() and number < 300:
            number += 1
            record(recorder, visit(f"W{number}", "2026-05-03", "08:00", "10:00"))

    writer = threading.Thread(target=work)
    writer.start()
    try:
        back_up(ours, tmp_path / "backup.zip", now_micros())
    finally:
        stopped.set()
        writer.join()
    restore(tmp_path / "backup.zip", theirs, None, quietly)
    assert verify(theirs, quietly)[1] == []
    (few,), (all_) = rows(theirs, event).values(), rows(ours, event)["event"]
    assert few == all_[: len(few)]


def test_a_damaged_file_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    ours = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    ours.create()
    fill(ours, Clock())
    file, bad = tmp_path / "backup.zip", tmp_path / "bad.zip"
    made = back_up(ours, file, now_micros())
    whole = file.read_bytes()
    target = Database(f"sqlite:///{tmp_path / 'other.db'}")
    for size in (0, 1, 1000, len(whole) // 2, len(whole) - 1):
        bad.write_bytes(whole[:size])
        with pytest.raises(BackupError, match="is no backup, or was cut off or changed"):
            restore(bad, target, None, quietly)
    for place in range(0, len(whole), max(1, len(whole) // 300)):
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            with Archive(bad) as archive:
                assert archive.check(HOLDS) == made  # a date in the zip, which nobody reads
        except BackupError:
            pass
    assert not (tmp_path / "other.db").exists()
    ours.close()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    ours = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    ours.create()
    fill(ours, Clock())
    back_up(ours, tmp_path / "backup.zip", now_micros())
    with pytest.raises(BackupError, match="exists already"):
        back_up(ours, tmp_path / "backup.zip", now_micros())
    with pytest.raises(LedgerError, match="is not empty"):
        restore(tmp_path / "backup.zip", ours, None, quietly)
    with pytest.raises(BackupError, match="can't write"):
        back_up(ours, tmp_path / "nowhere" / "backup.zip", now_micros())
    ours.close()


def test_a_restore_that_was_cut_off_opens_for_nobody(
    houses: tuple[Database, Database], tmp_path: Path
) -> None:
    ours, theirs = houses
    fill(ours, Clock())
    back_up(ours, tmp_path / "backup.zip", now_micros())

    def cut_off(_events: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "backup.zip", theirs, None, cut_off)
    for opens in (theirs.check, theirs.create):
        with pytest.raises(LedgerError, match="was cut off: drop it"):
            opens()
    with pytest.raises(LedgerError, match="is not empty"):
        restore(tmp_path / "backup.zip", theirs, None, quietly)


def test_who_was_erased_stays_erased(tmp_path: Path) -> None:
    def vault(name: str) -> Vault:
        return Vault(f"sqlite:///{tmp_path / name}", MasterKeys(tmp_path / "key"), read_rules())

    ours, theirs = vault("a.db"), vault("b.db")
    ours.create()
    for ident, name in (("V1", "张三"), ("V2", "李四")):
        who = {"name": name, "birth_date": "1990-01-01"}
        ours.put(ident, who, purposes=["record"], given_by="self", by="王五")
    back_up_vault(ours.database, tmp_path / "vault.zip", now_micros())
    assert "张三".encode() not in (tmp_path / "vault.zip").read_bytes()
    ours.erase("V1", "王五", "asked for it")
    back_up_vault(ours.database, tmp_path / "later.zip", now_micros())
    with pytest.raises(BackupError, match="list of the erased is older"):
        restore_vault(tmp_path / "later.zip", theirs, [])
    lost = Vault(theirs.database.url, MasterKeys(tmp_path / "another"), read_rules())
    MasterKeys(tmp_path / "another").make()
    with pytest.raises(LedgerError, match="has not the master key"):
        restore_vault(tmp_path / "vault.zip", lost, ours.erased())
    made = restore_vault(tmp_path / "vault.zip", theirs, ours.erased())
    assert (made.people, made.erased) == (1, 1)
    assert theirs.erased() == ours.erased()
    assert [one.volunteer for one in theirs.kept()] == ["V2"]
    assert theirs.reveal("V2", "王五", "check").name == "李四"
    with pytest.raises(BackupError, match="not empty"):
        restore_vault(tmp_path / "vault.zip", theirs, [])
    with pytest.raises(BackupError, match="holds a vault, not a ledger"):
        restore(tmp_path / "vault.zip", Database("sqlite://"), None, quietly)
    for one in (ours, theirs):
        one.close()


def test_postgres_goes_back_to_a_time_by_its_own_means(tmp_path: Path) -> None:
    """pg_basebackup and archived WAL: docs/backup.md."""
    archive = Path("/tmp") / f"vledger-archive-{os.getpid()}"
    archive.mkdir()
    archive.chmod(0o777)
    keeping = {"archive_mode": "on", "archive_command": f"cp %p {archive}/%f"}
    try:
        with postgres_server(tmp_path, keeping) as server:
            database = Database(server.create_database("ledger"))
            database.create()
            recorder = fill(database, Clock())
            base = server.base_backup()
            record(recorder, visit("V7", "2026-05-04", "08:00", "10:00"))
            then = everything(database)
            url = database.url.replace("+psycopg", "")
            with psycopg.connect(url, autocommit=True) as connection:
                [until] = connection.execute("SELECT clock_timestamp()::text").fetchone() or ("",)
                record(recorder, visit("V8", "2026-05-05", "08:00", "10:00"))
                connection.execute("SELECT pg_switch_wal()")
            database.close()
            server.recover(base, archive, until)
            assert everything(database) == then
            note_restore(database, Origin(note="to a time between"), now_micros())
            assert verify(database, quietly)[1] == []
            record(recorder, visit("V8", "2026-05-05", "08:00", "10:00"))
            database.close()
    finally:
        shutil.rmtree(archive)


def test_the_commands(tmp_path: Path) -> None:
    def vledger(*words: str, code: int = 0) -> str:
        done = run(tmp_path, words)
        assert done.returncode == code, done.stderr.decode()
        return (done.stdout + done.stderr).decode()

    (tmp_path / "events").write_bytes(b"\n".join(visit("V1", "2026-05-01", "08:00", "12:00")))
    vledger("init")
    vledger("ingest", "events")
    assert "3 events of 2 batches" in vledger("backup", "b.zip")
    assert "exists already" in vledger("backup", "b.zip", code=2)
    assert "all that is promised holds" in vledger("restore", "b.zip", "--db", "sqlite:///c.db")
    assert vledger("dump", "--json") == vledger("dump", "--json", "--db", "sqlite:///c.db")
    assert "not given out again" in vledger("note-restore", "--note", "x", "--db", "sqlite:///c.db")
    early = ("restore", "b.zip", "--db", "sqlite:///d.db", "--until", "2020-01-01")
    assert "0 events of 0 batches" in vledger(*early)
    assert "is not a time" in vledger("restore", "b.zip", "--until", "yesterday", code=2)
    assert "there is no backup" in vledger("restore", "none.zip", code=2)
