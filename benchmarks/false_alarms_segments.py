"""Drift by segment: how many quiet windows show drift in any segment, and how often a shift in one segment is found.

    python benchmarks/false_alarms_segments.py [--segments 10] [--features 10] [--times 400] [--seed 1] [--power]

Each time a new reference and a new window of the same distribution, numeric features but every fourth (a category),
independent of the segment. Over the nominal rate stand three numbers: the whole alone (its own family of tests), the
segments alone (another one), and any of both, which is what a person who follows both is told. Promise: .75 to 1.25 for
each family, but for the error of counting so many windows. `--power`: the mean of one feature in one segment moves.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.false_alarms_quiet import ALPHA, Rate
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.places import places, width
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.segment_verdicts import judge_segments
from vedette.statistics.drift.segments import Segments, cross, fit_segments
from vedette.statistics.drift.verdict import Plan, judge

SIZES = ((5_000, 2_000), (10_000, 5_000), (20_000, 20_000), (100_000, 20_000))
KINDS = [f"c{number}" for number in range(12)]
SHARES = 1 / np.arange(1, 13) ** 1.2
SHARES /= SHARES.sum()
SHIFTS = (0.2, 0.3, 0.5)


def table(rows: int, options: argparse.Namespace, random: np.random.Generator) -> dict[str, Any]:
    """Quiet rows: features, and the column of segments, all of which are alike frequent."""
    found: dict[str, Any] = {}
    for number in range(options.features):
        chosen = random.choice(12, rows, p=SHARES) if number % 4 == 3 else None
        found[f"f{number}"] = random.normal(size=rows) if chosen is None else [KINDS[one] for one in chosen.tolist()]
    found["segment"] = [f"s{one}" for one in random.integers(0, options.segments, rows).tolist()]
    return found


def reference(
    rows: int, options: argparse.Namespace, random: np.random.Generator
) -> tuple[list[FeatureProfile], Segments]:
    """A reference's profiles, without that of the column of segments, and its segments."""
    columns = table(rows, options, random)
    profiles = [
        fit(name, values, "numeric" if isinstance(values, np.ndarray) else "categorical")
        for name, values in columns.items()
    ]
    return profiles[:-1], fit_segments("segment", None, columns, profiles)


def counted(profiles: list[FeatureProfile], segments: Segments, columns: Mapping[str, Any]) -> dict[str, Counts]:
    """A window's rows, as the flow counts them."""
    of_rows = segments.of_values(columns["segment"])
    found: dict[str, Counts] = {}
    for profile in profiles:
        values = columns[profile.name]
        matrix = cross(of_rows, places(profile, values), len(segments.labels), width(profile))
        found[profile.name] = segments.counted(profile.count(values), matrix)
    return found


def quiet(held: int, window: int, options: argparse.Namespace, random: np.random.Generator) -> dict[str, Rate]:
    """How many quiet windows show drift: in the whole, in any segment, in any of both."""
    whole = parts = either = 0
    for _ in range(options.times):
        profiles, segments = reference(held, options, random)
        counts = counted(profiles, segments, table(window, options, random))
        plan = Plan(alpha=ALPHA)
        first = any(one.state == "drift" for one in judge(profiles, counts, plan))
        second = any(one.verdict.state == "drift" for one in judge_segments(segments, profiles, counts, plan))
        whole, parts, either = whole + first, parts + second, either + (first or second)
    return {name: Rate(many, options.times) for name, many in (("whole", whole), ("segments", parts), ("any", either))}


def power(
    held: int, window: int, shift: float, options: argparse.Namespace, random: np.random.Generator
) -> tuple[float, float]:
    """Share of windows in which a shift of f0 in s0 is found there, and of those in which the whole shows it."""
    there = whole = 0
    times = max(options.times // 8, 1)
    for _ in range(times):
        profiles, segments = reference(held, options, random)
        columns = table(window, options, random)
        columns["f0"] = columns["f0"] + shift * (np.array(columns["segment"]) == "s0")
        counts = counted(profiles, segments, columns)
        found = judge_segments(segments, profiles, counts, Plan(alpha=ALPHA))
        there += any(
            one.verdict.state == "drift" for one in found if (one.segment, one.verdict.feature) == ("s0", "f0")
        )
        whole += judge(profiles, counts, Plan(alpha=ALPHA))[0].state == "drift"
    return there / times, whole / times


def main() -> None:
    """A line for each pair of sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--segments", type=int, default=10)
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--times", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sizes", help="as 5000:2000,10000:5000")
    parser.add_argument("--power", action="store_true")
    options = parser.parse_args()
    sizes = SIZES if options.sizes is None else [tuple(map(int, one.split(":"))) for one in options.sizes.split(",")]
    print(
        f"{options.segments} segments, {options.features} features, nominal {ALPHA:.0%}, {options.times} windows each"
    )
    print(f"{'reference':>10}{'window':>9}" + "".join(f"{name:>22}" for name in ("whole", "segments", "any")))
    for held, window in sizes:
        random = np.random.default_rng([options.seed, held, window])
        rates = quiet(held, window, options, random)
        told = (f"{one.share:.4f} ({one.share / ALPHA:.2f} ± {one.error / ALPHA:.2f})" for one in rates.values())
        print(f"{held:>10,}{window:>9,}" + "".join(f"{text:>22}" for text in told), flush=True)
    held, window = sizes[-1]
    for shift in SHIFTS if options.power else ():
        there, whole = power(held, window, shift, options, np.random.default_rng([options.seed, 7]))
        print(
            f"a shift of {shift} deviations in one segment, {held:,} against {window:,}: found there in {there:.0%},"
            f" in the whole in {whole:.0%}"
        )


if __name__ == "__main__":
    main()
