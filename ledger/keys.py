"""Where are the ledger's keys, how is one replaced, and which are trusted?

One Ed25519 key per ledger signs, in a file that is readable by its owner alone (VLEDGER_KEY). The
file holds the private key and after it the public keys that went before, the newest first; so does
a file of trusted public keys. What an earlier key signed is good as long as that key is in there.
"""

import operator
import os
import re
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from ledger.errors import LedgerError
from ledger.signing import PublicKeys, Signer

_filled = Retrying(
    retry=retry_if_result(operator.not_),
    stop=stop_after_delay(2),
    wait=wait_fixed(0.05),
    retry_error_callback=lambda _: b"",
)
"""Reads again what is empty: another worker, that is making the key, writes it the next moment."""

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.*?-----END \1-----", re.S)


def signer(file: Path) -> Signer:
    """The signer of the key in `file`, which is made where there is none."""
    try:
        try:
            return _read(file)
        except FileNotFoundError:
            try:
                return _make(file)
            except FileExistsError:  # another worker was faster
                return _read(file)
    except OSError as error:
        raise LedgerError(f"can't use the key {file}: {error.strerror}") from None


def known_keys(file: Path) -> PublicKeys | None:
    """The public keys of the private key's file; None if there is no such file."""
    return signer(file).keys if file.exists() else None


def rotate(file: Path, now: int) -> str:
    """Put a new key in the place of the one in `file`; the handover, signed by the old one.

    The old private key is gone from the file, its public half stays trusted. `now` in µs. Who
    knows the old key learns the new one from the handover alone (`accept`). Raises LedgerError if
    there is no key yet, or the file can't be written; then nothing is changed.
    """
    if not file.exists():
        raise LedgerError(f"there is no key at {file} that could be replaced")
    old, new = signer(file), Ed25519PrivateKey.generate()
    handover = old.handover(new.public_key(), now)
    text = _private_pem(new) + public_pem(old.keys).encode()
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f"{file.name}.")  # mode 0600
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(handle)
        Path(name).replace(file)
    except OSError as error:
        raise LedgerError(f"can't write the key {file}: {error.strerror}") from None
    return handover


def public_pem(keys: PublicKeys) -> str:
    """Public keys as text, for tills, auditors and who checks certificates."""
    return "".join(
        key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()
        for key in keys
    )


def public_keys(pem: str) -> PublicKeys:
    """The public keys in a text. Raises LedgerError if there is none, or something else."""
    found: list[Ed25519PublicKey] = []
    for block in _BLOCK.finditer(pem.encode()):
        try:
            key: object = serialization.load_pem_public_key(block.group())
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            found = []
            break
        found.append(key)
    if not found:
        raise LedgerError("that is no public key of a ledger: `vledger key show` prints it")
    return tuple(found)


def _read(file: Path) -> Signer:
    content = _filled(file.read_bytes)
    blocks = [block.group() for block in _BLOCK.finditer(content)]
    try:
        key = serialization.load_pem_private_key(blocks[0], None)
    except (IndexError, ValueError, TypeError):
        raise LedgerError(f"{file} holds no key in PEM: give another with VLEDGER_KEY") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise LedgerError(f"{file} holds no Ed25519 key: give another with VLEDGER_KEY")
    earlier = public_keys(b"\n".join(blocks[1:]).decode("ascii")) if blocks[1:] else ()
    return Signer(key, earlier)


def _make(file: Path) -> Signer:
    key = Ed25519PrivateKey.generate()
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(_private_pem(key))
    return Signer(key)


def _private_pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
