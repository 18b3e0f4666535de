"""How does a transaction write while the thread that it belongs to computes?

A database needs no interpreter for most of a large write. So what is handed over is carried out by
another thread, in order; whoever wants the connection waits until nothing is under way on it.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future, wait

from sqlalchemy import Connection


class Writing:
    """The writes of one transaction; `aside`: who carries them out, absent: the caller."""

    def __init__(self, connection: Connection, aside: Executor | None) -> None:
        self._connection = connection
        self._aside = aside
        self._under_way: list[Future[None]] = []

    @property
    def is_aside(self) -> bool:
        """One can go on computing while something is written."""
        return self._aside is not None

    @property
    def connection(self) -> Connection:
        """The connection, once all that was handed over is done. Raises what went wrong there."""
        self.settle()
        return self._connection

    def hand_over(self, work: Callable[[Connection], None]) -> None:
        """Have `work` done on the connection, after what was handed over before."""
        if self._aside is None:
            work(self._connection)
        else:
            self._under_way.append(self._aside.submit(work, self._connection))

    def settle(self) -> None:
        """Wait until nothing is under way. Raises what went wrong first."""
        wait(self._under_way)  # for all, whatever became of the first: what follows may roll back
        under_way, self._under_way = self._under_way, []
        for one in under_way:
            one.result()
