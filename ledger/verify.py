"""Does everything that the ledger promises hold? Each check names what broke."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, and_, case, func, or_, select

from ledger.audit.checking import ITSELF, Against, audit
from ledger.core.entries import DEBTS, FUND, MERCHANT, WALLETS
from ledger.core.redeeming import BANK, PAYOUT, REFUNDED, payout_account, unpack
from ledger.core.rulebook import MONEY
from ledger.devices.proof import unproven
from ledger.policy import debt_key
from ledger.recording.replay import Advance, differences, rebuild, scratch
from ledger.shops.payouts import payouts
from ledger.store import certificates
from ledger.store.append_only import unprotected
from ledger.store.database import Database
from ledger.store.tables import (
    APPEND_ONLY,
    account_balance,
    book_entry,
    event,
    hour_record,
    judgement,
    level_change,
    points_entry,
    posting,
    redemption,
    tally,
    volunteer_state,
    voucher,
)
from ledger.store.unit_of_work import UnitOfWork
from ledger.volunteers.accounts import balances

SHOWN = 5
"""Examples named for one check."""


class Finding(NamedTuple):
    """Something that does not hold: which promise, and where it is broken."""

    check: str
    detail: str


class Check(NamedTuple):
    """A promise, and the query that finds what breaks it."""

    name: str
    find: Callable[[Connection], Iterator[str]]


def verify(
    database: Database, advance: Advance | None = None, against: Against = ITSELF
) -> tuple[list[str], list[Finding]]:
    """Run every check: the names of those run, and what they found.

    With `advance`, the event log is also replayed into a scratch ledger and compared row by row.
    """
    names, findings = [], []
    with database.read() as connection:
        for check in CHECKS:
            names.append(check.name)
            findings += [Finding(check.name, detail) for detail in check.find(connection)]
        for name, details in audit(database, connection, against):
            names.append(name)
            findings += [Finding(name, detail) for detail in details]
        if advance is not None:
            names.append(REPLAY)
            findings += [Finding(REPLAY, detail) for detail in _replayed(connection, advance)]
    return names, findings


REPLAY = "replaying the event log gives the same ledger"


def _replayed(connection: Connection, advance: Advance) -> Iterator[str]:
    with scratch() as rebuilt:
        rebuild(connection, rebuilt, advance)
        with rebuilt.read() as other:
            for table, detail in differences(connection, other):
                yield f"{table.name}: {detail}"


def _append_only(connection: Connection) -> Iterator[str]:
    for name in unprotected(connection, [table.name for table in APPEND_ONLY]):
        yield f"{name}: the trigger that refuses changes is missing or disabled"


def _entries_balance(connection: Connection) -> Iterator[str]:
    total = func.sum(posting.c.amount)
    for cause, currency, amount in connection.execute(
        select(posting.c.entry, posting.c.currency, total)
        .group_by(posting.c.entry, posting.c.currency)
        .having(total != 0)
        .limit(SHOWN)
    ):
        yield f"entry {cause}: its {currency} postings sum to {amount}, not 0"


def _balances(connection: Connection) -> Iterator[str]:
    posted = (
        select(posting.c.account, posting.c.currency, func.sum(posting.c.amount).label("total"))
        .group_by(posting.c.account, posting.c.currency)
        .subquery()
    )
    kept = (
        select(
            account_balance.c.account,
            account_balance.c.currency,
            func.sum(account_balance.c.balance).label("total"),
        )
        .group_by(account_balance.c.account, account_balance.c.currency)
        .subquery()
    )
    same = and_(posted.c.account == kept.c.account, posted.c.currency == kept.c.currency)
    for left, right in ((posted, kept), (kept, posted)):
        query = (
            select(left.c.account, left.c.currency, posted.c.total, kept.c.total)
            .select_from(left.outerjoin(right, same))
            .where(func.coalesce(posted.c.total, 0) != func.coalesce(kept.c.total, 0))
            .order_by(left.c.account)
            .limit(SHOWN)
        )
        for account, currency, total, balance in connection.execute(query):
            if left is posted or total is None:
                yield (
                    f"{account} {currency}: balance {balance or 0}, postings sum to {total or 0}"
                )


def _tallies(connection: Connection) -> Iterator[str]:
    """Places' figures repeat the entries: time by place, points by currency."""
    rules = UnitOfWork(connection).rules()
    if rules is None:
        return
    said: dict[tuple[str, str], int] = defaultdict(int)
    hour, kept = hour_record.c, tally.c
    for place, track, policy, seconds in connection.execute(
        select(hour.place, hour.track, hour.policy, func.sum(hour.seconds))
        .where(hour.status == "counted")
        .group_by(hour.place, hour.track, hour.policy)
    ):
        if track == rules.by_digest[policy].plan.track:
            said["seconds at", place] += int(seconds)
    for currency, amount in connection.execute(
        select(points_entry.c.currency, func.sum(points_entry.c.amount)).group_by(
            points_entry.c.currency
        )
    ):
        said["points in", currency] += int(amount)
    found: dict[tuple[str, str], int] = defaultdict(int)
    for place, seconds in connection.execute(
        select(kept.place, func.sum(kept.seconds)).where(kept.currency == "").group_by(kept.place)
    ):
        found["seconds at", place] += int(seconds)
    held = kept.issued - kept.redeemed - kept.lapsed + kept.passed
    for currency, amount in connection.execute(
        select(kept.currency, func.sum(held)).where(kept.currency != "").group_by(kept.currency)
    ):
        found["points in", currency] += int(amount)
    wrong = [one for one in {**said, **found} if said[one] != found[one]]
    for one in sorted(wrong)[:SHOWN]:
        yield f"{one[0]} {one[1]}: the figures say {found[one]}, the entries {said[one]}"


