"""What follows from the ledger of volunteers, shops and whom they are known to."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Table, Text

from ledger.store.tables.base import Key, metadata


def _state() -> list[Column[Any]]:
    return [
        Column("seconds", BigInteger, nullable=False),
        Column("star", BigInteger, nullable=False),
        Column("last_mark", BigInteger, nullable=False),
        Column("last_start", BigInteger, nullable=False, comment="seconds since 1970 UTC"),
        Column("last_end", BigInteger, nullable=False, comment="seconds since 1970 UTC"),
        Column("opened", Text, nullable=False, comment="JSON: activity -> check-in"),
        Column("standing", Text, nullable=False, comment="JSON: the policy's state"),
        Column("adopted", BigInteger, nullable=False, comment="newest adoption folded under"),
        Column("due_at", BigInteger, comment="seconds: when time alone changes something next"),
        Column("facts", BigInteger, nullable=False, comment="how many were judged"),
    ]


volunteer_state = Table(
    "volunteer_state",
    metadata,
    Column("volunteer", Key, primary_key=True),
    *_state(),
    Index(None, "due_at"),
)

state_snapshot = Table(
    "state_snapshot",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    *_state(),
    comment="States as they were after a batch: late events are folded on from there",
)

roster = Table(
    "roster",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("place", Key, nullable=False, comment="of the newest registration; empty: none"),
    Column("star", BigInteger, nullable=False, comment="position on the ladder, 0 = none"),
    Index(None, "place", "star"),
    comment="Who is registered or has a star: what star tables are counted from",
)

tally = Table(
    "tally",
    metadata,
    Column("place", Key, primary_key=True, comment="empty: of people registered nowhere"),
    Column("month", Key, primary_key=True, comment="YYYY-MM"),
    Column("currency", Key, primary_key=True, comment="empty: hours"),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("visits", BigInteger, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("redeemed", BigInteger, nullable=False),
    Column("lapsed", BigInteger, nullable=False),
    Column("passed", BigInteger, nullable=False),
    Column("expiring", BigInteger, nullable=False, comment="whose last day is in the month"),
    comment="Monthly figures of places, spread over slots as balances are",
)

account_balance = Table(
    "account_balance",
    metadata,
    Column("account", Key, primary_key=True),
    Column("currency", Key, primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("balance", BigInteger, nullable=False),
    comment="Shared accounts are spread over slots; a balance is the sum",
)

hold = Table(
    "hold",
    metadata,
    Column("redemption", Key, primary_key=True),
    Column("volunteer", Key, nullable=False),
    Column("kind", Text, nullable=False, comment="hold, or allow: for an offline till"),
    Column("merchant", Text, nullable=False),
    Column("item", Key, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("asked", Text, nullable=False),
    Column("attributes", Text, nullable=False, comment="JSON"),
    Column("paid", Text, nullable=False, comment="JSON: [currency, units, account, rule]"),
    Column("fund", Key, nullable=False),
    Column("place", Text, nullable=False),
    Column("cost", BigInteger, nullable=False, comment="fen set aside of the fund"),
    Column("spend_until", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index(None, "volunteer"),
    Index(None, "item"),
    Index(None, "fund"),
    comment="Points set aside for tills; a lapsed one goes when its volunteer is next served",
)

stock = Table(
    "stock",
    metadata,
    Column("item", Key, primary_key=True),
    Column("quantity", BigInteger, nullable=False),
    CheckConstraint("quantity >= 0", name="never_below_zero"),
)

budget = Table(
    "budget",
    metadata,
    Column("fund", Key, primary_key=True),
    Column("place", Key, primary_key=True, comment="empty: all places"),
    Column("period", Key, primary_key=True, comment="YYYY or YYYY-MM"),
    Column("amount", BigInteger, nullable=False, comment="fen, at most"),
    Column("spent", BigInteger, nullable=False),
)

voucher = Table(
    "voucher",
    metadata,
    Column("code", Key, primary_key=True),
    Column("volunteer", Key, nullable=False),
    Column("redemption", Key, nullable=False),
    Column("item", Text, nullable=False),
    Column("paid", Text, nullable=False, comment="JSON: [currency, units, account, rule]"),
    Column("fund", Text, nullable=False),
    Column("cost", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("ended", Text, nullable=False, comment="used, lapsed or refunded; empty: open"),
    Index(None, "volunteer"),
    Index(None, "redemption"),
    Index(None, "ended", "expires_at"),
)

dispute = Table(
    "dispute",
    metadata,
    Column("redemption", Key, primary_key=True),
    Column("merchant", Key, nullable=False),
    Column("cost", BigInteger, nullable=False, comment="fen that are not paid out meanwhile"),
    Column("fund", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("decision", Text, nullable=False, comment="pay or refuse; empty: open"),
    Column("decided_because", Text, nullable=False),
    Column("decided_by", Text, nullable=False),
    Index(None, "merchant"),
)

registry = Table(
    "registry",
    metadata,
    Column("kind", Key, primary_key=True),
    Column("id", Key, primary_key=True),
    Column("data", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("source", Key, nullable=False),
    Column("event_id", Key, nullable=False),
)

review_case = Table(
    "review_case",
    metadata,
    Column("id", Key, primary_key=True, comment="digest of safeguard and visit"),
    Column("volunteer", Key, nullable=False),
    Column("visit", Key, nullable=False, comment="source#id of the check-in"),
    Column("rule", Text, nullable=False, comment="the safeguard"),
    Column("evidence", Text, nullable=False, comment="JSON"),
    Column("opened_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger, comment="when nothing was left to suspect"),
    Column("decision", Text, comment="count or void"),
    Column("reason", Text),
    Column("decided_by", Text),
    Column("decided_at", BigInteger),
    Index(None, "volunteer"),
    comment="Visits that are or were suspected: the queue of reviews",
)

certificate = Table(
    "certificate",
    metadata,
    Column("number", Key, primary_key=True),
    Column("status_index", BigInteger, nullable=False, unique=True, comment="in the status list"),
    Column("volunteer", Key, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("since", Text, nullable=False, comment="YYYY-MM-DD"),
    Column("until", Text, nullable=False, comment="YYYY-MM-DD, included"),
    Column("track", Text, nullable=False),
    Column("seconds", BigInteger, nullable=False),
    Column("records", Text, nullable=False, comment="JSON: the hour records that it rests on"),
    Column("digest", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("corrected", BigInteger, comment="the reversal since which it does not hold"),
    Column("revoked_at", BigInteger),
    Column("reason", Text, nullable=False, comment="of the revocation"),
    Column("revoked_by", Text, nullable=False),
    Index(None, "volunteer"),
    Index(None, "corrected"),
)

device_key = Table(
    "device_key",
    metadata,
    Column("device", Key, primary_key=True, comment="the source of its events"),
    Column("key", Key, primary_key=True, comment="RFC 7638 thumbprint"),
    Column("public", Text, nullable=False, comment="Ed25519, base64url"),
    Column("place", Text, nullable=False, comment="for which and below it speaks"),
    Column("merchants", Text, nullable=False, comment="JSON: for which a till asks"),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, comment="when another took its place"),
    Column("revoked_at", BigInteger),
    Column("reason", Text, nullable=False, comment="of the revocation"),
    Column("by", Text, nullable=False),
    Column("app", BigInteger, nullable=False, comment="1: asks what volunteers may, at any shop"),
)

access_grant = Table(
    "access_grant",
    metadata,
    Column("id", Key, primary_key=True),
    Column("issuer", Key, nullable=False, comment="of OpenID Connect; database: a login there"),
    Column("subject", Key, nullable=False, comment="whom the issuer calls so"),
    Column("name", Text, nullable=False, comment="as shown when it was granted"),
    Column("role", Text, nullable=False),
    Column("kind", Text, nullable=False, comment="place, merchant or volunteer"),
    Column("of", Key, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, comment="no longer at this instant"),
    Column("granted_by", Text, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("withdrawn_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "subject"),
    comment="Who may do what, and where",
)
