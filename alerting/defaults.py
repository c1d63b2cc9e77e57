"""The rules that a new account starts with: few, quiet, and each worth getting up for or looking at in the morning.

What they raise on a quiet fleet, and that they find what they are for, is measured by `benchmarks/quiet_week.py`.
"""

from __future__ import annotations

from alerting.rules import (
    AnyRule,
    Degraded,
    Drift,
    HostFlag,
    HostSilent,
    ModelSilent,
    Outage,
    PluginNotice,
    Threshold,
    Trend,
)

_READ_ONLY = "/snap/.*|/run/.*|/boot/efi"
"""Mounts that are full by nature, or belong to nobody."""


def default_rules() -> list[AnyRule]:
    """A new list of them, the gravest first."""
    return [
        Outage(name="Outage", kind="outage", unknown=True),
        HostSilent(name="Host silent", kind="host_silent"),
        _threshold(
            "Disk full", f'disk.used_ratio{{mount!~"{_READ_ONLY}"}}', 0.97, 120, clear_below=0.95, severity="critical"
        ),
        _threshold("Disk nearly full", f'disk.used_ratio{{mount!~"{_READ_ONLY}"}}', 0.9, 900, clear_below=0.88),
        _threshold("Inodes run out", f'disk.inodes_used_ratio{{mount!~"{_READ_ONLY}"}}', 0.95, 900, clear_below=0.93),
        _threshold("Memory nearly full", "memory.used_ratio", 0.95, 600, clear_below=0.9),
        _threshold("Work waits for memory", "pressure.memory_some_1m_ratio", 0.2, 300, clear_below=0.1),
        _threshold("Work waits for disks", "pressure.io_full_1m_ratio", 0.5, 900, clear_below=0.3),
        _threshold("Processors busy", "cpu.used_ratio", 0.95, 3600, clear_below=0.9),
        HostFlag(name="Host reports twice", kind="host_flag", flag="clone"),
        HostFlag(name="Clock is off", kind="host_flag", flag="clock"),
        Degraded(name="Degraded", kind="degraded", for_s=600),
        Trend(name="Apdex has fallen", kind="trend", minimum=0.01),
        ModelSilent(name="Model silent", kind="model_silent"),
        Drift(name="Drift", kind="drift", windows=2),
        PluginNotice(name="Plugin notice", kind="plugin_notice"),
    ]


def _threshold(
    name: str, series: str, above: float, for_s: int, clear_below: float, severity: str = "warning"
) -> Threshold:
    return Threshold.model_validate(
        {
            "name": name,
            "kind": "threshold",
            "series": series,
            "above": above,
            "for_s": for_s,
            "clear_below": clear_below,
            "severity": severity,
        }
    )
