"""What comes back of the front doors? Secret links, webhooks, proposals of policies.

They are in no log, which is for ever; a shop's link has to open its till after a disk was lost.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ledger.store.tables import access_pass, policy_proposal, webhook

Row = Mapping[str, Any]

DOORS = (access_pass, webhook, policy_proposal)
"""Browsers log in anew, and what was answered once within a day is asked of the ledger again."""


def as_it_was(table: str, row: Row, until: int, last_batch: int) -> Row | None:
    """A row at a moment in the past (µs, its last batch); None if there was none then."""
    return _THEN[table](row, until, last_batch)


def _link(row: Row, until: int, _: int) -> Row | None:
    return row if row["made_at"] <= until else None  # what was revoked since stays revoked


def _hook(row: Row, until: int, last_batch: int) -> Row | None:
    if row["made_at"] > until:
        return None
    return {**row, "position": min(row["position"], last_batch)}


def _proposal(row: Row, until: int, _: int) -> Row | None:
    if row["proposed_at"] > until:
        return None
    if row["decided_at"] is None or row["decided_at"] <= until:
        return row
    return {**row, "state": "open", "decided_by": "", "decided_at": None}


_THEN: Mapping[str, Callable[[Row, int, int], Row | None]] = {
    access_pass.name: _link,
    webhook.name: _hook,
    policy_proposal.name: _proposal,
}
