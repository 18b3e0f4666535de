"""How fast do other stream libraries pair the same check-ins and check-outs, read from Kafka?

Each in a process of its own (`pairing.py`), with its state in memory and no database: Faust's plain
agent, Quix Streams and Bytewax beside the ledger's own core behind aiokafka.
"""

import asyncio
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import orjson

from ledger.bench import topics
from ledger.bench.measures import Rate, Tell, Usage
from ledger.bench.workload import Keyed
from ledger.errors import LedgerError


class Library(NamedTuple):
    """What is run, the module that it needs, and what it is called."""

    name: str
    module: str
    shown: str


LIBRARIES = (
    Library("ledger", "aiokafka", "the ledger's core behind aiokafka"),
    Library("plain", "aiokafka", "aiokafka alone, pairing"),
    Library("faust", "faust", "Faust, a plain agent"),
    Library("quix", "quixstreams", "Quix Streams"),
    Library("bytewax", "bytewax", "Bytewax"),
)


def pair(
    kafka: str, messages: Sequence[Keyed], repeats: int, tell: Tell
) -> tuple[list[Rate], list[str]]:
    """The rate of each that is installed, and what is said of the others."""
    topic = topics.new_name()
    asyncio.run(topics.create(kafka, topic))
    try:
        asyncio.run(topics.fill(kafka, topic, messages))
        return _pair(kafka, topic, len(messages), repeats, tell)
    finally:
        asyncio.run(topics.remove(kafka, topic))


def _pair(
    kafka: str, topic: str, events: int, repeats: int, tell: Tell
) -> tuple[list[Rate], list[str]]:
    there = [one for one in LIBRARIES if importlib.util.find_spec(one.module)]
    seconds: dict[str, list[float]] = {one.shown: [] for one in there}
    usage: dict[str, list[Usage]] = {one.shown: [] for one in there}
    served = set()
    for turn in range(1, repeats + 1):
        for one in there:
            tell(f"pairing: {one.shown}, {turn} of {repeats}")
            told = _run(one.name, kafka, topic, events)
            seconds[one.shown].append(told["took"])
            usage[one.shown].append(Usage(told["cpu"], told["peak_kib"]))
            served.add(told["served"])
    if len(served) > 1:
        raise LedgerError(f"the libraries disagree on the seconds served: {served}")
    rates = [
        Rate(name, events, tuple(found), processes=tuple(usage[name]))
        for name, found in seconds.items()
    ]
    return rates, [
        f"{one.shown}: not installed (pip install 'volunteer-ledger[bench]')"
        for one in LIBRARIES
        if one not in there
    ]


def _run(name: str, kafka: str, topic: str, events: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "ledger.bench.pairing", name, kafka, topic, str(events)]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode or not run.stdout.strip():
        last = "\n".join(run.stderr.splitlines()[-5:])
        raise LedgerError(f"{name} failed to pair:\n{last}")
    told: dict[str, Any] = orjson.loads(run.stdout.splitlines()[-1])
    return told
