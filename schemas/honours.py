"""How does somebody come to an honour? Nominated, decided, published, awarded, revoked."""

from typing import Literal

from pydantic import Field

from schemas.envelope import CloudEvent, Data, Identifier, Label

NomineeKind = Literal["volunteer", "team", "place", "project", "activity"]
"""Whom an honour is for: 志愿者、队伍、场所、项目、活动."""

Day = r"^\d{4}-\d{2}-\d{2}$"


class Nomination(Data):
    """The `nominee` is proposed for the `honour` of a `period`, such as 2026.

    `rests_on` is what the policy has to say for it: the name of a grant (`gifts`), or a level
    (`star/5`). `place`: who calls for the honour.
    """

    honour: Label
    nominee: Identifier
    nominee_kind: NomineeKind = "volunteer"
    period: Label = ""
    rests_on: Identifier | None = None
    place: Identifier | None = None
    reason: Label = ""
    by: Label = ""


class Verdict(Data):
    """What was decided, by whom, under which number of a document (文号)."""

    decision: Literal["approved", "refused"]
    reason: Label = ""
    document: Label = ""
    by: Label = ""


class Publication(Data):
    """Shown to the public from the day `since` to the day `until`, at `where`."""

    since: str = Field(pattern=Day)
    until: str = Field(pattern=Day)
    where: Label = ""
    by: Label = ""


class Conferral(Data):
    """The honour is conferred; `document`: the number of the decision to do so."""

    document: Label = ""
    by: Label = ""


class HonourRevocation(Data):
    """The honour, or the nomination, is taken back."""

    reason: Label
    by: Label = ""


class HonourNominated(CloudEvent):
    """推荐: `subject` is the nomination's id."""

    type: Literal["volunteer.honour.nominated.v1"] = "volunteer.honour.nominated.v1"
    data: Nomination


class HonourDecided(CloudEvent):
    """评审 of a nomination (`subject`)."""

    type: Literal["volunteer.honour.decided.v1"] = "volunteer.honour.decided.v1"
    data: Verdict


class HonourPublished(CloudEvent):
    """公示 of a nomination (`subject`) that was approved."""

    type: Literal["volunteer.honour.published.v1"] = "volunteer.honour.published.v1"
    data: Publication


class HonourConferred(CloudEvent):
    """授予 of what was published (`subject`)."""

    type: Literal["volunteer.honour.conferred.v1"] = "volunteer.honour.conferred.v1"
    data: Conferral


class HonourRevoked(CloudEvent):
    """撤销 of a nomination or an honour (`subject`). Final."""

    type: Literal["volunteer.honour.revoked.v1"] = "volunteer.honour.revoked.v1"
    data: HonourRevocation


HonourEvent = HonourNominated | HonourDecided | HonourPublished | HonourConferred | HonourRevoked
