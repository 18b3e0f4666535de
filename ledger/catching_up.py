"""What is due though nobody sends anything? Held events, policies, time, inspection, revocation.

A worker does it every few seconds, an embedded ledger with each `vledger ingest`.
"""

from ledger.certificates import revoke_corrected
from ledger.recorder import Recorder
from ledger.rejects import release_held
from ledger.sweep import sweep


def catch_up(recorder: Recorder, limit: int = 1000) -> int:
    """Do some of what is due, in transactions of at most `limit`; how much. 0: nothing is left."""
    released = release_held(recorder)
    done = 0 if released is None else released.outcomes.count("applied")
    done += recorder.apply_adoptions(limit) or recorder.pass_time(limit)
    return done + sweep(recorder) + revoke_corrected(recorder)
