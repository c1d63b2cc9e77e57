"""A broken pipeline: a logarithm's base changes, and with it the unit of one column of nine.

Data: the RAND health insurance experiment (statsmodels `randhie`, 20,190 rows).
"""

from __future__ import annotations

import numpy as np
from statsmodels.datasets import randhie

from examples.scenarios.judging import Columns, profiles_of, show, shuffled, windows

COLUMN = "lpi"
"""Logarithm of the yearly participation payment."""
ROWS = 1000


def data(seed: int = 1) -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference, quiet windows, and windows in which the column comes in another unit."""
    rows = randhie.load_pandas().data.drop(columns=["mdvis"])
    halves = shuffled({name: rows[name].to_numpy(float) for name in rows}, seed)
    reference = {name: values[:10_000] for name, values in halves.items()}
    rest = windows({name: values[10_000:] for name, values in halves.items()}, ROWS)
    return reference, rest[:5], [{**window, COLUMN: np.asarray(window[COLUMN]) / np.log(10)} for window in rest[5:]]


def main() -> None:
    """Show the verdicts."""
    reference, quiet, broken = data()
    profiles = profiles_of(reference)
    show("as before", profiles, quiet)
    show("in another unit", profiles, broken)


if __name__ == "__main__":
    main()
