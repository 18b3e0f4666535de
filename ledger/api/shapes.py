"""What do answers look like? The models that the API writes and its client reads."""

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, RootModel

Status = Literal["recorded", "duplicate", "rejected", "queued"]
Level = str | int | None

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` is what `after` is to be for the following part, null at the end."""

    items: list[Item]
    next: str | None = None


# health -----------------------------------------------------------------------------------------


class Health(BaseModel):
    """`detail` says what is missing; "" for nothing."""

    status: Literal["ok", "unavailable"]
    detail: str = ""


# session ----------------------------------------------------------------------------------------


class HeldRole(BaseModel):
    """A role and how far it reaches: a place, `merchant:ID` or `volunteer:ID`."""

    role: str
    title: str
    scope: str


class SessionState(BaseModel):
    """Who is logged in (`login` null: nobody), and what they may do.

    `place` is the first that they have a role at, else the area of this ledger.
    """

    name: str
    who: str
    login: Literal["oidc", "pass"] | None
    roles: list[HeldRole]
    permissions: list[str]
    place: str
    merchant: str | None
    volunteer: str | None
    login_url: str | None = Field(description="Where to log in at the provider, where there is one")


class PassGiven(BaseModel):
    """What stands behind #pass= in the secret link."""

    model_config = {"populate_by_name": True}

    secret: str = Field(alias="pass", min_length=16, max_length=256)


# events -----------------------------------------------------------------------------------------


class EventReceipt(BaseModel):
    """What became of an event; `reason` is for programs, `detail` for people.

    recorded: it is on the ledger's disk. duplicate: it was before. rejected: it was not taken in,
    and sending it again will not help before something is mended. queued: Kafka has it.
    """

    source: str | None
    id: str | None
    status: Status
    reason: str = ""
    detail: str = ""


class EventReceipts(BaseModel):
    """One for each event sent, in their order."""

    receipts: list[EventReceipt]


# kiosk ------------------------------------------------------------------------------------------


class ActivityShown(BaseModel):
    """Times are ISO 8601 in the policy's zone, null where it has none."""

    id: str
    name: str
    team: str | None
    starts: str | None
    ends: str | None


class TeamShown(BaseModel):
    """A team, for a leader who checks all of it in."""

    id: str
    name: str


class Programme(BaseModel):
    """What may be checked in to at a place; `zone` is the offset of its clock from UTC."""

    place: str
    zone: str
    activities: list[ActivityShown]
    teams: list[TeamShown]


# stars ------------------------------------------------------------------------------------------


class StarsOfPlace(BaseModel):
    """Volunteers by level, as the policy calls its levels; "" is none."""

    place: str
    name: str
    stars: dict[str, int]


class StarTableShown(BaseModel):
    """An area, and the places one level below it; `levels` from the lowest up."""

    area: str
    levels: list[str]
    stars: dict[str, int]
    places: list[StarsOfPlace]


class StarredShown(BaseModel):
    """A volunteer with a star, and where they are registered."""

    volunteer: str
    place: str
    star: str


# places -----------------------------------------------------------------------------------------


class PlaceListed(BaseModel):
    """A registered place; `kind` is centre, sub-centre, station, base, point or family-station."""

    id: str
    name: str
    kind: str
    has_below: bool


# volunteers -------------------------------------------------------------------------------------


class Lot(BaseModel):
    """Points of which `on` is the last day."""

    on: str
    amount: str


class PurseShown(BaseModel):
    """Decimal texts; `expiring` and `debt` are there where there is any."""

    balance: str
    held: str
    available: str
    expiring: list[Lot] = []
    debt: str = ""


class Standing(BaseModel):
    """What a volunteer has: `seconds` counted, the `star` as the policy calls it, points.

    `points` is of the `currency` that is meant where none is named; `currencies` and `levels` are
    all, `currency_names` what people call them.
    """

    volunteer: str
    name: str | None
    seconds: int
    star: Level
    points: PurseShown
    currency: str
    currencies: dict[str, PurseShown]
    currency_names: dict[str, str]
    levels: dict[str, Level | list[Level]]


class VisitToday(BaseModel):
    """`ended_at` null: still checked in; `seconds` are those that count."""

    activity: str
    name: str
    place: str
    started_at: str
    ended_at: str | None
    seconds: int


class Today(BaseModel):
    """The day by the policy's clock; `since`: when the check-in was that is open, if one is.

    An open visit of the night before is among `visits`, too; one that was forgotten is not.
    """

    day: str
    seconds: int
    since: str | None
    visits: list[VisitToday]


class VisitShown(BaseModel):
    """An hour record; `status` is counted or pending, and then `awaits` says whose approval."""

    record: int
    track: str
    activity: str
    activity_name: str
    place: str
    place_name: str
    started_at: str
    ended_at: str
    seconds: int
    status: str
    awaits: str


class MonthShown(BaseModel):
    """A month (as 2026-05) by the policy's clock; a visit is of the month in which it began."""

    month: str
    seconds: int
    visits: int


class PointsShown(BaseModel):
    """An entry of points, with its rule and clauses; `amount` below zero is what went out."""

    entry: int
    currency: str
    amount: str
    counter: str
    at: str
    recorded_at: str
    rule: str
    clauses: list[str]
    redemption: str | None
    merchant: str | None
    merchant_name: str
    item: str | None
    item_name: str
    reverses: int | None
    reversed_by: int | None


class Expiring(BaseModel):
    """Points that end on a day."""

    currency: str
    on: str
    amount: str


class StepShown(BaseModel):
    """What was asked at a till and answered: redeem, hold, confirm, cancel, refund …"""

    redemption: str
    command: str
    status: str
    reason: str | None
    merchant: str
    merchant_name: str
    item: str
    item_name: str
    quantity: int
    points: dict[str, str]
    voucher: str
    at: str
    expires_at: str | None


class NextStar(BaseModel):
    """The way to the next level of the star ladder; `next` null: there is none above.

    `recent_seconds` counted in the last `recent_days`; `reached_on`: the day on which it would be
    reached at this pace, null where hours alone do not decide, or none came lately.
    """

    star: Level
    next: Level
    condition: str
    seconds: int
    missing_seconds: int | None
    recent_seconds: int
    recent_days: int
    reached_on: str | None


class CodeShown(BaseModel):
    """`changes`: when there will be another; `expires`: from when a till takes this one no more."""

    code: str
    changes: str
    expires: str


class Explanation(RootModel[dict[str, Any]]):
    """The chain from the level down to the events, as `vledger explain --json` prints it."""


# webhooks ----------------------------------------------------------------------------------------


class WebhookAsked(BaseModel):
    """An https address, and the types of events that it wants; none: all."""

    url: str = Field(min_length=8, max_length=2000)
    types: list[str] = Field(default=[], max_length=50)


class WebhookShown(BaseModel):
    """An address that is told; `failures` in a row, and why the last one was."""

    id: str
    url: str
    types: list[str]
    made_by: str
    made_at: str
    failures: int
    last_error: str
    disabled: bool


class WebhookMade(WebhookShown):
    """With the secret by which it checks what it is told, as Standard Webhooks writes it."""

    secret: str


class ComplaintShown(BaseModel):
    """`state` is open, upheld, rejected or explained; `filed_by` null: the volunteer."""

    id: str
    volunteer: str
    name: str
    state: str
    about: str
    of: str | None
    text: str
    filed_by: str | None
    filed_at: str
    answer: str | None
    answered_by: str | None
    answered_at: str | None
