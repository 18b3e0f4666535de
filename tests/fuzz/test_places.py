"""Does the command end plainly where the database, the disk or the reader is not as it should?"""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.builders import visit
from tests.command import Done, run
from tests.effort import LONG

EVENTS = b"\n".join(visit("V1", "2026-05-01", "08:00", "10:00")) + b"\n"


def vledger(
    folder: Path,
    *arguments: str | bytes,
    stdin: bytes = b"",
    before: str = "",
    environment: Mapping[str, str] | None = None,
) -> "Done | subprocess.CompletedProcess[bytes]":
    """The command; in a process of its own, where some Python has to run `before`."""
    if not before:
        here = run(folder, arguments, stdin, environment)
        assert here.returncode in (0, 1, 2), here
        return here
    start = f"{before}\nimport sys\nfrom ledger.cli import main\nsys.argv[0] = 'vledger'\nmain()"
    done = subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=folder,
        input=stdin,
        capture_output=True,
        timeout=90,
        env={**os.environ, **(environment or {})},
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode(errors="replace")
    assert done.returncode in (0, 1, 2), done
    return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    vledger(folder, "init")
    vledger(folder, "ingest", "-", stdin=EVENTS)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A folder of the test's own with a small ledger in vledger.db."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///garbage.db",
        "sqlite:///folder",
        "sqlite:////proc/none/x.db",
        "sqlite:////dev/full",
        "sqlite:///cut.db",
        "sqlite:///other.db",
        "sqlite:///file:x?mode=ro&uri=true",
        "postgresql://nobody@127.0.0.1:1/none",
        "postgresql://nobody@nowhere.invalid/none",
        "postgresql://nobody@127.0.0.1:99999/none",
        "postgresql://nobody@127.0.0.1/none?nonsense=1",
        "postgresql+nonsense://x/y",
        "postgresql+psycopg2://x/y",
        "sqlite+nonsense:///x",
        "mysql://x/y",
        "://",
        "",
        "x",
    ],
)
def test_a_database_that_is_none(folder: Path, url: str) -> None:
    (folder / "garbage.db").write_bytes(b"not a database" * 1000)
    (folder / "folder").mkdir()
    whole = (folder / "vledger.db").read_bytes()
    (folder / "cut.db").write_bytes(whole[: len(whole) // 2])
    (folder / "other.db").write_bytes(b"")
    for words in (["ingest", "-"], ["dump"]) if LONG else (["dump"],):
        done = vledger(folder, "--db", url, *words, stdin=EVENTS)
        assert done.returncode in (1, 2)
        assert done.stderr.strip()


@pytest.mark.parametrize("value", ["0", "-1", "x", "9" * 30])
def test_settings_that_are_none(folder: Path, value: str) -> None:
    done = vledger(folder, "dump", environment={"VLEDGER_BATCH": value})
    assert done.returncode == 2
    assert b"VLEDGER_BATCH" in done.stderr


@pytest.mark.parametrize("name", [b"\xff\xfe.jsonl", "\u202e[red].jsonl".encode(), b"a\nb\x1b[2J"])
def test_a_file_with_a_strange_name(folder: Path, name: bytes) -> None:
    (folder / os.fsdecode(name)).write_bytes(b"garbage\n" + EVENTS)
    done = vledger(folder, "ingest", name, environment={"PYTHONUTF8": "1"})
    assert done.returncode == 0
    assert b"\x1b" not in done.stderr
    assert vledger(folder, "rejects").returncode == 0
    assert vledger(folder, "rejects", "--json").returncode == 0
    assert vledger(folder, "verify").returncode == 0


@pytest.mark.parametrize("file", ["folder", "/nonexistent", "/dev/null", "/proc/self/mem", ""])
def test_a_file_that_is_none(folder: Path, file: str) -> None:
    (folder / "folder").mkdir()
    vledger(folder, "ingest", file, before="pass")  # may let go of its own standard output
    vledger(folder, "rejects", "replay", "--with", file)
    vledger(folder, "policy", "check", file)


def test_a_file_without_an_end(folder: Path) -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))"
    done = vledger(folder, "policy", "check", "/dev/zero", before=limit)
    assert done.returncode == 2
    assert b"larger than 64 MiB" in done.stderr


def test_words_that_are_no_text(folder: Path) -> None:
    done = vledger(folder, "volunteer", b"\xff\xfe", environment={"PYTHONUTF8": "1"})
    assert done.returncode == 2
    assert b"not UTF-8" in done.stderr


@pytest.mark.parametrize(("closed", "code"), [(0, 0), (1, 2), (2, 0)])
def test_a_stream_that_is_closed(folder: Path, closed: int, code: int) -> None:
    """Without effect where there is nowhere to answer; no file gets a stream's number."""
    before = (folder / "vledger.db").read_bytes()
    words = shlex.join([sys.executable, "-m", "ledger", "ingest", "-"]) + f" {closed}>&-"
    news = b"\n".join(visit("V2", "2026-05-02", "08:00", "10:00")) if closed == 1 else b""
    done = subprocess.run(
        words, shell=True, cwd=folder, input=news, capture_output=True, timeout=90, env=os.environ
    )
    assert done.returncode == code, done
    assert b"Traceback" not in done.stderr
    assert (folder / "vledger.db").read_bytes() == before


def test_a_line_that_never_ends_takes_bounded_memory(folder: Path) -> None:
    with (folder / "long.jsonl").open("wb") as file:
        for _ in range(64):
            file.write(b"[" * (8 << 20))
        file.write(b"\n" + b"\n".join(visit("V2", "2026-05-02", "08:00", "10:00")) + b"\n")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))"
    done = vledger(folder, "ingest", "long.jsonl", "--json", before=limit)
    assert b'"applied":2,"duplicates":0,"rejected":1' in done.stdout


def test_many_rejects_are_listed_in_bounded_memory(folder: Path) -> None:
    line = b"x" * (3 << 20)
    with (folder / "long.jsonl").open("wb") as file:
        for number in range(100):
            file.write(b"%d" % number + line + b"\n")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))"
    done = vledger(folder, "ingest", "long.jsonl", "--json", before=limit)
    assert b'"rejected":100' in done.stdout
    assert vledger(folder, "rejects", before=limit).returncode == 0


def test_a_reader_that_goes_away(folder: Path) -> None:
    record = [sys.executable, "-m", "ledger", "dump", "--json"]
    command = subprocess.Popen(
        record, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ
    )
    assert command.stdout is not None
    command.stdout.close()
    _, said = command.communicate(timeout=60)
    assert b"Traceback" not in said
    assert command.returncode in (0, 1, 2)


@pytest.mark.parametrize("words", [["dump"], ["dump", "--json"], ["rejects"], ["policy", "list"]])
def test_a_full_disk_where_the_answer_goes(folder: Path, words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ledger", *words],
            cwd=folder, stdout=full, stderr=subprocess.PIPE, timeout=60, env=os.environ,
        )  # fmt: skip
    assert b"Traceback" not in done.stderr
    assert done.returncode in (1, 2)


def test_a_full_disk_where_the_ledger_is(folder: Path) -> None:
    many = b"\n".join(
        line for n in range(3000) for line in visit(f"V{n}", "2026-05-01", "08:00", "10:00")
    )
    size = (folder / "vledger.db").stat().st_size
    limit = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size + 65536}, {size + 65536}))"
    )
    done = vledger(folder, "ingest", "-", stdin=many, before=limit)
    assert done.returncode == 2
    assert vledger(folder, "verify").returncode == 0
