"""What became of a basket, and how does it get there? Lines that are held and paid together.

A till gives each basket a key of its own; its lines are the redemptions `<key>/1`, `<key>/2` … So
a till that got no answer asks again under the same key, and nothing is taken twice. What is asked
of all lines is recorded in one transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, func, or_, select

from ledger.core.entries import BATCH_SPAN, RedemptionDecision
from ledger.core.intake import Arrival, Rejected
from ledger.errors import LedgerError
from ledger.recording.desk import arrival
from ledger.recording.recorder import Outcome, Recorder
from ledger.store.tables import batch, redemption
from ledger.volunteers.accounts import Period
from schemas import CloudEvent
from schemas.redemption import (
    CancelRequested,
    ConfirmRequested,
    HoldRequested,
    RedemptionRequested,
    RefundRequested,
)

LineState = Literal["held", "paid", "refused", "cancelled", "lapsed", "refunded"]

Record = Callable[[Sequence[Arrival]], Sequence[tuple[Outcome, Rejected | None]]]
"""Records arrivals in one transaction; what became of each, with the reject it was kept as."""

_OPENING = ("hold", "redeem")

UNDO = "undo"
"""The till's own id of a refund by which a basket that was bought at once comes to nothing."""


class Wanted(NamedTuple):
    """A line as it is asked for."""

    item: str
    pieces: int


class Back(NamedTuple):
    """A line to give back: `points` a decimal text, None for all that is left of it."""

    line: int
    points: str | None = None
    restock: int = 0


class UsedKeyError(LedgerError):
    """The key is another basket's."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line; `units` (of `currency`) are set aside or paid, `returned` are back of them.

    `reason` is why the newest thing that was asked of it was refused; "" if it was not. `refunds`
    are the till's own ids of those that were carried out.
    """

    redemption: str
    item: str
    count: int
    currency: str
    units: int
    returned: int
    state: LineState
    reason: str
    voucher: str
    expires_at: int | None
    refunds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Basket:
    """A basket of one wallet at one shop; `at` and `changed_at` in µs.

    `available` are units that the wallet could spend after the last answer.
    """

    key: str
    volunteer: str
    merchant: str
    at: int
    changed_at: int
    available: int
    lines: tuple[Line, ...]

    def among(self, *states: LineState) -> list[Line]:
        return [line for line in self.lines if line.state in states]

    @property
    def wanted(self) -> list[Wanted]:
        return [Wanted(line.item, line.count) for line in self.lines]

    @property
    def state(self) -> LineState:
        """That of its lines which are furthest: what is paid or held counts for the whole."""
        order: tuple[LineState, ...] = ("held", "paid", "refunded", "lapsed", "cancelled")
        return next((one for one in order if self.among(one)), "refused")


# Asking -------------------------------------------------------------------------------------------


def find(connection: Connection, key: str, now: int) -> Basket | None:
    """The basket of that key as it is at `now` (µs); a redemption without lines is one of one."""
    return _found(connection, [key], now).get(key)


def _found(connection: Connection, keys: Collection[str], now: int) -> dict[str, Basket]:
    """The baskets of these keys, by their keys."""
    if not keys:
        return {}
    own = redemption.c.redemption
    theirs = or_(
        *(or_(own == key, (own >= f"{key}/") & (own < f"{key}0")) for key in keys)
    )  # "0" comes after "/"
    rows = connection.execute(select(redemption).where(theirs).order_by(redemption.c.id))
    return _baskets(map(RedemptionDecision._make, rows), now)


def opened_at(
    connection: Connection, merchant: str, period: Period, now: int, limit: int
) -> list[Basket]:
    """What a shop held or sold, that came in within a period; the newest first."""
    first = connection.execute(
        select(func.min(batch.c.id)).where(batch.c.recorded_at >= period.since)
    ).scalar()
    end = connection.execute(
        select(func.min(batch.c.id)).where(batch.c.recorded_at >= period.until)
    ).scalar()
    if first is None:
        return []
    ident = redemption.c.id
    asked = select(redemption.c.redemption).where(
        ident >= first * BATCH_SPAN,
        redemption.c.merchant == merchant,
        redemption.c.command.in_(_OPENING),
        redemption.c.status == "accepted",
        redemption.c.repeats.is_(None),
    )
    if end is not None:
        asked = asked.where(ident < end * BATCH_SPAN)
    every = map(key_of, connection.execute(asked.order_by(ident.desc())).scalars())
    keys = list(dict.fromkeys(every))[:limit]
    found = _found(connection, keys, now)
    return [found[key] for key in keys if key in found]


def key_of(ident: str) -> str:
    """The key of the basket that a redemption is a line of, or is itself."""
    key, slash, number = ident.rpartition("/")
    return key if slash and key and number.isascii() and number.isdecimal() else ident


