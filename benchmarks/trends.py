"""Trends: false alarms a day over the number set, and how soon drops are found, beside the best possible chart.

    python benchmarks/trends.py [--river PYTHON] [--monitors N] [--days N] [--trials N]

First, fleets in which nothing changes: trinomial buckets with a daily cycle, autocorrelation, gaps. The watch learns
its baselines from nothing for eight days; then its alarms are counted. Promise: within a quarter of the number set.

Second, drops of the Apdex by one factor on all times: buckets until the alarm, beside a log-likelihood-ratio CUSUM
that is told the reference, the size and the kind of the change, and watches for nothing else; both with the same
false alarms (the CUSUM spends half of them upwards, as ours does). Promise: at most 1.15 times its mean delay. The
watch is shown with the reference known to it too, and with a reference learned in four weeks. `--river` is a Python
with river, whose ADWIN and Page-Hinkley are calibrated to one false alarm in thirty days of a monitor.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.trends_delays import CHECKS, DROPS, REFERENCE, Delay, Trial, directions, slowed
from benchmarks.trends_fleet import A_DAY, Fleet, Scenario
from vedette.statistics.trends.watch import StepWatch

SCENARIOS = (
    Scenario("independent checks"),
    Scenario("daily cycle", cycle=0.5),
    Scenario("cycle, autocorrelation .1", cycle=0.5, correlation=0.1),
    Scenario("cycle, autocorrelation .25", cycle=0.5, correlation=0.25),
    Scenario("cycle, a tenth missing", cycle=0.5, gaps=0.1),
)
LEARNING_DAYS = 8
MONTH = 30 * A_DAY
"""Run length of a monitor with one false alarm in thirty days."""
LARGE = 1_440_000.0
"""Run length of each of 5,000 monitors that may have one false alarm a day together."""


def false_alarms(scenario: Scenario, monitors: int, days: int, allowed: float, seed: int) -> tuple[int, int]:
    """Alarms of a fleet in which nothing changes, in `days`: all, and those downwards."""
    fleet, watch = Fleet(scenario, monitors, seed), StepWatch(monitors, allowed)
    watch.grow(monitors)
    found = down = 0
    for bucket in range((LEARNING_DAYS + days) * A_DAY):
        changes = watch.take(*fleet.next())
        if bucket >= LEARNING_DAYS * A_DAY:
            found += len(changes)
            down += sum(change.down for change in changes)
    return found, down


def show_false_alarms(monitors: int, days: int, allowed: float, seed: int) -> None:
    """One line a scenario."""
    print(f"{monitors:,} monitors, {allowed:g} false alarms a day allowed, {days} days\n")
    print(f"{'fleet':<30}{'alarms':>8}{'down':>7}{'a day':>8}{'of the number set':>20}")
    for scenario in SCENARIOS:
        found, down = false_alarms(scenario, monitors, days, allowed, seed)
        share = found / days / allowed
        error = share / max(found, 1) ** 0.5
        print(f"{scenario.name:<30}{found:>8}{down:>7}{found / days:>8.1f}{share:>13.2f} ± {error:.2f}", flush=True)
    print("promise: from 0.75 to 1.25\n")


def show_delays(trials: int, river: str | None, seed: int) -> None:
    """Mean delays, and their ratios to the chart that is told everything."""
    print(f"drops of A = {REFERENCE.apdex:g}, {CHECKS} checks a bucket: mean delay in buckets of five minutes\n")
    header = "".join(f"{f'drop {drop}':>24}" for drop in DROPS)
    for title, length in (("one false alarm a day over 5,000 monitors", LARGE), ("one in 30 days a monitor", MONTH)):
        print(f"{title:<46}{header}")
        told = [Delay.of(Trial(slowed(REFERENCE, drop), 2 * trials, seed + 2).ratio(2 * length)) for drop in DROPS]
        line("likelihood ratio, told everything", told, told)
        same = [
            Delay.of(Trial(slowed(REFERENCE, d), 2 * trials, seed + 3).ratio(2 * length, learned=True)) for d in DROPS
        ]
        known = [Delay.of(Trial(slowed(REFERENCE, d), trials, seed + 1).ours(length, known=True)) for d in DROPS]
        line("vedette, reference known too", known, told)
        line("likelihood ratio, reference learned", same, same)
        ours = [Delay.of(Trial(slowed(REFERENCE, d), trials, seed + 1).ours(length)) for d in DROPS]
        line("vedette, reference learned", ours, same)
        if length == MONTH and river:
            for name, found in peers(river, trials).items():
                line(f"{name} ({found['setting']:.2g})", [Delay(*drop) for drop in found["delays"]], told)
        print("(mean, and its ratio to the likelihood ratio that knows as much; promise for ours: 1.15)\n", flush=True)


def line(name: str, found: list[Delay], told: list[Delay]) -> None:
    """Print one row of delays."""
    cells = []
    for delay, best in zip(found, told, strict=True):
        missed = f", {delay.missed:.1%} missed" if delay.missed else ""
        cells.append(f"{f'{delay.mean:.0f} ({delay.mean / best.mean:.2f}{missed})':>24}")
    print(f"{name:<46}{''.join(cells)}", flush=True)


def show_directions(trials: int, seed: int) -> None:
    """What it costs not to be told the kind of the change."""
    print("a drop of 0.01 in other ways, one false alarm a day over 5,000 monitors, reference known")
    for name, changed in directions(0.01).items():
        told = Delay.of(Trial(changed, 2 * trials, seed + 2).ratio(2 * LARGE))
        ours = Delay.of(Trial(changed, trials, seed + 1).ours(LARGE, known=True))
        ratio = ours.mean / told.mean
        print(f"  {name:<28}ours {ours.mean:>6.0f}   told the kind {told.mean:>6.0f}   ratio {ratio:.2f}")


def peers(river: str, trials: int) -> dict[str, Any]:
    """What river's detectors found, in a process of their own."""
    drops = {f"drop{i}": series(max(trials // 5, 20), 3000, 600, drop) for i, drop in enumerate(DROPS)}
    with tempfile.NamedTemporaryFile(suffix=".npz") as file:
        np.savez(file, calm=series(60, 2500, 2500, 0.01), before=600, wanted=float(MONTH), drops=len(DROPS), **drops)
        file.flush()
        command = [river, str(Path(__file__).parent / "trends_river.py"), file.name]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"river failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def series(monitors: int, buckets: int, before: int, drop: float) -> npt.NDArray[np.float64]:
    """Apdex by monitor and bucket, with a drop after `before` buckets."""
    fleet = Fleet(Scenario("peers"), monitors, 11, (REFERENCE,), (CHECKS,))
    changed = slowed(REFERENCE, drop)
    found = []
    for bucket in range(buckets):
        if bucket == before:
            fleet.changed = np.tile([changed.satisfied, changed.tolerating, changed.frustrated], (monitors, 1))
        counts = fleet.next()[2]
        found.append((counts[:, 0] + counts[:, 1] / 2) / CHECKS)
    return np.array(found).T


def main() -> None:
    """Both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--river", help="a Python that has river and numpy")
    parser.add_argument("--monitors", type=int, default=1350)
    parser.add_argument("--days", type=int, default=10, help="that alarms are counted for")
    parser.add_argument("--allowed", type=float, default=20.0, help="false alarms a day over all monitors")
    parser.add_argument("--trials", type=int, default=400, help="monitors that drop")
    parser.add_argument("--seed", type=int, default=100)
    options = parser.parse_args()
    started = time.process_time()
    show_false_alarms(options.monitors, options.days, options.allowed, options.seed)
    show_delays(options.trials, options.river, options.seed)
    show_directions(options.trials, options.seed)
    print(f"\n{time.process_time() - started:.0f} CPU seconds")


if __name__ == "__main__":
    main()
