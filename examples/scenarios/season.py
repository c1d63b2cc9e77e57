"""A seasonal shift: what was learned in one half of the year meets the other.

Data: carbon dioxide in the air at Mauna Loa, week by week, 1958 to 2001 (statsmodels `co2`). The feature is the
difference from the mean of the year around, which breathes with the seasons.
"""

from __future__ import annotations

from typing import Any

from statsmodels.datasets import co2

from examples.scenarios.judging import Columns, profiles_of, show, windows

WARM = (5, 6, 7, 8, 9, 10)
"""Months of the half-year that the model has never seen."""
ROWS = 200


def breath() -> Any:
    """Each week's difference from the mean of the 52 weeks around it, as a pandas series by date."""
    level = co2.load_pandas().data["co2"].interpolate()
    return (level - level.rolling(52, center=True).mean()).dropna()


def data() -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference (cold halves of 27 years), later cold halves, and later warm ones, as windows of 200 weeks."""
    weeks = breath()
    warm, late = weeks.index.month.isin(WARM), weeks.index.year >= 1986
    reference = {"difference": weeks[~late & ~warm].to_numpy()}
    cold, other = ({"difference": weeks[late & part].to_numpy()} for part in (~warm, warm))
    return reference, windows(cold, ROWS), windows(other, ROWS)


def main() -> None:
    """Show the verdicts."""
    reference, cold, warm = data()
    profiles = profiles_of(reference)
    show("cold halves", profiles, cold)
    show("warm halves", profiles, warm)


if __name__ == "__main__":
    main()
