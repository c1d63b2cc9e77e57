"""What a model's settings say about outcomes: which column predicts what, and which label is the positive one."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np

from vedette.events.features import PREDICTION, Column

MOST_WINDOWS = 1000
"""Windows of a version that outcomes still change; older ones stand as they are."""


class QualityConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """How outcomes are compared with predictions. Without a `task` they are not."""

    window_s: int = 3600
    task: Literal["classification", "regression"] | None = None
    prediction: str = PREDICTION
    positive: str | int | float | bool | None = None
    threshold: float = 0.5
    outcome_wait_s: int = 7 * 86_400

    @property
    def wait_ms(self) -> int:
        """How long an outcome may come after its prediction, by the times of rows."""
        return min(self.outcome_wait_s, MOST_WINDOWS * self.window_s) * 1000


@dataclass(frozen=True, slots=True)
class QualitySubject:
    """What is known of a model."""

    name: str
    config: QualityConfig


FindQuality = Callable[[int], QualitySubject | None]
"""The subject of a model; None if it is gone or has no task."""


def values_of(column: Column) -> list[Any]:
    """A column's values in the order of its rows; None where one is missing."""
    if column.form == "numbers":
        return list(np.frombuffer(column.data, "<f8").tolist())
    return [
        column.dictionary[code] if 0 <= code < len(column.dictionary) else None
        for code in np.frombuffer(column.data, "<i4").tolist()
    ]


def is_positive(value: Any, positive: str | int | float | bool | None) -> bool:
    """Whether a label is the positive one: equal to it as a text; without one, 1 and true are."""
    words = {"1", "true"} if positive is None else {_word(positive)}
    return _word(value) in words or (positive is True and _word(value) == "1")


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def number(value: Any) -> float:
    """A value as a number; NaN if it is none."""
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def predicted(config: QualityConfig, value: Any) -> tuple[float, bool] | None:
    """A prediction as score (or number) and whether it is an alarm; None if it says nothing."""
    if value is None or value != value:
        return None
    if config.task == "regression":
        return number(value), False
    if isinstance(value, float):  # a column of numbers
        return (value, value >= config.threshold) if 0 <= value <= 1 else None
    return math.nan, is_positive(value, config.positive)
