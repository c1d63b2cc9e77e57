"""A fleet under the default rules: hosts, endpoints and models through the windows of the flows into alerts."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

from alerting.defaults import default_rules
from alerting.rules import Rule
from alerting.timers import Standing
from benchmarks.quiet_endpoints import Endpoints
from benchmarks.quiet_hosts import Hosts
from benchmarks.quiet_judge import Judge
from benchmarks.quiet_models import Models
from vedette.events.checks import CheckRecord
from vedette.events.samples import layout_series
from vedette.events.signals import AlertTransition
from vedette.windows.drift import DriftShard
from vedette.windows.outages import OutageShard
from vedette.windows.rollup import RollupConfig, RollupShard
from vedette.windows.trend_buckets import BucketShard
from vedette.windows.trend_declines import DeclineBook
from vedette.windows.trend_shard import TrendShard

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
T0 = 2_900 * 7 * 24 * HOUR_MS
"""A midnight (UTC)."""


def shipped_rules() -> list[Rule]:
    """The default rules of one account."""
    return [Rule(number, 1, spec) for number, spec in enumerate(default_rules(), 1)]


@dataclass
class Fleet:
    """All of it, by one clock. `run` goes on from where it stands."""

    hosts: Hosts
    endpoints: Endpoints
    models: Models
    now_ms: int = T0
    judge: Judge = field(default_factory=lambda: Judge(shipped_rules()))
    rollup: RollupShard = field(default_factory=lambda: RollupShard(RollupConfig()))
    outages: OutageShard = field(default_factory=OutageShard)
    buckets: BucketShard = field(default_factory=lambda: BucketShard(1))
    trends: TrendShard = field(default_factory=TrendShard)
    declines: DeclineBook = field(default_factory=lambda: DeclineBook(1))
    drift: DriftShard = field(default_factory=DriftShard)
    _waiting: list[tuple[int, int, CheckRecord]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _heard: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.judge.standings = self._standing

    def run(self, minutes: int) -> list[AlertTransition]:
        """So many minutes; the transitions of that time."""
        before = len(self.judge.transitions)
        for _ in range(minutes):
            self._hosts_report()
            self._endpoints_are_checked()
            self.now_ms += MINUTE_MS
            if self.now_ms % HOUR_MS == 0:
                self._models_are_asked()
            self.judge.pass_time(self.now_ms)
        return self.judge.transitions[before:]

    def _hosts_report(self) -> None:
        reports = list(self.hosts.minute(self.now_ms))
        for end in range(self.now_ms + 10_000, self.now_ms + MINUTE_MS + 1, 10_000):
            some = [one for one in reports if end - 10_000 <= one[0] < end]
            self.rollup.fold(some)
            for logged_ms, message in some:
                self._heard[message.source] = max(logged_ms, self._heard.get(message.source, 0))
            output = self.rollup.flush(end, self._watch)
            for signal in [*output.signals, *self.rollup.presence(end)]:
                self.judge.hear(signal, end)

    def _watch(self, account: int, source: str, layout: bytes) -> list[tuple[int, str]]:
        # Each column that the simulation has is one that a default rule looks at.
        return list(enumerate(layout_series(layout)[0]))

    def _standing(self, source: str, at_ms: int) -> Standing | None:
        heard = self._heard.get(source)
        return None if heard is None else Standing(heard, self.hosts.every_ms, max(self._heard.values()))

    def _endpoints_are_checked(self) -> None:
        known, until_ms = self.endpoints, self.now_ms + MINUTE_MS
        for logged_ms, result in known.minute(self.now_ms):
            heapq.heappush(self._waiting, (logged_ms, next(self._numbers), result))
        while self._waiting and self._waiting[0][0] < until_ms:
            logged_ms, _, result = heapq.heappop(self._waiting)
            self.outages.fold(result, known, logged_ms)
            self.buckets.add(0, logged_ms, result)
            decided = self.outages.take()
            known.tell(decided.incidents.values())
            for signal in decided.signals:
                self.judge.hear(signal, logged_ms)
            for order in decided.orders:
                later_ms, again = known.again(order, logged_ms)
                heapq.heappush(self._waiting, (later_ms, next(self._numbers), again))
        if self.outages.timed:
            self.outages.tick(until_ms, known)
            decided = self.outages.take()
            known.tell(decided.incidents.values())
            for signal in decided.signals:
                self.judge.hear(signal, until_ms)
        self.buckets.heard(0, until_ms)
        for closed in self.buckets.close():
            changes, daily = self.trends.take(closed, known)  # type: ignore[arg-type]
            signals = list(changes.signals)
            for scores in daily:
                signals += self.declines.take(scores).signals
            for signal in signals:
                self.judge.hear(signal, until_ms)

    def _models_are_asked(self) -> None:
        for batch in self.models.hour(self.now_ms - HOUR_MS):
            self.drift.add(batch, self.models.find)
        closed = self.drift.close(self.models.find, {0: self.now_ms})
        for signal in closed.signals:
            self.judge.hear(signal, self.now_ms)
