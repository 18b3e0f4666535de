"""Which column of a foreign file is which of our fields? A mapping, as data (YAML)."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from ledger.errors import LedgerError
from ledger.exchange.cells import ISO, CellError, Codec, Unit
from ledger.exchange.fields import FIELDS, KINDS, Kind, Value
from ledger.identity.person import GivenBy
from ledger.policy.errors import PolicyError
from ledger.policy.source import read_source

_Texts = Annotated[
    list[str], BeforeValidator(lambda said: [said] if isinstance(said, str) else said)
]
_Codes = Annotated[
    dict[str, str],
    BeforeValidator(
        lambda said: (
            {str(one): str(ours) for one, ours in said.items()} if isinstance(said, dict) else said
        )
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Column(_Strict):
    """What a column is: one of our fields, or `not_kept`, with the reason.

    `codes` names a code list of the mapping, or is one: their word → ours.
    """

    field: str = ""
    format: _Texts = [ISO]
    unit: Unit = "hours"
    separator: str = Field(default="、", min_length=1, max_length=4)
    codes: str | _Codes = {}
    not_kept: str = ""

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.field) == bool(self.not_kept):
            raise ValueError("say either field or not_kept (why it is left out)")
        return self


class OnlyIf(_Strict):
    """A field is taken only where another column says one of these, as 政治面貌 for 在职党员."""

    column: str
    is_: _Texts = Field(alias="is")


class Reported(_Strict):
    """Of hours of which only a duration is known: the policy's fact, and what it is told.

    The fact lies at the hour `at` of the day. `attributes`: the fact's → a field of the record;
    a duration is told in hours. `whole`: it is a visit, that ends when the duration is over.
    """

    fact: str
    at: str = Field(default="12:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    attributes: dict[str, str] = {}
    whole: bool = False


class Table(_Strict):
    """One kind of record: its columns, by their headings; fields that are the same in all rows."""

    sheet: str = ""
    columns: dict[str, Annotated[Column, BeforeValidator(
        lambda said: {"field": said} if isinstance(said, str) else said
    )]]  # fmt: skip
    constants: dict[str, str] = {}
    only_if: dict[str, OnlyIf] = {}
    reported: Reported | None = None


class Consented(_Strict):
    """What the import of personal data rests on; whoever imports answers for it."""

    purposes: list[str] = Field(min_length=1)
    given_by: GivenBy = "self"


class Document(_Strict):
    """A whole mapping, as it is written down. Its source can't be that of a device."""

    mapping: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,60}$")]
    name: str = ""
    note: str = ""
    source: Annotated[str, StringConstraints(pattern=r"^(import/[\w./-]{1,100})?$")] = ""
    zone: str = "Asia/Shanghai"
    codes: dict[str, _Codes] = {}
    consent: Consented | None = None
    tables: dict[Kind, Table]


class Bound(NamedTuple):
    """A column, its field and how its cells are read and written."""

    heading: str
    field: str
    codec: Codec


class Layout(NamedTuple):
    """How one kind of record lies in a file. `not_kept`: headings that are left out, and why."""

    kind: Kind
    sheet: str
    columns: tuple[Bound, ...]
    constants: Mapping[str, Value]
    only_if: Mapping[str, OnlyIf]
    not_kept: Mapping[str, str]
    reported: Reported | None

    def heading(self, field: str) -> str:
        """The column that a field stands in; "" for none."""
        return next((one.heading for one in self.columns if one.field == field), "")

    @property
    def conditions(self) -> Mapping[str, tuple[str, str]]:
        """Columns that only say whether a field is taken: heading → the field, what to write."""
        return {
            one.column: (field, one.is_[0])
            for field, one in self.only_if.items()
            if one.column in self.not_kept
        }

    @property
    def headings(self) -> list[str]:
        """The columns of an export."""
        return [*(one.heading for one in self.columns), *self.conditions]

    def has(self, field: str) -> bool:
        return bool(self.heading(field)) or field in self.constants


class MappingFile(NamedTuple):
    """A mapping that was checked. `source`: where its events come from."""

    name: str
    title: str
    source: str
    zone: ZoneInfo
    consent: Consented | None
    layouts: Mapping[Kind, Layout]


def shipped() -> list[str]:
    """The names of the mappings that come along."""
    folder = resources.files("ledger.exchange").joinpath("mappings")
    return sorted(
        one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml")
    )


def shipped_text(name: str) -> str:
    """The YAML of a mapping that comes along; whoever needs another one changes a copy."""
    folder = resources.files("ledger.exchange").joinpath("mappings")
    return folder.joinpath(f"{name}.yaml").read_text("utf-8")


def open_mapping(name: str) -> MappingFile:
    """A mapping that comes along, by its name, or the file of that name. Raises LedgerError."""
    if name in shipped():
        return read_mapping(shipped_text(name), name)
    try:
        text = Path(name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LedgerError(
            f"--mapping {name}: can't read it ({error}); "
            f"it is a file, or one of {', '.join(shipped())}"
        ) from None
    return read_mapping(text, name)


def read_mapping(text: str, where: str) -> MappingFile:
    """The mapping in a YAML text. Raises LedgerError that names each mistake.

    Aliases are refused, so that it is never larger than its text.
    """
    try:
        said = Document.model_validate(read_source(text, where).data)
    except PolicyError as error:
        raise LedgerError(str(error)) from None
    except ValidationError as error:
        wrong = "; ".join(
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}"
            for one in error.errors(include_url=False)[:8]
        )
        raise LedgerError(f"{where}: {wrong}") from None
    try:
        zone = ZoneInfo(said.zone)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise LedgerError(f"{where}: zone: there is no zone {said.zone!r}") from None
    mistakes: list[str] = []
    layouts = {
        kind: _layout(said, kind, said.tables[kind], zone, mistakes)
        for kind in KINDS
        if kind in said.tables
    }
    if not layouts:
        mistakes.append("tables: has none")
    if mistakes:
        raise LedgerError(f"{where}: " + "; ".join(mistakes))
    source = said.source or f"import/{said.mapping}"
    return MappingFile(said.mapping, said.name, source, zone, said.consent, layouts)


