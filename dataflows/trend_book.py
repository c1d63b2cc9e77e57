"""The trend book: what the trends flow must know of monitors beyond their checks, read from the store when needed."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial

from dataflows.policies import UNKNOWN, PolicyBook
from sinks.patience import persist
from vedette.clock import Clock
from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS
from vedette.statistics.trends.budget import most_allowed
from vedette.store.account_settings import TREND_FALSE_ALARMS_PER_DAY, trend_budgets
from vedette.store.pool import Store
from vedette.store.trends import HourSums, IncidentTimes, hour_sums, incident_times
from vedette.windows.maintenance import Window, in_maintenance
from vedette.windows.trend_buckets import ALLOWANCE_MS
from vedette.windows.trend_shard import Budget
from vedette.windows.votes import Policy

_FRESH_S = 30.0
_STEP_MS = 60_000


class TrendBook:
    """Monitors, their maintenance and incidents, and accounts' budgets (at most `_FRESH_S` old).

    While the store is away, whoever asks waits. Workers of a flow are threads, and share it.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._policies = PolicyBook(store, clock)
        self._lock = threading.Lock()
        self._read_at = -_FRESH_S
        self._budgets: dict[int, tuple[int, float]] = {}

    def refresh(self) -> None:
        """Look whether anything has changed, if the last look is old."""
        persist("policies", self._policies.refresh)
        with self._lock:
            now = self._clock.monotonic()
            if now - self._read_at >= _FRESH_S:
                self._budgets = persist("budgets", partial(trend_budgets, self._store))
                self._read_at = now

    def budget(self, account: int) -> Budget:
        """How many monitors the account has, and its false alarms a day: no more than can be kept to."""
        monitors, allowed = self._budgets.get(account, (1, TREND_FALSE_ALARMS_PER_DAY))
        monitors = max(monitors, 1)
        return Budget(monitors, min(allowed, most_allowed(monitors)))

    def exists(self, monitor: int) -> bool:
        """Whether the monitor was not removed."""
        return self._policies.policy(monitor) is not UNKNOWN

    def excluded(self, bucket_ms: int, monitors: Sequence[int]) -> set[int]:
        """Those of `monitors` whose bucket lies in an incident or in maintenance."""
        end_ms = bucket_ms + BUCKET_MS
        incidents = persist("incidents", partial(incident_times, self._store, monitors, bucket_ms, end_ms))
        found = {one.monitor for one in incidents if counts_out(one, end_ms, self._policies.policy(one.monitor))}
        for monitor in monitors:
            if overlaps(self._policies.policy(monitor).windows, bucket_ms, end_ms):
                found.add(monitor)
        return found

    def history(self, monitors: Sequence[int], from_ms: int, to_ms: int) -> list[HourSums]:
        """The hours of `monitors` from `from_ms` to before `to_ms`, without those of incidents and maintenance."""
        found = persist("hours", partial(hour_sums, self._store, monitors, from_ms, to_ms))
        windows = {monitor: self._policies.policy(monitor).windows for monitor in monitors}
        return [one for one in found if not overlaps(windows[one.monitor], one.hour_ms, one.hour_ms + HOUR_MS)]


def counts_out(incident: IncidentTimes, bucket_end_ms: int, policy: Policy) -> bool:
    """Whether an incident that overlaps a bucket takes it out of the trend.

    A confirmed one does. One that only some locations see does once a location has failed again: a single failed
    check is what a rising error rate is made of, and no outage. What is only known later than when the bucket is
    judged is not looked at, so that a replay decides the same.
    """
    known_ms = bucket_end_ms + ALLOWANCE_MS
    if incident.confirmed_ms is not None and incident.confirmed_ms < known_ms:
        return True
    lasted_ms = min(known_ms if incident.ended_ms is None else incident.ended_ms, known_ms) - incident.started_ms
    return lasted_ms > policy.interval_ms * 3 // 2 + policy.timeout_ms


def overlaps(windows: tuple[Window, ...], from_ms: int, to_ms: int) -> bool:
    """Whether any maintenance window holds at a minute from `from_ms` to before `to_ms`."""
    return bool(windows) and any(in_maintenance(windows, at) for at in range(from_ms, to_ms, _STEP_MS))
