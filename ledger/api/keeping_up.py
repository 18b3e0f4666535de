"""What does the server do though nobody asks? The same as a worker, where there is none.

Held events, policies adopted, time that passes, inspection; and seals over what was recorded.
"""

import asyncio
import logging

from sqlalchemy.exc import DBAPIError

from ledger.catching_up import catch_up, seal_due
from ledger.errors import LedgerError
from ledger.recorder import Recorder
from ledger.settings import Settings

_log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between looks."""

AT_ONCE = 200
"""In one transaction, so that no till waits long."""


async def keep_up(recorder: Recorder, settings: Settings) -> None:
    """Until it is cancelled. A database that is away is waited for."""
    while True:
        try:
            while await asyncio.to_thread(catch_up, recorder, AT_ONCE):
                pass
            await asyncio.to_thread(seal_due, recorder, settings)
        except (LedgerError, DBAPIError) as error:
            _log.warning("what is due waits: %s", error)
        await asyncio.sleep(EVERY)
