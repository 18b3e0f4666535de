"""What a policy document may say: the schema that editors, checks and the compiler share."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
)


def _name(value: str) -> str:
    if not value.isidentifier() or len(value) > 60:
        raise ValueError(f"'{value}' is not a name: letters, digits and _ only, no digit first")
    if unicodedata.normalize("NFKC", value) != value:
        raise ValueError(f"'{value}' has characters that look like others; write them plainly")
    return value


def _listed(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


def _one_or_number(value: Any) -> Any:
    if isinstance(value, str) and len(value) > 2000:
        raise ValueError("an expression is longer than 2000 characters")
    return value


Name = Annotated[str, AfterValidator(_name)]
RuleId = Annotated[str, Field(pattern=r"^[\w\-]{1,60}$")]
Exact = Annotated[Decimal, Field(allow_inf_nan=False)]
Expr = Annotated[
    StrictInt | StrictBool | Exact | StrictStr,
    BeforeValidator(_one_or_number),
    Field(description="an expression of the policy language, or a plain number"),
]
OptExpr = Expr | None
Scalar = StrictInt | StrictBool | Exact | StrictStr | None
Names = Annotated[
    list[str], BeforeValidator(_listed, json_schema_input_type=list[str] | str | None)
]
Exprs = Annotated[
    list[Expr], BeforeValidator(_listed, json_schema_input_type=list[Expr] | Expr | None)
]
Kind = Literal["number", "hours", "bool", "text", "date", "time", "list", "map", "any"]
Window = Annotated[
    str,
    Field(
        pattern=r"^(day|week|month|quarter|half|year|year from \d\d-\d\d"
        r"|since [\w]+|last \d{1,4} (days|months|years)|all)$",
        description="day, week, month, quarter, half, year, 'year from 09-01', 'since joined' "
        "(years counted from that date of the person), 'last 12 months', all",
    ),
]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Bilingual(Strict):
    zh: str
    en: str = ""


class Origin(Strict):
    """Where the text can be read."""

    title: str = ""
    url: str = ""
    year: int | None = None
    kind: str = ""
    note: str = ""


class Setting(Strict):
    """What the text leaves open. Without a value, an outcome that depends on it is refused."""

    question: str
    type: Kind = "text"
    choices: list[Scalar] | None = Field(default=None, max_length=12)
    clauses: Names = []
    value: Any = None
    note: str = ""


class Version(Strict):
    """A dated version; rules name it under `versions`. In force until the next one's day."""

    from_: date = Field(alias="from")
    source: str = ""
    note: str = ""


class Attribute(Strict):
    """One declared attribute of a fact or of the person. `default` is what absence means."""

    type: Kind = "any"
    choices: list[Scalar] | None = None
    default: Any = None
    note: str = ""


