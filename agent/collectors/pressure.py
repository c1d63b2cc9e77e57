"""Pressure: for how much of the time work stood still because CPU, memory or disks were short (PSI of Linux)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
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

    def __init__(self, read: Callable[[str], str | None] | None = None, proc: Path = _PROC) -> None:
        self._read = read or partial(_read, proc)

    def collect(self, at: float) -> list[Group]:
        """At most one group for each of `RESOURCES`."""
        texts = {resource: self._read(resource) for resource in RESOURCES}
        return [parse_pressure(resource, text) for resource, text in texts.items() if text]


def _read(proc: Path, resource: str) -> str | None:
    return read_optional(proc / "pressure" / resource)
