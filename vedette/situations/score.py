"""The score of a change: how much it was, how near to the beginning, and how much it has to do with the situation.

`score = size · nearness · kinship`, each from 0 to 1, so a change is ranked high only if it is all three.

- `size` of what is measured is d/(d + 6), where d says by how many of its own spreads it moved: 3 give 0.33, 6 give
  0.5, 20 give 0.77. Of what is not measured it is stated (`SIZES`).
- `nearness` is 1 at the beginning, half at 30 minutes before it, and half at 10 minutes after it: what comes later is
  rather a consequence.
- `kinship` is 1 for what the situation's alerts are about, 0.7 for what has to do with that (a role or a place in
  common, a monitor above or below, a release of the whole account), 0.4 for all else.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

Kin = Literal["own", "akin", "other"]
Floats = npt.NDArray[np.float64]
KINSHIP: dict[Kin, float] = {"own": 1.0, "akin": 0.7, "other": 0.4}
HALF_SIZE = 6.0
HALF_BEFORE_MS = 30 * 60_000
HALF_AFTER_MS = 10 * 60_000
SMALLEST = 3.0
"""Changes by fewer spreads are left out."""
SIZES = {
    "marker": 0.9, "change": 0.6, "drift": 0.7,
    "alert:critical": 0.7, "alert:warning": 0.5, "alert:info": 0.2, "alert:": 0.5,
    "outage:down": 0.7, "outage:partial": 0.4,
}  # fmt: skip
ENOUGH = 5
"""Minutes after the beginning from which on a measure counts in full."""
_NORMAL = 1.4826
"""Of normal noise, the standard deviation is so many times the median distance from the median."""
_LEAST_SPREAD = 0.05


def size_of(deviation: float) -> float:
    """The size of a change by so many spreads."""
    return abs(deviation) / (abs(deviation) + HALF_SIZE)


def nearness_of(at_ms: int, start_ms: int) -> float:
    """How near a moment is to the beginning."""
    half = HALF_BEFORE_MS if at_ms <= start_ms else HALF_AFTER_MS
    return 1 / (1 + abs(at_ms - start_ms) / half)


def scored(size: float, nearness: float, kin: Kin) -> dict[str, float | str]:
    """The score with what it is made of."""
    return {
        "score": round(size * nearness * KINSHIP[kin], 4),
        "size": round(size, 4),
        "nearness": round(nearness, 4),
        "kin": kin,
        "kinship": KINSHIP[kin],
    }


def deviations(before: Floats, after: Floats) -> tuple[Floats, Floats, Floats]:
    """By how many spreads the median of `after` is off that of `before`; and both medians.

    Both are minutes by series; there must be minutes. The spread is that of normal noise with the same median distance
    from the median, so that minutes before the alert that are wrong already do not matter; but a third of the standard
    deviation at least, for what comes in bursts, and a twentieth of the larger of the two values, for what hardly ever
    moves would else be called moved by anything. Of fewer than `ENOUGH` minutes after, it counts less.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # of what is too large to compute nothing is said
        usual, now = np.median(before, axis=0), np.median(after, axis=0)
        spread = np.maximum(_NORMAL * np.median(np.abs(before - usual), axis=0), np.std(before, axis=0) / 3)
        spread = np.maximum(spread, _LEAST_SPREAD * np.maximum(np.abs(usual), np.abs(now)))
        moved = (now - usual) * min(1.0, len(after) / ENOUGH)
        found = np.divide(moved, spread, out=np.zeros_like(moved), where=spread > 0)
    return np.where(np.isfinite(found), found, 0.0), usual, now
