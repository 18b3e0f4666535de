"""Is what the ledger publishes what its schemas say?"""

from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import get_args

import orjson
from pydantic_core import to_json
from sqlalchemy import select

from ledger import county
from ledger.core.entries import Journal, Judgement, JudgementKind, RedemptionDecision
from ledger.core.intake import Arrival
from ledger.core.messages import BatchEntries, KeptReject, messages
from ledger.core.redeeming import Command
from ledger.core.rulebook import Rulebook, national_ladder
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.journals import entries_of
from ledger.store.tables import batch
from schemas.documents import event_type
from schemas.topics import TOPICS
from tests.builders import register, shop_event

MODELS = {
    event_type(model): (topic, model)
    for topic in TOPICS
    if not topic.received
    for model in topic.events
}
DECISION = RedemptionDecision(
    7, "redeem", "R1", "", 3, 10**15, "V1", "M1", "RICE", 1, "POINTS", "5", 5, "[]", "{}", "F1", 50,
    "", "", "accepted", None, 3, None, None,
)  # fmt: skip


def told(entries: BatchEntries, rules: Rulebook, folder: Path) -> Counter[str]:
    """How many messages of each type, and of reversals; each is as its model reads it."""
    found: Counter[str] = Counter()
    for one in messages(entries, rules, signer(folder / "key")):
        topic, model = MODELS[one.type]
        event = model.model_validate_json(one.content)
        read = orjson.loads(to_json(event, exclude_none=True))
        written = orjson.loads(one.content)
        if one.type == "volunteer.judgement.made.v1":  # an attribute of a policy may be null
            assert read["data"].pop("content") == written["data"].pop("content")
        assert read == written
        assert (one.topic, one.id, one.key) == (topic, event.id, event.subject)
        found[one.type] += 1
        found[f"reversed {one.type}"] += b'"reverses":' in one.content
    return found


def test_each_message_of_a_county_is_what_its_schema_says(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.db'}")
    database.create()
    recorder = Recorder(database, national_ladder())
    content = list(county.lines(7, date(2026, 6, 1)))
    Random(1).shuffle(content)
    content += [
        register("fund", "F1", name="基金", point_value="0.5"),
        shop_event("fund.contributed", "F1", donor="D1", amount="100.00"),
    ]
    for start in range(0, len(content), 5000):
        recorder.record([Arrival(one, "county") for one in content[start : start + 5000]])
    with database.read() as connection:
        batches = connection.execute(select(batch.c.id, batch.c.recorded_at))
        recorded = {row.id: row.recorded_at for row in batches}
        entries = entries_of(connection, recorded)
    found: Counter[str] = Counter()
    for one in entries.values():
        found += told(one, recorder.rules, tmp_path)
    of_what = ("hours.recorded", "points.posted", "star.changed", "books.posted", "event.rejected")
    assert {f"volunteer.{one}.v1" for one in of_what} <= found.keys()
    assert {f"reversed volunteer.{one}.v1" for one in of_what[:2]} <= found.keys()
    database.close()


def test_judgements_answers_and_dead_letters_are_what_their_schemas_say(tmp_path: Path) -> None:
    content = '{"grant":"公交卡","because":{"seconds":null,"days":[1,"二"]}}'
    judged = Judgement(5, "V1", "grant", "bus", 3, 10**15, content, "benefits.bus", "d")
    answers = [
        DECISION._replace(command=command, expires_at=10**15 + 1) for command in get_args(Command)
    ]
    answers += [
        DECISION._replace(command="redeem", voucher="C0DE"),
        DECISION._replace(status="refused", reason="not-enough", asked="1.50"),
    ]
    journal = Journal(
        judgements=[judged._replace(kind=kind) for kind in get_args(JudgementKind)],
        redemptions=answers,
    )
    journal.judgements.append(judged.reversal(6))
    reject = KeptReject("r1", "not-json", "第 1 行", f"/{'很深/' * 80}events.jsonl:12")
    found = told(BatchEntries(10**15, journal, (reject,)), Rulebook.of(national_ladder()), tmp_path)
    answered = {one for one in MODELS if one.startswith("volunteer.redemption.")}
    assert answered | {"volunteer.judgement.made.v1", "volunteer.event.rejected.v1"} <= found.keys()
    assert found["reversed volunteer.judgement.made.v1"] == 1


def test_the_origin_of_a_dead_letter_may_be_a_long_path(tmp_path: Path) -> None:
    reject = KeptReject("r1", "not-json", "", f"/{'deep/' * 80}events.jsonl:12")
    entries = BatchEntries(0, Journal(), (reject,))
    (letter,) = messages(entries, Rulebook.of(national_ladder()), signer(tmp_path / "key"))
    assert orjson.loads(letter.content)["data"]["origin"].endswith("events.jsonl:12")
