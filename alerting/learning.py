"""Learning: what is usual of the series of rules about anomalies, from the minutes that the tables hold."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from alerting.learned import LearnedSeries
from alerting.learning_checks import Known, means_of, of_checks
from alerting.rules import Anomaly, rule_adapter
from vedette.clock import Clock
from vedette.errors import Unavailable
from vedette.events.check_series import check_series_of, named
from vedette.statistics.anomaly import HOUR_MS, WEEK_MS, in_a_row, learn
from vedette.store import anomalies
from vedette.store.account_settings import anomaly_share
from vedette.store.anomalies import DueRule, RuleRow
from vedette.store.pool import Store
from vedette.store.series import Catalogue, SeriesRef
from vedette.store.windows import read_rows
from vedette.telemetry import get_logger

LOOK_S = 5.0
"""How often it is looked whether a rule is to be learned."""
LEASE_S = 1800.0
AGAIN_S = 86_400.0
SOON_S = 3_600.0
"""A rule that has series which are not ready is learned again so soon."""
WEEKS, FEWEST_WEEKS = 4, 3
FEWEST_A_WEEK = 0.25
"""Fewer false alarms a week cannot be learned from so few weeks."""
READY = 0.5
"""Share of the windows of a week that must be known."""
MOST_SERIES = 300
"""Of a rule, the first by source and name."""
_TIER = "1m"
_AT_ONCE_MS = 2 * 86_400_000
"""Of one source at a time: a worker has little memory."""
Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Lesson:
    """What came of learning: series by subject; how many are not ready, or were left out; the weeks it is from."""

    series: dict[str, LearnedSeries] = field(default_factory=dict)
    unready: int = 0
    left_out: int = 0
    weeks: int = 0
    threshold: float = 0.0

    def whole(self) -> RuleRow:
        """As it is stored."""
        return RuleRow(self.threshold, self.weeks, len(self.series), self.unready, self.left_out)


def learn_rule(store: Store, account: int, spec: Anomaly, until_ms: int) -> Lesson:
    """From the four weeks before `until_ms` (UTC). Blocks: a series takes some milliseconds."""
    end_ms = until_ms // HOUR_MS * HOUR_MS
    begin_ms = end_ms - WEEKS * WEEK_MS
    lesson, size = Lesson(), WEEK_MS // (spec.window_s * 1000)
    window_ms = spec.window_s * 1000
    if named(spec.selector()) is None:
        series = _of_hosts(store, account, spec, lesson, (begin_ms, end_ms))
    else:
        series, lesson.left_out = of_checks(store, account, spec.selector(), (begin_ms, end_ms), window_ms, MOST_SERIES)
    ready: list[Known] = []
    for one in series:
        if one.values is None or not _is_ready(one.values.reshape(WEEKS, size), spec.windows):
            lesson.unready += 1
        else:
            ready.append(one)
    if not ready:
        return lesson
    values = np.stack([one.values for one in ready if one.values is not None]).reshape(len(ready), WEEKS, size)
    if np.isnan(values[:, 0]).mean() > READY:
        values, begin_ms = values[:, 1:], begin_ms + WEEK_MS
    known = 1 - float(np.isnan(values).mean())
    allowed = spec.false_alarms_per_week or max(FEWEST_A_WEEK, anomaly_share(store, account, spec.name))
    learned = learn(values, begin_ms, allowed * known, spec.windows, spec.direction, spec.floor)
    lesson.weeks, lesson.threshold = learned.weeks, learned.threshold
    for at, one in enumerate(ready):
        if (usual := learned.usual(at)).is_sound():
            lesson.series[one.subject] = LearnedSeries(
                usual, learned.threshold, one.usually, one.is_counter, check_series_of(one.subject) is not None
            )
        else:
            lesson.unready += 1
    return lesson


def _of_hosts(store: Store, account: int, spec: Anomaly, lesson: Lesson, span: tuple[int, int]) -> list[Known]:
    places: dict[tuple[str, str], list[SeriesRef]] = {}
    for ref in Catalogue(store).find(account, [spec.selector()]):
        places.setdefault((ref.source, ref.name), []).append(ref)
    chosen = dict(sorted(places.items())[:MOST_SERIES])
    lesson.left_out = len(places) - len(chosen)
    window_ms = spec.window_s * 1000
    minutes = _Minutes(span[0], window_ms, (span[1] - span[0]) // window_ms)
    _read_all(store, chosen, minutes, span)
    found = []
    for (source, name), refs in chosen.items():
        values, usually = minutes.windows(source, name)
        found.append(Known(f"series:{source}/{name}", values, usually, refs[0].kind == "counter"))
    return found


def _is_ready(weeks: Floats, windows: int) -> bool:
    """Whether enough windows of each of the last weeks are known, so many of them in a row."""
    known = np.where(np.isnan(weeks), np.nan, 1.0)[-FEWEST_WEEKS:]
    shares = (np.isfinite(known).mean(axis=1), np.isfinite(in_a_row(known, windows)).mean(axis=1))
    return bool((shares[0] >= READY).all() and (shares[1] >= READY / 2).all())


class _Minutes:
    """Sums and numbers of the minutes' readings, window by window, of each series."""

    def __init__(self, begin_ms: int, window_ms: int, many: int) -> None:
        self._begin_ms, self._window_ms, self._many = begin_ms, window_ms, many
        self._found: dict[tuple[str, str], tuple[Floats, Floats]] = {}

    def add(self, ref: SeriesRef, bucket_ms: npt.NDArray[np.int64], values: Floats) -> None:
        """Minutes of one place of a series."""
        known = np.isfinite(values)
        window = (bucket_ms[known] - self._begin_ms) // self._window_ms
        sums = np.bincount(window, values[known], self._many).astype(np.float64)
        counts = np.bincount(window, minlength=self._many).astype(np.float64)
        before = self._found.get((ref.source, ref.name))
        self._found[ref.source, ref.name] = (sums, counts) if before is None else (before[0] + sums, before[1] + counts)

    def windows(self, source: str, name: str) -> tuple[Floats | None, float]:
        """A series' means by window, and how many minutes one usually has."""
        return means_of(*self._found.get((source, name), (np.zeros(0), np.zeros(0))))


