"""Encoding: rows of two samples as one matrix of numbers, for what looks at all columns together."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput

Floats = npt.NDArray[np.float64]
MOST_FEATURES = 150
"""Columns of the matrix; those that come later are left out."""
MOST_CATEGORIES = 10
FEWEST = 10
"""Rows of both samples together that a category needs for a column of its own."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Two samples as rows of standardised numbers: shape (rows of both, features), the baseline's first.

    `names` of the features, `numeric` the columns that are numbers themselves, by their index; `means` of each feature
    before and now, in its own unit, of what is not missing (a share, for a category); `left_out` columns of which
    nothing could be made, or for which there was no room.
    """

    matrix: Floats
    baseline_rows: int
    names: tuple[str, ...]
    numeric: tuple[int, ...]
    means: tuple[tuple[float, float], ...]
    left_out: tuple[str, ...]

    @property
    def baseline(self) -> Floats:
        """The first sample."""
        return self.matrix[: self.baseline_rows]

    @property
    def window(self) -> Floats:
        """The second."""
        return self.matrix[self.baseline_rows :]


def encode(baseline: Mapping[str, Sequence[Any]], window: Mapping[str, Sequence[Any]]) -> Encoded:
    """Columns of both samples: numbers as they are, with the mean where one is missing and a column that says so;
    texts and booleans as a column for each frequent value. All are standardised over both samples together, which
    tells nothing of which row is whose. `InvalidInput` if nothing is left.
    """
    many = len(next(iter(baseline.values()), ()))
    others = len(next(iter(window.values()), ()))
    features: list[_Feature] = []
    left_out: list[str] = []
    for name in sorted(baseline.keys() | window.keys()):
        if len(features) == MOST_FEATURES:
            left_out.append(name)
            continue
        values = [*baseline.get(name, [None] * many), *window.get(name, [None] * others)]
        made = _features(name, values)
        if made and len(features) + len(made) <= MOST_FEATURES:
            features += made
        else:
            left_out.append(name)
    if not features:
        raise InvalidInput("columns", f"{len(left_out)} columns", "at least one whose values differ")
    features.sort(key=lambda one: one.name)
    matrix = np.stack([one.filled for one in features], axis=1)
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    numeric = tuple(index for index, one in enumerate(features) if one.numeric)
    means = tuple((_mean(one.values[:many]), _mean(one.values[many:])) for one in features)
    return Encoded(matrix, many, tuple(one.name for one in features), numeric, means, tuple(left_out))


@dataclass(frozen=True, slots=True)
class _Feature:
    name: str
    values: Floats
    """Of both samples; NaN where a number is missing."""
    numeric: bool = False

    @property
    def filled(self) -> Floats:
        gone = np.isnan(self.values)
        return np.where(gone, self.values[~gone].mean(), self.values) if gone.any() else self.values


def _mean(values: Floats) -> float:
    """NaN if all are missing."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _features(name: str, values: Sequence[Any]) -> list[_Feature]:
    missing = np.array([value is None or value != value for value in values])
    found: list[_Feature] = []
    if missing.sum() >= FEWEST and (~missing).sum() >= FEWEST:
        found.append(_Feature(f"{name} is missing", missing.astype(np.float64)))
    kinds = {type(value) for value, gone in zip(values, missing.tolist(), strict=True) if not gone}
    if all(issubclass(kind, int | float) and kind is not bool for kind in kinds):
        numbers = np.array([math.nan if value is None else value for value in values], np.float64)
        numbers[np.isinf(numbers)] = math.nan
        finite = numbers[~np.isnan(numbers)]
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(finite.std()) if len(finite) else 0.0
        if 0 < spread < math.inf:
            found.append(_Feature(name, numbers, numeric=True))
        return found
    texts = np.array([None if gone else str(value) for value, gone in zip(values, missing, strict=True)], object)
    for text, times in Counter(texts[~missing].tolist()).most_common(MOST_CATEGORIES):
        if FEWEST <= times < len(texts):
            found.append(_Feature(f"{name} = {text[:60]}", (texts == text).astype(np.float64)))
    return found