def _legs(connection: Connection) -> Iterator[str]:
    own = posting.alias()
    whose = points_entry.c.volunteer
    wallet = case(
        (or_(*(whose.startswith(prefix) for prefix in WALLETS)), whose), else_="volunteer:" + whose
    )
    at_wallet = and_(
        own.c.entry == points_entry.c.id,
        own.c.account == wallet,
        own.c.currency == points_entry.c.currency,
        own.c.amount == points_entry.c.amount,
    )
    query = select(points_entry.c.id).outerjoin(own, at_wallet).where(own.c.entry.is_(None))
    for ident in connection.execute(query.limit(SHOWN)).scalars():
        yield f"entry {ident} has no posting to the wallet that it is about"
    query = (
        select(posting.c.entry)
        .outerjoin(points_entry, points_entry.c.id == posting.c.entry)
        .outerjoin(book_entry, book_entry.c.id == posting.c.entry)
        .where(points_entry.c.id.is_(None), book_entry.c.id.is_(None))
    )
    for ident in connection.execute(query.limit(SHOWN)).scalars():
        yield f"posting of {ident}, which is no entry"


def _standings(connection: Connection) -> Iterator[str]:
    """Each state repeats what the entries say: hours by track, levels, balances, debts."""
    said = _said(connection)
    states = select(volunteer_state).order_by(volunteer_state.c.volunteer)
    shown = 0
    for row in connection.execute(states.execution_options(yield_per=5000)):
        standing = orjson.loads(row.standing) if row.standing else {}
        told = said.pop(row.volunteer, {})
        owed = {("debt", name): 0 for name in standing if name.endswith(debt_key(""))}
        for (what, name), amount in {**owed, **told}.items():
            kept = standing.get(name, 0)
            if not isinstance(kept, list) and kept != amount:
                yield f"{row.volunteer}: {what} {name} is {kept}, the entries say {amount}"
                shown += 1
        if shown >= SHOWN:
            return
    for volunteer in list(said)[:SHOWN]:
        yield f"{volunteer}: has entries but no standing"


