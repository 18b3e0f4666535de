"""Who and what is known? Registration of volunteers, teams, places and activities.

The newest registration by event time stands, in whatever order they arrive.
"""

from typing import Literal

from pydantic import Field

from schemas.catalogue import (
    FundRegistered,
    HouseholdRegistered,
    ItemRegistered,
    MerchantRegistered,
)
from schemas.envelope import Amount, CloudEvent, Data, Identifier, Instant, Label

Community = Literal["urban", "village"]
"""Of a station: 城市社区 or 村, for which plans count differently."""

Category = Literal["service", "lecture", "training", "meeting", "other"]
"""What an activity counts as: 志愿服务、宣讲、培训、会议、其他."""


class Volunteer(Data):
    """志愿者. `name` is a display name (a nickname will do); nothing else personal goes here.

    The ledger can't forget; whom a volunteer id stands for is kept in the identity vault.
    `party_unit`: where a party member in post (在职党员) works. `skills` 特长 are for matching.
    """

    name: Label | None = None
    team: Identifier | None = None
    place: Identifier | None = None
    birth_year: int | None = Field(default=None, ge=1900, le=2100)
    skills: list[Label] = Field(default_factory=list, max_length=40)
    party_unit: Identifier | None = None


class Team(Data):
    """志愿服务队. Its wallet is `team:<id>`, from which its `managers` may redeem.

    `kind` is one of the county's named kinds (ledger/centre/teams/kinds.yaml): 总队, 理论政策宣讲 …
    From `dissolved_at` on it is there no longer 解散.
    """

    name: Label
    place: Identifier | None = None
    kind: Identifier | None = None
    managers: list[Identifier] = Field(default_factory=list, max_length=50)
    dissolved_at: Instant | None = None


PlaceKind = Literal["centre", "sub-centre", "station", "base", "point", "family-station"]


class Place(Data):
    """场所, of one of the kinds 中心、所、站、基地、点(岗)、家庭站, in the order of PlaceKind.

    `functions` are its function rooms 功能室. `opening` says when it is open, `phone` is that of
    the office; nothing personal goes here. `latitude` and `longitude` are degrees (WGS 84).
    """

    name: Label
    kind: PlaceKind
    parent: Identifier | None = None
    community: Community | None = None
    functions: list[Label] = Field(default_factory=list, max_length=40)
    opening: Label = ""
    phone: Label = ""
    address: Label = ""
    latitude: Amount | None = None
    longitude: Amount | None = None


class Resource(Data):
    """可共享资源: a hall, a bus, a set of instruments, that others may book too.

    `kind` is the locality's own word; `shared` False: nobody may book it any more.
    """

    name: Label
    place: Identifier
    kind: Label = ""
    description: Label = ""
    shared: bool = True


class Activity(Data):
    """活动. `kind` is the locality's own word for its type, such as 理论宣讲.

    `capacity`: so many may sign up, those after them wait; `sign_up_until`: not after that.
    `order` and `project` are what it is done for.
    """

    name: Label
    place: Identifier | None = None
    team: Identifier | None = None
    kind: Label | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    category: Category = "service"
    order: Identifier | None = None
    project: Identifier | None = None
    capacity: int | None = Field(default=None, ge=1, le=100_000)
    sign_up_until: Instant | None = None


class VolunteerRegistered(CloudEvent):
    """`subject` is the volunteer's id."""

    type: Literal["volunteer.registry.volunteer-registered.v1"] = (
        "volunteer.registry.volunteer-registered.v1"
    )
    data: Volunteer


class TeamRegistered(CloudEvent):
    """`subject` is the team's id."""

    type: Literal["volunteer.registry.team-registered.v1"] = "volunteer.registry.team-registered.v1"
    data: Team


class PlaceRegistered(CloudEvent):
    """`subject` is the place's id."""

    type: Literal["volunteer.registry.place-registered.v1"] = (
        "volunteer.registry.place-registered.v1"
    )
    data: Place


class ActivityRegistered(CloudEvent):
    """`subject` is the activity's id."""

    type: Literal["volunteer.registry.activity-registered.v1"] = (
        "volunteer.registry.activity-registered.v1"
    )
    data: Activity


class ResourceRegistered(CloudEvent):
    """`subject` is the resource's id."""

    type: Literal["volunteer.registry.resource-registered.v1"] = (
        "volunteer.registry.resource-registered.v1"
    )
    data: Resource


RegistryEvent = (
    VolunteerRegistered
    | TeamRegistered
    | PlaceRegistered
    | ActivityRegistered
    | ResourceRegistered
    | MerchantRegistered
    | ItemRegistered
    | FundRegistered
    | HouseholdRegistered
)
