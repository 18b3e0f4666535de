"""Is a complaint kept, answered, and nothing else of the ledger touched by it?"""

from pathlib import Path

import pytest

from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.recording.replay import differences, rebuild, scratch
from ledger.store.database import Database
from ledger.verify import verify
from ledger.volunteers.complaints import answer_complaint, complaints_of, file_complaint
from tests.builders import answer, complaint, record, visit
from tests.test_cli import Vledger


def test_a_complaint_is_answered_and_moves_no_hours(database: Database) -> None:
    recorder = Recorder(database, national_ladder())
    record(recorder, visit("V1", "2026-05-01", "08:00", "10:00"))
    with database.read() as connection:
        before = connection.exec_driver_sql("SELECT * FROM volunteer_state").all()
    filed = file_complaint(recorder, "V1", "hours", "少记了一小时", of="kiosk/1#e1")
    told = answer_complaint(recorder, filed, "explained", "签退时间为 10:00", "张三")
    assert (told.outcome, told.answered_by, told.id) == ("explained", "张三", filed.id)
    corrected = answer_complaint(recorder, filed, "upheld", "已更正", "李四")
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM volunteer_state").all() == before
        assert complaints_of(connection, "V1") == [corrected]
    assert verify(database, lambda _: None)[1] == []


def test_a_rebuilt_ledger_has_the_same_complaints(database: Database) -> None:
    recorder = Recorder(database, national_ladder())
    record(recorder, [answer("V1", "C1")])
    record(recorder, [complaint("V1", "C1"), complaint("V2", "C1", about="points")])
    with database.read() as connection, scratch() as rebuilt:
        rebuild(connection, rebuilt, lambda _events: None)
        with rebuilt.read() as other:
            assert list(differences(connection, other)) == []
            assert [one.outcome for one in complaints_of(other, "V1")] == ["explained"]


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (complaint("V1", "C1", about="weather"), "data.about: "),
        (complaint("V1", "C1", text=" "), "data.text: "),
        (complaint("V1", "C1", text="长" * 2001), "data.text: "),
        (answer("V1", "C1", outcome="maybe"), "data.outcome: "),
    ],
)
def test_a_bad_one_is_set_aside_with_its_reason(event: bytes, why: str) -> None:
    database = Database("sqlite://")
    database.create()
    receipt = record(Recorder(database, national_ladder()), [event])
    assert why in receipt.rejects[0].detail


@pytest.mark.parametrize("text", ["电话 13812345678", "身份证 11010519491231002X"])
def test_numbers_of_people_stay_outside(text: str) -> None:
    database = Database("sqlite://")
    database.create()
    with pytest.raises(LedgerError, match="could never forget"):
        file_complaint(Recorder(database, national_ladder()), "V1", "other", text)


def test_an_officer_works_through_complaints(tmp_path: Path) -> None:
    vledger = Vledger(tmp_path)
    vledger("init")
    vledger("complaints", "file", "V1", "--about", "weather", "--text", "x", code=2)
    said = ("--about", "redemption", "--of", "R7", "--text", "没有给货")
    [filed] = vledger.json("complaints", "file", "V1", *said, "--by", "李队长")
    assert (filed["state"], filed["about"], filed["of"]) == ("open", "redemption", "R7")
    assert "没有给货" in vledger("complaints").stdout.decode()
    words = ("--outcome", "upheld", "--answer", "已补发")
    vledger("complaints", "answer", filed["id"], *words, code=2)  # by whom?
    vledger("complaints", "answer", "nothing", *words, "--by", "张三", code=2)
    [told] = vledger.json("complaints", "answer", filed["id"], *words, "--by", "张三")
    assert (told["state"], told["answer"], told["answered_by"]) == ("upheld", "已补发", "张三")
    assert vledger.json("complaints") == []
    assert vledger.json("complaints", "--all") == [told]
    assert vledger.json("complaints", "--volunteer", "V1") == [told]
    assert "成立" in vledger("complaints", "show", filed["id"]).stdout.decode()
    vledger("verify")
