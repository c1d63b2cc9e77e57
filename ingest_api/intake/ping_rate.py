"""The rate of pings: how many a heartbeat's job may send before it must wait."""

from __future__ import annotations

from collections import OrderedDict

from vedette.errors import Overloaded

AT_ONCE = 60
EVERY_S = 1.0
"""After `AT_ONCE` pings at once there is room for one more so often."""
_MOST = 100_000


class PingRate:
    """Counts the pings of each monitor, in this process; belongs to one event loop.

    The generic cell rate algorithm (ITU-T I.371): of each monitor only the moment is kept at which it will have all its
    room again. Of the monitors that pinged last `_MOST` are known; one that is forgotten has all its room.
    """

    def __init__(self) -> None:
        self._full_at: OrderedDict[int, float] = OrderedDict()

    def take(self, monitor: int, now: float) -> None:
        """Note a ping at `now` (monotonic seconds); `Overloaded` with the time to wait if there is no room for it."""
        full_at = max(now, self._full_at.get(monitor, now)) + EVERY_S
        wait = full_at - now - AT_ONCE * EVERY_S
        if wait > 0:
            allowed = f"{AT_ONCE} at once, and one every {EVERY_S:g} s"
            raise Overloaded(f"monitor {monitor} pings too often: allowed are {allowed}", wait)
        self._full_at[monitor] = full_at
        self._full_at.move_to_end(monitor)
        if len(self._full_at) > _MOST:
            self._full_at.popitem(last=False)
