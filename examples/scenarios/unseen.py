"""An unseen category: a model that was trained without one profession meets people who have it.

Data: a survey of 6,366 marriages (statsmodels `fair`).
"""

from __future__ import annotations

import numpy as np
from statsmodels.datasets import fair

from examples.scenarios.judging import Columns, profiles_of, show, shuffled, windows

COLUMN = "occupation"
PROFESSIONS = ("student", "farming", "white-collar", "teacher", "managerial", "professional")
UNSEEN = "professional"
ROWS = 500


def data(seed: int = 2) -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference without the profession, windows without it, and windows of everybody: one in sixty has it."""
    rows = fair.load_pandas().data
    columns = {name: rows[name].to_numpy(float) for name in ("rate_marriage", "age", "children", "educ")}
    names = np.array(PROFESSIONS)[rows[COLUMN].to_numpy(int) - 1]
    everybody = shuffled({**columns, COLUMN: names}, seed)
    without = everybody[COLUMN] != UNSEEN
    seen = {name: values[without] for name, values in everybody.items()}
    reference = {name: values[:3000] for name, values in seen.items()}
    quiet = windows({name: values[3000:] for name, values in seen.items()}, ROWS)
    return reference, quiet, windows({name: values[3000:] for name, values in everybody.items()}, ROWS)


def main() -> None:
    """Show the verdicts."""
    reference, quiet, everybody = data()
    profiles = profiles_of(reference)
    show("professions as before", profiles, quiet)
    show("one more", profiles, everybody)


if __name__ == "__main__":
    main()
