"""How does a test have states kept more often, and see that nothing comes of it?"""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from sqlalchemy import RowMapping, select

from ledger.core import snapshots
from ledger.core.entries import BATCH_SPAN
from ledger.store.database import Database
from ledger.store.tables import hour_record, judgement, level_change, points_entry, volunteer_state

NEVER = 1 << 60

LEVELS = "{1: 100, 2: 300, 3: 600, 4: 1000, 5: 1500}"
"""How the national ladder writes its hours, to be replaced by fewer."""

Entries = dict[str, list[tuple[object, ...]]]
"""By table: (batch, what it says, what it takes back), in no order of arrival."""


@contextmanager
def kept_every(facts: int) -> Iterator[None]:
    """A volunteer's state is kept after about so many facts, in this process."""
    with patch.object(snapshots, "FACTS_BETWEEN", facts):
        yield


def entries(database: Database) -> Entries:
    """What each batch has appended, and the states; but for the ids, some of which are skipped."""
    found: Entries = {}
    with database.read() as connection:
        for table in (hour_record, points_entry, level_change, judgement):
            rows = connection.execute(select(table)).mappings().all()
            said = {row["id"]: _said(row) for row in rows}
            found[table.name] = sorted(
                (row["id"] // BATCH_SPAN, said[row["id"]], said.get(row.get("reverses"), ""))
                for row in rows
            )
        states = connection.execute(select(volunteer_state).order_by(volunteer_state.c.volunteer))
        found[volunteer_state.name] = [tuple(row) for row in states]
    return found


def _said(row: RowMapping) -> str:
    return str({name: value for name, value in row.items() if name not in ("id", "reverses")})
