"""Patience: trying again until a part that is away is back, because a flow must wait and not drop."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from vedette.errors import Unavailable
from vedette.telemetry import get_logger

T = TypeVar("T")
_FIRST_S, _LONGEST_S = 0.1, 5.0


def persist(
    what: str,
    action: Callable[[], T],
    *,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[float, float], float] = random.uniform,
) -> T:
    """The result of `action`, tried until it no longer raises `Unavailable`; blocks meanwhile, with back-off."""
    wait = _FIRST_S
    while True:
        try:
            return action()
        except Unavailable as error:
            get_logger("sink").warning("sink_waits", what=what, error=str(error), wait_s=wait)
            sleep(jitter(wait / 2, wait))
            wait = min(_LONGEST_S, wait * 2)
