"""Do the desk, the team and the resident get an order through by HTTP, each only their part?"""

from typing import Any
from uuid import uuid4

import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.recording.catching_up import catch_up
from ledger.recording.recorder import Recorder
from tests.api.browser import FROM_OUR_PAGE, Api
from tests.builders import record, register, shop_event

TOWN, VILLAGE, ELSEWHERE = "370102001000", "370102001001", "370102002001"
WISH = {"place": VILLAGE, "category": "助老", "skills": ["理发"], "text": "上门理发"}


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    record(recorder, [
        register("place", VILLAGE, name="东村站", kind="station"),
        register("team", "T1", name="助老队", place=TOWN),
        register("volunteer", "V1", name="王", place=VILLAGE, skills=["理发"]),
        register("volunteer", "V2", name="李", place=VILLAGE),
        shop_event("membership.joined", "V1", "2026-01-02T08:00", team="T1", role="leader"),
        shop_event("membership.joined", "V2", "2026-01-02T08:00", team="T1"),
    ])  # fmt: skip
    return recorder


async def said(api: Api, path: str, body: dict[str, Any], code: int = 200) -> Any:
    headers = {"Idempotency-Key": uuid4().hex}
    answer = await api.post(f"/v1/orders{path}", json=body, headers=headers)
    assert answer.status_code == code, answer.text
    return answer.json()


