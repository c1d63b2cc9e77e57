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
from vedette.statistics.trends.budget import SIZES, chart_run_length, monitor_run_length
from vedette.statistics.trends.kept import KeptBuckets
from vedette.statistics.trends.thresholds import ThresholdTable
from vedette.statistics.trends.trinomial import Floats
from vedette.statistics.trends.whitening import Whitening

SUSPICIOUS = 0.6
"""A chart above this share of its threshold stops its monitor's learning, lest a small change become the usual."""
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

    `monitors` is how many the whole account has, over all shards, and `allowed_a_day` how many false alarms all of them
    together may raise a day.
    """

    def __init__(self, monitors: int, allowed_a_day: float) -> None:
        self._run_length = monitor_run_length(monitors, allowed_a_day)
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
        self._now = -BUCKET_MS

    def __len__(self) -> int:
        return len(self._weight)

    def budget(self, monitors: int, allowed_a_day: float) -> None:
        """Another number of monitors or of allowed false alarms; thresholds follow with the next hour."""
        self._run_length = monitor_run_length(monitors, allowed_a_day)

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
        for name in ("_weight", "_checks", "_shift", "_shift_variance"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more)]))

    def learning(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Whether the baselines of `rows` are too young to be trusted."""
        return np.asarray(self.baseline.learned[rows] < TRUSTED)

    def standing(self, rows: Rows) -> Floats:
        """How far the charts of `rows` are up, as shares of their thresholds: rows by (down, up)."""
        return np.asarray((self._statistic[rows] / self._heights[rows]).max(2))

    def forget(self, row: int) -> None:
        """Make `row` new, for another monitor or one that was changed so much that its past tells nothing."""
        for part in (self.baseline, self._whitening, self._kept):
            part.forget(row)
        self._statistic[row] = 0
        self._zero_ms[row] = self._now + BUCKET_MS
        self._heights[row] = np.inf
        self._weight[row] = self._checks[row] = self._shift[row] = self._shift_variance[row] = 0

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
        calm = self.learning(rows) | (self._statistic[rows] <= SUSPICIOUS * self._heights[rows]).all((1, 2))
        self.baseline.learn(bucket_ms, rows[calm], counts[calm], shift[calm])
        self._shift[rows] = shift
        self._shift_variance[rows] *= 1 - gain
        self._kept.add(bucket_ms, rows, error, np.where(known, 1 / total, 0.0))
        first = self._weight[rows] == 0
        fading = np.where(first, 1.0, _FADING) * known
        self._weight[rows] += fading * (1 / total - self._weight[rows])
        self._checks[rows] += fading * (checks - self._checks[rows])
        fresh = np.isinf(self._heights[rows]).all((1, 2)) & known
        if new_hour:
            self._set_heights(np.flatnonzero(self._weight > 0))
        elif fresh.any():
            self._set_heights(rows[fresh])
        return self._chart(bucket_ms, rows[known], error[known] / np.sqrt(total[known]), total[known], expected[known])

    def _chart(self, bucket_ms: int, rows: Rows, z: Floats, total: Floats, expected: Floats) -> list[Change]:
        white = self._whitening.whitened(bucket_ms, BUCKET_MS, rows, z) / self._whitening.spread(rows)
        delta = np.array(SIZES) * (self._dampened(rows) / np.sqrt(total))[:, None]
        both = np.stack([-white, white], 1)[:, :, None] * delta[:, None, :] - (delta * delta / 2)[:, None, :]
        statistic = np.maximum(self._statistic[rows] + both, 0.0)
        self._statistic[rows] = statistic
        self._zero_ms[rows] = np.where(statistic == 0, bucket_ms + BUCKET_MS, self._zero_ms[rows])
        over = statistic > self._heights[rows]
        alarmed = np.flatnonzero(over.any((1, 2)))
        found = [self._change(int(rows[i]), bucket_ms, over[i], float(expected[i])) for i in alarmed]
        trusted = rows[self.baseline.learned[rows] == TRUSTED]  # what was summed up before was not to be trusted
        self._statistic[trusted] = 0
        self._zero_ms[trusted] = bucket_ms + BUCKET_MS
        return found

    def _dampened(self, rows: Rows) -> Floats:
        """What is left of a lasting shift of z in the independent part of it."""
        phi = self._whitening.correlation(rows)
        return np.asarray(np.sqrt((1 - phi) / (1 + phi)) / self._whitening.spread(rows))

    def _change(self, row: int, bucket_ms: int, over: npt.NDArray[np.bool_], expected: float) -> Change:
        excess = np.where(over, self._statistic[row] - self._heights[row], -np.inf)
        side, size = np.unravel_index(int(excess.argmax()), excess.shape)
        down = side == 0
        start = self._kept.start(row, int(self._zero_ms[row, side].min()), down)
        change = Change(
            row=row,
            bucket_ms=bucket_ms,
            start_ms=start.bucket_ms if start else int(self._zero_ms[row, side, size]),
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
            self._shift[row] += start.size
            self._shift_variance[row] += 4 / start.weight
            self._kept.forget(row)
        return change

    def _set_heights(self, rows: Rows) -> None:
        if not len(rows):
            return
        mean, _, skewness = self.baseline.variance(rows)
        phi = self._whitening.correlation(rows)
        self.baseline.inflation[rows] = (1 + phi) / (1 - phi) * self._whitening.spread(rows) ** 2
        skewness = skewness / np.sqrt(np.maximum(self._checks[rows], 1.0))
        shifts = np.array(SIZES) * (self._dampened(rows) * np.sqrt(self._weight[rows]))[:, None]
        length = chart_run_length(self._run_length, shifts[:, 0])
        for side, sign in ((0, -1.0), (1, 1.0)):
            towards = self._whitening.skewed(sign * skewness, phi)
            heights = self._table.heights(shifts, towards[:, None], length)
            after = mean[:, None] + sign * np.array(SIZES)
            impossible = (after <= 0) | (after >= 1)
            self._heights[rows, side] = np.where(impossible, np.inf, heights)
            self._statistic[rows, side] = np.where(impossible, 0.0, self._statistic[rows, side])
