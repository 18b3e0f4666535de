"""How hard do tests of properties try? Little in every run, much more when asked."""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings

LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
"""Fifty times the examples, and other ones each time."""


def often(count: int) -> int:
    """So many examples, others each time; in the long mode twenty times as many."""
    return count * 20 if LONG else count


def examples(count: int) -> Callable[[Any], Any]:
    """So many examples, always the same ones; in the long mode fifty times as many, at random."""
    return settings(
        max_examples=count * 50 if LONG else count,
        derandomize=not LONG,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
            HealthCheck.filter_too_much,
        ],
    )
