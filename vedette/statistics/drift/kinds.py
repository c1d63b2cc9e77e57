"""Kinds: what a column of a reference seems to hold, where nobody says it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.values import Kind

LOOKED_AT = 10_000
"""Values from the beginning of a column that are looked at."""
MOST_CATEGORIES = 100
"""Texts with more distinct values than this, most of them seen once, are free text: their lengths are compared."""
_NONE = type(None)


def guess_kind(values: Sequence[Any] | npt.NDArray[Any]) -> Kind:
    """`numeric` for numbers, `boolean` for truth values, `text_length` for free text, else `categorical`."""
    if isinstance(values, np.ndarray):
        if values.dtype.kind in "biuf":
            return "boolean" if values.dtype.kind == "b" else "numeric"
        values = values[:LOOKED_AT].tolist()
    head = [value for value in values[:LOOKED_AT] if value is not None]
    kinds = set(map(type, head))
    if not kinds or kinds == {bool}:
        return "boolean" if kinds else "categorical"
    if kinds <= {int, float}:
        return "numeric"
    if kinds == {str}:
        distinct = len(set(head))
        if distinct > MOST_CATEGORIES and distinct > len(head) / 2:
            return "text_length"
    return "categorical"
