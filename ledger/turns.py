"""How long may one thread of a process keep the others from the interpreter?"""

import sys

TURN = 0.0001
"""Seconds that a thread keeps it while others want it, a fiftieth of Python's default.

A till's request asks for it some thirty times, beside attendance that is folded or a long list that
is made: each time it would wait for whoever computes.
"""


def take_short_turns() -> None:
    """For a process that answers people while it computes for others."""
    sys.setswitchinterval(TURN)
