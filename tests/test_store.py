"""Does the ledger keep its promises on SQLite and on Postgres alike?"""

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.exc import DBAPIError

from ledger.audit.checkpoints import make_checkpoint
from ledger.clock import now_micros
from ledger.core.fold import Step, VolunteerFold
from ledger.core.intake import Arrival
from ledger.core.rulebook import PolicyText, national_ladder, parse
from ledger.errors import FencedError, NotInitialisedError
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.recording.rejects import list_rejects, release_held, replay_rejects
from ledger.recording.replay import copy_the_rest, differences, rebuild, replace_projections
from ledger.store.database import Database
from ledger.store.tables import (
    APPEND_ONLY,
    account_balance,
    consumer_offset,
    event,
    hour_record,
    metadata,
    posting,
    redemption,
)
from ledger.store.unit_of_work import Lane, Position
from ledger.verify import verify
from ledger.volunteers.explain import explain
from ledger.volunteers.queries import summary
from tests.builders import check_in, check_out, record, redeem, register, report, shop_event, visit


@pytest.fixture
def recorder(database: Database) -> Recorder:
    return Recorder(database, national_ladder())


def holding() -> PolicyText:
    text = national_ladder().text.replace("unregistered: accept", "unregistered: hold")
    return parse(text, "holding")


def sound(recorder: Recorder) -> bool:
    _, findings = verify(recorder.database, lambda _events: None)
    return findings == []


def test_migrations_make_exactly_the_tables_of_the_program(database: Database) -> None:
    database.check()
    database.create()  # safe to repeat
    with database.write() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, metadata) == []


def test_a_database_without_a_ledger_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotInitialisedError, match="vledger init"):
        Database(f"sqlite:///{tmp_path / 'nothing.db'}").check()


def test_the_database_refuses_to_change_the_ledger(recorder: Recorder, tmp_path: Path) -> None:
    record(recorder, [*visit("V1", "2026-05-01", "00:00", "23:00"), b"garbage"])
    record(recorder, [shop_event("fund.contributed", "F1", donor="D1", amount="100.00")])
    long = [check_in("V1", "2026-01-01T00:00", "A2"), check_out("V1", "2026-02-01T00:00", "A2")]
    record(recorder, [*long, redeem("V1", "R1", "1"), report("V1", "award", "2026-05-03T08:00")])
    with recorder.database.read() as connection:
        garbage = list_rejects(connection)
    replay_rejects(recorder, garbage, visit("V1", "2026-05-02", "08:00", "09:00")[0])
    make_checkpoint(recorder.database, signer(tmp_path / "ledger.key"), now_micros())
    for table in APPEND_ONLY:
        changed = {table.columns[0]: table.columns[0]}
        for statement in (delete(table), update(table).values(changed)):
            with (
                pytest.raises(DBAPIError, match="append-only"),
                recorder.database.write() as connection,
            ):
                there = connection.execute(select(func.count()).select_from(table)).scalar_one()
                assert there > 0, table.name
                connection.execute(statement)
    assert sound(recorder)


def test_the_same_event_again_has_no_effect_and_other_content_is_a_conflict(
    recorder: Recorder,
) -> None:
    first = check_in("V1", "2026-05-01T08:00", ident="e1")
    reordered = json.dumps(dict(reversed(json.loads(first).items()))).encode()
    other = check_in("V2", "2026-05-01T08:00", ident="e1")
    receipt = record(recorder, [first, first, other])
    again = record(recorder, [reordered, other])
    assert receipt.outcomes == ["applied", "duplicate", "rejected"]
    assert again.outcomes == ["duplicate", "rejected"]
    with recorder.database.read() as connection:
        kept = list_rejects(connection)
        assert summary(connection, recorder.rules, "V2", now_micros()) is None
    assert [(one.code, one.content) for one in kept] == [("conflict", other)]
    assert sound(recorder)


def test_a_failed_batch_leaves_nothing_behind(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise ConnectionAbortedError

    with monkeypatch.context() as patched, pytest.raises(ConnectionAbortedError):
        patched.setattr("ledger.store.unit_of_work.UnitOfWork.close_batch", crash)
        record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))
    with recorder.database.read() as connection:
        assert summary(connection, recorder.rules, "V1", now_micros()) is None
        assert connection.execute(select(func.count()).select_from(event)).scalar_one() == 0
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))
    assert sound(recorder)


