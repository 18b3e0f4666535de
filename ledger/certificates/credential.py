"""How does a certificate travel as a verifiable credential, and how is its revocation published?

W3C Verifiable Credentials 2.0 as an Open Badges 3.0 OpenBadgeCredential, secured as a JWT
(vc+jwt, VC-JOSE-COSE), with a Bitstring Status List. No personal data in it but the masked name and
salted hashes of the name and the document (as Open Badges hashes identities).
"""

import gzip
from base64 import urlsafe_b64decode
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from ledger.certificates.content import (
    Content,
    Holder,
    content_text,
    digest_of,
    encoded,
    hours,
    name_hash,
)
from ledger.clock import SECOND, to_micros
from ledger.errors import LedgerError
from ledger.signing import PublicKeys, Signer, did_key, read_signed

VC = "https://www.w3.org/ns/credentials/v2"
OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
MEDIA_TYPE = "data:application/vc+jwt,"

MIN_BITS = 131_072
"""A status list is at least so long: fetching it does not tell whose place is looked up."""


def credential(
    content: Content, holder: Holder, index: int, list_url: str, keys: PublicKeys
) -> dict[str, Any]:
    """The credential, unsigned; `index` is its place in the status list at `list_url`."""
    did = did_key(keys[0])
    ident = _urn(did, content.number)
    status = list_url or status_list_id(keys)
    text = content_text(content, holder)
    told = hours(content.seconds)
    return {
        "@context": [VC, OPEN_BADGES],
        "id": ident,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": f"志愿服务记录证明 {content.number}",
        "description": f"{holder.masked_name} {content.since}–{content.until} 志愿服务 {told}",
        "issuer": {"id": did, "type": ["Profile"], "name": content.issuer},
        "validFrom": f"{content.issued}T00:00:00+08:00",
        "awardedDate": f"{content.issued}T00:00:00+08:00",
        "credentialSubject": {
            "type": ["AchievementSubject"],
            "identifier": [
                _identity("name", name_hash(holder.name, holder.salt), holder.salt),
                _identity(
                    "nationalIdentityNumber",
                    name_hash(holder.document_number, holder.salt),
                    holder.salt,
                ),
                {
                    "type": "IdentityObject",
                    "hashed": False,
                    "identityHash": holder.volunteer,
                    "identityType": "identifier",
                },
            ],
            "activityStartDate": f"{content.since}T00:00:00+08:00",
            "activityEndDate": f"{content.until}T23:59:59+08:00",
            "licenseNumber": content.number,
            "narrative": told,
            "achievement": {
                "id": _urn(did, "achievement"),
                "type": ["Achievement"],
                "achievementType": "CommunityService",
                "name": "志愿服务记录证明",
                "description": "Hours of voluntary service, as the ledger has counted them",
                "criteria": {"narrative": "民政部《志愿服务记录与证明出具办法(试行)》"},
                "resultDescription": [
                    {
                        "id": _urn(did, "seconds"),
                        "type": ["ResultDescription"],
                        "name": "服务时间(秒) service time in seconds",
                        "resultType": "RawScore",
                    }
                ],
            },
            "result": [
                {
                    "type": ["Result"],
                    "resultDescription": _urn(did, "seconds"),
                    "value": str(content.seconds),
                }
            ],
        },
        "evidence": [
            {
                "id": f"urn:sha256:{digest_of(text)}",
                "type": ["Evidence"],
                "name": "证明内容 the whole content, the holder as a hash",
                "narrative": text,
            }
        ],
        "credentialStatus": {
            "id": f"{status}#{index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(index),
            "statusListCredential": status,
        },
    }


def enveloped(unsigned: dict[str, Any], signer: Signer) -> dict[str, Any]:
    """The credential secured as a JWT, in the JSON that carries it (EnvelopedVerifiableCredential).

    Beside its members the JWT has the claims that Open Badges asks for: iss, jti, nbf.
    """
    did = did_key(signer.keys[0])
    valid_from = to_micros(datetime.fromisoformat(unsigned["validFrom"])) // SECOND
    said = {**unsigned, "iss": did, "jti": unsigned["id"], "nbf": valid_from}
    header = {"typ": "vc+jwt", "cty": "vc", "kid": f"{did}#{did.removeprefix('did:key:')}"}
    return {
        "@context": VC,
        "id": MEDIA_TYPE + signer.sign(said, header),
        "type": "EnvelopedVerifiableCredential",
    }


