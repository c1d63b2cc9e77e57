"""Moves: turns that are left out because another place of this location brought them too near to the last ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probes.monitors import Monitor
from probes.places import Place
from probes.schedule import Slot, newest_slot


class Moves:
    """What a change of place does to the turns of this run. Turns are moved, so nothing of it is `missed`.

    `left_out` has the times (ms UTC) of turns, by monitor, that are none: the last one was less than half an interval
    before. So the pause at a change is between half an interval and two.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        self._since: int | None = None
        self.left_out: dict[int, int] = {}

    def begin(self, live: Sequence[int]) -> None:
        """These ticks (seconds UTC) are worked on; the first ones tell since when this run checks anything."""
        if self._since is None and live:
            self._since = live[0]

    def due(self, slots: Iterable[Slot]) -> list[Slot]:
        """Those of `slots` that are not left out."""
        return [slot for slot in slots if self.left_out.get(slot.monitor) != slot.scheduled_ms]

    def forget(self, monitors: Iterable[Monitor]) -> None:
        """Leave out no turn of these: they are new, or asked anew."""
        for monitor in monitors:
            self.left_out.pop(monitor.id, None)

    def move(
        self, monitors: Iterable[Monitor], before: Place | None, after: Place | None, watermark: int | None
    ) -> None:
        """The place is `after` from the tick after `watermark` on, and was `before`; `monitors` were checked so far."""
        if self._since is None or watermark is None:
            return
        earlier, self.left_out = self.left_out, {}
        for monitor in monitors:
            last = newest_slot(monitor, self._location, watermark, before)
            if last < self._since or earlier.get(monitor.id) == last * 1000:
                continue  # nothing was checked then
            first = newest_slot(monitor, self._location, watermark, after) + monitor.interval_s
            if 2 * (first - last) < monitor.interval_s:
                self.left_out[monitor.id] = first * 1000