def test_a_file_is_read_one_batch_ahead_of_what_is_recorded(recorder: Recorder) -> None:
    read: list[int] = []
    days = [visit("V1", f"2026-05-{day:02}", "08:00", "10:00") for day in range(1, 8)]

    def batches() -> Iterator[list[Arrival]]:
        for number, marks in enumerate(days, 1):
            read.append(number)
            yield [Arrival(one, "file") for one in (*marks, b"no event")]

    def recorded() -> int:
        with recorder.database.read() as connection:
            own = select(func.count()).select_from(event).where(event.c.source != "ledger")
            return int(connection.execute(own).scalar_one())

    each = recorder.record_each(batches())
    for number in range(1, 4):
        arrivals, receipt = next(each)
        assert len(arrivals) == 3
        assert receipt.counts() == {"read": 3, "applied": 2, "duplicates": 0, "rejected": 1}
        assert recorded() == 2 * number
        assert number <= len(read) <= number + 1
    each.close()  # as Ctrl-C does: what was read ahead is read again the next time
    assert recorded() == 6
    applied = [receipt.counts()["applied"] for _, receipt in recorder.record_each(batches())]
    assert applied == [0, 0, 0, 2, 2, 2, 2]
    assert sound(recorder)


def test_a_batch_that_cannot_be_read_ends_the_rest(recorder: Recorder) -> None:
    def batches() -> Iterator[list[Arrival]]:
        yield [Arrival(one, "file") for one in visit("V1", "2026-05-01", "08:00", "10:00")]
        raise OSError("the disk is gone")

    each = recorder.record_each(batches())
    assert next(each)[1].counts()["applied"] == 2
    with pytest.raises(OSError, match="the disk is gone"):
        next(each)
    assert sound(recorder)


def test_redemptions_spend_what_is_there_once(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-01", "08:00", "13:00"))
    record(
        recorder,
        [
            redeem("V1", "R1", "3"),
            redeem("V1", "R2", "3"),  # only 2 are left
            redeem("V1", "R1", "3"),  # asked again: the same answer
            redeem("V1", "R1", "1"),  # the same id for something else
            redeem("V1", "R3", "0.5"),  # the currency has no halves
            redeem("V2", "R4", "1"),  # never seen
        ],
    )
    record(recorder, [redeem("V1", "R2", "3"), redeem("V3", "R1", "3")])
    with recorder.database.read() as connection:
        answers = connection.execute(
            select(redemption.c.redemption, redemption.c.status, redemption.c.reason).order_by(
                redemption.c.request
            )
        ).all()
        found = summary(connection, recorder.rules, "V1", now_micros())
    assert [(row.redemption, row.status) for row in answers] == [
        ("R1", "accepted"),
        ("R2", "refused"),
        ("R1", "accepted"),
        ("R1", "refused"),
        ("R3", "refused"),
        ("R4", "refused"),
        ("R2", "refused"),
        ("R1", "refused"),
    ]
    assert answers[3].reason == answers[7].reason == "redemption-id-used-for-another-purchase"
    assert found is not None
    assert found.points.available == "2"
    assert sound(recorder)


def test_many_tills_at_once_never_overdraw(database: Database) -> None:
    first = Recorder(database, national_ladder())
    record(first, visit("V1", "2026-05-01", "08:00", "18:00"))
    requests = [redeem("V1", f"R{number}", "3") for number in range(24)]
    registers = [visit("V2", "2026-05-01", "08:00", "18:00", f"A{n}") for n in range(8)]

    def till(number: int) -> None:
        own = Recorder(Database(database.url), national_ladder())
        for request in [*requests[number::8], requests[0]]:
            record(own, [request])
        record(own, registers[number])
        own.database.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(till, range(8)))
    with database.read() as connection:
        accepted = connection.execute(
            select(func.count()).where(redemption.c.status == "accepted")
        ).scalar_one()
        found = summary(connection, first.rules, "V1", now_micros())
    assert accepted == 3
    assert found is not None
    assert found.points.available == "1"
    assert sound(first)


