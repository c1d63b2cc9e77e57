"""StatsD totals: what has come in one interval, added up within bounds."""

from __future__ import annotations

import random
from collections.abc import Iterator

from agent.plugins.kinds.statsd_lines import Line, Tags

MOST_TIMES = 1000
"""Times of one timer that are kept, a fair sample of all, from which its percentiles are taken."""
MOST_MEMBERS = 10_000
"""Members of one set that are told apart."""

Key = tuple[str, Tags]
Value = tuple[str, str, float, Tags]
"""A metric's name, `gauge` or `delta`, a number, tags."""


class Timer:
    """The times of one timer: exact count, sum, and ends; the rest from a reservoir (Vitter's algorithm R)."""

    __slots__ = ("count", "high", "low", "seen", "times", "total")

    def __init__(self) -> None:
        self.count = self.total = 0.0
        self.low, self.high = float("inf"), float("-inf")
        self.seen = 0
        self.times: list[float] = []

    def add(self, value: float, weight: float, rng: random.Random) -> None:
        """One time, which stands for `weight` of them."""
        self.count += weight
        self.total += value * weight
        self.low, self.high = min(self.low, value), max(self.high, value)
        self.seen += 1
        if len(self.times) < MOST_TIMES:
            self.times.append(value)
        elif (place := rng.randrange(self.seen)) < MOST_TIMES:
            self.times[place] = value

    def percentile(self, share: float) -> float:
        """The smallest kept time that `share` of them do not exceed (nearest rank)."""
        ordered = sorted(self.times)
        return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


class Totals:
    """Counters, gauges, timers and sets by name and tags; at most `most` of them, further ones are counted in `over`.

    Gauges begin with those of the interval before, since `+1` and `-1` change them.
    """

    def __init__(self, most: int, gauges: dict[Key, tuple[float, float]], rng: random.Random) -> None:
        self._most = most
        self._rng = rng
        self.gauges = gauges
        self.counters: dict[Key, float] = {}
        self.timers: dict[Key, Timer] = {}
        self.sets: dict[Key, set[str]] = {}
        self.over = 0

    def add(self, line: Line, now_s: float) -> None:
        """One line, which came at `now_s`."""
        key = (line.name, line.tags)
        home: dict[Key, object] = getattr(self, f"{line.kind}s")
        if key not in home and len(self) >= self._most:
            self.over += 1
            return
        if line.kind == "counter":
            self.counters[key] = self.counters.get(key, 0.0) + sum(map(float, line.values)) / line.rate
        elif line.kind == "gauge":
            self._gauge(key, line.values, now_s)
        elif line.kind == "timer":
            timer = self.timers.setdefault(key, Timer())
            for value in line.values:
                timer.add(float(value), 1 / line.rate, self._rng)
        else:
            members = self.sets.setdefault(key, set())
            members.update(line.values[: max(0, MOST_MEMBERS - len(members))])

    def _gauge(self, key: Key, values: list[str], now_s: float) -> None:
        number = self.gauges.get(key, (0.0, 0.0))[0]
        for value in values:
            number = number + float(value) if value[0] in "+-" else float(value)
        self.gauges[key] = (number, now_s)

    def __len__(self) -> int:
        return len(self.counters) + len(self.gauges) + len(self.timers) + len(self.sets)

    def values(self, percentiles: list[float]) -> Iterator[Value]:
        """What is reported: counts as increases; of timers `.count` and, as gauges, the mean, the ends, percentiles."""
        for (name, tags), amount in self.counters.items():
            yield name, "delta", amount, tags
        for (name, tags), (number, _) in self.gauges.items():
            yield name, "gauge", number, tags
        for (name, tags), members in self.sets.items():
            yield name, "gauge", float(len(members)), tags
        for (name, tags), timer in self.timers.items():
            yield f"{name}.count", "delta", timer.count, tags
            yield f"{name}.mean", "gauge", timer.total / timer.count, tags
            yield f"{name}.min", "gauge", timer.low, tags
            yield f"{name}.max", "gauge", timer.high, tags
            for share in percentiles:
                yield f"{name}.p{share:g}", "gauge", timer.percentile(share / 100), tags
