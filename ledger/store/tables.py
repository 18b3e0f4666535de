"""What are the tables? `APPEND_ONLY` ones are the ledger; the rest can be rebuilt from them.

Ids and `seq` are `batch * 2**20 + ordinal` (see ledger.entries); instants are microseconds since
1970 UTC unless a column says seconds; amounts are in a currency's smallest unit.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that sorts by code point on both databases."""


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


# The ledger -----------------------------------------------------------------------------------

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

# What follows from the ledger: rebuilt by `vledger replay` ---------------------------------------

volunteer_state = Table(
    "volunteer_state",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("seconds", BigInteger, nullable=False),
    Column("star", BigInteger, nullable=False),
    Column("last_mark", BigInteger, nullable=False),
    Column("last_start", BigInteger, nullable=False, comment="seconds since 1970 UTC"),
    Column("last_end", BigInteger, nullable=False, comment="seconds since 1970 UTC"),
    Column("opened", Text, nullable=False, comment="JSON: activity -> check-in"),
    Column("standing", Text, nullable=False, comment="JSON: the policy's state"),
    Column("adopted", BigInteger, nullable=False, comment="newest adoption folded under"),
    Column("due_at", BigInteger, comment="seconds: when time alone changes something next"),
    Index(None, "due_at"),
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
    comment="Monthly figures of places, spread over slots as balances are (ledger.tally)",
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

membership = Table(
    "membership",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("team", Key, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, comment="absent: still"),
    Column("role", Text, nullable=False, comment="member or leader"),
    Index(None, "team"),
    comment="Times of volunteers in teams",
)

service_order = Table(
    "service_order",
    metadata,
    Column("id", Key, primary_key=True),
    Column("place", Key, nullable=False, comment="where it is wanted"),
    Column("responsible", Key, nullable=False, comment="the place that sees to it now"),
    Column("category", Text, nullable=False),
    Column("skills", Text, nullable=False, comment="JSON: what it takes"),
    Column("text", Text, nullable=False, comment="for people; nothing personal"),
    Column("channel", Text, nullable=False, comment="app, hotline, station or collected"),
    Column("state", Key, nullable=False, comment="placed, dispatched, accepted, done …"),
    Column("team", Key, nullable=False),
    Column("volunteer", Key, nullable=False, comment="whom it was dispatched to, without a team"),
    Column("activity", Key, nullable=False, comment="whose check-ins are the order's"),
    Column("volunteers", Text, nullable=False, comment="JSON: who accepted"),
    Column("wanted_at", BigInteger),
    Column("placed_at", BigInteger, nullable=False),
    Column("starts_at", BigInteger, comment="as planned"),
    Column("ends_at", BigInteger, comment="as planned"),
    Column("due_at", BigInteger, comment="by when the next step has to be taken"),
    Column("act_at", BigInteger, comment="when the ledger itself has to act"),
    Column("escalations", BigInteger, nullable=False),
    Column("stars", BigInteger, comment="the rating, 1 to 5"),
    Column(
        "complaint", BigInteger, nullable=False, comment="1: it stands, 2: there was one, 0: none"
    ),
    Column("called_back", BigInteger, nullable=False, comment="1: the resident was reached"),
    Column("rewarded_at", BigInteger),
    Column("steps", Text, nullable=False, comment="JSON: all that was said of it"),
    Index(None, "place"),
    Index(None, "state", "placed_at", "id"),
    Index(None, "act_at"),
    Index(None, "team"),
    Index(None, "activity"),
    Index(None, "placed_at", "id"),
    comment="Residents' orders as they stand",
)

order_volunteer = Table(
    "order_volunteer",
    metadata,
    Column("id", Key, primary_key=True, comment="of the order"),
    Column("volunteer", Key, primary_key=True),
    Column("team", Key, nullable=False),
    Column("open", BigInteger, nullable=False, comment="1: it is in hand"),
    Column("stars", BigInteger, comment="the rating, 1 to 5"),
    Column("complaint", BigInteger, nullable=False),
    Column("reward", Text, nullable=False, comment="JSON: points, honour"),
    Index(None, "volunteer"),
    comment="Who carries out or was rewarded for which order",
)

registration = Table(
    "registration",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, comment="absent: still"),
    Column("place", Key, nullable=False, comment="empty: nowhere"),
    Column("team", Key, nullable=False),
    Column("party_unit", Key, nullable=False, comment="of a party member in post"),
    Column("gone", BigInteger, nullable=False, comment="1: they left at until"),
    Column("reason", Text, nullable=False, comment="why they left"),
    Index(None, "place"),
    Index(None, "gone", "volunteer"),
    comment="Times as a registered volunteer, and of where",
)

