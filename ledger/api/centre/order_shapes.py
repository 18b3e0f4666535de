"""What is asked and answered of residents' orders? 点单、派单、接单、评单、奖单."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from schemas.orders import Channel

Name = Annotated[str, Field(min_length=1, max_length=128)]
Said = Annotated[str, Field(min_length=1, max_length=1000)]
Word = Annotated[str, Field(max_length=256)]
State = Literal["placed", "dispatched", "accepted", "done", "rated", "rewarded", "cancelled"]


# Answers -----------------------------------------------------------------------------------------


class OrderShown(BaseModel):
    """An order as it stands; `names` are those of the places, team and volunteers named in it.

    `responsible`: the place that sees to it now. `due_at`: by when the next step has to be taken.
    """

    id: str
    place: str
    responsible: str
    category: str
    skills: list[str]
    text: str
    channel: str
    state: State
    team: str | None
    volunteer: str | None
    activity: str | None
    volunteers: list[str]
    wanted_at: str | None
    placed_at: str
    starts_at: str | None
    ends_at: str | None
    due_at: str | None
    overdue: bool
    escalations: int
    stars: int | None
    complaint: bool
    called_back: bool
    rewarded_at: str | None
    names: dict[str, str]


class OrderStep(BaseModel):
    """Something that was said of it; `without_effect`: why nothing followed, "" where it did."""

    at: str
    step: str
    id: str
    said: dict[str, Any]
    without_effect: str = ""


class OrderWhole(OrderShown):
    """With each step, and who served at its activity so far (`served`)."""

    steps: list[OrderStep]
    served: list[str]


class OrderMade(OrderWhole):
    """With the code by which the resident rates it, once."""

    rating_code: str


class StateShown(BaseModel):
    """How many orders are in a state; `overdue` of them are late."""

    state: State
    title: str
    orders: int
    overdue: int


class OrderCounts(BaseModel):
    """Orders of a place and below it, by state, in the order of the loop."""

    place: str
    states: list[StateShown]


class ReasonShown(BaseModel):
    """What one part (skills, near, free, rating) gave, and why."""

    part: str
    points: int
    text: str


class SuggestionShown(BaseModel):
    """A team or volunteer that suits; `metres` null: nobody knows. `in_circle`: 15分钟服务圈."""

    kind: Literal["team", "volunteer"]
    id: str
    name: str
    place: str
    score: int
    metres: int | None
    in_circle: bool
    open_orders: int
    ratings: int
    reasons: list[ReasonShown]


class Suggestions(BaseModel):
    """The best first; `most` is the score that nobody can exceed, `source` who set the weights."""

    order: str
    most: int
    source: str
    items: list[SuggestionShown]


class RatingTaken(BaseModel):
    """The resident's rating is noted."""

    order: str
    stars: int
    complaint: bool


# Questions ---------------------------------------------------------------------------------------


class PlacingAsked(BaseModel):
    """点单. `text` holds nothing personal."""

    place: Name
    category: Annotated[str, Field(min_length=1, max_length=128)]
    skills: list[Word] = Field(default=[], max_length=20)
    text: Said
    wanted_at: AwareDatetime | None = None
    channel: Channel = "station"
    due: AwareDatetime | None = None


class PartyAsked(BaseModel):
    """A team or a volunteer; in an answer, absent: whom it was dispatched to."""

    team: Name | None = None
    volunteer: Name | None = None


class DispatchAsked(PartyAsked):
    """派单."""

    note: Word = ""
    due: AwareDatetime | None = None


class AcceptanceAsked(PartyAsked):
    """接单. `activity` absent: one is registered for the order."""

    activity: Name | None = None
    volunteers: list[Name] = Field(default=[], max_length=200)
    starts_at: AwareDatetime | None = None
    ends_at: AwareDatetime | None = None
    due: AwareDatetime | None = None


class RefusalAsked(PartyAsked):
    """退单 or 转派, and why."""

    reason: Said
    due: AwareDatetime | None = None


class CancellationAsked(BaseModel):
    """撤单, and why."""

    reason: Said


class CompletionAsked(BaseModel):
    """完成."""

    note: Word = ""
    due: AwareDatetime | None = None


class RatingAsked(BaseModel):
    """评单, as the resident told somebody at the station, or when they were called back."""

    stars: int = Field(ge=1, le=5)
    complaint: bool = False
    comment: Annotated[str, Field(max_length=1000)] = ""
    told_by: Literal["resident", "call-back"] = "resident"


class CallBackAsked(BaseModel):
    """回访."""

    reached: bool
    note: Said
    due: AwareDatetime | None = None


class RewardAsked(BaseModel):
    """Points (a decimal text), an honour, or both."""

    volunteer: Name
    points: Annotated[str, Field(max_length=20)] | None = None
    honour: Word = ""


class RewardingAsked(BaseModel):
    """奖单; the newest stands, an empty list takes it back."""

    rewards: list[RewardAsked] = Field(max_length=200)
    basis: Said


class OwnRating(BaseModel):
    """评单 by the resident, with the code of the order; nothing personal in `comment`."""

    order: Name
    code: Annotated[str, Field(min_length=1, max_length=32)]
    stars: int = Field(ge=1, le=5)
    complaint: bool = False
    comment: Annotated[str, Field(max_length=1000)] = ""
