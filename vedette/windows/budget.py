"""Error budgets: how many of each monitor's checks were not good in the last minutes, hours and days."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from vedette.events.budgets import WINDOWS_S, Counts, counts_text
from vedette.events.checks import COUNTED, CheckRecord
from vedette.events.signals import Signal
from vedette.statistics.apdex import zone
from vedette.windows.maintenance import in_maintenance
from vedette.windows.votes import Policy

MINUTE_MS, SLOW_MS, HOUR_MS = 60_000, 300_000, 3_600_000
_FIELDS = len(Counts._fields)


class Ring:
    """Counts of the newest `cells` cells of `width_ms`, aligned to the clock (UTC), 12 bytes each."""

    __slots__ = ("_cells", "_counts", "_newest", "_width_ms")

    def __init__(self, width_ms: int, cells: int) -> None:
        self._width_ms, self._cells, self._newest = width_ms, cells, 0
        self._counts = array("I", bytes(4 * _FIELDS * cells))

    def __getstate__(self) -> tuple[int, int, int, bytes]:
        """For a snapshot, as bytes: an array's own pickling takes many times as long."""
        return self._width_ms, self._cells, self._newest, self._counts.tobytes()

    def __setstate__(self, state: tuple[int, int, int, bytes]) -> None:
        """Take a snapshot."""
        self._width_ms, self._cells, self._newest, counts = state
        self._counts = array("I", counts)

    def pass_to(self, at_ms: int) -> None:
        """Let the cell of `at_ms` be the newest, if it is newer; what is too old then is forgotten."""
        cell = at_ms // self._width_ms
        for passed in range(max(self._newest + 1, cell - self._cells + 1), cell + 1):
            place = passed % self._cells * _FIELDS
            self._counts[place : place + _FIELDS] = array("I", (0,) * _FIELDS)
        self._newest = max(self._newest, cell)

    def add(self, at_ms: int, *, down: bool, unsatisfied: bool) -> None:
        """Count one check, if its cell is not too old."""
        self.pass_to(at_ms)
        cell = at_ms // self._width_ms
        if cell <= self._newest - self._cells:
            return
        place = cell % self._cells * _FIELDS
        self._counts[place] += 1
        self._counts[place + 1] += down
        self._counts[place + 2] += unsatisfied

    def last(self, cells: int) -> Counts:
        """The sums over the newest cells, the one that is not over among them."""
        places = [cell % self._cells * _FIELDS for cell in range(self._newest - cells + 1, self._newest + 1)]
        return Counts(*(sum(self._counts[place + number] for place in places) for number in range(_FIELDS)))


def _rings() -> tuple[Ring, Ring, Ring]:
    return Ring(MINUTE_MS, 60), Ring(SLOW_MS, 72), Ring(HOUR_MS, 72)


