"""Is a volunteer's code theirs alone, good for two minutes, and good for one purchase?"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.access import EVERYWHERE, Scope
from ledger.keys import rotate, signer
from ledger.settings import Settings
from ledger.shops.codes import MINUTE, Codes
from ledger.store.codes import KEPT, spend
from ledger.store.database import Database
from tests.api.browser import Api
from tests.builders import record, register

NOW = 29_666_666 * MINUTE + 12_345_678


@pytest.fixture(scope="module")
def codes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Codes]:
    yield Codes(signer(tmp_path_factory.mktemp("key") / "ledger.key"))


@given(
    st.text(min_size=1, max_size=64).filter(lambda one: one == one.strip() and "\n" not in one),
    st.integers(0, 3 * MINUTE),
)
def test_a_code_holds_for_its_minute_and_the_next(codes: Codes, volunteer: str, late: int) -> None:
    made = codes.make(volunteer, NOW)
    read = codes.read(made.text, NOW + late)
    holds = (NOW + late) // MINUTE - NOW // MINUTE < 2
    assert (read is not None) == holds == (NOW + late < made.expires)
    if read is not None:
        assert read == (volunteer, NOW // MINUTE)
    assert codes.read(made.text, NOW - MINUTE) is None
    assert made.changes == (NOW // MINUTE + 1) * MINUTE


def test_codes_of_others_and_other_minutes_and_ledgers_differ(codes: Codes, tmp_path: Path) -> None:
    text = codes.make("V1", NOW).text
    assert text.startswith("V1-")
    digits = text.removeprefix("V1-")
    assert codes.read(f"V2-{digits}", NOW) is None
    assert codes.read(f"V1-{(int(digits) + 1) % 10**8:08}", NOW) is None
    assert len({codes.make("V1", NOW + n * MINUTE).text for n in range(500)}) > 495
    other = Codes(signer(tmp_path / "other.key"))
    assert other.read(text, NOW) is None
    for bad in ("", "V1", "V1-", "V1-1234567", f"V1-{digits}0", f"V1-{digits} x", "V1-" + "１" * 8):
        assert codes.read(bad, NOW) is None
    assert codes.read(f"  {text}\n", NOW) is not None  # as a scanner types it


def test_two_servers_with_one_key_agree_and_a_new_key_ends_old_codes(tmp_path: Path) -> None:
    file = tmp_path / "ledger.key"
    one, two = Codes(signer(file)), Codes(signer(file))
    text = one.make("V1", NOW).text
    assert two.read(text, NOW) is not None
    rotate(file, NOW)
    assert Codes(signer(file)).read(text, NOW) is None


def test_a_code_buys_once_however_often_it_is_asked(database: Database, codes: Codes) -> None:
    read = codes.read(codes.make("V1", NOW).text, NOW)
    assert read

    def spent(redemption: str) -> bool:
        with database.write() as connection:
            return spend(connection, read, redemption)

    assert [spent("R1"), spent("R1"), spent("R2"), spent("R1")] == [True, True, False, True]
    later = codes.read(codes.make("V1", NOW + MINUTE).text, NOW + MINUTE)
    assert later
    with database.write() as connection:
        assert spend(connection, later, "R2")
    old = read._replace(minute=read.minute + KEPT + 2)
    with database.write() as connection:
        assert spend(connection, old, "R9")  # what is long past is forgotten
        assert spend(connection, read, "R3")


async def test_only_the_volunteer_gets_it(api: Api) -> None:
    record(api.serving.recorder, [register("volunteer", "V1", place="370102001000")])
    for role, scope, status in (
        ("auditor", Scope("place", EVERYWHERE), 403),
        ("officer", Scope("place", EVERYWHERE), 403),
        ("till", Scope("merchant", "M01"), 403),
        ("volunteer", Scope("volunteer", "V2"), 403),
    ):
        await api.become(role, scope)
        assert (await api.get("/v1/volunteers/V1/code")).status_code == status, role
    await api.become("volunteer", Scope("volunteer", "V1"))
    answer = await api.get("/v1/volunteers/V1/code")
    said = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    read = api.serving.codes.read(said["code"], api.serving.recorder.now())
    assert read is not None
    assert read.volunteer == "V1"
    assert said["changes"] < said["expires"]


@pytest.fixture
def chosen(tmp_path: Path) -> Settings:
    return Settings(key=tmp_path / "ledger.key")
