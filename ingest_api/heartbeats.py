"""Heartbeats as the API shows them: what is known of each, and in which state that means it is."""

from __future__ import annotations

from typing import Any

from vedette.events.checks import HEARTBEAT

_UNKNOWN: dict[str, Any] = {
    "pings": 0,
    "last_ping_ms": None,
    "running_since_ms": None,
    "next_expected_ms": None,
    "down_after_ms": None,
}


def show(
    monitor: dict[str, Any], known: dict[str, Any] | None, places: list[dict[str, Any]], now_ms: int
) -> dict[str, Any]:
    """The heartbeat's state, when it pinged last, and when the next ping is due.

    `new` before the first ping, `late` while a ping is due but still within its grace.
    """
    found = known or _UNKNOWN
    return {"state": _state(monitor, found, places, now_ms), **found}


def _state(monitor: dict[str, Any], known: dict[str, Any], places: list[dict[str, Any]], now_ms: int) -> str:
    if monitor["paused"]:
        return "paused"
    outcome = next((place["outcome"] for place in places if place["location"] == HEARTBEAT), None)
    if outcome != "up":
        return "new" if outcome is None else "down"
    due = known["next_expected_ms"]
    return "late" if due is not None and due < now_ms else "up"
