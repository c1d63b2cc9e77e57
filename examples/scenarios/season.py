"""A seasonal shift: what was learned in one half of the year meets the other.

Data: carbon dioxide in the air at Mauna Loa, week by week, 1958 to 2001 (statsmodels `co2`); the feature is the difference
from the mean of the year around, which breathes with the seasons.
"""

from __future__ import annotations

import numpy as np
from statsmodels.datasets import co2

from examples.scenarios.common import Columns, profiles_of, show, verdicts, windows

WARM = (5, 6, 7, 8, 9, 10)
"""Months of the half-year that the model has never seen."""
ROWS = 200


def data() -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference (cold halves of 27 years), later cold halves, and later warm ones, as windows of 200 weeks."""
    level = co2.load_pandas().data["co2"].interpolate()
    breath = (level - level.rolling(52, center=True).mean()).dropna()
    weeks = (level.diff()).reindex(breath.index)
    warm, late = breath.index.month.isin(WARM), breath.index.year >= 1986

    def part(chosen: np.ndarray) -> Columns:
        return {"difference": breath[chosen].to_numpy(), "in_a_week": weeks[chosen].to_numpy()}

    cold_later, warm_later = windows(part(late & ~warm), ROWS), windows(part(late & warm), ROWS)
    return part(~late & ~warm), cold_later, warm_later


def main() -> None:
    """Show the verdicts."""
    reference, cold, warm = data()
    profiles = profiles_of(reference)
    for what, some in (("cold half", cold), ("warm half", warm)):
        for number, window in enumerate(some):
            show(f"window {number}, {what}", verdicts(profiles, window))


if __name__ == "__main__":
    main()
