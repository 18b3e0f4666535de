"""Which events of a practice centre does the fuzzing try? Drawn from their schemas.

So one that is new is tried, too. All are about few things; values are usual, at bounds, or odd.
"""

from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy
from pydantic import BaseModel, StringConstraints
from pydantic.fields import FieldInfo

from schemas import ActivityRegistered, PlaceRegistered, TeamRegistered, VolunteerRegistered
from schemas.centre import CentreEvent
from schemas.complaint import ComplaintEvent
from schemas.documents import event_type
from schemas.envelope import CloudEvent
from schemas.registry import ResourceRegistered
from tests.fuzz.texts import ODD_AMOUNTS, ODD_NUMBERS, ODD_TEXTS, ODD_TIMES

TIMES = tuple(
    f"2026-0{month}-{day:02}T{hour:02}:00:00+08:00"
    for month in (1, 5, 6)
    for day in (1, 2, 15)
    for hour in (0, 9)
)
LONG = "界" * 128
PLACES = ("370102000000", "370102001000", "370102001001", "370102001002", "P1", LONG)
WHO = ("V1", "V2", "V3", LONG)
DAYS = ("2026-01-01", "2026-05-01", "1970-01-01", "9997-12-31", "0001-01-01", "2026-02-30")

NAMED: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("volunteer", "expert", "leader", "nominee"), WHO),
    **dict.fromkeys(("place", "into", "parent", "area", "library", "whose", "reviewer"), PLACES),
    **dict.fromkeys(("since", "until", "on", "as_of"), (*DAYS, *TIMES)),
    **dict.fromkeys(("yuan", "points", "score", "pass_mark"), ("1", "80", "0.5", *ODD_AMOUNTS)),
    **dict.fromkeys(("digest", "edition_digest"), ("a" * 64, "A" * 64)),
    "of": (*PLACES, "place", "team", "station"),
    "team": ("T1", "T2", LONG),
    "booking": ("B1", "B2"),
    "benefit": ("bus", "gym"),
    "use": ("desk/1#e1", "desk/1#e2"),
    "activity": ("A1", "A2", LONG),
    "order": ("O1", "O2"),
    "project": ("PR1",),
    "call": ("C1",),
    "draw": ("D1",),
    "complaint": ("K1", "K2"),
    "indicator": ("rooms", "staff"),
    "rests_on": ("stars/1", "bus", "x", "/", "stars/"),
    "period": ("2026", "2026-05", "0000", "9999-12", "２０２６", "2026-13"),
    "kind": ("station", "sub-centre", "centre", "base", "theory", "x"),
    "drawn": (["370102001001"], ["370102001001"] * 2),
    "name": ("名", "\u202e名", "x" * 256),
}
SUBJECTS = {
    "order": ("O1", "O2", LONG),
    "place": PLACES,
    "resource": ("R1",),
    "activity": ("A1", "A2", LONG),
    "plan": (*PLACES, "T1"),
    "project": ("PR1", "C1"),
    "assessment": (*PLACES[:3], "D1"),
    "honour": ("N1",),
    "team": ("T1", "T2"),
    "whose": (*PLACES, "T1"),
    "call": ("C1",),
    "draw": ("D1",),
    "nomination": ("N1",),
}
EVENTS: tuple[type[CloudEvent], ...] = (
    *get_args(CentreEvent),
    *get_args(ComplaintEvent),
    ActivityRegistered,
    PlaceRegistered,
    ResourceRegistered,
    TeamRegistered,
    VolunteerRegistered,
)


@st.composite
def centre_events(draw: DrawFn) -> dict[str, Any]:
    """An event that a practice centre sends, as a tree; not always a valid one."""
    model = draw(st.sampled_from(EVENTS))
    kind = event_type(model)
    about = kind.split(".")[1 if "registry" not in kind else 2].removesuffix("-registered")
    return {
        "specversion": "1.0",
        "id": f"e{draw(st.integers(1, 80))}",
        "source": draw(st.sampled_from(("desk/1", "desk/2"))),
        "type": kind,
        "time": draw(st.sampled_from(TIMES)),
        "subject": draw(st.sampled_from(SUBJECTS.get(about, WHO))),
        "data": draw(tree_of(model.model_fields["data"].annotation)),
    }


def values_of(name: str, field: FieldInfo) -> SearchStrategy[Any]:
    """What may be said in a field of this name: of an event, or of a request."""
    return _values(name, field.annotation, field.metadata)


def tree_of(model: Any) -> SearchStrategy[dict[str, Any]]:
    """What may be said by a model: all that it needs, and some of the rest."""
    need: dict[str, SearchStrategy[Any]] = {}
    more: dict[str, SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        (need if field.is_required() else more)[name] = values_of(name, field)
    return st.fixed_dictionaries(need, optional=more)


def _values(name: str, kind: Any, metadata: list[Any]) -> SearchStrategy[Any]:
    """Mostly what fits, else what does not."""
    usual = _usual(name, kind, metadata)
    odd = st.sampled_from((*ODD_TEXTS[:20], *ODD_TIMES, *ODD_NUMBERS[:8], None, [], {}))
    return st.integers(0, 19).flatmap(lambda number: usual if number else odd)


def _usual(name: str, kind: Any, metadata: list[Any]) -> SearchStrategy[Any]:
    origin = get_origin(kind)
    if origin is Annotated:
        inner, *more = get_args(kind)
        return _usual(name, inner, [*metadata, *more])
    if origin in (Union, UnionType):
        some = [_usual(name, one, metadata) for one in get_args(kind) if one is not NoneType]
        return st.one_of(some)
    if origin is Literal:
        return st.sampled_from(get_args(kind))
    if origin is list and name not in NAMED:
        most = min(_bound(metadata, MaxLen, "max_length", 3), 3)
        return st.lists(_usual(name, get_args(kind)[0], []), max_size=most)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return tree_of(kind)
    if kind is bool:
        return st.booleans()
    if kind is datetime:
        late = ("1970-01-01T00:00:00Z", "9997-12-31T23:59:59.999999Z", "9997-12-31T23:59:59-14:00")
        return st.sampled_from((*TIMES, *late))
    if name in NAMED:
        return st.sampled_from(NAMED[name])
    if kind is int:
        low = _bound(metadata, Ge, "ge", -(2**53))
        high = _bound(metadata, Le, "le", 2**53)
        return st.one_of(st.integers(low, high), st.sampled_from((low, high, max(low, 1))))
    if kind is float:
        return st.sampled_from((36.6, 117.0, -90.0, 180.0, 0.0))
    most = _bound(metadata, MaxLen, "max_length", 20)
    return st.sampled_from(("x", "备注", "\u202e\u200f名", "a\nb", "𠮷" * most, "[red]", "%s{0}"))


def _bound(metadata: list[Any], kind: type, name: str, default: int) -> int:
    for one in metadata:
        if isinstance(one, kind | StringConstraints) and getattr(one, name, None) is not None:
            return int(getattr(one, name))
    return default
