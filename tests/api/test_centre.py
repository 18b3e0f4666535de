"""Can an office and a volunteer do by HTTP what a practice centre does, and only where they may?"""

from base64 import urlsafe_b64encode
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import orjson
import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.clock import CHINA, from_micros
from ledger.recording.recorder import Recorder
from tests.api.browser import Api
from tests.builders import record, register, shop_event, visit

COUNTY, TOWN, VILLAGE, OTHER = "370102000000", "370102001000", "370102001001", "370102002000"
ROOMS = ["讲堂", "书屋", "舞蹈室"]
_keys = count(1)


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    now = from_micros(recorder.now(), CHINA)
    starts, ends = (now + timedelta(days=days) for days in (2, 3))
    times = {"starts_at": starts.isoformat(), "ends_at": ends.isoformat()}
    receipt = record(
        recorder,
        [
            register("place", COUNTY, name="中心", kind="centre", functions=ROOMS),
            register("place", TOWN, name="甲镇所", kind="sub-centre", parent=COUNTY),
            register("place", OTHER, name="乙镇所", kind="sub-centre", parent=COUNTY),
            register("place", VILLAGE, name="东村站", kind="station", parent=TOWN),
            register("team", "T1", name="宣讲队", place=TOWN, kind="theory"),
            register("volunteer", "V1", name="甲", place=VILLAGE, team="T1", skills=["急救"]),
            register("volunteer", "V2", name="乙", place=OTHER, party_unit="U1"),
            register("resource", "R1", name="礼堂", place=TOWN),
            register("activity", "A1", name="走", place=TOWN, team="T1", capacity=1, **times),
            register("activity", "A2", name="扫", place=OTHER, **times),
            register("activity", "A3", name="讲", place=TOWN, category="lecture"),
            *visit("V1", f"{now.year}-01-02", "08:00", "10:00", "A3"),
        ],
    )
    assert not receipt.rejects
    return recorder


async def send(api: Api, path: str, said: Any) -> httpx.Response:
    return await api.post(path, json=said, headers={"Idempotency-Key": f"k{next(_keys)}"})


async def listed(api: Api, path: str) -> list[dict[str, Any]]:
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def programme(api: Api) -> list[str]:
    """What a kiosk at the town shows."""
    answer = (await api.get(f"/v1/kiosk/programme?place={TOWN}")).json()
    return [one["id"] for one in answer["activities"]]


async def test_a_volunteer_signs_up_for_themselves_and_for_nobody_else(
    api: Api, filled: Recorder
) -> None:
    assert (await api.get("/v1/activities")).status_code == 401
    await api.become("volunteer", Scope("volunteer", "V1"))
    shown = {one["activity"]: one for one in await listed(api, "/v1/activities")}
    assert set(shown) == {"A1", "A2", "A3"}
    made = await send(api, "/v1/activities/A1/sign-ups", {"volunteer": "V1"})
    assert (made.json()["state"], made.json()["by"]) == ("in", "")
    other = await send(api, "/v1/activities/A1/sign-ups", {"volunteer": "V2"})
    assert other.status_code == 403
    assert (await api.get("/v1/activities/A1/sign-ups")).status_code == 403
    [own] = await listed(api, "/v1/volunteers/V1/sign-ups")
    assert (own["state"], own["about"]["name"]) == ("in", "走")
    gone = await send(api, "/v1/activities/A1/sign-ups/V1/withdraw", {"reason": "出差"})
    assert gone.json()["state"] == "withdrawn"
    missing = await send(api, "/v1/activities/A9/sign-ups", {"volunteer": "V1"})
    assert missing.status_code == 404


