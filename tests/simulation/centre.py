"""What does a practice centre send, and how does it stand in the end?

Each event is said of a minute; in which order they arrive, and how often, is the world's affair.
The model reads them by their times and shares no code with the ledger.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from tests.builders import event
from tests.order_model import OrderModel

MIDNIGHT = datetime.fromisoformat("2026-05-01T00:00:00+08:00")
MINUTES = 4000
"""In which all of it happens: until the third day."""

SERVED_AT = ("A7", "A8")
"""Activities of orders: of several, perhaps."""

OUTING, SEATS, OUTING_STARTS = "A9", 2, 3600
"""An activity with a waiting list; who comes to it is not looked for before the third day after."""

TEAMS = ("T1", "T2")


class Said(NamedTuple):
    """An event in the words of the model, in the order in which it counts."""

    minute: int
    ident: str
    of: str
    what: str
    data: dict[str, Any]


def written(one: Said) -> bytes:
    """The event as it is sent."""
    time = (MIDNIGHT + timedelta(minutes=one.minute)).isoformat()
    return event(one.what, one.of, time, one.data, one.ident, "desk/2")


def happenings(rng: Random, people: list[str]) -> Iterator[Said]:
    """What happens at a centre; two events of a kind may be said of one minute."""
    number = 0

    def say(minute: int, of: str, what: str, **data: Any) -> Said:
        nonlocal number
        number += 1
        return Said(minute, f"c{rng.randrange(100):02}{number:03}", of, what, data)

    for order in range(rng.randint(1, 2)):
        for minute, step, data in _an_order(rng, people):
            yield say(minute, f"O{order}", f"order.{step}", **data)
    for seats, minute in ((SEATS, 0), (rng.randint(1, 4), rng.randrange(MINUTES))):
        if minute and rng.random() < 0.6:
            continue
        ends = (MIDNIGHT + timedelta(minutes=OUTING_STARTS + 60)).isoformat()
        starts = (MIDNIGHT + timedelta(minutes=OUTING_STARTS)).isoformat()
        known = {"name": "健步走", "capacity": seats, "starts_at": starts, "ends_at": ends}
        yield say(minute, OUTING, "registry.activity-registered", **known)
    for person in people:
        for _ in range(rng.choice([0, 1, 1, 2])):
            what = rng.choice(["signed-up", "signed-up", "sign-up-withdrawn"])
            minute = rng.randrange(MINUTES)
            yield say(minute, OUTING, f"activity.{what}", volunteer=person)
        for _ in range(rng.choice([0, 0, 0, 3])):
            minute, team = rng.randrange(20) * 100, rng.choice(TEAMS)
            if rng.random() < 0.6:
                role = rng.choice(["member", "leader"])
                yield say(minute, person, "membership.joined", team=team, role=role)
            else:
                yield say(minute, person, "membership.left", team=team)
        used: list[str] = []
        for _ in range(rng.choice([0, 0, 0, 3])):
            minute, benefit = rng.randrange(20) * 100, rng.choice(["bus", "gym"])
            if used and rng.random() < 0.4:
                of = f"desk/2#{rng.choice(used)}"
                yield say(minute, person, "benefit.use-cancelled", use=of, reason="误记")
            else:
                use = say(minute, person, "benefit.used", benefit=benefit, provider="M01")
                used.append(use.ident)
                yield use
    if rng.random() < 0.3:
        for minute, step, data in _a_project(rng):
            yield say(minute, "P1", f"project.{step}", **data)
    if rng.random() < 0.3:
        for minute, step, data in _an_honour(rng, people):
            yield say(minute, "N1", f"honour.{step}", **data)


Step = tuple[int, str, dict[str, Any]]


def _an_order(rng: Random, people: list[str]) -> Iterator[Step]:
    """The usual way, with other steps in between, and some that are missing."""
    minute, team = rng.randrange(500), rng.choice(TEAMS)
    usual = ["placed", "dispatched", "accepted", "done", "rated", "rewarded"]
    usual += ["rewarded"] * (rng.random() < 0.5)
    odd = ["declined", "reassigned", "cancelled", "dispatched", "rated", "rated", "rewarded"]
    for step in usual:
        for one in [step, rng.choice(odd)] if rng.random() < 0.15 else [step]:
            if rng.random() < 0.04:
                continue
            minute += rng.choice([0, 1, 60, 200])
            said = _of_order(rng, one, team, people)
            if one in ("placed", "dispatched", "accepted", "done") and rng.random() < 0.3:
                said["due"] = (MIDNIGHT + timedelta(minutes=minute + 30)).isoformat()
            yield minute, one, said


def _of_order(rng: Random, step: str, team: str, people: list[str]) -> dict[str, Any]:
    match step:
        case "placed":
            return {"place": "370199001001", "category": "助老", "text": "上门理发"}
        case "dispatched":
            return {"team": team}
        case "accepted":
            return {"team": team, "activity": rng.choice(SERVED_AT)}
        case "declined":
            return {"team": team, "reason": "忙"}
        case "reassigned":
            return {"team": rng.choice(TEAMS), "reason": "改派"}
        case "cancelled":
            return {"reason": "撤回"}
        case "rated":
            return {"stars": rng.randint(1, 5), "complaint": rng.random() < 0.4}
        case "rewarded":
            rewarded = rng.sample(people, rng.randint(0 if rng.random() < 0.3 else 1, 2))
            points = [{"volunteer": one, "points": str(rng.randint(1, 9))} for one in rewarded]
            return {"rewards": points, "basis": "月评"}
    return {}


def _a_project(rng: Random) -> Iterator[Step]:
    minute = 0
    steps: list[tuple[str, dict[str, Any]]] = [
        ("submitted", {"name": "四点半课堂", "place": "370199000000"}),
        ("screened", {"outcome": "pass", "experts": 2, "pass_mark": "60"}),
        *(("scored", {"expert": f"E{n}", "score": str(rng.randint(40, 99))}) for n in range(3)),
        ("admitted", {"library": "370199000000"}),
        ("supported", {"form": "money", "yuan": str(rng.randint(1, 900))}),
        ("ended", {"reason": "结项"}),
    ]
    for step, said in steps:
        minute += rng.choice([0, 10, 200])
        if rng.random() < 0.9:
            yield minute, step, said


def _an_honour(rng: Random, people: list[str]) -> Iterator[Step]:
    minute = 0
    for step in ("nominated", "decided", "published", "conferred", "revoked"):
        minute += rng.choice([0, 10, 200])
        if rng.random() < 0.15 or (step == "revoked" and rng.random() < 0.6):
            continue
        said: dict[str, Any] = {}
        if step == "nominated":
            said = {"honour": "优秀志愿者", "nominee": rng.choice(people)}
        elif step == "decided":
            said = {"decision": "approved" if rng.random() < 0.8 else "refused"}
        elif step == "published":
            said = {"since": "2026-04-20", "until": "2026-04-28"}
        elif step == "revoked":
            said = {"reason": "失信"}
        yield minute, step, said


# The model ---------------------------------------------------------------------------------------


@dataclass
class Centre:
    """How all of it stands in the end: by subject, what a reader of the papers would say."""

    orders: dict[str, OrderModel] = field(default_factory=lambda: defaultdict(OrderModel))
    watched: set[str] = field(default_factory=set)
    """Orders that the ledger finds done by itself if somebody served and nobody said so."""
    teams: dict[tuple[str, str], str] = field(default_factory=dict)
    """(volunteer, team) → role, of those who are in it."""
    coming: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    cancelled: dict[str, int] = field(default_factory=dict)
    """Uses of benefits, by event: the minute when they were cancelled first."""
    used: set[str] = field(default_factory=set)
    project: str = ""
    support: int = 0
    honour: str = "unknown"

    @property
    def complained(self) -> set[str]:
        """Activities of orders that a complaint stands about."""
        return {one.activity for one in self.orders.values() if one.complaint} - {""}

    def rewards(self, person: str) -> int:
        """Points that somebody is rewarded with."""
        return sum(int(one.paid.get(person, 0)) for one in self.orders.values())


def stands(said: list[Said]) -> Centre:
    """The end of what was said, by its times; of one minute by the events' ids."""
    centre = Centre()
    seats: int | None = next((one.data["capacity"] for one in sorted(said) if _seats(one)), None)
    scores: dict[str, int] = {}
    for one in sorted(said):
        about, _, step = one.what.partition(".")
        match about:
            case "order":
                centre.orders[one.of].hear(one.ident, step, one.data, None)
                if step == "accepted" and "due" in one.data:
                    centre.watched.add(one.of)
            case "membership" if step == "joined":
                centre.teams[one.of, one.data["team"]] = one.data["role"]
            case "membership":
                centre.teams.pop((one.of, one.data["team"]), None)
            case "benefit" if step == "used":
                centre.used.add(f"desk/2#{one.ident}")
            case "benefit" if one.data["use"] in centre.used:
                centre.cancelled.setdefault(one.data["use"], one.minute)
            case "registry" | "activity":
                if _seats(one):
                    seats = one.data["capacity"]
                room = 99 if seats is None else seats
                _outing(centre, step, one, room)
                while one.minute < OUTING_STARTS and centre.waiting and len(centre.coming) < room:
                    centre.coming.append(centre.waiting.pop(0))
            case "project":
                _project(centre, step, one.data, scores)
            case "honour":
                _honour(centre, step, one.data)
    return centre


