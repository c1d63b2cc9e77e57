"""Drift: false alarms of quiet windows over the rate asked for, and how often real shifts are found.

    python benchmarks/false_alarms.py [--times N] [--families N] [--sizes 50,200,...] [--peers PYTHON] [--speed]

For all pairs of reference and window size: one numeric feature (raw values through profile, counts and verdict), one of
twelve categories, and a hundred of each with Benjamini and Hochberg's correction: how many quiet windows alarm at a
nominal 5 %. Promise: from 0.75 to 1.25 times that, but for the error of counting so many windows. The statistics hold
below the sizes from which a verdict is given too (there it says `insufficient_data`), so minimum sizes are off here.

`--peers` is a Python with Evidently, NannyML and scouter-ml, which are asked the same with the settings that they come
with: python -m venv PEERS; PEERS/bin/pip install evidently nannyml scouter-ml 'pandas<3'. `--speed` only counts
values a second.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.false_alarms_quiet import (
    ALPHA,
    Rate,
    categorical,
    many_categorical,
    many_numeric,
    numeric,
    power,
)
from vedette.statistics.drift.profile import fit

SIZES = (50, 200, 1000, 10_000, 100_000)
SHIFTS = (0.0, 0.1, 0.2, 0.3)
PEER_PAIRS = ((200, 200), (1000, 1000), (10_000, 1000), (10_000, 10_000))


def cell(rate: Rate) -> str:
    """Share of alarms, and its ratio to the nominal rate; ! where that is beyond the promise and two errors."""
    ratio, error = rate.share / ALPHA, rate.error / ALPHA
    late = "!" if abs(ratio - 1) > 0.25 + 2 * error else " "
    return f"{rate.share:>8.4f} ({ratio:.2f} ± {error:.2f}){late}"


def show_quiet(sizes: tuple[int, ...], times: int, families: int, seed: int) -> list[float]:
    """One line a pair of sizes."""
    print(f"quiet windows that alarm, nominal {ALPHA:.0%}; in brackets over the nominal rate (promise .75 to 1.25)")
    columns = ("1 numeric, PSI", "1 numeric, verdict", "1 categorical", "100 numeric", "100 categorical")
    print(f"{'reference':>10}{'window':>9}" + "".join(f"{name:>24}" for name in columns) + f"{'one-sample χ²':>16}")
    ratios = []
    for reference in sizes:
        for window in sizes:
            random = np.random.default_rng([seed, reference, window])
            one = numeric(reference, window, times, random)
            rates = [
                one["PSI"],
                one["verdict"],
                categorical(reference, window, times, random)["PSI"],
                many_numeric(reference, window, 4 * families, random),
                many_categorical(reference, window, families, random),
            ]
            ratios += [rate.share / ALPHA for rate in rates]
            print(
                f"{reference:>10,}{window:>9,}"
                + "".join(f"{cell(rate):>24}" for rate in rates)
                + f"{one['one-sample'].share:>16.3f}",
                flush=True,
            )
    return ratios


def show_power(times: int, seed: int) -> None:
    """How often a shifted mean is found."""
    print(
        "\nshare of windows that alarm when the mean is off by so many standard deviations (one feature; PSI, verdict)"
    )
    print(f"{'reference':>10}{'window':>9}" + "".join(f"{shift:>18.1f}" for shift in SHIFTS[1:]))
    for reference, window in ((1000, 200), (1000, 1000), (10_000, 1000), (10_000, 10_000)):
        random = np.random.default_rng([seed, reference, window])
        found = [power(reference, window, shift, times, random) for shift in SHIFTS[1:]]
        print(f"{reference:>10,}{window:>9,}" + "".join(f"{f'{a:.2f}, {b:.2f}':>18}" for a, b in found), flush=True)


def show_peers(python: str, times: int, seed: int) -> None:
    """Others with their own settings, on the same data."""
    print("\nshare of windows that alarm, by shift of the mean; the same data for all, one numeric feature")
    for reference, window in PEER_PAIRS:
        random = np.random.default_rng([seed, reference, window, 1])
        before = random.normal(size=(times, reference))
        after = {f"shift{shift}": random.normal(shift, size=(times, window)) for shift in SHIFTS}
        print(f"\nreference {reference:,}, window {window:,}{'':<18}" + "".join(f"{f'{s} sd':>10}" for s in SHIFTS))
        own = [own_rate(before, after[f"shift{shift}"]) for shift in SHIFTS]
        print(f"{'vedette, PSI at 5 %':<48}" + "".join(f"{rate:>10.2f}" for rate in own), flush=True)
        with tempfile.NamedTemporaryFile(suffix=".npz") as file:
            np.savez(file, before=before, shifts=np.array(SHIFTS), **after)
            file.flush()
            script = str(Path(__file__).with_name("false_alarms_peers.py"))
            done = subprocess.run([python, script, file.name], check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"  peers failed: {done.stderr.strip().splitlines()[-1:]}")
            continue
        answers: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        for name, rates in answers.items():
            shown = "".join(f"{rate:>10.2f}" for rate in rates) if isinstance(rates, list) else f"  {rates}"
            print(f"{name:<48}{shown}", flush=True)


def own_rate(before: Any, after: Any) -> float:
    """Of windows whose PSI is significant."""
    from vedette.statistics.drift.verdict import Plan, judge

    plan, found = Plan(statistics=("psi",)), 0
    for reference, window in zip(before, after, strict=True):
        profile = fit("x", reference, "numeric")
        found += judge([profile], {"x": profile.count(window)}, plan)[0].state == "drift"
    return found / len(before)


def show_speed() -> None:
    """Values a second that are counted into ten bins, with moments, on one core."""
    random = np.random.default_rng(0)
    values = random.normal(size=4_000_000)
    profile = fit("x", values[:100_000], "numeric")
    text = fit("t", ["a", "b", "c"] * 10, "categorical")
    codes = random.integers(-1, 4, len(values)).astype(np.int32)
    words = [["a", "b", "c", "new"][code] for code in codes[:1_000_000]]
    print("\nvalues counted a second of one core (P6 asks 20 million of the whole flow)")
    for name, work, count in (
        ("float64, batches of 4,000,000", lambda: profile.count(values), len(values)),
        ("float64, batches of 10,000", lambda: [profile.count(part) for part in np.split(values, 400)], len(values)),
        ("dictionary codes", lambda: text.count_codes(codes, ["a", "b", "c", "new"]), len(codes)),
        ("list of text", lambda: text.count(words), len(words)),
    ):
        took = []
        for _ in range(5):
            started = time.process_time()
            work()
            took.append(time.process_time() - started)
        print(f"{name:<34}{count / min(took) / 1e6:>8.0f} million")


def main() -> None:
    """All tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2000, help="windows of one feature for each pair of sizes")
    parser.add_argument("--families", type=int, default=1000, help="windows of a hundred features")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--peers", help="a Python that has evidently, nannyml and scouter-ml")
    parser.add_argument("--peer-times", type=int, default=100, help="windows for the peers")
    parser.add_argument("--speed", action="store_true", help="only count values a second")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.speed:
        show_speed()
        return
    sizes = tuple(int(size) for size in options.sizes.split(","))
    if options.times:
        ratios = show_quiet(sizes, options.times, options.families, options.seed)
        print(f"ratios from {min(ratios):.2f} to {max(ratios):.2f}; promise .75 to 1.25")
        show_power(max(options.times // 5, 20), options.seed)
    if options.peers:
        show_peers(options.peers, options.peer_times, options.seed)
    show_speed()


if __name__ == "__main__":
    main()
