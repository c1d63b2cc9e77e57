"""The budget of false alarms: from false alarms a day over the whole account to the run length of each chart.

Charts for several sizes of change share one monitor's errors, so their false alarms come partly together. How much is
a matter of the smallest size δ and the run length a of each chart only (for a Brownian motion, of ln(a δ²/2));
`_SHARED` was found by simulating charts for δ, 2δ and 4δ (`benchmarks/trends_shared.py`).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.trends.trinomial import Floats

BUCKETS_A_DAY = 288
SIZES = (0.0045, 0.009, 0.02)
"""Changes of Apdex that a chart each is made for; each chart finds others too, somewhat later than its own."""
_PARTS = (0.4, 0.28, 0.32)
"""What each size may have of the false alarms: the smallest most, as what a baseline errs costs it most."""
_MISSING = 0.8
"""Of what the other corrections allow for, so much comes; measured on simulated fleets."""
_SHARED = np.array(
    [
        [2.4, 1.94],
        [3.6, 1.745],
        [4.8, 1.56],
        [6.15, 1.43],
        [7.2, 1.31],
        [8.4, 1.26],
        [9.7, 1.24],
        [10.7, 1.165],
        [13, 1.14],
    ]
)


def monitor_run_length(monitors: int, allowed_a_day: float) -> float:
    """Buckets from one false alarm of a monitor to its next, so that `monitors` together have `allowed_a_day`."""
    if monitors < 1:
        raise InvalidInput("monitors", monitors, "at least 1")
    if not 0 < allowed_a_day <= most_allowed(monitors):
        raise InvalidInput("false alarms a day", allowed_a_day, f"above 0, at most {most_allowed(monitors):g}")
    return monitors * BUCKETS_A_DAY / allowed_a_day


def most_allowed(monitors: int) -> float:
    """The most false alarms a day that `monitors` can be set to have: each one in a hundred buckets."""
    return monitors * BUCKETS_A_DAY / 100


def chart_run_length(monitor: npt.ArrayLike, smallest: npt.ArrayLike) -> Floats:
    """Run lengths of one-sided charts, sizes last, so that all on both sides together have the run length `monitor`.

    `smallest` is the shift, in standard deviations of a bucket, that the smallest size makes; `monitor` is one for all,
    or a column of each monitor's own.
    """
    d = np.asarray(smallest, np.float64)[..., None]
    side = 2.0 * np.asarray(monitor) * _MISSING / np.array(_PARTS)
    chart = side / 1.2
    for _ in range(6):
        together = np.interp(np.log(chart[..., :1] * d * d / 2), _SHARED[:, 0], _SHARED[:, 1])
        chart = side / together
    return np.asarray(chart)


def raised(height: Floats, shift: Floats, known: Floats, late: Floats, week: Floats, day: Floats) -> Floats:
    """By what factor thresholds rise since a level that was learned from `known` buckets errs, and is learned late.

    Its error is that of all buckets until the newer ones are learned, `late` buckets on: the errors of a chart's climb,
    L = h/(δ²/2) buckets, correlate by 1/known up to that lag. So their sum's variance is larger by
    Σ(1 - lag/L)/known, and thresholds, which are log-likelihood ratios, as much. As far as an hour of the `week` or of
    the `day` goes by its own data, its buckets rest on so much less: that tells in climbs shorter than a week or a day.
    """
    climb = np.maximum(2 * height / np.maximum(shift, 1e-9) ** 2, 1.0)
    lag = np.minimum(late, climb)
    level = 2 * lag * (1 - lag / (2 * climb))
    hours = sum(
        own**2 * np.maximum(np.minimum(climb * width / 12, width) - climb, 0.0)
        for own, width in ((week, 7.0 * BUCKETS_A_DAY), (day, 1.0 * BUCKETS_A_DAY))
    )
    return np.asarray(1 + (level + hours) / np.maximum(known, 1.0))
