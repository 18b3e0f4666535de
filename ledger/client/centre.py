"""How does a program in Python ask for what a practice centre does? `Orders(client)` and the like.

The shapes are those of the routes. Lists take the filters of their addresses as texts, as
`area="370102000000"`; all are fetched as they are needed.
"""

from collections.abc import Iterator

from ledger.api.benefits import Benefits as BenefitsOf
from ledger.api.benefits import Uncovered, UseShown, Withdrawn
from ledger.api.centre.activities import (
    ActivityListed,
    ActivitySaid,
    Because,
    OwnSignUp,
    SignUpSaid,
    SignUpShown,
)
from ledger.api.centre.assessments import (
    Assessed,
    AssessedLine,
    AssessmentDrawAsked,
    AssessmentDrawnAgain,
    AssessmentDrawShown,
    AssessmentEdition,
    AssessmentFinding,
    AssessmentFindingAsked,
    AssessmentResult,
    AssessmentResultAsked,
)
from ledger.api.centre.honours import (
    Conferred,
    Decided,
    HonourShown,
    Nominated,
    Published,
    Revoked,
)
from ledger.api.centre.order_shapes import (
    AcceptanceAsked,
    CallBackAsked,
    CancellationAsked,
    CompletionAsked,
    DispatchAsked,
    OrderCounts,
    OrderMade,
    OrderShown,
    OrderWhole,
    OwnRating,
    PlacingAsked,
    RatingAsked,
    RatingTaken,
    RefusalAsked,
    RewardingAsked,
    Suggestions,
)
from ledger.api.centre.places import (
    CountSaid,
    FindingShown,
    MergeSaid,
    PlaceNode,
    PlaceSaid,
    PlaceWhole,
    ReopenSaid,
)
from ledger.api.centre.plans import HeldShown, MonthHeld, PlanSaid, PlanShown
from ledger.api.centre.projects import (
    ProjectCallAsked,
    ProjectCallShown,
    ProjectShown,
    ProjectStage,
    ProjectStepAsked,
    ProjectWhole,
)
from ledger.api.centre.providers import Claimant, CodeShown, Undone, UseMade, UseWanted
from ledger.api.centre.resources import (
    BookingSaid,
    BookingShown,
    CancelSaid,
    ResourceSaid,
    ResourceShown,
)
from ledger.api.centre.teams import (
    Belonging,
    JoinSaid,
    KindShown,
    LeaveSaid,
    Left,
    RegisteredShown,
    SkillsShown,
    TeamListed,
    TeamSaid,
    TeamWhole,
    UnitShown,
)
from ledger.api.shapes import Page
from ledger.client.part import Part


class Places(Part):
    """阵地, and what they share."""

    def tree(self, **filters: str) -> list[PlaceNode]:
        """Each place below what holds it. Filters: area, as_of."""
        return list(self._ledger.listed(PlaceNode, "/v1/places/tree", **filters))

    def check(self, **filters: str) -> list[FindingShown]:
        """What is wrong or missing. Filters: area, as_of."""
        return list(self._ledger.listed(FindingShown, "/v1/places/check", **filters))

    def find(self, place: str) -> PlaceWhole:
        return self._ledger.read(PlaceWhole, f"/v1/places/{place}")

    def register(self, place: str, key: str, said: PlaceSaid) -> PlaceWhole:
        return self._tell(PlaceWhole, f"/v1/places/{place}", key, said)

    def merge(self, place: str, key: str, said: MergeSaid) -> PlaceWhole:
        return self._tell(PlaceWhole, f"/v1/places/{place}/merge", key, said)

    def reopen(self, place: str, key: str, said: ReopenSaid) -> PlaceWhole:
        return self._tell(PlaceWhole, f"/v1/places/{place}/reopen", key, said)

    def count(self, place: str, key: str, said: CountSaid) -> PlaceWhole:
        return self._tell(PlaceWhole, f"/v1/places/{place}/counts", key, said)

    def resources(self, area: str = "") -> list[ResourceShown]:
        return list(self._ledger.listed(ResourceShown, "/v1/resources", area=area))

    def share(self, resource: str, key: str, said: ResourceSaid) -> ResourceShown:
        return self._tell(ResourceShown, f"/v1/resources/{resource}", key, said)

    def bookings(self, resource: str, *, past: bool = False) -> list[BookingShown]:
        path = f"/v1/resources/{resource}/bookings"
        return list(self._ledger.listed(BookingShown, path, past=str(past)))

    def book(self, resource: str, key: str, said: BookingSaid) -> BookingShown:
        return self._tell(BookingShown, f"/v1/resources/{resource}/bookings", key, said)

    def give_up(self, resource: str, booking: str, key: str, said: CancelSaid) -> BookingShown:
        path = f"/v1/resources/{resource}/bookings/{booking}/cancel"
        return self._tell(BookingShown, path, key, said)


