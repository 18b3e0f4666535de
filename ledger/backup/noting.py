"""How does a ledger go on from a backup without giving out ids again that were published?

What was recorded after the backup is lost to the ledger, but its messages may be out in the derived
topics, under ids that would be given out once more, for other things. So a gap is left after the
last batch that came back, and an event after it says what happened.
"""

from datetime import datetime
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import func, select

from ledger.core import own_events
from ledger.core.entries import first_event
from ledger.errors import NotInitialisedError
from ledger.store.database import Database
from ledger.store.tables import batch
from ledger.store.unit_of_work import EMBEDDED, EventRow, UnitOfWork
from schemas.own import Restoration

GAP = 1 << 26
"""Batches that are left free. That is days of the greatest load, and a hundred restores until ids
are larger than a JavaScript number holds exactly (2**53)."""


class Origin(NamedTuple):
    """What a ledger was restored from: a backup's SHA-256 and time, how far; or a note."""

    backup: str = ""
    made_at: datetime | None = None
    until: datetime | None = None
    note: str = ""


class Noted(NamedTuple):
    """The last batch that came back, and the one that says so."""

    last_batch: int
    batch: int


def note_restore(database: Database, origin: Origin, now: int) -> Noted:
    """Log that the ledger goes on from a backup, after a gap; `now` in µs."""
    with database.write() as connection:
        unit = UnitOfWork(connection)
        unit.hold_policies(to_change=True)  # nobody takes a batch's id meanwhile
        newest = select(func.max(batch.c.id), func.max(batch.c.recorded_at))
        last, recorded_at = connection.execute(newest).one()
        if last is None:
            raise NotInitialisedError("nothing is recorded yet: there is nothing to go on from")
        ident = last + GAP
        said = Restoration(last_batch=last, **origin._asdict())
        event_ = own_events.restoration(said, now)
        content = own_events.as_received(event_, now).arrival.content
        named = (event_.source, event_.id, event_.type, event_.subject)
        unit.append_events([EventRow(first_event(ident), *named, now, content)])
        unit.close_batch(ident, max(now, recorded_at), EMBEDDED, token_hex())
        unit.flush()
        unit.continue_batches()
    return Noted(last, ident)
