"""How does a test get a shop with a till, a volunteer with points, and a network that fails?"""

from __future__ import annotations

import json
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal, Self

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

from ledger.clock import now_micros
from ledger.keys import signer
from ledger.shops.codes import MINUTE, Codes
from tests.web.served import PLACE, VOLUNTEERS, Served, registrations

expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong

SHOP = "M01"
EARNED = 90
"""Points of each customer: nine days of ten hours."""

CUSTOMERS = VOLUNTEERS
PRICES = {"RICE": 6, "OIL": 8, "SALT": 1}


def stocked(folder: Path) -> Served:
    """A served ledger with a shop, its goods, and customers with points; not started."""
    policy = Path("docs/examples/points-bank.yaml").resolve()
    lines = [*registrations(), *_events()]
    return Served(folder, lines, str(policy), VLEDGER_KEY=str(folder / "ledger.key"))


def pass_of(served: Served) -> str:
    """The secret of a fresh pass of the shop's till."""
    said = served.command(
        "pass", "issue", "--role", "till", "--merchant", SHOP, "--name", "惠民超市", "--by", "张三"
    ).stdout.decode()
    return said.split("#pass=")[1].split()[0].strip()


class Phones:
    """The volunteers' codes, by the ledger's own key; each is shown once."""

    def __init__(self, served: Served) -> None:
        self._codes = Codes(signer(served.folder / "ledger.key"))
        self._shown: set[str] = set()

    def code(self, volunteer: str) -> str:
        """One that was not shown before, of this minute or the one before; waits for the next."""
        while True:
            now = now_micros()
            late = now % MINUTE > MINUTE // 2  # when the one before will soon be over
            for moment in (now,) if late else (now - MINUTE, now):
                text = self._codes.make(volunteer, moment).text
                if text not in self._shown:
                    self._shown.add(text)
                    return text
            time.sleep((MINUTE - now % MINUTE) / 1_000_000 + 0.01)  # codes are by the real clock


@cache
def _events() -> Sequence[str]:
    now = datetime.now(UTC).replace(microsecond=0)
    begin = (now - timedelta(days=12)).replace(hour=0, minute=0, second=0)
    things: list[tuple[str, str, datetime, dict[str, object]]] = []

    def add(kind: str, subject: str, data: dict[str, object], at: datetime = begin) -> None:
        things.append((kind, subject, at, data))

    add("registry.merchant-registered", SHOP, {"name": "城关惠民超市", "fund": "F1"})
    add("registry.fund-registered", "F1", {"name": "公益基金", "point_value": "0.5"})
    add("fund.contributed", "F1", {"donor": "某企业", "amount": "5000.00"})
    for item, name, more in (
        ("RICE", "大米 5kg", {"stocked": True, "prices": [{"points": "6"}]}),
        ("OIL", "食用油 1.8L",
         {"stocked": True, "prices": [{"points": "10"}, {"points": "8", "levels": {"star": 3}}]}),
        ("SALT", "食盐", {"prices": [{"points": "1"}], "limit": {"count": 5, "per": "month"}}),
        ("CUT", "理发券", {"kind": "voucher", "valid_days": 30, "prices": [{"points": "5"}]}),
        ("BIKE", "自行车", {"prices": [{"points": "800"}]}),
        ("EGGS", "鸡蛋", {"stocked": True, "prices": [{"points": "3"}]}),
    ):  # fmt: skip
        add("registry.item-registered", item, {"name": name, **more})
    for item in ("RICE", "OIL"):
        add("stock.received", item, {"quantity": 400})
    for volunteer in CUSTOMERS:
        add("registry.volunteer-registered", volunteer, {"name": "王秀英", "place": PLACE}, now)
        for day in range(1, 10):
            for way, hour in (("in", 0), ("out", 10)):
                at = begin + timedelta(days=day, hours=hour)
                data = {"activity": "A0001", "place": PLACE, "method": "qr"}
                add(f"attendance.checked-{way}", volunteer, data, at)  # type: ignore[arg-type]
    return [
        json.dumps(
            {
                "specversion": "1.0",
                "id": f"shop-{number}",
                "source": "office/2",
                "type": f"volunteer.{kind}.v1",
                "time": at.isoformat(),
                "subject": subject,
                "datacontenttype": "application/json",
                "data": data,
            }
        )
        for number, (kind, subject, at, data) in enumerate(things)
    ]