class Teams(Part):
    """队伍与人员."""

    def listed(self, **filters: str) -> list[TeamListed]:
        """Filters: area, as_of."""
        return list(self._ledger.listed(TeamListed, "/v1/teams", **filters))

    def kinds(self) -> list[KindShown]:
        return list(self._ledger.listed(KindShown, "/v1/teams/kinds"))

    def find(self, team: str, **filters: str) -> TeamWhole:
        """Filters: as_of."""
        return self._ledger.read(TeamWhole, f"/v1/teams/{team}", **filters)

    def register(self, team: str, key: str, said: TeamSaid) -> TeamWhole:
        return self._tell(TeamWhole, f"/v1/teams/{team}", key, said)

    def join(self, team: str, key: str, said: JoinSaid) -> TeamWhole:
        return self._tell(TeamWhole, f"/v1/teams/{team}/members", key, said)

    def leave(self, team: str, volunteer: str, key: str, said: LeaveSaid) -> TeamWhole:
        return self._tell(TeamWhole, f"/v1/teams/{team}/members/{volunteer}/leave", key, said)

    def belonging(self, volunteer: str) -> Belonging:
        """Where a volunteer belongs: places and teams."""
        return self._ledger.read(Belonging, f"/v1/volunteers/{volunteer}/belonging")

    def registered(self, **filters: str) -> list[RegisteredShown]:
        """How many people, by place. Filters: area, as_of."""
        return list(self._ledger.listed(RegisteredShown, "/v1/people", **filters))

    def party(self, **filters: str) -> list[UnitShown]:
        """Party members in post 在职党员 by unit. Filters: area, year."""
        return list(self._ledger.listed(UnitShown, "/v1/people/party", **filters))

    def skills(self, area: str = "") -> SkillsShown:
        return self._ledger.read(SkillsShown, "/v1/people/skills", area=area)

    def deregister(self, volunteer: str, key: str, said: LeaveSaid) -> Left:
        return self._tell(Left, f"/v1/people/{volunteer}/leave", key, said)


class Activities(Part):
    """活动, plans, and what was held."""

    def listed(self, **filters: str) -> Iterator[ActivityListed]:
        """By when they begin. Filters: area, since, until, team, category."""
        return self._ledger.listed(ActivityListed, "/v1/activities", **filters)

    def find(self, activity: str) -> ActivityListed:
        return self._ledger.read(ActivityListed, f"/v1/activities/{activity}")

    def register(self, activity: str, key: str, said: ActivitySaid) -> ActivityListed:
        return self._tell(ActivityListed, f"/v1/activities/{activity}", key, said)

    def cancel(self, activity: str, key: str, said: Because) -> ActivityListed:
        return self._tell(ActivityListed, f"/v1/activities/{activity}/cancel", key, said)

    def sign_ups(self, activity: str) -> list[SignUpShown]:
        return list(self._ledger.listed(SignUpShown, f"/v1/activities/{activity}/sign-ups"))

    def sign_up(self, activity: str, key: str, said: SignUpSaid) -> SignUpShown:
        return self._tell(SignUpShown, f"/v1/activities/{activity}/sign-ups", key, said)

    def withdraw(self, activity: str, volunteer: str, key: str, said: Because) -> SignUpShown:
        path = f"/v1/activities/{activity}/sign-ups/{volunteer}/withdraw"
        return self._tell(SignUpShown, path, key, said)

    def settle(self, activity: str) -> list[SignUpShown]:
        """Look now who did not come."""
        return self._tell(Page[SignUpShown], f"/v1/activities/{activity}/settle", "").items

    def of_volunteer(self, volunteer: str) -> list[OwnSignUp]:
        return list(self._ledger.listed(OwnSignUp, f"/v1/volunteers/{volunteer}/sign-ups"))

    def plans(self, **filters: str) -> list[PlanShown]:
        """Plans against what was held. Filters: period, area, whose."""
        return list(self._ledger.listed(PlanShown, "/v1/plans", **filters))

    def plan(self, whose: str, key: str, said: PlanSaid) -> PlanShown:
        return self._tell(PlanShown, f"/v1/plans/{whose}", key, said)

    def held(self, period: str, **filters: str) -> list[HeldShown]:
        """Filters: area, category."""
        return list(self._ledger.listed(HeldShown, "/v1/held", period=period, **filters))

    def held_by_month(self, year: int, area: str = "") -> list[MonthHeld]:
        query = {"year": str(year), "area": area}
        return list(self._ledger.listed(MonthHeld, "/v1/held/months", **query))


