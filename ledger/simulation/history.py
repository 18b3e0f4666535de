"""What has happened, as columns? Visits paired from the event log, and facts reported whole.

The event log is only read. SQLite and Postgres hand over Arrow columns (ADBC), so that no row
becomes a Python object before it is folded.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import polars as pl
from sqlalchemy import make_url

from ledger.clock import to_micros
from ledger.store.database import Database
from schemas import CheckedIn, CheckedOut, CheckOutClaimed, FactReported, decode_logged
from schemas.documents import event_type

Tell = Callable[[str, int, int], None]
"""Told the step, and how far it is: done, of how many."""

CLAIMED = event_type(CheckOutClaimed)

ATTENDANCE_TYPES = (event_type(CheckedIn), event_type(CheckedOut), CLAIMED)

REPORTED = event_type(FactReported)

PARTS = 2
"""Ranges of the log that are read at once."""

_SAID = pl.Struct(
    {"data": pl.Struct({"activity": pl.String, "place": pl.String, "fact": pl.String})}
)


class Source:
    """A ledger's database, opened for reading only."""

    def __init__(self, url: str) -> None:
        database = Database(url)
        database.check()
        self._url = make_url(database.url)
        self._sqlite = database.is_sqlite
        database.close()

    @contextmanager
    def _cursor(self) -> Iterator[Any]:
        if self._sqlite:
            import adbc_driver_sqlite.dbapi as sqlite

            connection = sqlite.connect(f"file:{self._url.database}?mode=ro")
        else:
            import adbc_driver_postgresql.dbapi as postgres

            plain = self._url.set(drivername="postgresql")
            connection = postgres.connect(plain.render_as_string(hide_password=False))
        with connection, connection.cursor() as cursor:
            if self._sqlite:
                cursor.execute("PRAGMA busy_timeout = 60000")
                cursor.fetchall()
            else:
                cursor.execute("SET default_transaction_read_only = on")
            yield cursor

    def read(self, sql: str) -> pl.DataFrame:
        """The rows of a query."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            found = pl.from_arrow(cursor.fetch_arrow_table())
        assert isinstance(found, pl.DataFrame)
        return found

    def events(self, types: tuple[str, ...], tell: Tell) -> pl.DataFrame:
        """Events of these types: subject, at (µs), type, source, id, content (text)."""
        ends = self.read("SELECT min(seq) AS low, max(seq) AS high FROM event").row(0)
        low, high = (0 if end is None else int(end) for end in ends)
        listed = ", ".join(f"'{one}'" for one in types)
        text = "CAST(content AS TEXT)" if self._sqlite else "convert_from(content, 'UTF8')"
        pieces = 4 * PARTS
        step = (high - low) // pieces + 1
        done = 0

        def part(number: int) -> pl.DataFrame:
            nonlocal done
            begin = low + number * step
            found = self.read(
                f"SELECT subject, at, type, source, id, {text} AS content FROM event "
                f"WHERE seq >= {begin} AND seq < {begin + step} AND type IN ({listed})"
            )
            done += 1
            tell("reading", done, pieces)
            return _decoded(found)

        with ThreadPoolExecutor(PARTS) as pool:
            parts = [one for one in pool.map(part, range(pieces)) if one.height]
        return pl.concat(parts) if parts else _decoded(_NOTHING)


_NOTHING = pl.DataFrame(
    schema={
        "subject": pl.String,
        "at": pl.Int64,
        "type": pl.String,
        "source": pl.String,
        "id": pl.String,
        "content": pl.String,
    }
)


def _decoded(events: pl.DataFrame) -> pl.DataFrame:
    """With what the events say as columns: activity, place, fact, attributes (JSON), until.

    A claim is at the end that it claims.
    """
    if not events.height:
        events = _NOTHING
    claimed = pl.col("type") == CLAIMED
    ends = events.filter(claimed).with_columns(
        pl.col("content").map_elements(_ended_at, return_dtype=pl.Int64).alias("at")
    )
    events = pl.concat((events.filter(~claimed), ends))
    content = pl.col("content")
    told = events.with_columns(content.str.json_decode(_SAID).struct.field("data").alias("said"))
    more = content.str.contains('"attributes"', literal=True) | content.str.contains(
        '"until"', literal=True
    )
    attributes = content.str.json_path_match("$.data.attributes").alias("attributes")
    until = content.str.json_path_match("$.data.until").alias("until")
    none = pl.lit(None, pl.String)
    parts = [
        told.filter(~more).with_columns(none.alias("attributes"), none.alias("until")),
        told.filter(more).with_columns(attributes, until),
    ]
    columns = ("subject", "at", "type", "source", "id", "attributes", "until", "said")
    return pl.concat(part.select(columns) for part in parts).unnest("said")


def _ended_at(content: str) -> int:
    claim = decode_logged(content.encode())
    assert isinstance(claim, CheckOutClaimed)
    return to_micros(claim.data.ended_at)


def visits(marks: pl.DataFrame) -> pl.DataFrame:
    """Check-ins with their check-outs, volunteer by volunteer in the order of folding.

    By the rules of ledger.core.attendance, for all volunteers at once: per volunteer and activity,
    in order of time (a check-out first), a visit is a check-in whose next mark is a check-out, or a
    claim of one where no check-out follows before the next check-in.
    """
    inward = pl.col("type") == event_type(CheckedIn)
    marks = _but_idle_claims(marks, inward)
    ordered = _sorted(
        marks.with_columns(
            inward.alias("inward"),
            pl.col("subject").cast(pl.Categorical).to_physical().alias("person"),
            pl.col("activity").cast(pl.Categorical).to_physical().alias("what"),
        ),
        ["person", "what", "at", "inward"],
        ["source", "id"],
    )
    same = (pl.col("person") == pl.col("person").shift(-1)) & (
        pl.col("what") == pl.col("what").shift(-1)
    )
    closed = pl.col("inward") & same & ~pl.col("inward").shift(-1, fill_value=True)
    found = (
        ordered.with_columns(
            (pl.col("at") // 1_000_000).alias("start"),
            (pl.col("at").shift(-1) // 1_000_000).alias("end"),
            pl.col("attributes").shift(-1).alias("attributes_out"),
            pl.col("fact").shift(-1).alias("fact_out"),
        )
        .filter(closed)
        .select(
            "subject",
            "person",
            "start",
            "end",
            "activity",
            "place",
            (pl.col("source") + "#" + pl.col("id")).alias("ident"),
            pl.coalesce("fact", "fact_out").alias("fact"),
            "attributes",
            "attributes_out",
        )
    )
    return _sorted(found, ["person", "start", "end"], ["activity"])


def _but_idle_claims(marks: pl.DataFrame, inward: pl.Expr) -> pl.DataFrame:
    """Without the claims that close nothing, as a check-out follows the same check-in."""
    if not marks.select((pl.col("type") == CLAIMED).any()).item():
        return marks
    who = ["subject", "activity"]
    ordered = marks.with_columns(inward.alias("inward")).sort([*who, "at", "inward"])
    visit = [*who, pl.col("inward").cum_sum().over(who).alias("visit")]
    is_out = (pl.col("type") == event_type(CheckedOut)).any().over(visit)
    return ordered.filter((pl.col("type") != CLAIMED) | ~is_out).drop("inward")


def _sorted(frame: pl.DataFrame, keys: list[str], ties: list[str]) -> pl.DataFrame:
    """By `keys`, which are numbers; by the texts `ties` only where rows are equal in those."""
    found = frame.sort(keys)
    equal = pl.all_horizontal(pl.col(key) == pl.col(key).shift(-1) for key in keys)
    if found.height and found.select(equal.any()).item():
        return found.sort([*keys, *ties])
    return found


def read_history(source: Source, tell: Tell) -> tuple[pl.DataFrame, pl.DataFrame]:
    """All visits of the ledger that are not held for review or void, and all facts reported whole.

    Of a fact: subject, start (s), until (ISO 8601 or null), ident, fact, attributes (JSON).
    """
    events = source.events((*ATTENDANCE_TYPES, REPORTED), tell)
    tell("pairing", 0, 1)
    reported = pl.col("type") == REPORTED
    facts = events.filter(reported).select(
        "subject",
        (pl.col("at") // 1_000_000).alias("start"),
        "until",
        (pl.col("source") + "#" + pl.col("id")).alias("ident"),
        "fact",
        "attributes",
    )
    aside = pl.col("ident").is_in(_set_aside(source))
    return visits(events.filter(~reported)).filter(~aside), facts


def _set_aside(source: Source) -> list[str]:
    """The visits (`ident`) that no policy is given: held for review, or void."""
    parts = [
        f"SELECT e.source || '#' || e.id AS ident FROM {table} t JOIN event e ON e.seq = t.{event} "
        f"WHERE t.reverses IS NULL AND t.rule LIKE 'safeguards%' "
        f"AND NOT EXISTS (SELECT 1 FROM {table} u WHERE u.reverses = t.id)"
        for table, event in (("hour_record", "check_in"), ("judgement", "event"))
    ]
    return source.read(" UNION ".join(parts))["ident"].to_list()


def read_people(source: Source) -> pl.DataFrame:
    """What the registry knows of volunteers: volunteer, birth_year, team, place."""
    found = source.read("SELECT id AS volunteer, data FROM registry WHERE kind = 'volunteer'")
    if not found.height:
        return pl.DataFrame(
            schema={
                "volunteer": pl.String,
                "birth_year": pl.Int64,
                "team": pl.String,
                "place": pl.String,
            }
        )
    fields = pl.Struct({"birth_year": pl.Int64, "team": pl.String, "place": pl.String})
    return found.with_columns(pl.col("data").str.json_decode(fields)).unnest("data")


def read_spending(source: Source) -> pl.DataFrame:
    """Accepted redemptions: at (µs), points (units)."""
    found = source.read(
        "SELECT e.at AS at, r.points AS points FROM redemption r CROSS JOIN event e "
        "WHERE e.seq = r.request AND r.status = 'accepted' AND r.repeats IS NULL"
    )
    return found.cast({"at": pl.Int64, "points": pl.Int64}) if found.height else found
