"""Which events does the fuzzing begin with? Ones of every type, about few people and things."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from ledger.core.rulebook import PolicyText
from tests.fuzz.texts import (
    ODD_AMOUNTS,
    ODD_NUMBERS,
    ODD_TEXTS,
    ODD_TIMES,
    damaged,
    mutated,
    odd_values,
    written,
)

VOLUNTEERS = ("V1", "V2", "household:H1", "team:T1")
TIMES = tuple(
    f"2026-0{month}-{day:02}T{hour:02}:00:00+08:00"
    for month in (1, 5, 6)
    for day in (1, 2, 15, 28)
    for hour in (0, 8, 9, 12, 23)
)
AMOUNTS = ("1", "2", "5", "0.5", "1000")
IDS = ("R1", "R2", "R3", "H1", "T1", "U1")

volunteers = st.sampled_from(VOLUNTEERS)
times = st.sampled_from(TIMES)
amounts = st.one_of(st.sampled_from(AMOUNTS), st.sampled_from(ODD_AMOUNTS))
idents = st.sampled_from(IDS)
texts = st.one_of(st.sampled_from(("", "x", "备注")), st.sampled_from(ODD_TEXTS))
scalars: SearchStrategy[Any] = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(ODD_TIMES),
    st.sampled_from(ODD_AMOUNTS),
    st.sampled_from([one for one in ODD_NUMBERS if isinstance(one, int)]),
    st.none(),
    st.text(max_size=5),
    st.integers(-(10**20), 10**20),
)
values = st.one_of(
    scalars,
    st.lists(scalars, max_size=3),
    st.dictionaries(st.sampled_from(("a", "level", "of", "at")), scalars, max_size=3),
)
free_attributes = st.dictionaries(
    st.sampled_from(("role", "of", "start", "end", "activity", "place", "points", "at", "说明")),
    values,
    max_size=3,
)

_BY_KIND: dict[str, SearchStrategy[Any]] = {
    "number": st.one_of(st.integers(0, 20), st.sampled_from(ODD_AMOUNTS), scalars),
    "hours": st.one_of(st.integers(0, 20), st.sampled_from(("0.5", "1.25", "1e3")), scalars),
    "bool": st.one_of(st.booleans(), scalars),
    "date": st.one_of(
        st.sampled_from(("2026-05-01", "2026-02-30", "0001-01-01", "9999-12-31")), scalars
    ),
    "time": st.one_of(times, st.sampled_from(ODD_TIMES), scalars),
    "list": st.one_of(st.lists(scalars, max_size=3), scalars),
    "map": st.one_of(st.dictionaries(st.text(max_size=3), scalars, max_size=3), scalars),
}


@st.composite
def facts(draw: DrawFn, policy: PolicyText) -> dict[str, Any]:
    """The name and attributes of a fact that the policy knows, more or less as it declares them."""
    known = policy.plan.doc.facts
    name = draw(st.sampled_from((*known, "~refund", "nothing-known")))
    attributes: dict[str, Any] = {}
    if name in known:
        declared = known[name]
        for key, attribute in declared.attributes.items():
            if draw(st.integers(0, 4)) == 0:
                continue
            choices = [one for one in attribute.choices or () if isinstance(one, str | int)]
            likely = st.sampled_from(choices) if choices else st.nothing()
            attributes[key] = draw(st.one_of(likely, likely, _BY_KIND.get(attribute.type, values)))
        if declared.amends:
            attributes["of"] = draw(st.sampled_from(("kiosk/1#e1", "kiosk/1#e2", "desk/1#e3")))
    attributes |= draw(st.one_of(st.just({}), free_attributes))
    return {"fact": name, "attributes": attributes}


@st.composite
def events(draw: DrawFn, policy: PolicyText) -> dict[str, Any]:
    """An event of some type as a tree, valid or nearly so."""
    kind = draw(st.sampled_from((*_DATA, *_OFTEN)))
    subject, data = _DATA[kind]
    drawn = draw(facts(policy)) if kind == "fact.reported" else draw(data)
    if kind.startswith("attendance") and draw(st.integers(0, 3)) == 0:
        drawn |= draw(facts(policy))
    return {
        "specversion": "1.0",
        "id": f"e{draw(st.integers(1, 60))}",
        "source": draw(st.sampled_from(("kiosk/1", "desk/1", "till/1"))),
        "type": f"volunteer.{kind}.v1",
        "time": draw(st.one_of(times, times, times, st.sampled_from(ODD_TIMES))),
        "subject": draw(subject),
        "datacontenttype": "application/json",
        "data": drawn,
    }


def _of(**fields: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields)


def _some(need: dict[str, SearchStrategy[Any]], **more: SearchStrategy[Any]) -> Any:
    return st.fixed_dictionaries(need, optional=more)


_place = st.sampled_from(("P1", "P2"))
_who = st.sampled_from(("张三", "李四", "", " "))
_merchant = st.sampled_from(("M01", "M02"))
_item = st.sampled_from(("SKU-1", "SKU-2", "SKU-3"))
_quantity = st.one_of(st.integers(1, 5), st.sampled_from((0, -1, 9_999, 10_000, 1_000_000_000)))
_wallet = st.one_of(volunteers, st.sampled_from(("fund:F1", "fund:F9", "household:H9")))
_day = st.sampled_from(("2026-01-01", "2026-02-30", "0001-01-01", "9999-12-31", "２０２６-01-01"))
_period = st.sampled_from(("2026", "2026-05", "0000", "9999", "0000-01", "9999-12"))
_attendance = _some(
    {"activity": st.sampled_from(("A1", "A2")), "place": _place},
    method=texts,
    attributes=free_attributes,
)
_levels = st.dictionaries(
    st.sampled_from(("stars", "star", "nothing")), st.one_of(st.integers(), st.text(max_size=3))
)
_price = _some({"points": amounts}, levels=_levels, since=_day, until=_day)
_DATA: dict[str, tuple[SearchStrategy[str], Any]] = {
    "attendance.checked-in": (volunteers, _attendance),
    "attendance.checked-out": (volunteers, _attendance),
    "attendance.claimed": (
        volunteers,
        _some(
            {
                "activity": st.sampled_from(("A1", "A2")),
                "place": _place,
                "ended_at": st.one_of(times, times, st.sampled_from(ODD_TIMES)),
                "reason": st.one_of(texts, st.just("忘记签退")),
            },
            by=texts,
        ),
    ),
    "fact.reported": (volunteers, st.nothing()),
    "debt.written-off": (
        volunteers,
        _some(
            {"reason": texts, "by": _who, "approved_by": _who},
            currency=st.sampled_from(("points", "hours", "x")),
            amount=amounts,
        ),
    ),
    "review.decided": (
        volunteers,
        _some(
            {
                "of": st.sampled_from(("kiosk/1#e1", "kiosk/1#e2", "kiosk/1#e3", "\x00#\x00")),
                "decision": st.sampled_from(("count", "void")),
                "reason": st.one_of(texts, st.just("查实")),
                "by": st.one_of(texts, st.just("李四")),
            },
            rule=st.sampled_from(("two_places", "device", "claimed", "x")),
        ),
    ),
    "complaint.filed": (
        volunteers,
        _some(
            {
                "complaint": idents,
                "about": st.sampled_from(("hours", "points", "other", "x")),
                "text": st.one_of(texts, st.just("时长不对")),
            },
            of=texts,
            by=_who,
        ),
    ),
    "complaint.answered": (
        volunteers,
        _of(
            complaint=idents,
            outcome=st.sampled_from(("upheld", "rejected", "explained")),
            answer=st.one_of(texts, st.just("已核实")),
            by=_who,
        ),
    ),
    "redemption.requested": (
        volunteers,
        _some(
            {"redemption": idents, "merchant": _merchant, "item": _item},
            points=amounts,
            quantity=_quantity,
            by=volunteers,
            allowance=idents,
            attributes=free_attributes,
        ),
    ),
    "redemption.hold-requested": (
        volunteers,
        _some(
            {"redemption": idents, "merchant": _merchant, "item": _item},
            points=amounts,
            quantity=_quantity,
            seconds=st.sampled_from((0, 1, 300, 86_400, 86_401)),
            attributes=free_attributes,
        ),
    ),
    "redemption.confirm-requested": (volunteers, _some({"redemption": idents}, points=amounts)),
    "redemption.cancel-requested": (volunteers, _of(redemption=idents)),
    "redemption.refund-requested": (
        volunteers,
        _some({"redemption": idents, "refund": idents}, points=amounts, restock=_quantity),
    ),
    "redemption.allowance-requested": (
        volunteers,
        _some(
            {"allowance": idents, "merchant": _merchant, "points": amounts},
            by=volunteers,
            seconds=st.sampled_from((59, 60, 86_400, 604_800)),
        ),
    ),
    "redemption.voucher-use-requested": (
        volunteers,
        _of(voucher=st.one_of(idents, texts), merchant=_merchant, use=idents),
    ),
    "redemption.transfer-requested": (
        volunteers,
        _some(
            {"transfer": idents, "to": _wallet, "points": amounts},
            household=st.sampled_from(("H1", "H2")),
            by=volunteers,
            attributes=free_attributes,
        ),
    ),
    "registry.volunteer-registered": (
        volunteers,
        _some({}, name=texts, team=_place, birth_year=st.sampled_from((1899, 1900, 2100, 2**70))),
    ),
    "registry.team-registered": (
        st.sampled_from(("T1", "T2")),
        _some({"name": texts}, managers=st.lists(volunteers, max_size=3)),
    ),
    "registry.place-registered": (
        st.sampled_from(("P1", "P2")),
        _some({"name": texts, "kind": st.just("station")}, parent=_place),
    ),
    "registry.activity-registered": (
        st.sampled_from(("A1", "A2")),
        _some(
            {"name": texts},
            kind=texts,
            starts_at=st.sampled_from(ODD_TIMES),
            ends_at=st.sampled_from(ODD_TIMES),
        ),
    ),
    "registry.merchant-registered": (
        _merchant,
        _some(
            {"name": texts},
            place=_place,
            fund=st.sampled_from(("F1", "F2")),
            listed_only=st.booleans(),
        ),
    ),
    "registry.item-registered": (
        _item,
        _some(
            {"name": texts, "prices": st.lists(_price, min_size=1, max_size=3)},
            currency=st.sampled_from(("points", "hours", "x")),
            kind=st.sampled_from(("goods", "service")),
            merchants=st.lists(_merchant, max_size=2),
            levels=_levels,
            since=_day,
            until=_day,
            stocked=st.booleans(),
            limit=_of(
                count=st.sampled_from((1, 1_000_000, 0)),
                per=st.sampled_from(("day", "month", "year", "total")),
            ),
            attributes=free_attributes,
        ),
    ),
    "registry.fund-registered": (
        st.sampled_from(("F1", "F2")),
        _some({"name": texts, "point_value": amounts}, alert=amounts),
    ),
    "registry.household-registered": (
        st.sampled_from(("H1", "H2")),
        _of(name=texts, members=st.lists(volunteers, max_size=3)),
    ),
    "stock.received": (_item, _some({"quantity": _quantity}, note=texts)),
    "stock.counted": (_item, _some({"quantity": _quantity}, note=texts)),
    "fund.contributed": (
        st.sampled_from(("F1", "F2")),
        _some({"donor": st.sampled_from(("D1", "D2")), "amount": amounts}, note=texts),
    ),
    "fund.budgeted": (
        st.sampled_from(("F1", "F2")),
        _some({"period": _period, "amount": amounts}, place=_place, note=texts),
    ),
    "dispute.opened": (_merchant, _of(redemption=idents, reason=texts, by=texts)),
    "dispute.decided": (
        _merchant,
        _of(
            redemption=idents,
            decision=st.sampled_from(("pay", "refuse")),
            reason=texts,
            by=texts,
        ),
    ),
}


_OFTEN = ("fact.reported",) * 12 + (
    *("attendance.checked-in", "attendance.checked-out") * 3,
    "attendance.claimed",
)
"""What a policy has most to say about."""


@st.composite
def lines(draw: DrawFn, policy: PolicyText) -> bytes:
    """The text of an event: valid, mutated, or damaged."""
    match draw(st.integers(0, 9)):
        case 0 | 1 | 2 | 3:
            return written(draw(events(policy)))
        case 4 | 5 | 6 | 7:
            return written(draw(mutated(events(policy))))
        case 8:
            return draw(damaged(written(draw(events(policy)))))
        case _:
            return draw(st.one_of(odd_values.map(written), st.binary(max_size=40)))


def batches(policy: PolicyText) -> SearchStrategy[Sequence[Sequence[bytes]]]:
    """A few batches of a few lines."""
    return st.lists(st.lists(lines(policy), min_size=1, max_size=12), min_size=1, max_size=4)
