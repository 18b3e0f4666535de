"""What may a volunteer claim, of what is it refused, and which uses have no cover?"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise, permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.centre.benefits.claims import claims, uses_at, without_cover
from ledger.centre.benefits.entitlements import Lot, settle
from ledger.centre.benefits.steps import Step
from ledger.centre.benefits.using import NotCoveredError, cancel, give_back, use, withdraw
from ledger.centre.honours.deciding import act, find_honour, list_honours, nominate
from ledger.clock import CHINA, from_micros, to_micros
from ledger.core.intake import Arrival
from ledger.core.rulebook import parse
from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt, Recorder
from ledger.store.database import Database
from schemas.benefits import Use
from schemas.honours import Nomination
from tests.builders import record, register, used, visit

POLICY = (Path(__file__).parents[1] / "docs" / "examples" / "benefits.yaml").read_text("utf-8")


class Clock:
    """The present, as the test says."""

    def __init__(self) -> None:
        self.at = ""
        self.tick = 0

    def __call__(self) -> int:
        self.tick += 1
        moment = datetime.fromisoformat(self.at).replace(tzinfo=CHINA)
        return to_micros(moment) + self.tick


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.at = "2026-06-01T10:00"
    return clock


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Recorder:
    """V1 has 5 hours: a bus card for the year and one check-up."""
    recorder = Recorder(database, parse(POLICY, "test"), clock)
    record(
        recorder,
        [
            register("volunteer", "V1"),
            register("merchant", "BUS", name="公交公司"),
            register("merchant", "HOSP", name="县医院"),
            *visit("V1", "2026-05-01", "08:00", "13:00"),
        ],
    )
    return recorder


def left(recorder: Recorder, volunteer: str = "V1") -> dict[str, tuple[int, str]]:
    with recorder.database.read() as connection:
        found = claims(connection, recorder.rules_by(connection), volunteer, recorder.now())
    return {one.claim.lot.benefit: (one.claim.left, one.claim.state) for one in found.entitlements}


def test_what_was_granted_is_had_once_and_told_with_its_clause(recorder: Recorder) -> None:
    with recorder.database.read() as connection:
        rules = recorder.rules_by(connection)
        [bus, _] = claims(connection, rules, "V1", recorder.now()).entitlements
    assert (bus.name, bus.field, bus.claim.lot.until) == ("公交年卡", "transport", "2026-12-31")
    assert bus.clauses == ("服务满2小时的,发公交年卡一张,当年有效",)

    use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0001")
    use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0001")  # no answer: again
    assert left(recorder) == {"bus_card": (0, "used"), "check_up": (1, "open")}
    with pytest.raises(NotCoveredError, match="all of it is used"):
        use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0002")
    with pytest.raises(NotCoveredError, match="one of 体检, 洁牙"):
        use(recorder, "V1", Use(benefit="check_up", provider="HOSP", choice="拔牙"), "visit-1")
    with pytest.raises(NotCoveredError, match="was never granted"):
        use(recorder, "V1", Use(benefit="villa", provider="HOSP"), "visit-1")
    with pytest.raises(LedgerError, match="GYM is not registered"):
        use(recorder, "V1", Use(benefit="check_up", provider="GYM", choice="体检"), "visit-1")
    with pytest.raises(LedgerError, match="another benefit before"):
        use(recorder, "V1", Use(benefit="check_up", provider="BUS", choice="体检"), "ride-0001")
    with recorder.database.read() as connection:
        [once] = uses_at(connection, "BUS", 0, None, 10)
    assert once.event == "provider/BUS#ride-0001"


class Racing(Recorder):
    """Somebody else's use comes in between this one's check and its recording."""

    rival: bytes | None = None

    def record(self, arrivals: Sequence[Arrival], *more: Any, **options: Any) -> Receipt:
        if self.rival is not None:
            first, self.rival = self.rival, None
            assert not super().record([Arrival(first, "rival")]).rejects
        return super().record(arrivals, *more, **options)


def test_of_two_providers_at_one_instant_the_later_is_refused_and_leaves_nothing(
    recorder: Recorder, clock: Clock
) -> None:
    racing = Racing(recorder.database, parse(POLICY, "test"), clock)
    racing.rival = used("V1", "2026-06-01T09:59:59", "bus_card", ident="rival", provider="BUS")
    with pytest.raises(NotCoveredError, match="all of it is used"):
        use(racing, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0001")
    with recorder.database.read() as connection:
        rules, now = recorder.rules_by(connection), recorder.now()
        [stands] = claims(connection, rules, "V1", now).uses
        assert [short for _, short in without_cover(connection, rules, now)] == [[]]
    assert (stands.step.event, stands.short) == ("desk/1#rival", 0)
    with pytest.raises(NotCoveredError, match="was cancelled"):  # asked again: still refused
        use(racing, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0001")


def test_a_mistake_is_cancelled_and_a_withdrawal_may_be_given_back(recorder: Recorder) -> None:
    use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0001")
    cancel(recorder, "V1", "provider/BUS#ride-0001", "刷错", "张三")
    with pytest.raises(LedgerError, match="cancelled already"):
        cancel(recorder, "V1", "provider/BUS#ride-0001", "刷错", "张三")
    assert left(recorder)["bus_card"] == (1, "open")

    withdraw(recorder, "V1", "bus_card", "失信", "张三")
    assert left(recorder)["bus_card"] == (0, "withdrawn")
    with pytest.raises(NotCoveredError, match="it was withdrawn"):
        use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0002")
    give_back(recorder, "V1", "bus_card", "申诉成立", "李四")
    with pytest.raises(LedgerError, match="is not withdrawn"):
        give_back(recorder, "V1", "bus_card", "申诉成立", "李四")
    use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0003")


def test_expiry_is_by_the_day_and_changes_nothing_that_was_had(
    recorder: Recorder, clock: Clock
) -> None:
    clock.at = "2026-12-31T23:59"
    assert left(recorder)["bus_card"] == (1, "open")
    clock.at = "2027-01-01T00:00"
    assert left(recorder)["bus_card"] == (0, "expired")
    with pytest.raises(NotCoveredError, match="expired with 2026-12-31"):
        use(recorder, "V1", Use(benefit="bus_card", provider="BUS"), "ride-0001")


def test_a_use_beyond_the_grant_is_kept_and_listed(recorder: Recorder) -> None:
    def short() -> list[tuple[str, str, int]]:
        with recorder.database.read() as connection:
            rules = recorder.rules_by(connection)
            return [
                (who, use.step.event, use.short)
                for who, uses in without_cover(connection, rules, recorder.now())
                for use in uses
            ]

    record(
        recorder,
        [
            used("V1", "2026-04-01T09:00", "bus_card", ident="early"),
            used("V1", "2026-05-02T09:00", "bus_card", ident="first"),
            used("V1", "2026-05-03T09:00", "bus_card", ident="second", count=2),
            used("V2", "2026-05-03T09:00", "check_up", ident="stranger", choice="体检"),
        ],
    )
    assert short() == [
        ("V1", "desk/1#early", 1),
        ("V1", "desk/1#second", 2),
        ("V2", "desk/1#stranger", 1),
    ]
    record(recorder, visit("V2", "2026-05-01", "08:00", "12:00"))  # a late visit gives cover
    assert [who for who, _, _ in short()] == ["V1", "V1"]


def test_an_honour_goes_its_way_in_turn_and_by_the_policy(recorder: Recorder, clock: Clock) -> None:
    with pytest.raises(LedgerError, match=r"V1 has not reached star/2 \(star: 1\) 「服务满2小时"):
        nominate(recorder, "N1", Nomination(honour="优秀", nominee="V1", rests_on="star/2"))
    with pytest.raises(LedgerError, match="has no level moon/1"):
        nominate(recorder, "N1", Nomination(honour="优秀", nominee="V1", rests_on="moon/1"))
    with pytest.raises(LedgerError, match="no volunteer V9 is registered"):
        nominate(recorder, "N1", Nomination(honour="优秀", nominee="V9"))
    found = nominate(
        recorder, "N1", Nomination(honour="优秀", nominee="V1", rests_on="bus_card", period="2026")
    )
    assert found.says and found.clauses
    with pytest.raises(LedgerError, match="can't be published: it is nominated 已推荐"):
        act(recorder, "N1", "published", since="2026-06-01", until="2026-06-05")
    act(recorder, "N1", "decided", decision="approved", by="评审组")
    with pytest.raises(LedgerError, match="before since"):
        act(recorder, "N1", "published", since="2026-06-05", until="2026-06-01")
    act(recorder, "N1", "published", since="2026-06-01", until="2026-06-05")
    with pytest.raises(LedgerError, match="published until 2026-06-05"):
        act(recorder, "N1", "conferred")
    with recorder.database.read() as connection:
        assert [one.nomination for one in list_honours(connection, published_before="2026-06-06")]
        assert not list_honours(connection, published_before="2026-06-05")
    clock.at = "2026-06-06T09:00"
    act(recorder, "N1", "conferred", document="〔2026〕1号")
    with recorder.database.read() as connection:
        kept = find_honour(connection, "N1")
    assert kept is not None and kept.state == "conferred"


# The pure core ------------------------------------------------------------------------------------

DAY = 86_400_000_000


def day_of(at: int) -> str:
    return from_micros(at, CHINA).date().isoformat()


def step(number: int, day: int, times: int) -> Step:
    return Step(
        "V1", number, f"e{number}", day * DAY, "used", "b", "M", times, "", "", "", "", "", None, ""
    )


LOTS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 3), st.one_of(st.none(), st.integers(0, 12))),
    max_size=3,
)
USES = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 3)), max_size=4)


@given(LOTS, USES)
def test_cover_is_never_more_than_was_granted_and_goes_to_the_earlier_use(
    granted: list[tuple[int, int, int | None]], wanted: list[tuple[int, int]]
) -> None:
    lots = [
        Lot(number, "b", day * DAY, amount, "" if until is None else day_of(until * DAY))
        for number, (day, amount, until) in enumerate(granted)
    ]
    uses = [step(number, day, times) for number, (day, times) in enumerate(sorted(wanted))]
    now = 20 * DAY
    taken, covered = settle(lots, uses, now, day_of)
    had = sum(one.step.times - one.short for one in covered)
    assert had == sum(one.used for one in taken)
    assert all(0 <= one.used <= one.lot.amount for one in taken)
    assert all(bool(one.why) == bool(one.short) for one in covered)
    for order in permutations(lots):
        assert settle(order, uses, now, day_of) == (taken, covered)
    for fewer, more in pairwise(range(len(uses) + 1)):  # a later use takes nothing from an earlier
        assert settle(lots, uses[:fewer], now, day_of)[1] == covered[:fewer]
        assert more > fewer
