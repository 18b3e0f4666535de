"""How does a person log in and stay so? OAuth 2 by authlib; tokens in a file that is theirs alone.

By default with a code that is typed in on any device (RFC 8628): it works over ssh, too. With
`browser`, by the browser of this computer (RFC 8252: a loopback redirect, with PKCE).
"""

import os
import tempfile
import time
import webbrowser
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

import orjson
import typer
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from requests import RequestException

from ledger.access.oidc import SKEW, TIMEOUT, Endpoints, Provider, TokenError, provider_of
from ledger.access.person import Person
from ledger.errors import LedgerError
from ledger.settings import Settings

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
PATIENCE = 600
"""Seconds in which somebody has to have logged in."""

CALLBACK = "/callback"

Tell = Callable[[str], None]
"""Shows a line to the person."""


def logged_in(settings: Settings) -> Person:
    """Who is logged in; a login that has run out is renewed. Raises LedgerError if nobody is."""
    provider = provider_of(settings)
    kept = _read(token_file())
    if kept is None or kept["issuer"] != provider.issuer or kept["client"] != provider.client:
        raise LedgerError("nobody is logged in: run `vledger login` first")
    token = kept["token"]
    if token.get("refresh_token") and token.get("expires_at", 0) < time.time() + SKEW:
        token = _renewed(provider, token)
    try:
        return provider.person(token["access_token"])
    except TokenError as error:
        raise TokenError(f"{error}. Run `vledger login` again") from None


def log_in(settings: Settings, tell: Tell, *, browser: bool) -> Person:
    """Let somebody log in, and keep their tokens. Raises LedgerError if they don't."""
    provider = provider_of(settings)
    try:
        token = _by_browser(provider, tell) if browser else _by_code(provider, tell)
    except (AuthlibBaseError, RequestException) as error:
        raise LedgerError(f"the login failed: {error}") from None
    person = provider.person(token["access_token"])
    _keep(provider, token)
    return person


def log_out(settings: Settings) -> None:
    """Forget the tokens, here and at the provider. Safe to repeat."""
    file = token_file()
    kept = _read(file)
    file.unlink(missing_ok=True)
    if kept is None or not settings.oidc_issuer or kept["issuer"] != settings.oidc_issuer:
        return
    provider = provider_of(settings)
    refresh = kept["token"].get("refresh_token")
    if refresh and provider.endpoints.revocation:
        try:
            _session(provider).revoke_token(
                provider.endpoints.revocation, refresh, "refresh_token", timeout=TIMEOUT
            )
        except (AuthlibBaseError, RequestException) as error:
            raise LedgerError(
                f"the tokens are forgotten here, but the provider was not told: {error}"
            ) from None


def token_file() -> Path:
    """Where tokens are kept: in the person's own folder for settings."""
    return Path(typer.get_app_dir("vledger")) / "login.json"


# The two ways ------------------------------------------------------------------------------------


def _by_code(provider: Provider, tell: Tell) -> dict[str, Any]:
    ends = _asked(provider, "device", "--browser")
    session, verifier = _session(provider), token_urlsafe(48)
    answer = session.post(
        ends.device,
        data={
            "client_id": provider.client,
            "scope": provider.scope,
            **_consent(provider),
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        },
        withhold_token=True,
        timeout=TIMEOUT,
    )
    said = answer.json()
    if not answer.ok:
        raise LedgerError(f"the login failed: {said.get('error_description') or said}")
    tell(f"Open {said.get('verification_uri_complete') or said['verification_uri']}")
    tell(f"and confirm the code {said['user_code']}. Waiting …")
    pause = float(said.get("interval", 5))
    until = time.monotonic() + min(PATIENCE, said.get("expires_in", PATIENCE))
    while time.monotonic() < until:
        time.sleep(pause)
        try:
            token: dict[str, Any] = session.fetch_token(
                ends.token,
                grant_type=DEVICE_GRANT,
                device_code=said["device_code"],
                code_verifier=verifier,
                timeout=TIMEOUT,
            )
        except AuthlibBaseError as error:
            if error.error == "slow_down":
                pause += 5
            elif error.error != "authorization_pending":
                raise
            continue
        provider.check_id_token(token["id_token"], None)
        return token
    raise LedgerError("nobody confirmed the code in time: run `vledger login` again")


def _by_browser(provider: Provider, tell: Tell) -> dict[str, Any]:
    with _Loopback(("127.0.0.1", 0), _Answer) as listening:
        begun = begin(provider, f"http://127.0.0.1:{listening.server_port}{CALLBACK}")
        tell(f"Opening {begun.url}")
        webbrowser.open(begun.url)
        came = listening.wait()
    return _finished(provider, begun, urlsplit(came).query)


