"""What does an archive say of itself, and are its files as they were written?

A folder has one folder a month, named as DuckDB and Spark read partitions (`month=2026-05`), with
one Parquet file a table and `manifest.json`: rows, octets and SHA-256 of each file, and the seals
of the ledger that cover them.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.errors import LedgerError

FORMAT = 1
MANIFEST = "manifest.json"


class ArchiveError(LedgerError):
    """The archive can't be written, or is none."""


class Content(BaseModel):
    """Of one file."""

    model_config = ConfigDict(frozen=True)

    rows: int
    octets: int
    sha256: str


class Seals(BaseModel):
    """The seals of a month's batches, by number; `leaves` is the SHA-256 of their leaves in order.

    Seals of other months may lie between; `count` says how many are this month's.
    """

    model_config = ConfigDict(frozen=True)

    first: int
    last: int
    count: int
    leaves: str


class Checkpoint(BaseModel):
    """The oldest checkpoint that covers all of these seals: `note` is what was published."""

    model_config = ConfigDict(frozen=True)

    number: int
    size: int
    root: str
    note: str


class Manifest(BaseModel):
    """Of one month; `begin` and `end` with the zone that it was counted in, ISO 8601."""

    model_config = ConfigDict(frozen=True)

    format: int = FORMAT
    product: str
    schema_: str = Field(alias="schema")
    month: str
    begin: str
    end: str
    made_at: str
    batches: int
    seals: Seals | None
    checkpoint: Checkpoint | None
    files: dict[str, Content]

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Of a month's folder. Raises ArchiveError if there is none, or it is not to be read."""
        file = folder / MANIFEST
        try:
            made = cls.model_validate_json(file.read_bytes())
        except OSError as error:
            raise ArchiveError(f"can't read {file}: {error.strerror}") from None
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise ArchiveError(f"{file} is no manifest: {where} {first['msg']}") from None
        if made.format != FORMAT:
            raise ArchiveError(
                f"{file} has format {made.format}, this program reads {FORMAT}: use a newer one"
            )
        return made

    def to_json(self) -> str:
        """As it is written."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"

    @property
    def rows(self) -> dict[str, int]:
        """Rows by table."""
        return {name.removesuffix(".parquet"): one.rows for name, one in self.files.items()}


class Checked(NamedTuple):
    """A month that was looked at, and what is wrong with it."""

    month: str
    rows: int
    octets: int
    faults: list[str]


def folder_of(archive: Path, month: str) -> Path:
    """Where a month lies."""
    return archive / f"month={month}"


def check_archive(archive: Path) -> list[Checked]:
    """Compare all files of an archive with its manifests, month by month.

    Raises ArchiveError if there is no month in the folder.
    """
    months = sorted(one for one in archive.glob("month=*") if one.is_dir())
    if not months:
        raise ArchiveError(f"there is no archived month in {archive}")
    return [check_month(one) for one in months]


def check_month(folder: Path) -> Checked:
    """Compare the files of one month with its manifest."""
    name = folder.name.removeprefix("month=")
    try:
        made = Manifest.read(folder)
    except ArchiveError as error:
        return Checked(name, 0, 0, [str(error)])
    faults = list(_faults(folder, made))
    if made.month != name:
        faults.append(f"{folder / MANIFEST} is of {made.month}")
    rows = sum(one.rows for one in made.files.values())
    return Checked(name, rows, sum(one.octets for one in made.files.values()), faults)


def _faults(folder: Path, made: Manifest) -> Iterator[str]:
    for name, said in made.files.items():
        file = folder / name
        try:
            found = digest_of(file)
        except OSError as error:
            yield f"can't read {file}: {error.strerror}"
            continue
        if found != (said.octets, said.sha256):
            yield f"{file} is not as it was written"
    for file in sorted(folder.iterdir()):
        if file.name != MANIFEST and file.name not in made.files:
            yield f"{file} does not belong to the archive"


def digest_of(file: Path) -> tuple[int, str]:
    """How long a file is, in octets, and its SHA-256."""
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return stream.tell(), digest
