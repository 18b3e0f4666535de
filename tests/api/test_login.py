"""Can a person log in at the identity provider in a browser, and nobody in their name?"""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from ledger.access import EVERYWHERE, Scope, Who
from ledger.access.granting import Giver, grant, withdraw
from ledger.api.serving import Serving
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from tests.api.browser import Api
from tests.identity_provider import Browser, IdentityProvider

pytestmark = pytest.mark.xdist_group("oidc")


@pytest.fixture
def serving(recorder: Recorder, provider: IdentityProvider) -> Serving:
    chosen = Settings(oidc_issuer=provider.issuer)
    return Serving.of(chosen, recorder, recorder)


def through(provider_page: str, name: str) -> str:
    """Log in at the provider; where it sends the browser back to."""
    came: list[str] = []

    class Person(Browser):
        def open(self, url: str) -> str:
            self._session.hooks["response"].append(self._look)
            return super().open(url)

        @staticmethod
        def _look(answer: requests.Response, **_: object) -> None:
            place = answer.headers.get("location", "")
            if "/login/callback?" in place:
                came.append(place)
                answer.headers.pop("location")  # the test goes there itself
                answer.status_code = 200

    Person(name).open(provider_page)
    return came[0]


async def test_a_person_logs_in_and_out(serving: Serving, provider: IdentityProvider) -> None:
    number = grant(
        serving.recorder, Who(provider.issuer, "li"), "auditor", Scope("place", EVERYWHERE),
        Giver("owner"),
    )  # fmt: skip
    async with Api(serving) as api:
        assert (await api.get("/v1/session")).json()["login_url"] == "/login"
        sent = await api.get("/login?next=/desk/")
        assert sent.status_code == 303
        asked = parse_qs(urlsplit(sent.headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        back = through(sent.headers["location"], "li")
        done = await api.get(back)
        assert (done.status_code, done.headers["location"]) == (303, "/desk/")
        said = (await api.get("/v1/session")).json()
        assert (said["name"], said["login"]) == ("Name of li", "oidc")
        assert [one["role"] for one in said["roles"]] == ["auditor"]
        assert (await api.get(back)).status_code == 401  # its answer is good once
        withdraw(serving.recorder, number, Giver("owner"), "left")
        assert (await api.get("/v1/session")).json()["roles"] == []
        out = await api.delete("/v1/session", headers={"X-Requested-With": "vledger"})
        assert out.status_code == 204
        assert (await api.get("/v1/session")).json()["login"] is None


async def test_another_browsers_answer_logs_nobody_in(
    serving: Serving, provider: IdentityProvider
) -> None:
    async with Api(serving) as mine, Api(serving) as theirs:
        sent = await mine.get("/login")
        await theirs.get("/login")
        back = through(sent.headers["location"], "li")
        assert (await theirs.get(back)).status_code == 401
        assert (await theirs.get("/v1/session")).json()["login"] is None
        changed = back.replace("state=", "state=x")
        assert (await mine.get(changed)).status_code == 401
    async with Api(serving) as api:
        assert (await api.get(back)).status_code == 401
        assert (await api.get("/login/callback?code=x&state=y")).status_code == 401


async def test_one_is_sent_back_to_our_own_pages_alone(serving: Serving) -> None:
    async with Api(serving) as api:
        for elsewhere in ("https://evil.example", "//evil.example", "/\\evil.example", "evil"):
            assert (await api.get("/login", params={"next": elsewhere})).status_code == 422


async def test_where_there_is_no_provider_nobody_is_sent_away(api: Api) -> None:
    answer = await api.get("/login")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
