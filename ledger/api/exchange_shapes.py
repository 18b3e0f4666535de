"""What do answers about the exchange of files look like? The API writes them, its client reads."""

from typing import Literal

from pydantic import BaseModel, Field

from ledger.exchange.fields import Kind
from ledger.exchange.outcomes import Outcome, Where


class ColumnShown(BaseModel):
    """A column of a mapping, and which field it is; `personal`: it goes to the identity vault."""

    heading: str
    field: str
    required: bool
    personal: bool


class LayoutShown(BaseModel):
    """How one kind of record lies in a file; `sheet` "" for a sheet of any name.

    `not_kept`: columns that are known and left out, and why.
    """

    kind: Kind
    sheet: str
    columns: list[ColumnShown]
    not_kept: dict[str, str]


class MappingShown(BaseModel):
    """A mapping that comes along."""

    name: str
    title: str
    layouts: list[LayoutShown]


class MistakeShown(BaseModel):
    """What is wrong in a row, and what to write instead; `column` "" means the whole row."""

    column: str
    what: str
    advice: str


class RowShown(BaseModel):
    """A row by its number in the file; `about` is the id or number that it gives itself."""

    kind: Kind
    sheet: str
    row: int
    about: str
    outcome: Outcome
    mistakes: list[MistakeShown]


class KindImported(BaseModel):
    """What became of the rows of one kind; `stored` and `known` are people in the vault.

    `left_out`: columns with personal data that went nowhere.
    """

    kind: Kind
    read: int
    new: int
    changed: int
    unchanged: int
    wrong: int
    stored: int
    known: int
    unknown_columns: list[str]
    missing_columns: list[str]
    left_out: list[str]


class ImportShown(BaseModel):
    """What became of a file; `dry_run`: what would, and nothing was recorded.

    `rows`: the first 500 with a mistake, then the first 500 of the others.
    """

    dry_run: bool
    results: list[KindImported]
    rows: list[RowShown]


class SideShown(BaseModel):
    """How many rows one side has, of how many, and of hours how many seconds."""

    rows: int
    keys: int
    seconds: int


class DifferenceShown(BaseModel):
    """One who or what differs; `ours` and `theirs` as the file writes it."""

    key: str
    where: Where
    field: str
    ours: str
    theirs: str


class ReconciledShown(BaseModel):
    """What a file and the ledger come to, and the first 500 of the differences.

    `unread`: rows of the file that can't be read.
    """

    kind: Kind
    ours: SideShown
    theirs: SideShown
    same: int
    unread: int
    differences: int
    findings: list[DifferenceShown]


class ExportAsked(BaseModel):
    """What is to be exported: hours by the days from `since` on, before `until`.

    `own` is the text of a mapping (YAML), instead of the name of one that comes along. A `reason`
    asks for personal data, too: each read is logged with it.
    """

    kind: Kind
    mapping: str = Field("", max_length=100)
    own: str = Field("", max_length=100_000)
    place: str = Field("", max_length=64)
    since: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    until: str = Field("", pattern=r"^(\d{4}-\d{2}-\d{2})?$")
    form: Literal["csv", "xlsx", "json", "jsonl"] = "xlsx"
    reason: str = Field("", max_length=200)
