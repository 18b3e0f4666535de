"""How far are the runners?"""

from sqlalchemy import BigInteger, Column, Index, Table

from ledger.store.tables.base import Key, metadata

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
