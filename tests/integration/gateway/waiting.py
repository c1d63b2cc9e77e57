"""Waiting for what happens in another thread."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.patience import PATIENCE_S


def until(condition: Callable[[], object], seconds: float = PATIENCE_S) -> None:
    """Return as soon as `condition()` is true; fail if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
