"""What is in the file of a backup? A zip of tables as JSON lines, and a manifest that seals it.

Each table is a member `TABLE.jsonl`: the names of its columns, then a row a line, octets in
base64. `manifest.json` comes last and has, of each member, the number of rows and the SHA-256.
"""

import base64
import binascii
import hashlib
import os
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, LargeBinary, Table, select

from ledger.errors import LedgerError

FORMAT = 1
MANIFEST = "manifest.json"
CHUNK = 5000
READ = 1 << 20
LEVEL = 6
"""Of compression: a log of JSON becomes a tenth."""

_BROKEN = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError,
    ValueError, KeyError, TypeError, OverflowError,
)  # fmt: skip
"""What zipfile and the manifest raise on a file that was changed."""


class BackupError(LedgerError):
    """The file is no backup that can be restored as it is."""


class Contents(NamedTuple):
    """What a backup says of itself; `about` is for people and to choose what to do."""

    holds: str
    about: dict[str, Any]
    rows: dict[str, int]
    digest: str


@contextmanager
def writing(file: Path) -> Iterator[zipfile.ZipFile]:
    """A new archive, which is there under its name once all of it is on the disk, else not at all.

    Raises BackupError if the name is taken or can't be written.
    """
    part = file.with_name(f".{file.name}.part")
    try:
        if file.exists():
            raise BackupError(f"{file} exists already: a backup is not written over another file")
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as stream,
            zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive,
        ):
            yield archive
            archive.close()
            stream.flush()
            os.fsync(stream.fileno())
        part.rename(file)
    except OSError as error:
        raise BackupError(f"can't write {file}: {error.strerror or error}") from None
    finally:
        with suppress(OSError):  # a name that could not be written
            part.unlink(missing_ok=True)


def write(
    archive: zipfile.ZipFile,
    connection: Connection,
    tables: Sequence[Table],
    holds: str,
    about: dict[str, Any],
) -> Contents:
    """Write all rows of `tables`, as one transaction sees them, and the manifest."""
    members: dict[str, dict[str, Any]] = {}
    for table in tables:
        digest, count = hashlib.sha256(), 0
        with archive.open(_member(table), "w", force_zip64=True) as out:
            for lines in _lines(connection, table):
                text = b"".join(lines)
                digest.update(text)
                out.write(text)
                count += len(lines)
        members[str(table.name)] = {"rows": count - 1, "sha256": digest.hexdigest()}
    manifest = {"format": FORMAT, "holds": holds, **about, "members": members}
    text = orjson.dumps(manifest, option=orjson.OPT_INDENT_2)
    archive.writestr(MANIFEST, text)
    return _contents(orjson.loads(text), text)


class Archive:
    """A backup that is read. Everything in it is checked before anything is made of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._zip = zipfile.ZipFile(file)
        except FileNotFoundError:
            raise BackupError(f"there is no backup {file}") from None
        except _BROKEN as error:
            raise self._wrong(error) from None

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def check(self, holds: str) -> Contents:
        """What is in it. Raises BackupError if it was cut off or changed, or holds other things."""
        try:
            text = self._zip.read(MANIFEST)
            manifest = orjson.loads(text)
            if manifest["format"] != FORMAT:
                raise BackupError(
                    f"{self._file} has format {manifest['format']}, this program reads {FORMAT}: "
                    "restore it with a newer version"
                )
            if manifest["holds"] != holds:
                raise BackupError(f"{self._file} holds a {manifest['holds']}, not a {holds}")
            for name, said in manifest["members"].items():
                digest = hashlib.sha256()
                with self._zip.open(f"{name}.jsonl") as member:
                    while part := member.read(READ):
                        digest.update(part)
                if digest.hexdigest() != said["sha256"]:
                    raise BackupError(f"{self._file}: {name} is not as it was written")
            return _contents(manifest, text)
        except _BROKEN as error:
            raise self._wrong(error) from None

    def has(self, table: Table) -> bool:
        """The backup has this table, be it without rows."""
        return _member(table) in self._zip.namelist()

    def rows(self, table: Table) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a table, some thousand at a time, in the order of its columns.

        Raises BackupError if the backup lacks the table, or a column that has to be filled.
        """
        try:
            with self._zip.open(_member(table)) as member:
                yield from self._rows(table, member)
        except KeyError:
            raise BackupError(f"{self._file} has no {table.name}") from None

    def _rows(self, table: Table, member: Iterable[bytes]) -> Iterator[list[tuple[Any, ...]]]:
        lines = iter(member)
        names = orjson.loads(next(lines))
        places = {name: place for place, name in enumerate(names)}
        absent = [one.name for one in table.columns if one.name not in places and not one.nullable]
        if absent:
            raise BackupError(f"{self._file}: {table.name} has no {', '.join(absent)}")
        columns = [
            (places.get(one.name), isinstance(one.type, LargeBinary)) for one in table.columns
        ]
        chunk: list[tuple[Any, ...]] = []
        for line in lines:
            values = orjson.loads(line)
            chunk.append(
                tuple(
                    None if place is None else _value(values[place], binary=binary)
                    for place, binary in columns
                )
            )
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _wrong(self, error: Exception) -> BackupError:
        if isinstance(error, PermissionError | IsADirectoryError):
            return BackupError(f"can't read {self._file}: {error.strerror}")
        return BackupError(f"{self._file} is no backup, or was cut off or changed: {error}")


def _contents(manifest: dict[str, Any], text: bytes) -> Contents:
    rows = {name: said["rows"] for name, said in manifest["members"].items()}
    about = {name: manifest[name] for name in manifest if name not in ("members", "holds")}
    return Contents(manifest["holds"], about, rows, hashlib.sha256(text).hexdigest())


def _lines(connection: Connection, table: Table) -> Iterator[list[bytes]]:
    yield [orjson.dumps([str(column.name) for column in table.columns]) + b"\n"]
    binary = [isinstance(column.type, LargeBinary) for column in table.columns]
    query = select(table).order_by(*table.primary_key).execution_options(yield_per=CHUNK)
    for chunk in connection.execute(query).partitions():
        yield [
            orjson.dumps(
                [
                    base64.b64encode(value).decode() if octets and value is not None else value
                    for value, octets in zip(row, binary, strict=True)
                ],
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for row in chunk
        ]


def _value(value: Any, *, binary: bool) -> Any:
    if not binary or value is None:
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise BackupError(f"octets that are no base64: {error}") from None


def _member(table: Table) -> str:
    return f"{table.name}.jsonl"
