"""Who gets in by HTTP, how, for how long, and what is a stranger told?"""

import re
import sqlite3
from pathlib import Path

import pytest

from ledger.access import Scope
from ledger.access.granting import Giver, withdraw
from ledger.access.passes import revoke
from ledger.api.serving import Serving
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.store import access, logins
from tests.api.browser import FROM_OUR_PAGE, Api
from tests.builders import record, register
from tests.command import run
from tests.identity_provider import IdentityProvider

OWNER = Giver("owner")
TOWN = "370102001000"
TILL = Scope("merchant", "M01")


async def test_nobody_is_told_so_and_no_more(api: Api) -> None:
    said = (await api.get("/v1/session")).json()
    assert (said["login"], said["roles"], said["permissions"]) == (None, [], [])
    assert said["login_url"] is None


async def test_a_pass_lets_a_till_in_with_its_role(api: Api) -> None:
    await api.become("till", TILL, name="惠民超市")
    said = (await api.get("/v1/session")).json()
    assert (said["name"], said["login"], said["merchant"]) == ("惠民超市", "pass", "M01")
    assert [(one["role"], one["scope"]) for one in said["roles"]] == [("till", "merchant:M01")]
    assert said["permissions"] == ["redeem"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(api: Api) -> None:
    await api.become("till", TILL)
    secret = api.cookies["vledger_session"]
    with api.serving.recorder.database.read() as connection:
        assert logins.session_by(connection, secret, 0) is None  # only its digest is kept
    again = await api.enter("x" * 40)
    assert "set-cookie" not in again.headers
    for base, secure in (("https://ledger.example", True), ("http://10.0.0.9", True),
                         ("http://127.0.0.1:1", False), ("http://localhost", False)):  # fmt: skip
        assert api.serving.owner
        answer = await api.post(
            f"{base}/v1/session", json={"pass": api.serving.owner.secret}, headers=FROM_OUR_PAGE
        )
        set_ = answer.headers["set-cookie"].lower()
        assert "httponly" in set_, base
        assert "samesite=lax" in set_, base
        assert ("secure" in set_) is secure, base


async def test_another_sites_form_changes_nothing(api: Api) -> None:
    await api.become("till", TILL)
    del api.headers["X-Requested-With"]
    answer = await api.delete("/v1/session")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/missing-header")
    assert (await api.get("/v1/session")).json()["login"] == "pass"
    assert api.serving.owner
    forged = await api.post("/v1/session", json={"pass": api.serving.owner.secret})
    assert forged.status_code == 403  # nor does it log anybody in as somebody else


async def test_who_logs_out_is_out_even_with_the_old_cookie(api: Api) -> None:
    await api.become("till", TILL)
    cookie = api.cookies["vledger_session"]
    assert (await api.delete("/v1/session")).status_code == 204
    api.cookies.set("vledger_session", cookie, domain="127.0.0.1")
    assert (await api.get("/v1/session")).json()["login"] is None
    assert (await api.delete("/v1/session")).status_code == 204


async def test_a_new_login_ends_the_session_before(api: Api) -> None:
    await api.own()
    old = api.cookies["vledger_session"]
    assert api.serving.owner
    answer = await api.post("/v1/session", json={"pass": api.serving.owner.secret})
    assert answer.status_code == 200
    api.cookies.clear()
    api.cookies.set("vledger_session", old, domain="127.0.0.1")
    assert (await api.get("/v1/session")).json()["login"] is None


async def test_a_pass_that_is_revoked_or_withdrawn_holds_no_more_at_once(api: Api) -> None:
    recorder = api.serving.recorder
    number = await api.become("till", TILL)
    revoke(recorder, number, OWNER, "lost")
    assert (await api.get("/v1/session")).json()["login"] is None
    await api.become("till", TILL)
    with recorder.database.read() as connection:
        [grant] = [one for one in access.all_grants(connection) if one.withdrawn_at is None]
    withdraw(recorder, grant.id, OWNER, "closed")
    said = (await api.get("/v1/session")).json()
    assert (said["login"], said["roles"]) == ("pass", [])


async def test_a_pass_and_its_session_end_with_their_time(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = 0
    base = recorder.now

    def now() -> int:
        return base() + later

    monkeypatch.setattr(recorder, "now", now)
    async with Api(Serving.of(Settings(), recorder, recorder)) as api:
        await api.become("till", TILL)
        later = 23 * 3600 * 1_000_000
        assert (await api.get("/v1/session")).json()["login"] == "pass"
        later = 25 * 3600 * 1_000_000
        assert (await api.get("/v1/session")).json()["login"] is None


async def test_the_owners_link_is_good_for_one_server_alone(recorder: Recorder) -> None:
    first, second = (Serving.of(Settings(), recorder, recorder) for _ in range(2))
    async with Api(first) as api, Api(second) as other:
        await api.own()
        said = (await api.get("/v1/session")).json()
        assert {"adopt", "grant", "reveal", "redeem"} <= set(said["permissions"])
        assert "own" not in said["permissions"]
        other.cookies.update(api.cookies)
        assert (await other.get("/v1/session")).json()["login"] is None
        assert first.owner
        assert (await other.enter(first.owner.secret)).status_code == 401


async def test_guessing_is_slowed_and_the_owner_elsewhere_is_not(recorder: Recorder) -> None:
    serving = Serving.of(Settings(attempts="3/minute"), recorder, recorder)
    async with Api(serving) as api, Api(serving, "10.0.0.2") as other:
        seen = [(await api.enter(f"guess-number-{n:04}")).status_code for n in range(5)]
        assert seen == [401, 401, 401, 429, 429]
        assert serving.owner
        late = await api.enter(serving.owner.secret)
        assert late.status_code == 429
        assert 1 <= int(late.headers["retry-after"]) <= 60
        assert (await other.enter(serving.owner.secret)).status_code == 200


async def test_asking_too_often_is_refused_for_each_alone(recorder: Recorder) -> None:
    serving = Serving.of(Settings(rate="4/hour"), recorder, recorder)
    async with Api(serving) as api, Api(serving, "10.0.0.2") as other:
        seen = [(await api.get("/v1/session")).status_code for _ in range(6)]
        assert seen == [200] * 4 + [429] * 2
        assert (await api.get("/health/live")).status_code == 200
        assert (await other.get("/v1/session")).status_code == 200


async def test_a_token_of_the_provider_is_who_it_says(
    recorder: Recorder, provider: IdentityProvider
) -> None:
    chosen = Settings(oidc_issuer=provider.issuer)
    async with Api(Serving.of(chosen, recorder, recorder)) as api:
        assert api.serving.owner is None
        record(recorder, [register("merchant", "M01", name="超市", place=TOWN)])
        from ledger.access import Who
        from ledger.access.granting import grant

        grant(recorder, Who(provider.issuer, "li"), "till", TILL, OWNER)
        api.headers["Authorization"] = f"Bearer {provider.sign(name='李')}"
        said = (await api.get("/v1/session")).json()
        assert (said["name"], said["login"], said["login_url"]) == ("李", "oidc", "/login")
        assert said["permissions"] == ["redeem"]
        for bad in ("Bearer nonsense", f"Bearer {provider.sign(aud='another')}", "Basic bGk6bGk="):
            api.headers["Authorization"] = bad
            answer = await api.get("/v1/session")
            assert (answer.status_code, answer.json()["type"]) == (401, "/problems/who-are-you")
            assert answer.headers["www-authenticate"].startswith("Bearer")


def test_the_command_issues_lists_and_revokes(tmp_path: Path) -> None:
    run(tmp_path, ["init"])
    said = ("--name", "惠民超市", "--by", "owner")
    made = run(tmp_path, ["pass", "issue", "--role", "till", "--merchant", "M01", *said])
    assert made.returncode == 0, made.stderr
    link = made.stdout.decode().strip().splitlines()[-1]
    found = re.fullmatch(r"http://127\.0\.0\.1:8321/#pass=([\w-]{43})", link)
    assert found
    number = made.stdout.decode().split(":")[0]
    with sqlite3.connect(tmp_path / "vledger.db") as connection:
        kept = "".join(connection.iterdump())
    assert found[1] not in kept
    assert "惠民超市" in run(tmp_path, ["pass", "list"]).stdout.decode()
    run(tmp_path, ["pass", "revoke", number, "--by", "owner", "--reason", "lost"])
    assert number not in run(tmp_path, ["pass", "list"]).stdout.decode()
    assert run(tmp_path, ["pass", "revoke", number, "--by", "owner"]).returncode == 2
    assert run(tmp_path, ["pass", "issue", "--role", "king", "--place", TOWN, *said]).returncode
    nobody = ["pass", "issue", "--role", "till", "--merchant", "M01", "--name", "x"]
    assert run(tmp_path, nobody).returncode == 2  # by whom?
    assert run(tmp_path, ["verify"]).returncode == 0
