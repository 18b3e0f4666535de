"""Who owes points (欠分), and how is a debt forgiven?

A debt is what a correction leaves of points that were already spent. It stands below zero in the
wallet, or in an account of debts, as the policy says.
"""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, func, or_, select

from ledger.clock import SECOND, from_micros
from ledger.core.entries import DEBTS, account, wallet
from ledger.core.intake import CLOCK_TOLERANCE, Arrival
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.policy import WRITE_OFFS
from ledger.recording.recorder import Recorder
from ledger.store.tables import account_balance, event, judgement, points_entry, volunteer_state
from ledger.volunteers.queries import summary
from schemas import DebtWrittenOff
from schemas.debts import WriteOff

DESK = "desk"
"""The source of what is recorded by hand."""


class Owed(NamedTuple):
    """What a volunteer owes of a currency; decimal texts, `balance` being the wallet's."""

    volunteer: str
    currency: str
    debt: str
    balance: str


def debts(connection: Connection, rules: Rulebook, now: int) -> list[Owed]:
    """All debts at `now` (µs), the largest first."""
    found = [
        Owed(volunteer, currency, purse.debt, purse.balance)
        for volunteer in _candidates(connection)
        if (standing := summary(connection, rules, volunteer, now)) is not None
        for currency, purse in standing.currencies.items()
        if purse.debt
    ]
    return sorted(found, key=lambda one: (-Decimal(one.debt), one.volunteer, one.currency))


def _candidates(connection: Connection) -> list[str]:
    """Volunteers with something below zero, in the wallet or in the account of debts."""
    row, wallets = account_balance.c, wallet("")
    accounts = connection.execute(
        select(row.account)
        .where(or_(row.account.startswith(wallets), row.account.startswith(DEBTS)))
        .group_by(row.account, row.currency)
        .having(func.sum(row.balance) < 0)
    )
    return sorted({name.removeprefix(wallets).removeprefix(DEBTS) for name in accounts.scalars()})


class WrittenOff(NamedTuple):
    """What became of a write-off: what was forgiven (decimal text), or why the policy refused."""

    currency: str
    amount: str
    reason: str


def write_off(
    recorder: Recorder, volunteer: str, forgiven: WriteOff, ident: str, now: int
) -> WrittenOff:
    """Record a write-off at `now` (µs) under the event id `ident`.

    It comes after all that is known of the volunteer: two in one second are not told apart by
    their time, and what was said of the first would change with the second.

    What the policy refuses is recorded too, as a judgement with the reason. Raises LedgerError if
    nobody has that id, or the event can't be taken in.
    """
    with recorder.database.read() as connection:
        if summary(connection, recorder.rules, volunteer, now) is None:
            raise LedgerError(f"there is no volunteer {volunteer}: `vledger debts` lists who owes")
        last = connection.execute(
            select(volunteer_state.c.last_end).where(volunteer_state.c.volunteer == volunteer)
        ).scalar_one()
    after = min((last + 1) * SECOND, now + CLOCK_TOLERANCE)
    happened = DebtWrittenOff(
        specversion="1.0",
        id=ident,
        source=DESK,
        time=from_micros(max(now, after), UTC),
        subject=volunteer,
        data=forgiven,
    )
    content = happened.model_dump_json(exclude_none=True).encode()
    receipt = recorder.record([Arrival(content, DESK)])
    if receipt.rejects:
        raise LedgerError(receipt.rejects[0].detail)
    policy = recorder.policy
    currency = forgiven.currency or policy.currency
    with recorder.database.read() as connection:
        its_seq = event.c.source == DESK, event.c.id == ident
        amount = connection.execute(
            select(func.coalesce(func.sum(points_entry.c.amount), 0))
            .join(event, event.c.seq == points_entry.c.event)
            .where(*its_seq, points_entry.c.counter == account(WRITE_OFFS, currency))
        ).scalar_one()
        said = connection.execute(
            select(judgement.c.content)
            .join(event, event.c.seq == judgement.c.event)
            .where(*its_seq)
            .order_by(judgement.c.id.desc())
            .limit(1)
        ).scalar_one()
    return WrittenOff(currency, policy.amount(int(amount), currency), _reason(orjson.loads(said)))


def _reason(said: Mapping[str, Any]) -> str:
    """Why nothing was forgiven; "" if something was."""
    if "why" in said:
        return str(said["why"])
    return "; ".join(refusal["reason"] for refusal in said["refusals"])
