"""Do the rows of a dossier follow from its events alone, in whatever order and however often?"""

import random
from typing import Any

import pytest
from sqlalchemy import select

from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.store.database import Database
from ledger.store.dossiers import KINDS, Kind
from ledger.verify import verify
from tests.builders import an_order, order, record, shop_event

ORDERS = [
    *an_order("O1"),
    order("accepted", "O1", "2026-03-01T10:00", team="T1", activity="A9"),  # long over
    order("placed", "O2", "2026-03-01T08:00", place="370199001001", category="助老", text="换灯泡"),
    order("dispatched", "O2", "2026-03-01T09:00", team="T2"),
    order("declined", "O2", "2026-03-01T10:00", team="T2", reason="人手不足"),
    order("dispatched", "O2", "2026-03-01T11:00", volunteer="V3"),
    order("reassigned", "O2", "2026-03-01T12:00", team="T1", reason="改派"),
    order("accepted", "O2", "2026-03-01T13:00", volunteer="V3", activity="A3"),  # no longer theirs
    order("cancelled", "O2", "2026-03-02T08:00", reason="居民撤回"),
    order("dispatched", "O3", "2026-03-01T09:00", team="T2"),  # nobody placed it
    order("placed", "O3", "2026-03-02T09:00", place="370199001002", category="助学", text="辅导"),
]

SAMPLES: dict[str, list[bytes]] = {
    "membership": [
        shop_event("membership.joined", "V1", "2026-01-01T08:00", team="T1"),
        shop_event("membership.joined", "V1", "2026-02-01T08:00", team="T2"),
        shop_event("membership.joined", "V1", "2026-03-01T08:00", team="T1", role="leader"),
        shop_event("membership.joined", "V1", "2026-04-01T08:00", team="T1", role="leader"),
        shop_event("membership.left", "V1", "2026-05-01T08:00", team="T1", reason="迁出"),
        shop_event("membership.left", "V1", "2026-05-02T08:00", team="T1"),
        shop_event("membership.joined", "V2", "2026-05-03T08:00", team="T1"),
    ],
    "service_order": ORDERS,
    "order_volunteer": ORDERS,
}
"""By table: events of a life of each kind, in the order in which they happened."""


def rows(database: Database, kind: Kind) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [
            tuple(row)
            for row in connection.execute(select(kind.table).order_by(*kind.table.primary_key))
        ]


def recorded(database: Database, events: list[bytes], size: int) -> Recorder:
    recorder = Recorder(database, national_ladder())
    for start in range(0, len(events), size):
        assert not record(recorder, events[start : start + size]).rejects
    return recorder


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.table.name)
def test_any_order_and_repetition_gives_the_same_rows(
    kind: Kind, database: Database, tmp_path_factory: pytest.TempPathFactory
) -> None:
    events = SAMPLES[kind.table.name]
    recorded(database, events, len(events))
    expected = rows(database, kind)
    assert expected
    rng = random.Random(9)
    for number in range(6):
        other = Database(f"sqlite:///{tmp_path_factory.mktemp('other') / 'ledger.db'}")
        other.create()
        mixed = [*events, *rng.sample(events, 2)]
        rng.shuffle(mixed)
        recorded(other, mixed, 1 + number)
        assert rows(other, kind) == expected
        if number == 0:
            assert verify(other, lambda _: None)[1] == []
        other.close()


def test_times_in_teams(database: Database) -> None:
    recorded(database, SAMPLES["membership"], 3)
    [kind] = [one for one in KINDS if one.table.name == "membership"]
    found = [(who, team, role, until is None) for who, team, _, until, role in rows(database, kind)]
    assert found == [
        ("V1", "T1", "member", False),
        ("V1", "T1", "leader", False),
        ("V1", "T2", "member", True),
        ("V2", "T1", "member", True),
    ]
