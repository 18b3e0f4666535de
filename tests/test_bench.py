"""Does `vledger bench` measure what it says, of what is there? Sizes are tiny: no figure counts."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from ledger.bench.goals import goals
from ledger.bench.plot import plot
from ledger.bench.run import Options, run_bench
from ledger.bench.sections import Section
from ledger.bench.view import print_bench
from ledger.errors import LedgerError
from tests.command import run


def test_given_nothing_it_measures_sqlite_and_the_core(tmp_path: Path) -> None:
    size = ["--volunteers", "20", "--visits", "50", "--repeats", "1"]
    only = ["--only", "embedded", "--only", "core"]
    done = run(tmp_path, ["bench", *size, *only, "--json"])
    told = json.loads(done.stdout)
    assert (told["events"], told["points_entries"]) == (100, 50)
    (contest,) = told["contests"]
    assert contest["database"] == "SQLite"
    assert contest["ledger"]["events_per_second"] > 0
    assert contest["ceilings"]["executemany of the same rows"]["ledger_percent"] > 0
    assert list(told["parts"]) == ["decoding and checking", "pairing and policy", "both"]
    assert list(told["sections"]) == ["embedded", "core"]
    measured = [goal["goal"] for goal in told["goals"] if goal["ratio"] is not None]
    assert [name.split(":")[0] for name in measured] == ["embedded", "the core alone"]


def test_given_a_postgres_it_measures_that_and_the_tills_too(
    postgres_url: str, tmp_path: Path
) -> None:
    options = Options(
        volunteers=20,
        visits=50,
        repeats=1,
        batch=30,
        postgres=postgres_url,
        only=(Section.POSTGRES, Section.TILLS, Section.SCALE),
        records=50,
        redemptions=16,
        arrivals=(100,),
    )
    result = run_bench(options)
    assert [contest.database for contest in result.contests] == ["Postgres"]
    assert result.posting and result.posting.events == 50
    assert [(one.name, one.arrivals) for one in result.tills] == [
        ("the ledger, 8 tills at a counter", None),
        ("the ledger, 8 tills at a counter, with stock and a fund", None),
        ("the ledger, 8 connections", None),
        ("the ledger, 64 tills at a counter", None),
        ("the ledger, at a counter", 100),
    ]
    assert result.scale and result.scale.large.records == 50
    shown = io.StringIO()
    print_bench(Console(file=shown, width=160), result)
    assert "bare COPY" in shown.getvalue()
    assert all(goal.name in " ".join(shown.getvalue().split()) for goal in goals(result)[:1])
    plot(result, tmp_path / "figure.svg")
    assert (tmp_path / "figure.svg").stat().st_size > 0


def test_a_section_that_lacks_its_database_is_refused() -> None:
    with pytest.raises(LedgerError, match="--only kafka needs --postgres"):
        run_bench(Options(only=(Section.KAFKA,)))