def test_a_worker_that_lost_its_partition_writes_nothing(recorder: Recorder) -> None:
    with recorder.database.write() as connection:
        connection.execute(
            consumer_offset.insert().values(topic="t", partition=0, next_offset=0, epoch=7)
        )
    arrivals = [
        Arrival(content, "t/0@0") for content in visit("V1", "2026-05-01", "08:00", "09:00")
    ]
    with pytest.raises(FencedError):
        recorder.record(arrivals, Lane.of("t", 0), [Position("t", 0, 2, epoch=6)])
    with recorder.database.read() as connection:
        assert summary(connection, recorder.rules, "V1", now_micros()) is None
    recorder.record(arrivals, Lane.of("t", 0), [Position("t", 0, 2, epoch=7)])
    with recorder.database.read() as connection:
        assert connection.execute(select(consumer_offset.c.next_offset)).scalar_one() == 2
    assert sound(recorder)


def test_held_attendance_counts_once_all_are_registered(database: Database) -> None:
    recorder = Recorder(database, holding())
    assert (
        record(recorder, visit("V1", "2026-05-01", "08:00", "10:00")).outcomes == ["rejected"] * 2
    )
    record(recorder, [register("volunteer", "V1")])
    release_held(recorder)
    with database.read() as connection:
        assert [one.code for one in list_rejects(connection)] == ["held", "held"]
    record(recorder, [register("activity", "A1", name="义诊")])
    release_held(recorder)
    with database.read() as connection:
        found = summary(connection, recorder.rules, "V1", now_micros())
        assert list_rejects(connection) == []
    assert found is not None
    assert found.seconds == 7200
    assert sound(recorder)


def test_a_mended_reject_is_recorded_and_settled(recorder: Recorder) -> None:
    good = check_in("V1", "2026-05-01T08:00")
    record(recorder, [good[:-1]])
    with recorder.database.read() as connection:
        [kept] = list_rejects(connection)
    assert replay_rejects(recorder, [kept]).outcomes == ["rejected"]
    assert replay_rejects(recorder, [kept], good).outcomes == ["applied"]
    with recorder.database.read() as connection:
        assert list_rejects(connection) == []
        assert [one.outcome for one in list_rejects(connection, settled=True)] == ["applied"]


def test_the_newest_registration_stands_in_any_order(recorder: Recorder) -> None:
    old = register("volunteer", "V1", "2026-01-01T08:00", name="旧名")
    new = register("volunteer", "V1", "2026-02-01T08:00", name="新名")
    record(recorder, [new])
    record(recorder, [old])
    with recorder.database.read() as connection:
        assert "新名" in connection.execute(text("SELECT data FROM registry")).scalar_one()
    assert sound(recorder)


def test_verify_names_what_broke_and_replay_mends_what_is_derived(
    recorder: Recorder, tmp_path: Path
) -> None:
    record(recorder, visit("V1", "2026-05-01", "08:00", "13:00"))
    with recorder.database.write() as connection:
        connection.execute(update(account_balance).values(balance=9))
    _, findings = verify(recorder.database)
    assert "volunteer:V1 POINTS: balance 9, postings sum to 5" in {
        finding.detail for finding in findings
    }
    rebuilt = Database(f"sqlite:///{tmp_path / 'rebuilt.db'}")
    rebuilt.create()
    with recorder.database.write() as connection:
        rebuild(connection, rebuilt, lambda _events: None)
        with rebuilt.read() as other:
            assert [table.name for table, _ in differences(connection, other)] == [
                "account_balance"
            ]
            replace_projections(connection, other)
    assert sound(recorder)
    rebuilt.close()


def test_every_entry_sums_to_zero_per_currency(recorder: Recorder) -> None:
    record(recorder, [*visit("V1", "2026-05-01", "08:00", "13:00"), redeem("V1", "R1", "2")])
    record(recorder, [check_out("V1", "2026-05-01T09:00")])
    with recorder.database.read() as connection:
        sums = connection.execute(
            select(func.sum(posting.c.amount)).group_by(posting.c.entry, posting.c.currency)
        )
        assert set(sums.scalars()) == {0}
        kinds = connection.execute(select(hour_record.c.seconds).order_by(hour_record.c.id))
        assert list(kinds.scalars()) == [18000, -18000, 3600]


