"""Do the commands of a practice centre say what is there, and refuse what can't be?"""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.clock import CHINA
from tests.command import Done, run

COUNTY, TOWN, OTHER, VILLAGE = "370199000000", "370199001000", "370199002000", "370199001001"
ROOMS = ("--function", "讲堂", "--function", "书屋", "--function", "舞蹈室")
TODAY = datetime.now(CHINA)
TOMORROW, YESTERDAY = ((TODAY + timedelta(days=n)).date().isoformat() for n in (1, -1))


class Centre:
    """A county's ledger, with a command for each thing that is done to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self("init")
        self("places", "register", COUNTY, "--name", "中心", "--kind", "centre", *ROOMS)
        for code, name in ((TOWN, "甲镇所"), (OTHER, "乙镇所")):
            self("places", "register", code, "--name", name, "--kind", "sub-centre",
                 "--parent", COUNTY)  # fmt: skip
        self("places", "register", VILLAGE, "--name", "东村站", "--kind", "station",
             "--parent", TOWN)  # fmt: skip

    def __call__(self, *words: str, code: int = 0) -> Done:
        done = run(self.folder, words)
        assert done.returncode == code, done.stderr.decode()
        return done

    def told(self, *words: str, code: int = 0) -> list[dict[str, Any]]:
        lines = self(*words, "--json", code=code).stdout.splitlines()
        return [orjson.loads(line) for line in lines]

    def refused(self, *words: str) -> str:
        return self(*words, code=2).stderr.decode()


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    return Centre(tmp_path)


def guarded(centre: Centre, volunteer: str, born: int) -> None:
    """The vault knows a minor, on a guardian's consent."""
    centre("identity", "put", volunteer, "--name", "王小明", "--birth-date", f"{born}-01-01",
           "--guardian-name", "王建国", "--guardian-phone", "13812345678",
           "--consent", "record", "--given-by", "guardian", "--by", "张三")  # fmt: skip


def test_a_minor_takes_part_with_a_guardians_consent(centre: Centre) -> None:
    born = TODAY.year - 12
    minor = ("people", "register", "V1", "--place", VILLAGE, "--birth-year", str(born))
    centre("teams", "register", "T1", "--name", "红领巾队", "--place", VILLAGE)
    centre("activities", "register", "A1", "--name", "护河", "--place", VILLAGE)
    assert "监护人同意" in centre.refused(*minor)  # there is no vault that could know of one
    grown = ("people", "register", "V2", "--place", VILLAGE, "--birth-year", str(born - 40))
    centre(*grown)
    centre("identity", "init")
    assert "监护人同意" in centre.refused(*minor)
    guarded(centre, "V1", born)
    centre(*minor)
    centre("teams", "join", "T1", "V1")
    centre("activities", "sign-up", "A1", "V1")
    centre("activities", "withdraw", "A1", "V1")
    centre("identity", "withdraw", "V1", "--purpose", "record", "--by", "张三")
    assert "监护人同意" in centre.refused("activities", "sign-up", "A1", "V1")
    assert "监护人同意" in centre.refused("teams", "join", "T1", "V1", "--leader")
    centre("activities", "sign-up", "A1", "V2")


def test_places(centre: Centre) -> None:
    assert "a code of 9 digits" in centre.refused(
        "places", "register", "370199001002", "--name", "西村", "--kind", "sub-centre"
    )
    assert "kind: Input should be" in centre.refused(
        "places", "register", "庙会", "--name", "庙会", "--kind", "fair"
    )
    centre("places", "register", TOWN, "--phone", "0000-1234567")
    said = ("--year", str(TODAY.year), "--residents", "30000", "--staff", "2")
    centre("places", "count", TOWN, *said)
    [whole] = centre.told("places", "show", TOWN)
    assert (whole["name"], whole["phone"]) == ("甲镇所", "0000-1234567")
    assert [(one["year"], one["staff"]) for one in whole["years"]] == [(TODAY.year, 2)]
    missing = {one["place"]: one["severity"] for one in centre.told("places", "check")}
    assert missing == dict.fromkeys((COUNTY, TOWN, OTHER, VILLAGE), "warning")
    assert "merged into itself" in centre.refused(
        "places", "merge", TOWN, "--into", TOWN, "--on", TOMORROW
    )
    centre("places", "merge", TOWN, "--into", OTHER, "--on", TOMORROW, "--reason", "撤并")
    assert [one["name"] for one in centre.told("places")][:2] == ["中心", "甲镇所"]
    after = centre.told("places", "--as-of", TOMORROW)
    assert [(one["name"], one["depth"]) for one in after] == [
        ("中心", 0),
        ("乙镇所", 1),
        ("东村站", 2),
    ]
    assert centre.told("places", "--as-of", YESTERDAY) == []
    history = [(one["what"], one["parent"]) for one in centre.told("places", "history", TOWN)]
    assert history == [("registered", COUNTY), ("merged", OTHER)]
    centre("places", "reopen", TOWN, "--on", TOMORROW)
    assert "not merged" in centre.refused("places", "reopen", TOWN, "--on", TOMORROW)
    assert "is not a day" in centre.refused("places", "--as-of", "gestern")
    assert "东村站" in centre("places").stdout.decode()


