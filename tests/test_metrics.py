"""Can an operator see how a worker fares, and do dashboard and alerts name what there is?"""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ledger.core.intake import Arrival, Rejected
from ledger.errors import LedgerError
from ledger.recording.recorder import Receipt
from ledger.store.tables import outbox
from schemas.topics import ATTENDANCE, DEAD_LETTERS, HOURS
from streams.metrics import Lag, Metrics, served
from tests.services import free_ports
from tests.test_streams import Site, season, site  # noqa: F401 - the fixture

WATCH = Path(__file__).parent.parent / "deploy" / "watch"


def scraped(port: int) -> dict[str, dict[tuple[str, ...], float]]:
    """By name of the sample, the values by their labels' values, in the order of their names."""
    text = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=10).text
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        assert family.type != "unknown", family.name
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            assert labels not in found.setdefault(sample.name, {}), sample
            found[sample.name][labels] = sample.value
    return found


@pytest.mark.xdist_group("kafka")
async def test_a_worker_counts_what_it_records_and_publishes(site: Site) -> None:  # noqa: F811
    port = free_ports(1)
    site.settings = site.settings.model_copy(update={"metrics": f"127.0.0.1:{port}", "log": "json"})
    events = season(volunteers=20, days=3, seed=3)
    distinct = len({content for _, content in events})
    site.worker()
    await site.until(lambda: "own" in site.words(0))
    await site.publish(ATTENDANCE, [*events, ("x", b"garbage")])

    def settled() -> bool:
        counted = sum(scraped(port).get("vledger_messages_recorded_total", {}).values())
        return counted == len(events) + 1 and site.count(outbox) == 0

    await site.until(settled)
    hours, found = await site.published(HOURS), scraped(port)

    topic = site.settings.topic_prefix + ATTENDANCE.name
    recorded = found["vledger_messages_recorded_total"]
    assert recorded["applied", topic] == distinct
    assert recorded["duplicate", topic] == len(events) - distinct
    assert recorded["rejected", topic] == 1
    assert found["vledger_messages_rejected_total"] == {("not-json",): 1}
    published = found["vledger_messages_published_total"]
    assert published[(site.settings.topic_prefix + HOURS.name,)] == len(hours)
    assert published[(site.settings.topic_prefix + DEAD_LETTERS.name,)] == 1
    lags = found["vledger_consumer_lag_messages"]
    assert {name for _, name in lags} > {topic}
    assert set(lags.values()) == {0}
    waited = found["vledger_message_wait_seconds_sum"][(topic,)]
    assert 0 < waited / found["vledger_message_wait_seconds_count"][(topic,)] < 60
    assert found["process_resident_memory_bytes"][()] > 10 << 20
    said = [json.loads(line) for line in site.words(0).splitlines()]
    assert {"time", "level", "logger", "message"} <= said[0].keys()


def test_dashboard_and_alerts_name_what_there_is() -> None:
    metrics = Metrics()
    reject = Rejected(Arrival(b"", ""), "not-json", "")
    metrics.recorded("t", Receipt(["rejected"], [reject]), 0.1, 1.0, 2.0)
    metrics.published(["t"])
    metrics.watch(lambda: [Lag("t", 0, 5)])
    port = free_ports(1)
    with served(metrics, f"127.0.0.1:{port}"):
        known = scraped(port).keys() | {"up"}
    board = json.loads((WATCH / "grafana/dashboards/vledger.json").read_text())
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    rules: dict[str, Any] = yaml.safe_load((WATCH / "alerts.yaml").read_text())
    asked += [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    named = {
        name for query in asked for name in re.findall(r"\b(?:vledger|process)_\w+|\bup\b", query)
    }
    assert named <= known, named - known
    ours = {re.sub(r"_(bucket|count|sum|total|created)$", "", name) for name in known}
    shown = {re.sub(r"_(bucket|count|sum|total)$", "", name) for name in named}
    assert {name for name in ours if name.startswith("vledger_")} - shown == {"vledger_info"}


def test_an_address_in_use_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with (
            pytest.raises(LedgerError, match=r"VLEDGER_METRICS.*in use"),
            served(Metrics(), address),
        ):
            pass
    with pytest.raises(LedgerError, match="HOST:PORT"), served(Metrics(), "nonsense"):
        pass
