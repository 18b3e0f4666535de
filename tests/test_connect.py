"""Does Kafka Connect carry the ledger's messages as they are, by what deploy/connect says?"""

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from schemas import decode
from schemas.topics import TOPICS
from tests.builders import order
from tests.services import HOST, KafkaCluster, free_ports

pytestmark = pytest.mark.xdist_group("kafka")  # one after the other, on one Kafka

CONNECT = Path(__file__).parents[1] / "deploy" / "connect"
CONNECTORS = sorted(CONNECT.glob("*.json"))
MISSING = 3
WAIT = 90.0

HTTP_SINK = {
    "connector.class", "tasks.max", "topics", "http.url", "http.authorization.type",
    "http.headers.authorization", "http.headers.content.type", "batching.enabled",
    "batch.max.size", "batch.prefix", "batch.separator", "batch.suffix", "max.retries",
    "retry.backoff.ms", "errors.tolerance",
}  # fmt: skip
"""The options of Aiven's HTTP sink that are used; the connector is not run here."""


def read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


@pytest.mark.parametrize("file", CONNECTORS, ids=lambda file: file.stem)
def test_a_connector_names_topics_that_there_are(file: Path) -> None:
    said = read(file)
    assert set(said) == {"name", "config"}
    assert said["name"] == file.stem
    config = said["config"]
    assert all(isinstance(value, str) for value in config.values())
    known = {topic.name: topic for topic in TOPICS}
    if "topics" in config:  # out: what the ledger publishes
        assert all(not known[one].received for one in config["topics"].split(","))
    else:  # in: what it reads
        assert known[config["topic"]].received


def test_secrets_are_not_in_the_files() -> None:
    config = read(CONNECT / "province-http-sink.json")["config"]
    assert config["http.headers.authorization"].startswith("${file:")
    assert set(config) == HTTP_SINK
    worker = (CONNECT / "worker.properties").read_text()
    assert "config.providers=file\n" in worker
    assert "listeners=http://127.0.0.1:8083\n" in worker


@contextmanager
def connect(kafka: KafkaCluster, folder: Path, *files: Path) -> Iterator[Path]:
    """A worker with these connectors runs; gives its log."""
    port = free_ports(1)
    log = folder / "connect.log"
    words = [sys.executable, CONNECT / "run", *files, "--bootstrap", kafka.bootstrap]
    words += ["--dir", folder / "worker", "--port", port]
    with log.open("wb") as out:
        process = subprocess.Popen([str(one) for one in words], stdout=out, stderr=out)
    try:
        yield log
    finally:
        process.terminate()
        try:
            code = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    if code == MISSING:
        pytest.skip(log.read_text())


async def test_orders_come_in_and_what_follows_goes_out(
    kafka: KafkaCluster, tmp_path: Path
) -> None:
    own = uuid.uuid4().hex[:8]
    orders, hours = f"{own}.volunteer.centre", f"{own}.volunteer.hours"
    for topic in (orders, hours):
        await kafka.create_topic(topic, 1)
    spool, channel = tmp_path / "orders.jsonl", tmp_path / "province.jsonl"
    source = read(CONNECT / "orders-file-source.json")
    source["config"] |= {"topic": orders, "file": str(spool)}
    sink = read(CONNECT / "province-file-sink.json")
    sink["config"] |= {"topics": hours, "file": str(channel)}
    for name, said in (("in.json", source), ("out.json", sink)):
        (tmp_path / name).write_text(json.dumps(said))
    wish = {"place": "370199001001", "category": "助老", "text": "上门理发"}
    sent = [order("placed", f"O{n}", "2026-05-01T08:00", **wish) for n in range(3)]
    spool.write_bytes(b"".join(line + b"\n" for line in sent))
    out = [f'{{"seconds":{n},"place":"青岚县"}}' for n in range(3)]
    async with AIOKafkaProducer(bootstrap_servers=kafka.bootstrap, acks="all") as producer:
        for line in out:
            await producer.send_and_wait(hours, line.encode(), key=b"V1")

    with connect(kafka, tmp_path, tmp_path / "in.json", tmp_path / "out.json") as log:
        came: list[bytes | None] = []
        async with AIOKafkaConsumer(
            orders, bootstrap_servers=kafka.bootstrap, auto_offset_reset="earliest"
        ) as consumer:
            try:
                async with asyncio.timeout(WAIT):
                    while len(came) < len(sent):
                        came.append((await consumer.getone()).value)
                    while not channel.exists() or len(channel.read_text().splitlines()) < len(out):
                        await asyncio.sleep(0.1)
            except TimeoutError:
                pytest.fail(f"nothing came:\n{log.read_text()[-3000:]}", pytrace=False)
    assert came == sent  # to the byte: a signature would hold
    assert [decode(line or b"").subject for line in came] == ["O0", "O1", "O2"]
    assert channel.read_text().splitlines() == out
    assert HOST in kafka.bootstrap
