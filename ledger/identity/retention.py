"""What is due to be erased, by which rule? And erase it.

Art. 47: what is no longer needed, or whose consent was withdrawn, is to be erased unasked.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ledger.clock import CHINA, from_micros
from ledger.core.own_events import SOURCE
from ledger.identity.records import Kept
from ledger.identity.rules import Retention, Rules
from ledger.identity.vault import Vault
from ledger.policy.dates import add_months
from ledger.store.tables import event


class Due(NamedTuple):
    """Fields of a volunteer that are to be erased; `entirely` if nothing would be left."""

    volunteer: str
    fields: tuple[str, ...]
    entirely: bool
    rule: Retention
    since: date


LastActivity = Callable[[str], int | None]
"""When something last happened to a volunteer (µs); None: never."""


def last_activity(connection: Connection) -> LastActivity:
    """As the ledger knows it: the time of the latest event about the volunteer."""
    found: Mapping[str, int] = {
        row[0]: row[1]
        for row in connection.execute(
            select(event.c.subject, func.max(event.c.at))
            .where(event.c.source != SOURCE)
            .group_by(event.c.subject)
        )
    }
    return found.get


def due(vault: Vault, active: LastActivity, only: str | None = None) -> Iterator[Due]:
    """What is due today, by volunteer; of `only` one if named."""
    today = vault.today()
    for kept in vault.kept():
        if only is not None and kept.volunteer != only:
            continue
        for rule in vault.rules.retention:
            found = _due(kept, rule, vault.rules, active, today)
            if found is not None:
                yield found
                if found.entirely:
                    break


def enforce(vault: Vault, found: Sequence[Due], by: str) -> None:
    """Erase what is due."""
    for one in found:
        reason = f"{one.rule.id}: {one.rule.basis}"
        if one.entirely:
            vault.erase(one.volunteer, by, reason)
        else:
            vault.erase_fields(one.volunteer, one.fields, by, reason)


def _due(
    kept: Kept, rule: Retention, rules: Rules, active: LastActivity, today: date
) -> Due | None:
    if rule.after == "activity":
        last = max(kept.created_at, active(kept.volunteer) or 0)
        fields = kept.fields
    else:
        standing = {one.purpose for one in kept.consents if one.withdrawn_at is None}
        covered = rules.allowed({name for name in standing if name in rules.purposes})
        if "name" in covered:  # a guardian is kept as long as the minor is
            covered |= {name for name in kept.fields if name.startswith("guardian_")}
        fields = frozenset(kept.fields - covered)
        last = max((one.withdrawn_at or 0 for one in kept.consents), default=kept.created_at)
    since = from_micros(last, CHINA).date()
    if not fields or add_months(since, 12 * rule.years) > today:
        return None
    entirely = not {"name", "birth_date"}.isdisjoint(fields) or fields == kept.fields
    return Due(kept.volunteer, tuple(sorted(fields)), entirely, rule, since)