skill = Table(
    "skill",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("skill", Key, primary_key=True),
    Index(None, "skill"),
    comment="Skills of those who are registered now",
)

place_history = Table(
    "place_history",
    metadata,
    Column("place", Key, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, comment="absent: still"),
    Column("name", Text, nullable=False),
    Column("kind", Key, nullable=False),
    Column("parent", Key, nullable=False),
    Column("community", Text, nullable=False, comment="urban, village or empty"),
    Column("rooms", BigInteger, nullable=False, comment="function rooms"),
    comment="As what a place was registered when",
)

place_closed = Table(
    "place_closed",
    metadata,
    Column("place", Key, primary_key=True),
    Column("since", Key, primary_key=True, comment="YYYY-MM-DD, included"),
    Column("until", Key, nullable=False, comment="YYYY-MM-DD, not included; empty: still"),
    Column("into_place", Key, nullable=False, comment="where it went; empty: nowhere"),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Index(None, "into_place"),
    comment="Days since which places are merged or closed",
)

place_year = Table(
    "place_year",
    metadata,
    Column("place", Key, primary_key=True),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    Column("residents", BigInteger),
    Column("staff", BigInteger, comment="full-time"),
    Column("party_members", BigInteger, comment="in post, who are to take part"),
    comment="What was counted of places for a year",
)

