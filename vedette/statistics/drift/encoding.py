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

    `names` of the features, `numeric` the columns that are numbers themselves, by their index; `left_out` columns of
    which nothing could be made, or for which there was no room.
    """

    matrix: Floats
    baseline_rows: int
    names: tuple[str, ...]
    numeric: tuple[int, ...]
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
    features: list[tuple[str, Floats, bool]] = []
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
    features.sort(key=lambda one: one[0])
    matrix = np.stack([column for _, column, _ in features], axis=1)
    matrix = (matrix - matrix.mean(axis=0)) / matrix.std(axis=0)
    numeric = tuple(index for index, (_, _, number) in enumerate(features) if number)
    return Encoded(matrix, many, tuple(name for name, _, _ in features), numeric, tuple(left_out))


def _features(name: str, values: Sequence[Any]) -> list[tuple[str, Floats, bool]]:
    missing = np.array([value is None or value != value for value in values])
    found: list[tuple[str, Floats, bool]] = []
    if missing.sum() >= FEWEST and (~missing).sum() >= FEWEST:
        found.append((f"{name} is missing", missing.astype(np.float64), False))
    known = [value for value in values if value is not None and value == value]
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        numbers = np.array([math.nan if gone else float(value) for value, gone in zip(values, missing, strict=True)])
        numbers[np.isinf(numbers)] = math.nan
        finite = numbers[~np.isnan(numbers)]
        with np.errstate(over="ignore", invalid="ignore"):
            spread = float(finite.std()) if len(finite) else 0.0
        if 0 < spread < math.inf:
            found.append((name, np.where(np.isnan(numbers), finite.mean(), numbers), True))
        return found
    texts = [None if gone else str(value) for value, gone in zip(values, missing, strict=True)]
    for text, times in Counter(text for text in texts if text is not None).most_common(MOST_CATEGORIES):
        if FEWEST <= times < len(texts):
            found.append((f"{name} = {text[:60]}", np.array([one == text for one in texts], np.float64), False))
    return found
