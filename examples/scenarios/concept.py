"""Concept drift without input drift: the same people, but what is asked of the model has changed.

Data: a survey of 6,366 marriages (statsmodels `fair`); a logistic regression says who had an affair. From a day
on only those count that lasted: the inputs are as before, and so is what the model expects of itself (CBPE).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from statsmodels.datasets import fair

from examples.scenarios.judging import Columns, profiles_of, raised, shuffled, windows
from vedette.statistics.drift.cbpe import Calibration, estimated
from vedette.statistics.drift.charts import share_limits
from vedette.statistics.drift.quality import BinaryTally

INPUTS = ("rate_marriage", "age", "yrs_married", "children", "religious", "educ")
LASTED = 2.0
ROWS = 500


@dataclass(frozen=True, slots=True)
class Quality:
    """A window's precision as it turned out, whether it is out of control, and as it was estimated before."""

    precision: float
    out: bool
    expected: float


def data() -> tuple[Columns, list[Columns], list[Columns]]:
    """The reference (with outcomes), windows as before, and windows after the change."""
    rows = fair.load_pandas().data
    mixed = shuffled({name: rows[name].to_numpy(float) for name in (*INPUTS, "affairs")}, seed=6)
    mixed["outcome"] = (mixed["affairs"] > 0).astype(float)
    reference = {name: values[:3000] for name, values in mixed.items()}
    rest = windows({name: values[3000:] for name, values in mixed.items()}, ROWS)
    changed: list[Columns] = [
        {**window, "outcome": (np.asarray(window["affairs"]) > LASTED).astype(float)} for window in rest[3:]
    ]
    return reference, rest[:3], changed


def inputs(columns: Columns) -> Columns:
    """What the model sees."""
    return {name: columns[name] for name in INPUTS}


def matrix(columns: Columns) -> npt.NDArray[np.float64]:
    """The inputs as rows."""
    return np.column_stack([np.asarray(columns[name]) for name in INPUTS])


def trained(reference: Columns) -> Pipeline:
    """The model."""
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(matrix(reference), reference["outcome"])


def quality(model: Pipeline, reference: Columns, some: list[Columns]) -> list[Quality]:
    """Of each window: precision on a p chart around the reference's, beside what the scores alone let expect."""
    known = BinaryTally.of(model.predict_proba(matrix(reference))[:, 1], reference["outcome"])
    calibration = Calibration.of(known)
    found: list[Quality] = []
    for window in some:
        scores = model.predict_proba(matrix(window))[:, 1]
        tally = BinaryTally.of(scores, window["outcome"])
        precision = tally.metrics()["precision"]
        limits = share_limits(known.metrics()["precision"], tally.alarms)
        found.append(Quality(precision, limits.out(precision), estimated(scores, calibration)["precision"]))
    return found


def main() -> None:
    """Show inputs and quality."""
    reference, quiet, changed = data()
    profiles, model = profiles_of(inputs(reference)), trained(reference)
    for what, some in (("as before", quiet), ("after the change", changed)):
        called = raised(profiles, [inputs(window) for window in some])
        for number, (one, moved) in enumerate(zip(quality(model, reference, some), called, strict=True)):
            state = "out of control" if one.out else "as ever"
            said = f"precision {one.precision:.2f} (expected {one.expected:.2f}): {state}"
            print(f"{what}, window {number}: inputs {', '.join(sorted(moved)) or 'quiet'}; {said}")


if __name__ == "__main__":
    main()
