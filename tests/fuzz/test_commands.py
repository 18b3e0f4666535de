"""Does every command end with 0, 1 or 2 and a plain message, whatever it is given?"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer.main
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from ledger.audit.checkpoints import make_checkpoint
from ledger.audit.sealing import seal_batches
from ledger.cli import app
from ledger.clock import now_micros
from ledger.core.rulebook import national_ladder
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.builders import record, redeem, register, shop_event, visit
from tests.command import run
from tests.effort import examples
from tests.fuzz.texts import ODD_AMOUNTS, ODD_TEXTS, ODD_TIMES

SKIPPED = {"bench", "demo", "worker", "schemas"}
"""They run for long, or write into the source."""


class Leaf(NamedTuple):
    """A command with its words."""

    words: tuple[str, ...]
    command: Any


def leaves(command: Any, words: tuple[str, ...] = ()) -> Iterator[Leaf]:
    if hasattr(command, "commands"):
        if command.invoke_without_command and words:
            yield Leaf(words, command)
        for name, inner in command.commands.items():
            if name not in SKIPPED:
                yield from leaves(inner, (*words, name))
    else:
        yield Leaf(words, command)


LEAVES = list(leaves(typer.main.get_command(app)))

FILES = {
    "empty": b"",
    "nul": b"\x00" * 4096,
    "latin": "é".encode("latin-1"),
    "deep.json": b"[" * 100_000,
    "list.json": b"[1, 2]",
    "number.json": b"1e999",
    "object.json": b'{"a": {"b": null}}',
    "jwt": b"eyJhbGciOiJub25lIn0.e30.",
    "token": b"a.b.c",
    "policy.yaml": b"policy: x\nname: y\nfacts: {service: visit}\n",
    "bad.yaml": b"a: &a [*a]\n",
    "events.jsonl": b"\n".join(visit("V1", "2026-05-01", "08:00", "10:00")) + b"\n{\n\xff\n",
}

WORDS = (
    "V1", "V2", "M01", "F1", "R1", "H1", "SKU-1", "points", "2026-05", "2026", "2026-05-01",
    "2026-05-01T08:00", "0", "1", "-1", "0.5", "1e9", "99999999999999999999", "all", "-", "--",
    ".", "..", "/", "/nonexistent/x", "/dev/null", "folder", "ledger.db", "zh", "en", "json",
    "postgresql://nobody@127.0.0.1:1/none", "sqlite:///folder", "sqlite:////nonexistent/x.db",
    "sqlite:///nul", "mysql://x", "http://[", "://", "payout/2026-05/1", "national-ladder",
    "pay", "refuse", "count", "void", "day", "month", "goods", "service",
    "a" * 5_000, *FILES,
)  # fmt: skip

values = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(WORDS),
    st.sampled_from([one for one in ODD_TEXTS if "\0" not in one and len(one) < 1_000]),
    st.sampled_from(ODD_TIMES),
    st.sampled_from(ODD_AMOUNTS),
).map(lambda text: text.encode("utf-8", "surrogateescape" if _kept(text) else "replace"))


def _kept(text: str) -> bool:
    return all(not "\ud800" <= one <= "\udfff" or "\udc80" <= one <= "\udcff" for one in text)


@st.composite
def command_lines(draw: DrawFn) -> list[str]:
    """A command with arguments and options, of the right number more or less."""
    words, command = draw(st.sampled_from(LEAVES))
    line = list(words)
    tail: list[str] = []
    for one in command.params:
        if not one.opts[0].startswith("-"):
            wanted = draw(st.integers(0, 2)) if one.nargs == -1 else 1
            tail += [_decoded(draw(values)) for _ in range(wanted)]
        elif one.required or draw(st.integers(0, 2)) == 0:
            name = one.opts[0]
            if name in ("--help", "--into", "--key"):
                continue
            if one.is_flag:
                line.append(name)
            else:
                line += [name, _decoded(draw(values))]
    return [*line, *tail]


def _decoded(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small ledger, and files that are none of what is asked for."""
    folder = tmp_path_factory.mktemp("site")
    database = Database(f"sqlite:///{folder / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, national_ladder())
    record(
        recorder,
        [
            *visit("V1", "2026-05-01", "08:00", "18:00"),
            register("merchant", "M01", name="店", fund="F1"),
            register("fund", "F1", name="基金", point_value="0.5"),
            register("item", "SKU-1", name="米", prices=[{"points": "2"}]),
            shop_event("fund.contributed", "F1", donor="D1", amount="100.00"),
            b'{"broken": "\xff\x00\\ud800[red][/]"',
        ],
    )
    record(recorder, [redeem("V1", "R1", "2")])
    seal_batches(database)
    make_checkpoint(database, signer(folder / "vledger.key"), now_micros())
    database.close()
    (folder / "folder").mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    return folder


@examples(60)
@given(arguments=command_lines())
def test_a_command_ends_plainly(
    arguments: list[str], site: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("run")
    shutil.copytree(site, folder, dirs_exist_ok=True)
    environment = {"VLEDGER_DB": "sqlite:///ledger.db", "COLUMNS": "120"}
    try:
        ended = run(folder, arguments, b"{}\n\xff\n", environment)
    finally:
        shutil.rmtree(folder)
    assert ended.returncode in (0, 1, 2), (arguments, ended)
    assert b"Traceback" not in ended.stderr
