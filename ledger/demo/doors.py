"""How are the demo county's front doors opened? Links by which one becomes each of its people."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from html import escape
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives import serialization
from jwt.utils import base64url_encode
from rich.console import Console

from ledger.access import Scope, Who
from ledger.access.granting import Giver, grant
from ledger.access.passes import ISSUER, Issued, issue
from ledger.centre.benefits.using import use
from ledger.clock import from_micros
from ledger.core.intake import Arrival
from ledger.county import NAME, SHOPS
from ledger.county.doors import CHECK_UP, PLACE, opening, people, yesterday
from ledger.county.people import County, invent
from ledger.devices.enrolment import enrol
from ledger.devices.keys import PrivateKey, key_id, public_text
from ledger.errors import LedgerError
from ledger.identity import open_vault, read_rules
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.statistics.overview import Overview, Standing

DAYS = 7
"""How long the links hold."""

BY = Giver("demo")
DESK_ROLES = ("policy-office", "officer", "reviewer", "treasurer", "auditor", "privacy-officer")
DESKS = ("李慧 策略办公室", "赵明 策略办公室")
PAGE = Path("vledger-demo.html")


@dataclass(frozen=True, slots=True)
class Link:
    """A door: `path` is what comes behind the server's address."""

    title: str
    says: str
    path: str


def demo_settings(chosen: Settings) -> Settings:
    """Settings with keys, a vault and an issuer of the demo's own, which are made anew."""
    return chosen.model_copy(
        update={
            "key": Path("vledger-demo.key"),
            "vault": "sqlite:///vledger-demo-vault.db",
            "vault_key": Path("vledger-demo-vault.key"),
            "place": PLACE,
            "certificate_issuer": f"{NAME}新时代文明实践中心",
            "certificate_head": "周文",
            "certificate_handler": "李慧",
            "certificate_contact": "0000-12345678",
        }
    )


def furnish(recorder: Recorder, chosen: Settings, seed: int, picture: Overview) -> list[Link]:
    """Record what the county has today, name its people, and make the links."""
    county = invent(Random(seed))
    worker = _worker(picture, county)
    now = from_micros(recorder.now(), recorder.policy.zone).replace(microsecond=0)
    served = [worker.volunteer, *(one.volunteer for one in picture.top if one != worker)]
    today = [*yesterday(county, served, now), *opening(county, worker.volunteer, now)]
    events = [
        Arrival(one.model_dump_json(exclude_none=True).encode(), f"today:{n}")
        for n, one in enumerate(today, 1)
    ]
    rejects = recorder.record(events).rejects
    if rejects:
        raise LedgerError(rejects[0].detail)
    use(recorder, worker.volunteer, CHECK_UP, "demo-check-up")
    _name_people(chosen, county)
    return _links(recorder, county, worker)


def write_page(links: Sequence[Link], chosen: Settings, to: Path = PAGE) -> Path:
    """Write the page with the links; who has it may come in, so it is for its owner alone."""
    base = chosen.link("").split("/#")[0]
    rows = "".join(
        f'<li><a href="{escape(base + one.path)}"><b>{escape(one.title)}</b>'
        f"<span>{escape(one.says)}</span></a></li>"
        for one in links
    )
    to.unlink(missing_ok=True)
    to.touch(mode=0o600)
    to.write_text(_HTML.format(name=escape(NAME), rows=rows), encoding="utf-8")
    return to


