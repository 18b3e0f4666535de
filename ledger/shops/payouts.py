"""How are shops paid? Batches for the bank, each prepared and remitted once.

What a shop is due for a month is what came in by its end, less what went back since and what was
paid, less what is in dispute. A payout sets that aside; what the bank could not pay is due again.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, case, func, or_, select

from ledger.clock import from_micros
from ledger.core.entries import BATCH_SPAN, MERCHANT
from ledger.core.own_events import SOURCE
from ledger.core.redeeming import PAYOUT, PAYOUT_ID
from ledger.core.rulebook import MONEY, PolicyText
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.sheets import Row, Sheet, write_sheets, yuan
from ledger.shops.disputes import Key, Moved, disputes, moved_for
from ledger.shops.settlement import period_of
from ledger.shops.settlement.statement import PAID, is_month, shop_names
from ledger.store import bulk
from ledger.store.tables import batch, book_entry, event, posting
from ledger.volunteers.accounts import balances
from schemas import decode_logged
from schemas.own import Payout, PayoutLine, PayoutPrepared, PayoutRemitted, Remittance

BANK_HEADINGS = ("商户", "名称", "金额(元)", "批次", "摘要")


class PayoutBatch(NamedTuple):
    """A payout; `prepared` and `remitted` (None: the bank has not paid yet) are events' times, µs.

    `failed` are the lines that the bank could not pay: those shops are due the money again.
    """

    id: str
    month: str
    lines: Sequence[PayoutLine]
    by: str
    prepared: int
    failed: Sequence[PayoutLine] = ()
    reference: str = ""
    remitted_by: str = ""
    remitted: int | None = None

    @property
    def total(self) -> int:
        """Fen that were set aside."""
        return sum(line.fen for line in self.lines)

    @property
    def paid(self) -> int:
        """Fen that the bank has paid."""
        return 0 if self.remitted is None else self.total - sum(line.fen for line in self.failed)


# What is due ---------------------------------------------------------------------------------


def due(connection: Connection, until: int) -> dict[str, int]:
    """By shop, the fen that it is due for the time before `until` (µs), by what is known now."""
    sums = _came_in_and_paid(connection, until)
    open_disputes = disputes(connection)
    back = _gone_back_since(connection, until)
    moved = moved_for(
        connection, {ident for _, ident in back} | {one.redemption for one in open_disputes}
    )
    for key, fen in back.items():
        sums[key[0]] -= min(fen, _before(moved, key, until))
    for one in open_disputes:
        key = one.merchant, one.redemption
        sums[one.merchant] -= max(0, min(one.cost, _before(moved, key, until)))
    return {shop: fen for shop, fen in sorted(sums.items()) if fen > 0}


def _came_in_and_paid(connection: Connection, until: int) -> dict[str, int]:
    """By shop, all postings known before `until`, and all payments whenever they were."""
    counted = or_(batch.c.recorded_at < until, book_entry.c.kind.in_(PAID))
    rows = connection.execute(
        select(posting.c.account, func.sum(case((counted, posting.c.amount), else_=0)))
        .join(book_entry, book_entry.c.id == posting.c.entry)
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .where(posting.c.account.startswith(MERCHANT), posting.c.currency == MONEY)
        .group_by(posting.c.account)
    )
    return defaultdict(int, {name.removeprefix(MERCHANT): int(fen) for name, fen in rows})


def _gone_back_since(connection: Connection, until: int) -> dict[Key, int]:
    """Refunds and refused disputes known from `until` on, in fen."""
    rows = connection.execute(
        select(posting.c.account, book_entry.c.memo, func.sum(posting.c.amount))
        .join(book_entry, book_entry.c.id == posting.c.entry)
        .join(batch, batch.c.id == posting.c.entry // BATCH_SPAN)
        .where(
            posting.c.account.startswith(MERCHANT),
            posting.c.currency == MONEY,
            book_entry.c.kind.in_(("refund", "dispute")),
            batch.c.recorded_at >= until,
        )
        .group_by(posting.c.account, book_entry.c.memo)
    )
    return {(name.removeprefix(MERCHANT), ident): -int(fen) for name, ident, fen in rows}


def _before(moved: Mapping[Key, Sequence[Moved]], key: Key, until: int) -> int:
    """What the shop had of a redemption before `until`."""
    return sum(one.fen for one in moved.get(key, ()) if one.recorded_at < until)


# Preparing and remitting ---------------------------------------------------------------------


def prepare(recorder: Recorder, month: str, by: str = "") -> PayoutBatch:
    """Set aside for the bank what every shop is due for a month (YYYY-MM), once.

    Raises LedgerError if nothing is due.
    """
    if not is_month(month):
        raise LedgerError(f"{month!r} is not a month: write it as 2026-05")

    def decide(connection: Connection, policy: PolicyText, now: int) -> PayoutPrepared:
        span = period_of(month, policy)
        if span.since > now:
            raise LedgerError(f"{month} has not begun: nothing can be due for it")
        owed = due(connection, span.until)
        if not owed:
            raise LedgerError(_nothing_due(connection, month))
        number = 1 + sum(one.month == month for one in payouts(connection))
        ident = f"{PAYOUT_ID}{month}/{number}"
        lines = [PayoutLine(merchant=shop, fen=fen) for shop, fen in owed.items()]
        return PayoutPrepared(
            specversion="1.0",
            id=ident,
            source=SOURCE,
            time=from_micros(now, UTC),
            subject=ident,
            data=Payout(month=month, lines=lines, by=by),
        )

    with _told_plainly():
        made = recorder.pay_out(decide)
    with recorder.database.read() as connection:
        if made is None:
            raise LedgerError(_nothing_due(connection, month))
        return find(connection, made.subject)


def remit(
    recorder: Recorder, ident: str, failed: Collection[str] = (), reference: str = "", by: str = ""
) -> PayoutBatch:
    """Record that the bank has paid a payout, but for the shops that `failed`: once.

    Raises LedgerError if that was recorded before, or a shop is not in it.
    """

    def decide(connection: Connection, _: PolicyText, now: int) -> PayoutRemitted:
        known = find(connection, ident)
        if known.remitted is not None:
            raise LedgerError(f"{known.id} was remitted before: see `vledger payout list`")
        back = [line for line in known.lines if line.merchant in failed]
        unknown = sorted(set(failed) - {line.merchant for line in back})
        if unknown:
            raise LedgerError(f"{', '.join(unknown)}: not in {known.id}, so it can't have failed")
        paid = known.total - sum(line.fen for line in back)
        return PayoutRemitted(
            specversion="1.0",
            id=f"{known.id}/remitted",
            source=SOURCE,
            time=from_micros(now, UTC),
            subject=known.id,
            data=Remittance(failed=back, fen=paid, reference=reference, by=by),
        )

    with recorder.database.read() as connection:
        find(connection, ident)
    with _told_plainly():
        recorder.pay_out(decide)
    with recorder.database.read() as connection:
        return find(connection, ident)


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        said = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise LedgerError("; ".join(said)) from None


def _nothing_due(connection: Connection, month: str) -> str:
    waiting = [one.id for one in payouts(connection) if one.remitted is None]
    told = f"no shop is due anything for {month}"
    if waiting:
        return f"{told}: what was is in {', '.join(waiting)}, which waits for the bank"
    return f"{told}: see `vledger settlement {month}`"


# Listing -------------------------------------------------------------------------------------


def payouts(connection: Connection) -> list[PayoutBatch]:
    """All payouts, the oldest first."""
    accounts = [one.account.removeprefix(PAYOUT) for one in balances(connection, PAYOUT)]
    return list(_read(connection, [f"{PAYOUT_ID}{one}" for one in accounts]))


def find(connection: Connection, ident: str) -> PayoutBatch:
    """A payout by its id, with or without `payout/`. Raises LedgerError if there is none."""
    ident = ident if ident.startswith(PAYOUT_ID) else PAYOUT_ID + ident
    found = next(_read(connection, [ident]), None)
    if found is None:
        raise LedgerError(f"there is no payout {ident}: `vledger payout list` lists them")
    return found


def _read(connection: Connection, idents: Sequence[str]) -> Iterator[PayoutBatch]:
    found: dict[str, PayoutBatch] = {}
    rows = connection.execute(
        select(event.c.at, event.c.content)
        .where(event.c.source == SOURCE, bulk.among(connection, event.c.subject, idents))
        .order_by(event.c.seq)
    )
    for at, content in rows:
        match decode_logged(content):
            case PayoutPrepared(subject=ident, data=data):
                found[ident] = PayoutBatch(ident, data.month, data.lines, data.by, at)
            case PayoutRemitted(subject=ident, data=data):
                found[ident] = found[ident]._replace(
                    failed=data.failed, reference=data.reference, remitted_by=data.by, remitted=at
                )
    yield from found.values()


def export(connection: Connection, ident: str, file: Path) -> PayoutBatch:
    """Write a payout for the bank (.xlsx or .csv), as it was prepared."""
    known = find(connection, ident)
    names = shop_names(connection)

    def rows() -> Iterator[Row]:
        for line in known.lines:
            name = names.get(line.merchant, "")
            why = f"{known.month} 积分兑换结算"
            yield line.merchant, name, yuan(line.fen), known.id, why

    sheet = Sheet(f"付款 {known.id.removeprefix(PAYOUT_ID).replace('/', ' ')}", BANK_HEADINGS, ())
    write_sheets(file, [sheet._replace(rows=rows())], in_csv=sheet._replace(rows=rows()))
    return known
