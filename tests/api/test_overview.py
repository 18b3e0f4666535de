"""Are an area's figures the sums that one gets by reading every entry, and only for its readers?"""

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from random import Random
from typing import Any

import orjson
import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.clock import CHINA, from_micros, to_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.places import is_within
from ledger.recording.recorder import Recorder
from ledger.store.database import Database
from ledger.store.tables import hour_record, points_entry
from ledger.verify import verify
from tests.api.browser import Api
from tests.builders import check_in, check_out, record, redeem, register

EXPIRING = national_ladder().text.replace(
    "{name: 积分, scale: 0,", "{name: 积分, scale: 0, expiry: {months: 3},"
)
COUNTY = "370102000000"
TOWNS = ("370102001000", "370102002000")
VILLAGES = tuple(f"{town[:9]}{number:03}" for town in TOWNS for number in (1, 2, 3))
PEOPLE = tuple(f"V{number:02}" for number in range(1, 31))
NOW = to_micros(datetime(2026, 6, 15, 4, tzinfo=UTC))


@pytest.fixture
def recorder(database: Database) -> Recorder:
    made = Recorder(database, parse(EXPIRING, "expiring.yaml"), clock=lambda: NOW)
    made.begin()
    return made


@pytest.fixture
def homes(recorder: Recorder) -> dict[str, str]:
    """People with visits from January on, of whom some bought, moved, or are corrected."""
    chance = Random(7)
    homes = {one: chance.choice(VILLAGES) for one in PEOPLE[:-2]}
    record(recorder, [
        *(register("place", code, name=f"村{code[-4:]}", kind="station") for code in VILLAGES),
        register("place", TOWNS[0], name="城关镇", kind="sub-centre"),
        register("merchant", "M01", name="惠民超市", place=TOWNS[0]),
        register("item", "SKU-1", name="大米", prices=[{"points": "3"}]),
        *(register("volunteer", one, place=home) for one, home in homes.items()),
    ])  # fmt: skip
    marks = []
    for one in PEOPLE:
        for month in range(1, 7):
            for _ in range(chance.randrange(3)):
                day, hours = chance.randrange(1, 14), chance.randrange(2, 9)
                place = chance.choice(VILLAGES)
                marks += [
                    check_in(one, f"2026-{month:02}-{day:02}T08:00", place=place),
                    check_out(one, f"2026-{month:02}-{day:02}T{8 + hours:02}:00", place=place),
                ]
    chance.shuffle(marks)
    left = iter(marks)
    while part := list(islice(left, 17)):
        record(recorder, part)
    record(recorder, [
        redeem(one, f"R{one}", "3", time="2026-06-14T10:00") for one in PEOPLE[::3]
    ])  # fmt: skip
    moving = {one: chance.choice(VILLAGES) for one in PEOPLE[:6]}
    homes |= moving
    record(recorder, [
        register("volunteer", one, time="2026-06-14T12:00", place=home)
        for one, home in moving.items()
    ])  # fmt: skip
    record(recorder, [
        check_in(one, f"2026-05-{20 + number % 5:02}T08:00", place=VILLAGES[0])
        for number, one in enumerate(PEOPLE[:10])
    ])  # fmt: skip
    while recorder.pass_time():
        pass
    return homes


def month_of(seconds: int) -> str:
    return from_micros(seconds * 1_000_000, CHINA).strftime("%Y-%m")


def counted_anew(recorder: Recorder, area: str) -> tuple[Counter[str], Counter[str]]:
    """Seconds and visits by month in an area, from every record."""
    seconds, visits = Counter[str](), Counter[str]()
    with recorder.database.read() as connection:
        for row in connection.execute(hour_record.select()):
            if row.status == "counted" and is_within(row.place, area):
                seconds[month_of(row.started_at)] += row.seconds
                visits[month_of(row.started_at)] += 1 if row.reverses is None else -1
    return seconds, visits


@pytest.mark.parametrize("area", [COUNTY, *TOWNS, VILLAGES[0]])
async def test_hours_of_each_month_are_those_of_the_records(
    api: Api, homes: dict[str, str], area: str
) -> None:
    await api.become("auditor", Scope("place", COUNTY))
    said = (await api.get(f"/v1/overview?place={area}")).json()
    seconds, visits = counted_anew(api.serving.recorder, area)
    told = {one["month"]: (one["seconds"], one["visits"]) for one in said["months"]}
    assert {month: one for month, one in told.items() if any(one)} == {
        month: (seconds[month], visits[month]) for month in seconds if seconds[month]
    }
    assert said["total"]["seconds"] == sum(seconds.values())
    assert sum(one["seconds"] for one in said["places"]) == said["total"]["seconds"]


