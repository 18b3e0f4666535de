"""Do the rows of a dossier follow from its events alone, in whatever order and however often?"""

import random
from typing import Any

import pytest
from sqlalchemy import select

from ledger.complaints import list_complaints
from ledger.recorder import Recorder
from ledger.rulebook import national_ladder
from ledger.store.database import Database
from ledger.store.dossiers import KINDS, Kind
from ledger.verify import verify
from tests.builders import answer, complaint, record, shop_event

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
    "complaint": [
        complaint("V1", "C1", "2026-05-01T08:00", text="少记了一小时", of="kiosk/1#e1"),
        complaint("V1", "C1", "2026-05-01T09:00", text="再说一次"),
        complaint("V2", "C1", "2026-05-01T10:00", about="redemption", by="李队长"),
        answer("V1", "C1", "2026-05-02T08:00", "rejected"),
        answer("V1", "C1", "2026-05-03T08:00", "upheld"),
        answer("V1", "C9", "2026-05-03T08:00", "upheld"),
        complaint("V1", "C2", "2026-05-04T08:00", about="points"),
        answer("V1", "C2", "2026-05-03T08:00", "explained"),
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


def test_the_first_filing_and_the_newest_answer_stand(database: Database) -> None:
    events = SAMPLES["complaint"]
    recorded(database, events[::-1], 1)
    with database.read() as connection:
        found = list_complaints(connection, answered=True)
        waiting = list_complaints(connection)
    assert [(one.volunteer, one.id, one.text, one.outcome) for one in found] == [
        ("V1", "C1", "少记了一小时", "upheld"),
        ("V2", "C1", "时长不对", ""),
        ("V1", "C2", "时长不对", "explained"),
    ]
    assert [(one.volunteer, one.filed_by) for one in waiting] == [("V2", "李队长")]


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
