"""What does the QR code say, and does a scanned one hold? Checked offline, by the public key."""

from typing import Any

from ledger.certificates.content import Content, Holder, content_text, digest_of, holder_hash
from ledger.errors import LedgerError
from ledger.signing import PublicKeys, Signer, read_signed

AUDIENCE = "certificate"


def token(content: Content, holder: Holder, signer: Signer) -> str:
    """A compact JWT (EdDSA): what is certified, the name masked, and the digest of the content."""
    return signer.sign(
        {
            "aud": AUDIENCE,
            "number": content.number,
            "volunteer": holder.volunteer,
            "name": holder.masked_name,
            "seconds": content.seconds,
            "since": content.since,
            "until": content.until,
            "issued": content.issued,
            "issuer": content.issuer,
            "digest": digest_of(content_text(content, holder)),
            "holder": holder_hash(holder.name, holder.document_number, holder.salt),
            "salt": holder.salt,
        },
        {"typ": "JWT"},
    )


def read_token(text: str, keys: PublicKeys) -> dict[str, Any]:
    """The claims of a scanned code. Raises LedgerError unless this ledger signed it as it is."""
    _, claims, _ = read_signed(text, keys)
    if claims.get("aud") != AUDIENCE:
        raise LedgerError("this was signed by the ledger, but it is no certificate")
    return claims
