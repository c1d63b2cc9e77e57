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
_PARTS = (0.28, 0.31, 0.41)
"""What each size may have of the false alarms; the largest most, since it has the least slack in a learned baseline."""
_PAUSES = 1.2
"""By how much false alarms rise because learning stops while a chart is far up; measured on simulated fleets."""
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
    if not 0 < allowed_a_day <= monitors * BUCKETS_A_DAY / 100:
        raise InvalidInput("false alarms a day", allowed_a_day, f"above 0, at most {monitors * BUCKETS_A_DAY / 100:g}")
    return monitors * BUCKETS_A_DAY / allowed_a_day


def chart_run_length(monitor: float, smallest: npt.ArrayLike) -> Floats:
    """Run lengths of one-sided charts, sizes last, so that all on both sides together have the run length `monitor`.

    `smallest` is the shift, in standard deviations of a bucket, that the smallest size makes.
    """
    d = np.asarray(smallest, np.float64)[..., None]
    side = 2.0 * monitor * _PAUSES / np.array(_PARTS)
    chart = side / 1.2
    for _ in range(6):
        together = np.interp(np.log(chart[..., :1] * d * d / 2), _SHARED[:, 0], _SHARED[:, 1])
        chart = side / together
    return np.asarray(chart)
