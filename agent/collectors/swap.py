"""Swap: how much is in use, and how much moved in and out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psutil

from agent.collectors.base import Group, counters

_COUNTERS = counters(("swap.in_bytes", "swap.out_bytes"))


class SwapCollector:
    """`swap.*` in bytes; a host without swap reports zeros, so that its layout is everyone's."""

    name = "swap"

    def __init__(self, read: Callable[[], Any] = psutil.swap_memory) -> None:
        self._read = read

    def collect(self, at: float) -> list[Group]:
        """One group."""
        reading = self._read()
        values = {
            "swap.total_bytes": float(reading.total),
            "swap.used_bytes": float(reading.used),
            "swap.used_ratio": reading.used / reading.total if reading.total > 0 else 0.0,
            "swap.in_bytes": float(reading.sin),
            "swap.out_bytes": float(reading.sout),
        }
        return [Group(values, _COUNTERS)]
