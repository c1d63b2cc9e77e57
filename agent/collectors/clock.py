"""The clock: whether it is kept in time, and how far it may be off, as the kernel knows it from NTP."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import NamedTuple

from agent.collectors.base import Group

_UNSYNCHRONIZED, _NANOSECONDS, _ERROR = 0x40, 0x2000, 5


class Reading(NamedTuple):
    """Seconds; `synchronized` is whether anything keeps the clock in time."""

    offset_s: float
    estimated_error_s: float
    largest_error_s: float
    synchronized: bool


class _Timex(ctypes.Structure):
    """`struct timex` of Linux (adjtimex(2)), up to what is read of it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_long * 32),
    )


def read_clock() -> Reading | None:
    """What the kernel says; None on other systems. Only asks: nothing is set, and no right is needed."""
    if sys.platform != "linux":
        return None
    timex = _Timex()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    if state < 0:
        return None
    unit = 1e-9 if timex.status & _NANOSECONDS else 1e-6
    held = state != _ERROR and not timex.status & _UNSYNCHRONIZED
    return Reading(timex.offset * unit, timex.esterror * 1e-6, timex.maxerror * 1e-6, held)


class ClockCollector:
    """`clock.*`: offset, estimated and largest error in seconds, and whether the clock is synchronized (1 or 0)."""

    name = "clock"

    def __init__(self, read: Callable[[], Reading | None] = read_clock) -> None:
        self._read = read

    def collect(self, at: float) -> list[Group]:
        """One group; none on other systems."""
        reading = self._read()
        if reading is None:
            return []
        values = {
            "clock.offset_s": reading.offset_s,
            "clock.estimated_error_s": reading.estimated_error_s,
            "clock.largest_error_s": reading.largest_error_s,
            "clock.synchronized": float(reading.synchronized),
        }
        return [Group(values)]
