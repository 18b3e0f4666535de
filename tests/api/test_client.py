"""Does the Python client do with a real server what it says, and live through its troubles?"""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook as Receiver

from ledger.access import EVERYWHERE, Scope
from ledger.access.granting import Giver
from ledger.access.passes import issue
from ledger.api.till_shapes import LineBack, LineWanted
from ledger.client import ApiProblem, Changed, Client, Unreachable
from ledger.clock import CHINA
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from tests.api.test_serve import server
from tests.builders import record, register, visit
from tests.web.tills import CUSTOMERS, EARNED, SHOP, Phones, paid_by, pass_of, stocked

TOWN = "370102001000"


@pytest.fixture
def recorder(database: Database) -> Recorder:
    made = Recorder(database, national_ladder())
    made.begin()
    return made


@pytest.fixture
def running(recorder: Recorder, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The address of a real server, and its owner's secret."""
    with server(tmp_path, VLEDGER_DB=recorder.database.url) as (address, secret, _):
        yield address, secret


def days(volunteer: str, first: int, last: int) -> list[bytes]:
    return [
        one
        for day in range(first, last + 1)
        for one in visit(volunteer, f"2026-05-{day:02}", "08:00", "11:00")
    ]


def test_all_that_it_can_ask(running: tuple[str, str], recorder: Recorder) -> None:
    address, secret = running
    record(recorder, [register("place", TOWN, name="街道", kind="station")])
    record(recorder, [register("volunteer", "V1", place=TOWN)])
    record(recorder, [register("activity", "A1", name="宣讲", place=TOWN)])
    with Client(address, secret=secret) as client:
        assert client.session().login == "pass"
        again = days("V1", 1, 28)
        sent = client.send(again)
        assert {one.status for one in sent} == {"recorded"}
        assert {one.status for one in client.send(again)} == {"duplicate"}
        assert client.volunteer("V1").seconds == 28 * 3 * 3600
        noon = datetime(2026, 5, 2, 12, tzinfo=UTC)
        assert client.volunteer("V1", noon).seconds == 2 * 3 * 3600
        assert len(list(client.visits("V1"))) == 28
        assert sum(int(one.amount) for one in client.points("V1")) == 28 * 3
        assert not list(client.redemptions("V1"))
        assert not list(client.expiring("V1"))
        assert client.next_star("V1").missing_seconds == 16 * 3600
        assert client.explanation("V1")["volunteer"] == "V1"
        assert client.today("V1").since is None
        assert client.stars().stars == {"0": 1}
        assert list(client.starred("1")) == []
        assert [one.id for one in client.places()] == [TOWN]
        programme = client.programme(TOWN)
        assert [one.name for one in programme.activities] == ["宣讲"]
        assert client.programme(TOWN) == programme  # by its ETag
        with pytest.raises(ApiProblem) as refused:
            client.code("V1")
        assert (refused.value.status, refused.value.kind) == (403, "refused")
    made = issue(recorder, "volunteer", Scope("volunteer", "V1"), Giver("o"), name="V1", days=1)
    with Client(address, secret=made.secret) as phone:
        filed = [phone.complain("V1", "key-0001", "hours", "少记了一次") for _ in range(2)]
        assert [one.text for one in phone.complaints("V1")] == [filed[0].text]
        assert filed[0] == filed[1]
        assert phone.code("V1").code.startswith("V1-")
        with pytest.raises(ApiProblem, match="403"):
            phone.volunteer("V2")
    with Client(address, secret="x" * 40) as stranger, pytest.raises(ApiProblem, match="401"):
        stranger.volunteer("V1")


def test_changes_are_followed_across_a_restart_and_none_is_missed(
    recorder: Recorder, tmp_path: Path
) -> None:
    made = issue(recorder, "auditor", Scope("place", EVERYWHERE), Giver("o"), name="x", days=1)
    record(recorder, days("V1", 1, 2))
    seen: list[Changed] = []
    with (
        server(tmp_path, VLEDGER_DB=recorder.database.url) as (address, _, _),
        Client(address, secret=made.secret) as client,
    ):
        for one in client.changes("0"):
            seen.append(one)
            if sum(each.type.startswith("volunteer.hours") for each in seen) == 2:
                break
    record(recorder, days("V1", 3, 4) + days("V2", 1, 3))
    with (
        server(tmp_path, VLEDGER_DB=recorder.database.url) as (address, _, _),
        Client(address, secret=made.secret) as client,
    ):
        stream = client.changes(seen[-1].place)
        hours = sum(each.type.startswith("volunteer.hours") for each in seen)
        while hours < 7:
            seen.append(next(stream))
            hours += seen[-1].type.startswith("volunteer.hours")
        writing = threading.Thread(target=record, args=(recorder, days("V3", 1, 1)))
        writing.start()
        while not (seen[-1].type.startswith("volunteer.points") and _about(seen[-1]) == "V3"):
            seen.append(next(stream))
        writing.join()
        again = client.changes("0")
        whole = [next(again) for _ in seen]
        only = client.changes("0", volunteer="V2", types="volunteer.hours.recorded.v1")
        assert [_about(next(only)) for _ in range(3)] == ["V2"] * 3
    idents = [one.event["id"] for one in seen]
    assert len(idents) == len(set(idents))
    assert [one.event["id"] for one in whole] == idents
    assert [one.place for one in whole] == [one.place for one in seen]


def _about(one: Changed) -> str:
    return str(one.event["subject"])


def test_who_may_not_read_follows_nothing(running: tuple[str, str], recorder: Recorder) -> None:
    made = issue(recorder, "till", Scope("merchant", "M01"), Giver("o"), name="x", days=1)
    with Client(running[0], secret=made.secret) as till, pytest.raises(ApiProblem, match="403"):
        next(till.changes("0"))
    with Client(running[0]) as nobody:
        with pytest.raises(ApiProblem, match="401"):
            next(nobody.changes("0"))
        with pytest.raises(ApiProblem):
            next(nobody.changes("x.y"))


class Receiving(HTTPServer):
    """A system that is told, as any that keeps to Standard Webhooks; `down`: it answers 503."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.secret = ""
        self.down = 0
        self.got: list[dict[str, Any]] = []
        self.forged: list[Exception] = []
        self.more = threading.Condition()

    def told(self) -> list[dict[str, Any]]:
        """Each message once: they are sent at least once, and told apart by their ids."""
        return list({one["id"]: one for one in self.got}.values())

    def wait_for(self, many: int) -> None:
        with self.more:
            assert self.more.wait_for(lambda: len(self.told()) >= many, 60), len(self.got)


class _Receive(BaseHTTPRequestHandler):
    server: Receiving

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = 204
        with self.server.more:
            if self.server.down:
                self.server.down -= 1
                status = 503
            else:
                try:
                    Receiver(self.server.secret).verify(body, dict(self.headers))
                    self.server.got.append(json.loads(body))
                except Exception as error:  # noqa: BLE001 - shown by the test
                    self.server.forged.append(error)
                self.server.more.notify_all()
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


def test_a_webhook_is_told_all_once_it_is_back(
    running: tuple[str, str], recorder: Recorder
) -> None:
    receiving = Receiving()
    serving = threading.Thread(target=receiving.serve_forever)
    serving.start()
    try:
        with Client(running[0], secret=running[1]) as client:
            record(recorder, days("V1", 1, 1))  # before it wanted to know
            url = f"http://127.0.0.1:{receiving.server_port}/told"
            with receiving.more:
                made = client.add_webhook(url, "mine", ["volunteer.hours.recorded.v1"])
                receiving.secret = made.secret
                receiving.down = 1
            assert client.add_webhook(url, "mine", ["volunteer.hours.recorded.v1"]) == made
            [shown] = client.webhooks()
            assert "secret" not in shown.model_dump()
            record(recorder, days("V1", 2, 3))
            receiving.wait_for(2)
            record(recorder, days("V2", 1, 3))
            receiving.wait_for(5)
            client.remove_webhook(made.id)
            assert client.webhooks() == []
            for bad in (
                "http://10.0.0.1/x",
                "ftp://x.example",
                "https://a:b@x.example/",
                "nonsense",
            ):
                with pytest.raises(ApiProblem, match="422"):
                    client.add_webhook(bad, bad)
    finally:
        receiving.shutdown()
        serving.join()
        receiving.server_close()
    assert receiving.forged == []
    told = receiving.told()
    assert [one["type"] for one in told] == ["volunteer.hours.recorded.v1"] * 5
    assert [one["subject"] for one in told] == ["V1"] * 2 + ["V2"] * 3


class Faltering(HTTPServer):
    """Breaks a connection off, then asks for patience, then answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Falter)
        self.statuses = iter([0, 503, 429, 200])
        self.asked: list[bytes] = []


