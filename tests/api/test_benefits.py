"""Does a provider serve whoever shows their code, and are honours given in turn?"""

from datetime import date
from typing import Any

import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.core.rulebook import parse
from tests.api.browser import Api
from tests.builders import record, register, used, visit
from tests.test_benefits import POLICY

COUNTY, TOWN = "370102000000", "370102001000"


@pytest.fixture
async def served(api: Api) -> Api:
    """V1 has 5 hours; a bus company is registered. The policy grants a bus card and a check-up."""
    recorder = api.serving.recorder
    recorder.adopt(parse(POLICY, "test"), date(2026, 1, 1), by="test")
    while recorder.apply_adoptions():
        pass
    record(
        recorder,
        [
            register("volunteer", "V1", name="王秀兰", place=TOWN),
            register("merchant", "BUS", name="公交公司", place=COUNTY),
            register("merchant", "HOSP", name="县医院", place=COUNTY),
            *visit("V1", "2026-05-01", "08:00", "13:00"),
        ],
    )
    return api


def code(api: Api) -> str:
    return api.serving.codes.make("V1", api.serving.recorder.now()).text


async def asked(api: Api, path: str, key: str, status: int = 200, **said: Any) -> dict[str, Any]:
    answer = await api.post(path, json=said, headers={"Idempotency-Key": key})
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_provider_books_what_the_code_s_owner_may_have(served: Api) -> None:
    api, path = served, "/v1/providers/BUS/benefits"
    await api.become("till", Scope("merchant", "HOSP"))
    await asked(api, f"{path}/check", "ride-0001", 403, code=code(api))
    await api.become("till", Scope("merchant", "BUS"))
    await asked(api, f"{path}/check", "ride-0001", 422, code="V1-00000000")
    shown = code(api)
    found = await asked(api, f"{path}/check", "ride-0001", code=shown)
    assert (found["volunteer"], found["name"]) == ("V1", "王**")
    assert [(one["benefit"], one["left"]) for one in found["claims"]] == [
        ("bus_card", 1),
        ("check_up", 1),
    ]
    assert found["claims"][0]["clauses"] == ["服务满2小时的,发公交年卡一张,当年有效"]
    await asked(api, f"{path}/use", "ride-0002", 409, code=shown, benefit="bus_card")
    made = await asked(api, f"{path}/use", "ride-0001", code=shown, benefit="bus_card")
    again = await asked(api, f"{path}/use", "ride-0001", code=shown, benefit="bus_card")
    assert made == again
    assert (made["left"], made["use"]["use"]) == (0, "provider/BUS#ride-0001")

    listed = (await api.get(f"{path}/uses")).json()
    assert [one["use"] for one in listed["items"]] == ["provider/BUS#ride-0001"]
    undone: dict[str, Any] = {"volunteer": "V1", "use": "provider/BUS#ride-0001", "reason": "刷错"}
    assert (await asked(api, f"{path}/cancel", "undo-0001", **undone))["cancelled"]
    await asked(api, f"{path}/cancel", "undo-0002", 422, **undone)

    await api.become("reviewer", Scope("place", COUNTY))
    one = "/v1/volunteers/V1/benefits"
    await asked(api, f"{one}/bus_card", "w-1", withdrawn=True, reason="失信")
    await asked(api, f"{one}/bus_card", "w-2", 422, withdrawn=True, reason="失信")
    await api.become("volunteer", Scope("volunteer", "V1"))
    own = (await api.get(one)).json()
    assert [(each["benefit"], each["state"]) for each in own["claims"]] == [
        ("bus_card", "withdrawn"),
        ("check_up", "open"),
    ]
    assert [each["cancelled"] for each in own["uses"]] == []
    await asked(api, f"{one}/bus_card", "w-3", 403, withdrawn=False, reason="x")


async def test_uses_without_cover_are_listed_in_parts(served: Api) -> None:
    api = served
    await api.become("auditor", Scope("place", EVERYWHERE))
    events = [used(f"X{n}", "2026-05-03T09:00", "bus_card", ident=f"u{n}") for n in range(3)]
    record(api.serving.recorder, events)
    found, after = [], ""
    while True:
        page = (await api.get(f"/v1/benefits/uncovered?limit=2{after}")).json()
        found += [one["volunteer"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert found == ["X0", "X1", "X2"]


async def test_an_honour_by_http(served: Api) -> None:
    api = served
    said: dict[str, Any] = {
        "nomination": "N1",
        "honour": "优秀志愿者",
        "nominee": "V1",
        "place": TOWN,
    }
    await api.become("officer", Scope("place", "370103000000"))
    await asked(api, "/v1/honours", "k1", 403, **said)
    elsewhere = {**said, "place": "370103000000"}  # whom they may not even know
    assert "王秀兰" not in str(await asked(api, "/v1/honours", "k0", 403, **elsewhere))
    await api.become("officer", Scope("place", COUNTY))
    await asked(api, "/v1/honours", "k2", 422, **said, rests_on="star/2")
    made = await asked(api, "/v1/honours", "k3", 201, **said, rests_on="star/1")
    assert made["state"] == "nominated"
    await asked(api, "/v1/honours/N1", "k4", 403, step="decided", decision="approved")
    await api.become("reviewer", Scope("place", TOWN))
    await asked(api, "/v1/honours/N1", "k5", 422, step="conferred")
    await asked(api, "/v1/honours/N1", "k6", step="decided", decision="approved")
    shown = await asked(
        api, "/v1/honours/N1", "k7", step="published", since="2026-01-01", until="2026-01-07"
    )
    assert (shown["state"], [one["step"] for one in shown["steps"]]) == (
        "published",
        ["nominated", "decided", "published"],
    )
    due = (await api.get(f"/v1/honours?due=true&place={TOWN}")).json()["items"]
    assert [one["nomination"] for one in due] == ["N1"]
    await asked(api, "/v1/honours/N1", "k8", step="conferred", document="〔2026〕1号")
    assert (await api.get("/v1/honours/N1")).json()["state"] == "conferred"
    assert (await api.get("/v1/honours/N9")).status_code == 404