async def test_staff_sign_people_up_where_they_may(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    key = {"Idempotency-Key": "same"}
    for _ in range(2):  # asked again, the answer is the same
        made = await api.post("/v1/activities/A1/sign-ups", json={"volunteer": "V1"}, headers=key)
        assert made.json()["state"] == "in"
    waits = await send(api, "/v1/activities/A1/sign-ups", {"volunteer": "V2"})
    assert (waits.json()["state"], waits.json()["position"]) == ("waiting", 1)
    elsewhere = await send(api, "/v1/activities/A2/sign-ups", {"volunteer": "V1"})
    assert elsewhere.status_code == 403
    await send(api, "/v1/activities/A1", {"capacity": 2})
    states = [one["state"] for one in await listed(api, "/v1/activities/A1/sign-ups")]
    assert states == ["in", "in"]
    assert "A1" in await programme(api)
    off = await send(api, "/v1/activities/A1/cancel", {"reason": "台风"})
    assert "A1" not in await programme(api)
    assert (off.json()["reason"], off.json()["sign_ups"]) == ("台风", {"in": 2})
    refused = await send(api, "/v1/activities/A1/sign-ups", {"volunteer": "V1"})
    assert refused.status_code == 422
    assert "台风" in refused.json()["detail"]


async def test_activities_come_in_parts(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    first = (await api.get("/v1/activities?limit=2")).json()
    assert [one["activity"] for one in first["items"]] == ["A3", "A1"]
    rest = (await api.get(f"/v1/activities?limit=2&after={first['next']}")).json()
    assert ([one["activity"] for one in rest["items"]], rest["next"]) == (["A2"], None)
    assert (await api.get("/v1/activities?after=WzFd")).status_code == 422
    lectures = await listed(api, f"/v1/activities?area={TOWN}&category=lecture")
    assert [one["activity"] for one in lectures] == ["A3"]


async def in_parts(api: Api, path: str, key: str) -> list[str]:
    """What a list has of each item, asked for one by one."""
    found, after = [], ""
    while True:
        page = (await api.get(f"{path}{'&' if '?' in path else '?'}limit=1{after}")).json()
        found += [one[key] for one in page["items"]]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def test_long_lists_come_in_parts_in_their_order(api: Api, filled: Recorder) -> None:
    at = "2026-01-02T08:00"
    record(filled, [
        *(shop_event("activity.signed-up", "A1", f"{at}:0{n}", volunteer=one)
          for n, one in enumerate(("V2", "V9", "V1", "V0"))),
        shop_event("activity.sign-up-withdrawn", "A1", f"{at}:30", volunteer="V1"),
        shop_event("activity.signed-up", "A2", f"{at}:00", volunteer="V2"),
        shop_event("activity.signed-up", "A7", f"{at}:01", volunteer="V2"),  # of no activity
        register("team", "T2", name="乙队", place=TOWN),
        register("team", "T3", name="别处", place=OTHER),
        register("resource", "R2", name="大巴", place=TOWN),
        *(shop_event("resource.booking-requested", "R1", f"{at}:0{n}", booking=f"b{n}",
                     starts_at=f"2030-01-0{9 - n}T08:00:00+08:00",
                     ends_at=f"2030-01-0{9 - n}T09:00:00+08:00") for n in range(3)),
    ])  # fmt: skip
    await api.become("officer", Scope("place", COUNTY))
    signed_up = await in_parts(api, "/v1/activities/A1/sign-ups", "volunteer")
    assert signed_up == ["V2", "V9", "V0", "V1"]  # in, waiting, waiting, withdrawn
    assert await in_parts(api, "/v1/volunteers/V2/sign-ups", "activity") == ["A1", "A2"]
    assert await in_parts(api, f"/v1/teams?area={TOWN}", "team") == ["T1", "T2"]
    assert await in_parts(api, f"/v1/resources?area={TOWN}", "resource") == ["R1", "R2"]
    assert await in_parts(api, "/v1/resources/R1/bookings", "booking") == ["b2", "b1", "b0"]
    forgeries: list[Any] = [[], ["x", "x"], [1, 2], {}, [2**63, "x"]]
    await api.become("auditor", Scope("place", EVERYWHERE))
    for path in ("activities", "activities/A1/sign-ups", "volunteers/V2/sign-ups", "teams",
                 "resources", "resources/R1/bookings", "orders", "complaints",
                 "providers/M1/benefits/uses"):  # fmt: skip
        for forged in forgeries:
            after = urlsafe_b64encode(orjson.dumps(forged)).decode().rstrip("=")
            answer = await api.get(f"/v1/{path}?after={after}")
            assert answer.status_code == 422, (path, forged, answer.text)


async def test_places_are_registered_merged_and_checked(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", COUNTY))
    before = await listed(api, f"/v1/places/tree?area={COUNTY}")
    assert [(one["depth"], one["name"]) for one in before] == [
        (0, "中心"),
        (1, "甲镇所"),
        (2, "东村站"),
        (1, "乙镇所"),
    ]
    for latitude in ("361", "NaN", "北"):
        unfit = {"name": "西村站", "kind": "sub-centre", "parent": TOWN, "latitude": latitude}
        wrong = (await send(api, "/v1/places/370102001002", unfit)).json()
        assert {one["field"]: one["what"] for one in wrong["errors"]} == {
            "place": "所的代码是 9 位加若干个 0，这个是 12 位",
            "parent": "上级是所，所的上级须是中心",
            "latitude": "纬度须是 -90 到 90 之间的度数，如 36.65",
            "longitude": "经度和纬度要一起填写",
        }
    nameless = await send(api, "/v1/places/370102001002", {"kind": "station"})
    assert nameless.json()["errors"] == [{"in": "body", "field": "name", "what": "必须填写"}]
    said = {"name": "西村站", "kind": "station", "parent": TOWN, "functions": ROOMS}
    assert (await send(api, "/v1/places/370102001002", said)).status_code == 200
    counts = {"year": 2026, "residents": 800, "full_time_staff": 1}
    whole = (await send(api, "/v1/places/370102001002/counts", counts)).json()
    assert (whole["functions"], whole["years"][0]["residents"]) == (ROOMS, 800)
    taken = await send(api, "/v1/places/370102001002", {**said, "new": True})
    assert [one["field"] for one in taken.json()["errors"]] == ["place"]
    for degree, shown in (("36.65", "36.65"), (None, None)):
        degrees = {"latitude": degree, "longitude": degree}
        changed = (await send(api, "/v1/places/370102001002", degrees)).json()
        assert (changed["latitude"], changed["name"]) == (shown, "西村站")
    assert (await listed(api, f"/v1/places/tree?area={OTHER}"))[1:] == []
    merged = await send(api, f"/v1/places/{TOWN}/merge", {"into": OTHER, "on": "2026-02-01"})
    assert merged.json()["closed"][0]["into"] == OTHER
    assert merged.json()["called"] == {COUNTY: "中心", OTHER: "乙镇所"}
    assert (await api.get(f"/v1/places/{OTHER}")).json()["merged_here"][0]["place"] == TOWN
    after = await listed(api, f"/v1/places/tree?area={COUNTY}")
    assert [(one["depth"], one["name"]) for one in after] == [
        (0, "中心"),
        (1, "乙镇所"),
        (2, "东村站"),
        (2, "西村站"),
    ]
    there = await listed(api, f"/v1/places/tree?area={OTHER}")
    assert [one["name"] for one in there] == ["乙镇所", "东村站", "西村站"]
    found = {one["message"] for one in await listed(api, f"/v1/places/check?area={COUNTY}")}
    assert "志愿服务队 0 支，至少应有 3 支" in found
    back = await send(api, f"/v1/places/{TOWN}/reopen", {"on": "2026-02-01"})
    assert back.json()["closed"] == []
    elsewhere = await send(api, "/v1/places/370103000000", {"name": "外县", "kind": "centre"})
    assert elsewhere.status_code == 403


async def test_places_and_teams_are_found_by_a_part_of_their_name(
    api: Api, filled: Recorder
) -> None:
    more = [
        register("team", f"T{number}", name=f"助老{number}队", place=VILLAGE, kind="elderly")
        for number in range(2, 5)
    ]
    assert not record(filled, [*more, register("place", "B1", name="书房 100%", kind="base",
                                               parent=VILLAGE)]).rejects  # fmt: skip
    await api.become("officer", Scope("place", TOWN))
    here = f"area={TOWN}&limit=1"
    parts: list[tuple[str, str, int]] = []
    after = ""
    while not parts or after:
        part = (await api.get(f"/v1/places/tree?{here}&after={after}" if after else
                              f"/v1/places/tree?{here}")).json()  # fmt: skip
        parts += [(one["name"], one["above_name"], one["depth"]) for one in part["items"]]
        after = part["next"]
    assert parts == [("甲镇所", "", 0), ("东村站", "甲镇所", 1), ("书房 100%", "东村站", 2)]

    async def named(path: str) -> list[str]:
        return [one["name"] for one in await listed(api, path)]

    assert await named(f"/v1/places/tree?area={TOWN}&text=村") == ["东村站"]
    assert await named(f"/v1/places/tree?area={TOWN}&text={VILLAGE[:12]}") == ["东村站"]
    assert await named(f"/v1/places/tree?area={TOWN}&text=001001") == []  # no beginning of a code
    assert await named(f"/v1/places/tree?area={TOWN}&text=0%25") == ["书房 100%"]
    assert await named(f"/v1/places/tree?area={TOWN}&text=乙") == []  # outside of the area
    assert (await api.get("/v1/places/tree?text=乙")).status_code == 403
    kinds = await listed(api, f"/v1/places/kinds?area={TOWN}")
    assert {one["kind"]: one["places"] for one in kinds} == {
        "sub-centre": 1,
        "station": 1,
        "base": 1,
    }
    first = (await api.get(f"/v1/teams?area={TOWN}&text=助老&limit=2")).json()
    rest = (await api.get(f"/v1/teams?area={TOWN}&text=助老&after={first['next']}")).json()
    found = [(one["name"], one["place_name"]) for one in [*first["items"], *rest["items"]]]
    assert found == [(f"助老{number}队", "东村站") for number in range(2, 5)]
    assert await named(f"/v1/teams?area={TOWN}&kind=theory&text=t") == ["宣讲队"]
    counts = (await api.get(f"/v1/teams/counts?area={TOWN}")).json()
    assert counts == {"teams": 4, "members": 1}


async def test_nobody_draws_over_what_is_the_countys_or_another_towns(
    api: Api, filled: Recorder
) -> None:
    record(filled, [
        register("team", "T0", name="总队", kind="general"),
        register("activity", "A0", name="全县大会"),
    ])  # fmt: skip
    await api.become("officer", Scope("place", OTHER))
    for path in ("teams/T0", "activities/A0", "teams/T1", "activities/A1", "resources/R1"):
        said = {"name": "我们的", "place": OTHER}
        assert (await send(api, f"/v1/{path}", said)).status_code == 403, path
    day = {"on": "2026-02-01"}
    for whole, part in ((OTHER, TOWN), (TOWN, OTHER)):
        merging = await send(api, f"/v1/places/{whole}/merge", {"into": part, **day})
        assert merging.status_code == 403
    assert (await send(api, "/v1/teams/T1/members", {"volunteer": "V2"})).status_code == 403
    assert (await send(api, "/v1/people/V1/leave", {"reason": ""})).status_code == 403
    assert (await send(api, "/v1/teams/T9", {"name": "新队", "place": OTHER})).status_code == 200
    await api.become("officer", Scope("place", COUNTY))
    assert (await send(api, "/v1/teams/T1", {"place": OTHER})).status_code == 200


async def test_a_resource_is_booked_once(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    day = (from_micros(filled.now(), CHINA) + timedelta(days=3)).date()
    span = {"starts_at": f"{day}T08:00", "ends_at": f"{day}T10:00"}
    made = (await send(api, "/v1/resources/R1/bookings", {**span, "whose": "T1"})).json()
    assert (made["state"], made["starts_at"]) == ("stands", f"{day}T08:00:00+08:00")
    assert made["whose_name"] == "宣讲队"
    again = await send(api, "/v1/resources/R1/bookings", span)
    assert made["booking"] in again.json()["detail"]
    await send(api, f"/v1/resources/R1/bookings/{made['booking']}/cancel", {"reason": "改期"})
    assert (await send(api, "/v1/resources/R1/bookings", span)).status_code == 200
    states = [one["state"] for one in await listed(api, "/v1/resources/R1/bookings")]
    assert sorted(states) == ["cancelled", "stands"]
    await api.become("officer", Scope("place", OTHER))
    assert (await send(api, "/v1/resources/R1/bookings", span)).status_code == 403


async def test_teams_and_people(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", COUNTY))
    assert [one["members"] for one in await listed(api, f"/v1/teams?area={COUNTY}")] == [1]
    wrong = await send(api, "/v1/teams/T2", {"name": "队", "place": TOWN, "kind": "nonsense"})
    assert wrong.json()["errors"][0]["field"] == "kind"
    nobody = await send(api, "/v1/teams/T2", {"name": "队", "place": TOWN, "leader": "V99"})
    assert [one["field"] for one in nobody.json()["errors"]] == ["leader"]
    assert [one["team"] for one in await listed(api, f"/v1/teams?area={COUNTY}")] == ["T1"]
    led = await send(api, "/v1/teams/T2", {"name": "队", "place": TOWN, "leader": "V1"})
    assert [(one["volunteer"], one["role"]) for one in led.json()["members"]] == [("V1", "leader")]
    over = await send(api, "/v1/teams/T2/dissolve", {"reason": "并入宣讲队"})
    assert (over.json()["members"], over.json()["dissolved_at"] is None) == ([], False)
    assert [one["team"] for one in await listed(api, f"/v1/teams?area={COUNTY}")] == ["T1"]
    for path in ("dissolve", "members"):
        said = {"volunteer": "V1"} if path == "members" else {}
        assert "已经解散" in (await send(api, f"/v1/teams/T2/{path}", said)).json()["detail"]
    again = await send(api, "/v1/teams/T2", {"name": "二队"})
    assert (again.json()["dissolved_at"], again.json()["members"]) == (None, [])
    joined = await send(api, "/v1/teams/T1/members", {"volunteer": "V2", "role": "leader"})
    assert [(one["volunteer"], one["role"]) for one in joined.json()["members"]] == [
        ("V1", "member"),
        ("V2", "leader"),
    ]
    left = await send(api, "/v1/teams/T1/members/V1/leave", {"reason": ""})
    assert [one["volunteer"] for one in left.json()["members"]] == ["V2"]
    was = {one["volunteer"]: one["until"] is None for one in left.json()["history"]}
    assert (was, left.json()["names"]) == ({"V1": False, "V2": True}, {TOWN: "甲镇所"})
    counts = await listed(api, f"/v1/people?area={COUNTY}")
    assert [(one["place"], one["volunteers"], one["party_members"]) for one in counts] == [
        (TOWN, 1, 0),
        (OTHER, 1, 1),
    ]
    assert (await api.get(f"/v1/people/skills?area={TOWN}")).json() == {"skills": {"急救": 1}}
    [unit] = await listed(api, f"/v1/people/party?area={COUNTY}")
    assert (unit["unit"], unit["members"], unit["took_part"]) == ("U1", 1, 0)
    assert (await send(api, "/v1/people/V2/leave", {"reason": "迁出"})).status_code == 200
    assert len(await listed(api, f"/v1/people?area={COUNTY}")) == 1
    assert (await send(api, "/v1/people/V2/leave", {"reason": "迁出"})).status_code == 422


async def test_a_volunteer_sees_where_they_belong(api: Api, filled: Recorder) -> None:
    await api.become("volunteer", Scope("volunteer", "V1"))
    mine = (await api.get("/v1/volunteers/V1/belonging")).json()
    assert [one["name"] for one in mine["places"]] == ["东村站", "甲镇所", "中心"]
    assert [(one["name"], one["role"], one["until"]) for one in mine["teams"]] == [
        ("宣讲队", "member", None)
    ]
    assert (await api.get("/v1/volunteers/V2/belonging")).status_code == 403


async def test_a_plan_is_made_and_held_against_what_was_done(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    year = from_micros(filled.now(), CHINA).year
    items = [{"title": "宣讲", "category": "lecture", "times": 2}]
    said = {"of": "place", "period": f"{year}", "items": items}
    made = (await send(api, f"/v1/plans/{TOWN}", said)).json()
    assert [(one["title"], one["times"], one["held"]) for one in made["items"]] == [
        ("宣讲", 2, ["A3"])
    ]
    record(filled, [shop_event("plan.made", "T9", of="team", period=f"{year}", items=items)])
    assert [one["whose"] for one in await listed(api, f"/v1/plans?area={TOWN}")] == [TOWN]
    [held] = await listed(api, f"/v1/held?period={year}&area={TOWN}")
    assert (held["category"], held["activities"], held["seconds"]) == ("lecture", 1, 7200)
    assert (await api.get("/v1/held?period=26")).status_code == 422
    twice = await send(api, f"/v1/plans/{TOWN}", {**said, "new": True})
    assert twice.json()["errors"][0]["field"] == "period"
    blank = await send(api, f"/v1/plans/{TOWN}", {**said, "items": [{"title": " "}]})
    assert blank.json()["errors"][0]["field"] == "items.0.title"
    await send(api, f"/v1/plans/{TOWN}", {**said, "period": f"{year}-02"})
    await send(api, f"/v1/plans/{TOWN}", {**said, "period": f"{year - 1}-12"})
    query = f"/v1/plans?area={TOWN}&year={year}&limit=1"
    first = (await api.get(query)).json()
    rest = (await api.get(f"{query}&after={first['next']}")).json()
    assert [(one["whose_name"], one["period"]) for one in [*first["items"], *rest["items"]]] == [
        ("甲镇所", f"{year}"),
        ("甲镇所", f"{year}-02"),
    ]
    assert rest["next"] is None
    months = await listed(api, f"/v1/held/months?year={year}&area={TOWN}")
    assert [(one["planned"], one["held"]) for one in months[:3]] == [
        (0, {"lecture": 1}), (2, {}), (0, {}),
    ]  # fmt: skip


@pytest.mark.parametrize("period", ["0000", "9999", "9999-12", "２０２６", "2026-13"])
async def test_a_period_that_is_none_is_refused_wherever_it_comes_from(
    api: Api, filled: Recorder, period: str
) -> None:
    made = shop_event("plan.made", TOWN, of="place", period=period, items=[{"title": "走"}])
    assert [one.code for one in record(filled, [made]).rejects] == ["invalid"]
    await api.own()
    for path in ("/v1/held", "/v1/plans"):
        answer = await api.get(path, params={"period": period})
        assert answer.status_code == 422, answer.text
    said = {"of": "place", "period": period, "items": []}
    assert (await send(api, f"/v1/plans/{TOWN}", said)).status_code == 422