def _baskets(rows: Iterable[RedemptionDecision], now: int) -> dict[str, Basket]:
    lines: dict[str, dict[str, list[RedemptionDecision]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        lines[key_of(row.redemption)][row.redemption].append(row)
    found = {}
    for key, by_line in lines.items():
        opened = {ident: known for ident, known in by_line.items() if known[0].command in _OPENING}
        if not opened:
            continue
        ordered = sorted(opened.items(), key=lambda one: (len(one[0]), one[0]))
        every = [row for _, known in ordered for row in known]
        first, last = min(every, key=_id), max(every, key=_id)
        found[key] = Basket(
            key,
            first.volunteer,
            first.merchant,
            first.effective_at,
            last.effective_at,
            last.available,
            tuple(_line(ident, known, now) for ident, known in ordered),
        )
    return found


def _id(row: RedemptionDecision) -> int:
    return row.id


def _line(ident: str, rows: Sequence[RedemptionDecision], now: int) -> Line:
    first = rows[0]
    done = [one for one in rows if one.status == "accepted" and not one.repeats]
    bought = next((one for one in done if one.command in ("redeem", "confirm")), None)
    refunds = [one for one in done if one.command == "refund"]
    returned = sum(one.points for one in refunds)
    state: LineState
    if bought is not None:
        state = "refunded" if returned and returned >= bought.points else "paid"
    elif first.status != "accepted":
        state = "refused"
    elif any(one.command == "cancel" for one in done):
        state = "cancelled"
    else:
        state = "lapsed" if (first.expires_at or 0) <= now else "held"
    counts = bought or first
    return Line(
        ident,
        first.item,
        first.quantity,
        counts.currency,
        counts.points,
        returned,
        state,
        rows[-1].reason or "",
        counts.voucher,
        first.expires_at,
        tuple(one.step.removeprefix("refund/") for one in refunds),
    )


# Doing --------------------------------------------------------------------------------------------


def open_basket(
    recorder: Recorder,
    record: Record,
    key: str,
    merchant: str,
    volunteer: str,
    wanted: Sequence[Wanted],
    *,
    seconds: int | None,
    all_or_none: bool,
) -> Basket:
    """Hold all lines for `seconds`, or buy them at once (None); the same again is the same basket.

    A line may be refused. With `all_or_none` the others come to nothing then, too. Raises
    LedgerError if a line can't be asked for, UsedKeyError if the key is another basket's.
    """
    known = _find(recorder, key)
    if known is None:
        kind: type[CloudEvent] = RedemptionRequested if seconds is None else HoldRequested
        asked: list[dict[str, Any]] = [
            {
                "redemption": f"{key}/{number}",
                "merchant": merchant,
                "item": item,
                "quantity": pieces,
                "seconds": seconds,
            }
            for number, (item, pieces) in enumerate(wanted, 1)
        ]
        _ask(recorder, record, kind, volunteer, asked)
        known = _find(recorder, key)
        assert known is not None
    if (known.merchant, known.volunteer, known.wanted) != (merchant, volunteer, list(wanted)):
        raise UsedKeyError(f"{key} was used for another basket: take a new key")
    if all_or_none and known.among("refused"):
        if known.among("held"):
            return cancel(recorder, record, known)
        if known.among("paid"):
            every = [
                Back(number, None, line.count)
                for number, line in enumerate(known.lines, 1)
                if line.state == "paid"
            ]
            return refund(recorder, record, known, UNDO, every)
    return known


def confirm(recorder: Recorder, record: Record, basket: Basket) -> Basket:
    """Pay all that is held. Safe to repeat: what is paid stays as it is."""
    return _close(recorder, record, basket, ConfirmRequested)


def cancel(recorder: Recorder, record: Record, basket: Basket) -> Basket:
    """Let go all that is held. Safe to repeat."""
    return _close(recorder, record, basket, CancelRequested)


def refund(
    recorder: Recorder, record: Record, basket: Basket, own: str, lines: Sequence[Back]
) -> Basket:
    """Give lines back, under the till's own id: the same again gives back nothing more.

    A line that can't be given back says why. Raises LedgerError if there is no such line.
    """
    asked: list[dict[str, Any]] = []
    for number, points, restock in lines:
        if not 0 < number <= len(basket.lines):
            raise LedgerError(f"{basket.key} has no line {number}")
        line = basket.lines[number - 1]
        said = {"redemption": line.redemption, "refund": own, "points": points}
        asked.append({**said, "restock": min(restock, line.count)})
    _ask(recorder, record, RefundRequested, basket.volunteer, asked)
    return _again(recorder, basket)


def _close(recorder: Recorder, record: Record, basket: Basket, kind: type[CloudEvent]) -> Basket:
    held = [{"redemption": line.redemption} for line in basket.among("held")]
    if not held:
        return basket
    _ask(recorder, record, kind, basket.volunteer, held)
    return _again(recorder, basket)


def _ask(
    recorder: Recorder,
    record: Record,
    kind: type[CloudEvent],
    volunteer: str,
    asked: Iterable[Mapping[str, Any]],
) -> None:
    policy, now = recorder.policy, recorder.now()
    arrivals = [arrival(policy, now, kind, volunteer, dict(one), uuid4().hex) for one in asked]
    for _, reject in record(arrivals):
        if reject is not None:
            raise LedgerError(reject.detail)


def _find(recorder: Recorder, key: str) -> Basket | None:
    with recorder.database.read() as connection:
        return find(connection, key, recorder.now())


def _again(recorder: Recorder, basket: Basket) -> Basket:
    found = _find(recorder, basket.key)
    assert found is not None
    return found
