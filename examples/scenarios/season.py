"""A seasonal shift: what was learned in one half of the year meets the other.

Data: carbon dioxide in the air at Mauna Loa, week by week, 1958 to 2001 (statsmodels `co2`). The feature is the
difference from the mean of the year around, which breathes with the seasons.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from statsmodels.datasets import co2

from examples.scenarios.judging import Columns, profiles_of, show, windows

WARM = (5, 6, 7, 8, 9, 10)
"""Months of the half-year that the model has never seen."""
ROWS = 200


def breath() -> Any:
    """Each week's difference from the mean of the 52 weeks around it, as a pandas series by date."""
    level = co2.load_pandas().data["co2"].interpolate()
    return (level - level.rolling(52, center=True).mean()).dropna()


def data(seed: int = 1) -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference (cold halves of half of the years), and cold and warm halves of the others as windows of 200 weeks.

    The years are drawn by lot: over decades the air changes too, and here it is the season alone that shall differ.
    """
    weeks = breath()
    distinct = np.unique(weeks.index.year)
    learned = weeks.index.year.isin(np.random.default_rng(seed).choice(distinct, len(distinct) // 2, replace=False))
    warm = weeks.index.month.isin(WARM)
    reference = {"difference": weeks[learned & ~warm].to_numpy()}
    cold, other = ({"difference": weeks[~learned & part].to_numpy()} for part in (~warm, warm))
    return reference, windows(cold, ROWS), windows(other, ROWS)


def main() -> None:
    """Show the verdicts."""
    reference, cold, warm = data()
    profiles = profiles_of(reference)
    show("cold halves", profiles, cold)
    show("warm halves", profiles, warm)


if __name__ == "__main__":
    main()
