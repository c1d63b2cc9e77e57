"""Evidently and NannyML over the windows of `benchmarks/drift.py`; run by it.

    python benchmarks/drift_peers.py FEATURES ROWS WINDOWS

Makes the same kind of data: three numeric features of four, the fourth a category, a reference of 5,000 rows, and
windows of `ROWS` rows in memory as pandas has them. Each peer fits the reference and computes PSI (Evidently) or
Jensen-Shannon's distance (NannyML) of every feature in every window. Prints JSON: feature values per CPU-second, or why
there are none.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")
for name in ("DO_NOT_TRACK", "NML_DISABLE_USAGE_LOGGING"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np  # noqa: E402 # after the settings above
import pandas as pd  # noqa: E402 # after the settings above


def frame(features: int, rows: int, seed: int) -> Any:
    """Rows as pandas has them."""
    random = np.random.default_rng(seed)
    kinds = np.array([f"c{n}" for n in range(12)])
    return pd.DataFrame(
        {
            f"f{n}": kinds[random.integers(0, 12, rows)] if n % 4 == 3 else random.normal(size=rows)
            for n in range(features)
        }
    )


def evidently(reference: Any, windows: list[Any]) -> None:
    """PSI of each column in each window."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    names = list(reference.columns)
    numeric = [name for number, name in enumerate(names) if number % 4 != 3]
    about = DataDefinition(numerical_columns=numeric, categorical_columns=[n for n in names if n not in numeric])
    report = Report([ValueDrift(column=name, method="psi") for name in names])
    known = Dataset.from_pandas(reference, data_definition=about)
    for window in windows:
        found = report.run(Dataset.from_pandas(window, data_definition=about), known).dict()["metrics"]
        assert len(found) == len(names)


def nannyml(reference: Any, windows: list[Any]) -> None:
    """Jensen-Shannon's distance of each column in each window."""
    import nannyml as nml

    rows = len(windows[0])
    calculator = nml.UnivariateDriftCalculator(
        column_names=list(reference.columns),
        continuous_methods=["jensen_shannon"],
        categorical_methods=["jensen_shannon"],
        chunk_size=rows,
    )
    calculator.fit(reference)
    calculator.calculate(pd.concat(windows, ignore_index=True)).to_df()


PEERS: dict[str, Callable[[Any, list[Any]], None]] = {"Evidently, PSI": evidently, "NannyML, Jensen-Shannon": nannyml}


def main() -> None:
    """Both, one after the other; what they import is not counted."""
    features, rows, count = map(int, sys.argv[1:4])
    reference = frame(features, 5000, 0)
    windows = [frame(features, rows, seed) for seed in range(1, count + 1)]
    answers: dict[str, float | str] = {}
    for name, run in PEERS.items():
        try:
            run(frame(4, 5000, 0), [frame(4, 1000, 1)])
            begun = time.process_time()
            run(reference, windows)
            answers[name] = features * rows * count / (time.process_time() - begun)
        except Exception as error:  # noqa: BLE001 # a peer that fails is part of the answer
            answers[name] = f"failed: {type(error).__name__}: {str(error)[:100]}"
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
