"""Whom does a token of OpenID Connect vouch for, and is it genuine, current and meant for us?"""

import ipaddress
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import jwt

from ledger.access.person import Person
from ledger.access.rights import Who
from ledger.errors import LedgerError, UnreachableError
from ledger.settings import Settings

ALGORITHMS = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
"""How a token may be signed: by a key pair. Never "none", nor by a secret that is shared (HS…)."""

SKEW = 30
"""Seconds that two computers' clocks may be apart."""

KEYS_KEPT = 600
"""Seconds after which the provider's keys are fetched anew."""

REFETCH = 30
"""Seconds at least between two fetches for a key that isn't known: forged tokens cost no more."""

TIMEOUT = 10
"""Seconds to wait for the provider."""

_UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f<>#]+")


class TokenError(LedgerError):
    """The token vouches for nobody; the message says why."""


class Endpoints(NamedTuple):
    """Where the provider is asked what, by its own word (OpenID Connect Discovery)."""

    keys: str
    authorization: str
    token: str
    device: str
    revocation: str


class Provider:
    """An identity provider, by its issuer URL. `audience` is whom access tokens are meant for."""

    def __init__(
        self, issuer: str, client: str, audience: str, scope: str = "openid profile"
    ) -> None:
        _must_be_safe(issuer, "VLEDGER_OIDC_ISSUER")
        if audience == client:
            raise LedgerError(
                "VLEDGER_OIDC_AUDIENCE is the client's name: tokens that only tell the client who "
                "logged in would pass for rights. Give the ledger an audience of its own"
            )
        self.issuer = issuer
        self.client = client
        self.scope = scope
        self._audience = audience

    @cached_property
    def endpoints(self) -> Endpoints:
        """Raises LedgerError if the provider can't be reached, or is another one."""
        said = _fetched(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != self.issuer:
            raise LedgerError(
                f"VLEDGER_OIDC_ISSUER is {self.issuer}, but there it says {said.get('issuer')!r}"
            )
        names = (
            "jwks_uri",
            "authorization_endpoint",
            "token_endpoint",
            "device_authorization_endpoint",
            "revocation_endpoint",
        )
        found = [str(said.get(name) or "") for name in names]
        for url in filter(None, found):
            _must_be_safe(url, self.issuer)
        return Endpoints(*found)

    def person(self, access_token: str) -> Person:
        """Whom an access token vouches for. Raises TokenError."""
        claims = self._claims(access_token, self._audience)
        subject = claims["sub"]
        name = claims.get("name") or claims.get("preferred_username") or subject
        shown = _UNPRINTABLE.sub(" ", str(name)).strip()
        return Person(Who(self.issuer, subject), shown or subject)

    def check_id_token(self, id_token: str, nonce: str | None) -> str:
        """The subject of a login's ID token. Raises TokenError, also if it is another login's."""
        claims = self._claims(id_token, self.client)
        if nonce is not None and claims.get("nonce") != nonce:
            raise TokenError("the identity provider answered another login than this one")
        return str(claims["sub"])

    @cached_property
    def _keys(self) -> jwt.PyJWKClient:
        return jwt.PyJWKClient(
            self.endpoints.keys, lifespan=KEYS_KEPT, timeout=TIMEOUT, cooldown_duration=REFETCH
        )

    def _claims(self, token: str, audience: str) -> dict[str, Any]:
        try:
            algorithm = jwt.get_unverified_header(token).get("alg")
            if algorithm not in ALGORITHMS:  # before anything is fetched for it
                raise jwt.InvalidAlgorithmError(f"signed by {algorithm}, which is not accepted")
            return jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=ALGORITHMS,
                audience=audience,
                issuer=self.issuer,
                leeway=SKEW,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.PyJWKClientConnectionError as error:
            raise UnreachableError(f"can't reach the identity provider: {error}") from None
        except jwt.PyJWTError as error:
            raise TokenError(f"the identity provider's token does not hold: {error}") from None


def provider_of(settings: Settings) -> Provider:
    """The provider that is set. Raises LedgerError if none is."""
    if not settings.oidc_issuer:
        raise LedgerError("VLEDGER_OIDC_ISSUER is not set: there is nowhere to log in")
    return Provider(
        settings.oidc_issuer, settings.oidc_client, settings.oidc_audience, settings.oidc_scope
    )


def _fetched(url: str) -> Mapping[str, Any]:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            said = json.load(answer)
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise UnreachableError(f"can't reach the identity provider at {url}: {error}") from None
    if not isinstance(said, dict):
        raise LedgerError(f"{url} is no identity provider")
    return said


def _must_be_safe(url: str, where: str) -> None:
    """Raises LedgerError unless it is https, or this very computer."""
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
        return
    raise LedgerError(f"{where}: {url!r} is no https address; somebody on the way could log in")


def is_loopback(host: str) -> bool:
    """It is this very computer."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
