"""Anomalies: how far a series is from what is usual at its hour of the week, and how far is too far.

What is usual is a level for each hour of the week and a spread for each hour of the day, learned from weeks. How far is
too far is learned from all series of a rule together: each week is scored by what its other weeks say is usual, and the
threshold is the k-th highest of the peaks that there were, where k is as many false alarms as are allowed in that time.
Past and coming weeks are scored alike, so as many come as were allowed, however heavy the tails are: of n + 1
exchangeable peaks any is as likely to be the last (Vovk et al., Algorithmic learning in a random world, 2005). Spreads
make the series comparable first, as an index makes sites in regional frequency analysis (Hosking and Wallis, 1997).
Series that are still nearly always have no part in the threshold: their spread is the farthest that they ever were.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
HOUR_MS = 3_600_000
HOURS = 168
WEEK_MS = HOURS * HOUR_MS
QUANTILE = 0.99
"""Of a series' distances from its level, that is its spread's unit."""
CALM = 4
"""Windows without anything unusual after which an anomaly is over."""
LEAST = 0.1
"""A threshold is never less: what is nearer to its level than a tenth of a spread is rounding, or nobody's business."""
AT_ONCE = 100
"""Series that are looked at at a time."""
_FINEST = 1e-6
"""Of a level: a spread is never less."""
_MOST = 1e30
"""A score is never more: of a series that was always the same any change is."""


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual of one series: levels by hour of the week and spreads by hour of the day, UTC, from the hour in
    which 1970 began on. Both are finite, spreads above 0."""

    level: Floats
    spread: Floats

    def at(self, begin_ms: int, window_ms: int) -> tuple[float, float]:
        """Level and spread of the window that begins then (ms UTC); levels are linear between the middles of hours."""
        hour = begin_ms / HOUR_MS
        place = (begin_ms + window_ms / 2) / HOUR_MS - 0.5 if window_ms < HOUR_MS else hour
        low = int(place // 1)
        part = place - low
        level = (
            self.level[low % HOURS] * (1 - part) + self.level[(low + 1) % HOURS] * part
            if part
            else self.level[low % HOURS]
        )
        return float(level), float(self.spread[int(hour) % 24])

    def score(self, value: float, begin_ms: int, window_ms: int) -> float:
        """How far a window's value is from its level, in spreads: negative below."""
        level, spread = self.at(begin_ms, window_ms)
        score = (value - level) / spread
        return max(-_MOST, min(_MOST, score)) if score == score else 0.0  # only NaN differs from itself

    def is_sound(self) -> bool:
        """Whether all of it is finite, and the spreads above 0."""
        return bool(np.isfinite(self.level).all() and np.isfinite(self.spread).all() and (self.spread > 0).all())


@dataclass(frozen=True, slots=True)
class Learned:
    """Of some series: levels (series, 168), spreads (series, 24) and the `threshold` of all; `weeks` that were scored,
    and how many peaks above the threshold they had (`kept`: with it)."""

    levels: Floats
    spreads: Floats
    threshold: float
    weeks: int

    def usual(self, series: int) -> Usual:
        """Of one of them."""
        return Usual(self.levels[series], self.spreads[series])


