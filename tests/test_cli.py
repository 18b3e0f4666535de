"""Does the command do what the contract says, for people and for programs?"""

import json
import re
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import typer

from ledger.cli import app
from ledger.cli.lazily import COMMANDS, commands_of
from ledger.core.rulebook import national_ladder
from tests.builders import check_in, check_out, redeem, visit
from tests.command import Done, run


class Vledger:
    """The command in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> Done:
        done = run(self.folder, arguments, stdin)
        assert done.returncode == code, done.stderr.decode()
        return done

    def json(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> list[Any]:
        done = self(*arguments, "--json", stdin=stdin, code=code)
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def vledger(tmp_path: Path) -> Vledger:
    command = Vledger(tmp_path)
    command("init")
    return command


def lines(*contents: bytes) -> bytes:
    return b"\n".join(contents) + b"\n"


def test_from_check_in_to_a_redeemed_point(vledger: Vledger) -> None:
    events = lines(
        *visit("V2", "2026-05-01", "08:00", "11:30"),
        check_out("V1", "2026-05-01T10:00"),
        check_in("V1", "2026-05-01T08:00"),
        redeem("V2", "R1", "2"),
    )
    (vledger.folder / "events.jsonl").write_bytes(events)
    counts = {"read": 5, "applied": 5, "duplicates": 0, "rejected": 0}
    assert vledger.json("ingest", "events.jsonl") == [counts]
    assert vledger.json("ingest", "-", stdin=events) == [counts | {"applied": 0, "duplicates": 5}]
    one, two = vledger.json("dump")
    assert one == {
        "volunteer": "V1",
        "seconds": 7200,
        "star": 0,
        "points": {"balance": "2", "held": "0", "available": "2"},
    }
    assert vledger.json("volunteer", "V2") == [two]
    assert vledger.json("volunteer", "V2", "--as-of", "2026-05-01T11:00:00+08:00") == [
        {
            "volunteer": "V2",
            "seconds": 0,
            "star": 0,
            "points": {"balance": "0", "held": "0", "available": "0"},
        }
    ]
    [story] = vledger.json("explain", "V1")
    assert story["hours"][0]["check_in"]["time"] == "2026-05-01T08:00:00+08:00"
    [clause] = story["hours"][0]["clauses"]
    assert clause["text"] in vledger("explain", "V1").stdout.decode()
    assert (
        "next level 1: takes hours >= 100"
        in vledger("explain", "V1", "--lang", "en").stdout.decode()
    )
    vledger("verify")
    before = vledger("dump", "--json").stdout
    vledger("replay")
    assert vledger("dump", "--json").stdout == before


BAD = {
    "not-json": b'{"specversion":"1.0",',
    "unknown-type": check_in("V1", "2026-05-01T08:00").replace(b"checked-in", b"teleported"),
    "invalid": check_in("V1", "2026-05-01T08:00").replace(b'"V1"', b"17"),
    "in-the-future": check_in("V1", "2999-05-01T08:00"),
    "too-large": b'{"id":"' + b"x" * 1_000_000 + b'"}',
}


def test_bad_lines_are_kept_with_their_reason_and_the_rest_goes_on(vledger: Vledger) -> None:
    zoneless = check_in("V1", "2026-05-01T08:00").replace(b"+08:00", b"")
    good = visit("V1", "2026-05-01", "08:00", "10:00")
    conflict = check_in("V9", "2026-05-01T08:00", ident=json.loads(good[0])["id"])
    binary = bytes(range(256)).replace(b"\n", b"") * 10
    content = lines(*BAD.values(), zoneless, good[0], conflict, binary, b"", good[1])
    [counts] = vledger.json("ingest", "-", stdin=content)
    assert counts == {"read": 10, "applied": 2, "duplicates": 0, "rejected": 8}
    kept = vledger.json("rejects")
    assert {one["code"] for one in kept} == {*BAD, "conflict"}
    [wrong] = [one for one in kept if one["detail"].startswith("time: Input")]
    assert "write the zone" in wrong["detail"]
    [large] = [one for one in kept if one["code"] == "too-large"]
    assert vledger("rejects", "show", large["id"]).stdout.strip() == BAD["too-large"]
    mended = check_out("V1", "2026-05-01T12:00", "A2") + b"\n"
    (vledger.folder / "mended.json").write_bytes(mended)
    vledger("rejects", "replay", wrong["id"], "--with", "mended.json")
    assert len(vledger.json("rejects")) == len(kept) - 1
    assert vledger.json("volunteer", "V1")[0]["seconds"] == 7200
    vledger("verify")


def test_an_empty_file_is_no_error(vledger: Vledger) -> None:
    assert vledger.json("ingest", "-") == [
        {"read": 0, "applied": 0, "duplicates": 0, "rejected": 0}
    ]


def test_errors_say_what_to_do(vledger: Vledger, tmp_path: Path) -> None:
    def says(words: str, *arguments: str, code: int = 2) -> None:
        assert words in vledger(*arguments, code=code).stderr.decode()

    says("run `vledger init` first", "--db", "sqlite:///other.db", "dump")
    says("is not a database URL", "--db", "nonsense", "dump")
    says("is not supported: write sqlite:///FILE", "--db", "mysql://localhost/x", "dump")
    says("there is no folder", "--db", "sqlite:///no/such/folder/x.db", "init")
    says("can't open", "--db", "postgresql://127.0.0.1:1/x", "dump")
    says("No such file", "ingest", "missing.jsonl")
    says("is not a time", "volunteer", "V1", "--as-of", "yesterday")
    says("there is no volunteer V1", "volunteer", "V1", code=1)
    (tmp_path / "text.db").write_text("this is not a database, " * 100)
    says("not a database", "--db", "sqlite:///text.db", "dump")


def test_verify_fails_where_a_row_was_changed_behind_its_back(vledger: Vledger) -> None:
    vledger("ingest", "-", stdin=lines(*visit("V1", "2026-05-01", "08:00", "10:00")))
    with sqlite3.connect(vledger.folder / "vledger.db") as connection:
        connection.execute("DROP TRIGGER hour_record_append_only_update")
        connection.execute("UPDATE hour_record SET seconds = seconds + 1")
    errors = vledger("verify", code=1).stderr.decode()
    assert "hour_record: the trigger" in errors
    assert "V1: hours hours is 7200, the entries say 7201" in errors
    vledger("replay", code=1)


def test_a_policy_is_checked_with_line_and_advice_and_tested_by_its_examples(
    vledger: Vledger,
) -> None:
    policies = Path(str(resources.files("ledger"))) / "policies"
    name = "zhangjiagang-xingji-2014.yaml"
    wrong = (policies / name).read_text().replace("ladders:", "laders:")
    (vledger.folder / "wrong.yaml").write_text(wrong)
    errors = vledger("policy", "check", "wrong.yaml", code=1).stderr.decode()
    line = wrong.splitlines().index("laders:") + 1
    assert f"wrong.yaml:{line}:1: error" in errors
    assert "did you mean 'ladders'?" in errors
    vledger("policy", "check", str(policies / name))
    cases = str(policies / "cases" / name)
    [result] = vledger.json("policy", "test", str(policies / name), "--cases", cases)
    assert {one["verdict"] for one in result["cases"]} == {"met"}


def test_a_policy_is_adopted_from_a_day_on_and_standings_follow(vledger: Vledger) -> None:
    vledger("ingest", "-", stdin=lines(*visit("V1", "2026-05-01", "08:00", "10:00")))
    policies = Path(str(resources.files("ledger"))) / "policies"
    text = (policies / "national-ladder.yaml").read_text()
    (vledger.folder / "double.yaml").write_text(
        text.replace("floor(counted)", "2 * floor(counted)")
    )
    [done] = vledger.json("policy", "adopt", "double.yaml", "--from", "2026-05-01", "--by", "李四")
    assert done["reviewed"] == 1
    assert vledger.json("volunteer", "V1")[0]["points"]["balance"] == "4"
    assert [one["from"] for one in vledger.json("policy", "list")] == ["1970-01-01", "2026-05-01"]
    assert vledger.json("review") == [{"reviewed": 0}]
    vledger("policy", "adopt", "double.yaml", "--from", "soon", code=2)
    story = vledger("explain", "V1").stdout.decode()
    assert "冲销" in story
    vledger("verify")


def test_a_draft_is_simulated_on_the_history(vledger: Vledger) -> None:
    vledger("ingest", "-", stdin=lines(*visit("V1", "2026-05-01", "08:00", "10:00")))
    draft = national_ladder().text.replace("floor(counted)", "3 * floor(counted)")
    (vledger.folder / "draft.yaml").write_text(draft)
    written = ["--plot", "figure.svg", "--table", "people.csv", "--point-value", "0.05"]
    [told] = vledger.json("policy", "simulate", "draft.yaml", *written)
    assert told["months"][0]["cost_draft"] == "0.3"
    assert (vledger.folder / "people.csv").read_text().splitlines()[1].startswith("V1,7200,2,0")
    assert "草案" in vledger("policy", "simulate", "draft.yaml").stdout.decode()
    vledger("policy", "simulate", "draft.yaml", "--plot", "figure.gif", code=2)
    schema = json.loads(vledger("policy", "schema").stdout)
    assert schema["title"] == "Policy"


def test_the_books_are_asked_for_by_account_and_by_month(vledger: Vledger) -> None:
    vledger(
        "ingest",
        "-",
        stdin=lines(*visit("V1", "2026-05-01", "08:00", "10:00"), redeem("V1", "R1", "2")),
    )
    assert {one["account"]: one["balance"] for one in vledger.json("accounts")} == {
        "issuance:POINTS": "-2",
        "merchant:M01": "2",
        "volunteer:V1": "0",
    }
    [told] = vledger.json("account", "volunteer:V1", "--from", "2026-05-01")
    assert [(one["amount"], one["counter"]) for one in told["lines"]] == [
        ("2", "issuance:POINTS"),
        ("-2", "merchant:M01"),
    ]
    month = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).strftime("%Y-%m")
    out = ["--out", "month.xlsx", "--point-value", "0.5"]
    [shop] = vledger.json("settlement", month, *out)
    assert (shop["net"], shop["owed"]) == ("2", "1.00")
    assert (vledger.folder / "month.xlsx").stat().st_size > 1000
    assert "应付金额" in vledger("settlement", month).stdout.decode()


def test_a_village_pays_its_shops_by_hand(vledger: Vledger) -> None:
    def says(words: str, *arguments: str, code: int = 2) -> None:
        assert words in vledger(*arguments, code=code).stderr.decode()

    vledger("ingest", "-", stdin=lines(*visit("V1", "2026-05-01", "08:00", "18:00")))
    says("register it with", "funds", "contribute", "F1", "--donor", "某企业", "--amount", "1")
    vledger("funds", "register", "F1", "--name", "公益基金", "--point-value", "0.5", "--alert", "9")
    vledger("register", "shop", "M01", "--name", "城关超市", "--fund", "F1")
    says("amount", "funds", "contribute", "F1", "--donor", "某企业", "--amount", "many")
    given = ["funds", "contribute", "F1", "--donor", "某企业", "--amount", "10"]
    assert vledger.json(*given)[0]["balance"] == "10.00"
    now = datetime.now(UTC).astimezone(timezone(timedelta(hours=8)))
    month = now.strftime("%Y-%m")
    vledger("funds", "budget", "F1", "--period", month, "--amount", "4.00")
    says("no shop is due anything", "payout", "prepare", month)
    at_till = ("V1", "--merchant", "M01", "--item", "RICE")
    for ident, price, code in (("R1", "4", 0), ("R2", "2", 0), ("R3", "3", 1)):
        vledger("till", "redeem", *at_till, "--points", price, "--id", ident, code=code)
    about = ["--reason", "数量不符", "--by", "李四"]
    [opened] = vledger.json("disputes", "open", "R1", "--merchant", "M01", *about)
    assert (opened["amount"], opened["state"]) == ("2.00", "open")
    assert "争议中" in vledger("disputes").stdout.decode()
    [first] = vledger.json("payout", "prepare", month, "--by", "张三")
    assert first["lines"] == [{"merchant": "M01", "amount": "1.00"}]
    vledger("disputes", "decide", "R1", "--refuse", *about)
    says("either --pay or --refuse", "disputes", "decide", "R1", *about)
    assert vledger.json("disputes") == []
    assert vledger.json("disputes", "--all")[0]["state"] == "refuse"
    vledger("payout", "export", first["payout"], "--out", "bank.csv")
    assert "M01,城关超市,1.00" in (vledger.folder / "bank.csv").read_text("utf-8-sig")
    says("ends in .xlsx or .csv", "payout", "export", first["payout"], "--out", "bank.pdf")
    says("can't write", "payout", "export", first["payout"], "--out", "no/such/folder/bank.csv")
    receipt = ["--reference", "B1", "--by", "张三"]
    assert "已付款" in vledger("payout", "remit", first["payout"], *receipt).stdout.decode()
    says("was remitted before", "payout", "remit", first["payout"], *receipt)
    assert [one["paid"] for one in vledger.json("payout", "list")] == ["1.00"]
    points, money = vledger.json("settlement", now.strftime("%Y-%m-%d"), "--out", "day.xlsx")
    assert (points["closing"], points["owed"]) == ("6", "")
    amounts = [money[name] for name in ("redeemed", "disputed", "paid", "closing", "withheld")]
    assert amounts == ["3.00", "2.00", "1.00", "0.00", "0.00"]
    assert "争议不付(元)" in vledger("settlement", month).stdout.decode()
    [stand] = vledger.json("funds")
    assert (stand["balance"], stand["spent"], stand["alert"]) == ("9.00", "1.00", False)
    assert stand["budgets"][0]["left"] == "3.00"
    assert stand["committed_all_wallets"] == "2.00"
    assert stand["lasts_days"] == 270
    [story] = vledger.json("funds", "show", "F1")
    assert story["spending"] == [{"month": month, "to": "M01", "amount": "1.00"}]
    assert story["donors"] == [{"donor": "某企业", "amount": "10.00"}]
    owed = vledger.json("liability", "--from", "2026-05", "--to", month)
    assert (owed[0]["points"], owed[0]["value"]) == ("10", "5.00")
    assert (owed[-1]["points"], owed[-1]["value"]) == ("4", "2.00")
    for shown in (["funds"], ["funds", "show", "F1"], ["liability"], ["payout", "list"]):
        assert vledger(*shown).stdout
    says("is not a month", "liability", "--from", "May")
    vledger("verify")


def test_each_module_has_the_commands_that_are_said_of_it() -> None:
    for module, names in COMMANDS.items():
        assert set(commands_of(module)) == set(names), module


ROOT = Path(__file__).parents[1]
TEXTS = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("deploy/watch/*.yaml")]


@pytest.mark.parametrize("place", [*TEXTS, ROOT / "ledger", ROOT / "streams"], ids=lambda p: p.name)
def test_each_command_that_a_text_names_is_there(place: Path) -> None:
    for file in place.rglob("*.py") if place.is_dir() else [place]:
        for said in re.findall(r"`vledger((?: [a-z][a-z-]+)+)", file.read_text("utf-8")):
            command: Any = typer.main.get_command(app)
            for word in said.split():
                if not hasattr(command, "commands"):
                    break  # its arguments
                assert word in command.commands, f"{file}: vledger{said}"
                command = command.commands[word]
