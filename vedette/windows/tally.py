"""Tally: what a window of checks of one monitor at one location counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vedette.events.checks import COUNTED, HEARTBEAT, OUTCOMES, CheckRecord
from vedette.statistics.apdex import zone
from vedette.statistics.minutes import Minutes, from_bytes
from vedette.statistics.sketch import Sketch
from vedette.store.checks import CheckWindow

Place = tuple[int, str]
"""A monitor at a location."""


@dataclass(slots=True)
class Tally:
    """Counts of one window; `members` are the (slot, attempt) of its checks, so that one seen twice counts once."""

    zones: list[int] = field(default_factory=lambda: [0, 0, 0])
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    members: set[tuple[int, int]] = field(default_factory=set)
    apdex_t_ms: int = 500
    sum_ms: float = 0.0
    min_ms: float | None = None
    max_ms: float | None = None
    sketch: Sketch = field(default_factory=Sketch)
    fresh: list[float] = field(default_factory=list)
    minutes: Minutes | None = field(default_factory=Minutes)
    """None if it is not known which they were."""

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """A snapshot from before minutes were noted has none."""
        for name, value in ({"minutes": None} | state[1]).items():
            setattr(self, name, value)

    def add(self, result: CheckRecord, minute: int = 0) -> None:
        """Count one result of the window's minute of that number.

        Times are those of checks that did not fail; a ping without a start has none.
        """
        self.outcomes[result.outcome] += 1
        if self.apdex_t_ms != result.apdex_t_ms:
            self.apdex_t_ms, self.zones = result.apdex_t_ms, [0, 0, 0]  # scores by two targets do not mix
        if result.outcome not in COUNTED:
            return
        failed = result.outcome == "down"
        if self.minutes is not None:
            self.minutes |= Minutes(not failed, 1).later(minute)
        self.zones[zone(result.total_ms, result.apdex_t_ms, failed)] += 1
        if not failed and (result.total_ms > 0 or result.location != HEARTBEAT):
            ms = result.total_ms
            self.sum_ms += ms
            self.min_ms = ms if self.min_ms is None else min(ms, self.min_ms)
            self.max_ms = ms if self.max_ms is None else max(ms, self.max_ms)
            self.fresh.append(ms)

    def row(self, place: Place, bucket_ms: int, minutes: int = 1) -> CheckWindow:
        """The counts as a row of a window of so many minutes."""
        good, counted = (None, None) if self.minutes is None or minutes == 1 else self.minutes.to_bytes(minutes)
        if self.fresh:
            self.sketch.add(self.fresh)
            self.fresh.clear()
        satisfied, tolerating, frustrated = self.zones
        return CheckWindow(
            monitor=place[0],
            location=place[1],
            bucket_ms=bucket_ms,
            apdex_t_ms=self.apdex_t_ms,
            satisfied=satisfied,
            tolerating=tolerating,
            frustrated=frustrated,
            up=self.outcomes["up"],
            degraded=self.outcomes["degraded"],
            down=self.outcomes["down"],
            missed=self.outcomes["missed"],
            probe_error=self.outcomes["probe_error"],
            sum_ms=self.sum_ms,
            min_ms=self.min_ms,
            max_ms=self.max_ms,
            sketch=self.sketch.to_bytes(),
            good=good,
            counted=counted,
        )

    @classmethod
    def of(cls, row: CheckWindow) -> Tally:
        """The tally that gave `row`, but for its members."""
        known = row.good is not None and row.counted is not None
        return cls(
            [row.satisfied, row.tolerating, row.frustrated],
            {name: getattr(row, name) for name in OUTCOMES},
            apdex_t_ms=row.apdex_t_ms,
            sum_ms=row.sum_ms,
            min_ms=row.min_ms,
            max_ms=row.max_ms,
            sketch=Sketch.from_bytes(row.sketch),
            minutes=from_bytes(row.good or b"", row.counted or b"") if known else None,
        )

    def join(self, other: Tally, minute: int) -> None:
        """Add a window that begins so many minutes after this one."""
        self.zones = [mine + more for mine, more in zip(self.zones, other.zones, strict=True)]
        self.outcomes = {name: count + other.outcomes[name] for name, count in self.outcomes.items()}
        self.apdex_t_ms = other.apdex_t_ms
        self.sum_ms += other.sum_ms
        self.min_ms = min((ms for ms in (self.min_ms, other.min_ms) if ms is not None), default=None)
        self.max_ms = max((ms for ms in (self.max_ms, other.max_ms) if ms is not None), default=None)
        self.sketch.merge(other.sketch)
        self.fresh += other.fresh
        if self.minutes is not None:
            self.minutes = None if other.minutes is None else self.minutes | other.minutes.later(minute)
