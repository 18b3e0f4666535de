"""How does somebody join or leave a team by hand, and what speaks against it?"""

from ledger.centre.teams.directory import find_team, members
from ledger.centre.teams.people import has_left
from ledger.desk import send
from ledger.errors import LedgerError
from ledger.recorder import Recorder
from schemas.membership import MembershipJoined, MembershipLeft


def join_team(recorder: Recorder, team: str, volunteer: str, role: str, by: str) -> None:
    """From now on they are in the team, in that role. Raises LedgerError."""
    with recorder.database.read() as connection:
        if find_team(connection, team, recorder.now()).dissolved:
            raise LedgerError(f"{team} is dissolved 已解散")
        if has_left(connection, volunteer):
            raise LedgerError(f"{volunteer} is no longer registered 已注销")
    said = {"team": team, "role": role, "by": by}
    send(recorder, MembershipJoined, volunteer, said, exact=True)


def leave_team(recorder: Recorder, team: str, volunteer: str, reason: str, by: str) -> None:
    """From now on they are not in it. Raises LedgerError if they are not."""
    with recorder.database.read() as connection:
        known = {one.volunteer for one in members(connection, team, recorder.now())}
    if volunteer not in known:
        raise LedgerError(f"{volunteer} is not in {team}")
    said = {"team": team, "reason": reason, "by": by}
    send(recorder, MembershipLeft, volunteer, said, exact=True)
