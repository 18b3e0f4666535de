"""How do a foreign file's rows get into the ledger? Checked row by row, recorded once, in batches.

What is registered already and what is in the log already is left as it is, so that the same file
again changes nothing. A row that is wrong is told of and the rest goes on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from ledger.clock import SECOND, to_micros
from ledger.core.intake import Arrival
from ledger.errors import LedgerError
from ledger.exchange.events import (
    MistakenError,
    Standing,
    fact,
    key_of,
    registration,
    visit,
)
from ledger.exchange.fields import KINDS, TITLES, Kind
from ledger.exchange.identities import Keeper, personal_columns, values_of
from ledger.exchange.looking_up import TOGETHER, logged, standings
from ledger.exchange.mapping import Layout, MappingFile, kinds_of
from ledger.exchange.outcomes import Outcome
from ledger.exchange.reading import Row, Sheet, sheets_of
from ledger.exchange.records import Mistake, Record, fit, record_of
from ledger.exchange.seen import Seen
from ledger.policy import Plan
from ledger.recording.recorder import Recorder
from ledger.statistics.areas import lying_in
from schemas import CheckedIn, CheckedOut, CloudEvent, FactReported


class RowResult(NamedTuple):
    """What became of a row, or would; one that was not taken has its mistakes.

    `about` is the id or number that the row gives itself, "" if none can be read.
    """

    file: str
    sheet: str
    kind: Kind
    row: Row
    headings: tuple[str, ...]
    about: str
    outcome: Outcome
    mistakes: tuple[Mistake, ...] = ()


Tell = Callable[[RowResult], None]


@dataclass(slots=True)
class Result:
    """What became of the rows of one kind.

    `counts`: read, new, changed, unchanged, wrong; stored and known are people in the vault.
    """

    kind: Kind
    counts: Counter[str] = field(
        default_factory=lambda: Counter(
            dict.fromkeys(("read", "new", "changed", "unchanged", "wrong", "stored", "known"), 0)
        )
    )
    unknown_columns: list[str] = field(default_factory=list)
    missing_columns: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    """Columns with personal data for which there is no vault."""


_Problems = dict[int, list[Mistake]]
"""By the number of the row."""


@dataclass(slots=True)
class _Planned:
    """A row that is right, with what is to be recorded of it."""

    record: Record
    events: tuple[CloudEvent, ...]
    outcome: Outcome


class Import:
    """Brings files in by one mapping; `tell` is told of each row, in the order of the file.

    `keeper` None: personal data is left out. `area`: the place in which all has to lie that is
    recorded, and where it lay before, too ("": anywhere).
    """

    def __init__(
        self,
        recorder: Recorder,
        mapping: MappingFile,
        tell: Tell,
        *,
        keeper: Keeper | None = None,
        area: str = "",
        dry_run: bool = False,
    ) -> None:
        self._recorder = recorder
        self._mapping = mapping
        self._tell = tell
        self._keeper = keeper
        self._area = area
        self._dry_run = dry_run

    def run(self, file: Path, wanted: str = "") -> list[Result]:
        """All that the mapping knows of the file. Raises LedgerError if it can't be read at all."""
        kinds = kinds_of(self._mapping, wanted)
        layouts = [self._mapping.layouts[kind] for kind in kinds]
        for one in layouts:
            self._check_policy(one)
        results: dict[Kind, Result] = {}
        titles = [one.sheet or TITLES[one.kind] for one in layouts]
        unread: list[str] = []
        with Seen() as seen, sheets_of(file, titles) as sheets:
            for sheet in sheets:
                layout = self._layout_for(file, sheet, layouts, titles)
                if layout is None:
                    unread.append(sheet.title)
                    continue
                result = results.setdefault(layout.kind, Result(layout.kind))
                self._take(file, sheet, layout, result, seen)
        if not results:
            had = f"; it has the sheets {', '.join(unread)}" if unread else ""
            raise LedgerError(f"{file}: has no sheet {' or '.join(titles)}{had}")
        return [results[kind] for kind in KINDS if kind in results]

    def _layout_for(
        self, file: Path, sheet: Sheet, layouts: Sequence[Layout], titles: Sequence[str]
    ) -> Layout | None:
        if len(layouts) == 1 and (not sheet.title or not layouts[0].sheet):
            return layouts[0]
        if not sheet.title:
            kinds = ", ".join(one.kind for one in layouts)
            raise LedgerError(f"{file}: say what is in it: --kind, one of {kinds}")
        return next(
            (one for one, title in zip(layouts, titles, strict=True) if title == sheet.title), None
        )

    def _check_policy(self, layout: Layout) -> None:
        """Hours that are a fact need a policy that knows the fact. Raises LedgerError."""
        said = layout.reported
        if said is None:
            return
        policy = self._recorder.policy
        plan: Plan = policy.plan
        known = plan.doc.facts.get(said.fact)
        if known is None:
            facts = ", ".join(plan.doc.facts)
            raise LedgerError(
                f"reported.fact: the policy {policy.id} knows no fact {said.fact}: {facts} are; "
                "choose one, or adopt a policy that counts hours brought in"
            )
        if said.whole != (known.kind == "visit"):
            raise LedgerError(
                f"reported.whole: {said.fact} is {'a' if known.kind == 'visit' else 'no'} visit "
                f"in the policy {policy.id}"
            )
        strange = [one for one in said.attributes if one not in known.attributes]
        if strange and not said.whole:
            raise LedgerError(
                f"reported.attributes: {said.fact} has no {strange[0]} in the policy {policy.id}: "
                f"{', '.join(known.attributes) or 'none'}"
            )

    def _take(self, file: Path, sheet: Sheet, layout: Layout, result: Result, seen: Seen) -> None:
        if not sheet.headings:
            return
        try:
            fitting = fit(layout, sheet.headings)
        except LedgerError as error:
            title = f" [{sheet.title}]" if sheet.title else ""
            raise LedgerError(f"{file}{title}: {error}") from None
        result.unknown_columns += fitting.unknown
        result.missing_columns += fitting.missing
        if self._keeper is None:
            present = [one for one in personal_columns(layout) if one in sheet.headings]
            result.left_out += [one for one in present if one not in result.left_out]
        for rows in _chunks(sheet.rows, TOGETHER):
            result.counts["read"] += len(rows)
            records, problems, outcomes = self._batch(layout, rows, result, seen)
            for record in records:
                row = record.row
                mistakes = tuple(problems.get(row.number, ()))
                outcome = "wrong" if mistakes else outcomes[row.number]
                result.counts[outcome] += 1
                about = record.text("record" if layout.kind == "hours" else "id")
                heads = sheet.headings
                self._tell(
                    RowResult(
                        str(file), sheet.title, layout.kind, row, heads, about, outcome, mistakes
                    )
                )

    def _batch(
        self, layout: Layout, rows: Sequence[Row], result: Result, seen: Seen
    ) -> tuple[list[Record], _Problems, dict[int, Outcome]]:
        """Record the rows that are right; the mistakes of the others, by row, and the outcomes."""
        problems: _Problems = {}
        outcomes: dict[int, Outcome] = {}
        read: list[Record] = []
        good: list[Record] = []
        for row in rows:
            record, mistakes = record_of(layout, row)
            read.append(record)
            again = None if mistakes else _again(layout, record, seen)
            if mistakes or again:
                problems[row.number] = mistakes or again or []
            elif again is None:
                good.append(record)
            else:
                outcomes[row.number] = "unchanged"
        with self._recorder.database.read() as connection:
            plan = self._hours if layout.kind == "hours" else self._registrations
            planned: list[_Planned] = []
            for record, found in plan(connection, layout, good):
                if isinstance(found, _Planned):
                    planned.append(found)
                else:
                    problems[record.row.number] = found
        kept = [one for one in planned if self._kept(layout, one.record, result, problems)]
        for one in self._recorded(kept, problems):
            outcomes[one.record.row.number] = one.outcome
        return read, problems, outcomes

    def _kept(self, layout: Layout, record: Record, result: Result, problems: _Problems) -> bool:
        """Whether the vault has the person, or has nothing to do with it. It is asked first."""
        if self._keeper is None or not values_of(record):
            return True
        kept = self._keeper.keep(layout, record, dry_run=self._dry_run)
        if isinstance(kept, Mistake):
            problems[record.row.number] = [kept]
            return False
        result.counts["stored" if kept else "known"] += 1
        return True

    def _registrations(
        self, connection: Connection, layout: Layout, records: Sequence[Record]
    ) -> Iterator[tuple[Record, "_Planned | list[Mistake]"]]:
        known = standings(connection, layout.kind, {one.text("id") for one in records})
        now, lies = self._recorder.now(), lying_in(connection, self._area)
        for record in records:
            standing: Standing | None = known.get(record.text("id"))
            was = str(standing.data.get("place") or "") if standing else ""
            to = record.text("place") or was
            if outside := self._outside(lies, layout, *((was, to) if was else (to,))):
                yield record, [outside]
                continue
            try:
                event = registration(self._mapping, layout, record, standing, now)
            except MistakenError as error:
                yield record, list(error.mistakes)
                continue
            outcome: Outcome = "changed" if standing else "new"
            if event is None:
                outcome = "unchanged"
            yield record, _Planned(record, () if event is None else (event,), outcome)

    def _hours(
        self, connection: Connection, layout: Layout, records: Sequence[Record]
    ) -> Iterator[tuple[Record, "_Planned | list[Mistake]"]]:
        made: list[tuple[Record, tuple[CloudEvent, ...]]] = []
        homes, lies = self._homes(connection, layout, records), lying_in(connection, self._area)
        for record in records:
            where = record.text("place") if homes is None else homes.get(record.text("volunteer"))
            if outside := self._outside(lies, layout, where or ""):
                yield record, [outside]
                continue
            try:
                if layout.reported is None:
                    made.append((record, visit(self._mapping, layout, record)))
                else:
                    made.append((record, (fact(self._mapping, layout, record, layout.reported),)))
            except MistakenError as error:
                yield record, list(error.mistakes)
        ours = {
            (source, ident)
            for record, _ in made
            for source, mark, ident in (record.text("record").rpartition("#"),)
            if mark
        }
        names = {(one.source, one.id) for _, events in made for one in events}
        known = logged(connection, names | ours)
        for record, events in made:
            source, _, ident = record.text("record").rpartition("#")
            own = known.get((source, ident))
            if own is not None:  # an export of ours comes back
                different = _difference(own, events[0])
                if different:
                    yield record, [_changed(layout, different)]
                else:
                    yield record, _Planned(record, (), "unchanged")
                continue
            different = next(
                (
                    why
                    for one in events
                    if (had := known.get((one.source, one.id))) is not None
                    and (why := _difference(had, one))
                ),
                "",
            )
            if different:
                yield record, [_changed(layout, different)]
                continue
            fresh = tuple(one for one in events if (one.source, one.id) not in known)
            yield record, _Planned(record, fresh, "new" if fresh else "unchanged")

    def _homes(
        self, connection: Connection, layout: Layout, records: Sequence[Record]
    ) -> dict[str, str] | None:
        """Where volunteers are registered whose hours say no place; None: hours say it."""
        if layout.reported is None or not self._area:
            return None
        people = standings(connection, "volunteers", {one.text("volunteer") for one in records})
        return {ident: str(one.data.get("place") or "") for ident, one in people.items()}

    def _outside(self, lies: Callable[[str], bool], layout: Layout, *places: str) -> Mistake | None:
        """What is wrong if one of the places does not lie in the area; no place lies nowhere."""
        for one in places:
            if not lies(one):
                said = one or "nowhere 无场所"
                return Mistake(
                    layout.heading("place"),
                    f"{said} does not lie in {self._area} 不在所选场所内",
                    "mend the place, or ask who is responsible there 请更正场所或由其主管单位导入",
                )
        return None

    def _recorded(self, planned: Sequence[_Planned], problems: _Problems) -> list[_Planned]:
        """Those that are in the ledger now, or would be. What the ledger refuses is a problem."""
        if self._dry_run:
            return list(planned)
        arrivals = [
            Arrival(one.model_dump_json(exclude_none=True).encode(), self._mapping.source)
            for each in planned
            for one in each.events
        ]
        if not arrivals:
            return list(planned)
        receipt = self._recorder.record(arrivals, admitted=True)  # whoever imports answers for it
        refused = {one.arrival.content: one.detail for one in receipt.rejects}
        taken = []
        for each in planned:
            why = [
                refused[content]
                for one in each.events
                if (content := one.model_dump_json(exclude_none=True).encode()) in refused
            ]
            if why:
                problems[each.record.row.number] = [Mistake("", one) for one in dict.fromkeys(why)]
            else:
                taken.append(each)
        return taken


