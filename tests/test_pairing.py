"""Which visits count, and for how long? One sentence of the national ladder each."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from ledger.clock import now_micros, to_micros
from ledger.queries import summary, summary_as_of
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.store.database import Database
from tests.builders import check_in, check_out, record, redeem, visit

HOUR = 3600


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    database = Database("sqlite://")
    database.create()
    yield Recorder(database, national_ladder())
    database.close()


def standing(recorder: Recorder, volunteer: str = "V1") -> tuple[int, int, str]:
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, volunteer, now_micros())
    assert found is not None
    return found.seconds, found.star, found.points.balance


def test_exact_seconds_count_and_whole_hours_earn_points(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-01", "08:00:00", "10:59:59"))
    assert standing(recorder) == (3 * HOUR - 1, 0, "2")


def test_a_check_out_may_arrive_before_its_check_in(recorder: Recorder) -> None:
    record(recorder, [check_out("V1", "2026-05-01T10:00")])
    record(recorder, [check_in("V1", "2026-05-01T08:00")])
    assert standing(recorder) == (2 * HOUR, 0, "2")


def test_a_visit_across_midnight_is_one_visit(recorder: Recorder) -> None:
    record(recorder, [check_in("V1", "2026-05-01T23:00"), check_out("V1", "2026-05-02T01:30")])
    assert standing(recorder) == (2 * HOUR + HOUR // 2, 0, "2")


def test_a_missing_check_out_leaves_the_visit_open_and_uncounted(recorder: Recorder) -> None:
    record(recorder, [check_in("V1", "2026-05-01T08:00"), check_in("V1", "2026-05-02T08:00")])
    record(recorder, [check_out("V1", "2026-05-02T09:00")])
    assert standing(recorder) == (HOUR, 0, "1")


def test_the_late_check_out_closes_the_open_visit(recorder: Recorder) -> None:
    record(
        recorder, [check_in("V1", "2026-05-01T08:00"), *visit("V1", "2026-05-02", "08:00", "09:00")]
    )
    record(recorder, [check_out("V1", "2026-05-01T11:00")])
    assert standing(recorder) == (4 * HOUR, 0, "4")


def test_leaving_and_coming_back_at_once_keeps_both_visits(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-01", "10:00", "12:00"))
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))
    assert standing(recorder) == (4 * HOUR, 0, "4")


def test_shared_time_counts_once_for_the_visit_that_began_first(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-01", "09:00", "10:30", "inner"))
    record(recorder, visit("V1", "2026-05-01", "08:00", "11:00", "outer"))
    assert standing(recorder) == (3 * HOUR, 0, "3")


def test_stars_are_reached_at_exactly_their_hours(recorder: Recorder) -> None:
    nights = [visit("V1", f"2026-05-{day:02}", "00:00", "10:00") for day in range(1, 10)]
    record(recorder, [event for night in nights for event in night])
    record(recorder, visit("V1", "2026-05-10", "00:00:01", "10:00:00"))
    assert standing(recorder)[1] == 0
    record(recorder, visit("V1", "2026-05-11", "00:00:00", "00:00:01"))
    assert standing(recorder)[:2] == (100 * HOUR, 1)


def test_a_correction_can_take_back_a_star_and_spent_points(recorder: Recorder) -> None:
    record(recorder, [check_in("V1", "2026-01-01T00:00"), check_out("V1", "2026-01-05T04:00")])
    record(recorder, [redeem("V1", "R1", "90")])
    assert standing(recorder) == (100 * HOUR, 1, "10")
    record(recorder, [check_out("V1", "2026-01-01T08:00")])
    assert standing(recorder) == (8 * HOUR, 0, "-82")


def test_the_past_can_be_asked_for_by_what_is_known_today(recorder: Recorder) -> None:
    record(recorder, visit("V1", "2026-05-03", "08:00", "11:00"))
    record(recorder, [redeem("V1", "R1", "2", time="2026-05-04T10:00")])
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))  # late by days

    def balance(time: str) -> tuple[int, str]:
        at = to_micros(datetime.fromisoformat(f"{time}+08:00"))
        with recorder.database.read() as connection:
            found = summary_as_of(connection, recorder.rules, "V1", at)
        assert found is not None
        return found.seconds, found.points.balance

    assert balance("2026-05-01T09:59") == (0, "0")
    assert balance("2026-05-02T00:00") == (2 * HOUR, "2")
    assert balance("2026-05-03T12:00") == (5 * HOUR, "5")
    assert balance("2026-05-05T00:00") == (5 * HOUR, "3")
