"""Endpoint windows in plain Python: keep every result, and count them all at the end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vedette.events.checks import CheckRecord
from vedette.statistics.apdex import zone

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
Place = tuple[int, str]
Key = tuple[int, str, int]
"""Monitor, location, start of the window."""


@dataclass
class EndpointOracle:
    lateness_ms: int
    seen: set[tuple[int, str, int, int]] = field(default_factory=set)
    watermark: Counter[Place] = field(default_factory=Counter)
    counted: list[CheckRecord] = field(default_factory=list)
    judged: list[CheckRecord] = field(default_factory=list)
    raw: list[CheckRecord] = field(default_factory=list)
    late: int = 0
    duplicates: int = 0

    def add(self, result: CheckRecord) -> None:
        place = (result.monitor, result.location)
        end = result.scheduled_ms - result.scheduled_ms % MINUTE + MINUTE
        if end + self.lateness_ms <= self.watermark[place]:
            self.late += 1
            self.raw.append(result)
            return
        if result.attempt > 1:
            self.raw.append(result)
            self.judged.append(result)
            return
        identity = (*place, result.scheduled_ms, result.attempt)
        if identity in self.seen:
            self.duplicates += 1
            return
        self.seen.add(identity)
        self.watermark[place] = max(self.watermark[place], result.scheduled_ms)
        self.counted.append(result)
        self.judged.append(result)
        self.raw.append(result)

    def windows(self, width: int) -> dict[Key, dict[str, float | None]]:
        members: dict[Key, list[CheckRecord]] = {}
        for result in self.counted:
            start = result.scheduled_ms - result.scheduled_ms % width
            members.setdefault((result.monitor, result.location, start), []).append(result)
        return {key: self._row(results) for key, results in members.items()}

    def minutes(self, width: int) -> dict[Key, tuple[set[int], set[int]]]:
        """Numbers of the minutes of each window in which a check succeeded, and in which one counted."""
        found: dict[Key, tuple[set[int], set[int]]] = {}
        for result in self.counted:
            start = result.scheduled_ms - result.scheduled_ms % width
            good, counted = found.setdefault((result.monitor, result.location, start), (set(), set()))
            if result.outcome in {"up", "degraded", "down"}:
                counted.add((result.scheduled_ms - start) // MINUTE)
            if result.outcome in {"up", "degraded"}:
                good.add((result.scheduled_ms - start) // MINUTE)
        return found

    @staticmethod
    def _row(results: list[CheckRecord]) -> dict[str, float | None]:
        outcomes = Counter(result.outcome for result in results)
        about = [result for result in results if result.outcome in {"up", "degraded", "down"}]
        zones = Counter(zone(r.total_ms, r.apdex_t_ms, r.outcome == "down") for r in about)
        times = [result.total_ms for result in about if result.outcome != "down"]
        return {
            **{name: outcomes[name] for name in ("up", "degraded", "down", "missed", "probe_error")},  # type: ignore[literal-required]
            "satisfied": zones[0],
            "tolerating": zones[1],
            "frustrated": zones[2],
            "sum_ms": sum(times),
            "min_ms": min(times, default=None),
            "max_ms": max(times, default=None),
            "count": len(times),
        }

    def states(self) -> dict[Place, tuple[str, int, int]]:
        """Outcome, time and since of the newest result that says something about the endpoint, re-checks included."""
        found: dict[Place, tuple[str, int, int]] = {}
        newest: dict[Place, tuple[int, int]] = {}
        for result in self.judged:
            place, order = (result.monitor, result.location), (result.scheduled_ms, result.attempt)
            if result.outcome in {"missed", "probe_error"} or order <= newest.get(place, (0, 0)):
                continue
            before = found.get(place)
            since = before[2] if before is not None and before[0] == result.outcome else result.scheduled_ms
            newest[place], found[place] = order, (result.outcome, result.scheduled_ms, since)
        return found
