"""How does long work keep the garbage collector out of its way?"""

import gc


def spare_the_collector() -> None:
    """For long work: events come by the thousand and hold no cycles, so collect less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
