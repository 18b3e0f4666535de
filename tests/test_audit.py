"""Is whatever was changed afterwards found and named, even by whoever owns the database?"""

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import (
    Connection,
    Executable,
    LargeBinary,
    Text,
    delete,
    insert,
    select,
    text,
    update,
)
from typer.testing import CliRunner

from ledger.audit import checking, tree
from ledger.audit.canonical import COVERED, texts
from ledger.audit.checking import ITSELF, Against, audit
from ledger.audit.checkpoints import make_checkpoint, make_due_checkpoint
from ledger.audit.proofs import Proof, ProofError
from ledger.audit.proving import prove
from ledger.audit.sealing import make_seal, rows_by_batch, seal_batches
from ledger.cli import app
from ledger.clock import now_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.keys import public_pem, signer
from ledger.recording.recorder import Recorder
from ledger.recording.rejects import list_rejects, replay_rejects
from ledger.recording.replay import copy_the_rest, rebuild
from ledger.signing import Signer
from ledger.store.database import Database
from ledger.store.tables import batch, checkpoint, event, hour_record, points_entry, reject, seal
from ledger.store.unit_of_work import Lane, UnitOfWork
from ledger.verify import verify
from tests.builders import check_out, record, redeem, report, shop_event, visit

# The tree ----------------------------------------------------------------------------------------


def naive_root(texts_: list[bytes]) -> bytes:
    """As RFC 6962 writes it: split at the largest power of two below the size."""
    if len(texts_) < 2:
        return tree.leaf_hash(texts_[0]) if texts_ else tree.EMPTY
    split = 1 << (len(texts_) - 1).bit_length() - 1
    return tree.node_hash(naive_root(texts_[:split]), naive_root(texts_[split:]))


LEAVES = st.lists(st.binary(max_size=3), max_size=40)


@given(LEAVES)
def test_a_root_is_what_the_standard_says_however_the_tree_grew(leaves: list[bytes]) -> None:
    hashes = [tree.leaf_hash(one) for one in leaves]
    edge = tree.Frontier()
    for at, one in enumerate(hashes):
        assert edge.root() == naive_root(leaves[:at])
        edge = tree.Frontier(edge.size, edge.peaks)  # as it is kept in a checkpoint
        edge.add(one)
    assert tree.root(hashes) == edge.root() == naive_root(leaves)


@given(LEAVES.filter(bool), st.data())
def test_a_path_leads_to_the_root_from_its_own_leaf_alone(
    leaves: list[bytes], data: st.DataObject
) -> None:
    hashes = [tree.leaf_hash(one) for one in leaves]
    index = data.draw(st.integers(0, len(leaves) - 1))
    steps = tree.path(hashes, index)
    root = naive_root(leaves)
    assert tree.root_by_path(hashes[index], index, len(leaves), steps) == root
    other = data.draw(st.integers(0, len(leaves) + 2))
    if other != index and other < len(leaves) and hashes[other] != hashes[index]:
        assert tree.root_by_path(hashes[other], index, len(leaves), steps) != root
        assert tree.root_by_path(hashes[index], other, len(leaves), steps) != root
    assert tree.root_by_path(hashes[index], index, len(leaves), [*steps, root]) is None
    if steps:
        assert tree.root_by_path(hashes[index], index, len(leaves), steps[:-1]) != root
        turned = [*steps[:-1], bytes(octet ^ 1 for octet in steps[-1])]
        assert tree.root_by_path(hashes[index], index, len(leaves), turned) != root


# A ledger with a row in every table --------------------------------------------------------------


@pytest.fixture
def key(tmp_path: Path) -> Signer:
    return signer(tmp_path / "ledger.key")


def fill(database: Database) -> Recorder:
    """Several batches that leave rows in every append-only table."""
    recorder = Recorder(database, national_ladder())
    good = visit("V1", "2026-05-01", "08:00", "13:00")
    record(recorder, [*good, *visit("V2", "2026-05-01", "08:00", "11:00", "A\\t义诊")])
    record(recorder, [shop_event("fund.contributed", "F1", donor="镇\\政府", amount="100.00")])
    record(recorder, [b"garbage\t\\", redeem("V1", "R1", "2")])
    record(recorder, [*visit("V3", "2026-01-01", "08:00", "10:00")])
    long = [visit("V4", f"2026-01-{day:02}", "00:00", "23:00", f"A{day}") for day in range(1, 8)]
    record(recorder, [one for both in long for one in both])
    record(recorder, [report("V4", "honour", "2026-02-01T08:00")])
    with database.read() as connection:
        [kept] = [one for one in list_rejects(connection) if b"garbage" in one.content]
    replay_rejects(recorder, [kept], good[0])  # a duplicate: the batch has nothing but that
    record(recorder, [check_out("V1", "2026-05-01T09:00")])  # late: reversals
    return recorder