def read_credential(text: str, keys: PublicKeys) -> dict[str, Any]:
    """The credential in a file or a bare JWT. Raises LedgerError unless this ledger signed it."""
    secured = text.strip()
    if secured.startswith("{"):
        try:
            secured = str(orjson.loads(secured)["id"])
        except (orjson.JSONDecodeError, KeyError):
            raise LedgerError("that file holds no enveloped credential") from None
    header, claims, key = read_signed(secured.removeprefix(MEDIA_TYPE), keys)
    did = did_key(key)
    if header.get("typ") != "vc+jwt" or header.get("kid") != f"{did}#{did[len('did:key:') :]}":
        raise LedgerError("this was signed by the ledger, but it is no credential")
    return claims


def certified(found: dict[str, Any]) -> dict[str, Any]:
    """What a credential certifies, in the words of the QR code. Raises LedgerError if it is none.

    The content inside it has to give the digest that it names.
    """
    try:
        [evidence] = found["evidence"]
        text = evidence["narrative"]
        content = orjson.loads(text)
        subject = found["credentialSubject"]
        salt = subject["identifier"][0]["salt"]
    except (KeyError, ValueError, TypeError, IndexError):
        raise LedgerError("this credential of the ledger is no certificate") from None
    digest = digest_of(text)
    if evidence["id"] != f"urn:sha256:{digest}" or subject["licenseNumber"] != content["number"]:
        raise LedgerError("the credential's content is not the one that its digest names")
    names = ("number", "volunteer", "seconds", "since", "until", "issued", "issuer", "holder")
    return {name: content[name] for name in names} | {"digest": digest, "salt": salt}


# The status list ---------------------------------------------------------------------------------


def status_list_id(keys: PublicKeys) -> str:
    """The name of a ledger's status list, where no address is set at which it is published.

    It is that of the oldest key, so that a new one does not give it another name.
    """
    return _urn(did_key(keys[-1]), "status-list")


def status_list(
    revoked: Iterable[int], issued: str, list_url: str, keys: PublicKeys
) -> dict[str, Any]:
    """The Bitstring Status List credential, unsigned; `issued` is an RFC 3339 time."""
    places = sorted(revoked)
    bits = bytearray(max(MIN_BITS, -(-(places[-1] + 1) // 8) * 8 if places else 0) // 8)
    for place in places:
        bits[place // 8] |= 0x80 >> place % 8  # the first bit is the leftmost
    ident = list_url or status_list_id(keys)
    return {
        "@context": [VC],
        "id": ident,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did_key(keys[0]),
        "validFrom": issued,
        "credentialSubject": {
            "id": f"{ident}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": "u" + encoded(gzip.compress(bytes(bits), mtime=0)),
        },
    }


def is_revoked(found: dict[str, Any], listed: dict[str, Any]) -> bool:
    """Does a status list say that a credential is revoked? Raises LedgerError if it can't know."""
    try:
        status, packed = found["credentialStatus"], listed["credentialSubject"]["encodedList"]
        if status["statusListCredential"] != listed["id"]:
            raise LedgerError("that status list is not the one that the credential names")
        packed = packed.removeprefix("u")
        bits = gzip.decompress(urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
        index = int(status["statusListIndex"])
    except (KeyError, TypeError):
        raise LedgerError("the ledger signed that, but it is no list of what was revoked") from None
    if index >= len(bits) * 8:
        raise LedgerError("that status list is older than the credential")
    return bool(bits[index // 8] & 0x80 >> index % 8)


def _identity(kind: str, digest: str, salt: str) -> dict[str, Any]:
    return {
        "type": "IdentityObject",
        "hashed": True,
        "identityHash": f"sha256${digest}",
        "identityType": kind,
        "salt": salt,
    }


def _urn(did: str, name: str) -> str:
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{did}/{name}')}"
