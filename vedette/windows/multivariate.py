"""Windows whose columns are looked at together: a sample of their rows beside a sample of the reference's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np

from vedette.errors import InvalidInput
from vedette.events.features import FeatureBatch
from vedette.events.model_subjects import together_of
from vedette.events.signals import Signal
from vedette.statistics.drift.decision import Progress, step
from vedette.statistics.drift.together import Together, together
from vedette.statistics.drift.values import plain
from vedette.windows.dedup import Seen
from vedette.windows.drift_config import Find, Subject
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.row_sample import MOST_COLUMNS, RowSample

ROWS = 1_000
"""Rows of a window that are compared: a shard holds them, and each snapshot of it."""
MOST_OPEN = 8
"""Windows of a version that are open at a time."""
KEPT_MS = 31 * 86_400_000
"""How long a version without rows is remembered, by the wall clock."""
NO_SAMPLE = "the reference is from before samples of its rows were kept: give it again"
Baseline = Callable[[int], Mapping[str, list[Any]] | None]
"""Of a reference's number the sample of its rows, by column; None if it has none."""
State = Literal["ok", "drift", "insufficient_data"]


@dataclass(frozen=True, slots=True)
class MultivariateWindow:
    """What a window came to; times are ms UTC. `result` is a `Together` as a dict with `sampled`, the rows that were
    compared, or the `reason` why nothing was. Columns that no row of it has are `absent` there, and not compared."""

    account: int
    model: int
    version: str
    start_ms: int
    window_s: int
    reference: int
    state: State
    raised: bool
    rows: int
    result: dict[str, Any]


@dataclass(slots=True)
class Looked:
    """What came of closing windows."""

    windows: list[MultivariateWindow] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


@dataclass(slots=True)
class _Version:
    account: int
    partition: int
    name: str
    window_ms: int
    reference: int
    names: frozenset[str]
    """Columns that the reference's sample has."""
    open: dict[int, RowSample] = field(default_factory=dict)
    newest_ms: int = -1
    closed_ms: int = -1
    progress: Progress = field(default_factory=Progress)


