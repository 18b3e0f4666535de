"""Which certificates are out, and which of them do corrections contradict?"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import orjson
from sqlalchemy import Connection, func, select, update

from ledger.core.entries import HourRecord
from ledger.store import bulk, locks
from ledger.store.tables import certificate, hour_record
from schemas.own import CertificateEvent, CertificateIssued


class Certificate(NamedTuple):
    """A row of the projection, in the order of its columns; times in µs, days YYYY-MM-DD.

    `corrected` is the reversal of an hour record since which it does not hold.
    """

    number: str
    status_index: int
    volunteer: str
    issuer: str
    since: str
    until: str
    track: str
    seconds: int
    records: str
    digest: str
    issued_at: int
    corrected: int | None = None
    revoked_at: int | None = None
    reason: str = ""
    revoked_by: str = ""

    @property
    def state(self) -> Literal["valid", "revoked"]:
        """What is corrected is as good as revoked: the sweep only has not come yet."""
        return "valid" if self.revoked_at is None and self.corrected is None else "revoked"


def hold_alone(connection: Connection) -> None:
    """Until the end of the transaction nobody else numbers or revokes certificates."""
    locks.hold(connection, locks.Lock.CERTIFICATES)


def keep(
    connection: Connection,
    events: Iterable[tuple[CertificateEvent, int]],
    hours: Sequence[HourRecord],
) -> None:
    """Note what was issued or revoked, and which certificates the new hour records contradict."""
    for event, at in events:
        data = event.data
        if isinstance(event, CertificateIssued):
            said = data.model_dump()
            said |= {"status_index": said.pop("index"), "records": _json(said["records"])}
            row = Certificate(**said, volunteer=event.subject, issued_at=at)
            bulk.insert(connection, certificate, [row])
        else:
            connection.execute(
                update(certificate)
                .where(certificate.c.number == data.number, certificate.c.revoked_at.is_(None))
                .values(revoked_at=at, reason=event.data.reason, revoked_by=event.data.by)
            )
    _contradict(connection, hours)


def find(connection: Connection, number: str) -> Certificate | None:
    """The certificate of a number."""
    row = connection.execute(select(certificate).where(certificate.c.number == number)).first()
    return None if row is None else Certificate(*row)


def listed(connection: Connection, volunteer: str | None = None) -> list[Certificate]:
    """All certificates, or those of a volunteer, in the order in which they were issued."""
    query = select(certificate)
    if volunteer is not None:
        query = query.where(certificate.c.volunteer == volunteer)
    return [
        Certificate(*row) for row in connection.execute(query.order_by(certificate.c.status_index))
    ]


def contradicted(connection: Connection, limit: int) -> list[Certificate]:
    """Certificates that stand although they no longer hold; at most `limit`."""
    column = certificate.c
    rows = connection.execute(
        select(certificate)
        .where(column.corrected.is_not(None), column.revoked_at.is_(None))
        .order_by(column.status_index)
        .limit(limit)
    )
    return [Certificate(*row) for row in rows]


def numbered(connection: Connection, prefix: str) -> int:
    """How many certificates have a number that begins so."""
    found = select(func.count()).where(certificate.c.number.startswith(prefix, autoescape=True))
    return int(connection.execute(found).scalar_one())


def next_index(connection: Connection) -> int:
    """The next free place in the status list."""
    newest = connection.execute(select(func.max(certificate.c.status_index))).scalar()
    return 0 if newest is None else int(newest) + 1


def revoked(connection: Connection) -> list[int]:
    """The places in the status list of those that were revoked, or are to be."""
    column = certificate.c
    broken = column.revoked_at.is_not(None) | column.corrected.is_not(None)
    rows = connection.execute(select(column.status_index).where(broken))
    return sorted(int(index) for index in rows.scalars())


def _contradict(connection: Connection, hours: Sequence[HourRecord]) -> None:
    """Note a reversal with each certificate that rests on what it reverses.

    A record that is written again with the same facts, say under a policy adopted since, takes the
    place of the reversed one: the certificate goes on to hold. Hours that come in later do not
    contradict it either: it says what was recorded.
    """
    undone = {row.reverses: row for row in hours if row.reverses is not None}
    if not undone:
        return
    again: dict[Any, list[int]] = defaultdict(list)
    for row in hours:
        if row.reverses is None:
            again[_facts(row)].append(row.id)
    for one in _resting_on(connection, undone):
        records = orjson.loads(one.records)
        same = {facts: list(idents) for facts, idents in again.items()}
        corrected = None
        for place, ident in enumerate(records):
            reversal = undone.get(ident)
            if reversal is None:
                continue
            # a reversal says the same of the hours, but for their sign
            successors = same.get(_facts(reversal._replace(seconds=-reversal.seconds)))
            if successors:
                records[place] = successors.pop(0)
            else:
                corrected = reversal.id if corrected is None else corrected
        connection.execute(
            update(certificate)
            .where(certificate.c.number == one.number)
            .values(records=_json(records), corrected=corrected)
        )


def _resting_on(connection: Connection, undone: Mapping[int, HourRecord]) -> Iterable[Certificate]:
    volunteers = {row.volunteer for row in undone.values()}
    rows = connection.execute(
        select(certificate).where(
            bulk.among(connection, certificate.c.volunteer, volunteers),
            certificate.c.corrected.is_(None),
            certificate.c.revoked_at.is_(None),
        )
    ).all()
    for row in rows:
        one = Certificate(*row)
        if not undone.keys().isdisjoint(orjson.loads(one.records)):
            yield one


def unsupported(connection: Connection) -> Iterable[tuple[Certificate, int]]:
    """Certificates that stand, with what their hour records really come to, where it differs."""
    column, hours = certificate.c, hour_record.c
    standing = select(certificate).where(column.revoked_at.is_(None), column.corrected.is_(None))
    for row in connection.execute(standing).all():
        one = Certificate(*row)
        idents = orjson.loads(one.records)
        total = connection.execute(
            select(func.coalesce(func.sum(hours.seconds), 0)).where(
                bulk.among(connection, hours.id, idents)
                | bulk.among(connection, hours.reverses, idents)
            )
        ).scalar_one()
        if int(total) != one.seconds:
            yield one, int(total)


def _facts(row: HourRecord) -> tuple[object, ...]:
    """What a certificate says of a record: all but its number, its reasons and its policy."""
    return (*row[1:9],)


def _json(records: Sequence[int]) -> str:
    return orjson.dumps(records).decode()
