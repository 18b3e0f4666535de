"""Is what an earlier key signed still good, and does only the old key's word bring in a new one?"""

import threading
from pathlib import Path

import pytest

from ledger.clock import now_micros
from ledger.errors import LedgerError
from ledger.keys import public_keys, public_pem, rotate, signer
from ledger.signing import accept, read_signed
from tests.command import run


def test_a_new_key_signs_and_the_old_one_stays_trusted(tmp_path: Path) -> None:
    file = tmp_path / "key"
    first = signer(file)
    said = first.sign({"n": 1}, {})
    handover = rotate(file, now_micros())
    second = signer(file)
    assert second.keys == (second.keys[0], *first.keys)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes().count(b"PRIVATE KEY") == 2  # one: its beginning and its end
    _, claims, by = read_signed(said, second.keys)
    assert (claims, by) == ({"n": 1}, first.keys[0])
    with pytest.raises(LedgerError, match="not signed by that key"):
        read_signed(second.sign({"n": 2}, {}), first.keys)

    assert accept(handover, first.keys) == second.keys
    assert accept(handover, second.keys) == second.keys
    again = rotate(file, now_micros())
    assert accept(again, accept(handover, first.keys)) == signer(file).keys
    assert public_keys(public_pem(signer(file).keys)) == signer(file).keys


def test_nobody_else_hands_over(tmp_path: Path) -> None:
    ours, theirs = signer(tmp_path / "ours"), signer(tmp_path / "theirs")
    forged = rotate(tmp_path / "theirs", now_micros())
    for line in (forged, ours.checkpoint({"jwk": {}}), ours.sign({"aud": "ledger-key"}, {}), "x"):
        with pytest.raises(LedgerError, match="no handover"):
            accept(line, ours.keys)
    assert accept(forged, theirs.keys)


def test_a_worker_waits_for_the_key_that_another_is_writing(tmp_path: Path) -> None:
    made, file = signer(tmp_path / "made"), tmp_path / "key"
    file.touch()
    writing = threading.Timer(0.3, file.write_bytes, [(tmp_path / "made").read_bytes()])
    writing.start()
    assert signer(file).keys == made.keys
    writing.join()
    (tmp_path / "empty").touch()
    with pytest.raises(LedgerError, match="holds no key"):
        signer(tmp_path / "empty")


def test_without_a_key_nothing_is_replaced(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no key"):
        rotate(tmp_path / "none", now_micros())


def test_checkpoints_go_on_over_a_new_key(tmp_path: Path) -> None:
    """As an auditor sees it, who has the first public key and what was published."""

    def vledger(*words: str) -> str:
        done = run(tmp_path, words)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    vledger("init")
    (tmp_path / "one.txt").write_text(vledger("checkpoint"))
    (tmp_path / "trusted.pem").write_text(vledger("key", "show"))
    handover = vledger("key", "rotate").strip()
    (tmp_path / "two.txt").write_text(vledger("checkpoint"))
    notes = ("--checkpoint", "one.txt", "--checkpoint", "two.txt")
    vledger("verify", *notes)
    (tmp_path / "pem").write_text(vledger("key", "accept", handover, "--key", "trusted.pem"))
    vledger("verify", *notes, "--key", "pem")
    with pytest.raises(AssertionError, match="no checkpoint signed with that key"):
        vledger("verify", *notes, "--key", "trusted.pem")
