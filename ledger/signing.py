"""What does the ledger sign, and how is it checked with nothing but its public keys?

Signing says nothing new: what is signed is in the ledger. Every check takes all keys that are
trusted (see ledger.keys): what was signed before the key was replaced stays good.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import jwt
import orjson
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from jwt.utils import base64url_decode, base64url_encode

from ledger.clock import SECOND
from ledger.core.entries import RedemptionDecision
from ledger.errors import LedgerError

ALGORITHM = "EdDSA"
AUDIENCE = "offline-till"
AUDITORS = "ledger-audit"
SUCCESSION = "ledger-key"

PublicKeys: TypeAlias = tuple[Ed25519PublicKey, ...]
"""The keys of a ledger that are trusted, the newest first; at least one."""

Read = TypeVar("Read")


class Signer:
    """Signs with a ledger's key; `earlier` are the public keys of those that it replaced."""

    def __init__(self, key: Ed25519PrivateKey, earlier: PublicKeys = ()) -> None:
        self._key = key
        self.keys: PublicKeys = (key.public_key(), *earlier)

    def allowance(self, decision: RedemptionDecision, points: str) -> str:
        """A JWT: `sub` may spend `points` at `merchant` until `exp`, under the allowance `jti`."""
        assert decision.expires_at is not None
        claims: dict[str, Any] = {
            "aud": AUDIENCE,
            "jti": decision.redemption,
            "sub": decision.volunteer,
            "merchant": decision.merchant,
            "points": points,
            "currency": decision.currency,
            "exp": decision.expires_at // SECOND,
        }
        return jwt.encode(claims, self._key, ALGORITHM)

    def checkpoint(self, claims: dict[str, Any]) -> str:
        """A JWT that says what the ledger held; it has no end."""
        return jwt.encode({"aud": AUDITORS, **claims}, self._key, ALGORITHM)

    def secret(self, purpose: bytes) -> bytes:
        """32 octets that follow from the key, for this purpose alone (HKDF)."""
        made = HKDF(hashes.SHA256(), 32, salt=None, info=purpose)
        return made.derive(self._key.private_bytes_raw())

    def handover(self, successor: Ed25519PublicKey, now: int) -> str:
        """A JWT: from `iat` (`now`, µs) on the ledger signs with another key, `jwk`."""
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": _octets(successor.public_bytes_raw())}
        claims = {"aud": SUCCESSION, "iat": now // SECOND, "jwk": jwk}
        return jwt.encode(claims, self._key, ALGORITHM)

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, str]) -> str:
        """A JWT of any claims, as short as it can be: UTF-8 and no spaces, for QR codes."""
        return _JWS.encode(orjson.dumps(claims), self._key, ALGORITHM, dict(header))


def read_signed(
    token: str, keys: PublicKeys
) -> tuple[dict[str, Any], dict[str, Any], Ed25519PublicKey]:
    """The header and the claims of a JWT, and which of `keys` signed it as it is.

    Raises LedgerError if none did.
    """

    def read(key: Ed25519PublicKey) -> tuple[dict[str, Any], dict[str, Any], Ed25519PublicKey]:
        found = _JWS.decode_complete(token.strip(), key, [ALGORITHM])
        return found["header"], orjson.loads(found["payload"]), key

    try:
        header, claims, key = _by_any(keys, read)
    except (jwt.InvalidTokenError, orjson.JSONDecodeError) as error:
        raise LedgerError(f"this was not signed by that key, or was changed: {error}") from None
    if not isinstance(claims, dict):
        raise LedgerError("this was signed by the ledger, but says nothing")
    return header, claims, key


def read_allowance(token: str, keys: PublicKeys) -> dict[str, Any]:
    """What an offline till may do, as it finds it by itself.

    Raises LedgerError for a token that is not of this ledger, was changed, or is over.
    """
    try:
        return _by_any(keys, lambda key: jwt.decode(token, key, [ALGORITHM], audience=AUDIENCE))
    except jwt.ExpiredSignatureError:
        raise LedgerError("this allowance is over: go online for a new one") from None
    except jwt.InvalidTokenError as error:
        raise LedgerError(f"this is no allowance of this ledger: {error}") from None


def read_checkpoint(token: str, keys: PublicKeys) -> dict[str, Any]:
    """What a checkpoint says. Raises LedgerError if it is not of this ledger or was changed."""
    try:
        claims = _by_any(keys, lambda key: jwt.decode(token, key, [ALGORITHM], audience=AUDITORS))
    except jwt.InvalidTokenError as error:
        raise LedgerError(f"this is no checkpoint signed with that key: {error}") from None
    signature = token.rpartition(".")[2]
    if base64url_encode(base64url_decode(signature)).decode() != signature:  # spare bits are set
        raise LedgerError("this is no checkpoint as it was signed: its last letter was changed")
    return claims


def accept(handover: str, keys: PublicKeys) -> PublicKeys:
    """The trusted keys, with the one before them to which a trusted one has handed over.

    Raises LedgerError unless one of `keys` signed the handover.
    """
    try:
        claims = _by_any(
            keys, lambda key: jwt.decode(handover.strip(), key, [ALGORITHM], audience=SUCCESSION)
        )
        successor = jwt.PyJWK(claims["jwk"], ALGORITHM).key
    except (jwt.InvalidTokenError, jwt.PyJWTError, KeyError, TypeError, ValueError) as error:
        raise LedgerError(f"this is no handover signed with that key: {error}") from None
    if not isinstance(successor, Ed25519PublicKey):
        raise LedgerError("this handover names no public Ed25519 key")
    return (successor, *(key for key in keys if key != successor))


def did_key(key: Ed25519PublicKey) -> str:
    """The key as a DID that holds it: did:key, multicodec ed25519-pub, base58btc."""
    number = int.from_bytes(b"\xed\x01" + key.public_bytes_raw())
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return f"did:key:z{digits}"


def _by_any(keys: PublicKeys, read: Callable[[Ed25519PublicKey], Read]) -> Read:
    """What `read` makes of the first key whose signature it is; else what the last one raises."""
    for key in keys[:-1]:
        try:
            return read(key)
        except jwt.InvalidSignatureError:
            continue
    return read(keys[-1])


def _octets(raw: bytes) -> str:
    return base64url_encode(raw).decode()


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_JWS = jwt.PyJWS()
