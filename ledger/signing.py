"""With which key does the ledger sign, and what is in an allowance that an offline till can check?

One Ed25519 key per ledger, in a file that is readable by its owner alone (VLEDGER_KEY). Signing
says nothing new: what is signed is in the ledger.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import jwt
import orjson
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.utils import base64url_decode, base64url_encode

from ledger.clock import SECOND
from ledger.entries import RedemptionDecision
from ledger.errors import LedgerError

ALGORITHM = "EdDSA"
AUDIENCE = "offline-till"
AUDITORS = "ledger-audit"


class Signer:
    """Signs with a ledger's key."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @property
    def public(self) -> Ed25519PublicKey:
        return self._key.public_key()

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

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, str]) -> str:
        """A JWT of any claims, as short as it can be: UTF-8 and no spaces, for QR codes."""
        return _JWS.encode(orjson.dumps(claims), self._key, ALGORITHM, dict(header))


def read_signed(token: str, key: Ed25519PublicKey) -> tuple[dict[str, Any], dict[str, Any]]:
    """The header and the claims of a JWT. Raises LedgerError unless `key` signed it as it is."""
    try:
        found = _JWS.decode_complete(token.strip(), key, [ALGORITHM])
        claims = orjson.loads(found["payload"])
    except (jwt.InvalidTokenError, orjson.JSONDecodeError) as error:
        raise LedgerError(f"this was not signed by that key, or was changed: {error}") from None
    if not isinstance(claims, dict):
        raise LedgerError("this was signed by the ledger, but says nothing")
    return found["header"], claims


def did_key(key: Ed25519PublicKey) -> str:
    """The key as a DID that holds it: did:key, multicodec ed25519-pub, base58btc."""
    number = int.from_bytes(b"\xed\x01" + key.public_bytes_raw())
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return f"did:key:z{digits}"


_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_JWS = jwt.PyJWS()


def signer(file: Path) -> Signer:
    """The signer of the key in `file`, which is made where there is none."""
    try:
        try:
            return Signer(_read(file))
        except FileNotFoundError:
            try:
                return Signer(_make(file))
            except FileExistsError:  # another worker was faster
                return Signer(_read(file))
    except OSError as error:
        raise LedgerError(f"can't use the key {file}: {error.strerror}") from None


def known_key(file: Path) -> Ed25519PublicKey | None:
    """The public key of the private one in `file`; None if there is no such file."""
    return signer(file).public if file.exists() else None


def public_pem(key: Ed25519PublicKey) -> str:
    """The public key as text, for tills."""
    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def public_key(pem: str) -> Ed25519PublicKey:
    """The public key in a text. Raises LedgerError if it is none."""
    key: object = None
    with suppress(ValueError):
        key = serialization.load_pem_public_key(pem.encode())
    if not isinstance(key, Ed25519PublicKey):
        raise LedgerError("that is no public key of a ledger: `vledger till key` prints it")
    return key


def read_allowance(token: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """What an offline till may do, as it finds it by itself.

    Raises LedgerError for a token that is not of this ledger, was changed, or is over.
    """
    try:
        return jwt.decode(token, key, [ALGORITHM], audience=AUDIENCE)
    except jwt.ExpiredSignatureError:
        raise LedgerError("this allowance is over: go online for a new one") from None
    except jwt.InvalidTokenError as error:
        raise LedgerError(f"this is no allowance of this ledger: {error}") from None


def read_checkpoint(token: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """What a checkpoint says. Raises LedgerError if it is not of this ledger or was changed."""
    try:
        claims = jwt.decode(token, key, [ALGORITHM], audience=AUDITORS)
    except jwt.InvalidTokenError as error:
        raise LedgerError(f"this is no checkpoint signed with that key: {error}") from None
    signature = token.rpartition(".")[2]
    if base64url_encode(base64url_decode(signature)).decode() != signature:  # spare bits are set
        raise LedgerError("this is no checkpoint as it was signed: its last letter was changed")
    return claims


def _read(file: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(file.read_bytes(), None)
    except (ValueError, TypeError):
        raise LedgerError(f"{file} holds no key in PEM: give another with VLEDGER_KEY") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{file} holds no Ed25519 key: give another with VLEDGER_KEY")
    return key


def _make(file: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(text)
    return key
