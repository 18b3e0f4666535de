"""Who is at the front doors, and what waits there?"""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from ledger.store.tables.base import Key, metadata

access_pass = Table(
    "access_pass",
    metadata,
    Column("id", Key, primary_key=True, comment="the subject of its grants, at the issuer pass"),
    Column("digest", Key, nullable=False, unique=True, comment="SHA-256 of the secret, hex"),
    Column("name", Text, nullable=False, comment="who or what it is for"),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, comment="no longer at this instant"),
    Column("revoked_at", BigInteger),
    comment="Secret links that let somebody in; not in the log, which is for ever",
)

login_session = Table(
    "login_session",
    metadata,
    Column("digest", Key, primary_key=True, comment="SHA-256 of the cookie, hex"),
    Column("issuer", Key, nullable=False),
    Column("subject", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False, comment="oidc or pass"),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False, comment="no longer at this instant"),
    Index(None, "subject"),
    Index(None, "until"),
    comment="Browsers that somebody is logged in with",
)

code_use = Table(
    "code_use",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("minute", BigInteger, primary_key=True, autoincrement=False, comment="since 1970 UTC"),
    Column("redemption", Key, nullable=False),
    Index(None, "minute"),
    comment="What a volunteer's code of a minute has bought: each buys once",
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("who", Key, primary_key=True),
    Column("key", Key, primary_key=True, comment="as the header Idempotency-Key says"),
    Column("request", Text, nullable=False, comment="SHA-256 of method, path and body, hex"),
    Column("at", BigInteger, nullable=False),
    Column("status", BigInteger, comment="of the answer; absent: still being worked on"),
    Column("content", LargeBinary, comment="the answer"),
    Index(None, "at"),
    comment="What was answered to requests that are carried out once",
)

webhook = Table(
    "webhook",
    metadata,
    Column("id", Key, primary_key=True),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False, comment="JSON: types of events; empty: all"),
    Column("secret", Text, nullable=False, comment="by which it is signed, base64"),
    Column("made_by", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False, comment="the newest batch that it was told"),
    Column("failures", BigInteger, nullable=False, comment="in a row"),
    Column("failed_since", BigInteger),
    Column("last_error", Text, nullable=False),
    Column("next_at", BigInteger, nullable=False, comment="not asked again before"),
    Column("disabled", BigInteger, nullable=False, comment="1: after failing for days"),
    comment="Addresses that are told of what is recorded",
)

policy_proposal = Table(
    "policy_proposal",
    metadata,
    Column("id", Key, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("effective_from", Text, nullable=False, comment="YYYY-MM-DD in the policy's zone"),
    Column("proposed_by", Text, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    Column("state", Text, nullable=False, comment="open, approved or withdrawn"),
    Column("decided_by", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("simulation", Text, comment="JSON of the last simulation of its text; absent: none"),
    comment="Policies that wait for a second person",
)
