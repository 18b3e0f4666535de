"""What do all tests share?

A real Postgres and a real Kafka, each started once, for the first test that asks for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import settings

from ledger.store.database import Database
from tests.identity_provider import IdentityProvider
from tests.services import (
    KafkaCluster,
    PostgresServer,
    ServiceMissing,
    kafka_cluster,
    postgres_server,
)

Service = TypeVar("Service")

settings.register_profile("untimed", deadline=None)  # no example fails for a busy machine
settings.load_profile("untimed")


def pytest_configure() -> None:
    # Ended from outside, the tests still end the servers they started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """The session's Postgres server."""
    with _or_skip(lambda: postgres_server(tmp_path_factory.mktemp("postgres"))) as server:
        yield server


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty Postgres database of the test's own, as a URL for SQLAlchemy."""
    name = f"test_{uuid.uuid4().hex}"
    yield postgres.create_database(name)
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the test's own: the test runs on both kinds."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty ledger of the test's own: the test runs on both kinds.

    It is a copy: making the tables takes ten times as long.
    """
    if request.param == "sqlite":
        made: Path = request.getfixturevalue("ledger_in_a_file")
        ledger = Database(f"sqlite:///{shutil.copy(made, tmp_path / 'ledger.db')}")
        yield ledger
        ledger.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex}"
    like: str = request.getfixturevalue("ledger_in_postgres")
    ledger = Database(server.create_database(name, like))
    yield ledger
    ledger.close()
    server.drop_database(name)


@pytest.fixture(scope="session")
def ledger_in_a_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger, to be copied."""
    file = tmp_path_factory.mktemp("empty") / "ledger.db"
    _create(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def ledger_in_postgres(postgres: PostgresServer) -> str:
    """The name of a database with an empty ledger, to be copied."""
    name = "empty_ledger"
    _create(postgres.create_database(name))
    return name


def _create(url: str) -> None:
    database = Database(url)
    database.create()
    database.close()


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    """The session's Kafka, of one broker; tests keep apart by their topics' names."""
    with _or_skip(lambda: kafka_cluster(tmp_path_factory.mktemp("kafka"))) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def provider() -> Iterator[IdentityProvider]:
    """The session's identity provider; anybody can log in under any name."""
    with _or_skip(IdentityProvider) as started:
        yield started


def _or_skip(start: Callable[[], Service]) -> Service:
    try:
        return start()
    except ServiceMissing as missing:
        if os.environ.get("CI"):
            pytest.fail(f"{missing}\nThis test may not skip in CI.", pytrace=False)
        pytest.skip(str(missing))


@pytest.fixture(autouse=True)
def environment_of_its_own() -> Iterator[None]:
    """What a command run in this process sets (`--db`) is gone for the next test."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