def _said(connection: Connection) -> dict[str, dict[tuple[str, str], int]]:
    """By volunteer: hours by track, points and debt by currency, level by ladder, as entries say.

    Keys are (what it is, its name in the state).
    """
    said: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    hours = hour_record.c
    for volunteer, track, seconds in connection.execute(
        select(hours.volunteer, hours.track, func.sum(hours.seconds))
        .where(hours.status == "counted")
        .group_by(hours.volunteer, hours.track)
    ):
        said[volunteer]["hours", track] = int(seconds)
    points = points_entry.c
    for volunteer, currency, amount in connection.execute(
        select(points.volunteer, points.currency, func.sum(points.amount)).group_by(
            points.volunteer, points.currency
        )
    ):
        said[volunteer]["points", currency] = int(amount)
    for account, currency, amount in balances(connection, DEBTS):
        said[account.removeprefix(DEBTS)]["debt", debt_key(currency)] = -amount
    change = level_change.c
    newest = select(func.max(change.id)).group_by(change.volunteer, change.ladder).scalar_subquery()
    for volunteer, ladder, level in connection.execute(
        select(change.volunteer, change.ladder, change.to_level).where(change.id.in_(newest))
    ):
        said[volunteer]["level", ladder] = level
    return said


def _reversals(connection: Connection) -> Iterator[str]:
    signed = ((hour_record, "seconds"), (points_entry, "amount"), (judgement, None))
    for table, column in signed:
        original, undo = table.alias(), table.alias()
        broken = [
            original.c.id.is_(None),
            original.c.reverses.is_not(None),
            original.c.volunteer != undo.c.volunteer,
        ]
        if column is not None:
            broken.append(original.c[column] != -undo.c[column])
        for ident, reverses in connection.execute(
            select(undo.c.id, undo.c.reverses)
            .outerjoin(original, original.c.id == undo.c.reverses)
            .where(undo.c.reverses.is_not(None), or_(*broken))
            .limit(SHOWN)
        ):
            yield f"{table.name} {ident} does not mirror {reverses}, which it reverses"


def _evidence(connection: Connection) -> Iterator[str]:
    came, left = event.alias(), event.alias()
    for ident in connection.execute(
        select(hour_record.c.id)
        .outerjoin(came, came.c.seq == hour_record.c.check_in)
        .outerjoin(left, left.c.seq == hour_record.c.check_out)
        .where(
            or_(
                and_(hour_record.c.check_in.is_not(None), came.c.seq.is_(None)),
                and_(hour_record.c.check_out.is_not(None), left.c.seq.is_(None)),
            )
        )
        .limit(SHOWN)
    ).scalars():
        yield f"hour record {ident} rests on an event that the log does not have"


def _redemptions(connection: Connection) -> Iterator[str]:
    """An accepted purchase, confirmation, transfer or refund moved its points; nothing else any.

    What was set aside before is honoured, even where a correction has taken the points back since.
    """
    amount = func.sum(points_entry.c.amount)
    accepted = redemption.c.status == "accepted"
    due = case(
        (and_(accepted, redemption.c.command.in_(_PAYING)), -redemption.c.points),
        (and_(accepted, redemption.c.command == "refund"), redemption.c.points),
        else_=0,
    )
    spent = and_(
        redemption.c.command.in_(("redeem", "hold", "allow", "transfer")),
        redemption.c.allowance == "",
    )
    moved = func.coalesce(amount, 0)
    for ident, command, status, points, taken in connection.execute(
        select(redemption.c.redemption, redemption.c.command, redemption.c.status, due, moved)
        .outerjoin(
            points_entry,
            and_(
                points_entry.c.event == redemption.c.request,
                or_(points_entry.c.rule.like("requests.%"), points_entry.c.rule == REFUNDED),
            ),
        )
        .where(redemption.c.repeats.is_(None))
        .group_by(redemption.c.id)
        .having(or_(moved != due, and_(accepted, spent, redemption.c.available < 0)))
        .limit(SHOWN)
    ):
        yield f"redemption {ident} ({command}, {status}, {points} points) moved {taken}"


_PAYING = ("redeem", "confirm", "transfer")


def _money(connection: Connection) -> Iterator[str]:
    """What a fund paid or got back for a redemption is what was decided."""
    paid = func.coalesce(func.sum(posting.c.amount), 0)
    cost = case(
        (redemption.c.status != "accepted", 0),
        (redemption.c.command.in_(("redeem", "confirm")), -redemption.c.cost),
        (redemption.c.command == "refund", redemption.c.cost),
        else_=0,
    )
    for ident, command, wanted, moved in connection.execute(
        select(redemption.c.redemption, redemption.c.command, cost, paid)
        .outerjoin(
            book_entry,
            and_(
                book_entry.c.event == redemption.c.request,
                book_entry.c.kind.in_(("spending", "refund")),
            ),
        )
        .outerjoin(
            posting,
            and_(
                posting.c.entry == book_entry.c.id,
                posting.c.account == FUND + redemption.c.fund,
            ),
        )
        .where(redemption.c.repeats.is_(None))
        .group_by(redemption.c.id)
        .having(paid != cost)
        .limit(SHOWN)
    ):
        yield f"redemption {ident} ({command}): its fund moved {moved} fen, not {wanted}"


