"""Simulated models: rows by the hour, like their reference; and faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.events.features import Column, FeatureBatch
from vedette.statistics.drift.profile import fit
from vedette.windows.drift_config import DriftConfig, Subject

HOUR_MS = 3_600_000
Floats = npt.NDArray[np.float64]
PLANS = ("free", "basic", "team", "company")
PLAN_SHARES = (0.5, 0.3, 0.15, 0.05)
NUMBERS = 16
"""Numeric features of a model, beside its prediction and three categorical ones."""


@dataclass(frozen=True)
class Fault:
    """A feature of a model is another from one time to another; without a feature, no rows come."""

    model: int
    from_ms: int
    until_ms: int
    feature: str = ""
    change: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] | None = None


@dataclass
class Models:
    """Models 1 to `count`, each asked `rows` times an hour."""

    count: int
    rows: int
    seed: int
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.seed)
        self.subjects = {
            model: Subject(f"model-{model}", DriftConfig(), 1, {name: fit(name, *values) for name, values in table})  # type: ignore[arg-type]
            for model in range(1, self.count + 1)
            for table in [[(name, (values, kind)) for name, values, kind in self._table(model, 5_000)]]
        }
        self._seq = 0

    def find(self, model: int, version: str, since_ms: int = 0) -> Subject | None:
        """As the drift flow asks."""
        return self.subjects.get(model)

    def _table(self, model: int, rows: int) -> list[tuple[str, Any, str]]:
        random = self._random
        found: list[tuple[str, Any, str]] = [
            (f"number_{n}", random.normal(n, 1 + n / 4, rows) if n % 3 else random.lognormal(1, 0.5, rows), "numeric")
            for n in range(NUMBERS)
        ]
        found += [(f"plan_{n}", random.choice(PLANS, rows, p=PLAN_SHARES), "categorical") for n in range(3)]
        return [*found, ("prediction", random.beta(2, 5 + model, rows), "numeric")]

    def hour(self, at_ms: int) -> Iterator[FeatureBatch]:
        """The rows of the hour that begins then."""
        for model in range(1, self.count + 1):
            faults = [one for one in self.faults if one.model == model and one.from_ms <= at_ms < one.until_ms]
            if any(not one.feature for one in faults):
                continue
            times = at_ms + np.sort(self._random.integers(0, HOUR_MS, self.rows))
            columns = []
            for name, values, kind in self._table(model, self.rows):
                given = values
                for one in faults:
                    if one.feature == name and one.change is not None:
                        given = one.change(given)
                columns.append(_column(name, given, kind))
            self._seq += 1
            yield FeatureBatch(1, model, "", 1, self._seq, times.astype("<i8").tobytes(), columns)


def _column(name: str, values: npt.NDArray[Any], kind: str) -> Column:
    if kind == "numeric":
        return Column(name, "numbers", values.astype("<f8").tobytes())
    known, codes = np.unique(values.astype(str), return_inverse=True)
    return Column(name, "codes", codes.astype("<i4").tobytes(), known.tolist())
