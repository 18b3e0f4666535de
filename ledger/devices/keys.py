"""How does a device sign an event? Pure, and all that a kiosk's own program needs of this package.

A signed event says by which key (`devicekey`, RFC 7638 thumbprint) and carries an Ed25519
`signature` (base64url) over its canonical JSON (RFC 8785) without that one attribute. It stays a
plain CloudEvent: it can be read without unpacking, and whoever writes the same JSON in another way
(a connector, a database) does not break it, as it would a signature over octets.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import orjson
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.utils import base64url_decode, base64url_encode

from ledger.errors import LedgerError

PrivateKey = Ed25519PrivateKey

KEY, SIGNATURE = "devicekey", "signature"
"""The attributes of a signed event."""


def sign(event: dict[str, Any], key: PrivateKey) -> bytes:
    """The event as JSON, signed. Raises LedgerError if it has a value that JSON has not."""
    unsigned = {name: value for name, value in event.items() if name != SIGNATURE}
    unsigned[KEY] = key_id(public_text(key.public_key()))
    try:
        signature = key.sign(rfc8785.dumps(unsigned))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError, RecursionError) as error:
        raise LedgerError(f"this event can't be signed: {error}") from None
    return orjson.dumps({**unsigned, SIGNATURE: base64url_encode(signature).decode()})


def is_signed_by(content: bytes, public: str) -> bool:
    """The JSON object in `content` was signed by the key, and not changed since.

    Not if two readers could take it in two ways: with the same name twice, a whole number that a
    float can't hold, or a signature with bits that nobody reads.
    """
    try:
        event = json.loads(content, object_pairs_hook=_once, parse_constant=_no_number)
        written = event.pop(SIGNATURE)
        signature = base64url_decode(written)
        if base64url_encode(signature).decode() != written:
            return False
        _public_key(public).verify(signature, rfc8785.dumps(event))
    except (InvalidSignature, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return False  # what has no canonical form is a ValueError, too
    return True


def said(event: Mapping[str, Any]) -> dict[str, Any]:
    """What an event says, whoever signed it."""
    return {name: value for name, value in event.items() if name not in (KEY, SIGNATURE)}


@lru_cache(65_536)
def _public_key(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64url_decode(public))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same name twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


def make_key(file: Path) -> PrivateKey:
    """A new key in a new file that only its owner may read. Raises LedgerError."""
    key = Ed25519PrivateKey.generate()
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise LedgerError(f"can't make the key {file}: {error.strerror}") from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(text)
    return key


def read_key(pem: bytes) -> PrivateKey:
    """The private key of a device. Raises LedgerError if it is none."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise LedgerError("that is no private key in PEM") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError("that is no Ed25519 key")
    return key


def read_public_key(pem: str) -> str:
    """The public key of a device in PEM, as it is kept. Raises LedgerError if it is none."""
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except ValueError:
        raise LedgerError("that is no public key in PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise LedgerError("that is no Ed25519 key")
    return public_text(key)


def public_text(key: Ed25519PublicKey) -> str:
    """The key's octets in base64url, as in a JWK's `x`."""
    return base64url_encode(key.public_bytes_raw()).decode()


def key_id(public: str) -> str:
    """The key's name: the thumbprint of its JWK (RFC 7638), SHA-256 in base64url."""
    jwk = orjson.dumps({"crv": "Ed25519", "kty": "OKP", "x": public})
    return base64url_encode(hashlib.sha256(jwk).digest()).decode()
