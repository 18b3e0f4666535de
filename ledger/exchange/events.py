"""Which events is a record? Their ids follow from the record, so that it is recorded once. Pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from hashlib import sha256
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, ValidationError

from ledger.clock import SECOND, from_micros, to_micros
from ledger.exchange.fields import Kind
from ledger.exchange.mapping import Layout, MappingFile, Reported
from ledger.exchange.records import Mistake, Record
from schemas import (
    ActivityRegistered,
    CheckedIn,
    CheckedOut,
    CloudEvent,
    FactReported,
    TeamRegistered,
    VolunteerRegistered,
)
from schemas.documents import event_type

REGISTERED: Mapping[Kind, tuple[str, type[CloudEvent]]] = {
    "teams": ("team", TeamRegistered),
    "activities": ("activity", ActivityRegistered),
    "volunteers": ("volunteer", VolunteerRegistered),
}
"""What the registry calls a kind, and by which event it is registered."""

_OF_REGISTRY: Mapping[Kind, Mapping[str, str]] = {
    "teams": {name: name for name in ("name", "place", "kind", "managers")},
    "activities": {
        name: name
        for name in (
            "name", "place", "team", "kind", "category", "starts_at", "ends_at", "capacity",
            "project",
        )
    },
    "volunteers": {
        "display_name": "name",
        **{name: name for name in ("team", "place", "birth_year", "skills", "party_unit")},
    },
}  # fmt: skip
"""Field of a record → field of the registration."""

_MOMENTS = ("starts_at", "ends_at")

LONGEST_ID = 120


class Standing(NamedTuple):
    """What is registered now, since when (µs), and by which event (`source#id`)."""

    data: Mapping[str, Any]
    at: int
    event: str


class MistakenError(ValueError):
    """The record can't be an event; `mistakes` say why."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("; ".join(f"{one.column}: {one.what}" for one in mistakes))
        self.mistakes = mistakes


def registration(
    mapping: MappingFile, layout: Layout, record: Record, standing: Standing | None, now: int
) -> CloudEvent | None:
    """What the record registers anew; None if nothing. What it does not say stays as it is.

    Raises MistakenError.
    """
    _, model = REGISTERED[layout.kind]
    said = _told(layout.kind, record)
    before = dict(standing.data) if standing else {}
    for name in _MOMENTS:  # the same instant may be written with another zone
        if name in said and name in before and _second(said[name]) == _second(before[name]):
            said[name] = before[name]
    data = {**before, **said}
    subject = record.text("id")
    at = record.number("registered_at") if standing is None else None
    name = standing.event if standing else ""
    content = orjson.dumps([subject, name, data], option=orjson.OPT_SORT_KEYS)
    event = _event(
        layout,
        model,
        id=f"{layout.kind}/{sha256(content).hexdigest()[:40]}",
        source=mapping.source,
        time=from_micros(now if at is None else min(at, now), mapping.zone),
        subject=subject,
        data=data,
    )
    if standing is not None and _whole(event) == before:
        return None
    if standing is not None and standing.at >= now:
        raise MistakenError([Mistake("", "what is registered here is newer 本系统登记较新")])
    return event


def told_of(kind: Kind, subject: str, standing: Standing) -> dict[str, Any]:
    """A registration as the fields of a record: the inverse of `registration`."""
    values: dict[str, Any] = {"id": subject}
    for field, name in _OF_REGISTRY[kind].items():
        value = standing.data.get(name)
        if value is None or value == []:
            continue
        if name in _MOMENTS:
            value = to_micros(datetime.fromisoformat(value))
        values[field] = tuple(value) if isinstance(value, list) else value
    if kind == "volunteers":
        values["registered_at"] = standing.at
    return values


def visit(mapping: MappingFile, layout: Layout, record: Record) -> tuple[CloudEvent, CloudEvent]:
    """The check-in and check-out. Raises MistakenError."""
    starts, ends = record.number("starts_at"), record.number("ends_at")
    lost = [
        Mistake(layout.heading(name), "is empty 不能为空", "fill it in 请填写")
        for name in ("activity", "place", "starts_at", "ends_at")
        if name not in record.values
    ]
    if lost or starts is None or ends is None:
        raise MistakenError(lost)
    if ends <= starts:
        column = layout.heading("ends_at")
        raise MistakenError(
            [Mistake(column, "is not after the begin 应晚于开始", "mend one of both 请更正其一")]
        )
    key = key_of(record)
    data = {"activity": record.text("activity"), "place": record.text("place"), "method": "import"}
    told: dict[str, Any] = {
        "source": mapping.source,
        "subject": record.text("volunteer"),
        "data": data,
    }
    return (
        _event(layout, CheckedIn, id=f"in/{key}", time=from_micros(starts, mapping.zone), **told),
        _event(layout, CheckedOut, id=f"out/{key}", time=from_micros(ends, mapping.zone), **told),
    )


