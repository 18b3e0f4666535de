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
from tests.builders import record, shop_event, used

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
    "benefit_step": [
        used("V1", "2026-01-05T08:00", "bus", ident="u1"),
        used("V1", "2026-01-06T08:00", "check-up", provider="M02", ident="u2", choice="CT"),
        shop_event("benefit.use-cancelled", "V1", "2026-01-07T08:00", use="desk/1#u1", reason="误"),
        shop_event("benefit.use-cancelled", "V1", "2026-01-08T08:00", use="desk/1#u1", reason="误"),
        shop_event("benefit.use-cancelled", "V1", "2026-01-09T08:00", use="desk/1#no", reason="误"),
        shop_event("benefit.withdrawn", "V1", "2026-02-01T08:00", benefit="bus", reason="失信"),
        shop_event("benefit.withdrawn", "V1", "2026-02-02T08:00", benefit="bus", reason="再查"),
        shop_event("benefit.returned", "V1", "2026-03-01T08:00", benefit="bus"),
        shop_event("benefit.returned", "V1", "2026-03-02T08:00", benefit="bus"),
        used("V2", "2026-01-05T08:00", "bus", ident="u3"),
    ],
    "honour": [
        shop_event("honour.decided", "N1", "2026-01-01T08:00", decision="approved"),
        shop_event("honour.nominated", "N1", "2026-01-02T08:00", honour="优秀志愿者", nominee="V1"),
        shop_event("honour.decided", "N1", "2026-01-03T08:00", decision="approved"),
        shop_event(
            "honour.published", "N1", "2026-01-04T08:00", since="2026-01-04", until="2026-01-10"
        ),
        shop_event("honour.conferred", "N1", "2026-01-09T08:00"),
        shop_event("honour.conferred", "N1", "2026-01-12T08:00", document="〔2026〕1号"),
        shop_event("honour.nominated", "N2", "2026-01-02T08:00", honour="最美", nominee="V2"),
        shop_event("honour.decided", "N2", "2026-01-03T08:00", decision="refused"),
        shop_event("honour.revoked", "N1", "2026-06-12T08:00", reason="失信"),
        shop_event("honour.revoked", "N2", "2026-06-12T08:00", reason="失信"),
    ],
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
