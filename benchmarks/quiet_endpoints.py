"""Simulated endpoints: three locations, single failures, locations that lose their network, routes; and faults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from dataflows.trend_book import counts_out
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.control import Recheck
from vedette.statistics.trends.baseline import BUCKET_MS
from vedette.store.incidents import IncidentRow
from vedette.store.trends import HourSums, IncidentTimes
from vedette.windows.outage_state import Standing
from vedette.windows.trend_shard import Budget
from vedette.windows.votes import Policy

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LOCATIONS = ("fra", "nyc", "sgp")
KINDS = ((0.91, 0.08, 0.01), (0.97, 0.02, 0.01), (0.85, 0.12, 0.03))
TIMES_MS = (200.0, 900.0, 2_500.0)
"""Satisfied, tolerating and frustrated, at T = 500 ms."""
_MOST_INCIDENTS, _FORGOTTEN = 2_000, 1_000
"""So many are remembered; the oldest are of no bucket that is open."""
SINGLE = 2e-4
"""Of so many checks one fails by itself."""


@dataclass(frozen=True)
class Fault:
    """A monitor has this outcome at these locations from one time to another, in every other `flaps_ms` if that is set.

    With `slower` its Apdex falls by so much instead.
    """

    monitor: int
    from_ms: int
    until_ms: int
    outcome: Outcome = "down"
    error: str = "connect: connection refused"
    locations: tuple[str, ...] = LOCATIONS
    flaps_ms: int = 0
    slower: float = 0.0

    def holds(self, location: str, at_ms: int) -> bool:
        """Whether it shows there then."""
        if not self.from_ms <= at_ms < self.until_ms or location not in self.locations or self.slower:
            return False
        return not self.flaps_ms or (at_ms - self.from_ms) // self.flaps_ms % 2 == 0


@dataclass
class Endpoints:
    """Monitors 1 to `count`, checked each minute from everywhere; `parents` gives the monitor that another needs."""

    count: int
    seed: int
    faults: list[Fault] = field(default_factory=list)
    parents: dict[int, int] = field(default_factory=dict)
    incidents: dict[int, IncidentTimes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self._by_monitor: dict[int, list[Fault]] = {}
        for fault in self.faults:
            self._by_monitor.setdefault(fault.monitor, []).append(fault)
        self._lost: dict[str, tuple[int, int, Outcome]] = {}
        self._standing: dict[int, Standing] = {}

    def minute(self, at_ms: int) -> Iterator[tuple[int, CheckRecord]]:
        """The results of the minute that begins then, in the order in which the log takes them."""
        self._lose_networks(at_ms)
        draws = self._random.random((self.count, len(LOCATIONS), 2))
        found = []
        for monitor in range(1, self.count + 1):
            offset = monitor * MINUTE_MS // (self.count + 1)
            for place, location in enumerate(LOCATIONS):
                start = at_ms + (offset + place * 20_000) % MINUTE_MS
                result = self._check(monitor, location, start, start, 1, *draws[monitor - 1, place])
                found.append((start + round(result.total_ms) + 5, result))
        return iter(sorted(found, key=lambda one: one[0]))

    def again(self, order: Recheck, at_ms: int) -> tuple[int, CheckRecord]:
        """The result of an order that was given then."""
        place = self._random.random(2)
        result = self._check(order.monitor, order.location, order.scheduled_ms, at_ms + 50, order.attempt, *place)
        return at_ms + 55 + round(result.total_ms), result

    def _lose_networks(self, at_ms: int) -> None:
        for location in LOCATIONS:  # once a day for four minutes: its network, which the probe notices, or some routes
            if self._random.random() < 1 / 1440:
                outcome: Outcome = "probe_error" if self._random.random() < 0.5 else "down"
                self._lost = {location: (at_ms, at_ms + 4 * MINUTE_MS, outcome)}

    def shares(self, monitor: int, at_ms: int) -> tuple[float, float, float]:
        """Of satisfied, tolerating and frustrated, which have a daily cycle."""
        _, tolerating, frustrated = KINDS[monitor % len(KINDS)]
        factor = 1 + 0.5 * float(np.sin(2 * np.pi * at_ms / DAY_MS + monitor))
        tolerating, frustrated = tolerating * factor, frustrated * factor
        for fault in self._by_monitor.get(monitor, ()):
            if fault.slower and fault.from_ms <= at_ms < fault.until_ms:
                tolerating += 2 * fault.slower  # a tolerating check is worth half
        return 1 - tolerating - frustrated, tolerating, frustrated

    def _check(
        self, monitor: int, location: str, slot_ms: int, start_ms: int, attempt: int, chance: float, luck: float
    ) -> CheckRecord:
        outcome: Outcome = "up"
        error = None
        satisfied, tolerating, _ = self.shares(monitor, start_ms)
        zone = 0 if chance < satisfied else 1 if chance < satisfied + tolerating else 2
        total = TIMES_MS[zone]
        lost = self._lost.get(location)
        if luck < SINGLE:
            outcome, error = "down", "read: connection reset"
        routed = lost is not None and lost[2] == "down" and (monitor + lost[0] // MINUTE_MS) % 10 > 0
        if lost is not None and lost[0] <= start_ms < lost[1] and not routed:
            outcome, error = lost[2], "connect: network is unreachable"
        for fault in self._by_monitor.get(monitor, ()):
            if fault.holds(location, start_ms):
                outcome, error = fault.outcome, fault.error
        return CheckRecord(
            monitor, location, slot_ms, start_ms, outcome, total, error=error, attempt=attempt, account=1
        )  # fmt: skip

    # What the flows ask about monitors.

    def policy(self, monitor: int) -> Policy:
        """As monitors are by default."""
        return Policy(parent=self.parents.get(monitor))

    def removed(self, monitor: int) -> bool:
        """None is."""
        return False

    def alive(self, account: int) -> frozenset[str]:
        """All locations."""
        return frozenset(LOCATIONS)

    def standing(self, monitor: int) -> Standing | None:
        """How a parent is."""
        return self._standing.get(monitor)

    def note(self, monitor: int, standing: Standing) -> None:
        """Remember it."""
        self._standing[monitor] = standing

    def may_ask(self, monitor: int, at_ms: int) -> bool:
        """Always."""
        return True

    def budget(self, account: int) -> Budget:
        """The account's false alarms a day, as they are by default."""
        from vedette.store.account_settings import TREND_FALSE_ALARMS_PER_DAY

        return Budget(self.count, TREND_FALSE_ALARMS_PER_DAY)

    def exists(self, monitor: int) -> bool:
        """All do."""
        return True

    def excluded(self, bucket_ms: int, monitors: object) -> set[int]:
        """Those whose bucket lies in an incident, by the flow's own rule."""
        end_ms = bucket_ms + BUCKET_MS
        return {
            one.monitor
            for one in self.incidents.values()
            if one.started_ms < end_ms
            and (one.ended_ms is None or one.ended_ms > bucket_ms)
            and counts_out(one, end_ms, self.policy(one.monitor))
        }

    def tell(self, rows: Iterable[IncidentRow]) -> None:
        """Incidents that began or changed."""
        for row in rows:
            self.incidents[row.id] = IncidentTimes(row.monitor, row.started_ms, row.confirmed_ms, row.ended_ms)
        if len(self.incidents) > _MOST_INCIDENTS:
            for number in sorted(self.incidents, key=lambda one: self.incidents[one].started_ms)[:_FORGOTTEN]:
                if self.incidents[number].ended_ms is not None:
                    del self.incidents[number]

    def history(self, monitors: list[int], from_ms: int, to_ms: int) -> list[HourSums]:
        """Four weeks that were as the simulation goes on."""
        found = []
        for hour in range(from_ms, to_ms, HOUR_MS):
            for monitor in monitors:
                counts = self._random.multinomial(180, self.shares(monitor, hour + HOUR_MS // 2))
                found.append(HourSums(monitor, hour, 500, (int(counts[0]), int(counts[1]), int(counts[2]))))
        return found
