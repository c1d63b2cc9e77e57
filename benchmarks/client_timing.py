"""How `client.py` and its peer time a call: in batches of ten, less what the timer and the loop cost themselves."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

CALLS = 10
BATCHES = 100
"""So many batches are one burst: a thousand calls, after which the background has time to work."""


def timed(call: Callable[[], object], bursts: int, pause_s: float) -> list[float]:
    """Nanoseconds per call of each batch, timer and loop included.

    What the imports left is collected before: else that falls once among the calls, whoever is called.
    """
    if bursts > 1:
        gc.collect()
    clock = time.perf_counter_ns
    found = []
    for _ in range(bursts):
        for _ in range(BATCHES):
            start = clock()
            for _ in range(CALLS):
                call()
            found.append((clock() - start) / CALLS)
        time.sleep(pause_s)
    return found


def nothing() -> None:
    """A call that does nothing: what is left is the timer, the loop and a call."""


def overhead() -> float:
    """Nanoseconds per call that the timer and the loop cost: the median with a call that does nothing."""
    found = sorted(timed(nothing, 20, 0.0))
    return found[len(found) // 2]
