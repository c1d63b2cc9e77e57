"""The watch over steps: every monitor's buckets against its baseline, on charts whose false alarms are budgeted.

A chart is a log-likelihood-ratio CUSUM of standardised errors z, C = max(0, C ± δz - δ²/2): the CUSUM of z with
reference value k = δ/2 and threshold h/δ, but with the weight that each bucket's own number of checks deserves. There
are three sizes of change, down and up. The state is plain arrays and can be pickled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS, TRUSTED, Baseline
from vedette.statistics.trends.budget import SIZES, chart_run_length, monitor_run_length, raised
from vedette.statistics.trends.kept import KEPT, KeptBuckets
from vedette.statistics.trends.thresholds import ThresholdTable
from vedette.statistics.trends.trinomial import Floats
from vedette.statistics.trends.whitening import Whitening

PATIENCE = 8
"""A bucket is learned once it is older than one in so many of those that were: lest a small change become the usual."""
FOUR_WEEKS = 28 * 288
_FADING = 1 / 576
"""Weight of the newest bucket in the means of traffic and of weight."""
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Change:
    """An alarm: the Apdex of a row has moved by about `size` since the bucket that begins at `start_ms`.

    `statistic` has passed `threshold` (log-likelihood ratios) with the bucket at `bucket_ms`. While `learning`, the
    baseline is too young for the alarm to count.
    """

    row: int
    bucket_ms: int
    start_ms: int
    size: float
    expected: float
    statistic: float
    threshold: float
    learning: bool

    @property
    def down(self) -> bool:
        """Whether the Apdex fell."""
        return self.size < 0


class StepWatch:
    """Steps of all monitors of one shard; rows are monitors.

    `monitors` is how many an account has, over all shards, and `allowed_a_day` how many false alarms all of them
    together may raise a day; so for all rows whose `budget` is not set.
    """

    def __init__(self, monitors: int, allowed_a_day: float) -> None:
        self._usual = monitor_run_length(monitors, allowed_a_day)
        self._run_length: Floats = np.zeros(0)
        self._table = ThresholdTable()
        self.baseline = Baseline()
        self._whitening = Whitening()
        self._kept = KeptBuckets()
        self._statistic: Floats = np.zeros((0, 2, len(SIZES)))
        self._zero_ms = np.zeros((0, 2, len(SIZES)), np.int64)
        self._heights: Floats = np.zeros((0, 2, len(SIZES)))
        self._weight: Floats = np.zeros(0)
        self._checks: Floats = np.zeros(0)
        self._shift: Floats = np.zeros(0)
        self._shift_variance: Floats = np.zeros(0)
        self._before: Floats = np.zeros(0)
        """The shift before the last change, for what is learned late and is older than `_changed` (bucket numbers)."""
        self._changed = np.zeros(0, np.int64)
        self._waiting = np.zeros(0, np.int64)
        """The oldest bucket number that was not learned yet."""
        self._now = -BUCKET_MS

    def __len__(self) -> int:
        return len(self._weight)

    def budget(self, rows: Rows, monitors: int, allowed_a_day: float) -> None:
        """The monitors of the account of `rows`, and its false alarms a day; thresholds follow with the next hour."""
        self._run_length[rows] = monitor_run_length(monitors, allowed_a_day)

    def grow(self, rows: int) -> None:
        """Make room for `rows` monitors in all; new ones begin to learn."""
        more = rows - len(self)
        if more <= 0:
            return
        for part in (self.baseline, self._whitening, self._kept):
            part.grow(rows)
        charts = (more, 2, len(SIZES))
        self._statistic = np.concatenate([self._statistic, np.zeros(charts)])
        self._zero_ms = np.concatenate([self._zero_ms, np.zeros(charts, np.int64)])
        self._heights = np.concatenate([self._heights, np.full(charts, np.inf)])
        for name in ("_weight", "_checks", "_shift", "_shift_variance", "_before"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more)]))
        for name in ("_changed", "_waiting"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more, np.int64)]))
        self._run_length = np.concatenate([self._run_length, np.full(more, self._usual)])

    def learning(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether the baselines of `rows` are too young to be trusted."""
        return np.asarray(self.baseline.learned[rows] < TRUSTED)

    def standing(self, rows: Rows) -> Floats:
        """How far the charts of `rows` are up, as shares of their thresholds: rows by (down, up)."""
        return np.asarray((self._statistic[rows] / self._heights[rows]).max(2))

    def expected(self, rows: Rows) -> tuple[Floats, Floats]:
        """What Apdex is expected of `rows` at the time of the last bucket, and their usual checks of a bucket."""
        profile, _, _ = self.baseline.predict(self._now, rows)
        return np.asarray(np.clip(profile + self._shift[rows], 0.0, 1.0)), self._checks[rows].copy()

    def forget(self, row: int) -> None:
        """Make `row` new, for another monitor or one that was changed so much that its past tells nothing."""
        for part in (self.baseline, self._whitening, self._kept):
            part.forget(row)
        self._statistic[row] = 0
        self._zero_ms[row] = self._now + BUCKET_MS
        self._heights[row] = np.inf
        self._weight[row] = self._checks[row] = self._shift[row] = self._shift_variance[row] = self._before[row] = 0
        self._changed[row] = self._waiting[row] = 0

    def take(self, bucket_ms: int, rows: Rows, counts: Floats) -> list[Change]:
        """Take the bucket of five minutes that begins at `bucket_ms`: for each of `rows` (no row twice) S, Tol and F.

        Buckets come in order of time; `InvalidInput` for one that is older than the last. Rows that are not named have
        a gap. Leave out buckets of incidents and maintenance: a gap teaches nothing and alarms nobody.
        """
        if bucket_ms % BUCKET_MS or bucket_ms <= self._now:
            raise InvalidInput("bucket", bucket_ms, f"a multiple of {BUCKET_MS} after {self._now}")
        new_hour = bucket_ms // HOUR_MS != self._now // HOUR_MS
        self._now = bucket_ms
        checks = counts.sum(1)
        rows, counts, checks = rows[checks > 0], counts[checks > 0], checks[checks > 0]
        profile, spread, variance = self.baseline.predict(bucket_ms, rows)
        expected = np.clip(profile + self._shift[rows], 0.0, 1.0)
        error = (counts[:, 0] + counts[:, 1] / 2) / checks - expected
        known = np.isfinite(spread)
        total = np.where(known, variance / checks + spread + self._shift_variance[rows], 1.0)
        error = np.where(known, error, 0.0)
        gain = self._shift_variance[rows] / total
        shift = self._shift[rows] + gain * error
        young = self.learning(rows)
        self.baseline.learn(bucket_ms, rows[young], counts[young], shift[young])
        self._shift[rows] = shift
        self._shift_variance[rows] *= 1 - gain
        self._kept.add(bucket_ms // BUCKET_MS, rows, counts, error)
        self._waiting[rows[young]] = bucket_ms // BUCKET_MS + 1
        self._waiting[rows] = np.where(self._waiting[rows] == 0, bucket_ms // BUCKET_MS, self._waiting[rows])
        self._learn_late(bucket_ms // BUCKET_MS)
        first = self._weight[rows] == 0
        fading = np.where(first, 1.0, _FADING) * known
        self._weight[rows] += fading * (1 / total - self._weight[rows])
        self._checks[rows] += fading * (checks - self._checks[rows])
        fresh = np.isinf(self._heights[rows]).all((1, 2)) & known
        if new_hour:
            self._set_heights(np.flatnonzero(self._weight > 0))
        elif fresh.any():
            self._set_heights(rows[fresh])
        found = self._chart(bucket_ms, rows[known], error[known] / np.sqrt(total[known]), total[known], expected[known])
        trusted = rows[young & ~self.learning(rows)]  # what was summed up before was not to be trusted
        self._statistic[trusted] = 0
        self._zero_ms[trusted] = bucket_ms + BUCKET_MS
        return found

    def _learn_late(self, now: int) -> None:
        """Learn the buckets that have waited long enough, of all rows; never more than two of a row."""
        for _ in range(2):
            late = self._lateness(np.arange(len(self)))
            due = np.flatnonzero(~self.learning(np.arange(len(self))) & (self._waiting + late <= now))
            if not len(due):
                return
            self._waiting[due] = np.maximum(self._waiting[due], now - KEPT + 1)
            buckets = self._waiting[due]
            counts = self._kept.counts(due, buckets)
            some = counts.sum(1) > 0
            shift = np.where(buckets < self._changed[due], self._before[due], self._shift[due])
            self.baseline.learn(buckets[some] * BUCKET_MS, due[some], counts[some], shift[some])
            self._waiting[due] += 1

    def _lateness(self, rows: Rows) -> npt.NDArray[np.int64]:
        """How many buckets `rows` wait before they learn one."""
        return np.minimum(self.baseline.learned[rows], FOUR_WEEKS) // PATIENCE

    def _chart(self, bucket_ms: int, rows: Rows, z: Floats, total: Floats, expected: Floats) -> list[Change]:
        white = self._whitening.whitened(bucket_ms, BUCKET_MS, rows, z) / self._whitening.spread(rows)
        delta = np.array(SIZES) * (self._dampened(rows) / np.sqrt(total))[:, None]
        both = np.stack([-white, white], 1)[:, :, None] * delta[:, None, :] - (delta * delta / 2)[:, None, :]
        statistic = np.maximum(self._statistic[rows] + both, 0.0)
        self._statistic[rows] = statistic
        self._zero_ms[rows] = np.where(statistic == 0, bucket_ms + BUCKET_MS, self._zero_ms[rows])
        over = statistic > self._heights[rows]
        alarmed = np.flatnonzero(over.any((1, 2)))
        return [self._change(int(rows[i]), bucket_ms, over[i], float(expected[i])) for i in alarmed]

    def _dampened(self, rows: Rows) -> Floats:
        """What is left of a lasting shift of z in the independent part of it."""
        phi = self._whitening.correlation(rows)
        return np.asarray(np.sqrt((1 - phi) / (1 + phi)) / self._whitening.spread(rows))

    def _change(self, row: int, bucket_ms: int, over: npt.NDArray[np.bool_], expected: float) -> Change:
        excess = np.where(over, self._statistic[row] - self._heights[row], -np.inf)
        side, size = np.unravel_index(int(excess.argmax()), excess.shape)
        down = side == 0
        variance = float(self.baseline.variance(np.array([row]))[1][0])
        start = self._kept.start(row, int(self._zero_ms[row, side].min()) // BUCKET_MS, down, variance)
        change = Change(
            row=row,
            bucket_ms=bucket_ms,
            start_ms=start.bucket * BUCKET_MS if start else int(self._zero_ms[row, side, size]),
            size=start.size if start else (-SIZES[size] if down else SIZES[size]),
            expected=expected,
            statistic=float(self._statistic[row, side, size]),
            threshold=float(self._heights[row, side, size]),
            learning=bool(self.learning(np.array([row]))[0]),
        )
        self._statistic[row] = 0
        self._zero_ms[row] = bucket_ms + BUCKET_MS
        if not change.learning and start is not None:
            # The new level is the usual one from here on. An alarm overstates it, so it is trusted little at first.
            self._before[row], self._changed[row] = self._shift[row], start.bucket
            self._shift[row] += start.size
            self._shift_variance[row] += 4 / start.weight
        return change

    def _set_heights(self, rows: Rows) -> None:
        if not len(rows):
            return
        mean, _, skewness = self.baseline.variance(rows)
        phi = self._whitening.correlation(rows)
        self.baseline.inflation[rows] = (1 + phi) / (1 - phi) * self._whitening.spread(rows) ** 2
        skewness = skewness / np.sqrt(np.maximum(self._checks[rows], 1.0))
        shifts = np.array(SIZES) * (self._dampened(rows) * np.sqrt(self._weight[rows]))[:, None]
        length = chart_run_length(self._run_length[rows, None], shifts[:, 0])
        known = self.baseline.held(rows) / np.maximum(self._checks[rows], 1e-9)
        late = self._lateness(rows).astype(np.float64)
        week, day = self.baseline.own(rows)
        for side, sign in ((0, -1.0), (1, 1.0)):
            towards = self._whitening.skewed(sign * skewness, phi)
            heights = self._table.heights(shifts, towards[:, None], length)
            heights *= raised(heights, shifts, known[:, None], late[:, None], week[:, None], day[:, None])
            after = mean[:, None] + sign * np.array(SIZES)
            impossible = (after <= 0) | (after >= 1)
            self._heights[rows, side] = np.where(impossible, np.inf, heights)
            self._statistic[rows, side] = np.where(impossible, 0.0, self._statistic[rows, side])
