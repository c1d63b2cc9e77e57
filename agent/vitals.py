"""Vitals: what the agent reports about itself."""

from __future__ import annotations

from dataclasses import dataclass

from agent.collectors.base import Group, counters

_COUNTERS = counters(("agent.spool_dropped", "agent.send_failures", "agent.collector_errors"))


@dataclass(frozen=True, slots=True)
class Vitals:
    """The agent at one report: `cpu_s` is what it used in the `elapsed_s` since the report before."""

    uptime_s: float
    elapsed_s: float
    cpu_s: float
    memory_bytes: float
    collect_ms: float
    late_ms: float
    spool_bytes: int
    spool_reports: int
    spool_dropped: int
    send_failures: int
    collector_errors: int


def vitals_group(now: Vitals) -> Group:
    """The group `agent.*`; `agent.cpu_ratio` is a share of one core, 0 if no time passed."""
    values = {
        "agent.cpu_ratio": max(0.0, now.cpu_s / now.elapsed_s) if now.elapsed_s > 0 else 0.0,
        "agent.memory_bytes": now.memory_bytes,
        "agent.collect_ms": now.collect_ms,
        "agent.late_ms": now.late_ms,
        "agent.spool_bytes": float(now.spool_bytes),
        "agent.spool_reports": float(now.spool_reports),
        "agent.spool_dropped": float(now.spool_dropped),
        "agent.send_failures": float(now.send_failures),
        "agent.collector_errors": float(now.collector_errors),
        "agent.uptime_s": now.uptime_s,
    }
    return Group(values, _COUNTERS)
