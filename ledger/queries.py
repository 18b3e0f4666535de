"""How many hours, which star and how many points does a volunteer have, now or at a past time?"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from ledger.entries import wallet
from ledger.fold import History, VolunteerFold, VolunteerState
from ledger.ladder import PolicyText
from ledger.store.tables import account_balance, posting, redemption, volunteer_state
from ledger.store.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class VolunteerSummary:
    """`seconds` counted, `star` level, points as decimal text in the policy's currency."""

    volunteer: str
    seconds: int
    star: int
    balance: str
    held: str
    available: str

    def to_json(self) -> dict[str, Any]:
        """The line that `vledger volunteer --json` and `vledger dump` print."""
        return {
            "volunteer": self.volunteer,
            "seconds": self.seconds,
            "star": self.star,
            "points": {"balance": self.balance, "held": self.held, "available": self.available},
        }


def summary(connection: Connection, text: PolicyText, volunteer: str) -> VolunteerSummary | None:
    """The volunteer's present standing; None for one that the ledger has never seen."""
    query = _summaries(text).where(volunteer_state.c.volunteer == volunteer)
    row = connection.execute(query).one_or_none()
    return None if row is None else _summary(text, row)


def summaries(connection: Connection, text: PolicyText) -> Iterator[VolunteerSummary]:
    """Every volunteer's present standing, by id in the order of code points."""
    query = _summaries(text).order_by(volunteer_state.c.volunteer).execution_options(yield_per=2000)
    for row in connection.execute(query):
        yield _summary(text, row)


def summary_as_of(
    connection: Connection, text: PolicyText, volunteer: str, at: int
) -> VolunteerSummary | None:
    """The standing at `at` (µs), by all that is known today of what was true until then.

    Hours, points earned and the star are folded anew from the attendance up to that instant, so
    that an event which arrived late counts at the time when it happened.
    """
    if summary(connection, text, volunteer) is None:
        return None
    history = UnitOfWork(connection).history(volunteer)
    fold = VolunteerFold(
        text, VolunteerState(volunteer), count(1).__next__, history=History((), ())
    )
    fold.run([mark for mark in history.marks if mark.at <= at])
    spent = connection.execute(
        select(func.coalesce(func.sum(posting.c.amount), 0))
        .join(redemption, redemption.c.id == posting.c.cause)
        .where(posting.c.account == wallet(volunteer), posting.c.effective_at <= at)
    ).scalar_one()
    state, units = fold.state, fold.balance + int(spent)
    return _standing(text, volunteer, state.seconds, state.star, units, 0)


def _summaries(text: PolicyText) -> Select[Any]:
    account = "volunteer:" + volunteer_state.c.volunteer + ":points"
    return select(
        volunteer_state.c.volunteer,
        volunteer_state.c.seconds,
        volunteer_state.c.star,
        func.coalesce(account_balance.c.balance, 0).label("balance"),
        func.coalesce(account_balance.c.held, 0).label("held"),
    ).outerjoin(
        account_balance,
        (account_balance.c.account == account)
        & (account_balance.c.currency == text.policy.currency)
        & (account_balance.c.slot == 0),
    )


def _summary(text: PolicyText, row: Row[Any]) -> VolunteerSummary:
    return _standing(text, row.volunteer, row.seconds, row.star, row.balance, row.held)


def _standing(
    text: PolicyText, volunteer: str, seconds: int, star: int, balance: int, held: int
) -> VolunteerSummary:
    amounts = (text.policy.text(units) for units in (balance, held, balance - held))
    return VolunteerSummary(volunteer, seconds, star, *amounts)
