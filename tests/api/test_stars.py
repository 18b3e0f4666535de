"""Do the API's star tables and lists say what the ledger counts, where one may look?"""

from typing import Any

import pytest

from ledger.access import EVERYWHERE, Scope
from ledger.recording.recorder import Recorder
from tests.api.browser import Api
from tests.builders import record, register, visit

COUNTY, TOWN, VILLAGE, OTHER = "370102000000", "370102001000", "370102001001", "370102002000"


@pytest.fixture
def filled(recorder: Recorder) -> Recorder:
    """V01 … V06, of two townships; even ones have a star."""
    record(recorder, [
        register("place", COUNTY, name="历下区", kind="centre"),
        register("place", TOWN, name="解放路街道", kind="sub-centre", parent=COUNTY),
        register("place", VILLAGE, name="青年社区", kind="station", parent=TOWN),
        register("place", OTHER, name="千佛山街道", kind="sub-centre", parent=COUNTY),
        register("place", "S1", name="图书馆", kind="base", parent=TOWN),
    ])  # fmt: skip
    for number in range(1, 7):
        name = f"V{number:02}"
        record(recorder, [register("volunteer", name, place=VILLAGE if number < 5 else OTHER)])
        days = 8 if number % 2 == 0 else 1
        record(recorder, [
            one for day in range(1, days + 1)
            for one in visit(name, f"2026-05-{day:02}", "08:00", "22:00")
        ])  # fmt: skip
    return recorder


async def test_a_star_table(api: Api, filled: Recorder) -> None:
    await api.become("auditor", Scope("place", EVERYWHERE))
    said = (await api.get(f"/v1/stars?place={COUNTY}")).json()
    assert said["levels"] == ["0", "1", "2", "3", "4", "5"]
    assert said["stars"] == {"0": 3, "1": 3}
    assert [(one["place"], one["name"], one["stars"]) for one in said["places"]] == [
        (TOWN, "解放路街道", {"0": 2, "1": 2}),
        (OTHER, "千佛山街道", {"0": 1, "1": 1}),
    ]


@pytest.mark.parametrize("limit", [1, 2, 50])
async def test_who_has_a_star_part_by_part(api: Api, filled: Recorder, limit: int) -> None:
    await api.become("auditor", Scope("place", COUNTY))
    found: list[Any] = []
    after = ""
    while True:
        path = f"/v1/stars/volunteers?from=1&place={COUNTY}&limit={limit}{after}"
        said = (await api.get(path)).json()
        found += said["items"]
        if said["next"] is None:
            break
        after = f"&after={said['next']}"
    assert [(one["volunteer"], one["place"], one["star"]) for one in found] == [
        ("V02", VILLAGE, "1"), ("V04", VILLAGE, "1"), ("V06", OTHER, "1"),
    ]  # fmt: skip
    for bad in ("from=9", "from=", "", "from=1&after=IngiCg", "from=1&after=WyJ4Il0"):
        answer = await api.get(f"/v1/stars/volunteers?{bad}&place={COUNTY}")
        assert answer.status_code == 422, bad


async def test_places_are_drilled_down(api: Api, filled: Recorder) -> None:
    await api.become("auditor", Scope("place", EVERYWHERE))

    async def below(under: str) -> list[Any]:
        items = (await api.get(f"/v1/places?under={under}")).json()["items"]
        return [(one["id"], one["has_below"]) for one in items]

    assert await below("") == [(COUNTY, True)]
    assert await below(COUNTY) == [(TOWN, True), (OTHER, False)]
    assert await below(TOWN) == [(VILLAGE, False), ("S1", False)]
    assert await below(VILLAGE) == []
    assert await below("370000000000") == [(COUNTY, True)]  # which is not registered itself


async def test_one_looks_at_ones_own_place(api: Api, filled: Recorder) -> None:
    for path in ("/v1/stars?", "/v1/stars/volunteers?from=1&", "/v1/places?"):
        name = "under" if "places" in path else "place"
        api.cookies.clear()
        assert (await api.get(path)).status_code == 401
        await api.become("auditor", Scope("place", TOWN))
        assert (await api.get(f"{path}{name}={VILLAGE}")).status_code == 200
        for elsewhere in (OTHER, COUNTY, ""):
            assert (await api.get(f"{path}{name}={elsewhere}")).status_code == 403
        await api.become("till", Scope("merchant", "M01"))
        assert (await api.get(f"{path}{name}={VILLAGE}")).status_code == 403
