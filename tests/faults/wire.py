"""Can a worker be cut off from the database while both are up? A wire that can be interrupted."""

import asyncio
import contextlib
import threading

HOST = "127.0.0.1"
CHUNK = 1 << 16


class Wire:
    """A TCP proxy to a port of this machine, in a thread of its own; gone after `close`.

    While it is cut nothing passes and nothing is closed, as in a partitioned network: both ends
    wait. New connections are taken and wait, too.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._whole = asyncio.Event()
        self._whole.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._thread.start()
        serving = asyncio.start_server(self._serve, HOST, 0)
        self._server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Nothing passes from now on."""
        self._loop.call_soon_threadsafe(self._whole.clear)

    def mend(self, forget: bool) -> None:
        """All passes again: what waited, or only new connections if the network forgot the old."""
        self._loop.call_soon_threadsafe(self._mend, forget)

    def close(self) -> None:
        """End all connections and the thread."""
        self._loop.call_soon_threadsafe(self._server.close)
        self.mend(forget=True)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _mend(self, forget: bool) -> None:
        if forget:
            for writer in self._open:
                writer.transport.abort()
        self._whole.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            await self._whole.wait()
            there, back = await asyncio.open_connection(HOST, self._target)
            self._open.add(back)
            try:
                await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
            finally:
                self._end(back)
        except OSError:  # the database is away, or one side has gone
            pass
        finally:
            self._end(writer)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._whole.wait()
            writer.write(data)
            await writer.drain()
        writer.close()

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._open.discard(writer)
        with contextlib.suppress(OSError):
            writer.close()
