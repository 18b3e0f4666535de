"""How are the rows kept that follow from all events of one subject?

Each time something new is logged of a subject, all that the log has of it is folded anew, and those
of its rows that have changed are written. So neither the order of arrival nor a repetition changes
what comes out, and a replay gives the same rows. A dossier has tens of events, seldom thousands,
and is `full` at a bound.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from sqlalchemy import Connection, Table, bindparam, delete, func, select

from ledger.centre.activities.plans import planned
from ledger.centre.activities.sign_ups import activity as as_it_stands
from ledger.centre.activities.sign_ups import sign_ups
from ledger.centre.assessment.folds import draws, findings, results
from ledger.centre.benefits.steps import steps as benefit_steps
from ledger.centre.complaint import complaints
from ledger.centre.dossier import Told, in_order
from ledger.centre.honours.life import honours
from ledger.centre.orders.rows import order_volunteers, service_orders
from ledger.centre.places.bookings import bookings
from ledger.centre.places.counts import years
from ledger.centre.places.history import closings, names
from ledger.centre.projects.life import brands, calls, projects, steps
from ledger.centre.teams.history import teams_known
from ledger.centre.teams.membership import spells
from ledger.centre.teams.registration import registrations, skills
from ledger.store import bulk
from ledger.store.locks import Lock, hold_names
from ledger.store.tables import (
    activity,
    assessment_draw,
    assessment_finding,
    assessment_result,
    benefit_step,
    booking,
    complaint,
    event,
    honour,
    membership,
    order_volunteer,
    place_closed,
    place_history,
    place_year,
    plan,
    project,
    project_brand,
    project_call,
    project_step,
    registration,
    service_order,
    sign_up,
    skill,
    team_history,
)
from schemas import (
    ActivityRegistered,
    CloudEvent,
    PlaceRegistered,
    TeamRegistered,
    VolunteerRegistered,
    decode_logged,
)
from schemas.activities import ActivityCancelled, PlanMade, SignedUp, SignUpWithdrawn
from schemas.assessment import AssessmentConcluded, AssessmentDrawn, AssessmentFound
from schemas.benefits import BenefitEvent
from schemas.complaint import ComplaintAnswered, ComplaintFiled
from schemas.documents import event_type
from schemas.honours import HonourEvent
from schemas.membership import MembershipJoined, MembershipLeft, VolunteerLeft
from schemas.orders import OrderEvent, OwnOrderEvent
from schemas.own import ActivitySettled
from schemas.places import (
    BookingCancelled,
    BookingRequested,
    PlaceCounted,
    PlaceMerged,
    PlaceReopened,
)
from schemas.project import ProjectsCalled, ProjectStep
from schemas.registry import ResourceRegistered


class Kind(NamedTuple):
    """Which `events` of a subject give which rows; `table` has the subject in its first column."""

    table: Table
    events: tuple[type[CloudEvent], ...]
    fold: Callable[[str, Sequence[Told]], Iterable[tuple[Any, ...]]]

    def rows_of(self, subject: str, known: Iterable[Told]) -> Iterable[tuple[Any, ...]]:
        """By all that is known of a subject; what is not of these events does not matter."""
        own = in_order(one for one in known if type(one.event) in self.events)
        return self.fold(subject, own)


ORDERS: tuple[type[CloudEvent], ...] = (*get_args(OrderEvent), *get_args(OwnOrderEvent))

ORDER_TYPES = tuple(event_type(one) for one in ORDERS)

_OF_VOLUNTEER = (VolunteerRegistered, VolunteerLeft)
_OF_ACTIVITY = (
    ActivityRegistered,
    ActivityCancelled,
    SignedUp,
    SignUpWithdrawn,
    ActivitySettled,
)
_OF_PROJECT = get_args(ProjectStep)

KINDS = (
    Kind(membership, (MembershipJoined, MembershipLeft, *_OF_VOLUNTEER), spells),
    Kind(registration, _OF_VOLUNTEER, registrations),
    Kind(skill, _OF_VOLUNTEER, skills),
    Kind(team_history, (TeamRegistered,), teams_known),
    Kind(place_history, (PlaceRegistered,), names),
    Kind(place_closed, (PlaceMerged, PlaceReopened), closings),
    Kind(place_year, (PlaceCounted,), years),
    Kind(booking, (ResourceRegistered, BookingRequested, BookingCancelled), bookings),
    Kind(activity, _OF_ACTIVITY, as_it_stands),
    Kind(sign_up, _OF_ACTIVITY, sign_ups),
    Kind(plan, (PlanMade,), planned),
    Kind(service_order, ORDERS, service_orders),
    Kind(order_volunteer, ORDERS, order_volunteers),
    Kind(complaint, (ComplaintFiled, ComplaintAnswered), complaints),
    Kind(project, _OF_PROJECT, projects),
    Kind(project_step, _OF_PROJECT, steps),
    Kind(project_brand, _OF_PROJECT, brands),
    Kind(project_call, (ProjectsCalled,), calls),
    Kind(assessment_draw, (AssessmentDrawn,), draws),
    Kind(assessment_finding, (AssessmentFound,), findings),
    Kind(assessment_result, (AssessmentConcluded,), results),
    Kind(benefit_step, get_args(BenefitEvent), benefit_steps),
    Kind(honour, get_args(HonourEvent), honours),
)

_BY_EVENT: Mapping[type[CloudEvent], tuple[Kind, ...]] = {
    event: tuple(kind for kind in KINDS if event in kind.events)
    for event in {event for kind in KINDS for event in kind.events}
}

EVENTS = frozenset(_BY_EVENT)
"""All that go into a dossier."""

_TYPES = tuple(map(event_type, _BY_EVENT))

MOST_BYTES = 8 * 1024 * 1024
"""Of the events of one subject: some 25,000 sign-ups, which take a second or two to fold."""


def full(connection: Connection, sizes: Mapping[int, tuple[str, int]]) -> set[int]:
    """Of events of `EVENTS`, by any number: those that their dossier has no room for any more.

    Each with its subject and its bytes. Else whoever sends enough about one subject would keep all
    others waiting.
    """
    query = (
        select(event.c.subject, func.sum(func.length(event.c.content)))
        .where(
            bulk.among(
                connection, event.c.subject, list({subject for subject, _ in sizes.values()})
            ),
            event.c.type.in_(_TYPES),
        )
        .group_by(event.c.subject)
    )
    taken = Counter({subject: int(size) for subject, size in connection.execute(query)})
    found = set()
    for number, (subject, size) in sizes.items():
        if taken[subject] + size > MOST_BYTES:
            found.add(number)
        else:
            taken[subject] += size
    return found


def keep(connection: Connection, news: Iterable[CloudEvent]) -> None:
    """Fold the dossiers that newly logged events belong to, and bring their rows up to that."""
    touched: dict[Kind, set[str]] = defaultdict(set)
    for one in news:
        for kind in _BY_EVENT.get(type(one), ()):
            touched[kind].add(one.subject)
    if not touched:
        return
    everyone = set().union(*touched.values())
    hold_names(connection, Lock.DOSSIER, everyone)  # the last locks of a batch
    events = {event for kind in touched for event in kind.events}
    found = told(connection, events, everyone)
    for kind, subjects in touched.items():
        rows = [row for one in sorted(subjects) for row in kind.rows_of(one, found[one])]
        _bring_up(connection, kind.table, subjects, rows)


def _bring_up(
    connection: Connection, table: Table, subjects: Collection[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """The subjects come to have these `rows`; what is there already is left alone."""
    names = [part.name for part in table.primary_key]
    places = [place for place, part in enumerate(table.columns) if part.name in names]

    def by_key(found: Iterable[Sequence[Any]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        return {tuple(row[place] for place in places): tuple(row) for row in found}

    own = bulk.among(connection, table.columns[0], list(subjects))
    before, now = by_key(connection.execute(select(table).where(own))), by_key(rows)
    gone = sorted(before.keys() - now.keys())
    if gone:
        keys = (part == bindparam(f"of_{part.name}") for part in table.primary_key)
        connection.execute(
            delete(table).where(*keys),
            [{f"of_{name}": one for name, one in zip(names, key, strict=True)} for key in gone],
        )
    bulk.upsert(connection, table, [row for key, row in now.items() if before.get(key) != row])


def told(
    connection: Connection, kinds: Collection[type[CloudEvent]], subjects: Collection[str]
) -> Mapping[str, list[Told]]:
    """All that the log has of the subjects: in Postgres what others committed, too."""
    found: dict[str, list[Told]] = defaultdict(list)
    rows = connection.execute(
        select(event.c.at, event.c.source, event.c.id, event.c.content).where(
            bulk.among(connection, event.c.subject, list(subjects)),
            event.c.type.in_([event_type(one) for one in kinds]),
        )
    )
    for at, source, ident, content in rows:
        decoded = decode_logged(content)
        found[decoded.subject].append(Told(at, source, ident, decoded))
    return found
