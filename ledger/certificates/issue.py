"""How is a certificate issued and revoked? By events of the ledger's own, under one lock."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

from ledger.certificates.content import Content, Holder, content_text, digest_of
from ledger.certificates.facts import Period, facts
from ledger.clock import SECOND, from_micros
from ledger.core.own_events import SOURCE
from ledger.core.rulebook import Rulebook
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.store import certificates
from ledger.store.unit_of_work import UnitOfWork
from schemas.own import CertificateIssued, CertificateRevoked, Certified, Revocation

CORRECTED = "服务时长记录已更正 an hour record that it rests on was corrected"


EVER = Period()


@dataclass(frozen=True, slots=True)
class Order:
    """A certificate that is asked for; `prefix` begins its number, `team` see `facts`."""

    issuer: str
    head: str
    handler: str
    contact: str
    remarks: str = ""
    period: Period = EVER
    team: str = ""
    prefix: str = "ZM"


def issue(recorder: Recorder, order: Order, holder: Holder) -> Content:
    """Issue a certificate: the ledger notes it, and what it says is returned, to be printed.

    Raises LedgerError if nothing can be certified.
    """
    issued: list[Content] = []

    def find(unit: UnitOfWork, rules: Rulebook, now: int) -> Sequence[CertificateIssued]:
        issued.clear()
        certificates.hold_alone(unit.connection)
        unit.lock_volunteers([holder.volunteer])  # no correction comes between facts and event
        found = facts(unit.connection, rules, holder.volunteer, order.period, order.team, now)
        if found is None:
            raise LedgerError(
                f"nothing to certify: no hours of {holder.volunteer} were counted in that period"
            )
        day = from_micros(now, rules.at(now // SECOND).zone).date()
        begins = f"{order.prefix}{day:%Y%m%d}"
        number = f"{begins}{certificates.numbered(unit.connection, begins) + 1:06}"
        content = Content(
            number,
            day.isoformat(),
            found.since.isoformat(),
            found.until.isoformat(),
            found.seconds,
            found.service,
            found.level,
            order.issuer,
            order.head,
            order.handler,
            order.contact,
            order.remarks,
        )
        issued.append(content)
        said = Certified(
            number=number,
            index=certificates.next_index(unit.connection),
            issuer=content.issuer,
            since=content.since,
            until=content.until,
            track=found.track,
            seconds=found.seconds,
            records=list(found.records),
            digest=digest_of(content_text(content, holder)),
        )
        return [
            CertificateIssued(
                specversion="1.0",
                id=f"certificate/{number}",
                source=SOURCE,
                time=from_micros(now, UTC),
                subject=holder.volunteer,
                data=said,
            )
        ]

    recorder.record_own(find)
    if not issued:
        raise LedgerError("this ledger has no policy yet: run `vledger init` first")
    return issued[0]


def revoke(recorder: Recorder, number: str, reason: str, by: str) -> None:
    """Revoke a certificate. Raises LedgerError if there is none, or it was revoked before."""

    def find(unit: UnitOfWork, _rules: Rulebook, now: int) -> Sequence[CertificateRevoked]:
        certificates.hold_alone(unit.connection)
        known = certificates.find(unit.connection, number)
        if known is None:
            raise LedgerError(
                f"there is no certificate {number}: `vledger certificate list` lists all"
            )
        if known.revoked_at is not None:
            raise LedgerError(f"certificate {number} was revoked before: {known.reason}")
        return [_revoked(known, reason, by, now)]

    recorder.record_own(find)


def revoke_corrected(recorder: Recorder, limit: int = 500) -> int:
    """Revoke certificates that corrections contradict; how many. Repeat until it is 0."""

    def find(unit: UnitOfWork, _rules: Rulebook, now: int) -> Sequence[CertificateRevoked]:
        certificates.hold_alone(unit.connection)
        found = certificates.contradicted(unit.connection, limit)
        return [_revoked(one, CORRECTED, SOURCE, now, one.corrected) for one in found]

    with recorder.database.read() as connection:
        if not certificates.contradicted(connection, 1):  # mostly: take no lock then
            return 0
    return recorder.record_own(find)


def _revoked(
    known: certificates.Certificate, reason: str, by: str, now: int, corrected: int | None = None
) -> CertificateRevoked:
    return CertificateRevoked(
        specversion="1.0",
        id=f"certificate/{known.number}/revoked",
        source=SOURCE,
        time=from_micros(now, UTC),
        subject=known.volunteer,
        data=Revocation(number=known.number, reason=reason, by=by, corrected=corrected),
    )