def _attribute(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


Attributes = dict[
    Name,
    Annotated[Attribute, BeforeValidator(_attribute, json_schema_input_type=Attribute | Kind)],
]


class Every(Strict):
    """A fact the calendar makes by itself, at the end of that day."""

    every: Literal["year", "quarter", "month"]
    on: str = Field(pattern=r"^(\d\d-\d\d|\d\d|last)$", description="MM-DD, day DD, or last")


class FactType(Strict):
    """A kind of thing that happens."""

    kind: Literal["visit", "event", "request", "amendment"] = "event"
    attributes: Attributes = {}
    amends: str | None = None
    timer: Every | None = None
    note: str = ""


def _fact_type(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else {} if value is None else value


class Condition(Strict):
    """What must be so; else the rule or request is refused for this reason."""

    if_: Expr = Field(alias="if")
    else_: str = Field(alias="else", default="")
    clauses: Names = []


class Cap(Strict):
    """A limit. `per`: what it counts over; `used` instead: an expression for what is used up.

    `over`: where the rest goes (a currency); absent: the rest lapses.
    """

    max: Expr
    per: Exprs = []
    used: OptExpr = None
    unless: OptExpr = None
    over: str | None = None
    clauses: Names = []


class Rounding(Strict):
    """To whole steps of `to` hours; `per`: over what the time that is left over is added up."""

    to: Expr = 1
    mode: Expr | None = None
    per: Exprs = []
    clauses: Names = []


class Hold(Strict):
    """Hours wait for somebody's approval. `counts`: the hours that count meanwhile.

    `until`: the last day of the hold, after which they count unless something was said.
    """

    if_: Expr = Field(alias="if")
    until: OptExpr = None
    awaits: Expr | None = None
    counts: Expr = 0
    clauses: Names = []


class Rule(Strict):
    """What all rules share: on which facts, when, under which dates, on what ground."""

    id: RuleId
    on: Names = []
    when: OptExpr = None
    require: list[Condition] = []
    clauses: Names = []
    from_: date | None = Field(alias="from", default=None)
    until: date | None = None
    versions: Names = []
    answer: dict[Name, Expr] = {}
    as_: str | None = Field(alias="as", default=None)
    note: str = ""


class HoursRule(Rule):
    """How a fact becomes hours: amount, less, overlap, factor, round, caps, hold; in this order."""

    track: Name = "hours"
    amount: OptExpr = None
    within: list[OptExpr] | None = Field(default=None, min_length=2, max_length=2)
    less: OptExpr = None
    overlap: OptExpr = None
    open: OptExpr = None
    factor: OptExpr = None
    round: Rounding | None = None
    caps: list[Cap] = []
    hold: list[Hold] = []


class PointsRule(Rule):
    """How a fact becomes points.

    `amount`: points for this fact. With `basis` and `per`, `amount` is a function of `total`, the
    running total of the basis within `per`, and the fact earns by how much it rises.
    `entitled` instead: what should have been given in all; whatever is missing is given.
    """

    currency: str = "points"
    amount: OptExpr = None
    basis: OptExpr = None
    per: Exprs = []
    entitled: OptExpr = None
    falls: OptExpr = None
    round: OptExpr = None
    caps: list[Cap] = []
    counter: OptExpr = None


class Expiry(Strict):
    """How long points live, oldest spent first."""

    months: OptExpr = None
    on: OptExpr = None
    clauses: Names = []


class Debt(Strict):
    """What a correction leaves owed of points already spent. `offset`: the share of each later
    earning that goes to the debt, 0 to 1; `write_off`: never, or by somebody with an approval.
    """

    offset: Expr
    write_off: Literal["never", "approved"]
    clauses: Names = []


Period = Annotated[
    str,
    Field(
        pattern=r"^(month|quarter|half|year|year from (0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$",
        description="month, quarter, half, year, 'year from 09-01'",
    ),
]


class Initial(Strict):
    """The balance to begin with. `per`: with each of these periods it begins anew."""

    amount: Expr
    per: Period | None = None
    clauses: Names = []


def _initial(value: Any) -> Any:
    return value if isinstance(value, dict) or value is None else {"amount": value}


class Currency(Strict):
    name: str = ""
    scale: int = Field(default=0, ge=0, le=6)
    rounding: OptExpr = None
    below_zero: OptExpr = None
    initial: Annotated[
        Initial | None, BeforeValidator(_initial, json_schema_input_type=Initial | Expr | None)
    ] = None
    caps: list[Cap] = []
    expiry: Expiry | None = None
    debt: Debt | None = None
    clauses: Names = []


class Measure(Strict):
    """A number (or value) kept over facts: exactly one of sum, count, max, min, last, first, list.

    `of`: fact types; X.refused are refused requests; absent: all. `by`: one number per key.
    """

    sum: OptExpr = None
    count: Names = []
    max: OptExpr = None
    min: OptExpr = None
    last: OptExpr = None
    first: OptExpr = None
    list_: OptExpr = Field(alias="list", default=None)
    of: Names = []
    where: OptExpr = None
    window: Window = "all"
    by: OptExpr = None
    clauses: Names = []
    note: str = ""


class Level(Strict):
    """One level. `need`: to be given it; `keep`: enough to keep it once held."""

    need: Expr
    keep: OptExpr = None
    name: str = ""
    clauses: Names = []
    certifier: str = ""
    from_: date | None = Field(alias="from", default=None)
    until: date | None = None
    versions: Names = []


def _level(value: Any) -> Any:
    return value if isinstance(value, dict) else {"need": value}


class Ladder(Strict):
    """Levels in rising order. A plain number is a threshold on `basis`; else a condition."""

    levels: dict[
        str, Annotated[Level, BeforeValidator(_level, json_schema_input_type=Level | Expr)]
    ]
    basis: OptExpr = None
    reach: OptExpr = None
    none: Scalar = 0
    evaluate: Names = ["live"]
    when: OptExpr = None
    require: list[Condition] = []
    each: bool = False
    step_by_step: OptExpr = None
    demotion: OptExpr = None
    hold: OptExpr = None
    clauses: Names = []
    note: str = ""


class Grant(Strict):
    """Something due: whenever `due` rises above what was granted, the rest is granted.

    `name`, `field` and `where` tell people what it is and where it is had; the fields:
    入学、就业、医疗、交通、文化、其他.
    """

    due: Expr
    name: str = ""
    field: Literal["", "school", "job", "medical", "transport", "culture", "other"] = ""
    where: str = ""
    per: Exprs = []
    choices: list[Scalar] = []
    until: OptExpr = None
    when: OptExpr = None
    clauses: Names = []
    note: str = ""


class Price(Strict):
    amount: Expr
    from_: Names = Field(alias="from")
    counter: OptExpr = None
    clauses: Names = []


class Request(Rule):
    """A question that is decided: accepted, or refused with every reason and its clause."""

    price: list[Price] = []


class Conduct(Rule):
    """What a fact changes in the person's standing, after all measures have been updated."""

    set: dict[Name, OptExpr] = {}


class Band(Strict):
    from_: OptExpr = Field(alias="from", default=None)
    above: OptExpr = None
    to: OptExpr = None
    below: OptExpr = None
    value: Any


class Bands(Strict):
    """A look-up by ranges. `gap`/`overlap`: lower, upper or none where the ranges leave it open."""

    bands: list[Band]
    none: Scalar = 0
    gap: OptExpr = None
    overlap: OptExpr = None
    clauses: Names = []


class Calendar(Strict):
    """Working days: Monday to Friday, less holidays, plus make-up working days."""

    holidays: list[date] = []
    workdays: list[date] = []


class Ranking(Strict):
    """An order among people, computed outside the fold; it comes back as facts of type `fact`.

    `by`: numbers or dates, the later ones break ties; higher is better, unless with `-` before it.
    `per`: a ranking for each group. `take`: how many are taken, in terms of `size` and `group`.
    `ties`: whoever is equal in all of `by` shares a rank, or is put in an order by lot.
    """

    by: Annotated[
        list[Expr],
        BeforeValidator(_listed, json_schema_input_type=list[Expr] | Expr),
        Field(min_length=1, max_length=8),
    ]
    among: OptExpr = None
    per: OptExpr = None
    take: OptExpr = None
    ties: OptExpr = None
    fact: str
    clauses: Names = []


class StateFact(Strict):
    """A key of an example's state that stands for something that happened."""

    fact: str
    as_: str | None = Field(alias="as", default=None)


class Dispute(Strict):
    reason: str
    clauses: Names = []


class Cases(Strict):
    """How worked examples written in their own words map onto the names of this document."""

    at: str | None = None
    clock: Names = ["date", "now", "at"]
    state: dict[str, str | StateFact | None] = {}
    events: dict[str, dict[str, str | None]] = {}
    expect: dict[str, Expr] = {}
    disputed: dict[str, Dispute] = {}
    settings: dict[str, dict[str, Any]] = {}
    asks: dict[str, str] = {}


class TwoPlaces(Strict):
    """Visits of one volunteer at different places that overlap."""

    clauses: Names = []


class HoursADay(Strict):
    """More time in service than `max` hours on one local day: all visits of that day."""

    max: Annotated[Exact, Field(gt=0, lt=24)]
    clauses: Names = []


class DeviceSpeed(Strict):
    """A device marks `people` different people or more within `seconds`: the visits so marked."""

    people: int = Field(ge=2, le=100_000)
    seconds: int = Field(ge=0, le=3600)
    clauses: Names = []


class Buddies(Strict):
    """One device marks two people within `seconds`, on `times` days or more within `days`."""

    seconds: int = Field(ge=0, le=3600)
    times: int = Field(ge=1, le=366)
    days: int = Field(ge=1, le=366)
    clauses: Names = []


def _two_places(value: Any) -> Any:
    return {} if value is True else None if value is False else value


def _hours_a_day(value: Any) -> Any:
    return value if isinstance(value, dict) or value is None else {"max": value}


class Safeguards(Strict):
    """Which visits are held for review before they count; what is absent is not looked for."""

    two_places: Annotated[
        TwoPlaces | None,
        BeforeValidator(_two_places, json_schema_input_type=TwoPlaces | StrictBool | None),
    ] = None
    hours_a_day: Annotated[
        HoursADay | None,
        BeforeValidator(_hours_a_day, json_schema_input_type=HoursADay | StrictInt | Exact | None),
    ] = None
    device: DeviceSpeed | None = None
    buddies: Buddies | None = None

    def limits(self) -> Iterator[tuple[str, TwoPlaces | HoursADay | DeviceSpeed | Buddies]]:
        """Those that are set, by name."""
        for name in type(self).model_fields:
            limit = getattr(self, name)
            if limit is not None:
                yield name, limit


class Policy(Strict):
    """One locality's policy."""

    policy: str = Field(pattern=r"^[a-z0-9][a-z0-9\-]{0,79}$")
    name: Bilingual | str
    issuer: str = ""
    region: str = ""
    source: Origin = Origin()
    note: str = ""
    timezone: str = Field(default="+08:00", pattern=r"^[+-]\d\d:\d\d$")
    unregistered: Literal["accept", "hold"] = Field(
        default="accept",
        description="attendance of a volunteer or at an activity that nobody has registered: "
        "counted at once, or held until they are",
    )
    clauses: dict[str, str] = {}
    settings: dict[str, Setting] = {}
    versions: dict[str, Version] = {}
    params: dict[Name, dict[date, Scalar]] = {}
    tables: dict[Name, Any] = {}
    bands: dict[Name, Bands] = {}
    calendar: Calendar = Calendar()
    midnight: OptExpr = None
    person: Attributes = {}
    facts: dict[
        Name,
        Annotated[
            FactType,
            BeforeValidator(
                _fact_type,
                json_schema_input_type=FactType
                | Literal["visit", "event", "request", "amendment"]
                | None,
            ),
        ],
    ]
    currencies: dict[Name, Currency] = {}
    measures: dict[Name, Measure] = {}
    values: dict[Name, OptExpr] = {}
    requests: list[Request] = []
    hours: list[HoursRule] = []
    points: list[PointsRule] = []
    conduct: list[Conduct] = []
    ladders: dict[Name, Ladder] = {}
    grants: dict[Name, Grant] = {}
    rankings: dict[Name, Ranking] = {}
    safeguards: Safeguards | None = None
    cases: Cases = Cases()
