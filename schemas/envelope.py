"""What do all events share? The CloudEvents 1.0 envelope and the field types used inside it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    StringConstraints,
)

MAX_EVENT_BYTES = 64 * 1024
"""A larger event is not decoded; CloudEvents asks intermediaries to carry at least 64 KiB."""

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

MAX_WHOLE = 2**53 - 1
"""Every JSON reader holds whole numbers up to this exactly (RFC 7493); larger ones are texts."""

_VISIBLE = r"^[^\x00-\x1f\x7f-\x9f]+$"


LATEST = datetime(9998, 1, 1, tzinfo=UTC)
"""From here on a calendar has no room for a zone, or for the day after."""

MAX_IDENTIFIER = 128
"""Characters of a name."""

Identifier = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_IDENTIFIER, pattern=_VISIBLE, strict=True)
]
"""A name chosen by the sender: 1–128 characters, none of them a control character."""

FactType = Annotated[
    str,
    StringConstraints(
        min_length=1,
        max_length=128,
        pattern=r"^[^\x00-\x1f\x7f-\x9f~][^\x00-\x1f\x7f-\x9f]*$",
        strict=True,
    ),
]
"""A policy's name for a kind of fact. Those that begin with ~ are the ledger's own."""

Source = Annotated[
    str, StringConstraints(min_length=1, max_length=256, pattern=_VISIBLE, strict=True)
]
"""A CloudEvents source (URI-reference), such as `kiosk/370102-001-01`."""

Label = Annotated[str, StringConstraints(max_length=256, pattern=r"^[^\x00]*$", strict=True)]
"""A short text for people."""

Told = Annotated[
    str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^\x00]*[^\x00\s][^\x00]*$")
]
"""A text that a person has to give: never blank."""

Instant = Annotated[AwareDatetime, Field(ge=EARLIEST, lt=LATEST)]
"""RFC 3339 date and time with its zone, 1970 to 9997. A time without a zone is refused."""

Amount = Annotated[
    str, StringConstraints(pattern=r"^-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,6})?$", strict=True)
]
"""An exact decimal number as text, so that no reader turns it into a float.

Below a million million (万亿), so that its millionths still fit into a 64-bit column.
"""


def _positive(value: str) -> str:
    if value.startswith("-") or not value.strip("0."):
        raise ValueError("must be more than 0")
    return value


Yuan = Annotated[
    str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,9})(\.[0-9]{1,2})?$", strict=True)
]
"""An amount of money (元) as text, to the fen, from zero to below ten thousand million (百亿).

Millions of the largest together still fit into a 64-bit balance.
"""

PositiveAmount = Annotated[Amount, AfterValidator(_positive)]


WholeNumber = Annotated[int, Field(strict=True, ge=-MAX_WHOLE, le=MAX_WHOLE)]
"""A whole number that no reader rounds."""

Scalar = StrictStr | WholeNumber | StrictBool | None
"""A fraction is written as text ("0.5"), so that no reader turns it into a float."""

Attributes = Annotated[
    dict[Identifier, Scalar | list[Scalar] | dict[str, Scalar]], Field(max_length=40)
]
"""What a policy may want to know of a fact, by the names that the policy declares."""


class Data(BaseModel):
    """The payload of an event. Unknown fields are allowed (see the rule of evolution)."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", defer_build=True)


class CloudEvent(BaseModel):
    """CloudEvents 1.0 in JSON (structured mode); one event a line in files."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", defer_build=True)

    specversion: Literal["1.0"]
    id: Identifier
    source: Source
    time: Instant
    subject: Identifier
    datacontenttype: Literal["application/json"] = "application/json"
    devicekey: Identifier | None = None
    """Of an event that its device signed: the key's id (RFC 7638 thumbprint)."""

    signature: Annotated[str, StringConstraints(max_length=128, strict=True)] | None = None
    """The device's Ed25519 signature (base64url) over the canonical JSON without it (RFC 8785)."""


def legible(text: str) -> str:
    """A text that came from outside, fit to be kept and shown: what does not print is escaped."""
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in text
    )