async def test_desk_team_and_resident_each_do_their_part(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    placed = await said(api, "", WISH, 201)
    ident, code = placed["id"], placed["rating_code"]
    assert (placed["state"], placed["names"][VILLAGE]) == ("placed", "东村站")
    found = (await api.get(f"/v1/orders/{ident}/suggestions")).json()
    assert [(one["kind"], one["id"]) for one in found["items"]][:2] == [
        ("volunteer", "V1"), ("team", "T1"),
    ]  # fmt: skip
    assert all(
        one["score"] == sum(why["points"] for why in one["reasons"]) for one in found["items"]
    )
    await said(api, f"/{ident}/dispatch", {"team": "T1"})
    await api.become("volunteer", Scope("volunteer", "V2"))  # a member, who does not lead it
    await said(api, f"/{ident}/accept", {"volunteers": ["V2"]}, 403)
    await api.become("volunteer", Scope("volunteer", "V1"))
    accepted = await said(api, f"/{ident}/accept", {"volunteers": ["V1", "V2"]})
    assert (accepted["state"], accepted["team"]) == ("accepted", "T1")
    await said(api, f"/{ident}/done", {}, 403)
    programme = (await api.get("/v1/kiosk/programme", params={"place": VILLAGE})).json()
    assert [one["id"] for one in programme["activities"]] == [accepted["activity"]]

    async with Api(api.serving, "10.0.0.9") as resident:
        rating = {"order": ident, "code": code, "stars": 1, "complaint": True, "comment": "没来"}
        wrong = await resident.post("/v1/order-ratings", json={**rating, "code": "00000000"})
        assert wrong.status_code == 422 and "评单码" in wrong.json()["detail"]
        assert (await resident.post("/v1/order-ratings", json=rating)).status_code == 200
        assert (await resident.post("/v1/order-ratings", json=rating)).status_code == 409
        assert (await resident.get(f"/v1/orders/{ident}")).status_code == 401

    await api.become("officer", Scope("place", TOWN))
    bonus = {"rewards": [{"volunteer": "V1", "points": "5"}], "basis": "月评"}
    assert "投诉未了" in (await said(api, f"/{ident}/reward", bonus, 422))["detail"]
    await said(api, f"/{ident}/call-back", {"reached": True, "note": "改天已补做"})
    await said(api, f"/{ident}/rate", {"stars": 4, "told_by": "call-back"})
    now = await said(api, f"/{ident}/reward", bonus)
    assert (now["state"], now["stars"], now["complaint"]) == ("rewarded", 4, False)
    assert "李" in now["steps"][-1]["said"]["by"]
    while catch_up(filled):
        pass
    assert (await api.get("/v1/volunteers/V1")).status_code == 200


async def test_the_queue_is_that_of_the_readers_places_in_parts(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", EVERYWHERE))
    for number in range(5):
        await said(api, "", {**WISH, "text": f"第{number}单"}, 201)
    await said(api, "", {**WISH, "place": ELSEWHERE}, 201)
    await api.become("auditor", Scope("place", TOWN))
    assert (await api.get("/v1/orders")).status_code == 403
    texts, after = [], None
    for _ in range(3):
        params: dict[str, str | int] = {"place": TOWN, "limit": 2}
        params |= {"after": after} if after else {}
        page = (await api.get("/v1/orders", params=params)).json()
        texts += [one["text"] for one in page["items"]]
        after = page["next"]
    assert texts == [f"第{number}单" for number in range(5)] and after is None
    counts = (await api.get("/v1/orders/counts", params={"place": TOWN})).json()["states"]
    assert counts[0] == {"state": "placed", "title": "待派单 placed", "orders": 5, "overdue": 0}
    for query in (
        {"state": "done"}, {"overdue": True}, {"complaint": True}, {"team": "T1"},
        {"responsible": TOWN},
    ):  # fmt: skip
        asked = await api.get("/v1/orders", params={"place": TOWN, **query})
        assert asked.json()["items"] == []


async def test_the_queue_begins_with_what_is_due_and_is_searched(
    api: Api, filled: Recorder
) -> None:
    await api.become("officer", Scope("place", EVERYWHERE))
    days = {"末": "2027-03-01", "首": "2027-01-01", "中": "2027-02-01"}
    for text, day in days.items():
        await said(api, "", {**WISH, "text": text, "due": f"{day}T08:00:00Z"}, 201)
    gone = (await said(api, "", {**WISH, "text": "100%"}, 201))["id"]
    await said(api, f"/{gone}/cancel", {"reason": "不要了"})  # and has no deadline then

    async def found(**asked: str | int) -> list[str]:
        texts: list[str] = []
        params = {"place": TOWN, "first": "due", "limit": 2, **asked}
        while True:
            page = (await api.get("/v1/orders", params=params)).json()
            texts += [one["text"] for one in page["items"]]
            if page["next"] is None:
                return texts
            params["after"] = page["next"]

    assert await found() == ["首", "中", "末", "100%"]
    assert await found(text="0%") == ["100%"] == await found(text=gone[-5:].upper())
    assert await found(text="理发") == [] and len(await found(text="助老")) == 4
    assert await found(responsible=VILLAGE, state="cancelled") == ["100%"]
    assert await found(responsible=TOWN) == []


async def test_a_volunteer_sees_their_own_orders_and_no_others(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", EVERYWHERE))
    ident = (await said(api, "", WISH, 201))["id"]
    await said(api, f"/{ident}/dispatch", {"volunteer": "V2"})
    other = (await said(api, "", WISH, 201))["id"]
    await api.become("volunteer", Scope("volunteer", "V2"))
    own = (await api.get("/v1/orders", params={"volunteer": "V2"})).json()["items"]
    assert [one["id"] for one in own] == [ident]
    assert (await api.get(f"/v1/orders/{ident}")).status_code == 200
    assert (await api.get(f"/v1/orders/{other}")).status_code == 403
    await api.become("officer", Scope("place", EVERYWHERE))
    of_team = (await said(api, "", WISH, 201))["id"]
    await said(api, f"/{of_team}/dispatch", {"team": "T1"})
    await api.become("volunteer", Scope("volunteer", "V1"))  # who leads it
    led = (await api.get("/v1/orders", params={"volunteer": "V1"})).json()["items"]
    assert [one["id"] for one in led] == [of_team]
    await api.become("volunteer", Scope("volunteer", "V2"))
    assert (await api.get("/v1/orders", params={"volunteer": "V1"})).status_code == 403
    gone = await said(api, f"/{ident}/decline", {"reason": "当天有事"})
    assert (gone["state"], gone["volunteer"]) == ("placed", None)


async def test_whom_nobody_knows_is_refused_by_name(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    ident = (await said(api, "", WISH, 201))["id"]
    for whom, wrong in (({"team": "T9"}, "team T9"), ({"volunteer": "V9"}, "volunteer V9")):
        assert wrong in (await said(api, f"/{ident}/dispatch", whom, 422))["detail"]
    record(filled, [shop_event("volunteer.left", "V2", "2026-02-01T08:00")])
    gone = await said(api, f"/{ident}/dispatch", {"volunteer": "V2"}, 422)
    assert "已注销: V2" in gone["detail"]
    over = {"name": "旧队", "place": TOWN, "dissolved_at": "2026-02-01T08:00:00+08:00"}
    record(filled, [register("team", "T8", **over)])
    dissolved = await said(api, f"/{ident}/dispatch", {"team": "T8"}, 422)
    assert "已解散: team T8" in dissolved["detail"]
    await said(api, f"/{ident}/dispatch", {"team": "T1"})
    typo = await said(api, f"/{ident}/accept", {"volunteers": ["V1", "v1"]}, 422)
    assert "volunteer v1" in typo["detail"]
    await said(api, f"/{ident}/accept", {"volunteers": ["V1"]})
    await said(api, f"/{ident}/done", {})
    await said(api, f"/{ident}/rate", {"stars": 5})
    bonus = {"rewards": [{"volunteer": "V9", "points": "5"}], "basis": "月评"}
    assert "volunteer V9" in (await said(api, f"/{ident}/reward", bonus, 422))["detail"]
    bonus["rewards"] = [{"volunteer": "V2", "points": "5"}]  # who served, and has left since
    await said(api, f"/{ident}/reward", bonus)


async def test_no_number_that_says_who_somebody_is_gets_into_the_log(
    api: Api, filled: Recorder
) -> None:
    await api.become("officer", Scope("place", TOWN))
    told = "请勿填写电话或身份证号"
    number = {**WISH, "text": "王大爷上门理发，电话13812345678"}
    assert told in (await said(api, "", number, 422))["detail"]
    made = await said(api, "", WISH, 201)
    ident = made["id"]
    await said(api, f"/{ident}/dispatch", {"team": "T1"})
    await said(api, f"/{ident}/accept", {})
    rating = {"order": ident, "code": made["rating_code"], "stars": 5}
    comment = {"comment": "谢谢，我是370181199001011237"}
    async with Api(api.serving, "10.0.0.9") as resident:
        refused = await resident.post("/v1/order-ratings", json={**rating, **comment})
        assert (refused.status_code, told in refused.json()["detail"]) == (422, True)
        assert (await resident.post("/v1/order-ratings", json=rating)).status_code == 200


async def test_nobody_lays_hands_on_anothers_activity_by_an_order(
    api: Api, filled: Recorder
) -> None:
    """A complaint about an order holds every visit of its activity."""
    record(filled, [
        register("team", "T2", name="乙镇队", place="370102002000"),
        register("activity", "A1", name="自己的", place=VILLAGE),
        register("activity", "A2", name="别镇的", place=ELSEWHERE),
        register("activity", "A3", name="本队的", place="370102002000", team="T1"),
    ])  # fmt: skip
    await api.become("officer", Scope("place", TOWN))
    ident = (await said(api, "", WISH, 201))["id"]
    await said(api, f"/{ident}/dispatch", {"team": "T1"})
    await said(api, f"/{ident}/accept", {"activity": "A2"}, 403)
    await said(api, f"/{ident}/accept", {"activity": "A3"}, 403)  # which is another township's
    assert "A9" in (await said(api, f"/{ident}/accept", {"activity": "A9"}, 422))["detail"]
    await said(api, f"/{ident}/accept", {"activity": "A1"})
    await api.become("volunteer", Scope("volunteer", "V1"))  # who leads T1
    await said(api, f"/{ident}/accept", {"activity": "A2"}, 403)
    again = await said(api, f"/{ident}/accept", {"activity": "A3", "volunteers": ["V2"]})
    assert again["activity"] == "A3"
    await api.become("volunteer", Scope("volunteer", "V2"))  # who carries it out
    assert (await api.get(f"/v1/orders/{ident}")).status_code == 200


async def test_a_volunteer_named_with_the_team_may_answer_and_its_managers_may_not(
    api: Api, filled: Recorder
) -> None:
    record(filled, [
        register("team", "T1", "2026-03-01T08:00", name="助老队", place=TOWN, managers=["V3"]),
        register("volunteer", "V3", place=VILLAGE),
    ])  # fmt: skip
    await api.become("officer", Scope("place", TOWN))
    ident = (await said(api, "", WISH, 201))["id"]
    await said(api, f"/{ident}/dispatch", {"team": "T1", "volunteer": "V2"})
    await api.become("volunteer", Scope("volunteer", "V3"))  # who redeems for it
    await said(api, f"/{ident}/accept", {}, 403)
    await api.become("volunteer", Scope("volunteer", "V2"))
    [own] = (await api.get("/v1/orders", params={"volunteer": "V2"})).json()["items"]
    assert (own["id"], own["state"]) == (ident, "dispatched")
    assert (await said(api, f"/{ident}/accept", {}))["state"] == "accepted"


async def test_what_has_no_effect_is_refused_with_its_reason(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", TOWN))
    ident = (await said(api, "", WISH, 201))["id"]
    assert "待派单" in (await said(api, f"/{ident}/done", {}, 422))["detail"]
    assert "派给谁" in (await said(api, f"/{ident}/dispatch", {}, 422))["detail"]
    await said(api, "/O9/dispatch", {"team": "T1"}, 404)
    await said(api, "", {**WISH, "place": ELSEWHERE}, 403)
    without_key = await api.post("/v1/orders", json=WISH, headers=FROM_OUR_PAGE)
    assert without_key.status_code == 422