def _layout(
    said: Document, kind: Kind, table: Table, zone: ZoneInfo, mistakes: list[str]
) -> Layout:
    where, fields = f"tables.{kind}", FIELDS[kind]
    columns, constants, not_kept = [], {}, {}
    taken: dict[str, str] = {}
    for heading, column in table.columns.items():
        if column.not_kept:
            not_kept[heading] = column.not_kept
            continue
        at = f"{where}.columns.{heading}"
        if column.field not in fields:
            mistakes.append(f"{at}: there is no field {column.field!r}: {', '.join(fields)} are")
            continue
        if column.field in taken:
            mistakes.append(f"{at}: {taken[column.field]} is {column.field} already")
        taken[column.field] = heading
        codec = _codec(said, column, kind, zone, at, mistakes)
        columns.append(Bound(heading, column.field, codec))
    for name, value in table.constants.items():
        if name not in fields or name in taken:
            mistakes.append(f"{where}.constants.{name}: is no field, or is a column already")
            continue
        codec = Codec(fields[name].type, zone)
        try:
            read = codec.read(value)
        except CellError as error:
            mistakes.append(f"{where}.constants.{name}: {error.what}: {error.advice}")
            continue
        if read is not None:
            constants[name] = read
    for name, condition in table.only_if.items():
        if name not in taken or condition.column not in table.columns:
            mistakes.append(f"{where}.only_if.{name}: names a field and a column of this table")
        if not condition.is_:
            mistakes.append(f"{where}.only_if.{name}.is: say at least one")
    layout = Layout(
        kind, table.sheet, tuple(columns), constants, table.only_if, not_kept, table.reported
    )
    mistakes += [
        f"{where}: no column is {name}"
        for name, field in fields.items()
        if field.required and not layout.has(name)
    ]
    if kind == "hours":
        mistakes += _hours_mistakes(layout)
    elif table.reported is not None:
        mistakes.append(f"{where}.reported: is for hours")
    return layout


def _hours_mistakes(layout: Layout) -> list[str]:
    """Hours are visits with a begin and an end, or durations of which the policy knows a fact."""
    where = "tables.hours"
    if layout.reported is None:
        needed = ("activity", "place", "starts_at", "ends_at")
        missing = [one for one in needed if not layout.has(one)]
        return [
            f"{where}: no column is {one}; where only a duration is known, say under `reported` "
            "which fact of the policy it is"
            for one in missing
        ]
    found = [
        f"{where}.reported.attributes.{name}: {field} is no field of this table"
        for name, field in layout.reported.attributes.items()
        if not layout.has(field)
    ]
    return found + [
        f"{where}: no column is {one}, which `reported` needs"
        for one in ("day", "seconds")
        if not layout.has(one)
    ]


def _codec(
    said: Document, column: Column, kind: Kind, zone: ZoneInfo, at: str, mistakes: list[str]
) -> Codec:
    codes = column.codes
    if isinstance(codes, str):
        if codes not in said.codes:
            mistakes.append(f"{at}.codes: there is no code list {codes!r}")
        codes = said.codes.get(codes, {})
    type_ = FIELDS[kind][column.field].type
    if type_ in ("day", "moment"):
        mistakes += [f"{at}.format: {why}" for why in _format_mistakes(column.format, type_)]
    return Codec(type_, zone, tuple(column.format), column.unit, column.separator, codes)


def _format_mistakes(formats: list[str], type_: Literal["day", "moment"]) -> list[str]:
    """What an export would lose: the first format has to hold all of a time."""
    if not formats:
        return ["say at least one"]
    sample = datetime(2031, 12, 28, 17, 58, 49)
    try:
        back = [
            sample if one == ISO else datetime.strptime(sample.strftime(one), one)
            for one in formats
        ]
    except (ValueError, re.error) as error:  # re.error: the same directive twice
        return [str(error)]
    whole = back[0].date() == sample.date() and (type_ == "day" or back[0] == sample)
    return (
        [] if whole else [f"{formats[0]!r} does not hold all of a {type_}: put a whole one first"]
    )


def kinds_of(mapping: MappingFile, wanted: str) -> list[Kind]:
    """The kinds that a mapping has, or the one that is wanted. Raises LedgerError."""
    if not wanted:
        return list(mapping.layouts)
    found: list[Any] = [one for one in mapping.layouts if one == wanted]
    if not found:
        raise LedgerError(
            f"kind {wanted}: the mapping {mapping.name} has {', '.join(mapping.layouts)}"
        )
    return found


def one_kind(mapping: MappingFile, wanted: str) -> Kind:
    """The kind that is meant. Raises LedgerError if the mapping has several."""
    found = kinds_of(mapping, wanted)
    if len(found) > 1:
        raise LedgerError(f"say which kind: one of {', '.join(found)}")
    return found[0]
