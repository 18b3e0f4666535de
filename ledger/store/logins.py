"""Which secret links are there, and which browsers is somebody logged in with? Times are in µs."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from ledger.access import Who
from ledger.store import bulk
from ledger.store.tables import access_pass, login_session


class Pass(NamedTuple):
    """A secret link, in the order of its table's columns; of the secret only its digest."""

    id: str
    digest: str
    name: str
    made_by: str
    made_at: int
    until: int
    revoked_at: int | None = None

    def stands(self, at: int) -> bool:
        """It lets somebody in at this time."""
        return self.revoked_at is None and at < self.until


class Session(NamedTuple):
    """A browser that somebody is logged in with, in the order of its table's columns."""

    digest: str
    issuer: str
    subject: str
    name: str
    login: str
    since: int
    until: int

    @property
    def who(self) -> Who:
        return Who(self.issuer, self.subject)


def add_pass(connection: Connection, made: Pass) -> None:
    bulk.insert(connection, access_pass, [made])


def find_pass(connection: Connection, ident: str) -> Pass | None:
    """By its number, which is no secret."""
    found = connection.execute(select(access_pass).where(access_pass.c.id == ident)).first()
    return None if found is None else Pass(*found)


def pass_by(connection: Connection, digest: str) -> Pass | None:
    """By the digest of its secret."""
    found = connection.execute(select(access_pass).where(access_pass.c.digest == digest)).first()
    return None if found is None else Pass(*found)


def passes(connection: Connection) -> list[Pass]:
    """All, the oldest first."""
    query = select(access_pass).order_by(access_pass.c.made_at, access_pass.c.id)
    return [Pass(*row) for row in connection.execute(query)]


def revoke_pass(connection: Connection, ident: str, at: int) -> None:
    """It lets nobody in any more; browsers that it let in are logged out."""
    ours = update(access_pass).where(access_pass.c.id == ident, access_pass.c.revoked_at.is_(None))
    connection.execute(ours.values(revoked_at=at))
    connection.execute(delete(login_session).where(login_session.c.subject == ident))


def open_session(connection: Connection, opened: Session) -> None:
    """Note a browser's login; those that have run out are forgotten."""
    connection.execute(delete(login_session).where(login_session.c.until <= opened.since))
    bulk.insert(connection, login_session, [opened])


def session_by(connection: Connection, digest: str, at: int) -> Session | None:
    """By the digest of its cookie, if it has not run out."""
    query = select(login_session).where(
        login_session.c.digest == digest, login_session.c.until > at
    )
    found = connection.execute(query).first()
    return None if found is None else Session(*found)


def close_session(connection: Connection, digest: str) -> None:
    connection.execute(delete(login_session).where(login_session.c.digest == digest))
