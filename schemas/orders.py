"""What happens to a resident's order? 点单、派单、接单、评单、奖单: the five-order loop 五单.

`subject` is the order's id. A step that has no effect where it stands, such as accepting what was
cancelled, stays in the log and is shown as such; nobody's later step is refused for it.
"""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.envelope import CloudEvent, Data, Identifier, Instant, Label, PositiveAmount

Wish = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=1000, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$", strict=True
    ),
]
"""What is asked for, for people to read; never blank."""

Points = Annotated[PositiveAmount, Field(description="积分, a decimal text")]

Channel = Literal["app", "hotline", "station", "collected"]


class Step(Data):
    """`by` whom; `due`: when the next step has to be taken, absent where there is no deadline.

    Who sends a step says its deadline by the local settings of then, so that other settings later
    change nothing that is past.
    """

    by: Label = ""
    due: Instant | None = None


class Placing(Step):
    """点单: what is wanted at `place`, and when. `due`: by when it has to be dispatched.

    `text` holds nothing personal: who asked, and how to reach them, is kept at the station or in
    the identity vault. `channel`: by app, by hotline, at the station, or collected at the door.
    """

    place: Identifier
    category: Label
    skills: list[Label] = Field(default_factory=list, max_length=20)
    text: Wish
    wanted_at: Instant | None = None
    channel: Channel = "station"


class Party(Step):
    """Whom it is about: a `team` or a `volunteer`; a volunteer of a team may be named with it."""

    team: Identifier | None = None
    volunteer: Identifier | None = None


class Dispatch(Party):
    """派单 to a team or a volunteer; `due`: by when they have to accept."""

    note: Label = ""


class Acceptance(Party):
    """接单: who accepts, with which `volunteers`, at which `activity`, planned for when.

    The check-ins and check-outs of that activity are those of the order. `due`: by when it has to
    be carried out. Accepted once more by the same, it is planned anew.
    """

    activity: Identifier
    volunteers: list[Identifier] = Field(default_factory=list, max_length=200)
    starts_at: Instant | None = None
    ends_at: Instant | None = None


class Refusal(Party):
    """退单: who does not do it, and why. `due`: by when it has to be dispatched anew."""

    reason: Wish


class Reassignment(Party):
    """转派 to another team or volunteer; `due`: by when they have to accept."""

    reason: Wish


class OrderCancellation(Step):
    """Why nobody has to do it any more."""

    reason: Wish


class Completion(Step):
    """It was carried out; `attended`: so many were checked in, where the ledger found it.

    `due`: by when the resident has to have rated it or to be called back.
    """

    attended: int | None = Field(default=None, ge=1)
    note: Label = ""


class Rating(Step):
    """评单: 1 to 5, as told by the resident or when they were called back.

    While the newest rating is a `complaint`, the visits of the order's activity are held for
    review. `comment` holds nothing personal. `due`: by when a complaint has to be called back.
    """

    stars: int = Field(ge=1, le=5, strict=True)
    complaint: bool = False
    comment: Annotated[str, StringConstraints(max_length=1000, pattern=r"^[^\x00]*$")] = ""
    told_by: Literal["resident", "call-back"] = "resident"


class CallBack(Step):
    """回访: whether the resident was reached, and what came of it.

    `due`: when it has to be tried again, if they were not.
    """

    reached: bool
    note: Wish


class Reward(Data):
    """What a volunteer gets: points, an honour 嘉许, or both."""

    volunteer: Identifier
    points: Points | None = None
    honour: Label = ""


class Rewarding(Step):
    """奖单: whom the government rewards with what, on which `basis`.

    Rewarded once more, the newest stands: an empty list takes it back.
    """

    rewards: list[Reward] = Field(max_length=200)
    basis: Wish


class OrderPlaced(CloudEvent):
    """点单: a resident has placed the order (`subject`)."""

    type: Literal["volunteer.order.placed.v1"] = "volunteer.order.placed.v1"
    data: Placing


class OrderDispatched(CloudEvent):
    """派单: the centre has given the order (`subject`) to a team or volunteer."""

    type: Literal["volunteer.order.dispatched.v1"] = "volunteer.order.dispatched.v1"
    data: Dispatch


class OrderAccepted(CloudEvent):
    """接单: the order (`subject`) is taken on."""

    type: Literal["volunteer.order.accepted.v1"] = "volunteer.order.accepted.v1"
    data: Acceptance


class OrderDeclined(CloudEvent):
    """退单: the order (`subject`) waits to be dispatched again."""

    type: Literal["volunteer.order.declined.v1"] = "volunteer.order.declined.v1"
    data: Refusal


class OrderReassigned(CloudEvent):
    """转派: the order (`subject`) is taken from one and given to another."""

    type: Literal["volunteer.order.reassigned.v1"] = "volunteer.order.reassigned.v1"
    data: Reassignment


class OrderCancelled(CloudEvent):
    """撤单: the order (`subject`) is not to be carried out. Final."""

    type: Literal["volunteer.order.cancelled.v1"] = "volunteer.order.cancelled.v1"
    data: OrderCancellation


class OrderDone(CloudEvent):
    """完成: the order (`subject`) was carried out."""

    type: Literal["volunteer.order.done.v1"] = "volunteer.order.done.v1"
    data: Completion


class OrderRated(CloudEvent):
    """评单: the resident has rated the order (`subject`). The newest rating stands."""

    type: Literal["volunteer.order.rated.v1"] = "volunteer.order.rated.v1"
    data: Rating


class OrderCalledBack(CloudEvent):
    """回访: the resident was asked about the order (`subject`)."""

    type: Literal["volunteer.order.called-back.v1"] = "volunteer.order.called-back.v1"
    data: CallBack


class OrderRewarded(CloudEvent):
    """奖单: what the volunteers of the order (`subject`) get."""

    type: Literal["volunteer.order.rewarded.v1"] = "volunteer.order.rewarded.v1"
    data: Rewarding


OrderEvent = (
    OrderPlaced
    | OrderDispatched
    | OrderAccepted
    | OrderDeclined
    | OrderReassigned
    | OrderCancelled
    | OrderDone
    | OrderRated
    | OrderCalledBack
    | OrderRewarded
)


class Escalation(Data):
    """The deadline `missed` has passed; `to` is the place above, absent where there is none.

    `due`: by when the step has to be taken now.
    """

    missed: Instant
    to: Identifier | None = None
    due: Instant | None = None


class OrderEscalated(CloudEvent):
    """督办: the order (`subject`) goes to the level above. Only the ledger says so."""

    type: Literal["volunteer.order.escalated.v1"] = "volunteer.order.escalated.v1"
    data: Escalation


class Reporting(Data):
    """What the volunteers are rewarded with by what was reported so far; the newest `number` holds.

    Facts `order_rewarded` and `order_reward_corrected` of each of them tell the policy.
    """

    number: int = Field(ge=1)
    rewards: list[Reward]


class OrderRewardReported(CloudEvent):
    """奖单入账: the rewards of the order (`subject`) were reported. Only the ledger says so."""

    type: Literal["volunteer.order.reward-reported.v1"] = "volunteer.order.reward-reported.v1"
    data: Reporting


OwnOrderEvent = OrderEscalated | OrderRewardReported
