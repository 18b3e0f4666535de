"""What else happens to a volunteer? Awards, approvals, corrections, absences, applications …

Which facts there are, and what they lead to, is the policy's to say (`facts:` of a policy).
"""

from typing import Literal

from pydantic import Field

from schemas.envelope import Attributes, CloudEvent, Data, FactType, Instant


class ReportedFact(Data):
    """A fact of the type that the policy calls `fact`; `until` ends a visit reported whole.

    An amendment names what it amends in its attribute `of`: `<source>#<id>` of the event (of a
    visit: of its check-in).
    """

    fact: FactType
    until: Instant | None = None
    attributes: Attributes = Field(default_factory=dict)


class FactReported(CloudEvent):
    """事实上报: something happened to the volunteer (`subject`) at `time`."""

    type: Literal["volunteer.fact.reported.v1"] = "volunteer.fact.reported.v1"
    data: ReportedFact
