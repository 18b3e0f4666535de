"""What is due though nobody sends anything? Held events, policies, time, orders, no-shows …

A worker and a server do it every few seconds, an embedded ledger with each `vledger ingest`.
"""

import logging

from ledger.audit.checkpoints import CheckpointError, make_due_checkpoint
from ledger.audit.sealing import SEAL_AFTER, seal_batches
from ledger.centre.activities.no_shows import record_no_shows
from ledger.centre.orders.follow_up import follow_up
from ledger.centre.orders.terms import Terms, read_terms
from ledger.certificates import revoke_corrected
from ledger.clock import SECOND
from ledger.keys import signer
from ledger.recording.recorder import Recorder
from ledger.recording.rejects import release_held
from ledger.recording.sweep import sweep
from ledger.settings import Settings

_log = logging.getLogger(__name__)

HOUR = 3600 * SECOND


def catch_up(recorder: Recorder, limit: int = 1000, terms: Terms | None = None) -> int:
    """Do some of what is due, in transactions of at most `limit`; how much. 0: nothing is left.

    `terms` are those of orders; absent: the built-in ones.
    """
    released = release_held(recorder)
    done = 0 if released is None else released.outcomes.count("applied")
    done += recorder.apply_adoptions(limit) or recorder.pass_time(limit)
    done += follow_up(recorder, terms or read_terms(), limit)
    done += record_no_shows(recorder)
    return done + sweep(recorder) + revoke_corrected(recorder)


def seal_due(recorder: Recorder, settings: Settings) -> None:
    """Seal what has waited for it, and sign what is sealed once a day or so."""
    seal_batches(recorder.database, until=recorder.now() - SEAL_AFTER)
    if not settings.checkpoint_hours:
        return
    every = settings.checkpoint_hours * HOUR
    try:
        made = make_due_checkpoint(recorder.database, signer(settings.key), recorder.now(), every)
    except CheckpointError as error:
        _log.warning("no checkpoint was made: %s", error)
    else:
        if made is not None:  # logs leave the machine: whoever keeps them can check with this
            _log.info("checkpoint %s", made.text)
