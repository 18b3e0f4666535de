"""What does the server do though nobody asks? The same as a worker, where there is none.

Held events, policies adopted, time that passes, inspection; and seals over what was recorded.
"""

import asyncio
import logging

import httpx
from sqlalchemy.exc import DBAPIError

from ledger.centre.orders.terms import read_terms
from ledger.changes import Changes
from ledger.errors import LedgerError
from ledger.recording.catching_up import catch_up, seal_due
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.webhooks import TIMEOUT, deliver

_log = logging.getLogger(__name__)

TELL_EVERY = 1.0
"""Seconds between looks for what webhooks are to be told."""

EVERY = 5.0
"""Seconds between looks."""

AT_ONCE = 200
"""In one transaction, so that no till waits long."""


async def tell_webhooks(recorder: Recorder, changes: Changes) -> None:
    """Tell other systems what is new, until it is cancelled."""
    with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
        while True:
            try:
                while await asyncio.to_thread(deliver, recorder, changes, client):
                    pass
            except (LedgerError, DBAPIError) as error:
                _log.warning("webhooks wait: %s", error)
            await asyncio.sleep(TELL_EVERY)


async def keep_up(recorder: Recorder, settings: Settings) -> None:
    """Until it is cancelled. A database that is away is waited for."""
    while True:
        try:
            terms = read_terms(settings.orders)
            while await asyncio.to_thread(catch_up, recorder, AT_ONCE, terms):
                pass
            await asyncio.to_thread(seal_due, recorder, settings)
        except (LedgerError, DBAPIError) as error:
            _log.warning("what is due waits: %s", error)
        await asyncio.sleep(EVERY)
