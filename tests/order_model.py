"""How would somebody with pencil and paper keep an order? A model that shares no code with it."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class OrderModel:
    """It knows no more than the words of the plan; `idle`: steps that had no effect."""

    state: str = ""
    holder: str = ""
    activity: str = ""
    due: int | None = None
    stars: int | None = None
    complaint: bool = False
    paid: dict[str, str] = field(default_factory=dict)
    idle: list[str] = field(default_factory=list)

    def hear(self, ident: str, step: str, said: dict[str, Any], due: int | None) -> None:
        """The next step, in the order of their times."""
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
                self.state, self.activity, self.due = "accepted", said["activity"], due
            case "declined" if in_hand and who == self.holder:
                self.state, self.holder, self.activity, self.due = "placed", "", "", due
            case "reassigned" if in_hand and who != self.holder:
                self.state, self.holder, self.activity, self.due = "dispatched", who, "", due
            case "cancelled" if in_hand or self.state == "placed":
                self.state, self.due = "cancelled", None
            case "done" if self.state == "accepted":
                self.state, self.due = "done", due
            case "rated" if served or self.state == "accepted":
                self.state = "rewarded" if before == "rewarded" else "rated"
                self.stars, self.complaint = said["stars"], said["complaint"]
                self.due = due if self.complaint else None
            case "called-back" if served:
                self.due = None if said["reached"] else self.due if due is None else due
            case "rewarded" if served and before != "done":
                asks = {one["volunteer"]: one["points"] for one in said["rewards"]}
                if self.complaint if asks else before != "rewarded":
                    self.idle.append(ident)
                    return
                self.state, self.paid = "rewarded", asks
            case _:
                self.idle.append(ident)
