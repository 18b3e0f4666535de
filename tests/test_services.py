"""Do the real Postgres and Kafka that other tests rely on work?"""

from __future__ import annotations

import uuid
from pathlib import Path

import psycopg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from sqlalchemy import create_engine, text

from tests.services import KafkaCluster, PostgresServer, kafka_cluster, postgres_server

DEPLOYED = Path(__file__).parents[1] / "deploy" / "postgres.conf"

pytestmark = pytest.mark.xdist_group("kafka")  # one after the other, on one Kafka


async def send(bootstrap: str, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all") as producer:
        await producer.send_and_wait(topic, value, key=b"V00000001")


async def receive(bootstrap: str, topic: str) -> bytes | None:
    async with AIOKafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest"
    ) as consumer:
        value: bytes | None = (await consumer.getone()).value
        return value


def test_a_test_gets_an_empty_postgres_database(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    with engine.begin() as connection:
        version = connection.execute(text("select version()")).scalar_one()
        connection.execute(text("create table ours (id integer)"))
    engine.dispose()
    assert version.startswith("PostgreSQL ")


def test_databases_are_apart(postgres: PostgresServer, postgres_url: str) -> None:
    conninfo = postgres_url.replace("+psycopg", "")
    with psycopg.connect(conninfo) as connection:
        tables = connection.execute("select to_regclass('ours')").fetchone()
    assert tables == (None,)
    assert postgres_url != postgres.url


def test_a_commit_survives_the_servers_crash(tmp_path: Path) -> None:
    """Under the settings that the ledger is deployed with, which this Postgres takes."""
    with postgres_server(tmp_path, config=DEPLOYED) as server:
        conninfo = server.create_database("crash").replace("+psycopg", "")
        connection = psycopg.connect(conninfo)
        assert connection.execute("show shared_buffers").fetchone() == ("2GB",)
        connection.execute("create table hours (seconds integer)")
        connection.execute("insert into hours values (3600)")
        connection.commit()

        server.kill()
        with pytest.raises(psycopg.OperationalError):
            for _ in range(100_000):  # a connection's own process notices a little later
                connection.execute("select 1")
        connection.close()
        server.restart()

        with psycopg.connect(conninfo) as again:
            assert again.execute("select seconds from hours").fetchall() == [(3600,)]


async def test_a_message_goes_through_kafka(kafka: KafkaCluster) -> None:
    topic = f"test-{uuid.uuid4().hex}"
    await kafka.create_topic(topic, partitions=2)
    await send(kafka.bootstrap, topic, b"checked in")
    assert await receive(kafka.bootstrap, topic) == b"checked in"


async def test_three_brokers_live_on_without_one(tmp_path: Path) -> None:
    with kafka_cluster(tmp_path, brokers=3) as cluster:
        await cluster.create_topic("hours", partitions=3, min_insync_replicas="2")
        cluster.kill(2)
        await send(cluster.bootstrap, "hours", b"still here")
        cluster.start(2)
        assert await receive(cluster.bootstrap, "hours") == b"still here"