_KEPT: dict[str, tuple[int, int]] = {
    name: (ring, seconds * 1000 // width)
    for name, seconds in WINDOWS_S.items()
    for ring, width in [(0, MINUTE_MS) if seconds <= 3600 else (1, SLOW_MS) if seconds <= 21_600 else (2, HOUR_MS)]
}
"""In which ring each window is counted, and how many cells it has there."""
_LONGEST = max(WINDOWS_S, key=lambda name: WINDOWS_S[name])


@dataclass(slots=True)
class Budget:
    """The counts of one monitor up to its newest minute: 204 cells, 2,448 bytes, however often it is checked.

    `spent` says that a check was not good since the longest window was told to be free of such, `fresh` that one was
    since the last signal. `told` is that signal's state. `since_ms` is the minute of the first check that counted.
    """

    account: int
    newest_ms: int = 0
    spent: bool = False
    fresh: bool = False
    told: str = ""
    signalled: int = 0
    rings: tuple[Ring, Ring, Ring] = field(default_factory=_rings)
    since_ms: int = 0

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """Take a snapshot; one of an older version did not note when it began: it covers what comes from now on."""
        for name, value in ({"since_ms": state[1]["newest_ms"]} | state[1]).items():
            setattr(self, name, value)

    def windows(self, until_ms: int) -> dict[str, Counts]:
        """The counts of all windows that end at the minute `until_ms`.

        Those above an hour begin with a whole cell, so they are shorter by up to 5 minutes (6h) or an hour (1d, 3d).
        """
        for ring in self.rings:
            ring.pass_to(until_ms - 1)
        return {name: self.rings[ring].last(cells) for name, (ring, cells) in _KEPT.items()}

    def covers(self, name: str, until_ms: int) -> bool:
        """Whether checks have been counted for as long as a window lasts: of a shorter time one failure is much."""
        return until_ms - self.since_ms >= WINDOWS_S[name] * 1000


class BudgetShard:
    """The budgets of one shard's monitors. Time is that of the checks' slots, in the log's order.

    So a replay decides the same, however the results are divided into batches. When a monitor's first check of a new
    minute comes, there is a signal if one before it was not good and is news, and each five minutes while any was not
    good in the longest window; and a last one when none was any more. A monitor without such checks costs no signal.
    """

    def __init__(self) -> None:
        self.monitors: dict[int, Budget] = {}
        self._signals: list[Signal] = []

    def fold(self, result: CheckRecord, policy: Policy, logged_ms: int) -> None:
        """Take in one result that was not seen before, is not late and no re-check, and that the log took then.

        A slot after the log's time counts as of that time, for a probe's clock may be ahead. What is checked in
        maintenance is not counted, nor are slots that were missed and the probe's own faults; their time passes.
        """
        at = min(result.scheduled_ms, logged_ms)
        budget = self.monitors.get(result.monitor)
        if budget is None:
            budget = self.monitors[result.monitor] = Budget(result.account)
        minute = at - at % MINUTE_MS
        if minute > budget.newest_ms:
            self._close(result.monitor, budget, minute, paused=policy.paused)
        if result.outcome not in COUNTED or (policy.windows and in_maintenance(policy.windows, at)):
            return
        down = result.outcome == "down"
        unsatisfied = zone(result.total_ms, result.apdex_t_ms, down) > 0
        budget.since_ms = budget.since_ms or minute
        for ring in budget.rings:
            ring.add(at, down=down, unsatisfied=unsatisfied)
        if unsatisfied:
            budget.spent = budget.fresh = True

    def _close(self, monitor: int, budget: Budget, minute: int, *, paused: bool) -> None:
        """A new minute begins: say what was until then, unless the monitor is paused meanwhile."""
        slow = minute // SLOW_MS > budget.newest_ms // SLOW_MS
        budget.newest_ms = minute
        if paused or not budget.spent or not (budget.fresh or slow):
            return
        windows = budget.windows(minute)
        budget.fresh, budget.spent = False, windows[_LONGEST].unsatisfied > 0
        if budget.spent or budget.told == "spent":
            covered = {name: counts for name, counts in windows.items() if budget.covers(name, minute)}
            self._signal(monitor, budget, "spent" if budget.spent else "whole", minute, counts_text(covered))

    def _signal(self, monitor: int, budget: Budget, state: str, at_ms: int, text: str = "") -> None:
        budget.told = state
        at = budget.signalled = max(at_ms, budget.signalled + 1)
        detail: dict[str, str | int | float | None] = {"monitor": monitor, "budget": text}
        self._signals.append(Signal("budget", budget.account, f"monitor:{monitor}", at, state, detail=detail))

    def review(self, policy: Callable[[int], Policy], removed: Callable[[int], bool]) -> None:
        """Forget monitors that were removed; of those that were paused, nothing is burnt any more."""
        for monitor, budget in list(self.monitors.items()):
            if removed(monitor):
                del self.monitors[monitor]
            elif (known := policy(monitor)).paused and budget.told == "spent":
                self._signal(monitor, budget, "paused", known.changed_ms)

    def take(self) -> list[Signal]:
        """The signals since the last call."""
        found, self._signals = self._signals, []
        return found
