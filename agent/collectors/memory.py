"""Main memory: how much there is and how much of it is in use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psutil

from agent.collectors.base import Group

_FIELDS = ("total", "used", "available", "cached", "buffers")


class MemoryCollector:
    """`memory.*` in bytes. `memory.used_ratio` is what is not available without swapping, over the total.

    Fields that the system does not tell (cached and buffers outside Linux) are absent.
    """

    name = "memory"

    def __init__(self, read: Callable[[], Any] = psutil.virtual_memory) -> None:
        self._read = read

    def collect(self, at: float) -> list[Group]:
        """One group."""
        reading = self._read()
        values = {
            f"memory.{field}_bytes": float(getattr(reading, field)) for field in _FIELDS if hasattr(reading, field)
        }
        total = float(reading.total)
        values["memory.used_ratio"] = 1.0 - reading.available / total if total > 0 else 0.0
        return [Group(values)]