def _read_all(
    store: Store, chosen: dict[tuple[str, str], list[SeriesRef]], minutes: _Minutes, span: tuple[int, int]
) -> None:
    layouts: dict[int, list[SeriesRef]] = {}
    for refs in chosen.values():
        for ref in refs:
            layouts.setdefault(ref.layout_id, []).append(ref)
    for layout, members in layouts.items():
        ordinals = sorted({ref.ordinal for ref in members})
        by_source: dict[int, list[SeriesRef]] = {}
        for ref in members:
            by_source.setdefault(ref.source_id, []).append(ref)
        ids = sorted(by_source)
        for source, begin in product(ids, range(*span, _AT_ONCE_MS)):
            end = min(begin + _AT_ONCE_MS, span[1])
            rows = read_rows(store, layout, [source], ordinals, begin, end, _TIER).get(source)
            if rows is None:
                continue
            inside = (rows.bucket_ms >= begin) & (rows.bucket_ms < end)
            for ref in by_source[source]:
                values = (rows.maxs if ref.kind == "counter" else rows.lasts)[:, ordinals.index(ref.ordinal)]
                minutes.add(ref, rows.bucket_ms[inside], values[inside])


class DueLearning:
    """Learns rules that are due, one after the other in a thread of its own, so that no alert waits for them.

    Whatever goes wrong with one is logged, and ends nothing: it is tried again when its lease is over.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._thread = ThreadPoolExecutor(1, "learning")
        self._looked_at = -LOOK_S
        self._going: asyncio.Future[None] | None = None
        self._stopping = False
        self._log = get_logger("anomalies")

    def look(self) -> None:
        """Begin with what is due, unless that is going on, or was looked at just now."""
        now = self._clock.monotonic()
        if (self._going is not None and not self._going.done()) or now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        self._going = asyncio.get_running_loop().run_in_executor(self._thread, self._learn_all)

    async def finish(self) -> None:
        """Wait for the rule that is being learned; no other is begun."""
        self._stopping = True
        if self._going is not None:
            await self._going
        self._stopping = False

    def _learn_all(self) -> None:
        while not self._stopping:
            try:
                due = anomalies.claim(self._store, LEASE_S)
                if due is None:
                    return
                self.learn(due)
            except Unavailable as error:
                self._log.warning("rule_not_learned", error=str(error))
                return
            except Exception:  # noqa: BLE001 - logged with its traceback; others go on
                self._log.exception("rule_not_learned")

    def learn(self, due: DueRule) -> None:
        """Learn one rule and store it."""
        spec = rule_adapter.validate_python({**due.config, "name": due.name, "kind": "anomaly"})
        assert isinstance(spec, Anomaly)
        lesson = learn_rule(self._store, due.account, spec, self._clock.now_ms())
        rows = [one.row(subject) for subject, one in lesson.series.items()]
        again_s = SOON_S if lesson.unready or not rows else AGAIN_S
        if anomalies.write(self._store, due, lesson.whole(), rows, again_s):
            self._log.info("rule_learned", rule=due.id, series=len(rows), unready=lesson.unready, weeks=lesson.weeks)
