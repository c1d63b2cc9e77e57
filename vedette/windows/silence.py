"""Silence: monitors of which nobody reports any more, as long as somebody would be heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vedette.events.checks import HEARTBEAT
from vedette.events.signals import Signal
from vedette.windows.attendance import CATCH_UP_MS
from vedette.windows.maintenance import in_maintenance
from vedette.windows.outage_state import Knowledge, Meaning, MonitorState
from vedette.windows.votes import Policy

LOOK_EVERY_MS = 5_000
DEAF_MS = 30_000
"""After so long without a gateway's word, results may have been on their way and not taken."""
_CALLED: Meaning = ("down", False, None)
"""Somebody has been called for the monitor: that nobody looks any more is no second reason."""


def patience_ms(policy: Policy) -> int:
    """For how long nothing must be heard of a monitor: as long as votes count, and as senders may take to come back."""
    return max(policy.fresh_ms, CATCH_UP_MS)


class Silence:
    """Which monitors of a shard are silent. Times are the log's, of results and of the gateways' word (ms UTC).

    A monitor is silent from when it was heard of last, its definition changed, or a gateway came back, whichever was
    latest, and `patience_ms` on; if a gateway said after that that it listens, and all results of until then are known.
    """

    def __init__(self) -> None:
        self.since_ms = 0
        self.heard_ms = 0
        self._looked_ms = 0

    def listening(self, logged_ms: int) -> None:
        """A gateway takes results, said so, and the log took that at `logged_ms`."""
        if logged_ms - self.heard_ms > DEAF_MS:
            self.since_ms = logged_ms
        self.heard_ms = max(self.heard_ms, logged_ms)

    def look(self, monitors: Mapping[int, MonitorState], known: Knowledge, until_ms: int) -> Iterable[Signal]:
        """A signal for each monitor that has become silent. All that the log took until `until_ms` has been folded."""
        until = min(until_ms, self.heard_ms)
        if 0 <= until - self._looked_ms < LOOK_EVERY_MS:
            return
        self._looked_ms = until
        for key, monitor in monitors.items():
            if monitor.silent_ms or monitor.meant == _CALLED:
                continue
            policy = known.policy(key)
            since = max(monitor.attendance.now_ms, policy.changed_ms)
            due = max(since, self.since_ms) + patience_ms(policy)
            if due > until or policy.paused or policy.locations == {HEARTBEAT} or known.removed(key):
                continue
            if policy.windows and in_maintenance(policy.windows, due):
                due = until
                if in_maintenance(policy.windows, due):
                    continue
            monitor.silent_ms = due
            yield _signal(key, monitor, due, (due - (monitor.attendance.now_ms or since)) // 1000, {})

    def broken(self, key: int, monitor: MonitorState, policy: Policy, logged_ms: int) -> Signal | None:
        """The end of the silence, if there was one, with a result that the log took at `logged_ms`.

        It is also said if there may have been one, in a run whose snapshot was lost with it.
        """
        before = monitor.attendance.now_ms or (0 if monitor.meant is None else policy.changed_ms)
        lost = self.since_ms and before and monitor.meant != _CALLED and logged_ms - before > patience_ms(policy)
        return self.end(key, monitor, policy, logged_ms) if monitor.silent_ms or lost else None

    @staticmethod
    def end(key: int, monitor: MonitorState, policy: Policy, at_ms: int) -> Signal:
        """The silence is over. How the monitor is has to be said anew after it."""
        monitor.silent_ms, monitor.meant = 0, None
        since = monitor.attendance.now_ms or min(at_ms, policy.changed_ms)
        return _signal(key, monitor, at_ms, max(0, at_ms - since) // 1000, {"heard": 1})


def _signal(key: int, monitor: MonitorState, at_ms: int, silent_s: int, more: dict[str, int]) -> Signal:
    at = monitor.signalled = max(at_ms, monitor.signalled + 1)
    detail: dict[str, str | int | float | None] = {"monitor": key, "silent_s": silent_s, **more}
    return Signal("monitor", monitor.account, f"monitor:{key}", at, "unknown", detail=detail)
