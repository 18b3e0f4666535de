"""Does every simulated world end as the model says, and would the simulation notice if not?

A core does three or four seeds a second; one of ten is also replayed. `.ci/run` goes on with a
thousand. A failing seed is seen again with `python -m tests.simulation --seed N`.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

import ledger.core.fold
import ledger.recording.folding
import ledger.store.dossiers
from ledger.clock import SECOND
from ledger.core.redeeming import Hold, Shop, Till
from ledger.recording.recorder import Receipt, Recorder
from ledger.store.unit_of_work import EventRow, Position, UnitOfWork
from streams.relay import Relay
from tests.simulation.run import simulate, simulate_all

SEEDS = 20
TRIES = 40
"""Seeds within which a planted mistake has to be noticed."""


def test_every_world_ends_as_the_model_says() -> None:
    outcomes = list(simulate_all(range(SEEDS), jobs=2))
    assert {one.seed: one.wrong for one in outcomes if one.wrong} == {}
    assert len(outcomes) == SEEDS


def test_a_seed_gives_the_same_run_again() -> None:
    assert simulate(7) == simulate(7)


def an_offset_stored_before_the_effects(patch: pytest.MonkeyPatch) -> None:
    """A crash in between loses the batch."""
    record = Recorder.record

    def careless(
        self: Recorder, arrivals: Any, lane: Any, positions: Sequence[Position] = (), **more: Any
    ) -> Receipt:
        if positions:
            with self.database.write() as connection:
                UnitOfWork(connection).advance(positions)
        return record(self, arrivals, lane, positions, **more)

    patch.setattr(Recorder, "record", careless)


def no_fence(patch: pytest.MonkeyPatch) -> None:
    """Whoever was the owner once goes on writing."""

    def advance(self: UnitOfWork, positions: Sequence[Position]) -> None:
        self.connection.exec_driver_sql(
            "UPDATE consumer_offset SET next_offset = ? WHERE topic = ? AND partition = ?",
            [(one.next_offset, one.topic, one.partition) for one in positions],
        )

    patch.setattr(UnitOfWork, "advance", advance)


def events_known_within_a_batch_only(patch: pytest.MonkeyPatch) -> None:
    """What comes again in a later batch is an event once more."""
    append, contents = UnitOfWork.append_events, UnitOfWork.contents

    def forgetful(self: UnitOfWork, rows: Sequence[EventRow]) -> None:
        known = contents(self, {(row.source, row.id) for row in rows})
        again = [
            row._replace(id=f"{row.id} again") if (row.source, row.id) in known else row
            for row in rows
        ]
        append(self, again)

    patch.setattr(UnitOfWork, "append_events", forgetful)
    patch.setattr(UnitOfWork, "contents", lambda *_: {})


def holds_that_lapse_by_the_tills_clock(patch: pytest.MonkeyPatch) -> None:
    """What is on hold lapses when a till, whose clock is ahead, says so."""

    def ahead(
        rules: Any, volunteer: str, holds: Iterable[Hold], decided: Any, shop: Shop, *more: Any
    ) -> Till:
        live = [one for one in holds if one.expires_at > shop.now + 10 * SECOND]
        return Till(rules, volunteer, live, decided, shop, *more)

    patch.setattr(ledger.recording.folding, "Till", ahead)


def a_relay_that_forgets_first(patch: pytest.MonkeyPatch) -> None:
    """A crash before the answers are out loses them."""
    look = Relay._look

    def hasty(self: Relay, *about: Any) -> Any:
        found = look(self, *about)
        with self._recorder.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM outbox")
        return found

    patch.setattr(Relay, "_look", hasty)


def claims_that_count_by_themselves(patch: pytest.MonkeyPatch) -> None:
    """Whoever says that he stayed until then has stayed until then."""
    patch.setattr(ledger.core.fold, "questioned", lambda _marks: [])


def dossiers_in_the_order_of_arrival(patch: pytest.MonkeyPatch) -> None:
    """What arrives last has happened last."""
    patch.setattr(ledger.store.dossiers, "in_order", list)


@pytest.mark.parametrize(
    "plant",
    [
        an_offset_stored_before_the_effects,
        no_fence,
        events_known_within_a_batch_only,
        holds_that_lapse_by_the_tills_clock,
        a_relay_that_forgets_first,
        claims_that_count_by_themselves,
        dossiers_in_the_order_of_arrival,
    ],
)
def test_a_planted_mistake_is_noticed(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert any(simulate(seed, replay=False).wrong for seed in range(1, TRIES))