class Begun(NamedTuple):
    """A login in a browser: where it is sent, and what its answer is held against."""

    url: str
    redirect: str
    state: str
    verifier: str
    nonce: str


def begin(provider: Provider, redirect: str) -> Begun:
    """Send a browser to the provider, which sends it back to `redirect` (with PKCE).

    Raises LedgerError if the provider is away or has no such way.
    """
    ends = _asked(provider, "authorization", "no --browser")
    session, verifier, nonce = _session(provider), token_urlsafe(48), token_urlsafe(24)
    session.redirect_uri = redirect
    url, state = session.create_authorization_url(
        ends.authorization, code_verifier=verifier, nonce=nonce, **_consent(provider)
    )
    return Begun(url, redirect, state, verifier, nonce)


def finish(provider: Provider, begun: Begun, query: str) -> Person:
    """Who has logged in, by the query that the browser came back with. Raises LedgerError."""
    try:
        token = _finished(provider, begun, query)
    except (AuthlibBaseError, RequestException) as error:
        raise LedgerError(f"the login failed: {error}") from None
    return provider.person(token["access_token"])


def _finished(provider: Provider, begun: Begun, query: str) -> dict[str, Any]:
    if parse_qs(query).get("iss", [provider.issuer]) != [provider.issuer]:  # RFC 9207
        raise LedgerError("the login failed: another identity provider answered")
    session = _session(provider)
    session.redirect_uri = begun.redirect
    token: dict[str, Any] = session.fetch_token(
        provider.endpoints.token,
        authorization_response=f"{begun.redirect}?{query}",
        state=begun.state,
        code_verifier=begun.verifier,
        timeout=TIMEOUT,
    )
    provider.check_id_token(token["id_token"], begun.nonce)
    return token


class _Loopback(HTTPServer):
    """Takes in the one answer of the browser."""

    came = ""

    def wait(self) -> str:
        until = time.monotonic() + PATIENCE
        while not self.came:
            self.timeout = until - time.monotonic()
            if self.timeout <= 0:
                raise LedgerError("nobody logged in in time: run `vledger login` again")
            self.handle_request()
        return self.came


class _Answer(BaseHTTPRequestHandler):
    server: _Loopback
    timeout: ClassVar[int] = TIMEOUT
    page: ClassVar[bytes] = "登录已完成，可以关闭本页。 You may close this page.".encode()

    def do_GET(self) -> None:
        is_answer = urlsplit(self.path).path == CALLBACK
        if is_answer:
            self.server.came = self.path
        self.send_response(200 if is_answer else 404)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.end_headers()
        if is_answer:
            self.wfile.write(self.page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Nothing: the address holds a code."""


# Tokens ------------------------------------------------------------------------------------------


def _consent(provider: Provider) -> dict[str, str]:
    """A login that can be renewed has to be agreed to (OpenID Connect Core, 11)."""
    return {"prompt": "consent"} if "offline_access" in provider.scope.split() else {}


def _session(provider: Provider) -> Any:
    return OAuth2Session(
        provider.client,
        scope=provider.scope,
        token_endpoint_auth_method="none",
        code_challenge_method="S256",
    )


def _asked(provider: Provider, endpoint: str, otherwise: str) -> Endpoints:
    ends = provider.endpoints
    if not getattr(ends, endpoint) or not ends.token:
        raise LedgerError(f"{provider.issuer} does not offer this way: try with {otherwise}")
    return ends


def _renewed(provider: Provider, token: dict[str, Any]) -> dict[str, Any]:
    try:
        fresh: dict[str, Any] = _session(provider).refresh_token(
            provider.endpoints.token, token["refresh_token"], timeout=TIMEOUT
        )
    except AuthlibBaseError:
        raise LedgerError("your login has run out: run `vledger login` again") from None
    except RequestException as error:
        raise LedgerError(f"can't reach the identity provider: {error}") from None
    merged = {**token, **fresh}
    _keep(provider, merged)
    return merged


def _read(file: Path) -> dict[str, Any] | None:
    try:
        said = orjson.loads(file.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, orjson.JSONDecodeError) as error:
        raise LedgerError(f"can't read {file}: {error}. `vledger logout` removes it") from None
    if not isinstance(said, dict) or not {"issuer", "client", "token"} <= said.keys():
        return None
    return said


def _keep(provider: Provider, token: dict[str, Any]) -> None:
    """Write the tokens, readable by their owner alone; all or nothing."""
    file = token_file()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = ("access_token", "refresh_token", "expires_at")
    said = {
        "issuer": provider.issuer,
        "client": provider.client,
        "token": {name: token[name] for name in names if name in token},
    }
    handle, name = tempfile.mkstemp(prefix=".login.", dir=file.parent)  # mode 0600
    with os.fdopen(handle, "wb") as stream:
        stream.write(orjson.dumps(said))
    Path(name).replace(file)
