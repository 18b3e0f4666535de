"""Do archives hold what the ledger holds, as an analyst's program reads them; is damage found?"""

import fcntl
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from sqlalchemy import case, func, select

from ledger.archive import ArchiveError, Manifest, Month, check_archive
from ledger.archive.writing import Written, archive_month
from ledger.audit.checkpoints import make_checkpoint
from ledger.clock import CHINA, to_micros
from ledger.core.entries import BATCH_SPAN
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.statistics.overview import overview
from ledger.store.database import Database
from ledger.store.tables import APPEND_ONLY, batch, points_entry, seal
from tests.builders import check_in, check_out, redeem, register, visit
from tests.command import run

MAY, JUNE = (Month.named(name, CHINA) for name in ("2026-05", "2026-06"))


def micros(text: str) -> int:
    return to_micros(datetime.fromisoformat(f"{text}+08:00"))


EXAMPLES = re.findall(
    r"```sql\n(.*?)```", (Path(__file__).parent.parent / "docs" / "archive.md").read_text(), re.S
)

JULY = micros("2026-07-01T09:00:00")

CLOCK = (
    "2026-05-02T12:00:00",
    "2026-05-31T23:59:59",
    "2026-06-01T00:00:00",  # one worker's clock is ahead of the next one's
    "2026-05-31T23:59:59.999999",
    "2026-06-30T23:00:00",
)


