"""Trend changes: the steps and declines of monitors as rows and signals, from being found to being over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vedette.events.names import hash64
from vedette.events.signals import Signal
from vedette.store.trends import ChangeRow

Kind = Literal["step", "decline"]
SETTLED_MS = 7 * 86_400_000
"""So long after it was found, a step is the usual: its row is ended, and an alert of it resolved."""


@dataclass(slots=True)
class Changes:
    """What has happened since the last look."""

    rows: list[ChangeRow] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


def change_id(monitor: int, kind: Kind, found_ms: int) -> int:
    """The identity of a change; it follows from what was found, so that a replay writes the same row."""
    return hash64("trend", monitor, kind, found_ms)


def ended(row: ChangeRow, at_ms: int, reason: str) -> ChangeRow:
    """The same change, over since `at_ms`."""
    return row._replace(state="ended", ended_ms=at_ms, reason=reason)


def signal_of(row: ChangeRow, at_ms: int, state: str) -> Signal:
    """What is signalled of a change: `down` or `up` when it is found, `over` when it is ended and no other follows."""
    return Signal(
        "trend",
        row.account,
        f"monitor:{row.monitor}",
        at_ms,
        state,
        value=row.size,
        detail={
            "monitor": row.monitor,
            "trend": row.kind,
            "change": str(row.id),
            "start_ms": row.start_ms,
            "expected": round(row.expected, 6),
        },
    )


class OpenSteps:
    """The one step of each monitor that is not over yet."""

    def __init__(self) -> None:
        self._open: dict[int, ChangeRow] = {}

    def find(self, row: ChangeRow, into: Changes) -> None:
        """A step was found: what was open of its monitor is over. One found while learning is only recorded."""
        if row.learning:
            into.rows.append(ended(row, row.found_ms, "learning"))
            return
        before = self._open.get(row.monitor)
        if before is not None:
            reason = "superseded" if before.direction == row.direction else "returned"
            into.rows.append(ended(before, row.found_ms, reason))
        self._open[row.monitor] = row
        into.rows.append(row)
        into.signals.append(signal_of(row, row.found_ms, row.direction))

    def settle(self, now_ms: int, into: Changes) -> None:
        """End what has lasted long enough."""
        for row in [row for row in self._open.values() if row.found_ms + SETTLED_MS <= now_ms]:
            self.drop(row.monitor)
            at = row.found_ms + SETTLED_MS
            into.rows.append(ended(row, at, "settled"))
            into.signals.append(signal_of(row, at, "over"))

    def drop(self, monitor: int) -> ChangeRow | None:
        """Forget what is open of a monitor that is no longer watched, or watched anew."""
        return self._open.pop(monitor, None)

    def begin_anew(self, monitor: int, now_ms: int, into: Changes) -> None:
        """The monitor is measured otherwise from now on: its step is over."""
        row = self.drop(monitor)
        if row is not None:
            into.rows.append(ended(row, now_ms, "measured anew"))
            into.signals.append(signal_of(row, now_ms, "over"))
