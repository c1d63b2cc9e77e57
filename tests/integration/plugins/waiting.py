"""Waiting inside an event loop, which goes on meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.patience import PATIENCE_S


async def until(true: Callable[[], bool]) -> None:
    """Poll; fails after a while."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline, "it did not become true"
        await asyncio.sleep(0.02)
