"""How does somebody at a desk send in an event by hand, and hear what became of it?"""

from typing import Any
from uuid import uuid4

from pydantic import ValidationError
from sqlalchemy import Connection, select

from ledger.clock import SECOND, from_micros
from ledger.core.answers import answer_event
from ledger.core.entries import RedemptionDecision
from ledger.core.intake import Arrival
from ledger.core.rulebook import PolicyText
from ledger.errors import LedgerError, UnfitError
from ledger.recording.recorder import DESK, Recorder
from ledger.saying import faults
from ledger.signing import Signer
from ledger.store.tables import event, redemption
from schemas import CloudEvent


def send(
    recorder: Recorder,
    kind: type[CloudEvent],
    subject: str,
    data: dict[str, Any],
    *,
    exact: bool = False,
) -> str:
    """Record one event of now; its id. Raises UnfitError with what is wrong with its data.

    `exact`: to the microsecond, for what goes by who was first.
    """
    ident = uuid4().hex
    now = recorder.now()
    made = arrival(recorder.policy, now, kind, subject, data, ident, exact=exact)
    _look_at(kind, made)
    receipt = recorder.record([made])
    if receipt.rejects:
        raise LedgerError(receipt.rejects[0].detail)
    return ident


def _look_at(kind: type[CloudEvent], made: Arrival) -> None:
    try:
        kind.model_validate_json(made.content)
    except ValidationError as error:
        raise UnfitError(*faults(error.errors(), skip=1)) from None


def ask(
    recorder: Recorder,
    signer: Signer,
    kind: type[CloudEvent],
    subject: str,
    data: dict[str, Any],
) -> CloudEvent:
    """Record a till's or an app's request, and return the answer to it."""
    ident = send(recorder, kind, subject, data)
    with recorder.database.read() as connection:
        decision = _decision(connection, ident)
    policy = recorder.policy
    head = {
        "specversion": "1.0",
        "id": f"redemption/{decision.id}",
        "source": "ledger",
        "time": from_micros(recorder.now(), policy.zone),
        "subject": subject,
    }
    return answer_event(decision, policy, head, signer)


def _decision(connection: Connection, ident: str) -> RedemptionDecision:
    query = (
        select(redemption)
        .join(event, event.c.seq == redemption.c.request)
        .where(event.c.source == DESK, event.c.id == ident)
    )
    return RedemptionDecision._make(connection.execute(query).one())


def arrival(
    policy: PolicyText,
    now: int,
    kind: type[CloudEvent],
    subject: str,
    data: dict[str, Any],
    ident: str,
    *,
    exact: bool = False,
) -> Arrival:
    """An event of `now` (µs) as it is recorded; it may still be rejected.

    Cut to the second, but where it is to be `exact`.
    """
    said = {name: value for name, value in data.items() if value is not None}
    made = kind.model_construct(
        specversion="1.0",
        id=ident,
        source=DESK,
        time=from_micros(now if exact else now // SECOND * SECOND, policy.zone),
        subject=subject,
        data=said,
    )
    return Arrival(made.model_dump_json(warnings=False, exclude_none=True).encode(), DESK)
