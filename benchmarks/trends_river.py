"""River's ADWIN and Page-Hinkley over the buckets of many monitors; run by `benchmarks/trends.py` with river's Python.

    python benchmarks/trends_river.py FILE.npz

The file holds `calm` and `drops` (monitors by buckets, Apdex of each bucket), `before` (buckets before the drop) and
`wanted` (buckets to a false alarm). The free setting of each detector is calibrated on `calm`. ADWIN gets
standardised buckets, since its bound has a term that does not shrink with their variance; Page-Hinkley watches
downwards only, with all false alarms there. Prints JSON.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from river import drift

Make = Callable[[float], Any]


def alarms(make: Make, setting: float, series: Any) -> int:
    """False alarms over all of `series`, one detector a row."""
    count = 0
    for row in series:
        detector = make(setting)
        for value in row:
            detector.update(value)
            count += detector.drift_detected
    return count


def calibrated(make: Make, settings: list[float], series: Any, wanted: float) -> float:
    """The most sensitive of `settings` (in order of sensitivity) that keeps the run length."""
    low, high = 0, len(settings) - 1
    while low < high:
        middle = (low + high) // 2
        if alarms(make, settings[middle], series) * wanted > series.size:
            low = middle + 1
        else:
            high = middle
    return settings[low]


def delays(make: Make, setting: float, series: Any, before: int) -> list[int]:
    """Buckets from the drop to the first alarm after it; rows that alarm before it are left out."""
    found = []
    for row in series:
        detector = make(setting)
        for age, value in enumerate(row, 1 - before):
            detector.update(value)
            if detector.drift_detected:
                if age > 0:
                    found.append(age)
                break
        else:
            found.append(len(row) - before)
    return found


def main() -> None:
    """Calibrate both, and measure both."""
    data = np.load(sys.argv[1])
    calm, before, wanted = data["calm"], int(data["before"]), float(data["wanted"])
    makers: dict[str, tuple[Make, list[float], float]] = {
        "river ADWIN": (
            lambda delta: drift.ADWIN(delta=delta, clock=1),
            list(np.geomspace(0.99, 1e-6, 16)),
            1 / calm.std(),
        ),
        "river Page-Hinkley": (
            lambda height: drift.PageHinkley(min_instances=30, delta=0.005, threshold=height, alpha=1.0, mode="down"),
            list(np.geomspace(0.1, 5.0, 24)),
            1.0,
        ),
    }
    result: dict[str, Any] = {}
    for name, (make, settings, scale) in makers.items():
        setting = calibrated(make, settings, calm * scale, wanted)
        measured = []
        for index in range(int(data["drops"])):
            series = data[f"drop{index}"] * scale
            all_of = np.array(delays(make, setting, series, before), np.float64)
            found = all_of[all_of < series.shape[1] - before]
            mean = float(found.mean()) if len(found) else float("nan")
            measured.append([mean, float(found.std() / max(len(found), 1) ** 0.5), 1 - len(found) / len(all_of)])
        result[name] = {"setting": setting, "delays": measured}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
