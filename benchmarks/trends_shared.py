"""How far charts of one monitor alarm together: the table `_SHARED` of the budget of false alarms, made anew.

    python benchmarks/trends_shared.py

Charts for δ, 2δ and 4δ sum the same normal errors, each with a run length of its own of a. If together they have one
of J, 3J/a says how often single alarms come as one (1: never). It depends on ln(a δ²/2) alone, nearly.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from vedette.statistics.trends.runlength import threshold_for
from vedette.statistics.trends.thresholds import standard_bucket

MONITORS, ALARMS = 20_000, 1000


def together(delta: float, alone: float, random: np.random.Generator) -> float:
    """Mean run length of three charts together, each of which alone has `alone`."""
    values, probabilities = standard_bucket(0.0)
    deltas = np.array([[delta], [2 * delta], [4 * delta]])
    heights = np.array([[threshold_for(d * values - d * d / 2, probabilities, alone)] for d in deltas[:, 0]])
    statistic = np.zeros((3, MONITORS))
    alarms, step, warming = 0, 0, int(6 / delta**2)
    while alarms < ALARMS:
        statistic = np.maximum(statistic + deltas * random.standard_normal(MONITORS) - deltas**2 / 2, 0.0)
        over = (statistic > heights).any(0)
        statistic[:, over] = 0.0
        step += 1
        alarms += int(over.sum()) if step > warming else 0
    return MONITORS * (step - warming) / alarms


def main() -> None:
    """One line for each δ and run length."""
    random = np.random.default_rng(1)
    print(f"{'delta':>8}{'alone':>12}{'ln(a d²/2)':>12}{'together':>12}{'3J/a':>8}")
    for delta in (0.15, 0.3, 0.6):
        for alone in (1e3, 3e3, 1e4, 1e5, 1e6):
            found = together(delta, alone, random)
            at = math.log(alone * delta**2 / 2)
            print(f"{delta:>8}{alone:>12,.0f}{at:>12.2f}{found:>12,.0f}{3 * found / alone:>8.3f}", flush=True)


if __name__ == "__main__":
    main()
