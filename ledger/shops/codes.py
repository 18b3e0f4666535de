"""By what does a till know whom it serves? A code on the volunteer's phone, new each minute.

`V00000001-48392175`: the volunteer's id, and eight digits that only the ledger can make for the
minute (HMAC-SHA256 cut to digits, by a secret that follows from the ledger's key). It
holds for its minute and the next one, and buys once: what is seen over a shoulder is spent.
"""

import hmac
import re
from hashlib import sha256
from typing import NamedTuple

from ledger.clock import SECOND
from ledger.signing import Signer

MINUTE = 60 * SECOND
DIGITS = 8
HOLDS = 2
"""Minutes in which a code is taken."""

_PURPOSE = b"vledger redemption code v1"
_FORM = re.compile(rf"(.{{1,64}})-(\d{{{DIGITS}}})", re.ASCII)


class Code(NamedTuple):
    """What to show; `changes` (µs): when there is another; `expires` (µs): from when it is bad."""

    text: str
    changes: int
    expires: int


class Shown(NamedTuple):
    """Whom a code is of, and of which minute since 1970 it is."""

    volunteer: str
    minute: int


class Codes:
    """Makes codes and reads them, for all servers that have the ledger's key."""

    def __init__(self, signer: Signer) -> None:
        self._secret = signer.secret(_PURPOSE)

    def make(self, volunteer: str, now: int) -> Code:
        """The code of the minute of `now` (µs)."""
        minute = now // MINUTE
        text = f"{volunteer}-{self._digits(volunteer, minute)}"
        return Code(text, (minute + 1) * MINUTE, (minute + HOLDS) * MINUTE)

    def read(self, text: str, now: int, minutes: int = HOLDS) -> Shown | None:
        """Whose it is; None if it is nobody's, or of none of the last `minutes` at `now` (µs)."""
        found = _FORM.fullmatch(text.strip())
        if found is None:
            return None
        volunteer, digits = found[1], found[2]
        for minute in range(now // MINUTE, now // MINUTE - minutes, -1):
            if hmac.compare_digest(self._digits(volunteer, minute), digits):
                return Shown(volunteer, minute)
        return None

    def _digits(self, volunteer: str, minute: int) -> str:
        mac = hmac.digest(self._secret, f"{minute} {volunteer}".encode(), sha256)
        return f"{int.from_bytes(mac[:8], 'big') % 10**DIGITS:0{DIGITS}}"
