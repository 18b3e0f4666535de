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
from schemas.envelope import CloudEvent, Data, Identifier, Instant, Label


class Volunteer(Data):
    """志愿者. `name` is a display name (a nickname will do); nothing else personal goes here.

    The ledger can't forget; whom a volunteer id stands for is kept in the identity vault.
    """

    name: Label | None = None
    team: Identifier | None = None
    place: Identifier | None = None
    birth_year: int | None = Field(default=None, ge=1900, le=2100)


class Team(Data):
    """志愿服务队. Its wallet is `team:<id>`, from which its `managers` may redeem."""

    name: Label
    place: Identifier | None = None
    managers: list[Identifier] = Field(default_factory=list, max_length=50)


PlaceKind = Literal["centre", "sub-centre", "station", "base", "point", "family-station"]


class Place(Data):
    """场所, of one of the kinds 中心、所、站、基地、点(岗)、家庭站, in the order of PlaceKind."""

    name: Label
    kind: PlaceKind
    parent: Identifier | None = None


class Activity(Data):
    """活动. `kind` is the locality's own word for its type, such as 理论宣讲."""

    name: Label
    place: Identifier | None = None
    team: Identifier | None = None
    kind: Label | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None


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


RegistryEvent = (
    VolunteerRegistered
    | TeamRegistered
    | PlaceRegistered
    | ActivityRegistered
    | MerchantRegistered
    | ItemRegistered
    | FundRegistered
    | HouseholdRegistered
)
