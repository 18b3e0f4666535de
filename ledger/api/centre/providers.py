"""How does a provider (a hospital, a bus company) check and book a benefit? `/v1/providers`."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import BaseModel, Field

from ledger.access import Permission
from ledger.access.asking import merchant as at_shop
from ledger.api.benefits import ClaimShown, UseShown, claim_shown, provider_names, use_shown
from ledger.api.once import Idempotent
from ledger.api.paging import MOST_INTEGER, Asked
from ledger.api.problems import Kind, Problem, not_found
from ledger.api.shapes import Page
from ledger.api.showing import shown_by
from ledger.api.who import Asks, Caller
from ledger.centre.benefits import using as benefiting
from ledger.centre.benefits.claims import claims, find_use, uses_at
from ledger.centre.benefits.entitlements import Covered
from ledger.centre.benefits.steps import Step
from ledger.centre.benefits.using import NotCoveredError
from ledger.clock import SECOND
from ledger.identity.numbers import masked
from ledger.saying import said as fit
from ledger.store.registered import registered_names
from schemas.benefits import Use

router = APIRouter(prefix="/v1/providers/{provider}/benefits", tags=["benefits"])

LATEST = MOST_INTEGER // SECOND - 1
"""The last second that a database's integers hold in µs."""

Provider = Annotated[str, Path(alias="provider", min_length=1, max_length=128)]
Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[A-Za-z0-9._-]{8,64}$",
        description="Chosen by the provider; with it, asking again is safe",
    ),
]


class CodeShown(BaseModel):
    """A volunteer's one-time code."""

    code: Annotated[str, Field(min_length=1, max_length=128)]


class UseWanted(CodeShown):
    """What they have of which benefit; `reference`: the provider's own number of it."""

    benefit: Annotated[str, Field(min_length=1, max_length=128)]
    count: Annotated[int, Field(ge=1, le=10_000)] = 1
    choice: Annotated[str, Field(max_length=256)] = ""
    reference: Annotated[str, Field(max_length=256)] = ""


class Claimant(BaseModel):
    """Who it is (masked), and what they may have now."""

    volunteer: str
    name: str
    claims: list[ClaimShown]


class UseMade(BaseModel):
    """The use that was booked, and what is left of the benefit."""

    volunteer: str
    use: UseShown
    left: int


class Undone(BaseModel):
    """Which use did not happen, and why."""

    volunteer: Annotated[str, Field(min_length=1, max_length=128)]
    use: Annotated[str, Field(min_length=1, max_length=400)]
    reason: Annotated[str, Field(min_length=1, max_length=256)]


@router.post("/check")
def check(asks: Asks, provider: Provider, shown: CodeShown, key: Key) -> Claimant:
    """Who has shown their code, and what they may have. The code is now this `key`'s alone."""
    volunteer = shown_by(asks, provider, shown.code, key)
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        rules, now = recorder.rules_by(connection), recorder.now()
        found = claims(connection, rules, volunteer, now)
        name = registered_names(connection, "volunteer", [volunteer]).get(volunteer, "")
    zone = recorder.policy.zone
    return Claimant(
        volunteer=volunteer,
        name=masked("name", name) if name else "",
        claims=[claim_shown(one, zone, found) for one in found.entitlements if one.claim.left],
    )


@router.post("/use")
def use(asks: Asks, provider: Provider, wanted: UseWanted, key: Key) -> UseMade:
    """Book a use. The same key again is the same use; 422 with the reason if nothing is left."""
    volunteer = shown_by(asks, provider, wanted.code, key)
    recorder = asks.serving.recorder
    said = fit(
        Use,
        benefit=wanted.benefit,
        provider=provider,
        count=wanted.count,
        choice=wanted.choice,
        reference=wanted.reference,
        by=str(asks.person),
    )
    try:
        done = benefiting.use(recorder, volunteer, said, key)
    except NotCoveredError as error:
        raise Problem(Kind.NOT_POSSIBLE, str(error)) from None
    with recorder.database.read() as connection:
        rules = recorder.rules_by(connection)
        left = claims(connection, rules, volunteer, recorder.now()).left(wanted.benefit)
        names = provider_names(connection, [done])
    shown = use_shown(done, recorder.policy.zone, names)
    return UseMade(volunteer=volunteer, use=shown, left=left)


@router.post("/cancel", response_model=UseShown)
def cancel(asks: Asks, provider: Provider, undone: Undone, once: Idempotent) -> Response:
    """A use at this provider did not happen after all."""
    recorder = asks.serving.recorder
    with recorder.database.read() as connection:
        known = find_use(connection, undone.volunteer, undone.use)
        by = asks.require(connection, Permission.REDEEM, Permission.RECORD, at=at_shop(provider))
    if known is None or known.provider != provider:
        raise not_found(f"{provider} has booked no use {undone.use} of {undone.volunteer}")

    def work() -> UseShown:
        benefiting.cancel(recorder, undone.volunteer, undone.use, undone.reason, by)
        with recorder.database.read() as connection:
            now = find_use(connection, undone.volunteer, undone.use)
            assert now is not None
            return _listed(now, asks, provider_names(connection, [Covered(now, 0, "")]))

    return once.do(work)


@router.get("/uses")
def uses(
    asks: Asks,
    provider: Provider,
    part: Asked,
    since: Annotated[int, Query(ge=0, le=LATEST, description="Seconds since 1970")] = 0,
) -> Page[UseShown]:
    """What was booked at a provider, by time."""
    recorder = asks.serving.reader
    with recorder.database.read() as connection:
        asks.require(connection, Permission.REDEEM, Permission.READ, at=at_shop(provider))
        after = part.key(int, str)
        rows = uses_at(connection, provider, since * SECOND, after, part.limit + 1)
        names = registered_names(connection, "merchant", [provider])
    return part.page(
        rows,
        lambda one: _listed(one, asks, names),
        lambda one: [one.at, one.event],
    )


def _listed(step: Step, asks: Caller, names: Mapping[str, str]) -> UseShown:
    """A use as its provider knows it, which is not told of its cover."""
    return use_shown(Covered(step, 0, ""), asks.serving.recorder.policy.zone, names)