def _seats(one: Said) -> bool:
    return one.what == "registry.activity-registered"


def _outing(centre: Centre, step: str, one: Said, room: int) -> None:
    who = one.data.get("volunteer", "")
    known = who in centre.coming or who in centre.waiting
    if step == "signed-up" and not known and one.minute < OUTING_STARTS + 60:
        (centre.coming if len(centre.coming) < room else centre.waiting).append(who)
    elif step == "sign-up-withdrawn" and known and one.minute < OUTING_STARTS:
        (centre.coming if who in centre.coming else centre.waiting).remove(who)


def _project(centre: Centre, step: str, said: dict[str, Any], scores: dict[str, int]) -> None:
    match centre.project, step:
        case "", "submitted":
            centre.project = "submitted"
        case "submitted", "screened":
            centre.project = "screened"
        case "screened" | "reviewed", "scored":
            centre.project = "reviewed"
            scores[said["expert"]] = int(said["score"])
        case "reviewed", "admitted" if len(scores) >= 2:
            if sum(scores.values()) >= 60 * len(scores):
                centre.project = "admitted"
        case "admitted", "supported":
            centre.support += int(said["yuan"])
        case "submitted" | "screened" | "reviewed" | "admitted", "ended":
            centre.project = "ended"


def _honour(centre: Centre, step: str, said: dict[str, Any]) -> None:
    match centre.honour, step:
        case "unknown", "nominated":
            centre.honour = "nominated"
        case "nominated", "decided":
            centre.honour = said["decision"]
        case "approved", "published":
            centre.honour = "published"
        case "published", "conferred":
            centre.honour = "conferred"
        case "nominated" | "approved" | "published" | "conferred", "revoked":
            centre.honour = "revoked"