class MultivariateShard:
    """The state of some models: what was seen, samples of open windows, and how each stands. Pickled as a snapshot."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._versions: dict[tuple[int, str], _Version] = {}
        self.late = 0
        """Rows that are in no window, since last asked: theirs was over, or too many were open."""

    def add(self, batch: FeatureBatch, find: Find, partition: int = 0) -> None:
        """Look at the rows of a batch that a partition of the log held. Rows of windows that are over, and of more than
        `MOST_OPEN`, have no part in any, and are counted as late."""
        times = np.frombuffer(batch.ts, "<i8")
        subject = find(batch.model, batch.version)
        if subject is None or subject.config.multivariate_s is None or not len(times):
            return
        if not self._seen.setdefault(batch.model, Seen()).is_new(batch.epoch, batch.seq):
            return
        key, making = (batch.model, batch.version), (subject.config.multivariate_s * 1000, subject.reference)
        found = self._versions.get(key)
        if found is None:
            found = _Version(batch.account, partition, subject.name, *making, _sampled(subject))
            self._versions[key] = found
        found.partition, found.name = partition, subject.name
        if (found.window_ms, found.reference) != making:  # another reference may have other columns
            (found.window_ms, found.reference), found.names, found.open = making, _sampled(subject), {}
        window_ms = found.window_ms
        columns = {column.name: column for column in batch.columns if column.name in found.names}
        numbers = np.random.default_rng([batch.model, batch.epoch & (1 << 64) - 1, batch.seq]).random(len(times))
        starts = times // window_ms * window_ms
        over = max(found.closed_ms, found.newest_ms - LATENESS_MS)
        for start in np.unique(starts).tolist():
            rows = np.flatnonzero(starts == start)
            if start + window_ms <= over or (start not in found.open and len(found.open) >= MOST_OPEN):
                self.late += len(rows)
            else:
                found.open.setdefault(start, RowSample(ROWS)).add(numbers, columns, rows)
        found.newest_ms = max(found.newest_ms, int(times.max()))

    def close(self, find: Find, baseline: Baseline, quiet: Mapping[int, int] = {}, most: int = 1) -> Looked:
        """Judge windows that are over, `most` at once, since each takes a second; the rest come with the next call.

        `quiet`: of partitions that were read to their end, the wall clock then (ms UTC).
        """
        looked = Looked()
        for (model, version), found in list(self._versions.items()):
            subject = find(model, version)
            quiet_at_ms = quiet.get(found.partition)
            if subject is None and quiet_at_ms is None:
                continue
            if subject is None or subject.config.multivariate_s is None:
                self._forget(model, version, looked)
                continue
            for start in self._over(found, quiet_at_ms):
                if len(looked.windows) >= most:
                    return looked
                self._judge(model, version, found, start, subject, baseline, looked)
            if quiet_at_ms is not None and not found.open and self._is_gone(model, found, quiet_at_ms):
                self._forget(model, version, looked)
        return looked

    @staticmethod
    def _over(found: _Version, quiet_at_ms: int | None) -> Iterator[int]:
        for start in sorted(found.open):
            end = start + found.window_ms
            if end + LATENESS_MS <= found.newest_ms or (quiet_at_ms is not None and end + SETTLE_MS <= quiet_at_ms):
                yield start

    def _is_gone(self, model: int, found: _Version, now_ms: int) -> bool:
        """Whether no rows have come for long, or for the length of a window while another version's did."""
        end = found.newest_ms + found.window_ms + SETTLE_MS
        others = [one for (its, _), one in self._versions.items() if its == model and one is not found]
        followed = any(one.newest_ms > found.newest_ms for one in others)
        return end <= now_ms and (followed or found.newest_ms + KEPT_MS <= now_ms)

    def _judge(
        self,
        model: int,
        version: str,
        found: _Version,
        start: int,
        subject: Subject,
        baseline: Baseline,
        looked: Looked,
    ) -> None:
        sample = found.open.pop(start)
        end = start + found.window_ms
        found.closed_ms = max(found.closed_ms, end)
        told = _compared(sample, subject, baseline)
        state: State = "insufficient_data" if isinstance(told, str) else "drift" if told.drifted else "ok"
        found.progress, _ = step(subject.config.policy(), found.progress, state)
        rows = min(sample.seen, ROWS)
        result = {"reason": told} if isinstance(told, str) else {"sampled": rows, **asdict(told)}
        place = (found.account, model, version, start, found.window_ms // 1000, subject.reference)
        looked.windows.append(MultivariateWindow(*place, state, found.progress.raised, sample.seen, result))
        detail: dict[str, Any] = {"window_state": state, "rows": sample.seen}
        if isinstance(told, Together):
            detail |= _said(told, subject.config.alpha)
        looked.signals.append(_signal(found, model, version, end, detail))

    def _forget(self, model: int, version: str, looked: Looked) -> None:
        found = self._versions.pop((model, version))
        if found.progress.raised:
            found.progress = Progress()
            end = max(found.closed_ms, found.newest_ms)
            looked.signals.append(_signal(found, model, version, end, {}))
        if all(its != model for its, _ in self._versions):
            self._seen.pop(model, None)


def _sampled(subject: Subject) -> frozenset[str]:
    return frozenset(sorted(subject.profiles)[:MOST_COLUMNS])


def _compared(sample: RowSample, subject: Subject, baseline: Baseline) -> Together | str:
    """What both samples come to; or why they cannot be compared."""
    before = baseline(subject.reference)
    if before is None:
        return NO_SAMPLE
    columns = sample.columns()
    kinds = {name: subject.profiles[name].kind for name in before if name in subject.profiles}
    now = {name: plain(columns[name], kind) for name, kind in kinds.items() if name in columns}
    try:
        return together({name: before[name] for name in kinds}, now, subject.config.alpha)
    except InvalidInput as error:
        return str(error)
    except np.linalg.LinAlgError as error:
        return f"the columns cannot be compared: {error}"


def _said(told: Together, alpha: float) -> dict[str, Any]:
    """What a signal tells: the classifier, unless only the other method found anything; the feature whose mean moved
    most; and the pair of numbers that did."""
    detail: dict[str, Any] = {"p": told.adjusted}
    domain, plane = told.domain, told.reconstruction
    if domain is not None and (plane is None or domain.p <= max(alpha, plane.p)):
        detail |= {"statistic": "ROC area", "statistic_value": domain.auc}
    elif plane is not None:
        detail |= {"statistic": "reconstruction error", "statistic_value": plane.error, "threshold": plane.upper}
    if told.moved and told.moved[0].adjusted <= alpha:
        mean = told.moved[0]
        detail["moved"] = f"{mean.feature[:60]}: {_figure(mean.baseline)}, now {_figure(mean.window)}"
    if told.pairs and told.pairs[0].adjusted <= alpha:
        pair = told.pairs[0]
        moved = f"{pair.baseline:.2f}, now {pair.window:.2f}"
        detail["correlation"] = f"{pair.first} and {pair.second}: {moved}"
    return detail


def _figure(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def _signal(found: _Version, model: int, version: str, at: int, detail: dict[str, Any]) -> Signal:
    """Drift of the model's feature without a name, which no column can have: all of them."""
    state = "drift" if found.progress.raised else "ok"
    about = {"model": model, "name": found.name, "feature": "", "version": version, **detail}
    value = float(about.pop("statistic_value", 0.0))
    return Signal("drift", found.account, together_of(model, version), at, state, value, about)