def _passing_accounts(connection: Connection) -> Iterator[str]:
    """Nothing stays between a giver and a receiver; vouchers' accounts hold what is unused."""
    kept: dict[tuple[str, str], int] = defaultdict(int)
    for account, currency, balance in connection.execute(
        select(
            account_balance.c.account, account_balance.c.currency, account_balance.c.balance
        ).where(
            or_(
                account_balance.c.account.startswith("suspense:"),
                account_balance.c.account.startswith("voucher:"),
            )
        )
    ):
        kept[account, currency] += balance
    for row in connection.execute(select(voucher).where(voucher.c.ended == "")):
        for one in unpack(row.paid):
            kept[f"voucher:{row.item}", one.currency] += one.amount
        kept[f"voucher:{row.item}", MONEY] -= row.cost
    for (account, currency), rest in sorted(kept.items()):
        if rest:
            yield f"{account} holds {rest} {currency} that belong to nobody"


def _payouts(connection: Connection) -> Iterator[str]:
    """A payout moved what its lines say, and the bank paid what was set aside, at most."""
    for account, _, balance in balances(connection, PAYOUT):
        if balance < 0:
            yield f"{account}: {-balance} fen more were paid than set aside"
    for one in payouts(connection):
        account = payout_account(one.id)
        said: dict[tuple[str, str], int] = defaultdict(int)
        for line in one.lines:
            said["payout", f"{MERCHANT}{line.merchant}"] -= line.fen
        said["payout", account] = one.total
        if one.remitted is not None:
            for line in one.failed:
                said["remittance", f"{MERCHANT}{line.merchant}"] += line.fen
            said["remittance", account] = -one.total
            said["remittance", BANK] = one.paid
        own = posting.alias()
        entries = select(own.c.entry).where(own.c.account == account)
        rows = connection.execute(
            select(book_entry.c.kind, posting.c.account, func.sum(posting.c.amount))
            .join(book_entry, book_entry.c.id == posting.c.entry)
            .where(posting.c.entry.in_(entries))
            .group_by(book_entry.c.kind, posting.c.account)
        )
        moved = {(kind, name): int(fen) for kind, name, fen in rows}
        for kind, name in sorted(said.keys() | moved.keys()):
            told, found = said.get((kind, name), 0), moved.get((kind, name), 0)
            if told != found:
                yield f"{one.id}: its {kind} moved {found} fen of {name}, not {told}"


def _certificates(connection: Connection) -> Iterator[str]:
    """A certificate that stands says what the hour records that it rests on say."""
    for shown, (one, seconds) in enumerate(certificates.unsupported(connection)):
        if shown == SHOWN:
            return
        yield f"certificate {one.number} says {one.seconds} s, its hour records {seconds} s"


def _devices(connection: Connection) -> Iterator[str]:
    """What the log holds of a device, the device has signed, or somebody vouched for it."""
    yield from islice(unproven(connection), SHOWN)


CHECKS = (
    Check("the ledger is append-only", _append_only),
    Check("every entry's postings sum to zero", _entries_balance),
    Check("balances equal the sum of postings", _balances),
    Check("postings are those of their entries", _legs),
    Check("the figures of places are the sums of entries", _tallies),
    Check("standings say what the entries say", _standings),
    Check("a reversal mirrors its record", _reversals),
    Check("every hour record rests on logged events", _evidence),
    Check("redemptions moved what was decided and never overspent", _redemptions),
    Check("funds paid what was decided", _money),
    Check("nothing is lost between accounts", _passing_accounts),
    Check("payouts moved what their lines say", _payouts),
    Check("certificates say what the hour records say", _certificates),
    Check("events of devices are signed, or vouched for", _devices),
)
