"""Average run length: how many buckets a CUSUM runs, on average, until its first alarm.

The chain of Brook and Evans ("An approach to the probability distribution of CUSUM run length", Biometrika 1972) with
values of the run length between the grid's points interpolated by parabolas, so that a coarse grid is exact enough.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from vedette.errors import InvalidInput
from vedette.statistics.trends.trinomial import Floats, Trinomial

FINEST, FEWEST, MOST = 0.04, 60, 320
"""The grid's distance in standard deviations of an increment, and its least and largest number of points.

So fine, because the values of a bucket are a lattice: with steps of 0.3 the run length is a tenth too long."""


def run_length(increments: Floats, probabilities: Floats, threshold: float, start: float = 0.0) -> float:
    """Mean number of steps until C = max(0, C + increment) exceeds `threshold`, from C = `start`.

    `increments` are the values that one step can add, `probabilities` theirs. Infinite if no step adds anything.
    """
    if threshold <= 0:
        raise InvalidInput("threshold", threshold, "above 0")
    if not (increments > 0).any():
        return math.inf
    mean = float(increments @ probabilities)
    deviation = math.sqrt(max(float((increments - mean) ** 2 @ probabilities), 1e-300))
    points = min(MOST, max(FEWEST, math.ceil(threshold / (FINEST * deviation)))) + 1
    grid: Floats = np.asarray(np.linspace(0.0, threshold, points), np.float64)
    width = grid[1]
    kernel = np.zeros((points, points))
    reached = grid[:, None] + increments[None, :]
    alive = reached <= threshold * (1 + 1e-12)
    place = np.clip(reached, 0.0, threshold) / width
    nearest = np.clip(np.rint(place).astype(np.int64), 1, points - 2)
    offset = place - nearest
    mass = np.where(alive, probabilities[None, :], 0.0)
    row = np.arange(points)[:, None] * points
    flat = kernel.ravel()
    for step, weight in ((-1, (offset**2 - offset) / 2), (0, 1 - offset**2), (1, (offset**2 + offset) / 2)):
        flat += np.bincount((row + nearest + step).ravel(), (mass * weight).ravel(), minlength=flat.size)
    lengths = np.linalg.solve(np.eye(points) - kernel, np.ones(points))
    return _between(grid, np.asarray(lengths, np.float64), start)


def _between(grid: Floats, lengths: Floats, start: float) -> float:
    if not 0 <= start <= grid[-1]:
        raise InvalidInput("start", start, f"from 0 to the threshold {grid[-1]:g}")
    return float(np.interp(start, grid, lengths))


def siegmund(shift: float, reference: float, threshold: float) -> float:
    """Siegmund's approximation for normal z on one side: d = μ - k, b = h + 1.166, (e^{-2db} + 2db - 1)/(2d²)."""
    d, b = shift - reference, threshold + 1.166
    if abs(d * b) < 1e-4:
        return b * b
    return (math.exp(-2 * d * b) + 2 * d * b - 1) / (2 * d * d)


def threshold_for(increments: Floats, probabilities: Floats, wanted: float) -> float:
    """The threshold at which `run_length` is `wanted` (above 1); `InvalidInput` if no threshold reaches it."""
    if wanted <= 1:
        raise InvalidInput("average run length", wanted, "above 1")
    if not (increments > 0).any():
        raise InvalidInput("increments", "none above 0", "at least one above 0")
    low = high = math.sqrt(float(increments**2 @ probabilities))
    while run_length(increments, probabilities, high) < wanted:
        low, high = high, high * 1.6
        if high > 1e9:
            raise InvalidInput("average run length", wanted, "one that a threshold reaches")
    while run_length(increments, probabilities, low) > wanted and low > 1e-9:
        low, high = low / 2, low
    at = {low: math.log(run_length(increments, probabilities, low)), high: 0.0}
    at[high] = math.log(run_length(increments, probabilities, high))
    goal = math.log(wanted)
    for turn in range(40):
        share = (goal - at[low]) / max(at[high] - at[low], 1e-12)
        middle = low + (high - low) * (0.5 if turn % 4 == 3 else min(0.98, max(0.02, share)))
        at[middle] = math.log(run_length(increments, probabilities, middle))
        if abs(at[middle] - goal) < 1e-3 or high - low < 1e-7 * high:
            return middle
        low, high = (middle, high) if at[middle] < goal else (low, middle)
    return (low + high) / 2


@lru_cache(maxsize=4096)
def score_threshold(reference: Trinomial, checks: int, k: float, wanted: float, *, down: bool = True) -> float:
    """h of a one-sided CUSUM of ±z with reference value k on buckets of `checks`, for the run length `wanted`."""
    values, probabilities = reference.standardised(checks)
    return threshold_for((-values if down else values) - k, probabilities, wanted)


@lru_cache(maxsize=4096)
def ratio_threshold(reference: Trinomial, changed: Trinomial, checks: int, wanted: float) -> float:
    """h of a log-likelihood-ratio CUSUM from `reference` to `changed` on buckets of `checks`, for the run length."""
    increments, probabilities = ratio_increments(reference, changed, checks, reference)
    return threshold_for(increments, probabilities, wanted)


def ratio_increments(reference: Trinomial, changed: Trinomial, checks: int, true: Trinomial) -> tuple[Floats, Floats]:
    """What a bucket adds to Σ count·ln(p₁/p₀), and how probably, if its checks follow `true`."""
    weights = ratio_weights(reference, changed)
    satisfied, tolerating = np.meshgrid(np.arange(checks + 1), np.arange(checks + 1), indexing="ij")
    possible = satisfied + tolerating <= checks
    s, t = satisfied[possible], tolerating[possible]
    f = checks - s - t
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, checks + 1)))])
    logs = log_factorial[checks] - log_factorial[s] - log_factorial[t] - log_factorial[f]
    for count, share in ((s, true.satisfied), (t, true.tolerating), (f, true.frustrated)):
        logs = logs + (count * math.log(share) if share > 0 else np.where(count > 0, -np.inf, 0.0))
    probabilities = np.exp(logs)
    likely = probabilities > NEGLIGIBLE_PAIR
    increments = s * weights[0] + t * weights[1] + f * weights[2]
    return increments[likely], probabilities[likely] / probabilities[likely].sum()


NEGLIGIBLE_PAIR = 1e-12
"""Pairs of counts that are less probable than this are left out."""


def ratio_weights(reference: Trinomial, changed: Trinomial) -> tuple[float, float, float]:
    """ln(p₁/p₀) of the three zones; `InvalidInput` if one of the two cannot have what the other has."""
    pairs = (
        (reference.satisfied, changed.satisfied),
        (reference.tolerating, changed.tolerating),
        (reference.frustrated, changed.frustrated),
    )
    if any((p == 0) != (q == 0) for p, q in pairs):
        raise InvalidInput("probabilities", pairs, "zero for both or for neither")
    first, second, third = (math.log(q / p) if p > 0 else 0.0 for p, q in pairs)
    return first, second, third
