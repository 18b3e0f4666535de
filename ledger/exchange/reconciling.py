"""Do they have what we have? Only here, only there, different; and both sums.

Both sides come in the order of their keys and are read once, side by side, so that memory is
bounded whatever their size.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.clock import SECOND, to_micros
from ledger.errors import LedgerError
from ledger.exchange.exporting import Wanted, records
from ledger.exchange.fields import FIELDS, TITLES, Value
from ledger.exchange.looking_up import served
from ledger.exchange.mapping import Layout, MappingFile
from ledger.exchange.outcomes import Where
from ledger.exchange.reading import sheets_of
from ledger.exchange.records import fit, record_of
from ledger.exchange.seen import Seen
from ledger.exchange.writing import written

NOT_COMPARED = ("registered_at",)
"""They may have registered somebody on another day, and be right."""


class Finding(NamedTuple):
    """One who or what differs. `ours` and `theirs` are texts as the file has them."""

    key: str
    where: Where
    field: str
    ours: str
    theirs: str


class Side(NamedTuple):
    """How many there are on one side, and of hours how many seconds."""

    rows: int = 0
    keys: int = 0
    seconds: int = 0


class _Sums(NamedTuple):
    """A volunteer's hours on one side."""

    records: int
    seconds: int


class Totals:
    """What both sides come to."""

    def __init__(self) -> None:
        self.ours = Side()
        self.theirs = Side()
        self.same = 0
        self.unread = 0

    def to_json(self) -> dict[str, int | dict[str, int]]:
        return {
            "ours": self.ours._asdict(),
            "theirs": self.theirs._asdict(),
            "same": self.same,
            "unread": self.unread,
        }


def reconcile(
    connection: Connection,
    mapping: MappingFile,
    layout: Layout,
    file: Path,
    wanted: Wanted,
    seen: Seen,
) -> tuple[Iterator[Finding], Totals]:
    """Findings in the order of their keys; the totals are whole when all of them were taken.

    Hours are compared by volunteer: how many records, how many seconds. `seen` holds theirs.
    """
    totals = Totals()
    _take_in(mapping, layout, file, wanted, seen, totals)
    if layout.kind == "hours":
        ours = _sums(connection, mapping, wanted, totals)
    else:
        ours = _registered(connection, mapping, layout, wanted, totals)
    return _side_by_side(layout, ours, seen.all(layout.kind), totals), totals


@contextmanager
def findings_to(file: Path | None) -> Iterator[Callable[[Finding], None]]:
    """Gives what writes findings to a file, or leaves them where there is none."""
    if file is None:
        yield lambda _: None
        return
    headings = ("编号 key", "差异 where", "字段 field", "我方 ours", "对方 theirs")
    with written(file, "核对 reconciliation", headings) as write:
        yield lambda one: write(one)


def _take_in(
    mapping: MappingFile, layout: Layout, file: Path, wanted: Wanted, seen: Seen, totals: Totals
) -> None:
    """Put theirs where it can be read in order."""
    title = layout.sheet or TITLES[layout.kind]
    found = False
    with sheets_of(file, [title]) as sheets:
        for sheet in sheets:
            if sheet.title and layout.sheet and sheet.title != title:
                continue
            if found:
                break
            found = True
            fit(layout, sheet.headings)
            for row in sheet.rows:
                record, mistakes = record_of(layout, row)
                if mistakes:
                    totals.unread += 1
                    continue
                seconds = 0
                if layout.kind == "hours" and not _within(mapping, record.values, wanted):
                    continue
                if layout.kind == "hours":
                    seconds = _seconds(record.values)
                    key = record.text("volunteer")
                    had = seen.get(layout.kind, key)
                    before = _Sums(*orjson.loads(had)) if had else _Sums(0, 0)
                    sums = _Sums(before.records + 1, before.seconds + seconds)
                    seen.put(layout.kind, key, orjson.dumps(list(sums)))
                else:
                    told = dict(zip(*_compared(layout, record.values), strict=True))
                    seen.put(layout.kind, record.text("id"), orjson.dumps(told))
                totals.theirs = totals.theirs._replace(
                    rows=totals.theirs.rows + 1, seconds=totals.theirs.seconds + seconds
                )
    if not found:
        raise LedgerError(f"{file}: has no sheet {title}")


