"""How does asyncio run without a clock, a thread or a network? Time jumps to what is due next."""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from typing import Any


class StuckError(Exception):
    """Everybody waits for something that nobody will do."""


class _NoNetwork(selectors.BaseSelector):
    """Waits for nothing: the time that it was to wait has passed."""

    def __init__(self) -> None:
        self.waited = 0.0
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, 0, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StuckError
        self.waited += timeout
        return []


Job = Callable[[], Any]


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs on virtual seconds. `thread` runs what would go to a thread, when it thinks fit."""

    def __init__(self, thread: Callable[[Job, "asyncio.Future[Any]"], None]) -> None:
        self._virtual = _NoNetwork()
        self._thread = thread
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.waited

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Any, *args: Any
    ) -> "asyncio.Future[Any]":
        future = self.create_future()
        self._thread(lambda: func(*args), future)
        return future