def test_an_explanation_leads_from_the_star_down_to_the_events(recorder: Recorder) -> None:
    long = [check_in("V1", "2026-01-01T00:00", ident="in"), check_out("V1", "2026-01-06T00:00")]
    record(recorder, [*long, redeem("V1", "R1", "20"), check_in("V1", "2026-02-01T08:00", "A2")])
    with recorder.database.read() as connection:
        story = explain(connection, recorder.rules, "V1", now_micros())
        assert explain(connection, recorder.rules, "V2", now_micros()) is None
    assert story is not None
    [hours] = story["hours"]
    [ladder] = story["ladders"]
    assert (ladder["level"], ladder["because"]["condition"]) == (1, "hours >= 100")
    assert ladder["because"]["values"] == {"hours": 120}
    assert ladder["because"]["hour_records"] == [hours["record"]]
    assert "累计达到100" in ladder["because"]["clauses"][0]["text"]
    assert ladder["next"]["missing_seconds"] == 180 * 3600
    assert hours["counted_seconds"] == 120 * 3600
    assert hours["check_in"] == {
        "source": "kiosk/1",
        "id": "in",
        "time": "2026-01-01T00:00:00+08:00",
    }
    assert story["level_changes"][0]["event"] == hours["check_out"]
    assert [(one["amount"], one["rule"]) for one in story["points_entries"]] == [
        ("120", "points.one-per-hour"),
        ("-20", "requests.pay-in-full"),
    ]
    assert story["points_entries"][0]["hour_records"] == [hours["record"]]
    assert [one["why"] for one in story["uncounted"]] == ["no check-out followed"]


def test_a_ledger_moves_house_from_a_file_to_postgres(postgres_url: str, tmp_path: Path) -> None:
    village, county = Database(f"sqlite:///{tmp_path / 'v.db'}"), Database(postgres_url)
    village.create()
    county.create()
    before, after = Recorder(village, national_ladder()), Recorder(county, national_ladder())
    record(before, [*visit("V1", "2026-05-01", "08:00", "13:00"), b"garbage"])
    record(before, [check_out("V1", "2026-05-01T09:00"), redeem("V1", "R1", "1")])
    with village.read() as connection:
        rebuild(connection, county, lambda _events: None)
        copy_the_rest(connection, county)
        with county.read() as other:
            assert list(differences(connection, other)) == []
    record(after, visit("V1", "2026-05-02", "08:00", "10:00"))
    assert sound(after)
    village.close()
    county.close()


def test_an_event_that_nobody_foresaw_is_set_aside_and_blocks_nothing(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mistake of the program itself: two events of a batch make the fold fail."""
    run = VolunteerFold.run

    def careless(self: VolunteerFold, steps: Sequence[Step]) -> Any:
        if any(getattr(one, "event_id", "") in ("bad", "worse") for one in steps):
            raise TypeError("a number\x00 that nobody foresaw")
        return run(self, steps)

    monkeypatch.setattr(VolunteerFold, "run", careless)
    good = [one for n in range(9) for one in visit(f"V{n}", "2026-05-01", "08:00", "10:00")]
    bad = [check_in("X1", "2026-05-01T08:00", ident="bad"),
           check_in("X2", "2026-05-01T08:00", ident="worse")]  # fmt: skip
    receipt = record(recorder, [*good[:5], bad[0], *good[5:], bad[1]])
    assert receipt.counts() == {"read": 20, "applied": 18, "duplicates": 0, "rejected": 2}
    assert [one.code for one in receipt.rejects] == ["unrecordable"] * 2
    with recorder.database.read() as connection:
        kept = list_rejects(connection)
    assert [one.detail for one in kept] == ["TypeError: a number\\x00 that nobody foresaw"] * 2
    monkeypatch.undo()  # the program is mended
    assert replay_rejects(recorder, kept).outcomes == ["applied", "applied"]
