"""Evidently, NannyML and scouter-ml over pairs of a reference and a window; run by `benchmarks/false_alarms.py`.

    python benchmarks/false_alarms_peers.py FILE.npz

The file holds `before` (pairs by values), `shifts`, and `shift…` (the windows of each). Each peer is asked with the
settings that it comes with: Evidently's default test for a numeric column and its PSI; NannyML's Jensen-Shannon and
Kolmogorov-Smirnov, which learn from chunks of a twentieth of the reference (or the window, if smaller): the share
of chunks that alarm; scouter-ml's PSI over ten quantile bins, whose server compares it
with the χ² quantile (alpha .05) over the window's size. Prints JSON: the share of windows that alarm by shift, or why
there is none.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

warnings.simplefilter("ignore")
for name in ("DO_NOT_TRACK", "NML_DISABLE_USAGE_LOGGING"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402 # after the settings above
import pandas as pd  # noqa: E402 # after the settings above

FEW = 20
"""Chunks of the reference that NannyML learns its thresholds from."""
Alarm = Callable[[Any, Any], float]


def evidently(**options: Any) -> Alarm:
    """Whether a preset of one column says drift."""
    from evidently import DataDefinition, Dataset, Report
    from evidently.metrics import ValueDrift

    report = Report([ValueDrift(column="x", **options)])
    definition = DataDefinition(numerical_columns=["x"])

    def alarm(before: Any, after: Any) -> bool:
        sides = [Dataset.from_pandas(pd.DataFrame({"x": side}), data_definition=definition) for side in (after, before)]
        found = report.run(*sides).dict()["metrics"][0]
        value, config = float(found["value"]), found["config"]
        if found["metric_name"].find("p_value") >= 0 or "p-value" in str(found["metric_name"]):
            return value < float(config.get("threshold") or 0.05)
        return value >= float(config.get("threshold") or 0.1)

    return alarm


def nannyml(method: str) -> Alarm:
    """The share of the window's chunks that are beyond the thresholds that chunks of the reference give."""
    import nannyml as nml

    def alarm(before: Any, after: Any) -> bool:
        calculator = nml.UnivariateDriftCalculator(
            column_names=["x"], continuous_methods=[method], chunk_size=max(min(len(after), len(before) // FEW), 1)
        )
        calculator.fit(pd.DataFrame({"x": before}))
        found = calculator.calculate(pd.DataFrame({"x": after})).filter(period="analysis").to_df()
        return float(found["x"][method]["alert"].to_numpy().mean())

    return alarm


def scouter() -> Alarm:
    """Whether PSI is at or above the χ² quantile over the window's size, as the server decides."""
    from scipy.stats import chi2
    from scouter.drift import Drifter, PsiDriftConfig

    def alarm(before: Any, after: Any) -> bool:
        drifter, config = Drifter(), PsiDriftConfig(space="s", name="n", version="0.1.0")
        profile = drifter.create_drift_profile(pd.DataFrame({"x": before, "y": before}), config)
        found = drifter.compute_drift(pd.DataFrame({"x": after, "y": after}), profile)
        return bool(found.features["x"] >= chi2.ppf(0.95, 9) / len(after))

    return alarm


PEERS: dict[str, Callable[[], Alarm]] = {
    "Evidently, its default test": evidently,
    "Evidently, PSI (0.1)": lambda: evidently(method="psi"),
    "NannyML, Jensen-Shannon, by chunk": lambda: nannyml("jensen_shannon"),
    "NannyML, Kolmogorov-Smirnov, by chunk": lambda: nannyml("kolmogorov_smirnov"),
    "scouter-ml, PSI with its default threshold": scouter,
}


def main() -> None:
    """All peers over all shifts."""
    data = np.load(sys.argv[1])
    before, answers = data["before"], {}
    for name, make in PEERS.items():
        try:
            alarm = make()
            answers[name] = [
                float(np.mean([alarm(*pair) for pair in zip(before, data[f"shift{shift}"], strict=True)]))
                for shift in data["shifts"].tolist()
            ]
        except Exception as error:  # noqa: BLE001 # a peer that fails is part of the answer
            answers[name] = f"failed: {type(error).__name__}: {str(error)[:100]}"
    print(json.dumps(answers))


if __name__ == "__main__":
    main()