# A network that fails -----------------------------------------------------------------------------

Fate = Literal["passes", "request lost", "answer lost"]


class Network:
    """A proxy on 127.0.0.1 before the server, which loses requests or answers at random.

    It reads each request whole before it passes it on; one that is lost never reaches the server,
    of a lost answer the server has done everything. Only what changes something is lost, so that
    the counts say how often it mattered; while `down` nothing passes at all.
    """

    def __init__(self, port: int, seed: int, often: float) -> None:
        self._to = port
        self._random = random.Random(seed)
        self._often = often
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.counts: Counter[tuple[str, Fate]] = Counter()
        self.failing = False
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()

    @property
    def lost(self) -> int:
        return sum(many for (_, fate), many in self.counts.items() if fate != "passes")

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            request = _whole(client)
            if not request:
                return
            method, path = request.split(b" ", 2)[:2]
            what = path.decode().rsplit("/", 1)[-1]
            fate: Fate = "passes"
            if self.failing and method == b"POST" and self._random.random() < self._often:
                fate = self._random.choice(("request lost", "answer lost"))
            if method == b"POST":
                self.counts[what, fate] += 1
            if fate == "request lost":
                return
            with socket.create_connection(("127.0.0.1", self._to)) as server:
                server.sendall(_closing(request))
                while part := server.recv(65_536):
                    if fate == "passes":
                        client.sendall(part)


def _whole(client: socket.socket) -> bytes:
    """A request with its body; empty if the other side has gone."""
    client.settimeout(30)
    found = b""
    while b"\r\n\r\n" not in found:
        part = client.recv(65_536)
        if not part:
            return b""
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        body += client.recv(65_536)
    return head + b"\r\n\r\n" + body


def _closing(request: bytes) -> bytes:
    """The same, after which the server ends the connection."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [one for one in head.split(b"\r\n") if not one.lower().startswith(b"connection:")]
    return b"\r\n".join([*lines, b"Connection: close"]) + b"\r\n\r\n" + body


# The page -----------------------------------------------------------------------------------------


RECOVERING = ("现在查询", "再发一次（同一单）", "重试")
"""What the page offers where a connection broke."""


class TillPage:
    """The till, used as a shopkeeper uses it."""

    def __init__(self, page: Page, address: str, phones: Phones) -> None:
        self.page = page
        self.address = address
        self.phones = phones

    def enter(self, secret: str, query: str = "") -> None:
        self.page.goto(f"{self.address}/till/{query}#pass={secret}")
        expect(self.page.get_by_role("heading", name="请扫志愿者的兑换码")).to_be_visible()

    def scan(self, volunteer: str) -> None:
        """As a hand scanner types it."""
        self.page.keyboard.type(f"{self.phones.code(volunteer)}\n")

    def add(self, item: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.get_by_role("button", name=f"加一件{item}").click()

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def receipt(self) -> Locator:
        return self.page.get_by_role("article", name="兑换小票")

    def work(self, goal: Locator, *presses: str, seconds: float = 90) -> None:
        """Press what a shopkeeper would until `goal` is there, whatever the network does."""
        until = time.monotonic() + seconds
        while not goal.is_visible():
            assert time.monotonic() < until, self.page.locator("main").inner_text()
            for name in (*presses, *RECOVERING):
                button = self.page.get_by_role("button", name=name, exact=True)
                if button.is_visible():
                    with suppress(PlaywrightError):  # it is gone: something has been answered
                        button.click(timeout=500)
                    break
            self.page.wait_for_timeout(30)

    def heading(self, name: str) -> None:
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()

    def says(self, text: str) -> None:
        expect(self.page.get_by_text(text).first).to_be_visible()


def paid_by(served: Served) -> dict[str, int]:
    """Points that each customer has paid and not got back, by the postings themselves."""
    rows = served.rows(
        "SELECT volunteer, -SUM(amount) AS paid FROM points_entry"
        " WHERE counter LIKE 'merchant:%' GROUP BY volunteer"
    )
    return {row.volunteer: row.paid for row in rows}
