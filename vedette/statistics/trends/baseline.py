"""The baseline: what Apdex is usual for each monitor at each hour of the week, learned from up to four weeks.

Hours of the week are leaves, hours of the day their parents, the overall level the root of a normal hierarchy: an
hour with little data is shrunk towards its hour of the day, and that towards the level, by how much hours really
differ (empirical Bayes, the variances by DerSimonian and Laird's moments). A prediction comes with its variance. If
the bucket is learned right after it was predicted, the standardised errors are recursive residuals, which are
independent also while the baseline is young: what is not yet known makes them smaller, not alarming. Excluded buckets
are simply not learned.

All monitors of a shard are one set of arrays; rows are monitors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.trinomial import Floats

BUCKET_MS, HOUR_MS = 300_000, 3_600_000
WEEKS, HOURS, DAY = 4, 168, 24
DAYS_OF_WEEK = HOURS // DAY
TRUSTED = 500
"""Buckets that must have been learned before alarms can be trusted; before that a monitor is learning."""
FEWEST = 12
"""Buckets before anything is predicted at all."""
LEAST_SHARE = 0.001
"""Of each zone; a rarer zone counts as that. So the first failure of an endpoint without any is no change yet."""
LEAST_VARIANCE = 0.00125
"""Of one check: that of one tolerating and one frustrated check in a thousand."""
_BETWEEN = (0.003**2, 0.01**2)
"""Variances of hours of the week around their hour of the day, and of those around the level, until data tell."""
_PRIOR = 3.0
"""As how many hours these two count."""
_DECAY = 1 - 1 / (WEEKS * HOURS * 12)
Rows = npt.NDArray[np.int64]


class Baseline:
    """The hour-of-week profiles of all monitors of one shard. Predictions' times must not go back."""

    def __init__(self) -> None:
        self.learned: Rows = np.zeros(0, np.int64)
        self.pooled: Floats = np.zeros((0, 3))
        """Satisfied, tolerating and frustrated checks, old ones fading over four weeks."""
        self.inflation: Floats = np.zeros(0)
        """By how much means over many buckets vary more than those of independent checks: (1 + φ)/(1 - φ)."""
        self._counts = np.zeros((0, WEEKS, HOURS), np.float32)
        self._scores = np.zeros((0, WEEKS, HOURS), np.float32)
        self._between: Floats = np.zeros((0, 2))
        self._stamps = np.full((WEEKS, HOURS), -1, np.int64)
        self._hour = -1
        self._leaf_n: Floats = np.zeros(0)
        self._leaf_s: Floats = np.zeros(0)

    def grow(self, rows: int) -> None:
        """Make room for `rows` monitors in all."""
        more = rows - len(self.learned)
        if more <= 0:
            return
        self.learned = np.concatenate([self.learned, np.zeros(more, np.int64)])
        self.pooled = np.concatenate([self.pooled, np.zeros((more, 3))])
        self.inflation = np.concatenate([self.inflation, np.ones(more)])
        empty = np.zeros((more, WEEKS, HOURS), np.float32)
        self._counts = np.concatenate([self._counts, empty])
        self._scores = np.concatenate([self._scores, empty])
        self._between = np.concatenate([self._between, np.tile(np.array(_BETWEEN), (more, 1))])
        self._hour = -1

    def forget(self, row: int) -> None:
        """Make `row` new."""
        self.learned[row] = 0
        self.pooled[row] = 0
        self.inflation[row] = 1
        self._counts[row] = self._scores[row] = 0
        self._between[row] = _BETWEEN
        self._hour = -1

    def variance(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Of one check of each row over all hours: expected score, variance, skewness."""
        counts = self.pooled[rows] + np.array([1.0, 0.5, 0.5])
        shares = np.maximum(counts / counts.sum(1, keepdims=True), LEAST_SHARE)
        shares /= shares.sum(1, keepdims=True)
        mean = shares @ np.array([1.0, 0.5, 0.0])
        off = np.array([1.0, 0.5, 0.0]) - mean[:, None]
        variance = np.maximum((shares * off**2).sum(1), LEAST_VARIANCE)
        return mean, variance, (shares * off**3).sum(1) / variance**1.5

    def predict(self, time_ms: int, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """For the bucket that begins at `time_ms`: expected Apdex, variance of that expectation, variance of one check.

        The variance of the expectation is infinite for rows that have learned less than `FEWEST` buckets.
        """
        self._turn(time_ms)
        overall, variance, _ = self.variance(rows)
        n, s = self._leaf_n[rows], self._leaf_s[rows]
        t1, t2 = self._between[rows, 0], self._between[rows, 1]
        mean = s / np.maximum(n, 1e-9)
        noise = variance * self.inflation[rows]
        weight = n / (noise + t1 * n)
        group_w = self._group_w[rows] + weight
        group_m = (self._group_x[rows] + weight * mean) / np.maximum(group_w, 1e-12)
        up = group_w / (1 + t2 * group_w)
        root_w = self._root_w[rows] + up
        level = (self._root_x[rows] + up * group_m) / np.maximum(root_w, 1e-12)
        b2 = t2 * group_w / (1 + t2 * group_w)
        day = b2 * group_m + (1 - b2) * level
        day_v = t2 * (1 - b2) + (1 - b2) ** 2 / np.maximum(root_w, 1e-12)
        b1 = t1 * n / (noise + t1 * n)
        expected = np.clip(b1 * mean + (1 - b1) * day, 0.0, 1.0)
        spread = t1 * (1 - b1) + (1 - b1) ** 2 * day_v
        spread[self.learned[rows] < FEWEST] = np.inf
        share = variance / np.maximum(overall * (1 - overall), LEAST_VARIANCE)
        check = np.maximum(share * expected * (1 - expected), LEAST_VARIANCE)
        return expected, spread, check

    def learn(
        self, time_ms: npt.ArrayLike, rows: Rows, counts: Floats, shift: npt.ArrayLike = 0.0, buckets: int = 1
    ) -> None:
        """Take in S, Tol and F of each of `rows` (no row twice), whose Apdex lies `shift` above the profile for good.

        They may be those of several `buckets` of the hour at once, as when the profile begins from hourly windows.
        `time_ms` is one for all, or each row's own; what is of another hour than the last prediction's counts in
        predictions from the next hour on. What is older than four weeks is passed over.
        """
        hours = np.broadcast_to(np.asarray(time_ms, np.int64) // HOUR_MS, rows.shape)
        checks = counts.sum(1)
        scores = counts[:, 0] + counts[:, 1] / 2 - np.asarray(shift) * checks
        weeks, cells = hours // HOURS, hours % HOURS
        for hour in np.unique(hours):
            self._open(int(hour))
        held = self._stamps[weeks % WEEKS, cells] == weeks
        rows, counts, checks, scores = rows[held], counts[held], checks[held], scores[held]
        weeks, cells = weeks[held], cells[held]
        self._counts[rows, weeks % WEEKS, cells] += checks
        self._scores[rows, weeks % WEEKS, cells] += scores
        now = cells == self._hour % HOURS if self._hour >= 0 else np.zeros(len(rows), np.bool_)
        self._leaf_n[rows[now]] += checks[now]
        self._leaf_s[rows[now]] += scores[now]
        self.pooled[rows] = self.pooled[rows] * _DECAY**buckets + counts
        self.learned[rows] += buckets

    def profile(self, rows: Rows) -> Floats:
        """What is expected of each of `rows` at each hour of the week, the first being Thursday's 0 to 1 UTC."""
        n, mean, _ = self._leaves()
        n, mean = n[rows].reshape(len(rows), DAYS_OF_WEEK, DAY), mean[rows].reshape(len(rows), DAYS_OF_WEEK, DAY)
        noise = self._noise()[rows][:, None, None]
        t1, t2 = self._between[rows, 0][:, None, None], self._between[rows, 1][:, None]
        weight = n / (noise + t1 * n)
        group_w = weight.sum(1)
        group_m = (weight * mean).sum(1) / np.maximum(group_w, 1e-12)
        up = group_w / (1 + t2 * group_w)
        level = (up * group_m).sum(1, keepdims=True) / np.maximum(up.sum(1, keepdims=True), 1e-12)
        b2 = t2 * group_w / (1 + t2 * group_w)
        day = (b2 * group_m + (1 - b2) * level)[:, None, :]
        b1 = t1 * weight
        return np.asarray(np.clip(b1 * mean + (1 - b1) * day, 0.0, 1.0).reshape(len(rows), HOURS))

    def own(self, rows: Rows) -> tuple[Floats, Floats]:
        """How far hours of the week, and of the day, go by their own data: from 0, not at all, to 1, by it alone."""
        n, _, _ = self._leaves()
        weight = n[rows] / (self._noise()[rows][:, None] + self._between[rows, :1] * n[rows])
        group_w = weight.reshape(len(rows), DAYS_OF_WEEK, DAY).sum(1)
        t1, t2 = self._between[rows, :1], self._between[rows, 1:]
        return (t1 * weight).mean(1), (t2 * group_w / (1 + t2 * group_w)).mean(1)

    def held(self, rows: Rows) -> Floats:
        """Checks of each of `rows` that its profile rests on: those of the latest four weeks."""
        return np.asarray(self._counts[rows].sum((1, 2), dtype=np.float64))

    def _open(self, hour: int) -> None:
        """Let the cell of an hour (since 1970) hold that hour, unless it holds a later one, or the hour is too old."""
        week, cell = hour // HOURS, hour % HOURS
        stamp = self._stamps[week % WEEKS, cell]
        if stamp < week and hour > self._hour - WEEKS * HOURS:
            self._counts[:, week % WEEKS, cell] = self._scores[:, week % WEEKS, cell] = 0
            self._stamps[week % WEEKS, cell] = week

    def _turn(self, time_ms: int) -> None:
        """At a new hour: forget what is older than four weeks, and sum up all but the cells of this hour."""
        hours = time_ms // HOUR_MS
        if hours == self._hour:
            return
        if self._hour == -1 or hours // DAY != self._hour // DAY:
            self._estimate()
        self._hour = hours
        hour = hours % HOURS
        stale = (self._stamps * HOURS + np.arange(HOURS) <= hours - WEEKS * HOURS) & (self._stamps >= 0)
        if stale.any():
            self._counts[:, stale] = self._scores[:, stale] = 0
            self._stamps[stale] = -1
        n, mean, _ = self._leaves()
        variance = self._noise()
        t1, t2 = self._between[:, :1], self._between[:, 1:]
        self._leaf_n, self._leaf_s = n[:, hour].copy(), (n[:, hour] * mean[:, hour]).copy()
        weight = n / (variance[:, None] + t1 * n)
        weight[:, hour] = 0
        rows = len(n)
        group_w = weight.reshape(rows, DAYS_OF_WEEK, DAY).sum(1)
        group_x = (weight * mean).reshape(rows, DAYS_OF_WEEK, DAY).sum(1)
        of_day = hour % DAY
        self._group_w, self._group_x = group_w[:, of_day].copy(), group_x[:, of_day].copy()
        up = 1 / (1 + t2 * group_w)
        up[:, of_day] = 0
        self._root_w, self._root_x = (up * group_w).sum(1), (up * group_x).sum(1)

    def _noise(self) -> Floats:
        """Variance of one check of each row, as far as means over many buckets are concerned."""
        return self.variance(np.arange(len(self.learned)))[1] * self.inflation

    def _leaves(self) -> tuple[Floats, Floats, Floats]:
        n = self._counts.sum(1, dtype=np.float64)
        mean = self._scores.sum(1, dtype=np.float64) / np.maximum(n, 1e-9)
        return n, mean, n > 0

    def _estimate(self) -> None:
        """How much hours differ beyond chance: once a day, from what was learned so far."""
        n, mean, seen = self._leaves()
        rows = len(n)
        variance = self._noise()
        groups = n.reshape(rows, DAYS_OF_WEEK, DAY)
        means = mean.reshape(rows, DAYS_OF_WEEK, DAY)
        total = groups.sum(1)
        day_mean = (groups * means).sum(1) / np.maximum(total, 1e-9)
        q = (groups * (means - day_mean[:, None]) ** 2).sum((1, 2)) / variance
        cells = seen.reshape(rows, DAYS_OF_WEEK, DAY).sum(1)
        free = np.maximum(cells - 1, 0).sum(1)
        size = (total - (groups**2).sum(1) / np.maximum(total, 1e-9)).sum(1) / variance
        first = np.maximum(q - free, 0) / np.maximum(size, 1e-9)
        t1 = (_PRIOR * _BETWEEN[0] + free * first) / (_PRIOR + free)
        own = total / (variance[:, None] + t1[:, None] * total / np.maximum(cells, 1))
        sums = own.sum(1, keepdims=True)
        level = (own * day_mean).sum(1, keepdims=True) / np.maximum(sums, 1e-9)
        q = (own * (day_mean - level) ** 2).sum(1)
        free = np.maximum((total > 0).sum(1) - 1, 0)
        size = (sums[:, 0] - (own**2).sum(1) / np.maximum(sums[:, 0], 1e-9)).clip(1e-9)
        second = np.maximum(q - free, 0) / size
        t2 = (_PRIOR * _BETWEEN[1] + free * second) / (_PRIOR + free)
        known = self.learned >= FEWEST
        self._between[known] = np.stack([t1, t2], 1)[known]
