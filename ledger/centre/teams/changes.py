"""How is a team registered, joined, left and dissolved by hand, and what speaks against it?"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from ledger.centre.registering import known_of, register
from ledger.centre.teams.directory import TeamShown, find_team, members
from ledger.centre.teams.kinds import team_kind
from ledger.centre.teams.people import has_left, left_by
from ledger.clock import from_micros
from ledger.errors import Fault, LedgerError, UnfitError
from ledger.recording.desk import arrival, send
from ledger.recording.recorder import Recorder
from schemas.membership import MembershipJoined, MembershipLeft
from schemas.registry import TeamRegistered, VolunteerRegistered


def register_team(
    recorder: Recorder,
    team: str,
    said: Mapping[str, Any],
    *,
    leader: str | None = None,
    by: str = "",
    new: bool = False,
) -> None:
    """Register it, or change what is said of it (None: it is taken back); who leads it from now on.

    One that was dissolved is there again, empty. Raises UnfitError.
    """
    if said.get("kind"):
        team_kind(said["kind"])
    if leader:
        with recorder.database.read() as connection:
            _may_join(connection, leader, "leader")
    register(recorder, TeamRegistered, team, {**said, "dissolved_at": None}, new=new)
    if leader:
        join_team(recorder, team, leader, "leader", by)


def join_team(recorder: Recorder, team: str, volunteer: str, role: str, by: str) -> None:
    """From now on they are in the team, in that role. Raises UnfitError."""
    with recorder.database.read() as connection:
        _still_there(find_team(connection, team, recorder.now()))
        _may_join(connection, volunteer, "volunteer")
    said = {"team": team, "role": role, "by": by}
    send(recorder, MembershipJoined, volunteer, said, exact=True)


def leave_team(recorder: Recorder, team: str, volunteer: str, reason: str, by: str) -> None:
    """From now on they are not in it. Raises UnfitError if they are not."""
    with recorder.database.read() as connection:
        known = {one.volunteer for one in members(connection, team, recorder.now())}
    if volunteer not in known:
        raise UnfitError(
            Fault("volunteer", f"{volunteer} 不在这支队伍里", f"{volunteer} is not in {team}")
        )
    said = {"team": team, "reason": reason, "by": by}
    send(recorder, MembershipLeft, volunteer, said, exact=True)


def dissolve_team(recorder: Recorder, team: str, reason: str, by: str) -> None:
    """解散: from now on it is there no longer, and nobody is in it. Raises UnfitError.

    All of it or nothing. Registered anew it is there again, empty.
    """
    now = recorder.now()
    with recorder.database.read() as connection:
        _still_there(find_team(connection, team, now))
        known = known_of(connection, TeamRegistered, team)
        people = [one.volunteer for one in members(connection, team, now)]
    policy = recorder.policy
    gone = {"team": team, "reason": reason, "by": by}
    over = {**known, "dissolved_at": from_micros(now, policy.zone)}
    receipt = recorder.record(
        [arrival(policy, now, MembershipLeft, one, gone, uuid4().hex, exact=True) for one in people]
        + [arrival(policy, now, TeamRegistered, team, over, uuid4().hex, exact=True)]
    )
    if receipt.rejects:
        raise LedgerError(receipt.rejects[0].detail)


def _still_there(team: TeamShown) -> None:
    if team.dissolved_at is not None:
        raise UnfitError(
            Fault("", f"“{team.name}”已经解散", f"{team.team} {team.name} is dissolved 已解散")
        )


def _may_join(connection: Connection, volunteer: str, field: str) -> None:
    if has_left(connection, volunteer):
        raise UnfitError(left_by(volunteer, field))
    if not known_of(connection, VolunteerRegistered, volunteer):
        said = f"there is no volunteer {volunteer}: register them first"
        raise UnfitError(Fault(field, f"没有编号为 {volunteer} 的志愿者，请先登记", said))
