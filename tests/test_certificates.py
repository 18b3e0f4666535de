"""Does a certificate say what the ledger says, show no more, and fall when that is corrected?"""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from ledger.certificates import Order, issue, revoke, revoke_corrected
from ledger.certificates.content import Content, Holder, content_text, digest_of, hours, is_holder
from ledger.certificates.credential import (
    certified,
    credential,
    enveloped,
    is_revoked,
    read_credential,
    status_list,
)
from ledger.certificates.facts import Period
from ledger.certificates.font import font_file
from ledger.certificates.page import write_page
from ledger.certificates.token import read_token, token
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.errors import LedgerError
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.signing import did_key
from ledger.store.certificates import Certificate, find, listed, revoked
from ledger.store.database import Database
from ledger.store.tables import event
from ledger.verify import verify
from tests.builders import check_in, check_out, record, register, visit
from tests.test_cli import Vledger, lines

NOW = to_micros(datetime.fromisoformat("2026-06-01T10:00:00+08:00"))

ORDER = Order("济南市志愿服务联合会", "张明", "李芳", "0531-84230000", "仅用于入学申请")

HOLDER = Holder("V1", "王建国", "resident-id", "370181199001011237", "c2FsdA")


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    recorder = Recorder(database, national_ladder(), lambda: NOW)
    record(
        recorder,
        [
            register("activity", "A1", name="社区助老", team="T1"),
            register("activity", "A2", name="理论宣讲", team="T2"),
            register("place", "P1", name="济阳街道实践所", kind="sub-centre"),
            *visit("V1", "2026-05-01", "08:00", "11:30"),
            *visit("V1", "2026-05-02", "08:00", "10:00", "A2"),
            *visit("V1", "2026-05-09", "08:00", "09:00"),
        ],
    )
    yield recorder
    _, findings = verify(database, lambda _events: None)
    assert findings == []


def certificate(recorder: Recorder, number: str) -> Certificate:
    with recorder.database.read() as connection:
        found = find(connection, number)
    assert found is not None
    return found


def test_a_certificate_says_what_was_counted_in_its_period(recorder: Recorder) -> None:
    whole = issue(recorder, ORDER, HOLDER)
    assert (whole.number, whole.since, whole.until) == (
        "ZM20260601000001",
        "2026-05-01",
        "2026-06-01",
    )
    assert whole.seconds == 6 * 3600 + 1800
    assert [(one.activity, one.place, one.times, one.seconds) for one in whole.service] == [
        ("社区助老", "济阳街道实践所", 2, 16200),
        ("理论宣讲", "济阳街道实践所", 1, 7200),
    ]
    days = Order("A", "B", "C", "D", period=Period(date(2026, 5, 2), date(2026, 5, 8)))
    assert issue(recorder, days, HOLDER).seconds == 7200
    own = Order("A", "B", "C", "D", team="T1")  # whoever records certifies
    third = issue(recorder, own, HOLDER)
    assert (third.number, third.seconds) == ("ZM20260601000003", 16200)
    with pytest.raises(LedgerError, match="nothing to certify"):
        issue(recorder, Order("A", "B", "C", "D", team="T9"), HOLDER)


def test_the_ledger_learns_nothing_personal(recorder: Recorder) -> None:
    content = issue(recorder, ORDER, HOLDER)
    with recorder.database.read() as connection:
        texts = b"".join(connection.execute(select(event.c.content)).scalars())
    kept = certificate(recorder, content.number)
    for secret in (HOLDER.name, HOLDER.document_number, HOLDER.salt, "张明", "0531-84230000"):
        assert secret.encode() not in texts
        assert secret not in repr(kept)
    assert kept.digest == digest_of(content_text(content, HOLDER))


def test_a_correction_revokes_what_rests_on_it(recorder: Recorder) -> None:
    may = issue(recorder, ORDER, HOLDER)
    second = Order("A", "B", "C", "D", period=Period(date(2026, 5, 2), date(2026, 5, 2)))
    other = issue(recorder, second, HOLDER)
    record(recorder, visit("V1", "2026-05-20", "08:00", "09:00"))  # more hours contradict nothing
    assert revoke_corrected(recorder) == 0
    record(recorder, [check_out("V1", "2026-05-01T09:00")])  # an earlier check-out comes late
    assert certificate(recorder, may.number).corrected is not None
    assert revoke_corrected(recorder) == 1
    assert revoke_corrected(recorder) == 0
    fallen = certificate(recorder, may.number)
    assert (fallen.revoked_at, fallen.revoked_by) == (NOW, "ledger")
    assert "更正" in fallen.reason
    assert certificate(recorder, other.number).revoked_at is None
    again = issue(recorder, ORDER, HOLDER)
    assert again.seconds == may.seconds + 3600 - 2 * 3600 - 1800
    revoke(recorder, other.number, "issued by mistake", "李芳")
    with pytest.raises(LedgerError, match="revoked before: issued by mistake"):
        revoke(recorder, other.number, "again", "李芳")
    with recorder.database.read() as connection:
        assert revoked(connection) == [0, 1]
        assert len(listed(connection, "V1")) == 3


