"""The ledger: rows are only ever added to these tables."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, UniqueConstraint, and_

from ledger.store.tables.base import Key, metadata


def _reversed_once(table: Table) -> None:
    """An entry is taken back at most once."""
    undone = table.c.reverses
    Index(
        f"uq_{table.name}_reverses",
        undone,
        unique=True,
        sqlite_where=undone.is_not(None),
        postgresql_where=undone.is_not(None),
    )


policy_version = Table(
    "policy_version",
    metadata,
    Column("event", BigInteger, primary_key=True, autoincrement=False),
    Column("effective_from", Text, nullable=False, comment="YYYY-MM-DD in the policy's zone"),
    Column("digest", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("content", Text, nullable=False),
)

batch = Table(
    "batch",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("lane", Text, nullable=False),
    Column("salt", Text, nullable=False, comment="random: voucher codes are made of it"),
    Index(None, "recorded_at"),
)

event = Table(
    "event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("source", Key, nullable=False),
    Column("id", Key, nullable=False),
    Column("type", Text, nullable=False),
    Column("subject", Key, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("source", "id"),
    Index(None, "subject"),
)

hour_record = Table(
    "hour_record",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("volunteer", Key, nullable=False),
    Column("track", Text, nullable=False),
    Column("activity", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False, comment="seconds since 1970 UTC"),
    Column("ended_at", BigInteger, nullable=False, comment="seconds since 1970 UTC"),
    Column("seconds", BigInteger, nullable=False),
    Column("status", Text, nullable=False, comment="counted or pending"),
    Column("awaits", Text, nullable=False, comment="whose approval"),
    Column("check_in", BigInteger),
    Column("check_out", BigInteger),
    Column("rule", Text, nullable=False),
    Column("policy", Text, nullable=False, comment="digest of the version that governed"),
    Column("reverses", BigInteger),
    Index(None, "volunteer"),
    Index(None, "activity"),
)
_reversed_once(hour_record)

points_entry = Table(
    "points_entry",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("volunteer", Key, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False, comment="into the wallet; below zero: out of it"),
    Column("counter", Text, nullable=False, comment="the account on the other side"),
    Column("event", BigInteger),
    Column("effective_at", BigInteger, nullable=False),
    Column("rule", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("reverses", BigInteger),
    Index(None, "volunteer"),
)
_reversed_once(points_entry)

posting = Table(
    "posting",
    metadata,
    Column("entry", BigInteger, primary_key=True, autoincrement=False),
    Column("leg", BigInteger, primary_key=True, autoincrement=False),
    Column("account", Key, nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Index(None, "account"),
)

level_change = Table(
    "level_change",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("volunteer", Key, nullable=False),
    Column("ladder", Text, nullable=False),
    Column("from_level", BigInteger, nullable=False, comment="positions on the ladder, 0 = none"),
    Column("to_level", BigInteger, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("cause", BigInteger),
    Column("because", Text, nullable=False, comment="JSON: what the condition read"),
    Column("rule", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Index(None, "volunteer"),
)

judgement = Table(
    "judgement",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("volunteer", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("event", BigInteger),
    Column("effective_at", BigInteger, nullable=False),
    Column("content", Text, nullable=False, comment="JSON"),
    Column("rule", Text, nullable=False),
    Column("policy", Text, nullable=False),
    Column("reverses", BigInteger),
    Index(None, "volunteer"),
)
_reversed_once(judgement)

redemption = Table(
    "redemption",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("command", Text, nullable=False, comment="redeem, hold, confirm, cancel, refund …"),
    Column("redemption", Key, nullable=False),
    Column("step", Key, nullable=False, comment="open, close, refund/ID …: each happens once"),
    Column("request", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("volunteer", Key, nullable=False),
    Column("merchant", Text, nullable=False, comment="whom the points go to"),
    Column("item", Text, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("asked", Text, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("paid", Text, nullable=False, comment="JSON: [currency, units, account, rule]"),
    Column("attributes", Text, nullable=False, comment="JSON: what the policy was told beside"),
    Column("fund", Text, nullable=False),
    Column("cost", BigInteger, nullable=False, comment="fen that the fund paid or got back"),
    Column("allowance", Text, nullable=False, comment="that it was honoured out of"),
    Column("voucher", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("available", BigInteger, nullable=False, comment="after the decision"),
    Column("expires_at", BigInteger),
    Column("repeats", BigInteger),
    Index(None, "volunteer"),
    Index(None, "redemption"),
    Index(None, "request"),
)
_once = and_(redemption.c.repeats.is_(None), redemption.c.status == "accepted")
Index(
    "uq_redemption_step",
    redemption.c.redemption,
    redemption.c.step,
    unique=True,
    sqlite_where=_once,
    postgresql_where=_once,
)

book_entry = Table(
    "book_entry",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("subject", Key, nullable=False, comment="the fund, item, shop or payout"),
    Column("event", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("memo", Text, nullable=False),
    Column("alert", Text, nullable=False, comment="why somebody has to look"),
    Index(None, "event"),
)

reject = Table(
    "reject",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("id", Key, nullable=False, unique=True, comment="digest of code and content"),
    Column("code", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("origin", Text, nullable=False, comment="file:line or topic/partition@offset"),
    Column("content", LargeBinary, nullable=False),
)

reject_resolution = Table(
    "reject_resolution",
    metadata,
    Column("reject", Key, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("event", BigInteger, nullable=False, comment="the seq that it came to; says the batch"),
    Column("recorded_at", BigInteger, nullable=False),
)

seal = Table(
    "seal",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 0, no gap"),
    Column("batch", BigInteger, nullable=False, unique=True),
    Column("layout", BigInteger, nullable=False, comment="which columns of which tables"),
    Column("rows", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False, comment="of the Merkle tree over its rows"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of all its rows as one text"),
    Column("octets", Text, nullable=False, comment="JSON: table -> octets of that text"),
    Column("keys", Text, nullable=False, comment="JSON: table -> primary keys, as differences"),
    Column("tags", LargeBinary, nullable=False, comment="8 octets of each row's hash"),
    Column("leaf", LargeBinary, nullable=False, comment="hash of this seal in the ledger's tree"),
)

checkpoint = Table(
    "checkpoint",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False, comment="from 0, no gap"),
    Column("size", BigInteger, nullable=False, comment="of the tree: how many seals"),
    Column("root", LargeBinary, nullable=False),
    Column("peaks", LargeBinary, nullable=False, comment="roots of the full trees that make it up"),
    Column("made_at", BigInteger, nullable=False),
    Column("note", Text, nullable=False, comment="what is published: a JWS"),
)

APPEND_ONLY = (
    policy_version,
    batch,
    event,
    hour_record,
    points_entry,
    posting,
    level_change,
    judgement,
    redemption,
    book_entry,
    reject,
    reject_resolution,
    seal,
    checkpoint,
)
