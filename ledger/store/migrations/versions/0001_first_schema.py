"""The ledger's first schema"""

import sqlalchemy as sa
from alembic import op

from ledger.store.append_only import refuse_changes

revision = "0001"
down_revision = None

APPEND_ONLY = (
    "policy_version",
    "batch",
    "event",
    "hour_record",
    "posting",
    "star_change",
    "redemption",
    "reject",
    "reject_resolution",
)


def upgrade() -> None:
    op.create_table(
        "account_balance",
        sa.Column(
            "account", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "currency", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("slot", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("held >= 0", name=op.f("ck_account_balance_held")),
        sa.PrimaryKeyConstraint("account", "currency", "slot", name=op.f("pk_account_balance")),
        comment="Shared accounts are spread over slots; a balance is the sum",
    )
    op.create_table(
        "batch",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch")),
    )
    op.create_table(
        "consumer_offset",
        sa.Column(
            "topic", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("partition", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("next_offset", sa.BigInteger(), nullable=False),
        sa.Column(
            "epoch", sa.BigInteger(), nullable=False, comment="grows with each new owner: the fence"
        ),
        sa.PrimaryKeyConstraint("topic", "partition", name=op.f("pk_consumer_offset")),
    )
    op.create_table(
        "event",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "source", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column(
            "subject", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
        sa.UniqueConstraint("source", "id", name=op.f("uq_event_source_id")),
    )
    with op.batch_alter_table("event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_subject"), ["subject"], unique=False)

    op.create_table(
        "hour_record",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "volunteer",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("activity", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("ended_at", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("check_in", sa.BigInteger(), nullable=False),
        sa.Column("check_out", sa.BigInteger(), nullable=False),
        sa.Column("reverses", sa.BigInteger(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(reverses IS NULL) = (seconds >= 0) OR seconds = 0", name=op.f("ck_hour_record_sign")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_record")),
    )
    with op.batch_alter_table("hour_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hour_record_volunteer"), ["volunteer"], unique=False)
        batch_op.create_index(
            "uq_hour_record_reverses",
            ["reverses"],
            unique=True,
            sqlite_where=sa.text("reverses IS NOT NULL"),
            postgresql_where=sa.text("reverses IS NOT NULL"),
        )

    op.create_table(
        "outbox",
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "lane", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_outbox")),
        comment="Batches whose entries are still to be published",
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_lane_batch"), ["lane", "batch"], unique=False)

    op.create_table(
        "policy_version",
        sa.Column(
            "digest", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "posting",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cause", sa.BigInteger(), nullable=False),
        sa.Column(
            "account", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_posting_account"), ["account"], unique=False)

    op.create_table(
        "redemption",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "redemption",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("request", sa.BigInteger(), nullable=False),
        sa.Column(
            "volunteer",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("merchant", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("available", sa.BigInteger(), nullable=False, comment="after the decision"),
        sa.Column("repeats", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
    )
    with op.batch_alter_table("redemption", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_redemption_volunteer"), ["volunteer"], unique=False)
        batch_op.create_index(
            "uq_redemption_redemption",
            ["redemption"],
            unique=True,
            sqlite_where=sa.text("repeats IS NULL"),
            postgresql_where=sa.text("repeats IS NULL"),
        )

    op.create_table(
        "registry",
        sa.Column(
            "kind", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "source", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "event_id", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("kind", "id", name=op.f("pk_registry")),
    )
    op.create_table(
        "reject",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "id",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
            comment="digest of code and content",
        ),
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
        sa.Column(
            "reject", sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("reject", name=op.f("pk_reject_resolution")),
    )
    op.create_table(
        "star_change",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "volunteer",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("from_level", sa.BigInteger(), nullable=False),
        sa.Column("to_level", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("effective_at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_star_change")),
    )
    with op.batch_alter_table("star_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_star_change_volunteer"), ["volunteer"], unique=False)

    op.create_table(
        "volunteer_state",
        sa.Column(
            "volunteer",
            sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("seconds", sa.BigInteger(), nullable=False),
        sa.Column("star", sa.BigInteger(), nullable=False),
        sa.Column("last_mark", sa.BigInteger(), nullable=False),
        sa.Column("last_start", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"),
        sa.Column(
            "covered_until", sa.BigInteger(), nullable=False, comment="seconds since 1970 UTC"
        ),
        sa.Column(
            "opened", sa.Text(), nullable=False, comment="JSON: activity -> [at, seq, place]"
        ),
        sa.PrimaryKeyConstraint("volunteer", name=op.f("pk_volunteer_state")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE SEQUENCE batch_id")
    refuse_changes(APPEND_ONLY)
