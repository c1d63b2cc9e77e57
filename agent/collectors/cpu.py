"""The processor: how its time was spent since the previous reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from agent.collectors.base import Group, counters

_PARTS: dict[str, tuple[str, ...]] = {
    "cpu.user_ratio": ("user",),
    "cpu.system_ratio": ("system",),
    "cpu.idle_ratio": ("idle",),
    "cpu.iowait_ratio": ("iowait",),
    "cpu.steal_ratio": ("steal",),
    "cpu.nice_ratio": ("nice",),
    "cpu.irq_ratio": ("irq", "softirq"),
}
_STATES = tuple(state for states in _PARTS.values() for state in states)
_COUNTERS = counters(("cpu.interrupts", "cpu.context_switches"))


@dataclass(frozen=True, slots=True)
class CpuReading:
    """Seconds since boot by state over all cores, totals since boot, and the number of logical cores."""

    times: Mapping[str, float]
    interrupts: float
    context_switches: float
    count: int


def read_cpu() -> CpuReading:
    """The reading of this machine."""
    stats = psutil.cpu_stats()
    times = psutil.cpu_times()._asdict()
    return CpuReading(times, stats.interrupts, stats.ctx_switches, psutil.cpu_count() or 1)


def cpu_ratios(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """Shares of the time between two readings, 0..1; empty if no time passed.

    A state that went back counts as zero, not as a reset: the kernel lets iowait and steal go back a little.
    States that this system does not know are absent. `guest` is part of `user` and not counted again.
    """
    spent = {state: max(0.0, after[state] - before.get(state, 0.0)) for state in _STATES if state in after}
    total = sum(spent.values())
    if total <= 0:
        return {}
    ratios = {
        name: sum(spent.get(state, 0.0) for state in states) / total
        for name, states in _PARTS.items()
        if any(state in spent for state in states)
    }
    rest = ratios.get("cpu.idle_ratio", 0.0) + ratios.get("cpu.iowait_ratio", 0.0)
    ratios["cpu.used_ratio"] = max(0.0, 1.0 - rest)
    return ratios


class CpuCollector:
    """`cpu.*`: the shares are those since the previous collection, at the first one those since boot.

    Where no time has passed between two collections, the shares of the earlier one are repeated.
    """

    name = "cpu"

    def __init__(self, read: Callable[[], CpuReading] = read_cpu) -> None:
        self._read = read
        self._before: Mapping[str, float] = {}
        self._ratios: dict[str, float] = {}

    def collect(self, at: float) -> list[Group]:
        """One group."""
        reading = self._read()
        self._ratios = cpu_ratios(self._before, reading.times) or self._ratios
        self._before = reading.times
        values = {
            **self._ratios,
            "cpu.count": float(reading.count),
            "cpu.interrupts": float(reading.interrupts),
            "cpu.context_switches": float(reading.context_switches),
        }
        return [Group(values, _COUNTERS)]