def season() -> list[bytes]:
    """Days of eleven hours: up to star 2, at three places; redemptions, late marks, garbage."""
    made = []
    for volunteer in range(12):
        for day in range(1, volunteer * 2 + 4):
            where = {"place": f"P{day % 3}"}
            name, at = f"V{volunteer}", f"2026-{1 + day % 2:02}-{1 + day % 28:02}"
            made.append(check_in(name, f"{at}T08:00", **where))
            made.append(check_out(name, f"{at}T19:00", **where))
        made.append(redeem(name, f"R{volunteer}", "3", time="2026-04-01T10:00"))
    made += [b"garbage \xff\x00", register("volunteer", "V1", name="一\t二")]
    late = check_out("V3", "2026-01-03T12:00")  # what the visit gave is taken back
    made.insert(len(made) * 7 // 10, late)
    return made


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    """A season, recorded about the turn of a month."""
    times = list(map(micros, CLOCK))
    recorder = Recorder(database, national_ladder(), lambda: times[0])
    arrivals = [Arrival(one, "test") for one in season()]
    step = len(arrivals) // len(CLOCK) + 1
    for start in range(0, len(arrivals), step):
        recorder.record(arrivals[start : start + step])
        if len(times) > 1:
            del times[0]
    yield recorder


def archived(recorder: Recorder, to: Path, *months: Month) -> list[Written]:
    return [archive_month(recorder.database, month, to, JULY) for month in months]


def asked(archive: Path, sql: str) -> list[tuple[Any, ...]]:
    """DuckDB's answer; `{table}` stands for all months of a table, /archive for the folder."""
    sql = sql.replace("/archive", str(archive))
    for table in APPEND_ONLY:
        files = f"read_parquet('{archive}/month=*/{table.name}.parquet', hive_partitioning = true)"
        sql = sql.replace(f"{{{table.name}}}", files)
    with duckdb.connect() as connection:
        return connection.execute(sql).fetchall()


def test_duckdb_reads_the_very_rows_and_comes_to_the_same_sums(
    recorder: Recorder, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    made = archived(recorder, archive, MAY, JUNE)
    with recorder.database.read() as connection:
        for table in APPEND_ONLY:
            key = ", ".join(column.name for column in table.primary_key)
            kept = connection.execute(select(table).order_by(*table.primary_key)).all()
            rows = asked(archive, f"SELECT * EXCLUDE month FROM {{{table.name}}} ORDER BY {key}")
            assert rows == [tuple(row) for row in kept], table.name
        in_may = connection.execute(
            select(func.count()).where(batch.c.recorded_at < JUNE.micros[0])
        ).scalar_one()
        picture = overview(connection, "POINTS")
        entry = points_entry.c
        taken_back = case((entry.reverses.is_not(None), entry.amount))
        points = connection.execute(
            select(func.sum(entry.amount), func.sum(taken_back))
            .join(batch, batch.c.id == entry.id // BATCH_SPAN)
            .where(batch.c.recorded_at < JUNE.micros[0])
        ).one()
    assert (made[0].manifest.batches, in_may) == (in_may, 4)

    by_place, by_star, posted = (asked(archive, sql) for sql in EXAMPLES)
    found: dict[str, list[float]] = defaultdict(lambda: [0, 0])
    for place, _month, time, visits in by_place:
        found[place][0] += time * 3600
        found[place][1] += visits
    assert {place: (round(time), visits) for place, (time, visits) in found.items()} == {
        one.place: (one.seconds, one.visits) for one in picture.hours
    }
    assert {month for _, month, *_ in by_place} == {"2026-01", "2026-02"}
    assert by_star == [tuple(one) for one in picture.stars if one.star] != []
    assert posted == [("POINTS", *(int(amount) for amount in points))]
    assert asked(archive, "SELECT count(DISTINCT month) FROM {event}") == [(2,)]
    assert asked(archive, "SELECT sum(amount) FROM {posting}") == [(0,)]


def test_a_month_is_written_once_and_its_manifest_says_what_covers_it(
    recorder: Recorder, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    left = archive / ".month=2026-05.part"
    left.mkdir(parents=True)
    (left / "event.parquet").write_bytes(b"of one that was cut off")
    key = signer(tmp_path / "key")
    note = make_checkpoint(recorder.database, key, recorder.now())
    [first] = archived(recorder, archive, MAY)
    before = {one.name: one.read_bytes() for one in (archive / "month=2026-05").iterdir()}
    [again] = archived(recorder, archive, MAY)

    assert first.anew
    assert not again.anew
    assert again.manifest == first.manifest == Manifest.read(archive / "month=2026-05")
    assert {one.name: one.read_bytes() for one in (archive / "month=2026-05").iterdir()} == before
    assert [one.name for one in archive.iterdir()] == ["month=2026-05"]
    assert first.manifest.checkpoint is not None
    assert first.manifest.checkpoint.note == note.text
    sealed = first.manifest.seals
    assert sealed is not None
    assert sealed.count == first.manifest.batches
    with recorder.database.read() as connection:
        numbers = connection.execute(select(func.min(seal.c.number))).scalar_one()
    assert sealed.first == numbers
    assert [one.faults for one in check_archive(archive)] == [[]]

    recorder.record([Arrival(one, "late") for one in visit("V1", "2026-05-01", "08:00", "09:00")])
    with recorder.database.write() as connection:  # by a worker whose clock is behind
        connection.exec_driver_sql("INSERT INTO batch VALUES (1000, ?, 'x', 's')".replace(
            "?", str(micros("2026-05-03T00:00:00"))))  # fmt: skip
    with pytest.raises(ArchiveError, match="has 4 batches of the month, the ledger 5"):
        archived(recorder, archive, MAY)


def test_only_a_month_that_is_over_is_archived(recorder: Recorder, tmp_path: Path) -> None:
    ends = micros("2026-07-01T00:00:00")
    hour = 3_600_000_000
    with pytest.raises(LedgerError, match=r"from 2026-07-01T01:00:00\+08:00 on"):
        archive_month(recorder.database, JUNE, tmp_path / "a", ends + hour - 1)
    assert archive_month(recorder.database, JUNE, tmp_path / "a", ends + hour).anew
    for wrong in ("2026-13", "2026-5", "1969-12", "2026-05-01", "二〇二六"):
        with pytest.raises(LedgerError, match="write it as 2026-05"):
            Month.named(wrong, CHINA)


def test_two_do_not_write_into_one_folder(recorder: Recorder, tmp_path: Path) -> None:
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(ArchiveError, match="another command"):
        archived(recorder, tmp_path, MAY)
    os.close(held)
    (tmp_path / "file").touch()
    with pytest.raises(ArchiveError, match="can't write"):
        archived(recorder, tmp_path / "file", MAY)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_what_the_database_refuses_is_told_and_nothing_is_left(
    recorder: Recorder, tmp_path: Path
) -> None:
    login = f"office_{os.getpid()}"
    with recorder.database.write() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {login} LOGIN")
        connection.exec_driver_sql(f"GRANT SELECT ON batch, seal, checkpoint TO {login}")
        connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {login}")
    office = Database(recorder.database.url.replace("postgres@", f"{login}@"), read_only=True)
    with pytest.raises(ArchiveError, match=r"the database refused: .*permission denied"):
        archive_month(recorder.database, MAY, tmp_path / "archive", JULY, office)
    office.close()
    assert list((tmp_path / "archive").iterdir()) == []


def test_large_tables_go_out_a_part_at_a_time(
    recorder: Recorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.archive.columns.ROWS", 20)
    monkeypatch.setattr("ledger.archive.columns.OCTETS", 1_000)
    monkeypatch.setattr("ledger.archive.writing.GROUP_ROWS", 60)
    [made] = archived(recorder, tmp_path, MAY)
    file = pq.ParquetFile(tmp_path / "month=2026-05" / "posting.parquet")
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    assert sum(groups) == made.manifest.rows["posting"]
    assert len(groups) > 3
    assert max(groups) < 150


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_command_writes_and_checks(recorder: Recorder, tmp_path: Path) -> None:
    def vledger(*words: str) -> tuple[object, Any, str]:
        url = recorder.database.url
        done = run(tmp_path, ["--db", url, "archive", *words, "--json"])
        return done.returncode, json.loads(done.stdout or "null"), done.stderr.decode()

    code, made, _ = vledger("--month", "2026-05", "--to", "out")
    assert (code, made["anew"], made["batches"]) == (0, True, 4)
    assert made["rows"]["event"] == made["files"]["event.parquet"]["rows"] > 100
    code, checked, _ = vledger("--check", "out")
    assert (code, checked["ok"]) == (0, True)

    month = tmp_path / "out" / "month=2026-05"
    changed = bytearray((month / "posting.parquet").read_bytes())
    changed[len(changed) // 2] ^= 1
    (month / "posting.parquet").write_bytes(changed)
    (month / "event.parquet").unlink()
    (month / "stranger.parquet").touch()
    (tmp_path / "out" / "month=2026-04").mkdir()
    code, checked, said = vledger("--check", "out")
    assert (code, checked["ok"]) == (1, False)
    for fault in ("posting.parquet is not as", "can't read out/month=2026-05/event.parquet",
                  "stranger.parquet does not belong", "month=2026-04/manifest.json"):  # fmt: skip
        assert fault in " ".join(f for one in checked["months"] for f in one["faults"]), said
    code, _, said = vledger("--month", "2026-05", "--to", "out")
    assert code == 2
    assert "and archive the month again" in said
    assert vledger("--check", "nowhere")[0] == vledger("--month", "2026-05")[0] == 2