class _Falter(BaseHTTPRequestHandler):
    server: Faltering

    def do_POST(self) -> None:
        self.server.asked.append(self.rfile.read(int(self.headers["content-length"])))
        status = next(self.server.statuses)
        if status:
            receipt = {"source": "k", "id": "1", "status": "recorded"}
            body = json.dumps({"receipts": [receipt]}).encode()
            self.send_response(status)
            self.send_header("Retry-After", "0")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nothing."""


def test_what_fails_in_passing_is_tried_again() -> None:
    faltering = Faltering()
    serving = threading.Thread(target=faltering.serve_forever)
    serving.start()
    try:
        with Client(f"http://127.0.0.1:{faltering.server_port}") as client:
            assert [one.status for one in client.send([b'{"id":"1"}'])] == ["recorded"]
    finally:
        faltering.shutdown()
        serving.join()
        faltering.server_close()
    assert faltering.asked == [b'[{"id":"1"}]'] * 4


def test_it_gives_up_in_the_end_and_says_so() -> None:
    with Client("http://127.0.0.1:9", timeout=0.2) as client, pytest.raises(Unreachable):
        client.session()


def test_a_shop_s_own_till(tmp_path: Path) -> None:
    """Whatever it asks again, under its keys it happens once."""
    with stocked(tmp_path) as served, Client(served.address, secret=pass_of(served)) as client:
        till, phones = client.till(SHOP), Phones(served)
        assert {one.item for one in till.shelf()} >= {"RICE", "OIL", "SALT"}
        code = phones.code(CUSTOMERS[0])
        customer = till.scan(code, "basket-0001")
        assert (customer.volunteer, customer.available) == (CUSTOMERS[0], str(EARNED))
        wanted = [LineWanted(item="OIL", count=2), LineWanted(item="SALT")]
        held = till.open(code, "basket-0001", wanted)
        assert till.open(code, "basket-0001", wanted).lines == held.lines
        with pytest.raises(ApiProblem) as used:
            till.scan(code, "basket-0002")
        assert used.value.kind == "code-used"
        assert till.confirm("basket-0001").state == till.confirm("basket-0001").state == "paid"
        for _ in range(2):
            back = till.refund("basket-0001", "refund-0001", [LineBack(line=1)])
        assert back.points == {"points": "1"}
        assert paid_by(served) == {CUSTOMERS[0]: 1}
        [day] = {till.day(datetime.now(CHINA).date()).check for _ in range(2)}
        assert day
        with pytest.raises(ApiProblem) as nothing:
            till.cancel("basket-0009")
        assert nothing.value.status == 404
