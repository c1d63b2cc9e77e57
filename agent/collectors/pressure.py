"""Pressure: for how much of the time work stood still because CPU, memory or disks were short (PSI of Linux)."""

from __future__ import annotations

from pathlib import Path

from agent.collectors.base import Group, counters, read_optional

_PROC = Path("/proc")
RESOURCES = ("cpu", "memory", "io")


def parse_pressure(resource: str, text: str) -> Group:
    """The group of one file of `/proc/pressure` (kernel documentation, accounting/psi).

    `some`: at least one task waited; `full`: all did, so that nothing was done. Ratios are means over ten seconds and a
    minute, the total of seconds is a counter.
    """
    values: dict[str, float] = {}
    totals = []
    for line in text.splitlines():
        share, *fields = line.split()
        found = dict(field.partition("=")[::2] for field in fields)
        name = f"pressure.{resource}_{share}"
        values[f"{name}_10s_ratio"] = float(found["avg10"]) / 100
        values[f"{name}_1m_ratio"] = float(found["avg60"]) / 100
        values[f"{name}_s"] = float(found["total"]) / 1e6
        totals.append(f"{name}_s")
    return Group(values, counters(totals))


class PressureCollector:
    """`pressure.*`, a group for each resource; nothing where the kernel keeps no account of it."""

    name = "pressure"

    def __init__(self, proc: Path = _PROC) -> None:
        self._folder = proc / "pressure"

    def collect(self, at: float) -> list[Group]:
        """At most one group for each of `RESOURCES`."""
        texts = {resource: read_optional(self._folder / resource) for resource in RESOURCES}
        return [parse_pressure(resource, text) for resource, text in texts.items() if text]
