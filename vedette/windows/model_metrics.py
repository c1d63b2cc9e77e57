"""Windows of models' metrics: count, mean, least and greatest of the values of each name, window by window."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vedette.events.features import FeatureBatch
from vedette.events.model_metrics import MOST_RECENT, values_in
from vedette.events.signals import Signal
from vedette.windows.dedup import Seen
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.quality_tally import UNIT, exact

MOST_NAMES = 1000
"""Metrics of a model, each version's by itself; values of others are not counted."""
DAY_MS = 86_400_000
KEPT_MS = 31 * DAY_MS
"""A metric of which nothing came for so long, by the model's newest value, is over."""
FOLLOWED = 3
"""A version of which nothing came for so many windows of another one, and nothing more may come, is over."""
Key = tuple[str, str]
"""Version and name."""


@dataclass(frozen=True, slots=True)
class MetricSubject:
    """What is known of a model."""

    name: str
    window_s: int

    @property
    def window_ms(self) -> int:
        """Length of a window."""
        return self.window_s * 1000

    @property
    def wait_ms(self) -> int:
        """How long values of a window count after its end, by the newest value: a day, or 100 windows if that is less,
        or two if that is more."""
        return max(2 * self.window_ms, min(DAY_MS, 100 * self.window_ms))


FindMetrics = Callable[[int], MetricSubject | None]
"""The subject of a model; None if it is gone."""


@dataclass(frozen=True, slots=True)
class MetricWindow:
    """What the values of a window came to so far."""

    account: int
    model: int
    version: str
    metric: str
    start_ms: int
    window_s: int
    count: int
    mean: float
    min: float
    max: float


@dataclass(slots=True)
class ToldMetrics:
    """What there is to say."""

    windows: list[MetricWindow] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


@dataclass(slots=True)
class _Tally:
    """Of one window of one metric. The sum is in units of 2^-1074: exact, whatever the order."""

    count: int = 0
    total: int = 0
    low: float = 0.0
    high: float = 0.0
    changed: bool = True

    def add(self, value: float) -> None:
        self.low = value if not self.count else min(self.low, value)
        self.high = value if not self.count else max(self.high, value)
        self.total += exact(value)
        self.count += 1
        self.changed = True

    def mean(self) -> float:
        return self.total / (self.count * UNIT)


@dataclass(slots=True)
class _Model:
    account: int
    subject: MetricSubject
    partition: int = 0
    newest_ms: int = -1
    heard_ms: int = -1
    said_ms: int = -1
    windows: dict[int, dict[Key, _Tally]] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    """Starts of windows that are to be told (again) once they are over."""
    recent: dict[Key, dict[int, _Tally]] = field(default_factory=dict)
    """The last windows of each metric that were told."""


class MetricShard:
    """The state of some models. Pickled as a snapshot."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._models: dict[int, _Model] = {}
        self._told = ToldMetrics()
        self.duplicates = self.late = self.uncounted = 0
        """Reports that came twice; values too late, and values of too many names; since last asked."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Also of a version that kept less."""
        MetricShard.__init__(self)
        self.__dict__.update(state)

    def add(self, batch: FeatureBatch, find: FindMetrics, partition: int = 0, taken_ms: int = 0) -> None:
        """Take the values of a batch that a partition of the log held and took at `taken_ms` (ms UTC)."""
        subject = find(batch.model)
        if subject is None:
            return
        if not self._seen.setdefault(batch.model, Seen()).is_new(batch.epoch, batch.seq):
            self.duplicates += 1
            return
        found = self._models.get(batch.model)
        if found is None:
            found = self._models[batch.model] = _Model(batch.account, subject)
        elif found.subject.window_s != subject.window_s:
            found = self._begin_anew(batch.model, found, subject, self._told)
        found.partition = partition
        found.heard_ms = max(found.heard_ms, taken_ms)
        window_ms, wait_ms = subject.window_ms, subject.wait_ms
        for name, at, value in values_in(batch):
            start = at // window_ms * window_ms
            if start + window_ms <= found.newest_ms - wait_ms:
                self.late += 1
                continue
            key = (batch.version, name)
            if key not in found.recent and len(found.recent) >= MOST_NAMES:
                self.uncounted += 1
                continue
            found.recent.setdefault(key, {})
            found.windows.setdefault(start, {}).setdefault(key, _Tally()).add(value)
            found.changed.add(start)
            found.newest_ms = max(found.newest_ms, at)

    def close(self, find: FindMetrics, quiet: Mapping[int, int] = {}) -> ToldMetrics:
        """Windows that are over and have changed. `quiet`: of partitions read to their end, the wall clock then."""
        told, self._told = self._told, ToldMetrics()
        for model, found in list(self._models.items()):
            subject, now_ms = find(model), quiet.get(found.partition)
            if subject is None:
                if now_ms is not None:
                    del self._models[model]
                    self._seen.pop(model, None)
                    found.said_ms = max(found.said_ms + 1, now_ms)
                    for key in found.recent:
                        told.signals.append(_signal(model, found, key, found.subject.name, over=True))
            elif subject.window_s == found.subject.window_s:
                _tell(model, found, subject.name, now_ms, told)
            elif now_ms is not None:
                self._begin_anew(model, found, subject, told)
        return told

    def _begin_anew(self, model: int, found: _Model, subject: MetricSubject, told: ToldMetrics) -> _Model:
        """With windows of another length. Those that are open stay what they have come to; signals of them are over."""
        for start in sorted(found.changed):
            _tell_window(model, found, start, told)
        found.said_ms = max(found.said_ms + 1, found.heard_ms)
        over = [_signal(model, found, key, subject.name, over=True) for key in sorted(found.recent)]
        told.signals += over
        anew = self._models[model] = _Model(found.account, subject, found.partition, said_ms=found.said_ms)
        return anew