def print_links(console: Console, links: Sequence[Link], chosen: Settings) -> None:
    """The same on the terminal."""
    base = chosen.link("").split("/#")[0]
    console.print("[bold]Come in 请进[/bold] (each link logs the browser in anew)")
    for one in links:
        console.print(f"  {one.title}: {one.says}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"    {base}{one.path}", highlight=False, markup=False, soft_wrap=True)


def _worker(picture: Overview, county: County) -> Standing:
    """Whose page is shown: of the most active, who has the most points left."""
    known = [one for one in picture.top if one.volunteer in county.volunteers]
    return max(known, key=lambda one: (one.balance, one.volunteer))


def _name_people(chosen: Settings, county: County) -> None:
    vault = open_vault(chosen, read_rules(chosen.vault_rules))
    try:
        vault.create()
        for ident, one in people(county):
            vault.put(ident, one.values, ["record"], one.given_by, BY.name)
    finally:
        vault.close()


def _links(recorder: Recorder, county: County, worker: Standing) -> list[Link]:
    area, shop = Scope("place", PLACE), SHOPS[0]
    person = county.volunteers[worker.volunteer]
    own = _pass(recorder, "volunteer", Scope("volunteer", worker.volunteer), str(person.name))
    till = _pass(recorder, "till", Scope("merchant", shop.id), f"{shop.name} 收银台")
    desks = [_desk(recorder, name, area) for name in DESKS]
    home = str(person.place)
    return [
        Link("签到台 Kiosk", county.places[home].name, _kiosk(recorder, home)),
        Link("志愿者 Volunteer", f"{person.name} {worker.volunteer}", f"/me/#pass={own.secret}"),
        Link("收银台 Till", shop.name, f"/till/#pass={till.secret}"),
        *(
            Link(f"工作台 Desk {number}", name, f"/desk/#pass={one.secret}")
            for number, (name, one) in enumerate(zip(DESKS, desks, strict=True), 1)
        ),
    ]


def _pass(recorder: Recorder, role: str, scope: Scope, name: str) -> Issued:
    return issue(recorder, role, scope, BY, name=name, days=DAYS)


def _desk(recorder: Recorder, name: str, area: Scope) -> Issued:
    """Somebody at the desk, with all that is done there."""
    first, *others = DESK_ROLES
    made = _pass(recorder, first, area, name)
    until = from_micros(recorder.now(), UTC) + timedelta(days=DAYS)
    for role in others:
        grant(recorder, Who(ISSUER, made.ident), role, area, BY, name=name, until=until)
    return made


def _kiosk(recorder: Recorder, place: str) -> str:
    """A kiosk that is enrolled already: the link brings its key."""
    key = PrivateKey.generate()
    public = public_text(key.public_key())
    source = f"kiosk/{place}-{key_id(public)[:6]}"
    enrol(recorder, source, public, place, [], BY.name)
    raw = key.private_bytes(
        serialization.Encoding.Raw,
        serialization.PrivateFormat.Raw,
        serialization.NoEncryption(),
    )
    said = {"source": source, "place": place, "d": base64url_encode(raw).decode(), "x": public}
    return "/kiosk/#device=" + base64url_encode(json.dumps(said).encode()).decode()


def has_screen(environment: dict[str, str]) -> bool:
    """Whether a browser would have a screen to open on."""
    shown = bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
    return sys.stdout.isatty() and (shown or sys.platform in ("darwin", "win32"))


_HTML = """<!doctype html>
<html lang="zh-CN">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name} · 志愿服务账本</title>
<style>
  body {{ max-width: 40rem; margin: 3rem auto; padding: 0 1rem; font: 1.1rem/1.6 system-ui,
    "Noto Sans CJK SC", sans-serif; background: #f6f3ea; color: #1d2729; }}
  ul {{ padding: 0; list-style: none; }}
  a {{ display: block; margin: .75rem 0; padding: 1rem 1.25rem; border: 1px solid #d6cfbe;
    border-radius: 10px; background: #fffdf8; color: inherit; text-decoration: none; }}
  a:hover, a:focus {{ border-color: #1f6557; }}
  b {{ font-size: 1.25rem; }}
  span {{ display: block; color: #505b5c; }}
</style>
<h1>{name}</h1>
<p>一个虚构的县。每个链接都以那个人的身份登录；想同时扮演两个人，请用两个浏览器或隐私窗口。</p>
<p lang="en">A county that does not exist. Each link logs you in as that person; to be two people at
once, use two browsers or a private window.</p>
<ul>{rows}</ul>
</html>
"""
