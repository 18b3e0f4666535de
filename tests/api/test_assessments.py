"""Do projects and assessments answer by HTTP what the ledger has, to whoever may ask there?"""

from typing import Any

import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.recording.recorder import Recorder
from tests.api.browser import Api
from tests.builders import record, register, shop_event, visit

CITY, COUNTY, OTHER = "370100000000", "370102000000", "370103000000"
STATION = "370102001001"


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    """Two centres, a station, and an activity of the project P1 at it."""
    place: Any = {"functions": ["讲堂", "书屋", "棋室"]}
    receipt = record(recorder, [
        register("place", COUNTY, name="历下中心", kind="centre", **place),
        register("place", OTHER, name="市中中心", kind="centre"),
        register("place", STATION, name="青年社区站", kind="station", community="urban", **place),
        shop_event("place.counted", COUNTY, year=2026, residents=4, full_time_staff=5),
        register("volunteer", "V1", place=STATION),
        register("activity", "A1", name="课堂", place=STATION, project="P1", category="lecture"),
        *visit("V1", "2026-05-01", "08:00", "10:30"),
    ])  # fmt: skip
    assert not receipt.rejects
    return recorder


async def post(api: Api, path: str, key: str, body: dict[str, Any]) -> Any:
    return await api.post(path, json=body, headers={"Idempotency-Key": key})


async def test_a_project_takes_its_steps_once_and_says_why_not(api: Api, filled: Recorder) -> None:
    await api.become("officer", Scope("place", COUNTY))
    called = {"title": "征集", "place": COUNTY, "year": 2026, "until": "2199-01-01T00:00:00+08:00"}
    assert (await post(api, "/v1/project-calls/C1", "call", called)).status_code == 200
    [call] = (await api.get(f"/v1/project-calls?place={COUNTY}")).json()["items"]
    assert call["by"].startswith("李 <pass#")

    async def step(kind: str, key: str, **data: Any) -> Any:
        body = {"step": kind, "data": data}
        return await post(api, "/v1/projects/P1/steps", key, body)

    about = {"name": "四点半课堂", "place": STATION, "call": "C1"}
    assert (await step("admitted", "0", library=COUNTY)).status_code == 404
    assert (await step("submitted", "1", **{**about, "place": OTHER})).status_code == 403
    assert (await step("submitted", "1b", **about)).json()["state"] == "submitted"
    again = await step("submitted", "1b", **about)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await step("screened", "2", outcome="pass", experts=1)).json()["state"] == "screened"
    early = await step("admitted", "3", library=COUNTY)
    assert early.status_code == 422
    assert "is screened 通过初筛" in early.json()["detail"]
    await step("scored", "4", expert="E1", score="88")
    wrong = await step("supported", "5", form="things", yuan="1")
    assert "name the things" in wrong.json()["detail"]
    wrong = await step("admitted", "6a", library=STATION)
    assert "a library is of a centre" in wrong.json()["detail"]
    await step("admitted", "6", library=COUNTY)
    await step("supported", "7", form="money", yuan="500")
    told = (await step("brand-named", "8", level="station", of=STATION)).json()
    assert [one["kind"] for one in told["steps"]] == [
        "submitted", "screened", "scored", "admitted", "supported", "brand-named",
    ]  # fmt: skip
    assert told["served"] == {"activities": 1, "volunteers": 1, "seconds": 9000}
    assert (told["average"], told["money"], told["brands"]) == ("88", "500.00", ["station"])
    [listed] = (await api.get(f"/v1/projects?place={COUNTY}&state=library")).json()["items"]
    assert (listed["project"], listed["title"]) == ("P1", "已入库")
    await api.become("officer", Scope("place", OTHER), "王")
    assert (await api.get("/v1/projects/P1")).status_code == 403
    assert (await step("ended", "9", reason="x")).status_code == 403
    # a station may not put its own project into the county's library, nor make it a city's brand
    await api.become("officer", Scope("place", STATION), "赵")
    await step("brand-withdrawn", "10", level="station")
    refused: list[tuple[str, dict[str, str]]] = [
        ("brand-named", {"level": "city", "of": CITY}),
        ("brand-named", {"level": "county", "of": COUNTY}),
        ("admitted", {"library": COUNTY}),
    ]
    for number, (kind, about) in enumerate(refused):
        assert (await step(kind, f"11-{number}", **about)).status_code == 403, about
    assert (await step("brand-named", "12", level="station", of=STATION)).status_code == 200
    assert (await api.get("/v1/projects/P9")).status_code == 404


