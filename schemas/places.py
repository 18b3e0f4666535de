"""What changes at a place? Merges, yearly counts, and bookings of what places share."""

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.catalogue import Day
from schemas.envelope import CloudEvent, Data, Identifier, Instant, Label


class Merging(Data):
    """From the day `on` the place is part of `into`; with none it is closed."""

    into: Identifier | None = None
    on: Day
    reason: Label = ""
    by: Label = ""


class PlaceMerged(CloudEvent):
    """撤并: the place (`subject`) goes on in another. What was counted there stays there."""

    type: Literal["volunteer.place.merged.v1"] = "volunteer.place.merged.v1"
    data: Merging


class Reopening(Data):
    """From the day `on` the place is there again; the day of its merge takes the merge back."""

    on: Day
    reason: Label = ""
    by: Label = ""


class PlaceReopened(CloudEvent):
    """恢复: the place (`subject`) that was merged or closed stands by itself again."""

    type: Literal["volunteer.place.reopened.v1"] = "volunteer.place.reopened.v1"
    data: Reopening


class YearCount(Data):
    """What was counted of a place for a year. What is absent stays as an earlier count said.

    `residents` 常住人口, `full_time_staff` 专职人员, `party_members` 在职党员 who are to take part.
    """

    year: int = Field(ge=1970, le=2200)
    residents: int | None = Field(default=None, ge=0, le=10**10)
    full_time_staff: int | None = Field(default=None, ge=0, le=10**6)
    party_members: int | None = Field(default=None, ge=0, le=10**9)
    by: Label = ""


class PlaceCounted(CloudEvent):
    """年度统计: residents, staff and party members of the place (`subject`) in a year."""

    type: Literal["volunteer.place.counted.v1"] = "volunteer.place.counted.v1"
    data: YearCount


class BookingRequest(Data):
    """`whose`: the team, place or volunteer that it is for."""

    booking: Identifier
    starts_at: Instant
    ends_at: Instant
    whose: Identifier | None = None
    purpose: Label = ""
    by: Label = ""

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at: has to be after starts_at")
        return self


class BookingRequested(CloudEvent):
    """预约资源 (`subject`). Whoever asked first has it; what overlaps with that is refused."""

    type: Literal["volunteer.resource.booking-requested.v1"] = (
        "volunteer.resource.booking-requested.v1"
    )
    data: BookingRequest


class BookingCancel(Data):
    """The booking that is given up."""

    booking: Identifier
    reason: Label = ""
    by: Label = ""


class BookingCancelled(CloudEvent):
    """取消预约 of a resource (`subject`): its time is free again for those who ask later."""

    type: Literal["volunteer.resource.booking-cancelled.v1"] = (
        "volunteer.resource.booking-cancelled.v1"
    )
    data: BookingCancel


PlaceEvent = PlaceMerged | PlaceReopened | PlaceCounted | BookingRequested | BookingCancelled
