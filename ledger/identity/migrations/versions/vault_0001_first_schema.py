"""The vault's first schema"""

import sqlalchemy as sa
from alembic import op

from ledger.store.append_only import refuse_changes

revision = "vault_0001"
down_revision = None

KEY = sa.Text().with_variant(sa.TEXT(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

APPEND_ONLY = ("erasure", "change", "read", "refusal")


def upgrade() -> None:
    op.create_table(
        "vault_secret",
        sa.Column("name", KEY, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False, comment="of the master key"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_vault_secret")),
        comment="Keys of the vault itself, sealed under the master key",
    )
    op.create_table(
        "person",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False, comment="of the master key"),
        sa.Column(
            "data_key", sa.LargeBinary(), nullable=False, comment="sealed under the master key"
        ),
        sa.Column("document", KEY, nullable=True, comment="keyed hash of type and number"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("volunteer", name=op.f("pk_person")),
        sa.UniqueConstraint("document", name=op.f("uq_person_document")),
    )
    op.create_table(
        "personal_field",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("field", KEY, nullable=False),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=False,
            comment="sealed under the person's data key",
        ),
        sa.ForeignKeyConstraint(
            ["volunteer"],
            ["person.volunteer"],
            name=op.f("fk_personal_field_volunteer"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("volunteer", "field", name=op.f("pk_personal_field")),
    )
    op.create_table(
        "consent",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("given_by", sa.Text(), nullable=False, comment="self or guardian"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        comment="Kept after an erasure: a consent has to be shown (art. 14, 69)",
    )
    op.create_index(op.f("ix_consent_volunteer"), "consent", ["volunteer"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("volunteer", name=op.f("pk_erasure")),
        comment="Tombstones: who is not here any more",
    )
    op.create_table(
        "change",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column(
            "what", sa.Text(), nullable=False, comment="stored, corrected, withdrawn, erased …"
        ),
        sa.Column("fields", sa.Text(), nullable=False, comment="comma-separated; no values"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change")),
    )
    op.create_index(op.f("ix_change_volunteer"), "change", ["volunteer"], unique=False)
    op.create_table(
        "read",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("volunteer", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False, comment="comma-separated"),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read")),
        comment="Each look at values that are not masked",
    )
    op.create_index(op.f("ix_read_volunteer"), "read", ["volunteer"], unique=False)
    op.create_table(
        "refusal",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("volunteer", KEY, nullable=False, comment="empty: everybody"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("wanted", sa.Text(), nullable=False, comment="the permission that was missing"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusal")),
        comment="Each look at personal data that was refused",
    )
    op.create_index(op.f("ix_refusal_volunteer"), "refusal", ["volunteer"], unique=False)
    refuse_changes(APPEND_ONLY)
