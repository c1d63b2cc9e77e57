"""An unseen category: a model that was trained without some professions meets people who have one.

Data: a survey of 6,366 marriages (statsmodels `fair`).
"""

from __future__ import annotations

import numpy as np
from statsmodels.datasets import fair

from examples.scenarios.common import Columns, profiles_of, show, shuffled, verdicts, windows

COLUMN = "occupation"
PROFESSIONS = ("student", "farming", "white-collar", "teacher", "managerial", "professional")
UNSEEN = "professional"


def data() -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference without the profession, windows without it, and windows of everybody."""
    rows = fair.load_pandas().data
    columns = {name: rows[name].to_numpy(float) for name in ("rate_marriage", "age", "children", "educ")}
    names = np.array(PROFESSIONS)[rows[COLUMN].to_numpy(int) - 1]
    everybody = shuffled({**columns, COLUMN: names}, seed=2)
    without = np.asarray(everybody[COLUMN]) != UNSEEN
    seen = {name: np.asarray(values)[without] for name, values in everybody.items()}
    reference = {name: values[:3000] for name, values in seen.items()}
    quiet = windows({name: values[3000:] for name, values in seen.items()}, 500)
    return reference, quiet, windows({name: values[3000:] for name, values in everybody.items()}, 500)


def main() -> None:
    """Show the verdicts."""
    reference, quiet, everybody = data()
    profiles = profiles_of(reference)
    for what, some in (("professions as before", quiet), ("one more", everybody)):
        for number, window in enumerate(some):
            show(f"window {number}, {what}", verdicts(profiles, window))


if __name__ == "__main__":
    main()