def subject_of_metric(model: int, version: str, metric: str) -> str:
    """The subject of signals about a metric of a model's version."""
    return f"metric:{model}@{version}/{metric}" if version else f"metric:{model}/{metric}"


def _tell(model: int, found: _Model, called: str, now_ms: int | None, told: ToldMetrics) -> None:
    window_ms = found.subject.window_ms
    heard: set[Key] = set()
    for start in sorted(found.changed):
        end = start + window_ms
        if end + LATENESS_MS > found.newest_ms and (now_ms is None or end + SETTLE_MS > now_ms):
            continue
        heard |= _tell_window(model, found, start, told)
    gone = _let_go(found)
    if heard or gone:
        # By the clock of the log: after a crash, what is said of more than before is newer than all that was said.
        found.said_ms = max(found.said_ms + 1, found.heard_ms, now_ms or 0)
    told.signals += [_signal(model, found, key, called) for key in sorted(heard - gone)]
    told.signals += [_signal(model, found, key, called, over=True) for key in sorted(gone)]
    for key in gone:
        del found.recent[key]


def _tell_window(model: int, found: _Model, start: int, told: ToldMetrics) -> set[Key]:
    """Tell what has changed of a window; the metrics of which something has."""
    heard: set[Key] = set()
    found.changed.discard(start)
    for key, tally in found.windows[start].items():
        if not tally.changed:
            continue
        tally.changed = False
        heard.add(key)
        place = (found.account, model, *key, start, found.subject.window_s)
        told.windows.append(MetricWindow(*place, tally.count, tally.mean(), tally.low, tally.high))
        starts = found.recent[key]
        starts[start] = tally
        if len(starts) > MOST_RECENT:
            del starts[min(starts)]
    return heard


def _let_go(found: _Model) -> set[Key]:
    """Forget windows of which all values that may come are late; metrics of which nothing comes any more."""
    window_ms = found.subject.window_ms
    late = [start for start in found.windows if start + window_ms <= found.newest_ms - found.subject.wait_ms]
    for start in late:
        del found.windows[start]
    if not late:
        return set()
    awaited = {key for tallies in found.windows.values() for key in tallies}
    oldest = found.newest_ms - KEPT_MS
    gone = {key for key, starts in found.recent.items() if key not in awaited and max(starts) + window_ms <= oldest}
    followed = _followed(found, {version for version, _ in awaited})
    return gone | {key for key in found.recent if key[0] in followed}


def _followed(found: _Model, awaited: set[str]) -> set[str]:
    """Versions, none of `awaited`, that another one has followed for some windows."""
    told: dict[str, set[int]] = {}
    for (version, _), starts in found.recent.items():
        told.setdefault(version, set()).update(starts)
    newest = {version: max(starts, default=-1) for version, starts in told.items() if version not in awaited}
    return {
        version
        for version, last in newest.items()
        if any(sum(start > last for start in others) >= FOLLOWED for others in told.values())
    }


def _signal(model: int, found: _Model, key: Key, called: str, *, over: bool = False) -> Signal:
    version, metric = key
    subject = subject_of_metric(model, version, metric)
    detail: dict[str, Any] = {"model": model, "name": called, "version": version, "metric": metric}
    if over:
        return Signal("metric", found.account, subject, found.said_ms, "over", detail=detail)
    starts = found.recent[key]
    newest = max(starts)
    detail |= {"window_s": found.subject.window_s, "window_start_ms": newest, "count": starts[newest].count}
    detail["recent"] = " ".join(
        f"{start}:{tally.count}:{tally.mean()!r}:{tally.low!r}:{tally.high!r}"
        for start, tally in sorted(starts.items())
    )
    return Signal("metric", found.account, subject, found.said_ms, "known", starts[newest].mean(), detail)
