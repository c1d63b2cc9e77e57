"""Disk input and output: what each block device moved, and how busy that kept it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import psutil

from agent.collectors.base import Group, counters, increase, series

_MEMORY = re.compile(r"(loop|ram|zram|fd|sr)\d+")
"""Devices without a disk behind them, and drives for media that nobody changes any more."""


class IoReading(NamedTuple):
    """Totals since boot of one device; times in milliseconds, `busy_ms` only where the system tells it."""

    read_bytes: float
    written_bytes: float
    reads: float
    writes: float
    waited_ms: float
    busy_ms: float | None


def read_io() -> dict[str, IoReading]:
    """The totals of every block device."""
    found: Mapping[str, Any] = psutil.disk_io_counters(perdisk=True, nowrap=False) or {}
    return {
        device: IoReading(
            io.read_bytes,
            io.write_bytes,
            io.read_count,
            io.write_count,
            getattr(io, "read_time", 0) + getattr(io, "write_time", 0),
            getattr(io, "busy_time", None),
        )
        for device, io in found.items()
    }


def read_uptime() -> float:
    """Seconds since boot."""
    return time.time() - psutil.boot_time()


def whole_disks(devices: Collection[str]) -> list[str]:
    """The devices to report: no memory devices, and no partition whose disk is there."""
    parts = {
        device
        for device in devices
        for disk in devices
        if disk != device
        and device.startswith(disk)
        and re.fullmatch(r"p\d+" if disk[-1].isdigit() else r"\d+", device[len(disk) :])
    }
    return sorted(device for device in devices if device not in parts and not _MEMORY.fullmatch(device))


def activity(before: IoReading | None, after: IoReading, elapsed_s: float) -> dict[str, float]:
    """Utilization 0..1, mean wait of a request in ms, and mean number of requests in the queue.

    Without `before` everything that `after` holds happened within `elapsed_s`. All zero if no time passed.
    """
    waited = increase(before.waited_ms if before else 0.0, after.waited_ms)
    requests = increase(before.reads + before.writes if before else 0.0, after.reads + after.writes)
    elapsed_ms = elapsed_s * 1000
    found: dict[str, float] = {}
    if after.busy_ms is not None:
        busy = increase((before.busy_ms or 0.0) if before else 0.0, after.busy_ms)
        found["utilization_ratio"] = min(1.0, busy / elapsed_ms) if elapsed_ms > 0 else 0.0
    found["await_ms"] = waited / requests if requests > 0 else 0.0
    found["queue_length"] = waited / elapsed_ms if elapsed_ms > 0 else 0.0
    return found


class DiskIoCollector:
    """`diskio.*{device}`: one group for each whole disk.

    Totals are counters; the rest describes the time since the previous collection, at the first one the
    time since boot, and for a device that was plugged in meanwhile all it did.
    """

    name = "diskio"

    def __init__(
        self,
        read: Callable[[], dict[str, IoReading]] = read_io,
        uptime: Callable[[], float] = read_uptime,
    ) -> None:
        self._read = read
        self._uptime = uptime
        self._before: dict[str, IoReading] = {}
        self._at: float | None = None

    def collect(self, at: float) -> list[Group]:
        """A device that vanished has no group any more."""
        elapsed = self._uptime() if self._at is None else at - self._at
        now = self._read()
        groups = [self._group(device, now[device], elapsed) for device in whole_disks(now.keys())]
        self._before, self._at = now, at
        return groups

    def _group(self, device: str, io: IoReading, elapsed: float) -> Group:
        totals = {
            series("diskio.read_bytes", device=device): float(io.read_bytes),
            series("diskio.written_bytes", device=device): float(io.written_bytes),
            series("diskio.reads", device=device): float(io.reads),
            series("diskio.writes", device=device): float(io.writes),
        }
        rates = activity(self._before.get(device), io, elapsed)
        described = {series(f"diskio.{name}", device=device): value for name, value in rates.items()}
        return Group(totals | described, counters(totals))