def test_resources(centre: Centre) -> None:
    assert "place" in centre.refused("places", "share", "R1", "--name", "礼堂")
    centre("places", "share", "R1", "--name", "礼堂", "--place", TOWN)
    hours = ("--from", f"{TOMORROW}T08:00", "--to", f"{TOMORROW}T10:00")
    [made] = centre.told("places", "book", "R1", *hours, "--for", "T1", "--by", "张三")
    assert (made["state"], made["by"]) == ("stands", "张三")
    assert made["booking"] in centre.refused("places", "book", "R1", *hours)
    centre("places", "cancel", "R1", made["booking"], "--reason", "改期")
    [gone] = centre.told("places", "bookings", "R1")
    assert (gone["state"], gone["reason"]) == ("cancelled", "改期")
    centre("places", "share", "R1", "--stop")
    assert "not shared any more" in centre.refused("places", "book", "R1", *hours)
    assert [one["shared"] for one in centre.told("places", "resources")] == [False]
    assert "no resource R9" in centre.refused("places", "bookings", "R9")


def test_teams_and_people(centre: Centre) -> None:
    assert "no kind of team 'x'" in centre.refused("teams", "register", "T1", "--kind", "x")
    centre("teams", "register", "T1", "--name", "宣讲队", "--place", TOWN, "--kind", "theory")
    centre("identity", "init")
    guarded(centre, "V1", TODAY.year - 15)
    centre("people", "register", "V1", "--place", VILLAGE, "--team", "T1", "--skill", "急救",
           "--party-unit", "U1", "--birth-year", str(TODAY.year - 15))  # fmt: skip
    assert "no volunteer V2" in centre.refused("teams", "join", "T1", "V2", "--leader")
    centre("people", "register", "V2")
    centre("teams", "join", "T1", "V2", "--leader")
    assert [one["members"] for one in centre.told("teams", "--area", TOWN)] == [2]
    [team] = centre.told("teams", "show", "T1")
    assert [one["role"] for one in team["members"]] == ["member", "leader"]
    centre("teams", "leave", "T1", "V2")
    assert "V2 is not in T1" in centre.refused("teams", "leave", "T1", "V2")
    assert "no team T9" in centre.refused("teams", "show", "T9")
    assert len(centre.told("teams", "kinds")) == 19
    assert {one["place"] for one in centre.told("teams", "check")} == {
        COUNTY, TOWN, OTHER, VILLAGE,
    }  # fmt: skip
    [counted] = centre.told("people", "--area", COUNTY)
    assert (counted["place"], counted["volunteers"]) == (TOWN, 1)
    assert centre.told("people", "skills") == [{"急救": 1}]
    assert centre.told("people", "skills", "急救") == [{"skill": "急救", "volunteers": ["V1"]}]
    assert [one["members"] for one in centre.told("people", "party")] == [1]
    assert centre.told("people", "minors") == [
        {"volunteer": "V1", "birth_year": TODAY.year - 15, "guardian": "王**", "consents": "record"}
    ]
    centre("teams", "dissolve", "T1", "--reason", "并队")
    assert centre.told("teams", "--area", TOWN) == []
    centre("teams", "register", "T1", "--leader", "V2")
    assert [one["members"] for one in centre.told("teams", "--area", TOWN)] == [1]
    centre("people", "leave", "V1", "--reason", "迁出")
    assert centre.told("people", "--area", COUNTY) == []
    assert "V1 is no longer registered" in centre.refused("teams", "join", "T1", "V1")


def test_activities(centre: Centre) -> None:
    assert "no category 'x'" in centre.refused("activities", "register", "A1", "--category", "x")
    hours = ("--from", f"{TOMORROW}T08:00", "--to", f"{TOMORROW}T10:00")
    centre("activities", "register", "A1", "--name", "走", "--place", TOWN, *hours,
           "--capacity", "1")  # fmt: skip
    centre("activities", "sign-up", "A1", "V1", "--by", "张三")
    [waits] = centre.told("activities", "sign-up", "A1", "V2")
    assert (waits["state"], waits["position"]) == ("waiting", 1)
    [listed] = centre.told("activities")
    assert listed["sign_ups"] == {"in": 1, "waiting": 1}
    centre("activities", "withdraw", "A1", "V1", "--reason", "出差")
    [whole] = centre.told("activities", "show", "A1")
    states = {one["volunteer"]: one["state"] for one in whole["sign_ups"]}
    assert states == {"V1": "withdrawn", "V2": "in"}
    assert "is not over" in centre.refused("activities", "settle", "A1")
    centre("activities", "cancel", "A1", "--reason", "台风")
    assert "台风" in centre.refused("activities", "sign-up", "A1", "V3")
    assert "no activity A9" in centre.refused("activities", "show", "A9")


def test_plans(centre: Centre) -> None:
    year = f"{TODAY.year}"
    file = centre.folder / "plan.yaml"
    file.write_text("{title: 不是列表}")
    assert "a list of items" in centre.refused("activities", "plan", TOWN, year, "plan.yaml")
    file.write_text("[{title: 洁净, times: none}]")
    assert "items.0.times" in centre.refused("activities", "plan", TOWN, year, "plan.yaml")
    file.write_text("[{title: 洁净, times: 3, monthday: 5}, {title: 宣讲, category: lecture}]")
    assert "no period" in centre.refused("activities", "plan", TOWN, "2026-13", "plan.yaml")
    centre("activities", "plan", TOWN, year, "plan.yaml", "--by", "张三")
    [plan] = centre.told("activities", "plans", "--period", year)
    assert [(one["title"], one["times"], one["held"]) for one in plan["items"]] == [
        ("洁净", 3, []),
        ("宣讲", 1, []),
    ]
    assert centre.told("activities", "held", "--period", year) == []
