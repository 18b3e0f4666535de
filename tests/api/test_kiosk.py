"""Does a kiosk get what is on at its place, and only what has changed?"""

from datetime import datetime, timedelta

from ledger.clock import CHINA
from tests.api.browser import Api
from tests.builders import record, register

TOWN, VILLAGE, NEXT_VILLAGE = "370102001000", "370102001001", "370102001002"


async def test_a_programme_is_of_the_place_and_of_now(api: Api) -> None:
    now = datetime.now(CHINA).replace(microsecond=0)

    def at(**ahead: int) -> str:
        return (now + timedelta(**ahead)).isoformat()

    record(api.serving.recorder, [
        register("activity", "HERE", name="理论宣讲", place=VILLAGE, team="T1",
                 starts_at=at(hours=-1), ends_at=at(hours=1)),
        register("activity", "TOWN", name="集市", place=TOWN, starts_at=at(days=3)),
        register("activity", "ALL", name="日常"),
        register("activity", "NEXT", name="邻村", place=NEXT_VILLAGE),
        register("activity", "OVER", name="旧", place=VILLAGE, ends_at=at(days=-2)),
        register("activity", "JUST", name="刚结束", place=VILLAGE, ends_at=at(hours=-2)),
        register("activity", "FAR", name="以后", place=VILLAGE, starts_at=at(days=60)),
        register("activity", "STATION", name="站内", place="S1"),
        register("place", "S1", name="站", kind="station", parent=VILLAGE),
        register("team", "T1", name="先锋队", place=VILLAGE),
        register("team", "T2", name="邻村队", place=NEXT_VILLAGE),
    ])  # fmt: skip
    answer = await api.get(f"/v1/kiosk/programme?place={VILLAGE}")
    said = answer.json()
    assert {one["id"] for one in said["activities"]} == {"HERE", "TOWN", "ALL", "JUST"}
    [here] = [one for one in said["activities"] if one["id"] == "HERE"]
    assert here == {"id": "HERE", "name": "理论宣讲", "team": "T1", "starts": at(hours=-1),
                    "ends": at(hours=1)}  # fmt: skip
    assert said["teams"] == [{"id": "T1", "name": "先锋队"}]
    assert (said["place"], said["zone"]) == (VILLAGE, "+08:00")
    same = await api.get(
        f"/v1/kiosk/programme?place={VILLAGE}", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert same.status_code == 304
    station = (await api.get("/v1/kiosk/programme?place=S1")).json()
    known = {"HERE", "TOWN", "ALL", "JUST", "STATION"}
    assert {one["id"] for one in station["activities"]} == known
    town = (await api.get(f"/v1/kiosk/programme?place={TOWN}")).json()
    assert {"NEXT", "HERE", "TOWN"} <= {one["id"] for one in town["activities"]}
    assert {one["id"] for one in town["teams"]} == {"T1", "T2"}
    other = (await api.get("/v1/kiosk/programme?place=990000000000")).json()
    assert {one["id"] for one in other["activities"]} == {"ALL"}
    assert (await api.get("/v1/kiosk/programme")).status_code == 422
