"""Does an order go through the five-order loop 五单 as a simple model of it says?"""

import random
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.centre.dossier import Told, in_order
from ledger.centre.orders import Life, life
from ledger.clock import from_micros
from schemas import decode_logged
from schemas.orders import OrderEvent
from tests.builders import event

HOUR = 3_600_000_000

# A model that knows no more than the words of the plan ------------------------------------------


@dataclass
class Model:
    """An order as somebody with pencil and paper would keep it."""

    state: str = ""
    holder: str = ""
    due: int | None = None
    stars: int | None = None
    complaint: bool = False
    paid: dict[str, str] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)

    def hear(self, ident: str, step: str, said: dict[str, Any], due: int | None) -> None:
        who = said.get("team", "")
        in_hand = self.state in ("dispatched", "accepted")
        served = self.state in ("done", "rated", "rewarded")
        before = self.state
        match step:
            case "placed" if not self.state:
                self.state, self.due = "placed", due
            case "dispatched" if self.state == "placed":
                self.state, self.holder, self.due = "dispatched", who, due
            case "accepted" if in_hand and who == self.holder:
                self.state, self.due = "accepted", due
            case "declined" if in_hand and who == self.holder:
                self.state, self.holder, self.due = "placed", "", due
            case "reassigned" if in_hand and who != self.holder:
                self.state, self.holder, self.due = "dispatched", who, due
            case "cancelled" if in_hand or self.state == "placed":
                self.state, self.due = "cancelled", None
            case "done" if self.state == "accepted":
                self.state, self.due = "done", due
            case "rated" if served or self.state == "accepted":
                self.state = "rewarded" if before == "rewarded" else "rated"
                self.stars, self.complaint = said["stars"], said["complaint"]
                self.due = due if self.complaint else None
            case "called-back" if served:
                self.due = None if said["reached"] else due or self.due
            case "rewarded" if served and before != "done":
                asks = {one["volunteer"]: one["points"] for one in said["rewards"]}
                if self.complaint if asks else before != "rewarded":
                    self.idle.append(ident)
                    return
                self.state, self.paid = "rewarded", asks
            case _:
                self.idle.append(ident)


TEAMS = st.sampled_from(["T1", "T2"])
WISH = {"place": "370199001001", "category": "助老", "text": "上门理发"}
SAYS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "placed": st.just(WISH),
    "dispatched": st.builds(lambda team: {"team": team}, TEAMS),
    "accepted": st.builds(lambda team: {"team": team, "activity": "A1"}, TEAMS),
    "declined": st.builds(lambda team: {"team": team, "reason": "忙"}, TEAMS),
    "reassigned": st.builds(lambda team: {"team": team, "reason": "改派"}, TEAMS),
    "cancelled": st.just({"reason": "撤回"}),
    "done": st.just({}),
    "rated": st.builds(
        lambda stars, complaint: {"stars": stars, "complaint": complaint},
        st.integers(1, 5),
        st.booleans(),
    ),
    "called-back": st.builds(lambda reached: {"reached": reached, "note": "电话"}, st.booleans()),
    "rewarded": st.builds(
        lambda points: {
            "rewards": [{"volunteer": who, "points": str(one)} for who, one in points.items()],
            "basis": "月评",
        },
        st.dictionaries(st.sampled_from(["V1", "V2"]), st.integers(1, 9)),
    ),
}
USUAL = ["placed", "dispatched", "accepted", "done", "rated", "rewarded"]


@st.composite
def stories(draw: st.DrawFn) -> list[tuple[str, dict[str, Any], int | None]]:
    """Mostly the usual way, with anything else in between; each with its deadline, or none."""
    steps: list[str] = []
    for usual in USUAL:
        steps += draw(st.lists(st.sampled_from(sorted(SAYS)), max_size=2))
        steps += [usual] if draw(st.integers(0, 9)) else []
    return [(one, draw(SAYS[one]), draw(st.none() | st.integers(0, 40))) for one in steps]


def told(ident: str, step: str, said: dict[str, Any], at: int, due: int | None) -> Told:
    time = (from_micros(0, UTC) + timedelta(microseconds=at)).isoformat()
    if due is not None:
        said = {**said, "due": from_micros(due, UTC).isoformat()}
    one: OrderEvent = decode_logged(event(f"order.{step}", "O1", time, said, ident, "desk"))  # type: ignore[assignment]
    return Told(at, "desk", ident, one)


@settings(max_examples=300, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_an_order_goes_as_the_model_says_in_whatever_order_it_is_heard(
    story: list[tuple[str, dict[str, Any], int | None]], rng: random.Random
) -> None:
    model, dossier = Model(), []
    for number, (step, said, hours) in enumerate(story):
        ident, at = f"e{number:02}", (number // 2) * HOUR  # two at each instant
        due = None if hours is None else hours * HOUR
        model.hear(ident, step, said, due)
        dossier.append(told(ident, step, said, at, due))
    rng.shuffle(dossier)
    found = life("O1", in_order(dossier))
    assert seen(found) == model
    assert all(one.why for one in found.steps if one.ident in model.idle)


def seen(found: Life) -> Model:
    idle = [one.ident for one in found.steps if one.why]
    order = found.order
    if order is None:
        return Model(idle=idle)
    paid = {one.volunteer: one.points or "" for one in order.rewards}
    return Model(order.state, order.team, order.due_at, order.stars, order.complaint, paid, idle)
