"""Does a closed Kafka let each do its own work, and nobody anything else?"""

import asyncio
import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from cryptography.hazmat.primitives import serialization
from faust.transport.drivers.aiokafka import credentials_to_aiokafka_auth

from ledger.core.rulebook import national_ladder
from ledger.devices.enrolment import enrol
from ledger.devices.keys import PrivateKey, public_text, sign
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from schemas.topics import (
    ATTENDANCE,
    DEAD_LETTERS,
    HOURS,
    REDEMPTION_REQUESTS,
    REDEMPTION_RESULTS,
    REGISTRY,
)
from streams.access import client_options, credentials
from streams.app import create_topics
from tests.builders import check_in, redeem, register, transfer, visit
from tests.services import HOST, KafkaCluster, ServiceMissing

pytestmark = pytest.mark.xdist_group("kafka")

ROLES = ("broker", "admin", "worker", "kiosk/370102-001-01", "till/M01", "nobody")
ACLS = Path(__file__).parent.parent / "deploy" / "kafka-acls"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    for name in ROLES:
        issued = authority.issue_cert(HOST, common_name=name)
        key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
        text = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,  # the only one that Kafka reads
            serialization.NoEncryption(),
        )
        chain = b"".join(part.bytes() for part in issued.cert_chain_pems)
        (folder / f"{name.split('/')[0]}.pem").write_bytes(text + chain)
    (folder / "passwords").write_text("worker=one-of-mine\nkiosk=another\n")
    return folder


