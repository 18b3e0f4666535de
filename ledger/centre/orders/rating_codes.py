"""By what may a resident rate an order without logging in? A code that they were given with it.

Eight digits that only the ledger can make (HMAC-SHA256, by a secret that follows from its key),
printed on the receipt of the order. They rate once; after that the station changes a rating.
"""

import hmac
from hashlib import sha256

from ledger.signing import Signer

DIGITS = 8

_PURPOSE = b"vledger order rating code v1"


class RatingCodes:
    """Makes and checks codes, for all servers that have the ledger's key."""

    def __init__(self, signer: Signer) -> None:
        self._secret = signer.secret(_PURPOSE)

    def make(self, order: str) -> str:
        """The code of an order: as good as the order is open to be rated."""
        mac = hmac.digest(self._secret, order.encode(), sha256)
        return f"{int.from_bytes(mac[:8], 'big') % 10**DIGITS:0{DIGITS}}"

    def is_right(self, order: str, code: str) -> bool:
        """Whether it is the order's code."""
        return hmac.compare_digest(self.make(order).encode(), code.strip().encode())
