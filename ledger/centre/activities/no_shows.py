"""Who signed up for an activity, was let in, and did not come? Found once, some days after its end.

Kiosks may be without a network for days, so it is looked twice (see `sign_ups`): what is found goes
to the volunteer as the fact `no_show`, for the policy to judge. Whoever turns out to have come, or
to have withdrawn in time, gets the amendment `no_show_lifted` of that fact.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import UTC

from sqlalchemy import Connection, exists, or_, select

from ledger.centre.activities.sign_ups import DAY, ActivityRow, SignUp
from ledger.clock import SECOND, from_micros
from ledger.core.own_events import SOURCE, event_id
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store import bulk
from ledger.store.tables import activity, event, hour_record, sign_up
from ledger.store.unit_of_work import UnitOfWork
from schemas import CheckedIn, FactReported, LoggedEvent, decode_logged
from schemas.documents import event_type
from schemas.envelope import Attributes
from schemas.facts import ReportedFact
from schemas.own import ActivitySettled, Settlement

NO_SHOW, LIFTED = "no_show", "no_show_lifted"
"""The policy's names of the fact and of what amends it (attributes `activity`; `of`, `lifted`)."""

BEFORE = DAY
"""So long before an activity begins a check-in counts for it."""


AT_ONCE = 1000
"""Events in one transaction, and those of one more activity."""


def record_no_shows(recorder: Recorder, limit: int = 100) -> int:
    """Look who came to activities for which it is time, at most `limit`; how many events follow.

    Once there are AT_ONCE of them the rest waits for the next transaction.
    """

    def due(unit: UnitOfWork, _: Rulebook, now: int) -> list[LoggedEvent]:
        column = activity.c
        query = (
            select(activity)
            .where(column.due_at <= now)
            .order_by(column.due_at, column.activity)
            .limit(limit)
            .with_for_update(skip_locked=True)  # of several workers one looks
        )
        found: list[LoggedEvent] = []
        for row in unit.connection.execute(query).all():
            if len(found) >= AT_ONCE:
                break
            found += _settled(unit.connection, ActivityRow._make(row), now)
        return found

    return recorder.record_own(due)


def settle(recorder: Recorder, ident: str) -> int:
    """Look now who came to an activity that is over; how many events follow.

    Raises LedgerError if it is not there, was cancelled or is not over.
    """

    def now_due(unit: UnitOfWork, _: Rulebook, now: int) -> list[LoggedEvent]:
        query = select(activity).where(activity.c.activity == ident).with_for_update()
        row = unit.connection.execute(query).first()
        if row is None:
            raise LedgerError(f"there is no activity {ident}: `vledger activities` lists them")
        about = ActivityRow._make(row)
        if about.cancelled_at is not None or about.ends_at is None or about.ends_at > now:
            raise LedgerError(f"{ident} is not over 活动尚未结束")
        return list(_settled(unit.connection, about, now))

    return recorder.record_own(now_due)


def _settled(connection: Connection, about: ActivityRow, now: int) -> Iterator[LoggedEvent]:
    """That it was looked, and what was found that was not known."""
    assert about.ends_at is not None
    query = select(sign_up).where(
        sign_up.c.activity == about.activity,
        or_(sign_up.c.state == "in", sign_up.c.noted == 1),
    )
    rows = [SignUp._make(row) for row in connection.execute(query.order_by(sign_up.c.volunteer))]
    came = _came(connection, about, [one.volunteer for one in rows])
    absent = [
        one.volunteer
        for one in rows
        if one.state == "in" and not one.noted and one.volunteer not in came
    ]
    lifted = [
        one.volunteer
        for one in rows
        if one.noted and (one.state != "absent" or one.volunteer in came)
    ]
    yield ActivitySettled(
        specversion="1.0",
        id=event_id("settled", about.activity, now),
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=about.activity,
        data=Settlement(absent=absent, lifted=lifted),
    )
    for volunteer in absent:
        ident = event_id("no-show", about.activity, volunteer)
        yield _fact(about, volunteer, NO_SHOW, ident, {"activity": about.activity})
    for volunteer in lifted:
        of = f"{SOURCE}#{event_id('no-show', about.activity, volunteer)}"
        ident = event_id("no-show-lifted", about.activity, volunteer)
        yield _fact(about, volunteer, LIFTED, ident, {"of": of, "lifted": True})


def _fact(
    about: ActivityRow, volunteer: str, fact: str, ident: str, attributes: Attributes
) -> FactReported:
    assert about.ends_at is not None
    return FactReported(
        specversion="1.0",
        id=ident,
        source=SOURCE,
        time=from_micros(about.ends_at, UTC),
        subject=volunteer,
        data=ReportedFact(fact=fact, attributes=attributes),
    )


def _came(connection: Connection, about: ActivityRow, who: Sequence[str]) -> Collection[str]:
    """Those who checked in before its end, or have hours of it that hold."""
    assert about.ends_at is not None
    marks = select(event.c.subject, event.c.content).where(
        bulk.among(connection, event.c.subject, who),
        event.c.type == event_type(CheckedIn),
        event.c.at < about.ends_at,
    )
    if about.starts_at is not None:
        marks = marks.where(event.c.at >= about.starts_at - BEFORE)
    found = {
        volunteer
        for volunteer, content in connection.execute(marks)
        if _activity_of(content) == about.activity
    }
    hours, undone = hour_record.c, hour_record.alias("undone")
    served = select(hours.volunteer).where(
        bulk.among(connection, hours.volunteer, who),
        hours.activity == about.activity,
        hours.started_at < about.ends_at // SECOND,
        hours.reverses.is_(None),
        ~exists().where(undone.c.reverses == hours.id),
    )
    return found | set(connection.execute(served).scalars())


def _activity_of(content: bytes) -> str:
    mark = decode_logged(content)
    return mark.data.activity if isinstance(mark, CheckedIn) else ""
