"""What became of a volunteer's benefits 礼遇: which were used, withdrawn, given back?

Whether a use has cover is no part of this: it follows from what the policy grants
(`ledger.centre.entitlements`), which a late visit may change.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ledger.centre.dossier import Told
from schemas.benefits import BenefitReturned, BenefitUseCancelled, BenefitUsed, BenefitWithdrawn

StepKind = Literal["used", "cancelled", "withdrawn", "returned"]


class Step(NamedTuple):
    """An event, in the order of its table's columns; µs.

    `event` is `source#id`; `of`: the use that a cancellation is about. `ended_at`: when a use was
    cancelled, or a withdrawal given back. `without_effect`: why nothing follows from it, or "".
    """

    volunteer: str
    number: int
    event: str
    at: int
    kind: StepKind
    benefit: str
    provider: str
    times: int
    choice: str
    reference: str
    reason: str
    by: str
    of: str
    ended_at: int | None
    without_effect: str


def steps(volunteer: str, dossier: Sequence[Told]) -> Iterable[Step]:
    """All that happened, with what ended what."""
    found: list[Step] = []
    uses: dict[str, int] = {}
    withdrawn: dict[str, int] = {}
    for number, (at, source, ident, event) in enumerate(dossier):
        name = f"{source}#{ident}"
        one = Step(volunteer, number, name, at, "used", "", "", 0, "", "", "", "", "", None, "")
        match event:
            case BenefitUsed(data=data):
                uses[name] = number
                one = one._replace(
                    benefit=data.benefit,
                    provider=data.provider,
                    times=data.count,
                    choice=data.choice,
                    reference=data.reference,
                    by=data.by,
                )
            case BenefitUseCancelled(data=data):
                one = one._replace(kind="cancelled", of=data.use, reason=data.reason, by=data.by)
                place = uses.get(data.use)
                if place is None:
                    one = one._replace(without_effect="no such use before 此前没有这次享受")
                elif found[place].ended_at is not None:
                    one = one._replace(without_effect="was cancelled already 已作废")
                else:
                    found[place] = found[place]._replace(ended_at=at)
                if place is not None:
                    one = one._replace(benefit=found[place].benefit)
            case BenefitWithdrawn(data=data):
                # Again: also what was granted since is withdrawn, under the new reason.
                place = withdrawn.get(data.benefit)
                if place is not None:
                    found[place] = found[place]._replace(ended_at=at)
                withdrawn[data.benefit] = number
                one = one._replace(
                    kind="withdrawn", benefit=data.benefit, reason=data.reason, by=data.by
                )
            case BenefitReturned(data=data):
                one = one._replace(
                    kind="returned", benefit=data.benefit, reason=data.reason, by=data.by
                )
                place = withdrawn.pop(data.benefit, None)
                if place is None:
                    one = one._replace(without_effect="was not withdrawn 未被取消")
                else:
                    found[place] = found[place]._replace(ended_at=at)
        found.append(one)
    return found
