"""How do many texts have one hash, such that each can be proven to be among them? RFC 6962.

Pure. A leaf is hashed after a zero octet and a node after a one, so that neither passes for the
other; a tree splits at the largest power of two below its size.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY = sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(text: bytes) -> bytes:
    """The hash of one leaf."""
    return sha256(b"\x00" + text).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of a node above two others."""
    return sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root above the hashes of leaves."""
    level = leaves
    while len(level) > 1:
        level = _above(level)
    return level[0] if level else EMPTY


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from the leaf at `index` to the root, from below."""
    found, level = [], leaves
    while len(level) > 1:
        beside = index ^ 1
        if beside < len(level):
            found.append(level[beside])
        level, index = _above(level), index // 2
    return found


def root_by_path(leaf: bytes, index: int, size: int, steps: Iterable[bytes]) -> bytes | None:
    """The root that a path leads to from the leaf at `index` of `size`; None if it leads nowhere.

    As RFC 9162, 2.1.3.2.
    """
    if not 0 <= index < size:
        return None
    place, last, reached = index, size - 1, leaf
    for step in steps:
        if last == 0:
            return None
        if place & 1 or place == last:
            reached = node_hash(step, reached)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            reached = node_hash(reached, step)
        place, last = place >> 1, last >> 1
    return reached if last == 0 else None


class Frontier:
    """The right edge of a growing tree: enough to go on adding leaves, and to tell the root."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        """The roots of the full trees that the leaves make up, the largest first."""
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"{len(self.peaks)} peaks are not those of {size} leaves")

    def add(self, leaf: bytes) -> None:
        """Add the hash of one leaf."""
        self.size += 1
        size, reached = self.size, leaf
        while not size & 1:
            reached, size = node_hash(self.peaks.pop(), reached), size >> 1
        self.peaks.append(reached)

    def root(self) -> bytes:
        """The root above all leaves so far."""
        if not self.peaks:
            return EMPTY
        reached = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            reached = node_hash(peak, reached)
        return reached


def _above(level: Sequence[bytes]) -> list[bytes]:
    nodes = [
        sha256(b"\x01" + left + right).digest()
        for left, right in zip(level[::2], level[1::2], strict=False)
    ]
    if len(level) & 1:
        nodes.append(level[-1])
    return nodes
