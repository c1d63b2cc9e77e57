"""A slow ramp inside the limits: an instrument that ages, each window much like the one before.

Data: carbon dioxide in the air at Mauna Loa, 1958 to 2001 (statsmodels `co2`), as differences from the mean of the year
around. The weeks are shuffled, so that seasons play no part; then each window reads a little higher than the last.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from examples.scenarios.judging import Columns, profiles_of, show, shuffled, windows
from examples.scenarios.season import breath

COLUMN = "difference"
STEP = 0.2
"""What the instrument reads too much from window to window, in standard deviations."""
ROWS = 200


def data(seed: int = 4) -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference, quiet windows, and windows over which the column rises."""
    rows = shuffled({COLUMN: breath().to_numpy()}, seed)
    reference = {name: column[:800] for name, column in rows.items()}
    rest = windows({name: column[800:] for name, column in rows.items()}, ROWS)
    quiet, later = rest[:3], rest[3:]
    size = float(rows[COLUMN].std())
    return reference, quiet, [
        {**window, COLUMN: np.asarray(window[COLUMN]) + STEP * size * (number + 1)}
        for number, window in enumerate(later)
    ]  # fmt: skip


def main() -> None:
    """Show the verdicts against the reference, and those of each window against the one before."""
    reference, quiet, aged = data()
    profiles = profiles_of(reference)
    show("as before", profiles, quiet)
    show("ageing", profiles, aged)
    for before, window in pairwise(aged):
        show("against the window before", profiles_of(before), [window])


if __name__ == "__main__":
    main()