class Orders(Part):
    """五单: 点单 → 派单 → 接单 → 评单 → 奖单."""

    def listed(self, **filters: str) -> Iterator[OrderShown]:
        """Filters: place, state, responsible, team, volunteer, complaint, overdue, text, first …"""
        return self._ledger.listed(OrderShown, "/v1/orders", **filters)

    def counts(self, place: str = "") -> OrderCounts:
        return self._ledger.read(OrderCounts, "/v1/orders/counts", place=place)

    def find(self, order: str) -> OrderWhole:
        return self._ledger.read(OrderWhole, f"/v1/orders/{order}")

    def suggestions(self, order: str, limit: int = 10) -> Suggestions:
        path = f"/v1/orders/{order}/suggestions"
        return self._ledger.read(Suggestions, path, limit=str(limit))

    def place(self, key: str, said: PlacingAsked) -> OrderMade:
        return self._tell(OrderMade, "/v1/orders", key, said)

    def dispatch(self, order: str, key: str, said: DispatchAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/dispatch", key, said)

    def accept(self, order: str, key: str, said: AcceptanceAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/accept", key, said)

    def decline(self, order: str, key: str, said: RefusalAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/decline", key, said)

    def reassign(self, order: str, key: str, said: RefusalAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/reassign", key, said)

    def cancel(self, order: str, key: str, said: CancellationAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/cancel", key, said)

    def done(self, order: str, key: str, said: CompletionAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/done", key, said)

    def rate(self, order: str, key: str, said: RatingAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/rate", key, said)

    def call_back(self, order: str, key: str, said: CallBackAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/call-back", key, said)

    def reward(self, order: str, key: str, said: RewardingAsked) -> OrderWhole:
        return self._tell(OrderWhole, f"/v1/orders/{order}/reward", key, said)

    def rate_own(self, said: OwnRating) -> RatingTaken:
        """As the resident, by the order's code; it takes no login, and goes once."""
        return self._tell(RatingTaken, "/v1/order-ratings", "", said)


class Projects(Part):
    """项目库."""

    def listed(self, **filters: str) -> Iterator[ProjectShown]:
        """Filters: place, state, due."""
        return self._ledger.listed(ProjectShown, "/v1/projects", **filters)

    def find(self, project: str) -> ProjectWhole:
        return self._ledger.read(ProjectWhole, f"/v1/projects/{project}")

    def step(self, project: str, key: str, said: ProjectStepAsked) -> ProjectWhole:
        return self._tell(ProjectWhole, f"/v1/projects/{project}/steps", key, said)

    def stages(self, place: str = "") -> list[ProjectStage]:
        return list(self._ledger.listed(ProjectStage, "/v1/project-stages", place=place))

    def calls(self, place: str = "") -> list[ProjectCallShown]:
        return list(self._ledger.listed(ProjectCallShown, "/v1/project-calls", place=place))

    def call(self, call: str, key: str, said: ProjectCallAsked) -> ProjectCallShown:
        return self._tell(ProjectCallShown, f"/v1/project-calls/{call}", key, said)


class Assessments(Part):
    """年度测评. Filters of all: place, year, edition."""

    def assess(self, **filters: str) -> Assessed:
        return self._ledger.read(Assessed, "/v1/assessments", **filters)

    def missing(self, **filters: str) -> Iterator[AssessedLine]:
        """What is missing, and where. Filters: indicator, too."""
        return self._ledger.listed(AssessedLine, "/v1/assessments/missing", **filters)

    def report(self, form: str, **filters: str) -> bytes:
        """The report to be signed: xlsx or pdf."""
        path = f"/v1/assessments/report.{form}"
        return self._ledger.request("GET", path, params=filters).content

    def editions(self, **filters: str) -> list[AssessmentEdition]:
        return list(self._ledger.listed(AssessmentEdition, "/v1/assessments/editions", **filters))

    def draws(self, **filters: str) -> list[AssessmentDrawShown]:
        return list(self._ledger.listed(AssessmentDrawShown, "/v1/assessments/draws", **filters))

    def draw(self, key: str, said: AssessmentDrawAsked) -> AssessmentDrawShown:
        return self._tell(AssessmentDrawShown, "/v1/assessments/draws", key, said)

    def drawn_again(self, draw: str) -> AssessmentDrawnAgain:
        return self._ledger.read(AssessmentDrawnAgain, f"/v1/assessments/draws/{draw}")

    def findings(self, **filters: str) -> list[AssessmentFinding]:
        return list(self._ledger.listed(AssessmentFinding, "/v1/assessments/findings", **filters))

    def find(self, key: str, said: AssessmentFindingAsked) -> AssessmentFinding:
        """Record what was found in a check."""
        return self._tell(AssessmentFinding, "/v1/assessments/findings", key, said)

    def results(self, place: str) -> list[AssessmentResult]:
        """What was filed, the oldest year first."""
        return list(self._ledger.listed(AssessmentResult, "/v1/assessments/results", place=place))

    def conclude(self, key: str, said: AssessmentResultAsked) -> AssessmentResult:
        return self._tell(AssessmentResult, "/v1/assessments/results", key, said)


class Benefits(Part):
    """礼遇, at the office and at a provider; a code goes with one key."""

    def of_volunteer(self, volunteer: str) -> BenefitsOf:
        return self._ledger.read(BenefitsOf, f"/v1/volunteers/{volunteer}/benefits")

    def withdraw(self, volunteer: str, benefit: str, key: str, said: Withdrawn) -> Withdrawn:
        """Withdraw what was granted, or give it back."""
        return self._tell(Withdrawn, f"/v1/volunteers/{volunteer}/benefits/{benefit}", key, said)

    def uncovered(self) -> Iterator[Uncovered]:
        return self._ledger.listed(Uncovered, "/v1/benefits/uncovered")

    def check(self, provider: str, key: str, shown: CodeShown) -> Claimant:
        return self._tell(Claimant, f"/v1/providers/{provider}/benefits/check", key, shown)

    def use(self, provider: str, key: str, wanted: UseWanted) -> UseMade:
        return self._tell(UseMade, f"/v1/providers/{provider}/benefits/use", key, wanted)

    def cancel(self, provider: str, key: str, undone: Undone) -> UseShown:
        return self._tell(UseShown, f"/v1/providers/{provider}/benefits/cancel", key, undone)

    def uses(self, provider: str, **filters: str) -> Iterator[UseShown]:
        """Filters: since, in seconds."""
        return self._ledger.listed(UseShown, f"/v1/providers/{provider}/benefits/uses", **filters)


class Honours(Part):
    """评先树优."""

    def listed(self, **filters: str) -> Iterator[HonourShown]:
        """Filters: state, place, nominee, due."""
        return self._ledger.listed(HonourShown, "/v1/honours", **filters)

    def find(self, nomination: str) -> HonourShown:
        return self._ledger.read(HonourShown, f"/v1/honours/{nomination}")

    def of_volunteer(self, volunteer: str) -> list[HonourShown]:
        return list(self._ledger.listed(HonourShown, f"/v1/volunteers/{volunteer}/honours"))

    def nominate(self, key: str, said: Nominated) -> HonourShown:
        return self._tell(HonourShown, "/v1/honours", key, said)

    def step(
        self, nomination: str, key: str, said: Decided | Published | Conferred | Revoked
    ) -> HonourShown:
        return self._tell(HonourShown, f"/v1/honours/{nomination}", key, said)