def learn(values: Floats, begin_ms: int, allowed: float, windows: int, direction: str, floor: float = 0.0) -> Learned:
    """From values of shape (series, weeks, windows of a week), three or more weeks, the first of which begins at
    `begin_ms` (ms UTC, a whole hour); NaN where there is none. Blocks.

    `allowed` are false alarms a week, of all series together: one in as many weeks as are scored at least. `windows` in
    a row must be unusual, `direction` is above, below or both, and nothing within `floor` of the level is unusual.
    """
    many, weeks, size = values.shape
    levels, spreads = np.empty((many, HOURS)), np.empty((many, 24))
    peaks = np.empty((many, weeks, size), np.float32)
    still = np.zeros(many, np.bool_)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # hours without any value
        for start in range(0, many, AT_ONCE):
            some = slice(start, start + AT_ONCE)
            for week in range(weeks):
                rest = np.delete(values[some], week, axis=1)
                level, spread, is_still = _fit(rest)
                still[some] |= is_still
                scores = _scores(values[some, week], level, spread, floor)
                peaks[some, week] = in_a_row(directed(scores, direction), windows)
            levels[some], spreads[some], is_still = _fit(values[some, 1:])
            still[some] |= is_still
            for one in np.flatnonzero(still[some]) + start:
                farthest = np.nanmax(np.abs(values[one] - _spread_out(levels[one : one + 1], size)))
                spreads[one] = np.maximum(spreads[one], np.nan_to_num(farthest, nan=0.0, posinf=0.0))
    peaks[still] = -np.inf
    threshold = _threshold(peaks.reshape(many * weeks, size), max(1.0, allowed * weeks))
    shift = (begin_ms // HOUR_MS) % HOURS  # from hours since the beginning to hours since 1970
    return Learned(np.roll(levels, shift, axis=1), np.roll(spreads, shift % 24, axis=1), threshold, weeks)


def directed(scores: Floats, direction: str) -> Floats:
    """How unusual, 0 and above or below: in the direction that is looked at."""
    return np.abs(scores) if direction == "both" else scores if direction == "above" else -scores


def in_a_row(unusual: Floats, windows: int) -> Floats:
    """The least of the last `windows`, window by window along the last axis; -∞ while there are fewer, or any is
    NaN."""
    found = np.where(np.isnan(unusual), -np.inf, unusual)
    least = found.copy()
    for back in range(1, windows):
        least[..., back:] = np.minimum(least[..., back:], found[..., :-back])
        least[..., :back] = -np.inf
    return least


def starts(peaks: npt.NDArray[np.floating], threshold: float) -> int:
    """How many anomalies begin: windows above the threshold with none in the `CALM` before. Rows are apart."""
    above = peaks > threshold
    recent = np.zeros_like(above)
    for back in range(1, CALM + 1):
        recent[:, back:] |= above[:, :-back]
    return int((above & ~recent).sum())


def _fit(values: Floats) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """Levels and spreads of series from some weeks, by hours since their beginning; and which of them are still: all
    but a hundredth of their windows is at their level."""
    many, weeks, size = values.shape
    of_hour = size // HOURS
    by_hour = values.reshape(many, weeks, HOURS, of_hour).transpose(0, 2, 1, 3).reshape(many, HOURS, -1)
    hourly = np.nanmedian(by_hour, axis=2)
    daily = np.nanmedian(hourly.reshape(many, 7, 24), axis=1)
    daily = np.where(np.isnan(daily), np.nanmedian(daily, axis=1, keepdims=True), daily)
    daily = np.tile(np.where(np.isnan(daily), 0.0, daily), (1, 7))
    share = weeks**2 / (1 + weeks**2)
    level = np.where(np.isnan(hourly), daily, share * hourly + (1 - share) * daily)
    off = values - _spread_out(level, size)[:, None, :]
    weekly = np.nanmedian(off, axis=2, keepdims=True)
    weekly = np.where(np.isnan(weekly), 0.0, weekly)
    return level + weekly[:, -1], *_spreads(np.abs(off - weekly), level)


def _spreads(distances: Floats, level: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    many, weeks, _ = distances.shape
    by_hour = distances.reshape(many, weeks, 7, 24, -1)
    hourly = np.nanmedian(by_hour.transpose(0, 3, 1, 2, 4).reshape(many, 24, -1), axis=2)
    hourly = np.where(np.isnan(hourly), 0.0, hourly)
    near = (np.roll(hourly, 1, axis=1) + 2 * hourly + np.roll(hourly, -1, axis=1)) / 4
    flat = distances.reshape(many, -1)
    whole = np.nanmedian(flat, axis=1)
    whole = np.where(whole > 0, whole, np.nanmean(flat, axis=1))[:, None]
    spread = np.hypot(np.sqrt(0.9) * near, np.sqrt(0.1) * np.where(np.isnan(whole), 0.0, whole))
    spread = np.where(spread > 0, spread, 1.0)
    unit = np.nanquantile((by_hour / spread[:, None, None, :, None]).reshape(many, -1), QUANTILE, axis=1)
    unit = np.where(unit > 0, unit, 0.0)[:, None]
    least = np.maximum(_FINEST * np.abs(level).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    return np.asarray(np.maximum(spread * unit, least)), unit[:, 0] == 0


def _scores(values: Floats, level: Floats, spread: Floats, floor: float) -> Floats:
    size = values.shape[1]
    off = values - _spread_out(level, size)
    with np.errstate(over="ignore"):
        scores = np.clip(off / np.repeat(np.tile(spread, (1, 7)), size // HOURS, axis=1), -_MOST, _MOST)
    return np.where(np.abs(off) < floor, 0.0, scores) if floor > 0 else scores


def _spread_out(level: Floats, size: int) -> Floats:
    """Levels by window, as `Usual.at` has them."""
    low, part = _places(size)
    return level[:, low % HOURS] * (1 - part) + level[:, (low + 1) % HOURS] * part


@lru_cache(maxsize=8)
def _places(size: int) -> tuple[npt.NDArray[np.intp], Floats]:
    of_hour = size // HOURS
    place = (np.arange(size) + 0.5) / of_hour - 0.5
    low = np.floor(place).astype(np.intp)
    return low, place - low


def _threshold(peaks: npt.NDArray[np.float32], wanted: float) -> float:
    """What so many anomalies reach or exceed; between two whole numbers it is linear. `LEAST` if there are fewer."""
    top = np.sort(peaks[np.isfinite(peaks)])[::-1]

    def reached(many: int) -> float:
        low, high = 0, len(top) - 1
        while low < high:
            middle = (low + high) // 2
            if starts(peaks, np.nextafter(top[middle], np.float32(-np.inf))) >= many:
                high = middle
            else:
                low = middle + 1
        return float(top[low]) if len(top) else 0.0

    whole = int(wanted)
    first = reached(whole)
    second = first if whole == wanted else reached(whole + 1)
    return max(LEAST, first + (second - first) * (wanted - whole))
