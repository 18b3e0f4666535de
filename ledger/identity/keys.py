"""With which keys is a person's data sealed, and how is a key destroyed?

Every value is sealed under the person's own data key (AES-256-GCM, a nonce per value, the volunteer
id and the field as associated data, so that no value can be moved). The data key is sealed under a
master key, which stays outside of the database, in a file that is readable by its owner alone.
Whoever has only the database has nothing; whoever destroys a sealed data key has destroyed the
person's data in it. New master keys are put first in the file; the others open what is older.
"""

import base64
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import LedgerError

NONCE = 12
"""Bytes."""

_HEAD = "# Master keys of the identity vault, the newest first. Lost keys are lost data."


class Sealed(NamedTuple):
    """A key sealed under the master key that `key_id` names."""

    key_id: str
    content: bytes


def new_key() -> bytes:
    """A random key of 256 bits."""
    return AESGCM.generate_key(256)


def seal(key: bytes, value: bytes, whose: str, what: str) -> bytes:
    """The nonce and the ciphertext; it opens only as `what` of the same volunteer."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, value, _bound(whose, what))


def unseal(key: bytes, sealed: bytes, whose: str, what: str) -> bytes:
    """What was sealed. Raises LedgerError if it was changed or moved."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], _bound(whose, what))
    except InvalidTag:
        raise LedgerError(f"{what} of {whose} does not open: the vault was tampered with") from None


class MasterKeys:
    """The master keys in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._keys: dict[str, bytes] = {}

    def make(self) -> None:
        """Make a first key, unless there is a file."""
        if self.file.exists():
            self.load()
            return
        key = new_key()
        try:
            handle = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:  # another process was faster
            self.load()
            return
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None
        with os.fdopen(handle, "w") as stream:
            stream.write(_text([key]))
        self.load()

    def load(self) -> None:
        """Read the file anew. Raises LedgerError if it holds no keys."""
        try:
            lines = self.file.read_text(encoding="ascii").split("\n")
        except FileNotFoundError:
            raise LedgerError(
                f"there is no master key {self.file}: without it the vault stays closed. "
                "Bring it back, or name another with VLEDGER_VAULT_KEY"
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise self._unusable(str(error)) from None
        keys = []
        with suppress(ValueError):
            keys = [
                base64.b64decode(line, validate=True)
                for line in lines
                if line and not line.startswith("#")
            ]
        if not keys or any(len(key) != 32 for key in keys):
            raise self._unusable("it holds no keys of 256 bits in base64")
        self._keys = {_id(key): key for key in keys}

    @property
    def newest(self) -> str:
        return next(iter(self._keys))

    def seal(self, key: bytes, whose: str, what: str) -> Sealed:
        """Seal a key under the newest master key."""
        return Sealed(self.newest, seal(self._keys[self.newest], key, whose, what))

    def unseal(self, sealed: Sealed, whose: str, what: str) -> bytes:
        """Raises LedgerError if the master key is not there any more."""
        if sealed.key_id not in self._keys:
            self.load()
        if sealed.key_id not in self._keys:
            raise self._unusable(f"it has not the master key {sealed.key_id}, which sealed {whose}")
        return unseal(self._keys[sealed.key_id], sealed.content, whose, what)

    def add(self) -> None:
        """Put a new key first; the others stay until `forget`."""
        self._write([new_key(), *self._keys.values()])

    def forget(self) -> None:
        """Leave only the newest key. What is sealed under others is lost for ever."""
        self._write([self._keys[self.newest]])

    def _write(self, keys: list[bytes]) -> None:
        """All of it or nothing, on the disk before this returns."""
        folder = self.file.absolute().parent
        handle, name = tempfile.mkstemp(prefix=f".{self.file.name}.", dir=folder)
        with os.fdopen(handle, "w") as stream:  # mkstemp: readable by its owner alone
            stream.write(_text(keys))
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).replace(self.file)
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
        self.load()

    def _unusable(self, why: str) -> LedgerError:
        return LedgerError(f"can't use the master key {self.file} (VLEDGER_VAULT_KEY): {why}")


def _bound(whose: str, what: str) -> bytes:
    return f"{whose}\0{what}".encode()


def _id(key: bytes) -> str:
    return hashlib.sha256(b"vledger master key\0" + key).hexdigest()[:12]


def _text(keys: list[bytes]) -> str:
    return "\n".join([_HEAD, *(base64.b64encode(key).decode() for key in keys)]) + "\n"
