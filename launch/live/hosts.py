"""What is known of each host of a session, from its frames."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from launch.live.following import Event

HISTORY = 60
"""Seconds of a sparkline."""

_RATES = {
    "diskio.read_bytes": "read",
    "diskio.written_bytes": "written",
    "network.received_bytes": "received",
    "network.sent_bytes": "sent",
}


@dataclass(slots=True)
class LiveHost:
    """A host now: its values by name, rates in bytes a second, its busiest processes."""

    name: str
    values: dict[str, float] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    cpu: deque[float | None] = field(default_factory=lambda: deque(maxlen=HISTORY))
    processes: list[list[Any]] = field(default_factory=list)
    seq: int = 0
    ts: int = 0
    heard_at: float = 0.0

    def take(self, frame: dict[str, Any], values: dict[str, float], now: float) -> None:
        """Take a frame. A hole in `seq` is a hole in the history; an agent that began anew counts from 1 again."""
        seq, ts = frame["seq"], frame["ts"]
        anew = seq <= self.seq
        if anew and ts <= self.ts:
            return  # seen before
        missing = 1 if anew else seq - self.seq - 1 if self.seq else 0
        self.cpu.extend([None] * min(HISTORY, missing))
        self.rates = self._rates(values, (ts - self.ts) / 1000) if self.ts and not anew else {}
        self.cpu.append(values.get("cpu.used_ratio"))
        self.values, self.seq, self.ts, self.heard_at = values, seq, ts, now
        self.processes = frame.get("processes") or []

    def _rates(self, values: dict[str, float], seconds: float) -> dict[str, float]:
        rates: dict[str, float] = {}
        for name, total in values.items():
            bare, _, labels = name.partition("{")
            kind = _RATES.get(bare)
            if kind is None or 'interface="lo"' in labels or seconds <= 0:
                continue
            before = self.values.get(name)
            if before is not None:
                increase = total - before if total >= before else total
                rates[kind] = rates.get(kind, 0.0) + increase / seconds
        return rates


class LiveSession:
    """All hosts of a session, as its events tell of them."""

    def __init__(self) -> None:
        self.hosts: dict[str, LiveHost] = {}
        self.until_ms = 0
        self.now_ms = 0
        self.viewers = 0
        self.lost = False
        self.reason: str | None = None
        self._names: dict[tuple[str, str], list[str]] = {}

    def take(self, event: Event, now: float) -> None:
        """Take an event at the monotonic time `now`."""
        self.lost = event.kind == "lost"
        data = event.data
        match event.kind:
            case "session":
                self.until_ms, self.now_ms = data["until_ms"], data["now"]
                for source in data["sources"]:
                    self.hosts.setdefault(source, LiveHost(source))
            case "schema":
                self._names[data["source"], data["group"]] = data["names"]
            case "frame":
                host = self.hosts.setdefault(data["source"], LiveHost(data["source"]))
                host.take(data, self._values(data), now)
                self.now_ms = max(self.now_ms, data["at"])
            case "tick":
                self.now_ms, self.viewers = data["now"], data["viewers"]
            case "end":
                self.reason = data["reason"]
            case _:
                pass

    def _values(self, frame: dict[str, Any]) -> dict[str, float]:
        values: dict[str, float] = {}
        for group, numbers in frame["values"].items():
            names = self._names.get((frame["source"], group), [])
            if len(names) == len(numbers):
                values.update(zip(names, numbers, strict=True))
        return values