def broken(database: Database, against: Against = ITSELF) -> list[str]:
    """What the audit finds, which is a part of verify."""
    with database.read() as connection:
        return [one for _, found in audit(database, connection, against) for one in found]


def as_superuser(connection: Connection, table: str, *changes: Executable) -> None:
    """Change the ledger as its database's owner can: with the triggers off, and on again after."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        _execute(connection, changes)
        connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))
        return
    triggers = connection.execute(
        text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"),
        {"table": table},
    ).all()
    for name, _ in triggers:
        connection.execute(text(f"DROP TRIGGER {name}"))
    _execute(connection, changes)
    for _, sql in triggers:
        connection.execute(text(sql))


def _execute(connection: Connection, changes: tuple[Executable, ...]) -> None:
    for change in changes:
        connection.execute(change)


def test_every_table_has_rows(database: Database) -> None:
    fill(database)
    with database.read() as connection:
        for covered in COVERED:
            assert texts(connection, covered, None, 1000), covered.name


@pytest.mark.parametrize("deed", ["changed", "removed", "inserted"])
def test_a_superuser_can_touch_no_row_that_verify_does_not_name(
    database: Database, deed: str
) -> None:
    fill(database)
    seal_batches(database)
    assert broken(database) == []
    for covered in COVERED:
        table = covered.table
        with database.read() as connection:
            row = connection.execute(select(table).order_by(*table.primary_key).limit(1)).one()
        matches = [part == getattr(row, part.name) for part in table.primary_key]
        values = dict(row._mapping)
        other = dict(values)
        statement: Executable
        back: Executable
        if deed == "inserted":
            away = -9 if table is batch else 9  # within what is sealed
            for part in table.primary_key:
                text_ = isinstance(part.type, Text)
                other[part.name] = "forged" if text_ else values[part.name] + away
            other |= {part.name: None for part in table.columns if part.name == "reverses"}
            other |= {"id": "forged"} if covered.name in ("event", "reject") else {}
            other |= {"step": "forged"} if covered.name == "redemption" else {}
            statement = insert(table).values(other)
        elif deed == "removed":
            statement = delete(table).where(*matches)
        else:
            last = list(table.columns)[-1]
            if isinstance(last.type, LargeBinary):
                other[last.name] = b"forged"
            elif isinstance(last.type, Text):
                other[last.name] = "forged"
            else:
                other[last.name] = (values[last.name] or 0) + 1
            statement = update(table).where(*matches).values(other)
        key_ = tuple(str(other[part.name]) for part in table.primary_key)
        with database.write() as connection:
            as_superuser(connection, covered.name, statement)
        found = broken(database)
        assert any(one.startswith(f"{covered.named(key_)} ") for one in found), (
            covered.name,
            found,
        )
        with database.write() as connection:
            back = {
                "changed": update(table).where(*matches).values(values),
                "removed": insert(table).values(values),
                "inserted": delete(table).where(
                    *(part == other[part.name] for part in table.primary_key)
                ),
            }[deed]
            as_superuser(connection, covered.name, back)
        assert broken(database) == [], covered.name


def test_any_text_is_written_alike_on_both_databases(postgres_url: str, tmp_path: Path) -> None:
    ugly = ["\\N", "", " ", "a\tb\nc\rd\be\vf\fg\\", "\\t", "\x01\x7f\x1b", "义诊😀", "'\"{},()"]
    found = []
    for url in (f"sqlite:///{tmp_path / 'ledger.db'}", postgres_url):
        database = Database(url)
        database.create()
        with database.write() as connection:
            for number, one in enumerate(ugly):
                values = (number, f"{number}", one, one, one, one.encode() + b"\xff\x00")
                connection.execute(insert(reject).values(values))
            [covered] = [one for one in COVERED if one.table is reject]
            found.append(texts(connection, covered, 0, 1))
        database.close()
    assert found[0] == found[1]
    assert found[0].count(b"\n") == len(ugly)


def test_exactly_the_touched_rows_are_named(database: Database) -> None:
    fill(database)
    seal_batches(database)
    with database.write() as connection:
        ids = list(
            connection.execute(select(hour_record.c.id).order_by(hour_record.c.id)).scalars()
        )
        batch_row = connection.execute(select(batch).order_by(batch.c.id.desc()).limit(1)).one()
        forge = update(batch).where(batch.c.id == batch_row.id).values(salt="other")
        as_superuser(connection, "batch", forge)
        gone = delete(hour_record).where(hour_record.c.id == ids[1])
        less = update(hour_record).where(hour_record.c.id == ids[0]).values(seconds=1)
        as_superuser(connection, "hour_record", gone, less)
    _, findings = verify(database)
    named = {one.detail for one in findings if one.check == checking.SEALED}
    assert (
        sorted(named)
        == sorted(broken(database))
        == [
            f"batch id={batch_row.id} was changed (batch {batch_row.id})",
            f"hour_record id={ids[0]} was changed (batch {ids[0] >> 20})",
            f"hour_record id={ids[1]} was removed (batch {ids[1] >> 20})",
        ]
    )


def test_a_large_ledger_is_checked_in_processes_with_the_same_result(
    postgres_url: str, key: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(postgres_url)
    database.create()
    fill(database)
    made = make_checkpoint(database, key, now_micros())
    monkeypatch.setattr(checking, "LARGE", 0)
    assert broken(database, Against(key.keys, (made.text,), deep=True)) == []
    with database.write() as connection:
        gone = delete(event).where(event.c.subject == "V4")
        as_superuser(connection, "event", gone)
    found = broken(database)
    assert len(found) == 15
    monkeypatch.setattr(checking, "LARGE", 1000)
    assert broken(database) == found
    database.close()


def test_a_file_can_not_hide_a_change_in_another_type(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    fill(database)
    seal_batches(database)
    with database.write() as connection:  # no query for V1 finds the octets, which look like it
        forge = text("UPDATE hour_record SET volunteer = CAST('V1' AS BLOB) WHERE volunteer = 'V1'")
        as_superuser(connection, "hour_record", forge)
    assert broken(database)
    database.close()


def test_a_batch_that_was_never_recorded_is_found(database: Database) -> None:
    fill(database)
    seal_batches(database)
    with database.write() as connection:
        last = connection.execute(select(batch.c.id).order_by(batch.c.id.desc())).scalars().first()
        assert last is not None
        row = connection.execute(select(points_entry).limit(1)).one()
        for ident in (-5, (last + 3) << 20):
            connection.execute(insert(points_entry).values({**row._mapping, "id": ident}))
    assert {one.partition(" was ")[0].partition(" is ")[0] for one in broken(database)} == {
        "points_entry id=-5",
        f"points_entry id={(last + 3) << 20}",
    }


# Checkpoints -------------------------------------------------------------------------------------


def rewrite_all(connection: Connection) -> None:
    """Change a row, and remake the seals from then on, as one who knows this program would."""
    row = connection.execute(select(hour_record).order_by(hour_record.c.id).limit(1)).one()
    change = update(hour_record).where(hour_record.c.id == row.id).values(seconds=row.seconds + 1)
    as_superuser(connection, "hour_record", change)
    for number, ident in connection.execute(select(seal.c.number, seal.c.batch)).all():
        made = make_seal(number, ident, rows_by_batch(connection, ident, ident + 1)[ident])
        again = update(seal).where(seal.c.number == number).values(made._asdict())
        as_superuser(connection, "seal", again)


def test_who_rewrites_the_seals_too_is_found_by_the_signed_checkpoints(
    database: Database, key: Signer
) -> None:
    recorder = fill(database)
    first = make_checkpoint(database, key, now_micros())
    record(recorder, visit("V5", "2026-05-01", "08:00", "13:00"))
    second = make_checkpoint(database, key, now_micros())
    published = Against(key.keys, (first.text, second.text), deep=True)
    assert broken(database, published) == []
    with database.write() as connection:
        rewrite_all(connection)
    assert [one for one in broken(database, published) if "checkpoint number=0" in one]
    with database.write() as connection:  # and removes what says so
        as_superuser(connection, "checkpoint", delete(checkpoint))
    assert broken(database) == []
    found = broken(database, published)
    assert len([one for one in found if "was rewritten" in one]) == 1
    assert first.note.time.isoformat() in " ".join(found)


def test_who_removes_the_newest_of_everything_is_found(database: Database, key: Signer) -> None:
    fill(database)
    made = make_checkpoint(database, key, now_micros())
    with database.write() as connection:
        last = connection.execute(select(seal).order_by(seal.c.number.desc()).limit(1)).one()
        for covered in COVERED:
            column = covered.table.columns[covered.place]
            rest = delete(covered.table).where(column >= last.batch * covered.span)
            as_superuser(connection, covered.name, rest)
        gone = delete(seal).where(seal.c.number == last.number)
        as_superuser(connection, "seal", gone)
        as_superuser(connection, "checkpoint", delete(checkpoint))
    assert broken(database) == []
    [found] = broken(database, Against(key.keys, (made.text,)))
    assert f"only {last.number} are left" in found


def test_a_checkpoint_of_another_key_counts_for_nothing(
    database: Database, key: Signer, tmp_path: Path
) -> None:
    fill(database)
    other = signer(tmp_path / "other.key")
    forged = make_checkpoint(database, other, now_micros())
    assert len(broken(database, Against(key.keys, (forged.text,)))) == 2
    with pytest.raises(LedgerError, match="signed with another key"):
        make_checkpoint(database, key, now_micros())


def test_a_changed_checkpoint_is_found_and_nothing_is_signed_on_top(
    database: Database, key: Signer
) -> None:
    fill(database)
    make_checkpoint(database, key, now_micros())
    make_checkpoint(database, key, now_micros())
    assert broken(database, Against(key.keys)) == []
    with database.write() as connection:
        forge = update(checkpoint).where(checkpoint.c.number == 1).values(peaks=b"\0" * 32, size=1)
        as_superuser(connection, "checkpoint", forge)
    assert all("checkpoint number=1" in one for one in broken(database, Against(key.keys)))
    with pytest.raises(LedgerError, match="checkpoint 1 in the ledger was changed"):
        make_checkpoint(database, key, now_micros())


def test_a_checkpoint_is_due_when_there_is_something_new_and_the_last_is_old(
    database: Database, key: Signer
) -> None:
    def due(after: int) -> bool:
        return make_due_checkpoint(database, key, now + after, every=100) is not None

    now = now_micros()
    assert not due(0)
    fill(database)
    assert not due(0)  # nothing is sealed yet
    seal_batches(database)
    assert due(0)
    assert not due(100)  # nothing is new
    Recorder(database, national_ladder()).adopt(national_ladder(), date(2027, 1, 1))  # a batch
    seal_batches(database)
    assert not due(99)
    assert due(100)


# Sealing -----------------------------------------------------------------------------------------


def test_a_ledger_that_moves_from_a_file_to_postgres_is_sealed_alike(
    postgres_url: str, tmp_path: Path
) -> None:
    village, county = Database(f"sqlite:///{tmp_path / 'v.db'}"), Database(postgres_url)
    village.create()
    county.create()
    fill(village)
    with village.read() as connection:
        rebuild(connection, county, lambda _events: None)
        copy_the_rest(connection, county)
    assert seal_batches(village) == seal_batches(county) > 5
    with village.read() as connection, county.read() as other:
        ours, theirs = (
            list(map(tuple, one.execute(select(seal).order_by(seal.c.number))))
            for one in (connection, other)
        )
    assert ours == theirs
    village.close()
    county.close()


def test_two_workers_record_while_it_is_sealed(database: Database) -> None:
    Recorder(database, national_ladder()).begin()

    def work(lane: int) -> None:
        recorder = Recorder(database, national_ladder())
        for day in range(1, 26):
            marks = visit(f"V{lane}-{day}", f"2026-05-{day:02}", "08:00", "13:00")
            recorder.record([Arrival(one, "test") for one in marks], Lane.of("t", lane))

    with ThreadPoolExecutor() as pool:
        workers = [pool.submit(work, lane) for lane in range(2)]
        sealers = [pool.submit(_seal_until, database, 40) for _ in range(2)]
        for one in (*workers, *sealers):
            one.result()
    seal_batches(database)
    with database.read() as connection:
        sealed = list(connection.execute(select(seal.c.batch).order_by(seal.c.number)).scalars())
        recorded = list(connection.execute(select(batch.c.id).order_by(batch.c.id)).scalars())
    assert sealed == recorded
    assert len(sealed) == 51
    assert broken(database, Against(deep=True)) == []


def test_a_batch_in_hand_holds_up_the_sealer_and_nobody_else(postgres_url: str) -> None:
    database = Database(postgres_url)
    database.create()
    recorder = Recorder(database, national_ladder())
    recorder.begin()
    marks = [Arrival(one, "test") for one in visit("V1", "2026-05-01", "08:00", "13:00")]
    with ThreadPoolExecutor() as pool:
        with database.write() as connection:
            slow = UnitOfWork(connection)
            slow.hold_policies()
            in_hand = slow.next_batch()
            sealer = pool.submit(seal_batches, database)
            assert pool.submit(recorder.record, marks).result(20).recorded is not None
            assert not sealer.done()
            slow.close_batch(in_hand, recorder.now(), Lane("slow"), "salt")
            slow.flush()
        sealer.result(20)
    with database.read() as connection:
        assert in_hand in connection.execute(select(seal.c.batch)).scalars().all()
    assert broken(database, Against(deep=True)) == []
    database.close()


def _seal_until(database: Database, wanted: int) -> None:
    while True:
        seal_batches(database)
        with database.read() as connection:
            if len(connection.execute(select(seal.c.number)).all()) >= wanted:
                return


def test_workers_leave_young_batches_alone(database: Database) -> None:
    recorder = fill(database)
    assert seal_batches(database, until=0) == 0
    assert seal_batches(database, until=recorder.now()) > 0
    assert seal_batches(database, until=recorder.now()) == 0


# Proofs ------------------------------------------------------------------------------------------


def test_a_volunteer_proves_hours_and_points_without_the_ledger(
    database: Database, key: Signer
) -> None:
    fill(database)
    make_checkpoint(database, key, now_micros())
    with database.read() as connection:
        made = prove(connection, "V1")
        entries = connection.execute(
            select(points_entry.c.id).where(points_entry.c.volunteer == "V1")
        ).all()
    assert made.later == 0
    read = Proof.read(made.proof.to_json())
    note = read.check(key.keys)
    words = "\n".join(read.words(note))
    assert "together 合计 3600 s counted (1 h 0 min)" in words  # 5 h, taken back, and 1 h
    assert sum(row.table == "points_entry" for row in read.rows) == len(entries)


def test_no_character_of_a_proof_can_be_another(database: Database, key: Signer) -> None:
    fill(database)
    make_checkpoint(database, key, now_micros())
    with database.read() as connection:
        [ident] = connection.execute(
            select(hour_record.c.id).where(hour_record.c.volunteer == "V2")
        ).scalars()
        text_ = prove(connection, "V2", ident).proof.to_json()
    Proof.read(text_).check(key.keys)
    for at, octet in enumerate(text_):
        for other in {octet ^ 1, octet ^ 32, ord("0")} - {octet}:
            with pytest.raises(ProofError):
                Proof.read(text_[:at] + bytes([other]) + text_[at + 1 :]).check(key.keys)


def test_a_proof_is_not_of_another_ledger(database: Database, key: Signer, tmp_path: Path) -> None:
    recorder = fill(database)
    with database.read() as connection, pytest.raises(LedgerError, match="vledger checkpoint"):
        prove(connection, "V1")
    make_checkpoint(database, key, now_micros())
    record(recorder, visit("V9", "2026-05-01", "08:00", "13:00"))
    with database.read() as connection:
        with pytest.raises(LedgerError, match="after the last checkpoint"):
            prove(connection, "V9")
        made = prove(connection, "V1")
    with pytest.raises(ProofError, match="signed with that key"):
        made.proof.check(signer(tmp_path / "other.key").keys)


# The command -------------------------------------------------------------------------------------


def test_checkpoint_verify_and_proof_on_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("VLEDGER_DB", "VLEDGER_KEY"):
        monkeypatch.delenv(name, raising=False)
    events = tmp_path / "events.jsonl"
    events.write_bytes(b"\n".join(visit("V1", "2026-05-01", "08:00", "13:00")))
    for line in (
        "init",
        "ingest events.jsonl",
        "checkpoint --out one.txt",
        "verify --quick --checkpoint one.txt",
        "proof V1 --out proof.json",
    ):
        assert CliRunner().invoke(app, line.split()).exit_code == 0, line
    pem = tmp_path / "key.pem"
    pem.write_text(public_pem(signer(Path("vledger.key")).keys))
    shutil.move("vledger.db", "elsewhere.db")
    checked = CliRunner().invoke(app, ["proof", "check", "proof.json", "--key", "key.pem"])
    assert checked.exit_code == 0
    assert "Proven" in checked.output
    Path("proof.json").write_text(Path("proof.json").read_text().replace("V1", "V2"))
    assert (
        CliRunner().invoke(app, ["proof", "check", "proof.json", "--key", "key.pem"]).exit_code == 1
    )
