"""The endpoints of one shard: check results in; raw rows, states, windows of minutes, hours and days, signals out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from vedette.events.checks import COUNTED, CheckRecord
from vedette.events.signals import Signal
from vedette.store.check_phases import PhaseHour
from vedette.store.checks import CheckBatch, CheckWindow, StateRow
from vedette.windows.phases import PhaseHours, has_phases
from vedette.windows.tally import Place, Tally
from vedette.windows.votes import Policy

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
NOBODY_SILENT: Mapping[str, int] = MappingProxyType({})


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
    days: dict[int, Tally] = field(default_factory=dict)
    phases: PhaseHours = field(default_factory=PhaseHours)

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """A snapshot from before days or phases were kept has none."""
        for name, value in ({"days": {}, "phases": PhaseHours()} | state[1]).items():
            setattr(self, name, value)


class EndpointShard:
    """The state of one shard. All decisions follow from results in the log's order, so a replay repeats them.

    A result is a duplicate if its (slot, attempt) is in its minute already; it is late if its place's own
    watermark has passed the minute's end by more than `lateness_ms`. A late one is kept raw, but not counted.
    Neither is a re-check: somebody looked again because of a failure, and that must not weigh more for it. Hours and
    days count what minutes count.
    """

    def __init__(self, lateness_ms: int = 120_000) -> None:
        self._lateness_ms = lateness_ms
        self.places: dict[Place, PlaceState] = {}
        self._results: list[CheckRecord] = []
        self._signals: list[Signal] = []
        self._changed: dict[Place, set[int]] = {}
        self._judged: set[Place] = set()
        self.late = self.duplicates = 0

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take a snapshot; one of an older version lacks what has come since."""
        self._judged = set()
        self.__dict__.update(state)

    def place(self, result: CheckRecord) -> PlaceState:
        """The state of the result's place; a new one if it was never heard of."""
        place = (result.monitor, result.location)
        state = self.places.get(place)
        if state is None:
            state = self.places[place] = PlaceState(result.account)
        return state

    def is_late(self, state: PlaceState, result: CheckRecord) -> bool:
        """Whether the result comes too late to be counted."""
        minute = result.scheduled_ms - result.scheduled_ms % MINUTE_MS
        return minute + MINUTE_MS <= self.open_from(state)

    def open_from(self, state: PlaceState, watermark: int | None = None) -> int:
        """Minutes that end later still count, now or when the watermark is that one."""
        return (state.watermark if watermark is None else watermark) - self._lateness_ms

    def fold(self, result: CheckRecord, silence: Mapping[str, int] | None = NOBODY_SILENT) -> bool:
        """Take in one result. `silence` goes into the detail of its signal: why nobody is to be called.

        None: nobody watches the monitor there any more, and nothing is signalled. Says whether the result is counted.
        """
        place = (result.monitor, result.location)
        state = self.place(result)
        minute = result.scheduled_ms - result.scheduled_ms % MINUTE_MS
        if self.is_late(state, result):
            self.late += 1
            self._results.append(result)
            return False
        if result.attempt > 1:
            self._results.append(result)
            self._judge(place, state, result, silence)
            return False
        tally = state.minutes.setdefault(minute, Tally())
        member = (result.scheduled_ms, result.attempt)
        if member in tally.members:
            self.duplicates += 1
            return False
        tally.members.add(member)
        state.watermark = max(state.watermark, result.scheduled_ms)
        tally.add(result)
        for width, tallies in ((HOUR_MS, state.hours), (DAY_MS, state.days)):
            start = minute - minute % width
            tallies.setdefault(start, Tally()).add(result, (minute - start) // MINUTE_MS)
        if has_phases(result):
            state.phases.add(result.scheduled_ms, result.phases)
        self._changed.setdefault(place, set()).add(minute)
        self._results.append(result)
        self._judge(place, state, result, silence)
        return True

    def _judge(self, place: Place, state: PlaceState, result: CheckRecord, silence: Mapping[str, int] | None) -> None:
        """Let the place's state be what the result says, if that is news."""
        member = (result.scheduled_ms, result.attempt)
        if result.outcome not in COUNTED or member <= state.last:
            return
        state.last = member
        self._judged.add(place)
        failed = result.outcome == "down"
        before = state.state
        was_down = before is not None and before.outcome == "down"
        since = before.since_ms if before is not None and before.outcome == result.outcome else result.scheduled_ms
        state.state = StateRow(
            *place, result.outcome, result.scheduled_ms, since, result.total_ms, result.status, result.error
        )
        if silence is None:
            return
        # A re-check of the same slot is no further failure in a row.
        state.failures = max(1, state.failures + (result.attempt == 1)) if failed else 0
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
        rows: dict[int, list[CheckWindow]] = {MINUTE_MS: [], HOUR_MS: [], DAY_MS: []}
        phases: list[PhaseHour] = []
        for place, changed in self._changed.items():
            state = self.places[place]
            for width, tallies in ((MINUTE_MS, state.minutes), (HOUR_MS, state.hours), (DAY_MS, state.days)):
                starts = sorted({start - start % width for start in changed})
                rows[width] += [tallies[start].row(place, start, width // MINUTE_MS) for start in starts]
            phases += [PhaseHour(*place, *hour) for hour in state.phases.over(self.open_from(state))]
            self._forget(state)
        states = [row for place in sorted(self._judged) if (row := self.places[place].state) is not None]
        batch = CheckBatch(self._results, states, rows[MINUTE_MS], rows[HOUR_MS], days=rows[DAY_MS], phases=phases)
        signals = self._signals
        self._results, self._signals, self._changed, self._judged = [], [], {}, set()
        return batch, signals

    def review(self, policy: Callable[[int], Policy], removed: Callable[[int], bool]) -> None:
        """Forget monitors that were removed; what fails where it is no longer watched is signalled to be over."""
        for place in list(self.places):
            if removed(place[0]):
                del self.places[place]
                self._changed.pop(place, None)
                self._judged.discard(place)
                continue
            known = policy(place[0])
            if known.paused or not known.hears(place[1]):
                self.over(place, known.changed_ms, "paused" if known.paused else "unknown")

    def over(self, place: Place, at_ms: int, word: str = "unknown") -> None:
        """Nobody checks the monitor there any more: if it fails there, that is signalled to be over, as of `at_ms`."""
        state = self.places.get(place)
        if state is None or not state.failures:
            return
        state.failures = 0
        at = state.signalled = max(at_ms, state.signalled + 1)
        detail: dict[str, str | int | float | None] = {"monitor": place[0], "location": place[1], "failures": 0}
        subject = f"monitor:{place[0]}@{place[1]}"
        self._signals.append(Signal("endpoint", state.account, subject, at, word, detail=detail))

    def _forget(self, state: PlaceState) -> None:
        open_from = self.open_from(state)
        state.minutes = {start: t for start, t in state.minutes.items() if start + MINUTE_MS > open_from}
        # An hour or a day stays open as long as any of its minutes could still count something.
        state.hours = {start: t for start, t in state.hours.items() if start + HOUR_MS > open_from}
        state.days = {start: t for start, t in state.days.items() if start + DAY_MS > open_from}