async def test_points_and_people_are_where_they_belong(api: Api, homes: dict[str, str]) -> None:
    await api.own()
    recorder = api.serving.recorder
    said = (await api.get("/v1/overview")).json()
    assert said["area"] == COUNTY
    assert {one["place"] for one in said["places"]} >= set(TOWNS)
    whole = (await api.get("/v1/overview?place=")).json()
    with recorder.database.read() as connection:
        entries = connection.execute(points_entry.select()).all()
        states = connection.exec_driver_sql("SELECT volunteer, standing FROM volunteer_state").all()
    by: Counter[str] = Counter()
    for one in entries:
        by[one.counter.partition(":")[0]] += one.amount
    total = whole["total"]
    assert (total["issued"], total["redeemed"]) == (str(by["issuance"]), str(-by["merchant"]))
    assert int(total["redeemed"]) > 0
    ending: Counter[str] = Counter()
    at_home: Counter[str] = Counter()
    for volunteer, standing in states:
        for day, units in orjson.loads(standing or "{}").get("POINTS~lots", ()):
            ending[day[:7]] += units
            if day[:7] in ("2026-06", "2026-07", "2026-08"):
                at_home[homes.get(volunteer, "")] += units
    told = {one["month"]: int(one["expiring"]) for one in whole["months"]}
    assert {month: one for month, one in told.items() if one} == dict(ending)
    for town in TOWNS:
        parts = (await api.get(f"/v1/overview?place={town}")).json()["places"]
        assert {one["place"]: int(one["expiring"]) for one in parts if one["expiring"] != "0"} == {
            place: units for place, units in at_home.items() if units and is_within(place, town)
        }
        assert {one["place"]: one["volunteers"] for one in parts if one["volunteers"]} == Counter(
            home for home in homes.values() if is_within(home, town)
        )


async def test_only_who_may_read_the_place_sees_it(api: Api, homes: dict[str, str]) -> None:
    assert (await api.get("/v1/overview")).status_code == 401
    await api.become("auditor", Scope("place", TOWNS[0]))
    own = await api.get("/v1/overview")
    assert (own.json()["area"], own.json()["above"]) == (TOWNS[0], [])
    again = await api.get("/v1/overview", headers={"If-None-Match": own.headers["etag"]})
    assert again.status_code == 304
    assert (await api.get(f"/v1/overview?place={VILLAGES[0]}")).status_code == 200
    for place in (TOWNS[1], COUNTY, ""):
        assert (await api.get(f"/v1/overview?place={place}")).status_code == 403
    await api.become("till", Scope("merchant", "M01"))
    assert (await api.get("/v1/overview")).status_code == 403
    await api.become("auditor", Scope("place", EVERYWHERE))
    assert (await api.get("/v1/overview?place=")).status_code == 200
    above = (await api.get(f"/v1/overview?place={TOWNS[0]}")).json()["above"]
    assert [one["place"] for one in above][-1] == COUNTY


def test_the_figures_come_out_again_in_a_replay(recorder: Recorder, homes: dict[str, str]) -> None:
    _, findings = verify(recorder.database, lambda _: None)
    assert findings == []
    with recorder.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE tally SET seconds = seconds + 1 WHERE currency = '' AND month = '2026-01'"
        )
    _, findings = verify(recorder.database)
    assert {one.check for one in findings} == {"the figures of places are the sums of entries"}


async def test_what_is_owed_lies_where_the_debtor_belongs(
    api: Api, recorder: Recorder, homes: dict[str, str]
) -> None:
    """A visit that paid for a purchase is taken back."""
    record(recorder, [register("volunteer", "D1", place=VILLAGES[4])])
    record(recorder, [
        check_in("D1", "2026-06-01T08:00", ident="in", place=VILLAGES[0]),
        check_out("D1", "2026-06-01T13:00", place=VILLAGES[0]),
    ])  # fmt: skip
    record(recorder, [redeem("D1", "RD", "3", time="2026-06-02T10:00")])
    record(recorder, [check_out("D1", "2026-06-01T10:00", place=VILLAGES[0])])
    with recorder.database.read() as connection:
        balance = connection.exec_driver_sql(
            "SELECT sum(balance) FROM account_balance WHERE account = 'volunteer:D1'"
        ).scalar_one()
    assert balance < 0
    await api.own()
    said: dict[str, Any] = (await api.get(f"/v1/overview?place={TOWNS[1]}")).json()
    owed = {one["place"]: Decimal(one["owed"]) for one in said["places"] if one["owed"] != "0"}
    assert owed == {VILLAGES[4]: -Decimal(balance)}