booking = Table(
    "booking",
    metadata,
    Column("resource", Key, primary_key=True),
    Column("booking", Key, primary_key=True),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("whose", Key, nullable=False, comment="team, place or volunteer"),
    Column("purpose", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("state", Key, nullable=False, comment="stands, refused or cancelled"),
    Column("reason", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    comment="Who has which shared resource when",
)

activity = Table(
    "activity",
    metadata,
    Column("activity", Key, primary_key=True),
    Column("name", Text, nullable=False),
    Column("place", Key, nullable=False),
    Column("team", Key, nullable=False),
    Column("category", Key, nullable=False),
    Column("kind", Text, nullable=False, comment="the locality's own word"),
    Column("starts_at", BigInteger),
    Column("ends_at", BigInteger),
    Column("capacity", BigInteger, comment="absent: no limit"),
    Column("sign_up_until", BigInteger),
    Column("for_order", Key, nullable=False),
    Column("for_project", Key, nullable=False),
    Column("cancelled_at", BigInteger),
    Column("reason", Text, nullable=False, comment="of the cancellation"),
    Column("due_at", BigInteger, comment="when it is looked next who came"),
    Index(None, "place", "starts_at"),
    Index(None, "team"),
    Index(None, "for_order"),
    Index(None, "for_project"),
    Index(None, "due_at"),
    comment="Activities as they stand",
)

sign_up = Table(
    "sign_up",
    metadata,
    Column("activity", Key, primary_key=True),
    Column("volunteer", Key, primary_key=True),
    Column("signed_up_at", BigInteger, nullable=False),
    Column("state", Key, nullable=False, comment="in, waiting, withdrawn, refused or absent"),
    Column("since", BigInteger, nullable=False, comment="of the state"),
    Column("position", BigInteger, nullable=False, comment="in the line; 0: not waiting"),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("noted", BigInteger, nullable=False, comment="1: not coming was said"),
    Index(None, "volunteer"),
    comment="Who signed up for what",
)

plan = Table(
    "plan",
    metadata,
    Column("whose", Key, primary_key=True),
    Column("of", Key, primary_key=True, comment="place or team"),
    Column("period", Key, primary_key=True, comment="YYYY or YYYY-MM"),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("category", Key, nullable=False),
    Column("kind", Text, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("weekday", BigInteger, nullable=False, comment="1: Monday; 0: none"),
    Column("monthday", BigInteger, nullable=False, comment="0: none"),
    comment="Planned activities of places and teams",
)

complaint = Table(
    "complaint",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("id", Key, primary_key=True, comment="as whoever filed it chose"),
    Column("about", Text, nullable=False, comment="hours, points, star, redemption …"),
    Column("of", Text, nullable=False, comment="what it names, if it does"),
    Column("text", Text, nullable=False),
    Column("filed_by", Text, nullable=False, comment="empty: the volunteer"),
    Column("filed_at", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False, comment="upheld, rejected, explained; empty: open"),
    Column("answer", Text, nullable=False),
    Column("answered_by", Text, nullable=False),
    Column("answered_at", BigInteger),
    Index(None, "id"),
    Index(None, "outcome", "filed_at"),
    comment="What volunteers complain about, and what they were answered",
)

project = Table(
    "project",
    metadata,
    Column("project", Key, primary_key=True),
    Column("state", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Key, nullable=False),
    Column("call", Key, nullable=False, comment="that it answers; empty: none"),
    Column("team", Key, nullable=False),
    Column("category", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("library", Key, nullable=False, comment="the centre whose library it is in"),
    Column("submitted_at", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False, comment="in its state"),
    Column("experts", BigInteger, nullable=False, comment="who have to score"),
    Column("pass_mark", BigInteger, comment="hundredths; absent: none"),
    Column("scores", BigInteger, nullable=False, comment="experts who have scored"),
    Column("average", BigInteger, comment="hundredths"),
    Column("due_at", BigInteger, comment="when an improvement or announcement ends"),
    Column("evaluated", BigInteger, comment="year"),
    Column("grade", Text, nullable=False),
    Column("money", BigInteger, nullable=False, comment="fen of support"),
    Column("things", BigInteger, nullable=False, comment="fen that things given are worth"),
    Index(None, "place"),
    Index(None, "due_at"),
    comment="Projects as they stand",
)

project_step = Table(
    "project_step",
    metadata,
    Column("project", Key, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("effect", BigInteger, nullable=False, comment="0: none, where the project stood"),
    Column("reason", Text, nullable=False, comment="why without effect"),
    Column("by", Text, nullable=False),
    Column("content", Text, nullable=False, comment="JSON"),
    comment="All steps of projects, in their order",
)

project_brand = Table(
    "project_brand",
    metadata,
    Column("project", Key, primary_key=True),
    Column("level", Key, primary_key=True, comment="city, county, sub-centre or station"),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger, comment="absent: still"),
    Column("of", Key, nullable=False, comment="the place whose brand it is"),
    Index(None, "of"),
    comment="Times of projects as brand projects",
)

project_call = Table(
    "project_call",
    metadata,
    Column("call", Key, primary_key=True),
    Column("title", Text, nullable=False),
    Column("place", Key, nullable=False),
    Column("year", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, comment="nothing is taken in from then on"),
    Column("text", Text, nullable=False),
    Column("by", Text, nullable=False),
    comment="Calls for projects",
)

assessment_draw = Table(
    "assessment_draw",
    metadata,
    Column("draw", Key, primary_key=True),
    Column("stage", Key, nullable=False, comment="cross-review or spot-check"),
    Column("year", BigInteger, nullable=False),
    Column("place", Key, nullable=False, comment="the area whose places are drawn from"),
    Column("of", Text, nullable=False, comment="the kind of place"),
    Column("as_of", Text, nullable=False, comment="YYYY-MM-DD"),
    Column("listed", BigInteger, nullable=False),
    Column("digest", Text, nullable=False, comment="SHA-256 of the list"),
    Column("seed", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("drawn", Text, nullable=False, comment="JSON: ids in the order drawn"),
    Column("by", Text, nullable=False),
    Column("drawn_at", BigInteger, nullable=False),
    comment="Samples and circles of reviewers that anybody can draw again",
)

assessment_finding = Table(
    "assessment_finding",
    metadata,
    Column("place", Key, primary_key=True),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    Column("stage", Key, primary_key=True, comment="self-check, cross-review or spot-check"),
    Column("indicator", Key, primary_key=True),
    Column("verdict", Text, nullable=False, comment="met, unmet or doubtful"),
    Column("seen", Text, nullable=False, comment="what was counted there"),
    Column("note", Text, nullable=False),
    Column("reviewer", Text, nullable=False, comment="the place that looked"),
    Column("draw", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("found_at", BigInteger, nullable=False),
    comment="The newest findings of checks",
)

assessment_result = Table(
    "assessment_result",
    metadata,
    Column("place", Key, primary_key=True),
    Column("year", BigInteger, primary_key=True, autoincrement=False),
    Column("edition", Text, nullable=False),
    Column("edition_digest", Text, nullable=False),
    Column("score", BigInteger, nullable=False, comment="hundredths"),
    Column("grade", Text, nullable=False),
    Column("digest", Text, nullable=False, comment="of the whole result"),
    Column("note", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("concluded_at", BigInteger, nullable=False),
    comment="Results as they were filed",
)

benefit_step = Table(
    "benefit_step",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("event", Key, nullable=False, comment="source#id"),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False, comment="used, cancelled, withdrawn or returned"),
    Column("benefit", Text, nullable=False),
    Column("provider", Key, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("choice", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("of", Text, nullable=False, comment="the use that a cancellation is about"),
    Column("ended_at", BigInteger, comment="a use: cancelled; a withdrawal: given back"),
    Column("without_effect", Text, nullable=False, comment="why; empty: it has effect"),
    Index(None, "provider", "at"),
    comment="What became of benefits: used, cancelled, withdrawn, given back",
)

honour = Table(
    "honour",
    metadata,
    Column("nomination", Key, primary_key=True),
    Column("honour", Text, nullable=False),
    Column("nominee_kind", Text, nullable=False),
    Column("nominee", Key, nullable=False),
    Column("period", Text, nullable=False),
    Column("rests_on", Text, nullable=False, comment="what the policy has to say for it"),
    Column("place", Key, nullable=False, comment="empty: nobody said"),
    Column("state", Text, nullable=False),
    Column("nominated_at", BigInteger),
    Column("published_until", Text, nullable=False, comment="YYYY-MM-DD or empty"),
    Column("conferred_at", BigInteger),
    Column("steps", Text, nullable=False, comment="JSON"),
    Index(None, "nominee"),
    comment="Nominations for honours",
)

PROJECTIONS = (
    volunteer_state,
    roster,
    tally,
    account_balance,
    hold,
    stock,
    budget,
    voucher,
    dispute,
    registry,
    review_case,
    certificate,
    device_key,
    access_grant,
    membership,
    registration,
    skill,
    place_history,
    place_closed,
    place_year,
    booking,
    activity,
    sign_up,
    plan,
    service_order,
    order_volunteer,
    complaint,
    project,
    project_step,
    project_brand,
    project_call,
    assessment_draw,
    assessment_finding,
    assessment_result,
    benefit_step,
    honour,
)

# How far the runners are -------------------------------------------------------------------------

consumer_offset = Table(
    "consumer_offset",
    metadata,
    Column("topic", Key, primary_key=True),
    Column("partition", BigInteger, primary_key=True, autoincrement=False),
    Column("next_offset", BigInteger, nullable=False),
    Column("epoch", BigInteger, nullable=False, comment="grows with each new owner: the fence"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", Key, nullable=False),
    Index(None, "lane", "batch"),
    comment="Batches whose entries are still to be published",
)

inspection = Table(
    "inspection",
    metadata,
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    comment="Batches whose marks are still to be inspected",
)

device_mark = Table(
    "device_mark",
    metadata,
    Column("source", Key, primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("volunteer", Key, nullable=False),
    comment="Marks by device: the log's, as far as it was inspected under safeguards",
)
"""Not compared with a replay, which does not inspect: copied by it instead."""

# Who is at the front doors ------------------------------------------------------------------------

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
