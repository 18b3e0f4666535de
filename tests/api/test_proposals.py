"""Is a policy proposed and put in force by two persons over HTTP?"""

import json
import sys
from subprocess import DEVNULL, run

from ledger.access import EVERYWHERE, Scope
from ledger.core.rulebook import national_ladder
from ledger.recording.recorder import Recorder
from tests.api.browser import Api
from tests.builders import record, visit

PATH = "/v1/policies/proposals"
SAID = {
    "text": national_ladder().text.replace("5: 1500", "5: 2000"),
    "effective_from": "2026-01-01",
}
OFFICE = Scope("place", EVERYWHERE)


async def test_another_person_approves(api: Api, recorder: Recorder) -> None:
    assert (await api.get(PATH)).status_code == 401
    await api.become("policy-office", OFFICE, "甲")
    bad = await api.post(PATH, json={**SAID, "text": "policy: x\nnonsense: 1\n"})
    assert bad.status_code == 422 and "nonsense" in bad.text
    made = (await api.post(PATH, json=SAID)).json()
    assert (made["state"], made["own"]) == ("open", True)
    assert (await api.post(f"{PATH}/{made['id']}/approve")).status_code == 403
    assert made["digest"] not in recorder.rules.by_digest
    assert (await api.post(f"{PATH}/none/approve")).status_code == 404
    await api.become("auditor", OFFICE, "丙")
    assert (await api.post(f"{PATH}/{made['id']}/approve")).status_code == 403
    await api.become("policy-office", OFFICE, "乙")
    whole = (await api.get(f"{PATH}/{made['id']}")).json()
    assert (whole["own"], whole["text"], whole["simulation"]) == (False, SAID["text"], None)
    for _ in range(2):
        done = await api.post(f"{PATH}/{made['id']}/approve")
        assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert [one.policy.digest for one in recorder.rules.editions].count(made["digest"]) == 1
    assert (await api.post(f"{PATH}/{made['id']}/withdraw")).status_code == 422
    assert [one["state"] for one in (await api.get(PATH)).json()["items"]] == ["approved"]


async def test_what_was_simulated_is_beside_the_proposal(api: Api, recorder: Recorder) -> None:
    """Whether the text was tried before it was proposed, or after."""
    await api.become("policy-office", OFFICE, "甲")
    record(recorder, visit("V1", "2026-05-01", "08:00", "12:00"))
    before = (await api.post("/v1/policies/simulate", json={"text": SAID["text"]})).json()
    assert before["volunteers"] == 1
    made = (await api.post(PATH, json=SAID)).json()
    other = {**SAID, "text": SAID["text"].replace("5: 2000", "5: 2500")}
    untried = (await api.post(PATH, json=other)).json()
    await api.become("policy-office", OFFICE, "乙")
    assert (await api.get(f"{PATH}/{made['id']}")).json()["simulation"] == before
    assert (await api.get(f"{PATH}/{untried['id']}")).json()["simulation"] is None
    after = (await api.post("/v1/policies/simulate", json={"text": other["text"]})).json()
    assert (await api.get(f"{PATH}/{untried['id']}")).json()["simulation"] == after


async def test_a_simulation_leaves_the_ledger_its_locks(api: Api, recorder: Recorder) -> None:
    """SQLite: else another process that comes and goes takes the write-ahead log away."""
    await api.become("policy-office", OFFICE, "甲")
    record(recorder, visit("V1", "2026-05-01", "08:00", "12:00"))
    said = await api.post("/v1/policies/simulate", json={"text": SAID["text"]})
    assert said.status_code == 200
    vledger = [sys.executable, "-m", "ledger", "--db", recorder.database.url]
    run([*vledger, "policy", "list"], check=True, stdout=DEVNULL)
    record(recorder, visit("V1", "2026-05-02", "08:00", "12:00"))
    seen = run([*vledger, "volunteer", "V1", "--json"], check=True, capture_output=True)
    assert json.loads(seen.stdout)["seconds"] == 8 * 3600
