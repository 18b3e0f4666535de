"""What are the tables of the vault? Instants are microseconds since 1970 UTC.

Only `person` and `personal_field` hold anything personal, and only sealed. `APPEND_ONLY` ones are
the trail of what was done; they name volunteers by their ids and hold no values.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from ledger.store.tables import Key

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Number = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database gives out."""

vault_secret = Table(
    "vault_secret",
    metadata,
    Column("name", Key, primary_key=True),
    Column("key_id", Text, nullable=False, comment="of the master key"),
    Column("content", LargeBinary, nullable=False),
    comment="Keys of the vault itself, sealed under the master key",
)

person = Table(
    "person",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("key_id", Text, nullable=False, comment="of the master key"),
    Column("data_key", LargeBinary, nullable=False, comment="sealed under the master key"),
    Column("document", Key, unique=True, comment="keyed hash of type and number"),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

personal_field = Table(
    "personal_field",
    metadata,
    Column(
        "volunteer",
        Key,
        ForeignKey("person.volunteer", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("field", Key, primary_key=True),
    Column("content", LargeBinary, nullable=False, comment="sealed under the person's data key"),
)

consent = Table(
    "consent",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("volunteer", Key, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("given_by", Text, nullable=False, comment="self or guardian"),
    Column("at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Index(None, "volunteer"),
    comment="Kept after an erasure: a consent has to be shown (art. 14, 69)",
)

erasure = Table(
    "erasure",
    metadata,
    Column("volunteer", Key, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    comment="Tombstones: who is not here any more",
)

change = Table(
    "change",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("volunteer", Key, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("what", Text, nullable=False, comment="stored, corrected, withdrawn, erased …"),
    Column("fields", Text, nullable=False, comment="comma-separated; no values"),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Index(None, "volunteer"),
)

read = Table(
    "read",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("volunteer", Key, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("fields", Text, nullable=False, comment="comma-separated"),
    Column("by", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Index(None, "volunteer"),
    comment="Each look at values that are not masked",
)

refusal = Table(
    "refusal",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("volunteer", Key, nullable=False, comment="empty: everybody"),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("wanted", Text, nullable=False, comment="the permission that was missing"),
    Index(None, "volunteer"),
    comment="Each look at personal data that was refused",
)

APPEND_ONLY = (erasure, change, read, refusal)
