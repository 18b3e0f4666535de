"""What does a checkpoint say? A signed note of what the ledger held; pure, no ledger is needed."""

from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple, Self

from ledger.errors import LedgerError
from ledger.signing import PublicKeys, read_checkpoint


class Note(NamedTuple):
    """The ledger `origin` held `size` sealed batches, whose tree has this `root`, at `time`.

    `origin` is the hash of the ledger's first seal; `previous` that of the note before, "" if none.
    """

    origin: str
    size: int
    root: bytes
    time: datetime
    previous: str

    def claims(self) -> dict[str, Any]:
        """What is signed."""
        return {
            "iss": self.origin,
            "size": self.size,
            "root": self.root.hex(),
            "time": self.time.isoformat(),
            "previous": self.previous,
        }

    @classmethod
    def read(cls, text: str, keys: PublicKeys) -> Self:
        """The note in a published text. Raises LedgerError unless one of `keys` signed it."""
        claims = read_checkpoint(text.strip(), keys)
        try:
            return cls(
                str(claims["iss"]),
                int(claims["size"]),
                bytes.fromhex(claims["root"]),
                datetime.fromisoformat(claims["time"]),
                str(claims["previous"]),
            )
        except (KeyError, ValueError, TypeError) as error:
            raise LedgerError(
                f"this is no checkpoint that this program can read: {error}"
            ) from None


def name_of(text: str) -> str:
    """The hash by which the next note refers to the one in `text`."""
    return sha256(text.strip().encode()).hexdigest()
