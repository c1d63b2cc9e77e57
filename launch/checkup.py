"""Checkup: what counts as well, decided from what was found; `vedette doctor` finds it and says what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from launch.up.roster import ChildRecord
from vedette.errors import VedetteError
from vedette.events.topics import TOPICS
from vedette.settings import LogSettings

MANY_RESTARTS, RESTARTS_MS = 2, 10 * 60_000
"""More restarts than this within this time are too many."""
OLD_INTERVALS, OLD_S = 5, 30
"""A result older than this many of its monitor's intervals and this many seconds is old."""


class NotWell(VedetteError):
    """A part is not well; the text says what to do."""

    code = "not-well"


def process_state(pid: int) -> str:
    """Linux's letter for it (R, S, D, T, Z, …; see proc(5)); empty if there is none, "?" where there is no /proc."""
    if not Path("/proc/self").exists():
        return "?"
    try:
        # The name in parentheses may itself hold spaces and parentheses.
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return ""


def processes(children: Sequence[ChildRecord], now_ms: int, state_of: Callable[[int], str] = process_state) -> str:
    """Whether each process runs and stays; `NotWell` names all that do not, with their output files."""
    found = [trouble for child in children if (trouble := _trouble(child, state_of(child.pid), now_ms)) is not None]
    if found:
        raise NotWell("; ".join(found))
    return f"{len(children)} run"


def _trouble(child: ChildRecord, state: str, now_ms: int) -> str | None:
    if state in {"T", "t"}:
        return f"{child.name} is stopped: `kill -CONT {child.pid}` lets it go on"
    if state in {"", "X", "Z"}:
        return f"{child.name} does not run: look at {child.output}"
    recent = sum(now_ms - at <= RESTARTS_MS for at in child.restarted_ms)
    if recent > MANY_RESTARTS:
        return f"{child.name} was restarted {recent} times in 10 minutes: look at {child.output}"
    return None


def database(missing: Sequence[str], unknown: Sequence[str], tables: str) -> str:
    """Whether its tables are those of this program; `tables` says how they are kept."""
    if unknown:
        raise NotWell(f"has {', '.join(unknown)}, from a newer Vedette: install that version here")
    if missing:
        raise NotWell(f"lacks {', '.join(missing)}: run `vedette migrate`")
    return f"answers, and its tables are up to date: {tables}"


def log(settings: LogSettings, found: Mapping[str, int]) -> str:
    """Whether all topics are there; `found` are those that are, with the number of their partitions."""
    what, _, where = settings.log_url.partition("://")
    what = "Kafka" if what == "kafka" else what
    missing = sorted(set(TOPICS) - set(found))
    if missing:
        names = ", ".join(settings.kafka_prefix + name for name in missing)
        raise NotWell(
            f"{what} at {where} lacks {names}, or hides them from this user: the gateway and the flows make them"
            f" when they start (VEDETTE_LOG_PARTITIONS={settings.log_partitions}), if their user may"
        )
    counts = sorted(set(found.values()))
    different = f" (VEDETTE_LOG_PARTITIONS={settings.log_partitions} is for new topics)"
    told = "" if counts == [settings.log_partitions] else different
    return f"{what} at {where} answers; its topics have {' or '.join(map(str, counts))} partitions{told}"


def hosts(sources: Iterable[dict[str, Any]]) -> str:
    """Whether every host reports. A sender without an interval is no host: nobody knows when it should come back."""
    found = [row for row in sources if (row["interval_ms"] or 0) > 0]
    silent = [row["source"] for row in found if row["state"] == "silent"]
    if not found:
        raise NotWell("none has reported; run `vedette agent` on one (its output tells why it cannot report)")
    if silent:
        raise NotWell(f"silent: {', '.join(silent)}; look at the agent there, and at the rollup flow's output here")
    return f"{len(found)} reporting"


def endpoints(monitors: Iterable[dict[str, Any]], now_ms: int, look_at: str, since_ms: int = 0) -> str:
    """Whether results come in. One old monitor may have its reason; if all are old, the probe or its flow is away.

    What was made, or is checked again, only since then (`since_ms`: when the probe was started) has its time to come.
    """
    active = [row for row in monitors if not row["paused"]]
    newest = {row["name"]: max((place["at_ms"] for place in row["places"]), default=0) for row in active}
    if active and all(
        now_ms - max(newest[row["name"]], row["created_ms"], since_ms)
        > (OLD_INTERVALS * row["interval_s"] + OLD_S) * 1000
        for row in active
    ):
        oldest = min(newest, key=lambda name: newest[name])
        age = f"{(now_ms - newest[oldest]) // 1000} s ago" if newest[oldest] else "never"
        raise NotWell(f"no new result of any; the oldest is {oldest} ({age}): look at {look_at}")
    return f"{len(active)} checked"


def channels(rows: Iterable[dict[str, Any]]) -> str:
    """Whether notifications can go everywhere they should."""
    found = list(rows)
    disabled = [f"{row['name']} ({row['disabled_reason']})" for row in found if row["disabled_reason"]]
    if disabled:
        raise NotWell(f"disabled: {', '.join(disabled)}; mend the receiver, then make the channel anew")
    return f"{len(found)} enabled"


def notifications(waiting: int, look_at: str) -> str:
    """Whether all are delivered; `waiting` counts those that have been pending for too long."""
    if waiting:
        raise NotWell(f"{waiting} have waited for more than 2 minutes: look at {look_at}, and at their receivers")
    return "none waits"
