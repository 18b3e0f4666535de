"""Does a kiosk without a screen lose nothing? Killed in the middle, and with a server that dies."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.clock import CHINA
from ledger.devices.keys import read_key
from ledger.kiosk import Queue, Visit, mark
from ledger.kiosk.marking import Direction
from tests.command import Done, run
from tests.web.served import ACTIVITY, PLACE, TEAM, VOLUNTEERS, Served

pytestmark = pytest.mark.xdist_group("web")

SOURCE = "kiosk/370199-001-01"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A ledger that takes signed marks only, and is not started yet."""
    folder = tmp_path / "ledger"
    folder.mkdir()
    one = Served(folder, VLEDGER_SIGNATURES="required")
    yield one
    one.kill()


@pytest.fixture
def kiosk(tmp_path: Path, served: Served) -> Path:
    """The folder of an enrolled kiosk."""
    folder = tmp_path / "kiosk"
    folder.mkdir()
    public = run(folder, ["devices", "new-key", "kiosk.key"]).stdout
    served.enrol(SOURCE, public.decode(), PLACE)
    set_up(folder, served)
    return folder


def set_up(folder: Path, served: Served) -> None:
    arguments = ["--server", served.address, "--source", SOURCE, "--place", PLACE]
    done = run(folder, ["kiosk", "set-up", *arguments, "--key", "kiosk.key"])
    assert done.returncode == 0, done.stderr


def marked(folder: Path, direction: str, *volunteers: str, more: tuple[str, ...] = ()) -> list[str]:
    arguments = ["kiosk", f"check-{direction}", *volunteers, "--activity", ACTIVITY, *more]
    done = run(folder, [*arguments, "--json"])
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout)["marked"]
    return found


def marks(folder: Path, direction: Direction, *volunteers: str) -> list[str]:
    """As `marked`, without the seconds that a command takes to start."""
    key = read_key((folder / "kiosk.key").read_bytes())
    visits = [Visit(one, ACTIVITY, direction) for one in volunteers]
    with closing(Queue(folder / "vledger-kiosk.db")) as queue:
        return [one.id for one in mark(queue, key, visits, datetime.now(UTC))]


def sent(folder: Path, *more: str) -> Done:
    return run(folder, ["kiosk", "send", *more])


