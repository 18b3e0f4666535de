"""Is every text that comes in recorded or set aside with its reason, and never an accident?"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from ledger.core.intake import Arrival, Received, Rejected, receive
from ledger.core.rulebook import PolicyText, national_ladder, parse
from ledger.recording.catching_up import catch_up
from ledger.recording.recorder import Recorder
from ledger.recording.rejects import list_rejects
from ledger.store.database import Database
from ledger.store.tables import event, reject
from ledger.verify import verify
from tests.effort import examples
from tests.fuzz.events import batches, lines

POLICIES = Path(__file__).parents[2] / "ledger" / "policies"
NOW = 1_782_000_000 * 10**6
"""In June 2026, µs."""


def published() -> Iterator[PolicyText]:
    """The policies that ship with the ledger."""
    for path in sorted(POLICIES.glob("*.yaml")):
        yield parse(path.read_text(encoding="utf-8"), path.name)


ALL = list(published())


@examples(300)
@given(lines(national_ladder()))
def test_a_text_is_an_event_or_a_reject_with_its_reason(line: bytes) -> None:
    taken = receive(Arrival(line, "line 1"), NOW)
    match taken:
        case Rejected(code=code, detail=detail):
            assert code
            assert detail
            assert len(detail) < 5_000
        case Received(at=at):
            assert 0 <= at < 2**63


@examples(40)
@given(st.data())
def test_whatever_comes_in_is_counted_and_leaves_a_sound_ledger(data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from(ALL), "policy")
    database = Database("sqlite://")
    database.create()
    try:
        recorded(database, policy, data.draw(batches(policy), "batches"))
    finally:
        database.close()


@pytest.mark.parametrize("turn", range(1))
def test_postgres_takes_and_refuses_the_same(turn: int, postgres_url: str) -> None:
    database = Database(postgres_url)
    database.create()

    @examples(8)
    @given(st.data())
    def run(data: st.DataObject) -> None:
        recorded(database, policy, data.draw(batches(policy), "batches"))

    policy = ALL[turn]
    try:
        run()
    finally:
        database.close()


def recorded(database: Database, policy: PolicyText, arriving: Sequence[Sequence[bytes]]) -> None:
    """Record batches, and look whether nothing is lost and everything holds."""
    recorder = Recorder(database, policy, clock=lambda: NOW)
    for number, contents in enumerate(arriving):
        before = _kept(database)
        arrivals = [Arrival(one, f"{number}:{line}") for line, one in enumerate(contents)]
        receipt = recorder.record(arrivals)
        assert len(receipt.outcomes) == len(arrivals)
        counts = receipt.counts()
        assert counts["read"] == counts["applied"] + counts["duplicates"] + counts["rejected"]
        after = _kept(database)
        rejected = {one.id for one in receipt.rejects}
        assert len(receipt.rejects) == counts["rejected"]
        assert after[0] - before[0] >= counts["applied"]  # and the ledger's own
        with database.read() as connection:
            assert rejected <= {one.id for one in list_rejects(connection)}
    while catch_up(recorder):
        pass
    _, findings = verify(database, lambda _events: None)
    assert findings == []


def _kept(database: Database) -> tuple[int, int]:
    with database.read() as connection:
        return (
            connection.execute(select(func.count()).select_from(event)).scalar_one(),
            connection.execute(select(func.count()).select_from(reject)).scalar_one(),
        )