@pytest.fixture(scope="module")
def closed(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    try:
        cluster = KafkaCluster(tmp_path_factory.mktemp("closed"), 1, 2, tls=certificates)
    except ServiceMissing as missing:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(missing))
    with cluster:
        security = ["--ca", str(certificates / "ca.pem"), "--cert", str(certificates / "admin.pem")]
        command = [sys.executable, str(ACLS), "apply", "--bootstrap", cluster.bootstrap, *security]
        root = {**os.environ, "PYTHONPATH": str(ACLS.parent.parent)}
        done = subprocess.run(command, env=root, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        yield cluster


def as_(role: str, closed: KafkaCluster, certificates: Path) -> Settings:
    return Settings(
        kafka=closed.bootstrap,
        kafka_ca=str(certificates / "ca.pem"),
        kafka_cert=str(certificates / f"{role}.pem"),
        partitions=2,
    )


async def write(settings: Settings, topic: str, *contents: bytes) -> None:
    async with AIOKafkaProducer(**client_options(settings), request_timeout_ms=5000) as producer:
        for content in contents:
            await producer.send_and_wait(topic, content, key=b"V1")


async def read(settings: Settings, topic: str, group: str, number: int = 1) -> list[bytes]:
    found: list[bytes] = []
    async with AIOKafkaConsumer(
        topic, **client_options(settings), group_id=group, auto_offset_reset="earliest"
    ) as consumer:
        while len(found) < number:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                found += [record.value for record in records]
    return found


async def test_each_does_its_own_work_and_nothing_else(
    closed: KafkaCluster, certificates: Path, postgres_url: str, tmp_path: Path
) -> None:
    group = f"vledger-{uuid.uuid4().hex[:8]}"
    worker = as_("worker", closed, certificates).model_copy(
        update={"db": postgres_url, "group": group, "key": tmp_path / "key"}
    )
    kiosk, till = (as_(role, closed, certificates) for role in ("kiosk", "till"))
    environment = {
        **os.environ,
        **{f"VLEDGER_{name.upper()}": str(value) for name, value in worker.model_dump().items()
           if value not in ("", None)},
    }  # fmt: skip
    command = [sys.executable, "-m", "ledger"]
    subprocess.run([*command, "init"], env=environment, check=True, capture_output=True)
    # An administrator makes the topics: a worker may not.
    admin = as_("admin", closed, certificates)
    await create_topics(admin)
    key = PrivateKey.generate()
    office = Recorder(Database(postgres_url), national_ladder())
    enrol(office, "kiosk/1", public_text(key.public_key()), "P1", [], "张三")
    said = visit("V1", "2026-05-01", "08:00", "12:00")
    marks = [sign(json.loads(one), key) for one in said]
    running = subprocess.Popen([*command, "worker"], env=environment)
    try:
        stray = transfer("V1", "T1", "V2", "1")
        await write(kiosk, ATTENDANCE.name, said[0], stray, *marks)
        letters = await asyncio.wait_for(read(admin, DEAD_LETTERS.name, "admin", 2), 40)
        codes = sorted(json.loads(one)["data"]["code"] for one in letters)
        assert codes == ["unsigned", "wrong-topic"]
        await write(till, REDEMPTION_REQUESTS.name, redeem("V1", "R1", "2"))
        [answer] = await asyncio.wait_for(read(till, REDEMPTION_RESULTS.name, "till-1"), 40)
        assert json.loads(answer)["type"] == "volunteer.redemption.accepted.v1"
    finally:
        running.terminate()
        assert running.wait(30) == 0

    place = register("place", "370102001001", name="站")
    for who, topic in ((kiosk, REGISTRY), (kiosk, REDEMPTION_REQUESTS), (till, ATTENDANCE)):
        with pytest.raises(TopicAuthorizationFailedError):
            await write(who, topic.name, place)
    for who, topic, its in ((till, HOURS, "till-1"), (kiosk, ATTENDANCE, "till-1")):
        with pytest.raises((TopicAuthorizationFailedError, GroupAuthorizationFailedError)):
            await asyncio.wait_for(read(who, topic.name, its), 20)
    with pytest.raises(TopicAuthorizationFailedError):
        await write(as_("nobody", closed, certificates), ATTENDANCE.name, place)


async def test_nobody_is_heard_without_a_certificate(
    closed: KafkaCluster, certificates: Path
) -> None:
    stranger = Settings(kafka=closed.bootstrap, kafka_ca=str(certificates / "ca.pem"))
    for settings in (stranger, Settings(kafka=closed.bootstrap)):
        with pytest.raises((KafkaConnectionError, KafkaError)):
            await asyncio.wait_for(write(settings, ATTENDANCE.name, b"x"), 30)


async def test_a_password_serves_instead_of_a_certificate(
    closed: KafkaCluster, certificates: Path, tmp_path: Path
) -> None:
    def by_password(user: str, password: str) -> Settings:
        file = tmp_path / user
        file.write_text(f"{password}\n")
        return Settings(
            kafka=closed.by_password,
            kafka_ca=str(certificates / "ca.pem"),
            kafka_user=user,
            kafka_password_file=file,
        )

    worker, kiosk = by_password("worker", "one-of-mine"), by_password("kiosk", "another")
    await create_topics(as_("admin", closed, certificates))
    await write(kiosk, ATTENDANCE.name, check_in("V1", "2026-05-01T08:00"))
    for who, topic in ((kiosk, REGISTRY), (worker, ATTENDANCE)):
        with pytest.raises(TopicAuthorizationFailedError):
            await write(who, topic.name, b"x")
    with pytest.raises(KafkaError):
        await asyncio.wait_for(write(by_password("worker", "guessed"), HOURS.name, b"x"), 30)
    told = credentials_to_aiokafka_auth(credentials(worker))
    options = client_options(worker)
    assert {name: options[name] for name in told if name != "ssl_context"} == {
        name: value for name, value in told.items() if name != "ssl_context"
    }


def test_what_is_wrong_with_the_files_is_said(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="VLEDGER_KAFKA_CA"):
        client_options(Settings(kafka_ca=str(tmp_path / "none.pem")))
    with pytest.raises(LedgerError, match="in the clear"):
        client_options(Settings(kafka_user="worker", kafka_sasl="PLAIN"))
    with pytest.raises(LedgerError, match="needs VLEDGER_KAFKA_PASSWORD_FILE"):
        client_options(Settings(kafka_user="worker"))
    (tmp_path / "password").write_text("secret\n")
    options = client_options(
        Settings(kafka_user="worker", kafka_password_file=tmp_path / "password")
    )
    assert options["sasl_plain_password"] == "secret"
    assert options["security_protocol"] == "SASL_PLAINTEXT"
