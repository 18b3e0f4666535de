"""Is a person who they say, by a real identity provider, and kept to what they may do?"""

import json
import os
import re
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from ledger.access import Who, oidc
from ledger.access.oidc import Provider, TokenError
from ledger.access.person import Person
from ledger.errors import LedgerError
from tests.builders import register, visit
from tests.identity_provider import AUDIENCE, Browser, IdentityProvider
from tests.test_cli import Vledger, lines

pytestmark = pytest.mark.xdist_group("oidc")

TOWN, OTHER_TOWN = "370102001000", "370102002000"
VILLAGE = "370102001001"


class Desk(Vledger):
    """Somebody's command, with a login of their own."""

    def login(self, *options: str) -> str:
        """Log in as a person does, at the provider's pages; what the command said."""
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "ledger", "login", *options],
            cwd=self.folder,
            env={**os.environ, "BROWSER": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert process.stdout
        found = re.match(r"Open(?:ing)? (\S+)", process.stdout.readline())
        assert found
        Browser(self.who).open(found[1])
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 0, said
        return said

    @property
    def tokens(self) -> Path:
        return self.folder / "config" / "vledger" / "login.json"

    def hold(self, provider: IdentityProvider, token: str) -> None:
        """Have an access token in the place of what a login gives."""
        self.tokens.parent.mkdir(parents=True, exist_ok=True)
        said = {"issuer": provider.issuer, "client": "vledger", "token": {"access_token": token}}
        self.tokens.write_text(json.dumps(said))

    def become(self, provider: IdentityProvider, who: str) -> None:
        """Be logged in, without the pages."""
        self.hold(provider, provider.sign(sub=who, name=f"Name of {who}"))

    @contextmanager
    def as_(self, provider: IdentityProvider, who: str) -> Iterator[None]:
        """Be somebody else for a while."""
        before = self.tokens.read_bytes() if self.tokens.exists() else b""
        self.become(provider, who)
        yield
        self.tokens.write_bytes(before)

    def refused(self, *arguments: str) -> str:
        return self(*arguments, code=2).stderr.decode()

    who = "li"


@pytest.fixture
def desk(tmp_path: Path, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The ledger of a county where people log in; wang is its administrator."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("VLEDGER_PLACE", "370102000000")
    command = Desk(tmp_path)
    command("init")
    events = [
        register("merchant", "M01", name="超市", place=OTHER_TOWN),
        register("volunteer", "V1", place=VILLAGE),
        register("volunteer", "V2", place=OTHER_TOWN),
        *visit("V1", "2026-05-01", "08:00", "11:00"),
    ]
    command("ingest", "-", stdin=lines(*events))
    monkeypatch.setenv("VLEDGER_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("VLEDGER_OIDC_SCOPE", "openid profile offline_access")
    said = ("administrator", "--place", "370102000000", "--by", "owner")
    command("access", "grant", f"{provider.issuer}#wang", *said)
    return command


def given(desk: Desk, provider: IdentityProvider, role: str, place: str, who: str = "li") -> str:
    """What wang grants."""
    with desk.as_(provider, "wang"):
        [made] = desk.json("access", "grant", who, role, "--place", place)
    return str(made["grant"])


def unsigned(claims: dict[str, Any]) -> str:
    parts = (json.dumps(one).encode() for one in ({"alg": "none"}, claims))
    return ".".join(jwt.utils.base64url_encode(one).decode() for one in parts) + "."


def ours(provider: IdentityProvider) -> Provider:
    return Provider(provider.issuer, "vledger", AUDIENCE)


@pytest.mark.parametrize("options", [(), ("--browser",)])
def test_a_person_logs_in_does_what_they_may_and_logs_out(
    desk: Desk, provider: IdentityProvider, options: tuple[str, ...]
) -> None:
    given(desk, provider, "officer", TOWN)
    assert "Logged in as Name of li" in desk.login(*options)
    assert stat.S_IMODE(desk.tokens.stat().st_mode) == 0o600
    [me] = desk.json("access", "whoami")
    assert me["who"] == f"{provider.issuer}#li"
    assert [one["role"] for one in me["grants"]] == ["officer"]
    desk("register", "shop", "M02", "--name", "超市", "--place", VILLAGE)
    assert "may not do this (register)" in desk.refused(
        "register", "shop", "M03", "--name", "超市", "--place", OTHER_TOWN
    )
    assert "may not do this (pay)" in desk.refused("payout", "prepare", "2026-05")
    desk("volunteer", "V1")
    desk.refused("volunteer", "V2")
    desk("logout")
    assert "nobody is logged in" in desk.refused("volunteer", "V1")


def test_no_shop_can_be_drawn_over_to_ones_own_place(
    desk: Desk, provider: IdentityProvider
) -> None:
    given(desk, provider, "officer", TOWN)
    desk.become(provider, "li")
    drawn = desk.refused("register", "shop", "M01", "--name", "超市", "--place", VILLAGE)
    assert "may not do this (register)" in drawn


def test_by_is_who_logged_in(desk: Desk, provider: IdentityProvider) -> None:
    given(desk, provider, "treasurer", "370102000000")
    desk.become(provider, "li")
    assert "you are Name of li" in desk.refused("payout", "prepare", "2026-05", "--by", "wang")
    forgiving = ("debts", "write-off", "V1", "--reason", "x", "--approved-by", "li")
    assert "that is you" in desk.refused(*forgiving)
    desk.refused("access", "list")
    with desk.as_(provider, "wang"):
        [_, made] = desk.json("access", "list")
    assert made["by"] == f"Name of wang <{provider.issuer}#wang>"


def test_administrators_grant_below_their_place_only(
    desk: Desk, provider: IdentityProvider
) -> None:
    given(desk, provider, "administrator", TOWN)
    desk.become(provider, "li")
    desk("access", "grant", "zhao", "officer", "--place", VILLAGE)
    assert "no administrator" in desk.refused(
        "access", "grant", "zhao", "officer", "--place", OTHER_TOWN
    )
    assert "themselves" in desk.refused("access", "grant", "li", "officer", "--place", TOWN)
    assert "no administrator" in desk.refused("access", "withdraw", "G000001")


def test_a_withdrawn_grant_ends_whatever_a_token_says(
    desk: Desk, provider: IdentityProvider
) -> None:
    number = given(desk, provider, "auditor", TOWN)
    desk.become(provider, "li")
    desk("volunteer", "V1")
    with desk.as_(provider, "wang"):
        desk("access", "withdraw", number, "--reason", "left")
    assert "may not do this" in desk.refused("volunteer", "V1")


def test_a_login_is_renewed(desk: Desk, provider: IdentityProvider) -> None:
    given(desk, provider, "auditor", TOWN)
    desk.login("--browser")
    said = json.loads(desk.tokens.read_text())
    old = said["token"]["access_token"]
    said["token"]["expires_at"] = int(time.time()) - 1
    desk.tokens.write_text(json.dumps(said))
    desk("volunteer", "V1")
    assert json.loads(desk.tokens.read_text())["token"]["access_token"] != old
    assert stat.S_IMODE(desk.tokens.stat().st_mode) == 0o600


def test_tokens_that_do_not_hold_are_refused(desk: Desk, provider: IdentityProvider) -> None:
    given(desk, provider, "auditor", TOWN)
    desk.become(provider, "li")
    desk.hold(provider, provider.sign())
    desk("volunteer", "V1")  # the key is the provider's, and all it says is right
    past = int(time.time()) - 3600
    forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kid = jwt.get_unverified_header(provider.sign())["kid"]
    claims = jwt.decode(provider.sign(), options={"verify_signature": False})
    refused = {
        "expired": (provider.sign(iat=past, exp=past + 60), "expired"),
        "not yet": (provider.sign(nbf=int(time.time()) + 3600), "not yet valid"),
        "another audience": (provider.sign(aud="another"), "Audience"),
        "the login's own": (provider.sign(aud="vledger"), "Audience"),
        "another issuer": (provider.sign(iss="https://evil.example"), "issuer"),
        "no subject": (provider.sign(sub=None), "sub"),
        "a forged key": (jwt.encode(claims, forger, "RS256", {"kid": kid}), "Signature"),
        "an unknown key": (jwt.encode(claims, forger, "RS256", {"kid": "x"}), "signing key"),
        "no signature": (unsigned(claims), "signed by none"),
        "a shared secret": (jwt.encode(claims, "s" * 64, "HS256", {"kid": kid}), "signed by HS256"),
        "no token": ("garbage", "does not hold"),
    }
    for what, (token, why) in refused.items():
        desk.hold(provider, token)
        assert why in desk.refused("volunteer", "V1"), what


def test_the_provider_may_replace_its_key(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "REFETCH", 0)
    checked = ours(provider)
    before = provider.sign(name="李")
    assert checked.person(before) == Person(Who(provider.issuer, "li"), "李")
    provider.rotate()
    assert checked.person(provider.sign()).who.subject == "li"
    with pytest.raises(TokenError):
        ours(provider).person(before)  # signed by a key that is gone


def test_forged_tokens_do_not_make_us_fetch_keys_each_time(provider: IdentityProvider) -> None:
    checked = ours(provider)
    checked.person(provider.sign())
    before = provider.fetches()
    forger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for number in range(20):
        forged = jwt.encode({"sub": "li"}, forger, "RS256", {"kid": f"k{number}"})
        with pytest.raises(TokenError):
            checked.person(forged)
    assert provider.fetches() - before <= 1


def test_a_name_is_shown_but_means_nothing(provider: IdentityProvider) -> None:
    person = ours(provider).person(provider.sign(name="wang <https://id#wang>\n"))
    assert str(person) == f"wang https://id wang <{provider.issuer}#li>"
    assert len(str(Person(person.who, "x" * 1000))) == 256


def test_a_provider_is_refused_that_is_another_or_unsafe(provider: IdentityProvider) -> None:
    with pytest.raises(LedgerError, match="but there it says"):
        _ = Provider(f"{provider.issuer}/", "vledger", AUDIENCE).endpoints
    with pytest.raises(LedgerError, match="no https"):
        Provider("http://id.example", "vledger", AUDIENCE)
    with pytest.raises(LedgerError, match="audience of its own"):
        Provider(provider.issuer, "vledger", "vledger")


def test_reads_of_personal_data_are_by_the_token_and_refused_ones_are_noted(
    desk: Desk, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk("identity", "init")
    given(desk, provider, "officer", TOWN)
    desk.become(provider, "li")
    said: dict[str, Any] = {"name": "王建国", "document_number": "370181199001011237"}
    values = ("--from", "-", "--consent", "record")
    desk("identity", "put", "V1", *values, stdin=json.dumps(said).encode())
    assert "王**" in desk("identity", "show", "V1").stdout.decode()
    shown = desk.json("identity", "show", "V1", "--reveal", "--purpose", "电话核实")
    assert shown[0]["name"] == "王建国"
    desk.refused("identity", "show", "V1", "--reveal")  # what for?
    desk.refused("identity", "show", "V2", "--reveal", "--purpose", "好奇")
    desk.refused("identity", "show", "V2")
    desk.refused("identity", "list")
    desk.refused("identity", "reads")
    desk.refused("identity", "erase", "V1", "--reason", "x")
    given(desk, provider, "auditor", "370102000000")
    assert "may not do this" in desk.refused("identity", "show", "V2", "--reveal", "--purpose", "x")
    trail = desk.json("identity", "reads")
    li = f"Name of li <{provider.issuer}#li>"
    assert {one["by"] for one in trail} == {li}
    told = [(one["volunteer"], one["refused"]) for one in trail]
    assert told == [("V1", False), ("V2", True), ("V2", True), ("", True), ("V2", True)]


def test_where_nobody_logs_in_all_is_as_before(tmp_path: Path) -> None:
    command = Desk(tmp_path)
    command("init")
    assert "VLEDGER_OIDC_ISSUER is not set" in command.refused("login")
    command("payout", "prepare", "2026-05", "--by", "王", code=2)  # nothing is due
    assert "say who does it: --by" in command.refused(
        "disputes", "open", "R1", "--merchant", "M01", "--reason", "x"
    )


def test_the_provider_is_what_it_says(provider: IdentityProvider) -> None:
    """The tests would prove little if its pages let nobody log in."""
    found = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=10).json()
    assert "S256" in found["code_challenge_methods_supported"]
