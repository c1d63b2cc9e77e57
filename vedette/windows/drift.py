"""Drift windows: rows of a model counted into the bins of its reference, and judged when their window is over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vedette.events.features import FeatureBatch
from vedette.windows.dedup import Seen
from vedette.windows.drift_charts import ChartMemory
from vedette.windows.drift_config import Find, Subject
from vedette.windows.drift_counting import Counting
from vedette.windows.drift_rows import RowWindows
from vedette.windows.drift_times import SETTLE_MS, TimeWindows
from vedette.windows.drift_told import Closed, Standing, activity, judge_window, open_parts, over

MOST_CLOSED = 5000
"""Features of windows by time that are judged at once, those of each segment too."""
KEPT_MS = 31 * 86_400_000
"""How long the unfinished window of a version that another one followed waits for rows, by the wall clock."""


@dataclass(slots=True)
class _Version:
    """A version of a model. `making` is what its windows were begun by, `newest_ms` the newest row's time."""

    account: int
    partition: int
    windows: TimeWindows | RowWindows
    making: tuple[int, int, int, int]
    newest_ms: int = -1
    silent: bool = False
    returned: bool = False
    progress: Standing = field(default_factory=dict)

    def make(self, subject: Subject) -> None:
        """Begin the open windows anew if they are made otherwise now."""
        if self.making != subject.making:
            before, self.windows = self.windows, _windows(subject, self.windows.closed_ms)
            is_same_reference, self.making = self.making[0] == subject.reference, subject.making
            if is_same_reference and isinstance(before, RowWindows) and isinstance(self.windows, RowWindows):
                self.windows.full = before.full  # they are whole, and only wait for their turn


def _windows(subject: Subject, closed_ms: int = -1) -> TimeWindows | RowWindows:
    config = subject.config
    if config.window_rows is None:
        return TimeWindows(config.window_ms, config.slide_ms, closed_ms)
    return RowWindows(config.window_rows, closed_ms, closed_ms - 1)


class DriftShard:
    """The state of some models: what was seen, open windows, and where each feature stands. Pickled as a snapshot."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._versions: dict[tuple[int, str], _Version] = {}
        self._charts: dict[tuple[int, str], dict[str, ChartMemory]] = {}
        self.duplicates = self.late = self.uncounted = 0
        """Batches that came twice, rows of windows that were over, and rows without a reference, since last asked."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Also of a version that kept less."""
        DriftShard.__init__(self)
        self.__dict__.update(state)

    def add(self, batch: FeatureBatch, find: Find, partition: int = 0) -> None:
        """Count the rows of a batch that a partition of the log held."""
        if not self._seen.setdefault(batch.model, Seen()).is_new(batch.epoch, batch.seq):
            self.duplicates += 1
            return
        times = np.frombuffer(batch.ts, "<i8")
        subject = find(batch.model, batch.version)
        if subject is None or not len(times):
            self.uncounted += len(times)
            return
        key = (batch.model, batch.version)
        found = self._versions.get(key)
        if found is None:
            found = self._versions[key] = _Version(batch.account, partition, _windows(subject), subject.making)
        found.partition = partition
        found.make(subject)
        placed = found.windows.place(times, found.newest_ms)
        self.late += placed.late
        counting = Counting(subject, batch, placed.order)
        for column in batch.columns:
            profile = subject.profiles.get(column.name)
            if profile is not None:
                values = counting.values(column)
                for tally, rows in placed.parts:
                    counted = counting.count(profile, column, values, rows)
                    before = tally.get(column.name)
                    tally[column.name] = counted if before is None else before + counted
        found.newest_ms = max(found.newest_ms, int(times.max()))
        found.silent, found.returned = False, found.silent or found.returned

    def close(self, find: Find, quiet: Mapping[int, int] = {}) -> Closed:
        """Judge the windows that are over. `quiet`: of partitions that were read to their end, the wall clock then.

        It is `MOST_CLOSED` features or a little more at once; the rest come with the next call.
        """
        closed = Closed()
        for (model, version), found in list(self._versions.items()):
            subject = find(model, version)
            quiet_at_ms = quiet.get(found.partition)
            if subject is None:
                if quiet_at_ms is not None:
                    self._forget(model, version, quiet_at_ms, "", closed)
                continue
            found.make(subject)
            ends = found.windows.over(found.newest_ms, quiet_at_ms)
            is_drained = False
            while closed.judged < MOST_CLOSED:
                window = next(ends, None)
                if window is None:
                    is_drained = True
                    break
                charts = self._charts.setdefault((model, version), {})
                judge_window(found.account, model, version, window, subject, found.progress, closed, charts)
            if not is_drained:
                continue  # what else is to be said of it comes after its windows, with the next call
            if isinstance(found.windows, RowWindows) and found.returned:  # its next window may be long in coming
                at = found.windows.tell(found.newest_ms)
                closed.signals.append(activity(found.account, model, version, at, "active", subject.name))
            found.returned = False
            if quiet_at_ms is not None:
                self._mind_silence(model, version, subject, quiet_at_ms, closed)
        return closed

    def _mind_silence(self, model: int, version: str, subject: Subject, now_ms: int, closed: Closed) -> None:
        """Say once that no rows come any more, when none have come for the length of a window.

        A version that another one of the model has followed is not silent but over. If its windows are of rows, the
        unfinished one waits on: a version that is seldom asked shall lose no rows.
        """
        found = self._versions[model, version]
        config, windows = subject.config, found.windows
        end = (found.newest_ms // config.slide_ms + 1) * config.slide_ms + config.window_ms
        if (isinstance(windows, TimeWindows) and windows.panes) or found.newest_ms < 0 or end + SETTLE_MS > now_ms:
            return
        others = [one for (its, _), one in self._versions.items() if its == model and one is not found]
        followed = any(one.newest_ms >= end - config.window_ms for one in others)
        if followed and (isinstance(windows, TimeWindows) or end + KEPT_MS <= now_ms):
            self._forget(model, version, end, subject.name, closed)
        elif not found.silent:
            found.silent = True
            at = windows.tell(end) if isinstance(windows, RowWindows) else end
            if followed:
                self._end(model, version, at, subject.name, closed)
            else:
                closed.signals.append(activity(found.account, model, version, at, "no_data", subject.name))

    def _forget(self, model: int, version: str, at: int, name: str, closed: Closed) -> None:
        """Forget a version; whatever is open about it is over."""
        self._end(model, version, at, name, closed)
        self._charts.pop((model, version), None)
        del self._versions[model, version]
        if all(its != model for its, _ in self._versions):
            self._seen.pop(model, None)

    def _end(self, model: int, version: str, at: int, name: str, closed: Closed) -> None:
        """Say that whatever is open about a version is over."""
        found, charts = self._versions[model, version], self._charts.get((model, version), {})
        for part in open_parts(found.progress, charts):
            closed.signals.append(over(found.account, model, version, part, at, name))
        found.progress.clear()
        for memory in charts.values():
            memory.out = False
        closed.signals.append(activity(found.account, model, version, at, "active", name))
