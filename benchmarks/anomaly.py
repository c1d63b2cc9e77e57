"""Rules about anomalies: how many false alarms come where so many are allowed, and how soon a step is found.

    .venv/bin/python benchmarks/anomaly.py [--series 100] [--runs 40]

Each run makes series of four weeks and one more: with days and weekends of their own, a spread that follows the hour,
noise that lasts (AR(1) over windows of 15 minutes) and units of their own. A rule learns from the four, and is judged
by the fifth. Printed are alerts of the quiet week by what was allowed (1 is right; with its standard error), for 5 and
1 a week, and in which share of as many weeks a step of 3 and 5 spreads in one series is found within a day, with the
median delay.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent.parent))

from vedette.statistics.anomaly import HOURS, Learned, directed, in_a_row, learn, starts

Floats = npt.NDArray[np.float64]
OF_HOUR = 4
WINDOWS = 2
TAILS = ("normal", "heavy (t4)", "skewed (lognormal)", "half heavy (t3)")


def noise(random: np.random.Generator, tail: str, shape: tuple[int, int]) -> Floats:
    """Of variance 1."""
    if tail.startswith("heavy"):
        return random.standard_t(4, size=shape) / np.sqrt(2)
    if tail.startswith("skewed"):
        return (random.lognormal(size=shape) - np.exp(0.5)) / 2.16
    if tail.startswith("half"):
        heavy = random.standard_t(3, size=shape) / np.sqrt(3)
        return np.where((np.arange(shape[0]) % 2)[:, None] == 1, heavy, random.normal(size=shape))
    return random.normal(size=shape)


def five_weeks(random: np.random.Generator, series: int, tail: str, lasting: float) -> Floats:
    """Shape (series, 5, windows of a week)."""
    size = 5 * HOURS * OF_HOUR
    found = noise(random, tail, (series, size))
    for at in range(1, size):
        found[:, at] = lasting * found[:, at - 1] + np.sqrt(1 - lasting**2) * found[:, at]
    hours = np.arange(size) / OF_HOUR
    found *= 1 + 0.7 * np.sin(2 * np.pi * hours / 24)
    found += random.uniform(1, 5, (series, 1)) * np.sin(2 * np.pi * hours / 24 + random.uniform(0, 6, (series, 1)))
    found += random.uniform(-3, 3, (series, 1)) * (hours % HOURS >= 120)
    return (found * random.lognormal(0, 2, (series, 1))).reshape(series, 5, -1)


def unusual(learned: Learned, week: Floats) -> Floats:
    """Of the fifth week, window by window."""
    place = (np.arange(week.shape[1]) + 0.5) / OF_HOUR - 0.5
    low = np.floor(place).astype(int)
    part = place - low
    level = learned.levels[:, low % HOURS] * (1 - part) + learned.levels[:, (low + 1) % HOURS] * part
    spread = np.repeat(np.tile(learned.spreads, (1, 7)), OF_HOUR, axis=1)
    return in_a_row(directed((week - level) / spread, "both"), WINDOWS)


def delay(learned: Learned, week: Floats, row: int, far: float) -> float:
    """Windows until a step from the third day on is found; ∞ if not within a day."""
    begin, moved = 2 * 24 * OF_HOUR, week.copy()
    moved[row, begin:] += far * learned.spreads[row].mean()
    above = np.flatnonzero(unusual(learned, moved)[row, begin : begin + 24 * OF_HOUR] > learned.threshold)
    return float(above[0] + 1) if len(above) else np.inf


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=100)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    print(f"{options.series} series, {options.runs} weeks a line; alerts of quiet weeks by what was allowed")
    begun = time.process_time()
    for tail in TAILS:
        for lasting in (0.0, 0.5, 0.9):
            told = []
            for allowed in (5.0, 1.0):
                counts, delays = [], {3.0: [], 5.0: []}  # type: dict[float, list[float]]
                for run in range(options.runs):
                    random = np.random.default_rng([run, options.series, int(lasting * 10)])
                    values = five_weeks(random, options.series, tail, lasting)
                    learned = learn(values[:, :4], 0, allowed, WINDOWS, "both")
                    counts.append(starts(unusual(learned, values[:, 4]), learned.threshold))
                    for far, found in delays.items():
                        found.append(delay(learned, values[:, 4], run % options.series, far))
                error = np.std(counts) / np.sqrt(options.runs) / allowed
                told.append(f"{allowed:g} a week: {np.mean(counts) / allowed:.2f} ± {error:.2f}")
            steps = ", ".join(
                f"{far:g} spreads {np.isfinite(found).mean():.0%} (median {15 * np.median(found):.0f} min)"
                for far, found in delays.items()
            )
            print(f"{tail:20} lasting {lasting:.1f}  {'   '.join(told)}   steps at 1 a week: {steps}", flush=True)
    learned_in = time.process_time() - begun
    print(f"{learned_in / (len(TAILS) * 6 * options.runs):.2f} s of CPU a run, noise and all")


if __name__ == "__main__":
    main()