def status(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads(run(folder, ["kiosk", "status", "--json"]).stdout)
    return found


def test_offline_then_online(served: Served, kiosk: Path) -> None:
    ids = marked(kiosk, "in", VOLUNTEERS[0])
    ids += marks(kiosk, "in", *VOLUNTEERS[1:]) + marks(kiosk, "out", *VOLUNTEERS)

    assert sent(kiosk).returncode == 1
    now = status(kiosk)
    assert now["waiting"] == 24
    assert now["oldest"] is not None

    served.start()
    assert sent(kiosk).returncode == 0
    assert {**status(kiosk), "oldest": None} == {
        "waiting": 0,
        "recorded": 24,
        "duplicate": 0,
        "queued": 0,
        "rejected": 0,
        "oldest": None,
    }
    assert Counter(one["id"] for one in served.events()) == Counter(ids)
    served.command("verify")


def test_a_team_is_checked_in_whole(served: Served, kiosk: Path) -> None:
    leader = VOLUNTEERS[0]
    more = ("--team", TEAM, "--checked-by", leader, "--method", "group")
    marked(kiosk, "in", *VOLUNTEERS, more=more)
    served.start()
    assert sent(kiosk).returncode == 0
    events = served.events()
    assert {one["subject"] for one in events} == set(VOLUNTEERS)
    assert all(one["data"]["attributes"] == {"team": TEAM, "checked_by": leader} for one in events)


def test_a_forgotten_check_out_is_claimed_and_held(served: Served, kiosk: Path) -> None:
    def claimed(ended: datetime, *more: str) -> Done:
        said = ["--activity", ACTIVITY, "--ended", ended.isoformat(), "--reason", "机器坏了"]
        return run(kiosk, ["kiosk", "claim", VOLUNTEERS[0], *said, *more])

    now = datetime.now(CHINA)
    assert claimed(now + timedelta(minutes=5)).returncode == 2  # it is not over yet
    [came] = marked(kiosk, "in", VOLUNTEERS[0])
    done = claimed(datetime.now(CHINA), "--by", "李队长")
    assert done.returncode == 0, done.stderr
    assert status(kiosk)["waiting"] == 2
    served.start()
    assert sent(kiosk).returncode == 0
    [case] = served.lines("reviews")
    assert (case["visit"], case["rule"]) == (f"{SOURCE}#{came}", "claimed")
    assert (case["evidence"]["reason"], case["evidence"]["by"]) == ("机器坏了", "李队长")
    assert served.asked("volunteer", VOLUNTEERS[0])["seconds"] == 0
    served.command("verify")


MARKS_UNTIL_KILLED = f"""
import itertools, sys
from datetime import datetime, UTC
from pathlib import Path
from ledger.devices.keys import read_key
from ledger.kiosk import Queue, Visit, mark
queue = Queue(Path("vledger-kiosk.db"))
key = read_key(Path("kiosk.key").read_bytes())
for number in itertools.count():
    visits = [Visit("V00000001", "{ACTIVITY}", ("in", "out")[number % 2])]
    (one,) = mark(queue, key, visits, datetime.now(UTC))
    print(one.id, flush=True)
"""


def test_killed_while_marking(served: Served, kiosk: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", MARKS_UNTIL_KILLED], cwd=kiosk, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    promised = [process.stdout.readline().decode().strip() for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    promised += process.stdout.read().decode().split()
    process.wait()

    kept = status(kiosk)["waiting"]
    assert isinstance(kept, int)
    assert len(promised) <= kept <= len(promised) + 1  # one may be on the disk and not said yet

    served.start()
    assert sent(kiosk).returncode == 0
    told = Counter(one["id"] for one in served.events())
    assert told.total() == kept
    assert set(promised) <= told.keys()
    assert max(told.values()) == 1


def test_killed_while_sending_and_the_server_dies(served: Served, kiosk: Path) -> None:
    """The sender and the server are killed again and again; each mark comes in once."""
    ids = marks(kiosk, "in", *VOLUNTEERS * 40)
    for turn in range(4):
        served.start()
        sender = subprocess.Popen(
            [sys.executable, "-m", "ledger", "kiosk", "send", "--keep-on"],
            cwd=kiosk,
            env={**os.environ},
            stderr=subprocess.DEVNULL,
        )
        more = marked(kiosk, "out", VOLUNTEERS[turn])  # meanwhile
        ids += more
        _until_some_are_sent(kiosk)
        (served.kill, sender.kill)[turn % 2]()
        served.kill()
        sender.kill()
        sender.wait()
    served.start()
    assert sent(kiosk, "--for", "60").returncode == 0
    assert status(kiosk)["waiting"] == 0
    assert Counter(one["id"] for one in served.events()) == Counter(ids)


def _until_some_are_sent(folder: Path) -> None:
    with closing(Queue(folder / "vledger-kiosk.db")) as queue:
        before, until = queue.status().waiting, time.monotonic() + 60
        while queue.status().waiting == before > 0:
            assert time.monotonic() < until, "nothing is sent"
            time.sleep(0.01)


def test_marks_of_a_kiosk_that_nobody_knows_wait_for_its_enrolment(
    served: Served, kiosk: Path
) -> None:
    public = run(kiosk, ["devices", "new-key", "other.key"]).stdout
    arguments = ["--server", served.address, "--source", "kiosk/new", "--place", PLACE]
    run(kiosk, ["kiosk", "set-up", *arguments, "--key", "other.key"])
    marked(kiosk, "in", VOLUNTEERS[0])
    served.start()
    done = sent(kiosk)
    assert done.returncode == 1
    assert b"not an enrolled device" in done.stderr
    assert status(kiosk)["waiting"] == 1

    served.enrol("kiosk/new", public.decode(), PLACE)
    assert sent(kiosk).returncode == 0
    assert len(served.events()) == 1


def test_what_was_set_aside_is_kept_and_sent_again(served: Served, kiosk: Path) -> None:
    """It was enrolled for another village; the ledger says so, and takes the mark afterwards."""
    public = run(kiosk, ["devices", "new-key", "other.key"]).stdout
    served.enrol("kiosk/moved", public.decode(), "370199002001")
    arguments = ["--server", served.address, "--source", "kiosk/moved", "--place", PLACE]
    run(kiosk, ["kiosk", "set-up", *arguments, "--key", "other.key"])
    marked(kiosk, "in", VOLUNTEERS[0])
    served.start()
    assert sent(kiosk).returncode == 0
    assert status(kiosk)["rejected"] == 1
    assert b"is not within" in run(kiosk, ["kiosk", "status"]).stderr
    assert not served.events()

    served.enrol("kiosk/moved", public.decode(), PLACE)
    assert sent(kiosk, "--rejected").returncode == 0
    assert status(kiosk)["rejected"] == 0
    assert len(served.events()) == 1
