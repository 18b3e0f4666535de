"""How does the server run and end? uvicorn, in this process."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from ledger.api.app import create_app
from ledger.api.serving import Sender, Serving
from ledger.errors import LedgerError
from ledger.logs import log_as
from ledger.recording.recorder import Recorder
from ledger.settings import Settings
from ledger.turns import take_short_turns

BACKLOG = 2048
"""Connections that wait to be taken, at most."""

DRAIN = 10
"""Seconds that requests under way are given to end."""


def run(
    settings: Settings,
    recorder: Recorder,
    reader: Recorder,
    tell: Callable[..., None],
    sender: Sender | None = None,
    welcome: Callable[[Settings], None] | None = None,
) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises LedgerError if the address is taken.

    `welcome` is told the settings with the real port, once somebody may come.
    """
    log_as(settings.log)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    take_short_turns()
    listening = _listen(settings.serve_host, settings.serve_port)
    with listening:
        port = listening.getsockname()[1]
        settings = settings.model_copy(update={"serve_port": port})
        serving = Serving.of(settings, recorder, reader, sender)
        config = uvicorn.Config(
            create_app(serving),
            log_config=None,
            access_log=False,  # ours says more, and no query
            server_header=False,
            timeout_graceful_shutdown=DRAIN,
            h11_max_incomplete_event_size=32 << 10,
        )
        if serving.owner is not None:
            tell("Open this address in a browser; who has it may do everything 请在浏览器打开：")
            tell(settings.link(serving.owner.secret), highlight=False, soft_wrap=True)
        else:
            tell(f"Serving at http://{settings.serve_host}:{port}", highlight=False)
        if welcome is not None:
            welcome(settings)
        signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn repeats it once it has ended
        with suppress(KeyboardInterrupt):
            asyncio.run(uvicorn.Server(config).serve([listening]))


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # Said to be TCP, so that asyncio sends at once: else each answer waits 40 ms for Nagle.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(BACKLOG)  # so that whoever is told the address gets through
    except OSError as error:
        raise LedgerError(f"can't serve at {host}:{port}: {error.strerror or error}") from None
    return listening
