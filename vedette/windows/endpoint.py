"""The endpoints of one shard: check results in; raw rows, states, minute and hour windows, outage signals out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from vedette.events.checks import COUNTED, HEARTBEAT, OUTCOMES, CheckRecord
from vedette.events.signals import Signal
from vedette.statistics.apdex import zone
from vedette.statistics.sketch import Sketch
from vedette.store.checks import CheckBatch, CheckWindow, StateRow

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
NOBODY_SILENT: Mapping[str, int] = MappingProxyType({})
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

    def add(self, result: CheckRecord) -> None:
        """Count one result; times are those of checks that did not fail (a ping without a start has none)."""
        self.outcomes[result.outcome] += 1
        self.apdex_t_ms = result.apdex_t_ms
        if result.outcome not in COUNTED:
            return
        failed = result.outcome == "down"
        self.zones[zone(result.total_ms, result.apdex_t_ms, failed)] += 1
        if not failed and (result.total_ms > 0 or result.location != HEARTBEAT):
            ms = result.total_ms
            self.sum_ms += ms
            self.min_ms = ms if self.min_ms is None else min(ms, self.min_ms)
            self.max_ms = ms if self.max_ms is None else max(ms, self.max_ms)
            self.fresh.append(ms)

    def row(self, place: Place, bucket_ms: int) -> CheckWindow:
        """The counts as a row."""
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
        )


@dataclass(slots=True)
class PlaceState:
    """One monitor at one location: its watermark, its last counted result, and how many in a row have failed."""

    account: int
    watermark: int = 0
    last: tuple[int, int] = (0, 0)
    state: StateRow | None = None
    failures: int = 0
    signalled: int = 0
    minutes: dict[int, Tally] = field(default_factory=dict)
    hours: dict[int, Tally] = field(default_factory=dict)


class EndpointShard:
    """The state of one shard. All decisions follow from results in the log's order, so a replay repeats them.

    A result is a duplicate if its (slot, attempt) is in its minute already; it is late if its place's own
    watermark has passed the minute's end by more than `lateness_ms`. A late one is kept raw, but not counted.
    Hours count what minutes count.
    """

    def __init__(self, lateness_ms: int = 120_000) -> None:
        self._lateness_ms = lateness_ms
        self.places: dict[Place, PlaceState] = {}
        self._results: list[CheckRecord] = []
        self._signals: list[Signal] = []
        self._changed: dict[Place, set[int]] = {}
        self.late = self.duplicates = 0

    def fold(self, result: CheckRecord, silence: Mapping[str, int] = NOBODY_SILENT) -> None:
        """Take in one result. `silence` goes into the detail of its signal: why nobody is to be called."""
        place = (result.monitor, result.location)
        state = self.places.get(place)
        if state is None:
            state = self.places[place] = PlaceState(result.account)
        minute = result.scheduled_ms - result.scheduled_ms % MINUTE_MS
        if minute + MINUTE_MS + self._lateness_ms <= state.watermark:
            self.late += 1
            self._results.append(result)
            return
        tally = state.minutes.setdefault(minute, Tally())
        member = (result.scheduled_ms, result.attempt)
        if member in tally.members:
            self.duplicates += 1
            return
        tally.members.add(member)
        state.watermark = max(state.watermark, result.scheduled_ms)
        tally.add(result)
        state.hours.setdefault(minute - minute % HOUR_MS, Tally()).add(result)
        self._changed.setdefault(place, set()).add(minute)
        self._results.append(result)
        if result.outcome in COUNTED and member > state.last:
            self._move(place, state, result, member, silence)

    def _move(
        self, place: Place, state: PlaceState, result: CheckRecord, member: tuple[int, int], silence: Mapping[str, int]
    ) -> None:
        state.last = member
        failed = result.outcome == "down"
        before = state.state
        was_down = before is not None and before.outcome == "down"
        # A re-check of the same slot is no further failure in a row.
        state.failures = max(1, state.failures + (result.attempt == 1)) if failed else 0
        since = before.since_ms if before is not None and before.outcome == result.outcome else result.scheduled_ms
        state.state = StateRow(
            *place, result.outcome, result.scheduled_ms, since, result.total_ms, result.status, result.error
        )
        # A failure is signalled each time, so that a rule can wait for a number of them; an up only once.
        if failed or was_down or before is None:
            detail: dict[str, str | int | float | None] = {
                "failures": state.failures,
                "monitor": result.monitor,
                "location": result.location,
                "error": result.error,
                "status": result.status,
                **silence,
            }
            # The end of the check, but always after the signal before: a check that took long may end after a later
            # one, clocks are set back, and an up that came with an older time would be ignored for ever.
            at = state.signalled = max(result.started_ms + round(result.total_ms), state.signalled + 1)
            subject = f"monitor:{result.monitor}@{result.location}"
            self._signals.append(
                Signal("endpoint", result.account, subject, at, "down" if failed else "up", detail=detail)
            )

    def flush(self) -> tuple[CheckBatch, list[Signal]] | None:
        """What is to be written since the last flush; closed windows are forgotten afterwards."""
        if not self._results and not self._signals:
            return None
        minutes: list[CheckWindow] = []
        hours: list[CheckWindow] = []
        states: list[StateRow] = []
        for place, changed in self._changed.items():
            state = self.places[place]
            minutes += [state.minutes[start].row(place, start) for start in sorted(changed)]
            starts = sorted({start - start % HOUR_MS for start in changed})
            hours += [state.hours[start].row(place, start) for start in starts]
            if state.state is not None:
                states.append(state.state)
            self._forget(state)
        batch = CheckBatch(self._results, states, minutes, hours)
        signals = self._signals
        self._results, self._signals, self._changed = [], [], {}
        return batch, signals

    def _forget(self, state: PlaceState) -> None:
        open_from = state.watermark - self._lateness_ms
        state.minutes = {start: t for start, t in state.minutes.items() if start + MINUTE_MS > open_from}
        # An hour stays open as long as any of its minutes could still count something.
        state.hours = {start: t for start, t in state.hours.items() if start + HOUR_MS > open_from}