def _within(mapping: MappingFile, values: Mapping[str, Value], wanted: Wanted) -> bool:
    """Whether a record of theirs is of the time that is asked for."""
    match values.get("starts_at"), values.get("day"):
        case int(starts), _:
            began = starts // SECOND
        case _, str(day):
            at = datetime.fromisoformat(day).replace(tzinfo=mapping.zone)
            began = to_micros(at) // SECOND
        case _:
            return True
    return wanted.since <= began < wanted.until


def _seconds(values: Mapping[str, Value]) -> int:
    """What they count: their duration, else from begin to end."""
    match values.get("seconds"), values.get("starts_at"), values.get("ends_at"):
        case int(said), _, _:
            return said
        case _, int(starts), int(ends):
            return max(0, ends - starts) // 1_000_000
    return 0


def _compared(layout: Layout, values: Mapping[str, Value]) -> tuple[list[str], list[str]]:
    """The fields that both sides can have, written as the file writes them."""
    about = FIELDS[layout.kind]
    columns = [
        one
        for one in layout.columns
        if not about[one.field].personal and one.field not in NOT_COMPARED
    ]
    return [one.field for one in columns], [
        one.codec.write(values.get(one.field)) for one in columns
    ]


def _registered(
    connection: Connection, mapping: MappingFile, layout: Layout, wanted: Wanted, totals: Totals
) -> Iterator[tuple[str, bytes]]:
    for values in records(connection, mapping, layout, wanted):
        told = dict(zip(*_compared(layout, values), strict=True))
        totals.ours = totals.ours._replace(rows=totals.ours.rows + 1)
        yield str(values["id"]), orjson.dumps(told)


def _sums(
    connection: Connection, mapping: MappingFile, wanted: Wanted, totals: Totals
) -> Iterator[tuple[str, bytes]]:
    volunteer, sums = "", _Sums(0, 0)
    for one in served(connection, mapping.source, *wanted):
        who = str(one.values["volunteer"])
        if who != volunteer and volunteer:
            yield volunteer, orjson.dumps(list(sums))
            sums = _Sums(0, 0)
        volunteer = who
        sums = _Sums(sums.records + 1, sums.seconds + one.counted)
        totals.ours = totals.ours._replace(
            rows=totals.ours.rows + 1, seconds=totals.ours.seconds + one.counted
        )
    if volunteer:
        yield volunteer, orjson.dumps(list(sums))


def _side_by_side(
    layout: Layout,
    ours: Iterable[tuple[str, bytes]],
    theirs: Iterable[tuple[str, bytes]],
    totals: Totals,
) -> Iterator[Finding]:
    here, there = iter(ours), iter(theirs)
    mine, their = next(here, None), next(there, None)
    while mine is not None or their is not None:
        if their is None or (mine is not None and mine[0] < their[0]):
            assert mine is not None
            totals.ours = totals.ours._replace(keys=totals.ours.keys + 1)
            yield Finding(mine[0], "only here", "", _told(layout, mine[1]), "")
            mine = next(here, None)
        elif mine is None or their[0] < mine[0]:
            totals.theirs = totals.theirs._replace(keys=totals.theirs.keys + 1)
            yield Finding(their[0], "only there", "", "", _told(layout, their[1]))
            their = next(there, None)
        else:
            totals.ours = totals.ours._replace(keys=totals.ours.keys + 1)
            totals.theirs = totals.theirs._replace(keys=totals.theirs.keys + 1)
            found = list(_differences(layout, mine[0], mine[1], their[1]))
            totals.same += not found
            yield from found
            mine, their = next(here, None), next(there, None)


def _differences(layout: Layout, key: str, ours: bytes, theirs: bytes) -> Iterator[Finding]:
    if ours == theirs:
        return
    if layout.kind == "hours":
        yield Finding(key, "different", "seconds", _told(layout, ours), _told(layout, theirs))
        return
    mine, their = orjson.loads(ours), orjson.loads(theirs)
    for name, value in mine.items():
        if value != their.get(name, ""):
            yield Finding(key, "different", name, value, their.get(name, ""))


def _told(layout: Layout, content: bytes) -> str:
    """A side in one cell."""
    said = orjson.loads(content)
    if layout.kind == "hours":
        sums = _Sums(*said)
        return f"{sums.records} records 条, {sums.seconds} s ({sums.seconds / 3600:.2f} h)"
    return str(said.get("name") or said.get("display_name") or "")
