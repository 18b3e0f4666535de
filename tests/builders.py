"""How does a test write down events? One short call for each."""

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from typing import Any

from ledger.core.entries import Journal, LevelChange
from ledger.core.intake import Arrival
from ledger.core.rulebook import Rulebook, national_ladder
from ledger.recording.recorder import Receipt, Recorded, Recorder

_ids = count(1)


def event(
    kind: str, subject: str, time: str, data: dict[str, Any], ident: str | None, source: str
) -> bytes:
    body = {
        "specversion": "1.0",
        "id": ident or f"e{next(_ids):06}",
        "source": source,
        "type": f"volunteer.{kind}.v1",
        "time": _zoned(time),
        "subject": subject,
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def check_in(
    volunteer: str,
    time: str,
    activity: str = "A1",
    *,
    ident: str | None = None,
    source: str = "kiosk/1",
    place: str = "P1",
    **attributes: Any,
) -> bytes:
    """`time` without a zone is Chinese time."""
    data: dict[str, Any] = {"activity": activity, "place": place, "method": "qr"}
    if attributes:
        data |= {"attributes": attributes}
    return event("attendance.checked-in", volunteer, time, data, ident, source)


def check_out(
    volunteer: str,
    time: str,
    activity: str = "A1",
    *,
    ident: str | None = None,
    source: str = "kiosk/1",
    place: str = "P1",
) -> bytes:
    data = {"activity": activity, "place": place, "method": "qr"}
    return event("attendance.checked-out", volunteer, time, data, ident, source)


def claim(
    volunteer: str,
    ended_at: str,
    activity: str = "A1",
    *,
    time: str = "2026-07-01T08:00",
    reason: str = "忘记签退",
    by: str | None = None,
    ident: str | None = None,
    source: str = "kiosk/1",
    place: str = "P1",
) -> bytes:
    """At `time` it is claimed that a visit was over at `ended_at`."""
    data = {"activity": activity, "place": place, "ended_at": _zoned(ended_at), "reason": reason}
    if by is not None:
        data["by"] = by
    return event("attendance.claimed", volunteer, time, data, ident, source)


def visit(volunteer: str, day: str, start: str, end: str, activity: str = "A1") -> list[bytes]:
    """A check-in and a check-out on one day."""
    return [
        check_in(volunteer, f"{day}T{start}", activity),
        check_out(volunteer, f"{day}T{end}", activity),
    ]


def report(
    volunteer: str, fact: str, time: str, *, ident: str | None = None, **attributes: Any
) -> bytes:
    """A fact that the policy knows by the name `fact`."""
    data = {"fact": fact, "attributes": attributes}
    return event("fact.reported", volunteer, time, data, ident, "desk/1")


def decided(
    volunteer: str,
    of: str,
    decision: str,
    time: str = "2026-06-01T10:00",
    *,
    rule: str | None = None,
    ident: str | None = None,
) -> bytes:
    """What a person decided of the visit `of` after review."""
    data = {"of": of, "decision": decision, "reason": "查实", "by": "李四"}
    if rule is not None:
        data["rule"] = rule
    return event("review.decided", volunteer, time, data, ident, "desk")


def complaint(
    volunteer: str,
    ident: str,
    time: str = "2026-06-01T10:00",
    *,
    about: str = "hours",
    text: str = "时长不对",
    **more: Any,
) -> bytes:
    said = {"complaint": ident, "about": about, "text": text, **more}
    return event("complaint.filed", volunteer, time, said, None, "desk/1")


def answer(
    volunteer: str, complaint: str, time: str = "2026-06-02T10:00", outcome: str = "explained"
) -> bytes:
    """What a complaint of the volunteer's came to."""
    said = {"complaint": complaint, "outcome": outcome, "answer": "已核实", "by": "张三"}
    return event("complaint.answered", volunteer, time, said, None, "desk/1")


def redeem(
    volunteer: str,
    redemption: str,
    points: str | None,
    *,
    time: str = "2026-06-01T10:00",
    merchant: str = "M01",
    item: str = "SKU-1",
    ident: str | None = None,
    **more: Any,
) -> bytes:
    """`points` may be left to the catalogue."""
    data = {"redemption": redemption, "merchant": merchant, "item": item, **more}
    if points is not None:
        data["points"] = points
    return event("redemption.requested", volunteer, time, data, ident, "till/1")


def hold(
    volunteer: str,
    redemption: str,
    points: str,
    *,
    time: str = "2026-06-01T10:00",
    seconds: int = 300,
    merchant: str = "M01",
    item: str = "SKU-1",
    **more: Any,
) -> bytes:
    """Points are set aside."""
    data: dict[str, Any] = {"redemption": redemption, "merchant": merchant, "item": item, **more}
    data |= {"points": points, "seconds": seconds}
    return event("redemption.hold-requested", volunteer, time, data, None, "till/1")


def transfer(
    volunteer: str, ident: str, to: str, points: str, time: str = "2026-06-01T10:01", **more: Any
) -> bytes:
    """Points are given away."""
    said = {"transfer": ident, "to": to, "points": points, **more}
    return event("redemption.transfer-requested", volunteer, time, said, None, "app/1")


def allow(
    volunteer: str, ident: str, points: str, time: str = "2026-06-01T10:01", **more: Any
) -> bytes:
    """Points are set aside for a till that goes offline."""
    said = {"allowance": ident, "merchant": "M01", "points": points, **more}
    return event("redemption.allowance-requested", volunteer, time, said, None, "till/1")


def use(
    volunteer: str, voucher: str, ident: str = "U1", time: str = "2026-06-01T10:02", **more: Any
) -> bytes:
    """A voucher is used at M01."""
    said = {"voucher": voucher, "merchant": "M01", "use": ident, **more}
    return event("redemption.voucher-use-requested", volunteer, time, said, None, "till/1")


def till(
    command: str, volunteer: str, redemption: str, time: str = "2026-06-01T10:01", **data: Any
) -> bytes:
    """`confirm`, `cancel` or `refund`."""
    said = {"redemption": redemption, **data}
    return event(f"redemption.{command}-requested", volunteer, time, said, None, "till/1")


def register(kind: str, subject: str, /, time: str = "2026-01-01T08:00", **data: Any) -> bytes:
    return event(f"registry.{kind}-registered", subject, time, data, None, "registry")


def shop_event(kind: str, subject: str, time: str = "2026-01-01T08:00", **data: Any) -> bytes:
    """Of stock, a fund, a dispute: `stock.counted`, `fund.contributed` …"""
    return event(kind, subject, time, data, None, "desk/1")


def order(
    step: str,
    ident: str,
    time: str = "2026-02-01T08:00",
    *,
    event_id: str | None = None,
    **data: Any,
) -> bytes:
    """A step of the order `ident`: placed, dispatched, accepted …"""
    return event(f"order.{step}", ident, time, data, event_id, "desk/1")


def an_order(
    ident: str, activity: str = "A1", *, stars: int = 5, rewarded: bool = True
) -> list[bytes]:
    """An order through all five steps, of 1 to 4 February 2026, by V1 and V2 of team T1."""
    wish: dict[str, Any] = {"place": "370199001001", "category": "助老", "skills": ["理发"]}
    steps = [
        order("placed", ident, "2026-02-01T08:00", **wish, text="上门理发"),
        order("dispatched", ident, "2026-02-01T09:00", team="T1"),
        order(
            "accepted", ident, "2026-02-01T10:00", team="T1", activity=activity,
            volunteers=["V1", "V2"],
        ),
        order("done", ident, "2026-02-02T12:00"),
        order("rated", ident, "2026-02-03T08:00", stars=stars),
    ]  # fmt: skip
    rewards = [{"volunteer": "V1", "points": "10"}, {"volunteer": "V2", "honour": "之星"}]
    if rewarded:
        steps.append(order("rewarded", ident, "2026-02-04T08:00", rewards=rewards, basis="月评"))
    return steps


def used(
    volunteer: str, time: str, benefit: str, *, provider: str = "M01", ident: str, **more: Any
) -> bytes:
    """Something that the policy grants was had at a provider."""
    said = {"benefit": benefit, "provider": provider, **more}
    return event("benefit.used", volunteer, time, said, ident, "desk/1")


def record(recorder: Recorder, contents: Iterable[bytes]) -> Receipt:
    """Record contents as one batch, each with its number as its origin."""
    return recorder.record(
        [Arrival(content, f"test:{number}") for number, content in enumerate(contents, 1)]
    )


def _zoned(time: str) -> str:
    moment = datetime.fromisoformat(time)
    return time if moment.tzinfo else f"{moment.isoformat()}+08:00"


def recorded_batch(number: int, lane: str = "t/0", entries: int = 1) -> Recorded:
    """A batch as the recorder hands it over."""
    change = LevelChange(number, "V1", "star", 0, 1, 0, 0, None, "{}", "", "")
    return Recorded(
        number, 0, Journal(levels=[change] * entries), lane, Rulebook.of(national_ladder())
    )
