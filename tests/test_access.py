"""May people do what their roles allow, at their place and below it, and nothing else?"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.access import EVERYWHERE, Grant, Permission, Scope, Where, Who, allowing, roles
from ledger.access.asking import as_registered, to_lie, where_registering
from ledger.access.granting import Giver, grant, withdraw
from ledger.clock import to_micros
from ledger.core.rulebook import national_ladder
from ledger.errors import LedgerError
from ledger.recording.recorder import Recorder
from ledger.recording.replay import differences, rebuild, scratch
from ledger.store import access
from ledger.store.database import Database
from ledger.verify import verify
from tests.builders import check_in, check_out, record, register, visit
from tests.test_cli import Vledger

COUNTY = "370102000000"
TOWN = "370102001000"
OTHER_TOWN = "370102002000"
VILLAGE = "370102001001"
ISSUER = "https://id.example"
LI, WANG, ZHAO = (Who(ISSUER, name) for name in ("li", "wang", "zhao"))
OWNER = Giver("the database's owner")


class Clock:
    """A clock that the test moves."""

    now = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> int:
        return to_micros(self.now)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def recorder(database: Database, clock: Clock) -> Iterator[Recorder]:
    made = Recorder(database, national_ladder(), clock)
    made.begin()
    yield made


def may(recorder: Recorder, who: Who, permission: Permission, where: Where) -> bool:
    with recorder.database.read() as connection:
        held = access.grants_of(connection, who)
    return allowing(held, permission, where, recorder.now()) is not None


def at(recorder: Recorder, place: str) -> Where:
    with recorder.database.read() as connection:
        return access.at_place(connection, place)


def test_a_role_reaches_its_place_and_what_is_below_it(recorder: Recorder) -> None:
    grant(recorder, LI, "officer", Scope("place", TOWN), OWNER, name="李")
    record(recorder, [register("place", "S1", name="站", kind="station", parent=VILLAGE)])
    for place, allowed in ((TOWN, True), (VILLAGE, True), ("S1", True), (COUNTY, False),
                           (OTHER_TOWN, False), ("370102", False), ("S2", False)):  # fmt: skip
        assert may(recorder, LI, Permission.REGISTER, at(recorder, place)) is allowed, place
    assert not may(recorder, LI, Permission.PAY, at(recorder, TOWN))
    assert not may(recorder, WANG, Permission.REGISTER, at(recorder, TOWN))
    assert not may(recorder, Who("https://evil.example", "li"), Permission.REGISTER, Where((TOWN,)))


def test_no_registration_moves_a_code_to_another_place(recorder: Recorder) -> None:
    grant(recorder, LI, "officer", Scope("place", TOWN), OWNER)
    elsewhere = "370102002009"
    record(recorder, [register("place", elsewhere, name="村", kind="station", parent=TOWN)])
    assert not may(recorder, LI, Permission.REGISTER, at(recorder, elsewhere))


def test_a_volunteer_belongs_where_registered_and_else_where_they_served(
    recorder: Recorder,
) -> None:
    marks = [
        (check_in(one, "2026-05-01T08:00", place=place), check_out(one, "2026-05-01T10:00"))
        for one, place in (("V1", VILLAGE), ("V2", VILLAGE))
    ]
    record(recorder, [one for both in marks for one in both])
    record(recorder, [register("volunteer", "V2", place=OTHER_TOWN)])
    grant(recorder, LI, "auditor", Scope("place", TOWN), OWNER)
    with recorder.database.read() as connection:
        homes = [access.of_volunteer(connection, one) for one in ("V1", "V2", "V3")]
    allowed = [may(recorder, LI, Permission.READ, one) for one in homes]
    assert allowed == [True, False, False]


def test_who_registers_a_volunteer_needs_the_right_where_they_belonged_before(
    recorder: Recorder,
) -> None:
    served = visit("V1", "2026-05-01", "08:00", "10:00")
    record(recorder, [
        *(one.replace(b'"P1"', b'"370102001000"') for one in served),
        register("volunteer", "V2", name="没有地点"),
    ])  # fmt: skip

    def needed(volunteer: str) -> list[tuple[str, ...]]:
        was = as_registered("volunteer", volunteer)
        to = to_lie("volunteer", volunteer, {"place": "370102002000"})
        with recorder.database.read() as connection:
            asked = where_registering(connection, EVERYWHERE, was, to)
            return [one(connection, EVERYWHERE).places for one in asked]

    there = ("370102002000",)
    assert needed("V1") == [("370102001000",), there]
    assert needed("V2") == [(EVERYWHERE,), there]
    assert needed("V3") == [there]


def test_a_till_serves_its_shop_and_a_volunteer_sees_themselves(recorder: Recorder) -> None:
    grant(recorder, LI, "till", Scope("merchant", "M01"), OWNER)
    grant(recorder, WANG, "volunteer", Scope("volunteer", "V1"), OWNER)
    assert may(recorder, LI, Permission.REDEEM, Where(merchant="M01"))
    assert not may(recorder, LI, Permission.REDEEM, Where(merchant="M02"))
    assert may(recorder, WANG, Permission.OWN, Where((TOWN,), volunteer="V1"))
    assert not may(recorder, WANG, Permission.OWN, Where((TOWN,), volunteer="V2"))
    with pytest.raises(LedgerError, match="goes with the role volunteer"):
        grant(recorder, LI, "officer", Scope("volunteer", "V1"), OWNER)
    with pytest.raises(LedgerError, match="not at a shop"):
        grant(recorder, LI, "officer", Scope("merchant", "M01"), OWNER)
    with pytest.raises(LedgerError, match="administrator"):
        grant(recorder, LI, "king", Scope("place", TOWN), OWNER)


def test_nobody_grants_to_themselves_nor_beyond_their_own_place(recorder: Recorder) -> None:
    grant(recorder, LI, "administrator", Scope("place", TOWN), OWNER)
    li = Giver("李", LI)
    with pytest.raises(LedgerError, match="themselves"):
        grant(recorder, LI, "privacy-officer", Scope("place", TOWN), li)
    for scope in (Scope("place", COUNTY), Scope("place", OTHER_TOWN), Scope("place", EVERYWHERE),
                  Scope("merchant", "M01")):  # fmt: skip
        with pytest.raises(LedgerError, match="no administrator"):
            grant(recorder, WANG, "till" if scope.kind == "merchant" else "officer", scope, li)
    number = grant(recorder, WANG, "officer", Scope("place", VILLAGE), li)
    with pytest.raises(LedgerError, match="no administrator"):
        withdraw(recorder, number, Giver("赵", ZHAO), "")
    record(recorder, [register("merchant", "M01", name="超市", place=VILLAGE)])
    grant(recorder, WANG, "till", Scope("merchant", "M01"), li)
    withdraw(recorder, number, li, "moved")
    assert not may(recorder, WANG, Permission.REGISTER, Where((VILLAGE,)))
    with pytest.raises(LedgerError, match="withdrawn before"):
        withdraw(recorder, number, li, "")


def test_a_grant_has_its_time(recorder: Recorder, clock: Clock) -> None:
    day = timedelta(days=1)
    begins, ends = clock.now + day, clock.now + 2 * day
    scope = Scope("place", TOWN)
    grant(recorder, LI, "officer", scope, OWNER, since=begins, until=ends)
    seen = []
    for _ in range(4):
        seen.append(may(recorder, LI, Permission.REGISTER, Where((TOWN,))))
        clock.now += day / 2 if len(seen) > 2 else day
    assert seen == [False, True, False, False]
    with pytest.raises(LedgerError, match="past"):
        grant(recorder, LI, "officer", scope, OWNER, since=begins, until=ends)


def test_an_administrator_whose_grant_was_withdrawn_grants_no_more(recorder: Recorder) -> None:
    number = grant(recorder, LI, "administrator", Scope("place", EVERYWHERE), OWNER)
    grant(recorder, WANG, "administrator", Scope("place", COUNTY), Giver("李", LI))
    withdraw(recorder, number, OWNER, "left")
    with pytest.raises(LedgerError, match="no administrator"):
        grant(recorder, ZHAO, "officer", Scope("place", TOWN), Giver("李", LI))
    grant(recorder, ZHAO, "officer", Scope("place", TOWN), Giver("王", WANG))


def test_grants_are_in_the_log_and_a_replay_gives_them_again(recorder: Recorder) -> None:
    grant(recorder, LI, "administrator", Scope("place", COUNTY), OWNER, name="李")
    number = grant(recorder, WANG, "officer", Scope("place", TOWN), Giver("李", LI))
    withdraw(recorder, number, Giver("李", LI), "moved")
    with recorder.database.read() as connection, scratch() as rebuilt:
        kept = access.all_grants(connection)
        rebuild(connection, rebuilt, lambda _: None)
        with rebuilt.read() as other:
            assert access.all_grants(other) == kept
            assert list(differences(connection, other)) == []
    _, findings = verify(recorder.database)
    assert findings == []
    assert [(one.subject, one.reason) for one in kept] == [("li", ""), ("wang", "moved")]


def test_nobody_can_send_a_grant_in(recorder: Recorder) -> None:
    grant(recorder, LI, "administrator", Scope("place", COUNTY), OWNER)
    with recorder.database.read() as connection:
        kept = access.all_grants(connection)
    forged = register("volunteer", "G000002").replace(
        b"volunteer.registry.volunteer-registered.v1", b"volunteer.access.granted.v1"
    )
    receipt = record(recorder, [forged])
    assert [one.code for one in receipt.rejects] == ["unknown-type"]
    with recorder.database.read() as connection:
        assert access.all_grants(connection) == kept


@given(
    st.sampled_from(sorted(roles())),
    st.sampled_from(list(Permission)),
    st.integers(-3, 3),
    st.sampled_from([VILLAGE, TOWN, COUNTY, OTHER_TOWN]),
)
def test_allowed_is_what_the_role_says_at_its_place_in_its_time(
    role: str, permission: Permission, when: int, place: str
) -> None:
    held = Grant("G1", ISSUER, "li", "", role, "place", TOWN, 0, 2, "x", 0)
    allowed = allowing([held], permission, Where((place,)), when) is not None
    reached = place in (TOWN, VILLAGE) and 0 <= when < 2
    assert allowed == (reached and permission in roles()[role].permissions)


def test_no_role_can_both_grant_and_see_and_every_permission_is_somebodys() -> None:
    held = {one.name: one.permissions for one in roles().values()}
    assert set().union(*held.values()) == set(Permission)
    assert held["administrator"] == {
        Permission.GRANT, Permission.DEVICE, Permission.WEBHOOK, Permission.OPERATE
    }  # fmt: skip
    personal = {Permission.IDENTITY, Permission.REVEAL, Permission.ERASE}
    assert not held["auditor"] & personal


def test_the_command(vledger: Vledger) -> None:
    who = f"{ISSUER}#li"
    said = ("--place", TOWN, "--by", "owner", "--name", "李")
    [made] = vledger.json("access", "grant", who, "officer", *said, "--until", "2099-01-01")
    assert (made["grant"], made["place"], made["stands"]) == ("G000001", TOWN, True)
    yes = vledger.json("access", "can", "register", "--place", VILLAGE, "--who", who)
    assert yes == [{"who": who, "can": True, "by": "G000001"}]
    vledger("access", "can", "register", "--place", COUNTY, "--who", who, code=1)
    assert "至" in vledger("access", "list").stdout.decode()
    vledger("access", "withdraw", "G000001", "--by", "owner", "--reason", "moved")
    assert vledger.json("access", "list") == []
    assert [one["reason"] for one in vledger.json("access", "list", "--all")] == ["moved"]
    vledger("access", "grant", who, "officer", "--place", TOWN, code=2)  # by whom?
    vledger("access", "grant", who, "officer", "--by", "owner", code=2)  # where?
    vledger("access", "whoami", code=2)
    assert b"administrator" in vledger("access", "roles").stdout
    vledger("verify")


@pytest.fixture
def vledger(tmp_path: Path) -> Vledger:
    command = Vledger(tmp_path)
    command("init")
    return command