def _again(layout: Layout, record: Record, seen: Seen) -> list[Mistake] | None:
    """None if it is new in this file; else the mistake, if the file said something else before."""
    hours = layout.kind == "hours"
    key = key_of(record) if hours else record.text("id")
    told = {name: one for name, one in record.values.items() if not hours or name != "seconds"}
    content = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
    before = seen.first(layout.kind, key, str(record.row.number), content)
    if before is None:
        return None
    if before.content == content:
        return []
    column = layout.heading("record" if hours else "id")
    return [
        Mistake(
            column,
            f"is that of row {before.row} too, which says something else 与该行重复但内容不同",
            "keep one of both rows 请只保留一行",
        )
    ]


def _difference(known: CloudEvent, event: CloudEvent) -> str:
    """Where what is in the log says something else; "" if it does not. Seconds are compared."""
    if known.subject != event.subject:
        return "volunteer"
    if type(known) is not type(event) and not isinstance(known, FactReported):
        return "type"
    if to_micros(known.time) // SECOND != to_micros(event.time) // SECOND:
        return "time"
    if isinstance(known, CheckedIn | CheckedOut) and isinstance(event, CheckedIn | CheckedOut):
        if known.data.activity != event.data.activity:
            return "activity"
        if known.data.place != event.data.place:
            return "place"
    if (
        isinstance(known, FactReported)
        and isinstance(event, FactReported)
        and (known.data.fact, known.data.attributes, known.data.until)
        != (event.data.fact, event.data.attributes, event.data.until)
    ):
        return "duration or activity"
    return ""


def _changed(layout: Layout, different: str) -> Mistake:
    return Mistake(
        layout.heading("record"),
        f"is in the ledger with another {different} 已入账且内容不同",
        "what is recorded stays: correct it by an amendment, or give a new number "
        "已入账的不改，请以更正事件处理或换新编号",
    )


def _chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, size)):
        yield chunk
