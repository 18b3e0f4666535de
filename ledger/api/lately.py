"""What was worked out lately, and would take long to work out again?"""

from collections import OrderedDict
from threading import Lock

KEPT = 8


class Lately:
    """The newest answers by name; the oldest go. For all threads of a server."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: OrderedDict[str, str] = OrderedDict()

    def keep(self, name: str, answer: str) -> None:
        with self._lock:
            self._answers[name] = answer
            self._answers.move_to_end(name)
            while len(self._answers) > KEPT:
                self._answers.popitem(last=False)

    def get(self, name: str) -> str | None:
        with self._lock:
            return self._answers.get(name)
