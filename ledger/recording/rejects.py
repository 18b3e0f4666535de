"""What was set aside, why, and how does it get another chance?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.core.entries import BATCH_SPAN
from ledger.core.intake import WRONG_TOPIC, Arrival
from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt, Recorder, Resolution
from ledger.store.tables import batch, reject, reject_resolution
from schemas.own import OwnEvent

SHOWN_BYTES = 200

HELD = "held"
"""The code of attendance that waits for a registration."""


@dataclass(frozen=True, slots=True)
class KeptReject:
    """An arrival that was set aside; `recorded_at` in µs, `outcome` None while it is open.

    `size` is that of the content in bytes, also where only the beginning of it was read.
    """

    id: str
    code: str
    detail: str
    origin: str
    content: bytes
    recorded_at: int
    outcome: str | None
    size: int

    def to_json(self) -> dict[str, Any]:
        """The line that `vledger rejects --json` prints; the content is cut."""
        return {
            "id": self.id,
            "code": self.code,
            "detail": self.detail,
            "origin": self.origin,
            "bytes": self.size,
            "content": self.content[:SHOWN_BYTES].decode("utf-8", "backslashreplace"),
            "outcome": self.outcome or "open",
        }


def list_rejects(
    connection: Connection,
    *,
    settled: bool = False,
    code: str | None = None,
    whole: bool = True,
) -> list[KeptReject]:
    """Rejects in the order in which they were kept: the open ones, with `settled` all of them.

    Without `whole` only what is shown of each content is read.
    """
    conditions: list[ColumnElement[bool]] = []
    if not settled:
        conditions.append(reject_resolution.c.outcome.is_(None))
    if code is not None:
        conditions.append(reject.c.code == code)
    return _select(connection, *conditions, whole=whole)


def find_reject(connection: Connection, ident: str) -> KeptReject:
    """The reject with this id. Raises LedgerError if there is none."""
    found = _select(connection, reject.c.id == ident)
    if not found:
        raise LedgerError(f"there is no reject {ident}: `vledger rejects` lists them")
    return found[0]


def replay_rejects(
    recorder: Recorder,
    rejects: Sequence[KeptReject],
    mended: bytes | None = None,
    *,
    admitted: bool = False,
    beside: Sequence[OwnEvent] = (),
) -> Receipt:
    """Record kept rejects once more, or `mended` in the place of the one that is given.

    What came by another topic than its own needs somebody who vouches, or a mended text.
    Those that are events now, or that the log has already, are settled; the others stay open.
    """
    if mended is not None and len(rejects) != 1:
        raise LedgerError("a mended text takes the place of one reject: name that one")
    arrivals = [
        Arrival(one.content if mended is None else mended, f"reject {one.id} of {one.origin}")
        for one in rejects
    ]
    astray = [one.id for one in rejects if one.code == WRONG_TOPIC]
    if astray and mended is None and not admitted:
        raise LedgerError(
            f"{', '.join(astray)} came by a topic where it does not belong: its sender may not be "
            "allowed to say that. Let it in with --vouch and --reason"
        )
    resolutions = [Resolution(place, one.id) for place, one in enumerate(rejects)]
    return recorder.record(arrivals, resolutions=resolutions, admitted=admitted, beside=beside)


def release_held(recorder: Recorder) -> Receipt | None:
    """Record what was held until its volunteer and activity were registered, where they are now."""
    if recorder.policy.plan.doc.unregistered == "accept":
        return None
    with recorder.database.read() as connection:
        held = list_rejects(connection, code=HELD)
    # Its device was asked when it came in.
    return replay_rejects(recorder, held, admitted=True) if held else None


def _select(
    connection: Connection, *conditions: ColumnElement[bool], whole: bool = True
) -> list[KeptReject]:
    content = reject.c.content
    rows = connection.execute(
        select(
            reject.c.id,
            reject.c.code,
            reject.c.detail,
            reject.c.origin,
            content if whole else func.substr(content, 1, SHOWN_BYTES),
            batch.c.recorded_at,
            reject_resolution.c.outcome,
            func.length(content),
        )
        .join(batch, batch.c.id == reject.c.seq // BATCH_SPAN)
        .outerjoin(reject_resolution, reject_resolution.c.reject == reject.c.id)
        .where(*conditions)
        .order_by(reject.c.seq)
    )
    return [KeptReject(*row) for row in rows]