async def test_an_assessment_what_is_missing_and_its_report(api: Api, filled: Recorder) -> None:
    await api.become("auditor", Scope("place", COUNTY))
    asked = f"place={COUNTY}&year=2026"
    told = (await api.get(f"/v1/assessments?{asked}")).json()
    lines = {(one["indicator"], one["level"]): one for one in told["indicators"]}
    own = lines["registered-volunteers", "centre"]["line"]
    assert (own["actual"], own["due"], own["of"], own["met"]) == (1, "0.6", 4, True)
    assert (lines["lectures", "station"]["asked"], lines["lectures", "station"]["met"]) == (1, 0)
    assert [one["place"] for one in told["places"]] == [STATION]
    found: list[Any] = []
    after = ""
    while True:
        said = (await api.get(f"/v1/assessments/missing?{asked}&limit=3{after}")).json()
        found += said["items"]
        if said["next"] is None:
            break
        after = f"&after={said['next']}"
    [lecture] = [one for one in found if one["indicator"] == "lectures"]
    assert (lecture["whose"], lecture["lacking"]) == (STATION, 3)
    assert len(found) == len({(one["indicator"], one["whose"]) for one in found})
    for form, start in (("xlsx", b"PK"), ("pdf", b"%PDF")):
        answer = await api.get(f"/v1/assessments/report.{form}?{asked}")
        assert answer.content.startswith(start), form
    [edition] = (await api.get("/v1/assessments/editions?year=2026")).json()["items"]
    assert len(edition["indicators"]) == 13
    assert (await api.get(f"/v1/assessments?place={OTHER}&year=2026")).status_code == 403
    for bad in ("year=2999", "edition=x", "place=3709"):
        answer = await api.get(f"/v1/assessments?{asked}&{bad}")
        assert answer.status_code in (403, 422), bad


async def test_draws_findings_and_results(api: Api, filled: Recorder) -> None:
    await api.become("reviewer", Scope("place", EVERYWHERE))
    draw = {"stage": "cross-review", "year": 2026, "place": CITY, "of": "centre", "seed": "6 2"}
    made = (await post(api, "/v1/assessments/draws", "d", draw)).json()
    pairs = {one["reviewer"]: one["reviewed"] for one in made["pairs"]}
    assert pairs == {COUNTY: OTHER, OTHER: COUNTY}
    again = (await api.get(f"/v1/assessments/draws/{made['draw']}")).json()
    assert again["same_list"] and again["same_outcome"]
    assert (await api.get("/v1/assessments/draws/none")).status_code == 404
    said = {"place": COUNTY, "stage": "cross-review", "year": 2026, "draw": made["draw"]}
    said |= {"indicator": "function-rooms", "verdict": "met", "seen": "3"}
    refused = await post(api, "/v1/assessments/findings", "f0", {**said, "reviewer": COUNTY})
    assert f"is reviewed by {OTHER}" in refused.json()["detail"]
    kept = await post(api, "/v1/assessments/findings", "f1", {**said, "reviewer": OTHER})
    assert kept.json()["verdict"] == "met"
    [finding] = (await api.get(f"/v1/assessments/findings?place={CITY}&year=2026")).json()["items"]
    assert (finding["place"], finding["reviewer"]) == (COUNTY, OTHER)
    now = (await api.get(f"/v1/assessments?place={COUNTY}&year=2026")).json()
    filed = await post(api, "/v1/assessments/results", "r", {"place": COUNTY, "year": 2026})
    assert (filed.json()["score"], filed.json()["digest"]) == (now["score"], now["digest"])
    [result] = (await api.get(f"/v1/assessments/results?place={COUNTY}")).json()["items"]
    assert result["grade"] == now["grade"]
    await api.become("auditor", Scope("place", EVERYWHERE), "王")
    assert (await post(api, "/v1/assessments/draws", "d2", draw)).status_code == 403
