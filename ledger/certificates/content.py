"""What stands on a certificate, and what is its digest? Pure.

The digest covers everything on the paper. The holder stands in it as a salted hash, so that what is
signed and what the ledger keeps show nothing personal, and yet whoever has the paper, or the person
before them, can check that it is the one.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import orjson

from ledger.certificates.facts import Service
from ledger.errors import LedgerError
from ledger.identity import Person
from ledger.identity.numbers import masked


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate is about (志愿者身份信息); `salt` is random for each certificate."""

    volunteer: str
    name: str
    document_type: str
    document_number: str
    salt: str

    @classmethod
    def of(cls, volunteer: str, person: Person, salt: str) -> "Holder":
        """Raises LedgerError without a document, whose type and number have to be on the paper."""
        if not person.document_number:
            raise LedgerError(
                f"no document of {volunteer} is known, and a certificate has to name it: "
                "`vledger identity correct --document` adds it"
            )
        return cls(volunteer, person.name, person.document_type, person.document_number, salt)

    @property
    def masked_name(self) -> str:
        return masked("name", self.name)


@dataclass(frozen=True, slots=True)
class Content:
    """All that is said beside the holder; days are YYYY-MM-DD. `service` is 服务内容."""

    number: str
    issued: str
    since: str
    until: str
    seconds: int
    service: tuple[Service, ...]
    level: str
    issuer: str
    head: str
    handler: str
    contact: str
    remarks: str


def name_hash(name: str, salt: str) -> str:
    """SHA-256 in hexadecimal of the name and the salt, as Open Badges hashes identities."""
    return hashlib.sha256(f"{name}{salt}".encode()).hexdigest()


def holder_hash(name: str, document_number: str, salt: str) -> str:
    """What shows whether somebody is the holder (base64url)."""
    said = "\0".join((name, document_number.upper(), salt))
    return encoded(hashlib.sha256(said.encode()).digest())


def content_text(content: Content, holder: Holder) -> str:
    """The whole content in its one form (JSON, sorted keys), the holder as a hash."""
    said: dict[str, Any] = asdict(content)
    said["service"] = [
        [one.activity, one.place, one.first, one.last, one.times, one.seconds]
        for one in content.service
    ]
    said["volunteer"] = holder.volunteer
    said["holder"] = holder_hash(holder.name, holder.document_number, holder.salt)
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def digest_of(text: str) -> str:
    """The digest of a content's text (SHA-256, base64url)."""
    return encoded(hashlib.sha256(text.encode()).digest())


def encoded(value: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(value).decode().rstrip("=")


def hours(seconds: int) -> str:
    """Seconds as a certificate says them, exactly: 12小时30分."""
    whole, rest = divmod(abs(seconds), 3600)
    minutes, left = divmod(rest, 60)
    told = f"{whole}小时" + (f"{minutes}分" if rest else "") + (f"{left}秒" if left else "")
    return told if seconds >= 0 else f"-{told}"


def is_holder(claims: Mapping[str, Any], name: str, document_number: str) -> bool:
    """Is this person the one that the signed claims are about?"""
    number = document_number.replace(" ", "")
    return holder_hash(name.strip(), number, claims["salt"]) == str(claims["holder"])
