"""The ledger's first schema"""

import sqlalchemy as sa
from alembic import op

from ledger.store.append_only import refuse_changes

revision = "0001"
down_revision = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")

APPEND_ONLY = (
    "policy_version",
    "batch",
    "event",
    "hour_record",
    "points_entry",
    "posting",
    "level_change",
    "judgement",
    "redemption",
    "book_entry",
    "reject",
    "reject_resolution",
    "seal",
    "checkpoint",
)


def upgrade() -> None:
    op.create_table(
        "access_pass",
        sa.Column(
            "id", KEY, nullable=False, comment="the subject of its grants, at the issuer pass"
        ),
        sa.Column("digest", KEY, nullable=False, comment="SHA-256 of the secret, hex"),
        sa.Column("name", sa.Text(), nullable=False, comment="who or what it is for"),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="no longer at this instant"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_pass")),
        sa.UniqueConstraint("digest", name=op.f("uq_access_pass_digest")),
        comment="Secret links that let somebody in; not in the log, which is for ever",
    )
    op.create_table(
        "assessment_draw",
        sa.Column("draw", KEY, nullable=False),
        sa.Column("stage", KEY, nullable=False, comment="cross-review or spot-check"),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("place", KEY, nullable=False, comment="the area whose places are drawn from"),
        sa.Column("of", sa.Text(), nullable=False, comment="the kind of place"),
        sa.Column("as_of", sa.Text(), nullable=False, comment="YYYY-MM-DD"),
        sa.Column("listed", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of the list"),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("drawn", sa.Text(), nullable=False, comment="JSON: ids in the order drawn"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("draw", name=op.f("pk_assessment_draw")),
        comment="Samples and circles of reviewers that anybody can draw again",
    )
    op.create_table(
        "assessment_finding",
        sa.Column("place", KEY, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("stage", KEY, nullable=False, comment="self-check, cross-review or spot-check"),
        sa.Column("indicator", KEY, nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False, comment="met, unmet or doubtful"),
        sa.Column("seen", sa.Text(), nullable=False, comment="what was counted there"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=False, comment="the place that looked"),
        sa.Column("draw", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "place", "year", "stage", "indicator", name=op.f("pk_assessment_finding")
        ),
        comment="The newest findings of checks",
    )
    op.create_table(
        "assessment_result",
        sa.Column("place", KEY, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Text(), nullable=False, comment="YYYY-MM-DD, up to whose end it was"),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("edition_digest", sa.Text(), nullable=False),
        sa.Column("score", sa.BigInteger(), nullable=False, comment="hundredths"),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False, comment="of the whole result"),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("concluded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", "year", name=op.f("pk_assessment_result")),
        comment="Results as they were filed",
    )
    op.create_table(
        "code_use",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column(
            "minute", sa.BigInteger(), autoincrement=False, nullable=False, comment="since 1970 UTC"
        ),
        sa.Column("redemption", KEY, nullable=False),
        sa.PrimaryKeyConstraint("volunteer", "minute", name=op.f("pk_code_use")),
        comment="What a volunteer's code of a minute has bought: each buys once",
    )
    op.create_index(op.f("ix_code_use_minute"), "code_use", ["minute"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("who", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False, comment="as the header Idempotency-Key says"),
        sa.Column(
            "request", sa.Text(), nullable=False, comment="SHA-256 of method, path and body, hex"
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "status",
            sa.BigInteger(),
            nullable=True,
            comment="of the answer; absent: still being worked on",
        ),
        sa.Column("content", sa.LargeBinary(), nullable=True, comment="the answer"),
        sa.PrimaryKeyConstraint("who", "key", name=op.f("pk_idempotency")),
        comment="What was answered to requests that are carried out once",
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"], unique=False)
    op.create_table(
        "policy_proposal",
        sa.Column("id", KEY, nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column(
            "effective_from",
            sa.Text(),
            nullable=False,
            comment="YYYY-MM-DD in the policy's zone",
        ),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="open, approved or withdrawn"),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "simulation",
            sa.Text(),
            nullable=True,
            comment="JSON of the last simulation of its text; absent: none",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_proposal")),
        comment="Policies that wait for a second person",
    )
    op.create_table(
        "project",
        sa.Column("project", KEY, nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("call", KEY, nullable=False, comment="that it answers; empty: none"),
        sa.Column("team", KEY, nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("library", KEY, nullable=False, comment="the centre whose library it is in"),
        sa.Column("submitted_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="in its state"),
        sa.Column("experts", sa.BigInteger(), nullable=False, comment="who have to score"),
        sa.Column("pass_mark", sa.BigInteger(), nullable=True, comment="hundredths; absent: none"),
        sa.Column("scores", sa.BigInteger(), nullable=False, comment="experts who have scored"),
        sa.Column("average", sa.BigInteger(), nullable=True, comment="hundredths"),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=True,
            comment="when an improvement or announcement ends",
        ),
        sa.Column("evaluated", sa.BigInteger(), nullable=True, comment="year"),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("money", sa.BigInteger(), nullable=False, comment="fen of support"),
        sa.Column(
            "things", sa.BigInteger(), nullable=False, comment="fen that things given are worth"
        ),
        sa.PrimaryKeyConstraint("project", name=op.f("pk_project")),
        comment="Projects as they stand",
    )
    op.create_index(op.f("ix_project_due_at"), "project", ["due_at"], unique=False)
    op.create_index(op.f("ix_project_place"), "project", ["place"], unique=False)
    op.create_table(
        "project_step",
        sa.Column("project", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "effect", sa.BigInteger(), nullable=False, comment="0: none, where the project stood"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why without effect"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("project", "number", name=op.f("pk_project_step")),
        comment="All steps of projects, in their order",
    )
    op.create_table(
        "project_brand",
        sa.Column("project", KEY, nullable=False),
        sa.Column("level", KEY, nullable=False, comment="city, county, sub-centre or station"),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="absent: still"),
        sa.Column("of", KEY, nullable=False, comment="the place whose brand it is"),
        sa.PrimaryKeyConstraint("project", "level", "since", name=op.f("pk_project_brand")),
        comment="Times of projects as brand projects",
    )
    op.create_index(op.f("ix_project_brand_of"), "project_brand", ["of"], unique=False)
    op.create_table(
        "project_call",
        sa.Column("call", KEY, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "due_at", sa.BigInteger(), nullable=False, comment="nothing is taken in from then on"
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("call", name=op.f("pk_project_call")),
        comment="Calls for projects",
    )
    op.create_table(
        "webhook",
        sa.Column("id", KEY, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("types", sa.Text(), nullable=False, comment="JSON: types of events; empty: all"),
        sa.Column("secret", sa.Text(), nullable=False, comment="by which it is signed, base64"),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "position",
            sa.BigInteger(),
            nullable=False,
            comment="the newest batch that it was told",
        ),
        sa.Column("failures", sa.BigInteger(), nullable=False, comment="in a row"),
        sa.Column("failed_since", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False, comment="not asked again before"),
        sa.Column("disabled", sa.BigInteger(), nullable=False, comment="1: after failing for days"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        comment="Addresses that are told of what is recorded",
    )
    op.create_table(
        "login_session",
        sa.Column("digest", KEY, nullable=False, comment="SHA-256 of the cookie, hex"),
        sa.Column("issuer", KEY, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False, comment="oidc or pass"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False, comment="no longer at this instant"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_login_session")),
        comment="Browsers that somebody is logged in with",
    )
    op.create_index(op.f("ix_login_session_subject"), "login_session", ["subject"], unique=False)
    op.create_index(op.f("ix_login_session_until"), "login_session", ["until"], unique=False)
    op.create_table(
        "access_grant",
        sa.Column("id", KEY, nullable=False),
        sa.Column(
            "issuer", KEY, nullable=False, comment="of OpenID Connect; database: a login there"
        ),
        sa.Column("subject", KEY, nullable=False, comment="whom the issuer calls so"),
        sa.Column("name", sa.Text(), nullable=False, comment="as shown when it was granted"),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="place, merchant or volunteer"),
        sa.Column("of", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="no longer at this instant"),
        sa.Column("granted_by", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_grant")),
        comment="Who may do what, and where",
    )
    op.create_index(op.f("ix_access_grant_subject"), "access_grant", ["subject"], unique=False)
    op.create_table(
        "account_balance",
        sa.Column("account", KEY, nullable=False),
        sa.Column("currency", KEY, nullable=False),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "currency", "slot", name=op.f("pk_account_balance")),
        comment="Shared accounts are spread over slots; a balance is the sum",
    )
    op.create_table(
        "activity",
        sa.Column("activity", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.Column("team", KEY, nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="the locality's own word"),
        sa.Column("starts_at", sa.BigInteger(), nullable=True),
        sa.Column("ends_at", sa.BigInteger(), nullable=True),
        sa.Column("capacity", sa.BigInteger(), nullable=True, comment="absent: no limit"),
        sa.Column("sign_up_until", sa.BigInteger(), nullable=True),
        sa.Column("for_order", KEY, nullable=False),
        sa.Column("for_project", KEY, nullable=False),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the cancellation"),
        sa.Column(
            "due_at", sa.BigInteger(), nullable=True, comment="when it is looked next who came"
        ),
        sa.PrimaryKeyConstraint("activity", name=op.f("pk_activity")),
        comment="Activities as they stand",
    )
    op.create_index(op.f("ix_activity_due_at"), "activity", ["due_at"], unique=False)
    op.create_index(op.f("ix_activity_for_order"), "activity", ["for_order"], unique=False)
    op.create_index(op.f("ix_activity_for_project"), "activity", ["for_project"], unique=False)
    op.create_index(
        op.f("ix_activity_place_starts_at"), "activity", ["place", "starts_at"], unique=False
    )
    op.create_index(op.f("ix_activity_team"), "activity", ["team"], unique=False)
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column(
            "salt", sa.Text(), nullable=False, comment="random: voucher codes are made of it"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_index(op.f("ix_batch_recorded_at"), "batch", ["recorded_at"], unique=False)
    op.create_table(
        "benefit_step",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("event", KEY, nullable=False, comment="source#id"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind", sa.Text(), nullable=False, comment="used, cancelled, withdrawn or returned"
        ),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("provider", KEY, nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("of", sa.Text(), nullable=False, comment="the use that a cancellation is about"),
        sa.Column(
            "ended_at",
            sa.BigInteger(),
            nullable=True,
            comment="a use: cancelled; a withdrawal: given back",
        ),
        sa.Column("without_effect", sa.Text(), nullable=False, comment="why; empty: it has effect"),
        sa.PrimaryKeyConstraint("volunteer", "number", name=op.f("pk_benefit_step")),
        comment="What became of benefits: used, cancelled, withdrawn, given back",
    )
    op.create_index(
        op.f("ix_benefit_step_provider_at"), "benefit_step", ["provider", "at"], unique=False
    )
    op.create_table(
        "book_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", KEY, nullable=False, comment="the fund, item, shop or payout"),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("memo", sa.Text(), nullable=False),
        sa.Column("alert", sa.Text(), nullable=False, comment="why somebody has to look"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_book_entry")),
    )
    op.create_index(op.f("ix_book_entry_event"), "book_entry", ["event"], unique=False)
    op.create_table(
        "booking",
        sa.Column("resource", KEY, nullable=False),
        sa.Column("booking", KEY, nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("whose", KEY, nullable=False, comment="team, place or volunteer"),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("state", KEY, nullable=False, comment="stands, refused or cancelled"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resource", "booking", name=op.f("pk_booking")),
        comment="Who has which shared resource when",
    )
    op.create_table(
        "budget",
        sa.Column("fund", KEY, nullable=False),
        sa.Column("place", KEY, nullable=False, comment="empty: all places"),
        sa.Column("period", KEY, nullable=False, comment="YYYY or YYYY-MM"),
        sa.Column("amount", sa.BigInteger(), nullable=False, comment="fen, at most"),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fund", "place", "period", name=op.f("pk_budget")),
    )
    op.create_table(
        "certificate",
        sa.Column("number", KEY, nullable=False),
        sa.Column("status_index", sa.BigInteger(), nullable=False, comment="in the status list"),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False, comment="YYYY-MM-DD"),
        sa.Column("until", sa.Text(), nullable=False, comment="YYYY-MM-DD, included"),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column(
            "records", sa.Text(), nullable=False, comment="JSON: the hour records that it rests on"
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "corrected",
            sa.BigInteger(),
            nullable=True,
            comment="the reversal since which it does not hold",
        ),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the revocation"),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificate")),
        sa.UniqueConstraint("status_index", name=op.f("uq_certificate_status_index")),
    )
    op.create_index(op.f("ix_certificate_corrected"), "certificate", ["corrected"], unique=False)
    op.create_index(op.f("ix_certificate_volunteer"), "certificate", ["volunteer"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column(
            "number", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 0, no gap"
        ),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="of the tree: how many seals"),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column(
            "peaks",
            sa.LargeBinary(),
            nullable=False,
            comment="roots of the full trees that make it up",
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, comment="what is published: a JWS"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "complaint",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False, comment="as whoever filed it chose"),
        sa.Column("about", sa.Text(), nullable=False, comment="hours, points, star, redemption …"),
        sa.Column("of", sa.Text(), nullable=False, comment="what it names, if it does"),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False, comment="empty: the volunteer"),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "outcome",
            sa.Text(),
            nullable=False,
            comment="upheld, rejected, explained; empty: open",
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Text(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("volunteer", "id", name=op.f("pk_complaint")),
        comment="What volunteers complain about, and what they were answered",
    )
    op.create_index(op.f("ix_complaint_id"), "complaint", ["id"], unique=False)
    op.create_index(
        op.f("ix_complaint_outcome_filed_at"), "complaint", ["outcome", "filed_at"], unique=False
    )
    op.create_table(
        "consumer_offset",
        sa.Column("topic", KEY, nullable=False),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "epoch", sa.BigInteger(), nullable=False, comment="grows with each new owner: the fence"
        ),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_consumer_offset")),
    )
    op.create_table(
        "device_key",
        sa.Column("device", KEY, nullable=False, comment="the source of its events"),
        sa.Column("key", KEY, nullable=False, comment="RFC 7638 thumbprint"),
        sa.Column("public", sa.Text(), nullable=False, comment="Ed25519, base64url"),
        sa.Column("place", sa.Text(), nullable=False, comment="for which and below it speaks"),
        sa.Column("merchants", sa.Text(), nullable=False, comment="JSON: for which a till asks"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="when another took its place"),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, comment="of the revocation"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column(
            "app",
            sa.BigInteger(),
            nullable=False,
            comment="1: asks what volunteers may, at any shop",
        ),
        sa.PrimaryKeyConstraint("device", "key", name=op.f("pk_device_key")),
    )
    op.create_table(
        "device_mark",
        sa.Column("source", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.PrimaryKeyConstraint("source", "at", "seq", name=op.f("pk_device_mark")),
        comment="Marks by device: the log's, as far as it was inspected under safeguards",
    )
    op.create_table(
        "dispute",
        sa.Column("redemption", KEY, nullable=False),
        sa.Column("merchant", KEY, nullable=False),
        sa.Column(
            "cost", sa.BigInteger(), nullable=False, comment="fen that are not paid out meanwhile"
        ),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False, comment="pay or refuse; empty: open"),
        sa.Column("decided_because", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("redemption", name=op.f("pk_dispute")),
    )
    op.create_index(op.f("ix_dispute_merchant"), "dispute", ["merchant"], unique=False)
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "id", name=op.f("uq_event_source_id")),
    )
    op.create_index(op.f("ix_event_subject"), "event", ["subject"], unique=False)
    op.create_table(
        "hold",
        sa.Column("redemption", KEY, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="hold, or allow: for an offline till"),
        sa.Column("merchant", sa.Text(), nullable=False),
        sa.Column("item", KEY, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("attributes", sa.Text(), nullable=False, comment="JSON"),
        sa.Column(
            "paid", sa.Text(), nullable=False, comment="JSON: [currency, units, account, rule]"
        ),
        sa.Column("fund", KEY, nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False, comment="fen set aside of the fund"),
        sa.Column("spend_until", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("redemption", name=op.f("pk_hold")),
        comment="Points set aside for tills; a lapsed one goes when its volunteer is next served",
    )
    op.create_index(op.f("ix_hold_fund"), "hold", ["fund"], unique=False)
    op.create_index(op.f("ix_hold_item"), "hold", ["item"], unique=False)
    op.create_index(op.f("ix_hold_volunteer"), "hold", ["volunteer"], unique=False)
    op.create_table(
        "honour",
        sa.Column("nomination", KEY, nullable=False),
        sa.Column("honour", sa.Text(), nullable=False),
        sa.Column("nominee_kind", sa.Text(), nullable=False),
        sa.Column("nominee", KEY, nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column(
            "rests_on", sa.Text(), nullable=False, comment="what the policy has to say for it"
        ),
        sa.Column("place", KEY, nullable=False, comment="empty: nobody said"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nominated_at", sa.BigInteger(), nullable=True),
        sa.Column("published_until", sa.Text(), nullable=False, comment="YYYY-MM-DD or empty"),
        sa.Column("conferred_at", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.Text(), nullable=False, comment="JSON"),
        sa.PrimaryKeyConstraint("nomination", name=op.f("pk_honour")),
        comment="Nominations for honours",
    )
    op.create_index(op.f("ix_honour_nominee"), "honour", ["nominee"], unique=False)
    op.create_table(
        "hour_record",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("ended_at", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False, comment="counted or pending"),
        sa.Column("awaits", sa.Text(), nullable=False, comment="whose approval"),
        sa.Column("check_in", sa.BigInteger(), nullable=True),
        sa.Column("check_out", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column(
            "policy", sa.Text(), nullable=False, comment="digest of the version that governed"
        ),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_record")),
    )
    op.create_index(op.f("ix_hour_record_activity"), "hour_record", ["activity"], unique=False)
    op.create_index(op.f("ix_hour_record_volunteer"), "hour_record", ["volunteer"], unique=False)
    op.create_index(
        "uq_hour_record_reverses",
        "hour_record",
        ["reverses"],
        unique=True,
        sqlite_where=sa.text("reverses IS NOT NULL"),
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )
    op.create_table(
        "inspection",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_inspection")),
        comment="Batches whose marks are still to be inspected",
    )
    op.create_table(
        "judgement",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    op.create_index(op.f("ix_judgement_volunteer"), "judgement", ["volunteer"], unique=False)
    op.create_index(
        "uq_judgement_reverses",
        "judgement",
        ["reverses"],
        unique=True,
        sqlite_where=sa.text("reverses IS NOT NULL"),
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )
    op.create_table(
        "level_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("ladder", sa.Text(), nullable=False),
        sa.Column(
            "from_level",
            sa.BigInteger(),
            nullable=False,
            comment="positions on the ladder, 0 = none",
        ),
        sa.Column("to_level", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.BigInteger(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False, comment="JSON: what the condition read"),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_change")),
    )
    op.create_index(op.f("ix_level_change_volunteer"), "level_change", ["volunteer"], unique=False)
    op.create_table(
        "membership",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("team", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="absent: still"),
        sa.Column("role", sa.Text(), nullable=False, comment="member or leader"),
        sa.PrimaryKeyConstraint("volunteer", "team", "since", name=op.f("pk_membership")),
        comment="Times of volunteers in teams",
    )
    op.create_index(op.f("ix_membership_team"), "membership", ["team"], unique=False)
    op.create_table(
        "order_volunteer",
        sa.Column("id", KEY, nullable=False, comment="of the order"),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("team", KEY, nullable=False),
        sa.Column("open", sa.BigInteger(), nullable=False, comment="1: it is in hand"),
        sa.Column("stars", sa.BigInteger(), nullable=True, comment="the rating, 1 to 5"),
        sa.Column("complaint", sa.BigInteger(), nullable=False),
        sa.Column("reward", sa.Text(), nullable=False, comment="JSON: points, honour"),
        sa.PrimaryKeyConstraint("id", "volunteer", name=op.f("pk_order_volunteer")),
        comment="Who carries out or was rewarded for which order",
    )
    op.create_index(
        op.f("ix_order_volunteer_volunteer"), "order_volunteer", ["volunteer"], unique=False
    )
    op.create_table(
        "outbox",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lane", KEY, nullable=False),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_outbox")),
        comment="Batches whose entries are still to be published",
    )
    op.create_index(op.f("ix_outbox_lane_batch"), "outbox", ["lane", "batch"], unique=False)
    op.create_table(
        "place_closed",
        sa.Column("place", KEY, nullable=False),
        sa.Column("since", KEY, nullable=False, comment="YYYY-MM-DD, included"),
        sa.Column("until", KEY, nullable=False, comment="YYYY-MM-DD, not included; empty: still"),
        sa.Column("into_place", KEY, nullable=False, comment="where it went; empty: nowhere"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", "since", name=op.f("pk_place_closed")),
        comment="Days since which places are merged or closed",
    )
    op.create_index(
        op.f("ix_place_closed_into_place"), "place_closed", ["into_place"], unique=False
    )
    op.create_table(
        "place_history",
        sa.Column("place", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="absent: still"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("parent", KEY, nullable=False),
        sa.Column("community", sa.Text(), nullable=False, comment="urban, village or empty"),
        sa.Column("rooms", sa.BigInteger(), nullable=False, comment="function rooms"),
        sa.PrimaryKeyConstraint("place", "since", name=op.f("pk_place_history")),
        comment="As what a place was registered when",
    )
    op.create_table(
        "team_history",
        sa.Column("team", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="absent: still"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", KEY, nullable=False, comment="empty: nobody has said"),
        sa.Column("place", KEY, nullable=False, comment="empty: nowhere"),
        sa.Column(
            "dissolved_at",
            sa.BigInteger(),
            nullable=True,
            comment="from then on it was no team any more",
        ),
        sa.PrimaryKeyConstraint("team", "since", name=op.f("pk_team_history")),
        comment="As what a team was registered when",
    )
    op.create_index(op.f("ix_team_history_place"), "team_history", ["place"], unique=False)
    op.create_table(
        "place_year",
        sa.Column("place", KEY, nullable=False),
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("residents", sa.BigInteger(), nullable=True),
        sa.Column("staff", sa.BigInteger(), nullable=True, comment="full-time"),
        sa.Column(
            "party_members", sa.BigInteger(), nullable=True, comment="in post, who are to take part"
        ),
        sa.PrimaryKeyConstraint("place", "year", name=op.f("pk_place_year")),
        comment="What was counted of places for a year",
    )
    op.create_table(
        "plan",
        sa.Column("whose", KEY, nullable=False),
        sa.Column("of", KEY, nullable=False, comment="place or team"),
        sa.Column("period", KEY, nullable=False, comment="YYYY or YYYY-MM"),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", KEY, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.BigInteger(), nullable=False, comment="1: Monday; 0: none"),
        sa.Column("monthday", sa.BigInteger(), nullable=False, comment="0: none"),
        sa.PrimaryKeyConstraint("whose", "of", "period", "number", name=op.f("pk_plan")),
        comment="Planned activities of places and teams",
    )
    op.create_table(
        "points_entry",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "amount",
            sa.BigInteger(),
            nullable=False,
            comment="into the wallet; below zero: out of it",
        ),
        sa.Column("counter", sa.Text(), nullable=False, comment="the account on the other side"),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_entry")),
    )
    op.create_index(op.f("ix_points_entry_volunteer"), "points_entry", ["volunteer"], unique=False)
    op.create_index(
        "uq_points_entry_reverses",
        "points_entry",
        ["reverses"],
        unique=True,
        sqlite_where=sa.text("reverses IS NOT NULL"),
        postgresql_where=sa.text("reverses IS NOT NULL"),
    )
    op.create_table(
        "policy_version",
        sa.Column("event", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "effective_from", sa.Text(), nullable=False, comment="YYYY-MM-DD in the policy's zone"
        ),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "posting",
        sa.Column("entry", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("leg", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("account", KEY, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry", "leg", name=op.f("pk_posting")),
    )
    op.create_index(op.f("ix_posting_account"), "posting", ["account"], unique=False)
    op.create_table(
        "redemption",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "command", sa.Text(), nullable=False, comment="redeem, hold, confirm, cancel, refund …"
        ),
        sa.Column("redemption", KEY, nullable=False),
        sa.Column(
            "step", KEY, nullable=False, comment="open, close, refund/ID …: each happens once"
        ),
        sa.Column("request", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("merchant", sa.Text(), nullable=False, comment="whom the points go to"),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column(
            "paid", sa.Text(), nullable=False, comment="JSON: [currency, units, account, rule]"
        ),
        sa.Column(
            "attributes", sa.Text(), nullable=False, comment="JSON: what the policy was told beside"
        ),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column(
            "cost", sa.BigInteger(), nullable=False, comment="fen that the fund paid or got back"
        ),
        sa.Column("allowance", sa.Text(), nullable=False, comment="that it was honoured out of"),
        sa.Column("voucher", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("available", sa.BigInteger(), nullable=False, comment="after the decision"),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("repeats", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
    )
    op.create_index(op.f("ix_redemption_redemption"), "redemption", ["redemption"], unique=False)
    op.create_index(op.f("ix_redemption_request"), "redemption", ["request"], unique=False)
    op.create_index(op.f("ix_redemption_volunteer"), "redemption", ["volunteer"], unique=False)
    op.create_index(
        "uq_redemption_step",
        "redemption",
        ["redemption", "step"],
        unique=True,
        sqlite_where=sa.text("repeats IS NULL AND status = 'accepted'"),
        postgresql_where=sa.text("repeats IS NULL AND status = 'accepted'"),
    )
    op.create_table(
        "registration",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True, comment="absent: still"),
        sa.Column("place", KEY, nullable=False, comment="empty: nowhere"),
        sa.Column("team", KEY, nullable=False),
        sa.Column("party_unit", KEY, nullable=False, comment="of a party member in post"),
        sa.Column("gone", sa.BigInteger(), nullable=False, comment="1: they left at until"),
        sa.Column("reason", sa.Text(), nullable=False, comment="why they left"),
        sa.PrimaryKeyConstraint("volunteer", "since", name=op.f("pk_registration")),
        comment="Times as a registered volunteer, and of where",
    )
    op.create_index(
        op.f("ix_registration_gone_volunteer"), "registration", ["gone", "volunteer"], unique=False
    )
    op.create_index(op.f("ix_registration_place"), "registration", ["place"], unique=False)
    op.create_table(
        "registry",
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", KEY, nullable=False),
        sa.Column("event_id", KEY, nullable=False),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_registry")),
    )
    op.create_table(
        "reject",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", KEY, nullable=False, comment="digest of code and content"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column(
            "origin", sa.Text(), nullable=False, comment="file:line or topic/partition@offset"
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_reject")),
        sa.UniqueConstraint("id", name=op.f("uq_reject_id")),
    )
    op.create_table(
        "reject_resolution",
        sa.Column("reject", KEY, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column(
            "event",
            sa.BigInteger(),
            nullable=False,
            comment="the seq that it came to; says the batch",
        ),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reject", name=op.f("pk_reject_resolution")),
    )
    op.create_table(
        "review_case",
        sa.Column("id", KEY, nullable=False, comment="digest of safeguard and visit"),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("visit", KEY, nullable=False, comment="source#id of the check-in"),
        sa.Column("rule", sa.Text(), nullable=False, comment="the safeguard"),
        sa.Column("evidence", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "withdrawn_at",
            sa.BigInteger(),
            nullable=True,
            comment="when nothing was left to suspect",
        ),
        sa.Column("decision", sa.Text(), nullable=True, comment="count or void"),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_case")),
        comment="Visits that are or were suspected: the queue of reviews",
    )
    op.create_index(op.f("ix_review_case_volunteer"), "review_case", ["volunteer"], unique=False)
    op.create_table(
        "roster",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("place", KEY, nullable=False, comment="of the newest registration; empty: none"),
        sa.Column(
            "star", sa.BigInteger(), nullable=False, comment="position on the ladder, 0 = none"
        ),
        sa.PrimaryKeyConstraint("volunteer", name=op.f("pk_roster")),
        comment="Who is registered or has a star: what star tables are counted from",
    )
    op.create_index(op.f("ix_roster_place_star"), "roster", ["place", "star"], unique=False)
    op.create_table(
        "seal",
        sa.Column(
            "number", sa.BigInteger(), autoincrement=False, nullable=False, comment="from 0, no gap"
        ),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column(
            "layout", sa.BigInteger(), nullable=False, comment="which columns of which tables"
        ),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column(
            "root", sa.LargeBinary(), nullable=False, comment="of the Merkle tree over its rows"
        ),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 of all its rows as one text",
        ),
        sa.Column(
            "octets", sa.Text(), nullable=False, comment="JSON: table -> octets of that text"
        ),
        sa.Column(
            "keys", sa.Text(), nullable=False, comment="JSON: table -> primary keys, as differences"
        ),
        sa.Column("tags", sa.LargeBinary(), nullable=False, comment="8 octets of each row's hash"),
        sa.Column(
            "leaf",
            sa.LargeBinary(),
            nullable=False,
            comment="hash of this seal in the ledger's tree",
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seal")),
        sa.UniqueConstraint("batch", name=op.f("uq_seal_batch")),
    )
    op.create_table(
        "service_order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("place", KEY, nullable=False, comment="where it is wanted"),
        sa.Column("responsible", KEY, nullable=False, comment="the place that sees to it now"),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("skills", sa.Text(), nullable=False, comment="JSON: what it takes"),
        sa.Column("text", sa.Text(), nullable=False, comment="for people; nothing personal"),
        sa.Column(
            "channel", sa.Text(), nullable=False, comment="app, hotline, station or collected"
        ),
        sa.Column("state", KEY, nullable=False, comment="placed, dispatched, accepted, done …"),
        sa.Column("team", KEY, nullable=False),
        sa.Column(
            "volunteer", KEY, nullable=False, comment="whom it was dispatched to, without a team"
        ),
        sa.Column("activity", KEY, nullable=False, comment="whose check-ins are the order's"),
        sa.Column("volunteers", sa.Text(), nullable=False, comment="JSON: who accepted"),
        sa.Column("wanted_at", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=True, comment="as planned"),
        sa.Column("ends_at", sa.BigInteger(), nullable=True, comment="as planned"),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=True,
            comment="by when the next step has to be taken",
        ),
        sa.Column(
            "act_at", sa.BigInteger(), nullable=True, comment="when the ledger itself has to act"
        ),
        sa.Column("escalations", sa.BigInteger(), nullable=False),
        sa.Column("stars", sa.BigInteger(), nullable=True, comment="the rating, 1 to 5"),
        sa.Column(
            "complaint",
            sa.BigInteger(),
            nullable=False,
            comment="1: it stands, 2: there was one, 0: none",
        ),
        sa.Column(
            "called_back", sa.BigInteger(), nullable=False, comment="1: the resident was reached"
        ),
        sa.Column("rewarded_at", sa.BigInteger(), nullable=True),
        sa.Column("steps", sa.Text(), nullable=False, comment="JSON: all that was said of it"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_order")),
        comment="Residents' orders as they stand",
    )
    op.create_index(op.f("ix_service_order_act_at"), "service_order", ["act_at"], unique=False)
    op.create_index(op.f("ix_service_order_activity"), "service_order", ["activity"], unique=False)
    op.create_index(
        "ix_service_order_complained",
        "service_order",
        ["activity"],
        unique=False,
        sqlite_where=sa.text("complaint = 1"),
        postgresql_where=sa.text("complaint = 1"),
    )
    op.create_index(op.f("ix_service_order_place"), "service_order", ["place"], unique=False)
    op.create_index(
        op.f("ix_service_order_placed_at_id"), "service_order", ["placed_at", "id"], unique=False
    )
    op.create_index(
        op.f("ix_service_order_state_placed_at_id"),
        "service_order",
        ["state", "placed_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_service_order_team"), "service_order", ["team"], unique=False)
    op.create_table(
        "sign_up",
        sa.Column("activity", KEY, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("signed_up_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "state", KEY, nullable=False, comment="in, waiting, withdrawn, refused or absent"
        ),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="of the state"),
        sa.Column(
            "position", sa.BigInteger(), nullable=False, comment="in the line; 0: not waiting"
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("noted", sa.BigInteger(), nullable=False, comment="1: not coming was said"),
        sa.PrimaryKeyConstraint("activity", "volunteer", name=op.f("pk_sign_up")),
        comment="Who signed up for what",
    )
    op.create_index(op.f("ix_sign_up_volunteer"), "sign_up", ["volunteer"], unique=False)
    op.create_table(
        "skill",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("skill", KEY, nullable=False),
        sa.PrimaryKeyConstraint("volunteer", "skill", name=op.f("pk_skill")),
        comment="Skills of those who are registered now",
    )
    op.create_index(op.f("ix_skill_skill"), "skill", ["skill"], unique=False)
    op.create_table(
        "stock",
        sa.Column("item", KEY, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_stock_never_below_zero")),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_stock")),
    )
    op.create_table(
        "tally",
        sa.Column("place", KEY, nullable=False, comment="empty: of people registered nowhere"),
        sa.Column("month", KEY, nullable=False, comment="YYYY-MM"),
        sa.Column("currency", KEY, nullable=False, comment="empty: hours"),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("redeemed", sa.BigInteger(), nullable=False),
        sa.Column("lapsed", sa.BigInteger(), nullable=False),
        sa.Column("passed", sa.BigInteger(), nullable=False),
        sa.Column(
            "expiring", sa.BigInteger(), nullable=False, comment="whose last day is in the month"
        ),
        sa.PrimaryKeyConstraint("place", "month", "currency", "slot", name=op.f("pk_tally")),
        comment="Monthly figures of places, spread over slots as balances are",
    )
    op.create_table(
        "state_snapshot",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("star", sa.BigInteger(), nullable=False),
        sa.Column("last_mark", sa.BigInteger(), nullable=False),
        sa.Column("last_start", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("last_end", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("opened", sa.Text(), nullable=False, comment="JSON: activity -> check-in"),
        sa.Column("standing", sa.Text(), nullable=False, comment="JSON: the policy's state"),
        sa.Column(
            "adopted", sa.BigInteger(), nullable=False, comment="newest adoption folded under"
        ),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=True,
            comment="seconds: when time alone changes something next",
        ),
        sa.Column("facts", sa.BigInteger(), nullable=False, comment="how many were judged"),
        sa.PrimaryKeyConstraint("volunteer", "batch", name=op.f("pk_state_snapshot")),
        comment="States as they were after a batch: late events are folded on from there",
    )
    op.create_table(
        "volunteer_state",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("star", sa.BigInteger(), nullable=False),
        sa.Column("last_mark", sa.BigInteger(), nullable=False),
        sa.Column("last_start", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("last_end", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("opened", sa.Text(), nullable=False, comment="JSON: activity -> check-in"),
        sa.Column("standing", sa.Text(), nullable=False, comment="JSON: the policy's state"),
        sa.Column(
            "adopted", sa.BigInteger(), nullable=False, comment="newest adoption folded under"
        ),
        sa.Column(
            "due_at",
            sa.BigInteger(),
            nullable=True,
            comment="seconds: when time alone changes something next",
        ),
        sa.Column("facts", sa.BigInteger(), nullable=False, comment="how many were judged"),
        sa.PrimaryKeyConstraint("volunteer", name=op.f("pk_volunteer_state")),
    )
    op.create_index(op.f("ix_volunteer_state_due_at"), "volunteer_state", ["due_at"], unique=False)
    op.create_table(
        "voucher",
        sa.Column("code", KEY, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("redemption", KEY, nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column(
            "paid", sa.Text(), nullable=False, comment="JSON: [currency, units, account, rule]"
        ),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("cost", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "ended", sa.Text(), nullable=False, comment="used, lapsed or refunded; empty: open"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_voucher")),
    )
    op.create_index(
        op.f("ix_voucher_ended_expires_at"), "voucher", ["ended", "expires_at"], unique=False
    )
    op.create_index(op.f("ix_voucher_redemption"), "voucher", ["redemption"], unique=False)
    op.create_index(op.f("ix_voucher_volunteer"), "voucher", ["volunteer"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE batch_id")
    refuse_changes(APPEND_ONLY)
