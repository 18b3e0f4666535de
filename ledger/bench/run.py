"""Which sections does a run have? Those for which there is what they need; one after the other."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ledger.bench import kafka, kafka_tills, late, libraries, pgledger, rebuilding, scale, tills
from ledger.bench.core import parts
from ledger.bench.databases import PostgresDatabases, SqliteFiles, Written
from ledger.bench.ingest import contest, ingest, posting
from ledger.bench.measures import Tell, Watch, largest_kib, unseen_by_the_collector
from ledger.bench.result import BenchResult
from ledger.bench.rows import overheard
from ledger.bench.sections import Section
from ledger.bench.workload import Batch, Keyed, Load, attendance, awards, batches_of
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError

ON_POSTGRES = {
    Section.POSTGRES,
    Section.TILLS,
    Section.SCALE,
    Section.KAFKA,
    Section.KAFKA_TILLS,
}
ON_KAFKA = {Section.KAFKA, Section.KAFKA_TILLS, Section.LIBRARIES}


@dataclass(frozen=True, slots=True)
class Options:
    """What is measured, and with how much.

    `records`: hour records of the large ledger. `redemptions` of each run of the tills; `rate` a
    second through Kafka, `arrivals` directly. `pgledger`: its SQL files.
    """

    volunteers: int = 20_000
    visits: int = 50_000
    repeats: int = 3
    batch: int = 5000
    postgres: str | None = None
    kafka: str | None = None
    pgledger: tuple[Path, ...] = ()
    only: tuple[Section, ...] = ()
    records: int = 200_000
    redemptions: int = 4000
    rate: int = 200
    arrivals: tuple[int, ...] = (100, 200, 400)

    def sections(self) -> set[Section]:
        """Those asked for, or all that are possible. Raises LedgerError if something is missing."""
        lacking = set() if self.postgres else ON_POSTGRES
        lacking = lacking if self.kafka else lacking | ON_KAFKA
        if impossible := lacking.intersection(self.only):
            names = ", ".join(sorted(impossible))
            raise LedgerError(f"--only {names} needs --postgres URL or --kafka HOST:PORT, too")
        return set(self.only) or set(Section) - lacking


def run_bench(options: Options, tell: Tell = lambda _step: None) -> BenchResult:
    """Measure; `tell` is given the name of each step.

    In the Postgres that is named, databases are created and dropped, and topics are created in
    Kafka; others are left alone.
    """
    with tempfile.TemporaryDirectory(prefix="vledger-bench-") as folder:
        return _Run(options, Path(folder), tell).all()


class _Run:
    """One run; a section puts what it finds into the result."""

    def __init__(self, options: Options, folder: Path, tell: Tell) -> None:
        self._options = options
        self._folder = folder
        self._tell = tell
        self._sections = options.sections()
        self._policy = national_ladder()
        self._watch = Watch()
        self._sqlite = SqliteFiles(folder)
        self._server = PostgresDatabases(options.postgres) if options.postgres else None
        tell("making events")
        self._messages: Sequence[Keyed] = list(attendance(options.volunteers, options.visits))
        self._batches: list[Batch] = list(batches_of(iter(self._messages), options.batch))
        self._result = BenchResult(
            volunteers=options.volunteers,
            visits=options.visits,
            batch=options.batch,
            repeats=options.repeats,
            events=len(self._messages),
            event_bytes=len(self._messages[0].content),
            postgres=self._server.settings() if self._server else {},
        )

    def all(self) -> BenchResult:
        steps = {
            Section.EMBEDDED: self._embedded,
            Section.CORE: self._core,
            Section.REBUILDING: self._rebuilding,
            Section.LATE: self._late,
            Section.POSTGRES: self._postgres,
            Section.TILLS: self._tills,
            Section.SCALE: self._scale,
            Section.KAFKA: self._kafka,
            Section.KAFKA_TILLS: self._kafka_tills,
            Section.LIBRARIES: self._libraries,
        }
        written = self._written() if {Section.EMBEDDED, Section.POSTGRES} & self._sections else []
        with unseen_by_the_collector():
            for section, step in steps.items():
                if section in self._sections:
                    with self._watch.section(section.value):
                        step(written)
        self._note(spent=tuple(self._watch.spent))
        return self._result

    def _note(self, **found: object) -> None:
        self._result = replace(self._result, **found)  # type: ignore[arg-type]

    def _written(self) -> Written:
        """The rows of every batch, and how much memory the ledger needs for them."""
        base = largest_kib()
        self._tell("warming up")
        with self._sqlite.fresh() as database:
            ingest(database, self._policy, self._batches)
        peak = largest_kib()
        with self._sqlite.fresh() as database:
            written = list(overheard(database, self._policy, self._batches))
        rows = [write for writes in written for write in writes]
        self._note(
            base_kib=base,
            peak_kib=peak,
            rows=sum(len(write.rows) for write in rows),
            points=sum(len(write.rows) for write in rows if write.table.name == "points_entry"),
        )
        return written

    def _embedded(self, written: Written) -> None:
        self._contest(self._sqlite, written)

    def _contest(self, place: SqliteFiles | PostgresDatabases, written: Written) -> None:
        chosen = self._options
        load = Load(attendance, chosen.volunteers, chosen.visits, chosen.batch)
        found = contest(place, self._policy, load, written, chosen.repeats, self._tell)
        self._note(contests=(*self._result.contests, found))

    def _core(self, _written: Written) -> None:
        self._tell("decoding and folding alone")
        self._note(parts=tuple(parts(self._policy, self._batches, self._options.repeats)))

    def _rebuilding(self, _written: Written) -> None:
        self._note(
            rebuilding=tuple(
                rate
                for place in self._places()
                for rate in rebuilding.rates(
                    place, self._policy, self._batches, self._options.repeats, self._tell
                )
            )
        )

    def _late(self, _written: Written) -> None:
        self._note(
            late=tuple(
                one
                for place in self._places()
                for one in late.waits(place, self._policy, self._options.repeats, self._tell)
            )
        )

    def _places(self) -> list[SqliteFiles | PostgresDatabases]:
        return [self._sqlite, self._server] if self._server else [self._sqlite]

    def _postgres(self, written: Written) -> None:
        assert self._server
        self._contest(self._server, written)
        chosen = self._options
        load = Load(awards, chosen.volunteers, chosen.visits, chosen.batch)
        self._note(posting=posting(self._server, load, chosen.repeats, self._tell))
        if chosen.pgledger:
            rate = pgledger.bulk(
                self._server,
                chosen.pgledger,
                chosen.volunteers,
                chosen.visits,
                chosen.repeats,
                self._tell,
            )
            self._note(pgledger=rate)

    def _tills(self, _written: Written) -> None:
        assert self._server
        chosen = self._options
        closed = tills.closed(
            self._server,
            self._policy,
            chosen.pgledger,
            chosen.redemptions,
            chosen.repeats,
            self._tell,
        )
        opened = tills.open_load(
            self._server,
            self._policy,
            chosen.arrivals,
            chosen.redemptions,
            chosen.repeats,
            self._tell,
        )
        self._note(tills=(*closed, *opened))

    def _scale(self, _written: Written) -> None:
        assert self._server
        chosen = self._options
        found = scale.measure(
            self._server, self._policy, chosen.records, chosen.batch, chosen.repeats, self._tell
        )
        self._note(scale=found)

    def _kafka(self, _written: Written) -> None:
        assert self._server
        assert self._options.kafka
        found = kafka.ingest(
            self._server,
            self._options.kafka,
            self._messages,
            self._options.repeats,
            self._folder,
            self._tell,
        )
        self._note(kafka=tuple(found))

    def _kafka_tills(self, _written: Written) -> None:
        """Beside half of what one worker takes in: as measured in this run, or once more."""
        assert self._server
        assert self._options.kafka
        chosen = self._options
        if not self._result.kafka:
            self._kafka([])
        one = next(rate for rate in self._result.kafka if rate.name == kafka.by_workers(1))
        load = kafka_tills.Load(
            min(chosen.redemptions, 20 * chosen.rate),
            chosen.rate,
            one.per_second // 2,
            chosen.volunteers,
        )
        found = kafka_tills.waits(
            self._server,
            self._options.kafka,
            self._policy,
            load,
            chosen.repeats,
            self._folder,
            self._tell,
        )
        self._note(kafka_tills=tuple(found), beside=load.attendance)

    def _libraries(self, _written: Written) -> None:
        assert self._options.kafka
        rates, missing = libraries.pair(
            self._options.kafka, self._messages, self._options.repeats, self._tell
        )
        self._note(libraries=tuple(rates), missing=tuple(missing))
