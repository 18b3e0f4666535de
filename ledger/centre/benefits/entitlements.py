"""What may a volunteer still claim of what was granted, and which uses have no cover? Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from ledger.centre.benefits.steps import Step

State = Literal["open", "used", "expired", "withdrawn"]


class Lot(NamedTuple):
    """One grant that stands: `amount` of the `benefit` from `at` (µs) to the day `until` or "".

    With `choices`, each of them is one of these.
    """

    id: int
    benefit: str
    at: int
    amount: int
    until: str = ""
    choices: tuple[str, ...] = ()


class Claim(NamedTuple):
    """What is left of a lot at a moment."""

    lot: Lot
    used: int
    state: State

    @property
    def left(self) -> int:
        """How much of it may be had now."""
        return self.lot.amount - self.used if self.state == "open" else 0


class Covered(NamedTuple):
    """A use; `short`: how much of it no grant covers, and `why` so."""

    step: Step
    short: int
    why: str


def settle(
    lots: Iterable[Lot], steps: Sequence[Step], now: int, day_of: Callable[[int], str]
) -> tuple[list[Claim], list[Covered]]:
    """Uses, in the order in which they happened, take what expires first. `day_of`: of an instant.

    A use that was cancelled took nothing. A withdrawal closes what was granted up to then.
    """
    ranked = sorted(lots, key=lambda lot: (lot.until or "~", lot.at, lot.id))
    withdrawn = [one for one in steps if one.kind == "withdrawn"]
    used = dict.fromkeys((lot.id for lot in ranked), 0)
    covered = []
    for use in steps:
        if use.kind != "used" or use.ended_at is not None:
            continue
        short = use.times
        for lot in ranked:
            if not short:
                break
            if not _why_not(lot, use, withdrawn, day_of):
                taken = min(short, lot.amount - used[lot.id])
                used[lot.id] += taken
                short -= taken
        why = _refusal(ranked, use, withdrawn, day_of) if short else ""
        covered.append(Covered(use, short, why))
    today = day_of(now)
    claims = []
    for lot in ranked:
        state: State = "open"
        if used[lot.id] >= lot.amount:
            state = "used"
        elif _is_withdrawn(lot, now, withdrawn):
            state = "withdrawn"
        elif lot.until and today > lot.until:
            state = "expired"
        claims.append(Claim(lot, used[lot.id], state))
    return claims, covered


def _why_not(lot: Lot, use: Step, withdrawn: Sequence[Step], day_of: Callable[[int], str]) -> str:
    """Why the lot is none that this use may take from; "" if it is one."""
    if lot.benefit != use.benefit or lot.at > use.at:
        return "nothing of it had been granted then 当时未获此礼遇"
    if lot.choices and use.choice not in lot.choices:
        return f"choice: must be one of {', '.join(lot.choices)} 须从所列项目中选一项"
    if _is_withdrawn(lot, use.at, withdrawn):
        return "it was withdrawn 已被取消"
    if lot.until and day_of(use.at) > lot.until:
        return f"it expired with {lot.until} 已于该日过期"
    return ""


def _refusal(
    lots: Sequence[Lot], use: Step, withdrawn: Sequence[Step], day_of: Callable[[int], str]
) -> str:
    """The reason that comes nearest: of lots that were there for it, else that there are none."""
    own = [lot for lot in lots if lot.benefit == use.benefit and lot.at <= use.at]
    if not own:
        return "nothing of it had been granted then 当时未获此礼遇"
    reasons = [_why_not(lot, use, withdrawn, day_of) for lot in own]
    return reasons[0] if all(reasons) else "all of it is used 已全部享受"


def _is_withdrawn(lot: Lot, at: int, withdrawn: Sequence[Step]) -> bool:
    return any(
        one.benefit == lot.benefit
        and lot.at <= one.at <= at
        and (one.ended_at is None or at < one.ended_at)
        for one in withdrawn
    )
