"""How are the wallets of a batch folded? On their states; late ones on what their history takes.

A history begins at the newest snapshot that nothing new can touch, or is whole.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ledger.core.attendance import CLAIM, Mark
from ledger.core.entries import Journal, RedemptionDecision
from ledger.core.fold import History, HistoryNeededError, Step, VolunteerFold, VolunteerState
from ledger.core.redeeming import Gift, RedemptionRequest, Till
from ledger.core.rulebook import Rulebook
from ledger.core.snapshots import Snapshot, has_some, newest_before, reach, targets
from ledger.store.shop import Tills
from ledger.store.unit_of_work import UnitOfWork


class Folded(NamedTuple):
    """The states of some wallets as they come out, and the entries that lead there."""

    states: dict[str, VolunteerState]
    journal: Journal


class Folding:
    """Folds wallets of a batch. Their histories are what was logged before the number `before`."""

    def __init__(
        self,
        unit: UnitOfWork,
        rules: Rulebook,
        before: int,
        next_id: Callable[[], int],
        tills: Tills,
    ) -> None:
        self._unit = unit
        self._rules = rules
        self._next_id = next_id
        self._before = before
        self._tills = tills
        self.gifts: list[Gift] = []
        self.claimed: set[str] = set()
        """Wallets whose marks were paired anew and have claims among them."""
        self.begun: dict[str, int] = {}
        """How many facts the state had from which each wallet was folded on."""

    def run(
        self,
        steps: Mapping[str, Sequence[Step]],
        states: Mapping[str, VolunteerState],
        before: Journal,
        size: int,
    ) -> Iterator[Folded]:
        """Fold each wallet's steps onto its state, in parts of so many wallets.

        The first goes on from the entries `before`; those that are late are in the last.
        """
        part = Folded({}, before)
        late: list[str] = []
        for wallet, taken in steps.items():
            if len(part.states) >= size:
                yield part
                part = Folded({}, Journal())
            if not self._fold(states[wallet], taken, None, part):
                late.append(wallet)
        if late:
            self._unit.flush()  # what a late one is about may be in this batch
            bases = self._bases(late, steps, states)
            failed = self._refold(bases, steps, states, part)
            if failed:
                whole = dict.fromkeys(failed)
                self._refold(whole, steps, states, part)
        yield part

    def _bases(
        self,
        late: Sequence[str],
        steps: Mapping[str, Sequence[Step]],
        states: Mapping[str, VolunteerState],
    ) -> dict[str, Snapshot | None]:
        """Where the history of each begins."""
        kept = self._unit.snapshots([one for one in late if has_some(states[one])])
        amendments = self._rules.timeline.amendments.keys()
        about = {of for wallet in kept for of in targets(steps[wallet], amendments)}
        times = self._unit.times_of(about)
        bases: dict[str, Snapshot | None] = dict.fromkeys(late)
        for wallet, snapshots in kept.items():
            reached = reach(states[wallet], steps[wallet], amendments, times)
            bases[wallet] = newest_before(reached, snapshots, self._rules)
        return bases

    def _refold(
        self,
        bases: Mapping[str, Snapshot | None],
        steps: Mapping[str, Sequence[Step]],
        states: Mapping[str, VolunteerState],
        part: Folded,
    ) -> list[str]:
        """Fold late wallets on their histories; those that need more of it."""
        histories = self._unit.histories(self._rules, bases, self._before)
        failed = [
            wallet
            for wallet, history in histories.items()
            if not self._fold(states[wallet], steps[wallet], history, part)
        ]
        self._unit.forget_snapshots(
            {
                wallet: 0 if base is None else base.batch
                for wallet, base in bases.items()
                if has_some(states[wallet]) and wallet not in failed
            }
        )
        return failed

    def _fold(
        self,
        state: VolunteerState,
        steps: Sequence[Step],
        history: History | None,
        part: Folded,
    ) -> bool:
        """Fold one wallet; False if that takes the history, or more of it than is given."""
        wallet, shop, journal = state.volunteer, self._tills.shop, part.journal
        till: Till | None = None
        held = self._tills.holds.get(wallet, [])
        if RedemptionRequest in map(type, steps):
            till = Till(self._rules, wallet, held, self._decisions, shop)
        mark, before, answered = shop.mark(), journal.mark(), len(journal.redemptions)
        fold = VolunteerFold(self._rules, state, self._next_id, journal, history=history, till=till)
        try:
            fold.run(steps)
        except HistoryNeededError:
            if history is not None and history.base is None:
                raise
            shop.undo_to(mark)
            journal.undo_to(before)
            return False
        if history is not None and _is_claimed(history.happenings):
            self.claimed.add(wallet)
        if till is not None:
            for decision in journal.redemptions[answered:]:
                self._tills.decided.setdefault(decision.redemption, []).append(decision)
            self._unit.keep_holds(held, till.holds.values())
            self.gifts += till.gifts
        begun = state if history is None else history.base
        self.begun[wallet] = 0 if begun is None else begun.facts
        part.states[wallet] = fold.state
        return True

    def _decisions(self, redemption: str) -> Sequence[RedemptionDecision]:
        return self._tills.decided.get(redemption, ())


def _is_claimed(happenings: Iterable[Step]) -> bool:
    return any(isinstance(one, Mark) and one.direction == CLAIM for one in happenings)
