"""Is what the API says of a volunteer what the ledger holds, and only to who may read it?"""

from datetime import datetime, timedelta
from typing import Any

import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.api.serving import Serving
from ledger.clock import CHINA, now_micros
from ledger.core.rulebook import national_ladder, parse
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store.database import Database
from ledger.volunteers.explain import explain
from ledger.volunteers.queries import summary
from tests.api.browser import Api
from tests.builders import check_in, check_out, hold, record, redeem, register, till, visit

TOWN, VILLAGE, ELSEWHERE = "370102001000", "370102001001", "370102002000"


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    """V1 of a village has served, bought and held; V2 is from elsewhere."""
    record(recorder, [
        register("volunteer", "V1", place=VILLAGE, name="小李"),
        register("volunteer", "V2", place=ELSEWHERE),
        register("activity", "A1", name="理论宣讲", place=VILLAGE),
        register("place", "P1", name="文明实践站", kind="station", parent=VILLAGE),
        register("merchant", "M01", name="惠民超市", place=TOWN),
        register("item", "SKU-1", name="大米", prices=[{"points": "3"}]),
    ])  # fmt: skip
    record(recorder, [
        one for day in range(1, 11) for one in visit("V1", f"2026-05-{day:02}", "08:00", "11:00")
    ] + visit("V2", "2026-05-01", "08:00", "10:00"))  # fmt: skip
    record(recorder, [redeem("V1", "R1", "3"), redeem("V1", "R2", "999")])
    record(recorder, [hold("V1", "R3", "3", time="2026-06-01T10:01")])
    record(recorder, [till("cancel", "V1", "R3", "2026-06-01T10:02")])
    return recorder


@pytest.fixture
async def reader(api: Api, filled: Recorder) -> Api:
    await api.become("auditor", Scope("place", TOWN))
    return api


async def all_of(api: Api, path: str, limit: int) -> list[Any]:
    """A whole list, part by part."""
    found: list[Any] = []
    after = ""
    while True:
        answer = (await api.get(f"{path}?limit={limit}{after}")).json()
        assert len(answer["items"]) <= limit
        found += answer["items"]
        if answer["next"] is None:
            return found
        after = f"&after={answer['next']}"


