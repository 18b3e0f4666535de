"""How is a debt forgiven? By somebody, with the approval of somebody else."""

from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from schemas.envelope import CloudEvent, Data, Identifier, PositiveAmount

Reason = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00]*$", strict=True)
]


class WriteOff(Data):
    """Up to `amount` of what is owed at that time, or all of it; `currency`: the policy's first.

    `approved_by` is another person than `by`.
    """

    currency: Identifier | None = None
    amount: PositiveAmount | None = None
    reason: Reason
    by: Identifier
    approved_by: Identifier

    @model_validator(mode="after")
    def _two_people(self) -> Self:
        if self.by.strip().casefold() == self.approved_by.strip().casefold():
            raise ValueError(
                f"approved_by is {self.by!r} too; a write-off takes the approval of somebody else"
            )
        return self


class DebtWrittenOff(CloudEvent):
    """欠分核销: what the volunteer (`subject`) owes is forgiven, where the policy allows it."""

    type: Literal["volunteer.debt.written-off.v1"] = "volunteer.debt.written-off.v1"
    data: WriteOff
