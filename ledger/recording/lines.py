"""How is a file of events read? Line by line, in batches, with bounded memory."""

from collections.abc import Iterator
from typing import BinaryIO

from ledger.core.intake import Arrival
from schemas.envelope import legible

MAX_LINE_BYTES = 4 * 1024 * 1024
"""Of a longer line this much is kept; no event may be so long, so that it is a reject anyway."""

MAX_BATCH_BYTES = 16 * 1024 * 1024
"""A batch ends with the line that reaches this, so that long lines don't fill memory."""


def arrivals(stream: BinaryIO, name: str) -> Iterator[Arrival]:
    """Each line that is not blank, with the file's `name` and its number as its origin."""
    number = 0
    shown = legible(name)
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        origin = f"{shown}:{number}"
        if not line.endswith(b"\n") and len(line) == MAX_LINE_BYTES:
            dropped = _skip_line(stream)
            origin += f" ({dropped} bytes more were cut off)" if dropped else ""
        content = line.strip()
        if content:
            yield Arrival(content, origin)


def batches(stream: BinaryIO, name: str, size: int) -> Iterator[tuple[Arrival, ...]]:
    """The lines of a file in batches of at most `size`, and of hardly more than MAX_BATCH_BYTES."""
    batch: list[Arrival] = []
    taken = 0
    for line in arrivals(stream, name):
        batch.append(line)
        taken += len(line.content)
        if len(batch) >= size or taken >= MAX_BATCH_BYTES:
            yield tuple(batch)
            batch, taken = [], 0
    if batch:
        yield tuple(batch)


def _skip_line(stream: BinaryIO) -> int:
    skipped = 0
    while part := stream.readline(MAX_LINE_BYTES):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped
