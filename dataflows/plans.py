"""Plans: what stored definitions of heartbeats ask for."""

from __future__ import annotations

from typing import Any

from vedette.windows.beat import Plan
from vedette.windows.schedule import Every, Schedule, Times


def plan_of(config: dict[str, Any], *, paused: bool) -> Plan | None:
    """The plan in a monitor's stored definition; None if it is no heartbeat."""
    if config.get("kind") != "heartbeat":
        return None
    schedule: Schedule
    if config.get("cron") is not None:
        schedule = Times(config["cron"], config.get("zone", "UTC"))
    else:
        schedule = Every(config["every_s"] * 1000)
    longest = config.get("max_run_s")
    return Plan(schedule, config["grace_s"] * 1000, None if longest is None else longest * 1000, paused)
