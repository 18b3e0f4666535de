"""Is what a correction leaves owed governed by the policy, seen, and forgiven as it says?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.clock import now_micros
from ledger.core.rulebook import PolicyText, national_ladder, parse
from ledger.policy import check
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import judgement, points_entry, redemption, volunteer_state
from ledger.verify import verify
from ledger.volunteers.accounts import balances
from ledger.volunteers.explain import explain
from ledger.volunteers.queries import VolunteerSummary, summary
from schemas.incoming import MalformedEventError, decode
from tests.builders import check_in, check_out, event, record, redeem, report, till, visit
from tests.effort import often
from tests.snapshots import kept_every
from tests.test_cli import Vledger

OWN = "debt: {offset: 1, write_off: approved, clauses: debt}"


def policy(currency: str, *, overlap: str = "once") -> PolicyText:
    """The national ladder with other words for its currency, in the place of its rule of debts."""
    text = national_ladder().text
    assert OWN in text
    text = text.replace(f", {OWN}", f", {currency}" if currency else "")
    return parse(text.replace("overlap: once", f"overlap: {overlap}"), "debts")


def forgive(
    volunteer: str, time: str, amount: str | None = None, *, approved_by: str = "李四"
) -> bytes:
    data = {"reason": "复核", "by": "张三", "approved_by": approved_by}
    if amount is not None:
        data |= {"amount": amount}
    return event("debt.written-off", volunteer, time, data, None, "desk")


# Against a model ------------------------------------------------------------------------------

START = datetime.fromisoformat("2025-01-01T00:00:00+08:00")
DAYS = 12


class Deed(NamedTuple):
    """Something that happens on a day. `of`: the number of the visit or purchase it is about."""

    kind: str
    number: int
    day: int
    units: int
    of: int

    @property
    def time(self) -> str:
        """Visits begin in the morning, all else is in the evening; no two at the same minute."""
        hour = 8 if self.kind == "visit" else 20
        moment = START + timedelta(days=self.day, hours=hour, minutes=self.number)
        return moment.isoformat()

    def events(self, deeds: list["Deed"]) -> list[bytes]:
        match self.kind:
            case "visit":
                activity = f"A{self.number}"
                return [check_in("V1", self.time, activity), _out(self, self.units)]
            case "correction":  # the true check-out comes in late: an earlier one
                return [_out(deeds[self.of], self.units)]
            case "purchase":
                return [redeem("V1", f"R{self.number}", str(self.units), time=self.time)]
            case "refund":
                refund = {"refund": f"F{self.number}", "points": str(self.units)}
                return [till("refund", "V1", f"R{self.of}", self.time, **refund)]
            case _:
                amount = str(self.units) if self.units % 3 else None
                return [forgive("V1", self.time, amount)]


def _out(visited: Deed, hours: int) -> bytes:
    time = datetime.fromisoformat(visited.time) + timedelta(hours=hours)
    return check_out("V1", time.isoformat(), f"A{visited.number}")


@dataclass
class Model:
    """A wallet, a debt and what was forgiven: everything added up anew, in the order of time."""

    halves: int
    """Of each earning, how many halves go to the debt; 2: the debt is what the wallet lacks."""
    known: list[Deed] = field(default_factory=list)
    counts_at: dict[int, datetime] = field(default_factory=dict)
    """From when on a deed counts: what a till asks never before all that was known then."""
    paid: dict[int, int] = field(default_factory=dict)
    """What is left to refund of the purchases that were accepted."""
    void: set[int] = field(default_factory=set)
    wallet: int = 0
    debt: int = 0
    forgiven: int = 0

    @property
    def owed(self) -> int:
        return self.debt + max(0, -self.wallet)

    def arrive(self, deed: Deed) -> None:
        self.counts_at[deed.number] = at = datetime.fromisoformat(deed.time)
        if deed.kind in ("purchase", "refund"):
            start, end = max((self._span(one) for one in self._facts()), default=(at, at))
            if (start, end) >= (at, at) and self._facts():
                self.counts_at[deed.number] = start + timedelta(seconds=1)
        if deed.kind == "purchase":
            if deed.units > self.wallet:
                self.void.add(deed.number)
            else:
                self.paid[deed.number] = deed.units
        elif deed.kind == "refund":
            if deed.units > self.paid.get(deed.of, 0):
                self.void.add(deed.number)
            else:
                self.paid[deed.of] -= deed.units
        self.known.append(deed)
        self.add_up()

    def _facts(self) -> list[Deed]:
        """A refund that is refused is none; a correction is a part of its visit."""
        return [
            one
            for one in self.known
            if one.kind != "correction" and not (one.kind == "refund" and one.number in self.void)
        ]

    def _span(self, deed: Deed) -> tuple[datetime, datetime]:
        start = self.counts_at[deed.number]
        hours = self._earned(deed) if deed.kind == "visit" else 0
        return start, start + timedelta(hours=hours)

    def _earned(self, visited: Deed) -> int:
        ends = [one.units for one in self.known if one.kind == "correction"
                and one.of == visited.number]  # fmt: skip
        return min([visited.units, *ends])

    def add_up(self) -> None:
        self.wallet = self.debt = self.forgiven = 0
        for deed in sorted(self.known, key=lambda one: self.counts_at[one.number]):
            if deed.number in self.void:
                continue
            if deed.kind == "visit":
                earned = self._earned(deed)
                kept = max(earned - earned * self.halves // 2, earned - self.debt)
                self.wallet += kept
                self.debt -= earned - kept
            elif deed.kind == "purchase":
                self.wallet -= deed.units
                if self.halves < 2 and self.wallet < 0:
                    self.debt, self.wallet = self.debt - self.wallet, 0
            elif deed.kind == "refund":
                back = min(deed.units, self.debt)
                self.debt -= back
                self.wallet += deed.units - back
            elif deed.kind == "write-off":
                units = min(self.owed, deed.units if deed.units % 3 else self.owed)
                self.forgiven += units
                if self.debt:
                    self.debt -= units
                else:
                    self.wallet += units


deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["visit", "correction", "correction", "purchase", "purchase", "refund", "write-off"]
        ),
        st.integers(0, DAYS - 1),
        st.integers(0, 8),
        st.integers(0, 30),
    ),
    min_size=8,
    max_size=24,
)
UNITS = {"visit": 4, "correction": 1, "purchase": 3, "refund": 1, "write-off": 1}
"""The least; corrections are to few hours, so that many of them take back what was spent."""


def _deeds(rows: list[tuple[str, int, int, int]]) -> list[Deed]:
    """Each correction is about a visit, each refund about a purchase, where there is one."""
    found = []
    for number, (kind, day, more, choice) in enumerate(rows):
        units = UNITS[kind] + more // (3 if kind == "correction" else 1)
        about = {"correction": "visit", "refund": "purchase"}.get(kind)
        choices = [place for place, row in enumerate(rows) if row[0] == about]
        if about is None or choices:
            of = choices[choice % len(choices)] if choices else -1
            found.append(Deed(kind, number, day, units, of))
        else:
            found.append(Deed("visit", number, day, units + 3, -1))
    return found


def _arriving(order: list[Deed], spent_early: bool) -> list[Deed]:
    """`spent_early`: what most visits earned is spent before anything else comes in."""
    if not spent_early:
        return order
    early = [deed for deed in order if deed.kind == "visit" and deed.number % 4]
    spent = [deed for deed in order if deed.kind == "purchase"]
    return [*early, *spent, *(deed for deed in order if deed not in (*early, *spent))]


arrivals = deeds.map(_deeds).flatmap(
    lambda each: st.tuples(
        st.just(each),
        st.builds(_arriving, st.permutations(each), st.booleans()),
        st.integers(1, 5),
    )
)
SHARES = {0: "0", 1: "0.5", 2: "1"}
RULES = {
    halves: policy(
        f"debt: {{offset: {share}, write_off: approved, clauses: debt}}, expiry: {{months: 90}}",
        overlap="each",
    )
    for halves, share in SHARES.items()
}


@pytest.mark.parametrize("halves", SHARES)
@settings(max_examples=often(8), deadline=None)
@given(arrivals)
@kept_every(2)
def test_wallet_debt_and_totals_are_those_of_the_model(
    halves: int, arrival: tuple[list[Deed], list[Deed], int]
) -> None:
    each, sequence, size = arrival
    database = Database("sqlite://")
    database.create()
    recorder = Recorder(database, RULES[halves])
    model = Model(halves)
    for start in range(0, len(sequence), size):
        part = sequence[start : start + size]
        record(recorder, [content for deed in part for content in deed.events(each)])
        for deed in part:
            model.arrive(deed)
    with database.read() as connection:
        standing = orjson.loads(connection.execute(select(volunteer_state.c.standing)).scalar_one())
        asked = connection.execute(
            select(redemption.c.redemption, redemption.c.status).where(
                redemption.c.command == "redeem"
            )
        )
        refused = {name for name, status in asked if status == "refused"}
        held = {one.account: one.amount for one in balances(connection, "")}
    assert refused == {f"R{deed.number}" for deed in each
                       if deed.kind == "purchase" and deed.number in model.void}  # fmt: skip
    assert standing.get("POINTS", 0) == held.get("volunteer:V1", 0) == model.wallet
    assert standing.get("POINTS~debt", 0) == -held.get("debt:V1", 0) == model.debt
    assert -held.get("write-off:POINTS", 0) == model.forgiven
    lots = standing.get("POINTS~lots", ())
    assert sum(units for _, units in lots) == max(0, model.wallet)
    found = _standing(recorder)
    assert found.points.debt == (str(model.owed) if model.owed else "")
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


# Stories --------------------------------------------------------------------------------------


@pytest.fixture
def vledger(tmp_path: Path) -> Vledger:
    return Vledger(tmp_path)


Open = Callable[[PolicyText], Recorder]


@pytest.fixture
def opened(url: str) -> Iterator[Open]:
    """A ledger under a policy; at the end it must verify."""
    database = Database(url)
    database.create()
    yield lambda text: Recorder(database, text)
    _, findings = verify(database, lambda _events: None)
    assert findings == []
    database.close()


def _standing(recorder: Recorder, volunteer: str = "V1") -> VolunteerSummary:
    with recorder.database.read() as connection:
        found = summary(connection, recorder.rules, volunteer, now_micros())
    assert found is not None
    return found


def purse(recorder: Recorder, volunteer: str = "V1") -> tuple[str, str]:
    """What is in the wallet, and what is owed."""
    found = _standing(recorder, volunteer).points
    return found.balance, found.debt


def overspend(recorder: Recorder, volunteer: str = "V1") -> None:
    """Ten points are earned, eight spent, and then the visit turns out to have been of one hour."""
    record(recorder, visit(volunteer, "2025-05-01", "08:00", "18:00"))
    record(recorder, [redeem(volunteer, f"R-{volunteer}", "8", time="2025-05-02T10:00")])
    record(recorder, [check_out(volunteer, "2025-05-01T09:00")])


def test_a_debt_is_seen_filled_and_forgiven(opened: Open, url: str, vledger: Vledger) -> None:
    recorder = opened(national_ladder())
    overspend(recorder)
    record(recorder, visit("V2", "2025-05-01", "08:00", "10:00"))
    assert purse(recorder) == ("-7", "7")
    record(recorder, [redeem("V1", "R2", "1", time="2025-05-03T10:00")])
    with recorder.database.read() as connection:
        reasons = connection.execute(select(redemption.c.reason).order_by(redemption.c.id))
        assert list(reasons.scalars()) == [None, "insufficient-points"]
    record(recorder, visit("V1", "2025-05-04", "08:00", "11:00"))
    [one] = vledger.json("volunteer", "V1", "--db", url)
    assert one["points"] == {"balance": "-4", "held": "0", "available": "-4", "debt": "4"}
    assert vledger.json("debts", "--db", url) == [
        {"volunteer": "V1", "currency": "POINTS", "debt": "4", "balance": "-4"}
    ]
    signed = ["--reason", "设备故障", "--by", "张三", "--approved-by"]
    same = vledger("debts", "write-off", "V1", *signed, "张三", "--db", url, code=2)
    assert "takes the approval of somebody else" in same.stderr.decode()
    vledger("debts", "write-off", "V9", *signed, "李四", "--db", url, code=2)
    done = vledger.json("debts", "write-off", "V1", *signed, "李四", "--amount", "3", "--db", url)
    assert done == [{"volunteer": "V1", "currency": "POINTS", "amount": "3", "reason": ""}]
    assert purse(recorder) == ("-1", "1")
    with recorder.database.read() as connection:
        story = explain(connection, recorder.rules, "V1", now_micros())
    assert story is not None
    [debt] = story["debts"]
    assert (debt["debt"], [one["taken_back"] for one in debt["corrections"]]) == ("1", ["9"])
    assert debt["clauses"][0]["clause"] == "debt"
    [written] = [one for one in story["points_entries"] if "write_off" in one]
    assert written["write_off"] == {"reason": "设备故障", "by": "张三", "approved_by": "李四"}
    told = vledger("explain", "V1", "--db", url).stdout.decode()
    assert "欠分 1 POINTS" in told
    assert "张三 核销,李四 批准: 设备故障" in told.replace("\n", "")
    vledger("debts", "write-off", "V1", *signed, "李四", "--db", url)
    again = vledger.json("debts", "write-off", "V1", *signed, "李四", "--db", url, code=1)
    assert again[0]["reason"] == "nothing-is-owed"
    assert purse(recorder) == ("0", "")
    assert vledger.json("debts", "--db", url) == []
    vledger("verify", "--db", url)


def test_half_of_what_is_earned_is_offset_and_the_rest_can_be_spent(opened: Open) -> None:
    recorder = opened(policy("debt: {offset: 0.5, write_off: approved, clauses: debt}"))
    overspend(recorder)
    assert purse(recorder) == ("0", "7")
    record(recorder, visit("V1", "2025-05-04", "08:00", "13:00"))  # 5 earned: 2 are offset
    assert purse(recorder) == ("3", "5")
    record(recorder, [redeem("V1", "R2", "3", time="2025-05-05T10:00")])
    assert purse(recorder) == ("0", "5")
    record(recorder, [till("refund", "V1", "R-V1", "2025-05-06T10:00", refund="F", points="4")])
    assert purse(recorder) == ("0", "1")
    record(recorder, [forgive("V1", "2025-05-07T10:00")])
    assert purse(recorder) == ("0", "")
    record(recorder, visit("V1", "2025-04-30", "08:00", "16:00"))  # late: there was no debt
    assert purse(recorder) == ("7", "")
    with recorder.database.read() as connection:
        held = {one.account: one.amount for one in balances(connection, "")}
    assert (held["debt:V1"], held["write-off:POINTS"]) == (0, 0)


def test_only_the_policy_forgives_and_says_why_not(opened: Open) -> None:
    recorder = opened(policy(""))
    overspend(recorder)
    record(recorder, [forgive("V1", "2025-05-03T10:00")])
    record(recorder, [forgive("V1", "2025-05-03T11:00", "0.5")])
    data = {"currency": "GOLD", "reason": "复核", "by": "张三", "approved_by": "李四"}
    record(recorder, [event("debt.written-off", "V1", "2025-05-03T12:00", data, None, "desk")])
    assert purse(recorder) == ("-7", "7")
    with recorder.database.read() as connection:
        rows = connection.execute(select(judgement).order_by(judgement.c.id)).all()
    assert [row.kind for row in rows] == ["decision", "unjudged", "unjudged"]
    assert "本策略不允许核销" in rows[0].content
    assert "POINTS has no such fraction: 0.5" in rows[1].content
    assert "the policy knows no currency 'GOLD'" in rows[2].content


def test_a_filled_debt_does_not_come_back_when_points_expire(opened: Open) -> None:
    recorder = opened(policy(f"{OWN}, expiry: {{months: 3}}"))
    overspend(recorder)
    record(recorder, visit("V1", "2025-05-04", "08:00", "17:00"))  # 9: seven fill the debt
    assert recorder.pass_time() == 1
    assert purse(recorder) == ("0", "")
    with recorder.database.read() as connection:
        expired = connection.execute(
            select(points_entry.c.amount).where(points_entry.c.counter == "expiry:POINTS")
        )
        assert list(expired.scalars()) == [-2]


def test_what_was_held_is_paid_after_a_correction_and_another_rule_may_follow(
    opened: Open,
) -> None:
    recorder = opened(national_ladder())
    record(recorder, visit("V1", "2025-05-01", "08:00", "18:00"))
    data = {"redemption": "R1", "merchant": "M01", "item": "SKU-1", "points": "8"}
    held = event("redemption.hold-requested", "V1", "2025-05-02T10:00", data, None, "till/1")
    record(recorder, [held])
    record(recorder, [check_out("V1", "2025-05-01T09:00")])
    record(recorder, [till("confirm", "V1", "R1", "2025-05-02T10:01")])
    assert purse(recorder) == ("-7", "7")
    half = policy("debt: {offset: 0.5, write_off: never}")
    recorder.adopt(half, datetime.fromisoformat("2025-01-01").date())
    recorder.apply_adoptions()
    assert purse(recorder) == ("0", "7")
    recorder.adopt(national_ladder(), datetime.fromisoformat("2025-05-03").date())
    recorder.apply_adoptions()
    record(recorder, visit("V1", "2025-05-04", "08:00", "11:00"))  # now all of it is offset
    assert purse(recorder) == ("0", "4")


def test_a_score_below_zero_is_no_debt(opened: Open) -> None:
    recorder = opened(policy("below_zero: allow"))
    overspend(recorder)
    assert purse(recorder) == ("-7", "")


def test_nobody_sends_in_a_fact_of_the_ledger_or_approves_alone() -> None:
    for sent, wrong in (
        (report("V1", "~write-off", "2025-05-01T10:00", reason="x"), "data.fact"),
        (check_in("V1", "2025-05-01T10:00").replace(b'"place"', b'"fact": "~refund", "place"'),
         "data.fact"),
        (forgive("V1", "2025-05-01T10:00", approved_by=" 张三"), "somebody else"),
        (forgive("V1", "2025-05-01T10:00", "0"), "must be more than 0"),
    ):  # fmt: skip
        with pytest.raises(MalformedEventError, match=wrong):
            decode(sent)


def test_a_share_is_from_nothing_to_all() -> None:
    text = national_ladder().text
    found = check(text.replace("offset: 1,", "offset: 1.5,"))
    assert [one.message for one in found] == ["an offset of 1.5 is no share of what is earned"]
    found = check(text.replace("offset: 1,", ""))
    assert [one.message for one in found] == ["'offset' is missing here"]
