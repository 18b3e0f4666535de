"""Which visits count, and for how long? One sentence of the national ladder each, or of claims."""

from collections.abc import Iterator
from datetime import datetime

import orjson
import pytest

from ledger.clock import now_micros, to_micros
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.recording.reviews import list_reviews
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.explain import explain
from ledger.volunteers.queries import summary, summary_as_of
from tests.builders import check_in, check_out, claim, decided, record, redeem, visit

HOUR = 3600


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    database = Database("sqlite://")
    database.create()
    yield Recorder(database, national_ladder())
    _, findings = verify(database, lambda _events: None)
    assert findings == []
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


def held(recorder: Recorder) -> dict[str, str]:
    """The visits that wait for a decision, by the claimed end."""
    with recorder.database.read() as connection:
        return {
            case.visit: orjson.loads(case.evidence)["ended_at"][:16]
            for case in list_reviews(connection)
        }


def test_a_claimed_end_counts_once_a_person_says_so(recorder: Recorder) -> None:
    record(recorder, [check_in("V1", "2026-05-01T08:00", ident="in")])
    record(recorder, [claim("V1", "2026-05-01T11:00")])
    assert standing(recorder) == (0, 0, "0")
    assert held(recorder) == {"kiosk/1#in": "2026-05-01T11:00"}
    record(recorder, [decided("V1", "kiosk/1#in", "count", rule="claimed")])
    assert standing(recorder) == (3 * HOUR, 0, "3")
    assert held(recorder) == {}


def test_a_real_check_out_takes_the_place_of_a_claim_and_of_its_decision(
    recorder: Recorder,
) -> None:
    record(recorder, [claim("V1", "2026-05-01T11:00"), check_in("V1", "2026-05-01T08:00")])
    [visit] = held(recorder)
    record(recorder, [decided("V1", visit, "void", rule="claimed")])
    record(recorder, [check_out("V1", "2026-05-01T12:00")])
    assert standing(recorder) == (4 * HOUR, 0, "4")
    with recorder.database.read() as connection:
        [case] = list_reviews(connection, settled=True)
    assert case.state == "withdrawn"


def test_a_claim_is_bounded_by_the_next_check_in(recorder: Recorder) -> None:
    record(recorder, [check_in("V1", "2026-05-01T08:00"), check_in("V1", "2026-05-02T08:00")])
    record(recorder, [claim("V1", "2026-05-02T08:00"), check_out("V1", "2026-05-02T09:00")])
    assert standing(recorder) == (HOUR, 0, "1")
    assert list(held(recorder).values()) == ["2026-05-02T08:00"]


def test_of_several_claims_the_earliest_end_holds(recorder: Recorder) -> None:
    record(recorder, [check_in("V1", "2026-05-01T08:00", ident="in")])
    record(recorder, [claim("V1", "2026-05-01T10:00")])
    record(recorder, [decided("V1", "kiosk/1#in", "count", rule="claimed")])
    record(recorder, [claim("V1", "2026-05-01T20:00")])  # adds nothing to what was decided
    assert standing(recorder) == (2 * HOUR, 0, "2")


def test_a_claim_without_a_check_in_leaves_nothing(recorder: Recorder) -> None:
    record(recorder, [claim("V1", "2026-05-01T10:00"), check_in("V1", "2026-05-01T11:00")])
    record(recorder, [claim("V1", "2026-05-01T12:00", "A2")])
    assert standing(recorder) == (0, 0, "0")
    assert held(recorder) == {}
    with recorder.database.read() as connection:
        story = explain(connection, recorder.rules, "V1", now_micros())
    assert story is not None
    assert {(one["direction"], one["why"]) for one in story["uncounted"]} == {
        ("claim", "no check-in before it"),
        ("check-in", "no check-out followed"),
    }


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