def fact(mapping: MappingFile, layout: Layout, record: Record, said: Reported) -> CloudEvent:
    """Hours of which only the duration is known, as the policy's fact. Raises MistakenError."""
    lost = [
        Mistake(layout.heading(name), "is empty 不能为空", "fill it in 请填写")
        for name in ("day", "seconds")
        if name not in record.values
    ]
    if lost:
        raise MistakenError(lost)
    hour = time.fromisoformat(said.at)
    day = datetime.fromisoformat(record.text("day"))
    begins = to_micros(datetime.combine(day, hour, mapping.zone))
    seconds = record.number("seconds") or 0
    attributes: dict[str, Any] = {}
    for name, field in said.attributes.items():
        value = record.values.get(field)
        if value is not None:
            attributes[name] = _attribute(layout, field, value, mapping.zone)
    data: dict[str, Any] = {"fact": said.fact, "attributes": attributes}
    if said.whole:
        data["until"] = from_micros(begins + seconds * SECOND, mapping.zone)
    return _event(
        layout,
        FactReported,
        id=f"fact/{key_of(record)}",
        source=mapping.source,
        time=from_micros(begins, mapping.zone),
        subject=record.text("volunteer"),
        data=data,
    )


def key_of(record: Record) -> str:
    """What tells a record of hours apart: its number, else who did what when."""
    number = record.text("record")
    if number:
        if len(number) <= LONGEST_ID:
            return number
        return f"sha256:{sha256(number.encode()).hexdigest()}"
    parts = [record.text(one) for one in ("volunteer", "activity", "starts_at", "ends_at", "day")]
    parts += [str(record.values.get("seconds", ""))] if not record.values.get("starts_at") else []
    return f"sha256:{sha256(orjson.dumps(parts)).hexdigest()}"


def number_of(ours: str, came: tuple[str, str], left: tuple[str, str] | None) -> str:
    """The record's number, as an export says it: their own, else the name of the check-in.

    `came` and `left` are (source, id). Where the ledger pairs a check-in with another record's
    check-out, neither number is true of the visit.
    """
    source, ident = came
    kind, _, key = ident.partition("/")
    whole = kind == "fact" or (kind == "in" and left == (ours, f"out/{key}"))
    return key if source == ours and key and whole else f"{source}#{ident}"


def _attribute(layout: Layout, field: str, value: Any, zone: ZoneInfo) -> Any:
    """As policies are told it: hours as a decimal text, moments with their zone."""
    match field:
        case "seconds":
            hours = next((one.codec for one in layout.columns if one.field == field), None)
            assert hours is not None
            return hours._replace(unit="hours").write(value)
        case "starts_at" | "ends_at":
            return from_micros(value, zone).isoformat()
    return value


def _told(kind: Kind, record: Record) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for field, name in _OF_REGISTRY[kind].items():
        value = record.values.get(field)
        if value is None:
            continue
        if name in _MOMENTS:
            value = from_micros(record.number(field) or 0, UTC).isoformat().replace("+00:00", "Z")
        said[name] = list(value) if isinstance(value, tuple) else value
    if kind == "volunteers" and "birth_year" not in said and "birth_date" in record.values:
        said["birth_year"] = int(record.text("birth_date")[:4])
    return said


def _event(layout: Layout, model: type[CloudEvent], **values: Any) -> CloudEvent:
    """The event, checked as one from outside is. Raises MistakenError that names columns."""
    content = orjson.dumps({"specversion": "1.0", "type": event_type(model), **values})
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        columns = {name: field for field, name in _OF_REGISTRY.get(layout.kind, {}).items()}
        mistakes = []
        for one in error.errors(include_url=False)[:8]:
            names = [str(part) for part in one["loc"] if isinstance(part, str)]
            name = names[1] if names[:1] == ["data"] and len(names) > 1 else names[0]
            field = {"subject": "volunteer" if layout.kind == "hours" else "id", "id": "record"}
            column = layout.heading(field.get(name) or columns.get(name) or name)
            advice = "one of " + one["ctx"]["expected"] if "expected" in one.get("ctx", {}) else ""
            mistakes.append(Mistake(column or name, f"{one['msg']} 不合要求", advice))
        raise MistakenError(mistakes) from None


def _second(moment: str) -> int:
    return to_micros(datetime.fromisoformat(moment)) // SECOND


def _whole(event: CloudEvent) -> dict[str, Any]:
    data: Any = getattr(event, "data")  # noqa: B009 - every event has its own
    assert isinstance(data, BaseModel)
    return data.model_dump(mode="json", exclude_none=True)