async def test_a_standing_is_the_ledgers_and_is_not_sent_twice(reader: Api) -> None:
    recorder = reader.serving.recorder
    answer = await reader.get("/v1/volunteers/V1")
    with recorder.database.read() as connection:
        held = summary(connection, recorder.rules, "V1", now_micros())
    assert held
    said = answer.json()
    assert said["seconds"] == held.seconds == 10 * 3 * 3600
    assert {key: said["points"][key] for key in ("balance", "held", "available")} == (
        held.points.to_json()
    )
    assert said["name"] == "小李"
    tag = answer.headers["etag"]
    assert answer.headers["cache-control"] == "private, no-cache"
    for known in (tag, f'W/{tag}, "x"', "*"):
        again = await reader.get("/v1/volunteers/V1", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    record(recorder, visit("V1", "2026-05-20", "08:00", "11:00"))
    changed = await reader.get("/v1/volunteers/V1", headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["seconds"]) == (200, 11 * 3 * 3600)


async def test_a_standing_of_the_past(reader: Api) -> None:
    for asked in ("2026-05-03T00:00:00%2B08:00", "2026-05-03T00:00:00"):
        said = (await reader.get(f"/v1/volunteers/V1?as_of={asked}")).json()
        assert said["seconds"] == 2 * 3 * 3600
    assert (await reader.get("/v1/volunteers/V1?as_of=soon")).status_code == 422


@pytest.mark.parametrize(
    "below", ["", "/today", "/visits", "/points", "/expiring", "/redemptions", "/next-star",
              "/explanation"],
)  # fmt: skip
async def test_only_who_may_read_it_sees_it(api: Api, filled: Recorder, below: str) -> None:
    path = f"/v1/volunteers/V1{below}"
    refused = await api.get(path)
    assert (refused.status_code, refused.json()["type"]) == (401, "/problems/who-are-you")
    for role, scope, status in (
        ("auditor", Scope("place", TOWN), 200),
        ("auditor", Scope("place", ELSEWHERE), 403),
        ("till", Scope("merchant", "M01"), 403),
        ("administrator", Scope("place", EVERYWHERE), 403),
        ("volunteer", Scope("volunteer", "V1"), 200),
        ("volunteer", Scope("volunteer", "V2"), 403),
    ):
        await api.become(role, scope)
        assert (await api.get(path)).status_code == status, role


async def test_who_is_unknown_is_not_found_by_who_may_look_everywhere(
    api: Api, filled: Recorder
) -> None:
    await api.become("auditor", Scope("place", EVERYWHERE))
    for below in ("", "/expiring", "/next-star", "/explanation"):
        answer = await api.get(f"/v1/volunteers/V9{below}")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
    for below in ("/visits", "/points", "/redemptions"):
        assert (await api.get(f"/v1/volunteers/V9{below}")).json() == {"items": [], "next": None}


@pytest.mark.parametrize("limit", [1, 3, 10, 200])
async def test_parts_together_are_the_whole_and_hold_under_change(reader: Api, limit: int) -> None:
    visits = await all_of(reader, "/v1/volunteers/V1/visits", limit)
    assert [one["started_at"][:10] for one in visits] == [
        f"2026-05-{day:02}" for day in range(10, 0, -1)
    ]
    assert sum(one["seconds"] for one in visits) == 10 * 3 * 3600
    assert {(one["activity_name"], one["place_name"]) for one in visits} == {
        ("理论宣讲", "文明实践站")
    }
    first = (await reader.get("/v1/volunteers/V1/visits?limit=4")).json()
    record(reader.serving.recorder, visit("V1", "2026-05-25", "08:00", "11:00"))
    second = (await reader.get(f"/v1/volunteers/V1/visits?limit=4&after={first['next']}")).json()
    assert second["items"] == visits[4:8]


async def test_points_add_up_to_the_balance_and_name_their_rule(reader: Api) -> None:
    entries = await all_of(reader, "/v1/volunteers/V1/points", 4)
    balance = (await reader.get("/v1/volunteers/V1")).json()["points"]["balance"]
    assert sum(int(one["amount"]) for one in entries) == int(balance) == 27
    bought = [one for one in entries if one["redemption"] == "R1"]
    assert [(one["amount"], one["merchant_name"], one["item_name"]) for one in bought] == [
        ("-3", "惠民超市", "大米")
    ]
    assert all(one["rule"] for one in entries)
    assert any(one["clauses"] for one in entries)


async def test_redemptions_show_each_step_and_why_not(reader: Api) -> None:
    steps = await all_of(reader, "/v1/volunteers/V1/redemptions", 3)
    told = [(one["redemption"], one["command"], one["status"]) for one in steps]
    assert [one for one in told if one[0] == "R1"] == [("R1", "redeem", "accepted")]
    assert ("R3", "hold", "accepted") in told
    assert ("R3", "cancel", "accepted") in told
    [refused] = [one for one in steps if one["redemption"] == "R2"]
    assert (refused["status"], bool(refused["reason"])) == ("refused", True)


async def test_a_cursor_of_another_list_is_refused(reader: Api) -> None:
    for after in ("x", "e30", "IngiCg", "%00", "W10"):
        answer = await reader.get(f"/v1/volunteers/V1/visits?after={after}")
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid"), after
    for limit in ("0", "201", "-1", "x"):
        assert (await reader.get(f"/v1/volunteers/V1/visits?limit={limit}")).status_code == 422


async def test_the_way_to_the_next_star(reader: Api) -> None:
    said = (await reader.get("/v1/volunteers/V1/next-star")).json()
    assert (said["star"], said["next"], said["missing_seconds"]) == (0, 1, 70 * 3600)
    record(reader.serving.recorder, [
        one for day in range(1, 13) for one in visit("V1", f"2026-06-{day:02}", "00:00", "23:00")
    ])  # fmt: skip
    said = (await reader.get("/v1/volunteers/V1/next-star")).json()
    assert (said["star"], said["next"], said["missing_seconds"]) == (2, 3, 294 * 3600)


async def test_an_explanation_is_the_commands(reader: Api) -> None:
    recorder = reader.serving.recorder
    said = (await reader.get("/v1/volunteers/V1/explanation")).json()
    with recorder.database.read() as connection:
        assert said == explain(connection, recorder.rules, "V1", now_micros())


async def test_today_by_the_policys_clock(api: Api) -> None:
    recorder = api.serving.recorder
    await api.own()
    assert (await api.get("/v1/volunteers/V7/today")).json()["visits"] == []
    now = datetime.now(CHINA).replace(microsecond=0)
    midnight = now.replace(hour=0, minute=0, second=0)
    spent = (now - midnight) / 3
    began, ended = midnight, midnight + spent
    record(recorder, [
        check_in("V1", (midnight - timedelta(hours=3)).isoformat()),
        check_out("V1", (midnight - timedelta(hours=1)).isoformat()),
        check_in("V1", began.isoformat()), check_out("V1", ended.isoformat()),
    ])  # fmt: skip
    said = (await api.get("/v1/volunteers/V1/today")).json()
    assert (said["day"], said["since"]) == (now.date().isoformat(), None)
    assert [one["started_at"] for one in said["visits"]] == [began.isoformat()]
    assert said["seconds"] == int(ended.timestamp()) - int(began.timestamp())
    record(recorder, [check_in("V1", (ended + spent).isoformat(), "A2")])
    open_ = (await api.get("/v1/volunteers/V1/today")).json()
    assert open_["since"] is not None
    assert [one["ended_at"] is None for one in open_["visits"]] == [False, True]
    assert open_["seconds"] == said["seconds"]


async def test_who_serves_past_midnight_still_serves(api: Api) -> None:
    await api.own()
    now = datetime.now(CHINA).replace(microsecond=0)
    ago = {hours: (now - timedelta(hours=hours)).isoformat() for hours in (11, 36)}
    record(api.serving.recorder, [
        check_in("V1", ago[36], "forgotten"), check_in("V1", ago[11], "patrol"),
    ])  # fmt: skip
    said = (await api.get("/v1/volunteers/V1/today")).json()
    assert [(one["activity"], one["started_at"]) for one in said["visits"]] == [("patrol", ago[11])]


async def test_points_that_expire_come_first_to_last(database: Database) -> None:
    lots = national_ladder().text.replace(
        "{name: 积分, scale: 0,", "{name: 积分, scale: 0, expiry: {months: 3},"
    )
    recorder = Recorder(database, parse(lots, "lots.yaml"))
    recorder.begin()
    today = datetime.now(CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    async with Api(Serving.of(Settings(), recorder, recorder)) as api:
        await api.own()
        for before in (20, 40):
            began = today - timedelta(days=before)
            ended = began + timedelta(hours=2)
            record(recorder, [
                check_in("V1", began.isoformat()), check_out("V1", ended.isoformat())
            ])  # fmt: skip
        items = (await api.get("/v1/volunteers/V1/expiring")).json()["items"]
        assert [one["amount"] for one in items] == ["2", "2"]
        assert items[0]["on"] < items[1]["on"]
        assert all(one["on"] > today.date().isoformat() for one in items)