def test_hours_written_again_under_another_policy_go_on_to_hold(recorder: Recorder) -> None:
    content = issue(recorder, ORDER, HOLDER)
    before = certificate(recorder, content.number).records
    other = parse(national_ladder().text.replace("积分", "爱心积分"), "other")
    recorder.adopt(other, date(2026, 1, 1))
    while recorder.apply_adoptions():
        pass
    kept = certificate(recorder, content.number)
    assert kept.records != before
    assert (kept.corrected, revoke_corrected(recorder)) == (None, 0)
    record(recorder, [check_out("V1", "2026-05-01T09:00")])
    assert revoke_corrected(recorder) == 1


CONTENT = Content(
    "ZM20260601000001",
    "2026-06-01",
    "2026-05-01",
    "2026-06-01",
    23400,
    (),
    "1星级",
    ORDER.issuer,
    ORDER.head,
    ORDER.handler,
    ORDER.contact,
    ORDER.remarks,
)


def changed(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def test_a_token_fails_when_one_character_changes(tmp_path: Path) -> None:
    signs = signer(tmp_path / "key")
    text = token(CONTENT, HOLDER, signs)
    claims = read_token(text, signs.keys)
    assert (claims["number"], claims["name"], claims["seconds"]) == (CONTENT.number, "王**", 23400)
    assert HOLDER.document_number not in json.dumps(claims)
    assert is_holder(claims, "王建国", "370181199001011237")
    assert not is_holder(claims, "王建军", "370181199001011237")
    for place in range(0, len(text) - 1, 7):  # the last character has bits that say nothing
        if text[place] != ".":
            with pytest.raises(LedgerError):
                read_token(changed(text, place), signs.keys)
    with pytest.raises(LedgerError, match="not signed by that key"):
        read_token(text, signer(tmp_path / "another").keys)
    with pytest.raises(LedgerError, match="no certificate"):
        read_token(signs.sign({"aud": "offline-till"}, {}), signs.keys)


def test_a_credential_is_an_open_badge_whose_status_is_published(tmp_path: Path) -> None:
    signs = signer(tmp_path / "key")
    unsigned = credential(CONTENT, HOLDER, 7, "https://example.org/status", signs.keys)
    carried = enveloped(unsigned, signs)
    assert carried["type"] == "EnvelopedVerifiableCredential"
    text = json.dumps(carried)
    found = read_credential(text, signs.keys)
    assert {key: value for key, value in found.items() if key not in ("iss", "jti", "nbf")} == (
        unsigned
    )
    assert_is_open_badge(found)
    assert certified(found)["seconds"] == 23400
    assert is_holder(certified(found), "王建国", "370181199001011237")
    for secret in ("王建国", HOLDER.document_number):
        assert secret not in json.dumps(found, ensure_ascii=False)
    with pytest.raises(LedgerError):
        read_credential(changed(text, len(text) // 2), signs.keys)

    def listed_as(places: list[int], url: str = "https://example.org/status") -> dict[str, Any]:
        listed = status_list(places, "2026-06-01T10:00:00+08:00", url, signs.keys)
        return read_credential(json.dumps(enveloped(listed, signs)), signs.keys)

    assert is_revoked(found, listed_as([7]))
    assert is_revoked(found, listed_as([0, 7, 200_000]))
    assert not is_revoked(found, listed_as([6, 8]))
    assert not is_revoked(found, listed_as([]))
    with pytest.raises(LedgerError, match="not the one"):
        is_revoked(found, listed_as([7], "https://example.org/other"))
    with pytest.raises(LedgerError, match="no list"):
        is_revoked(found, found)


def assert_is_open_badge(found: dict[str, Any]) -> None:
    """What VC 2.0, Open Badges 3.0 and Bitstring Status List 1.0 require of their members."""
    assert found["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert found["@context"][1].startswith("https://purl.imsglobal.org/spec/ob/v3p0/context-3.0")
    assert {"VerifiableCredential", "OpenBadgeCredential"} <= set(found["type"])
    assert found["id"].startswith("urn:uuid:")
    assert found["name"]
    assert datetime.fromisoformat(found["validFrom"]).tzinfo is not None
    assert found["issuer"]["type"] == ["Profile"]
    assert found["iss"] == found["issuer"]["id"]
    subject = found["credentialSubject"]
    assert subject["type"] == ["AchievementSubject"]
    for identity in subject["identifier"]:
        assert {"type", "hashed", "identityHash", "identityType"} <= set(identity)
    achievement = subject["achievement"]
    assert {"id", "type", "name", "description", "criteria"} <= set(achievement)
    [result] = subject["result"]
    assert result["resultDescription"] == achievement["resultDescription"][0]["id"]
    status = found["credentialStatus"]
    assert (status["type"], status["statusPurpose"]) == ("BitstringStatusListEntry", "revocation")
    assert (status["statusListIndex"], status["id"]) == ("7", f"{status['statusListCredential']}#7")


def test_the_key_as_a_did_is_that_of_the_specification() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")
    known = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"  # of the all-zero seed
    assert did_key(Ed25519PublicKey.from_public_bytes(key)) == known


def test_the_page_has_every_field_that_the_measures_name(
    tmp_path: Path, recorder: Recorder
) -> None:
    content = issue(recorder, ORDER, HOLDER)
    signs = signer(tmp_path / "key")
    file = tmp_path / "c.pdf"
    write_page(content, HOLDER, token(content, HOLDER, signs), font_file(""), file)
    reader = PdfReader(file)
    text = "".join(page.extract_text() for page in reader.pages)
    text = "".join(text.replace("\0", "").split())  # pypdf reads the two bytes of a glyph as two
    fields = {
        "姓名": "王建国",
        "证件类型": "居民身份证",
        "证件号码": "370181199001011237",
        "志愿者编号": "V1",
        "服务时间": "6小时30分",
        "服务内容": "社区助老",
        "出具主体": ORDER.issuer,
        "负责人": "张明",
        "经办人": "李芳",
        "联系方式": "0531-84230000",
        "证明编号": content.number,
        "开具日期": "2026年6月1日",
        "需要说明的事项": "仅用于入学申请",
        "公章": "出具主体公章",
    }
    for label, value in fields.items():
        assert label in text
        assert value in text
    rare = Holder("V1", "王\U0003106c", "passport", "E12345678", "c2FsdA")
    with pytest.raises(LedgerError, match="the font lacks"):
        write_page(content, rare, "x", font_file(""), file)
    with pytest.raises(LedgerError, match="VLEDGER_FONT"):
        font_file(str(tmp_path / "none.ttf"))


def test_hours_are_told_exactly() -> None:
    assert [hours(one) for one in (0, 3600, 5400, 45, 3661)] == [
        "0小时",
        "1小时",
        "1小时30分",
        "0小时0分45秒",
        "1小时1分1秒",
    ]


def test_the_command_issues_checks_and_revokes(tmp_path: Path) -> None:
    vledger = Vledger(tmp_path)
    vledger("init")
    vledger("ingest", "-", stdin=lines(*visit("V1", "2026-05-01", "08:00", "11:30")))
    vledger("identity", "init")
    given = json.dumps({"name": "王建国", "document_number": "370181199001011237"}).encode()
    vledger(
        "identity", "put", "V1", "--from", "-", "--consent", "record", "--by", "desk", stdin=given
    )
    named = (
        "--issuer",
        "联合会",
        "--head",
        "张明",
        "--handler",
        "李芳",
        "--contact",
        "0531-84230000",
    )
    files = ("--out", "c.pdf", "--credential", "c.json")
    [made] = vledger.json("certificate", "issue", "V1", *named, *files)
    assert [one["by"] for one in vledger.json("identity", "reads", "V1")] == ["李芳"]
    (tmp_path / "key.pem").write_bytes(vledger("key", "show").stdout)
    for what in (made["token"], "c.json"):
        [claims] = vledger.json("certificate", "check", what, "--key", "key.pem")
        assert (claims["number"], claims["seconds"]) == (made["number"], 12600)
    vledger("certificate", "check", changed(made["token"], 80), "--key", "key.pem", code=1)
    vledger("ingest", "-", stdin=lines(check_in("V1", "2026-05-01T09:00")))
    db = ("--db", "sqlite:///vledger.db")
    [claims] = vledger.json("certificate", "check", made["token"], *db, code=1)
    assert claims["state"] == "revoked"
    vledger("certificate", "status-list", "--out", "s.json")
    vledger("certificate", "check", "c.json", "--status-list", "s.json", code=1)
    [listed_one] = vledger.json("certificate", "list", "V1")
    assert "更正" in listed_one["reason"]
