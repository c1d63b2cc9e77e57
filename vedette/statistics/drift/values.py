"""Values as a feature's kind reads them: numbers or category keys. One bad value never costs another one.

A number: int, float, bool (0 or 1), Decimal, a string that reads as one. Missing: None, NaN, NaT, empty strings in a
numeric column. A category's key: text as it is; a number that is whole without its point, so 1, 1.0 and "1" are one
category, while True is "true". Keys are cut after 200 characters.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Kind = Literal["numeric", "categorical", "boolean", "text_length", "hour", "weekday"]
"""`hour` and `weekday` are the parts of a timestamp that repeat: categories 0 to 23, and 0 (Monday) to 6."""
LONGEST_KEY = 200
OTHER = "\x00other"
"""The key of what is not of the kind; no category has it."""
_BOOLEANS = {"true": "true", "false": "false", "1": "true", "0": "false", "yes": "true", "no": "false"}
_PLAIN = {str, type(None)}


def key(value: object) -> str | None:
    """The category of a value; None: it is missing."""
    if value is None or value != value or (not isinstance(value, str) and str(value) == "NaT"):
        return None  # only NaN and NaT differ from themselves
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating) and math.isfinite(value) and value == int(value):
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")[:LONGEST_KEY]
    return str(value)[:LONGEST_KEY]


def number(value: object) -> float | None:
    """As a float, NaN where it is missing; None where it is no number."""
    if value is None or str(value) == "NaT":
        return math.nan
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return math.nan
        if len(value) > LONGEST_KEY or "_" in value:
            return None
    elif not isinstance(value, int | float | np.number | np.bool_ | Decimal):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, 1 if isinstance(value, int) and value > 0 else -1)  # an int beyond all floats
    except (TypeError, ValueError):
        return None


def moment(value: object) -> datetime | None:
    """A timestamp: datetime, date, numpy's, ISO 8601 text, or seconds since 1970 (UTC); None where it is none."""
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 # a date has no zone
    try:
        if isinstance(value, str):
            return datetime.fromisoformat(value.strip())
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime(1970, 1, 1) + timedelta(seconds=value)  # noqa: DTZ001 # UTC, as said above
    except (ValueError, OverflowError):
        pass
    return None


def numbers(values: Sequence[Any] | npt.NDArray[Any]) -> tuple[Floats, int]:
    """Values of a numeric column with NaN for the missing, without those that are no numbers, and how many these were.

    Arrays of numbers (any numpy integer, float or bool type) are taken whole.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.astype(np.float64, copy=False).ravel(), 0
    found = [number(value) for value in values]
    kept = [value for value in found if value is not None]
    return np.asarray(kept, np.float64), len(found) - len(kept)


def keys(values: Iterable[Any], kind: Kind) -> Counter[str | None]:
    """How often each category is in a column; None counts the missing, `OTHER` what is not of the kind."""
    if isinstance(values, np.ndarray):
        values = values.ravel().tolist() if values.dtype.kind != "M" else list(values.ravel())
    elif not isinstance(values, Sequence):
        values = list(values)
    read = reading(kind)
    if read is key and set(map(type, values)) <= _PLAIN:
        plain = Counter(values)  # in C: text needs no reading, but for its length
        long = [text for text in plain if text is not None and len(text) > LONGEST_KEY]
        for text in long:
            plain[key(text)] += plain.pop(text)
        return plain
    return Counter(map(read, values))


def reading(kind: Kind) -> Callable[[object], str | None]:
    """How a kind reads the category of one value; None: it is missing, `OTHER`: it is not of the kind."""
    return {"boolean": _boolean, "hour": _hour, "weekday": _weekday}.get(kind, key)


def plain(values: Sequence[Any], kind: Kind) -> list[float] | list[str | None]:
    """What a column is for who looks at it beside others: numbers (NaN: missing, or none), or categories' keys."""
    if kind == "text_length":
        return [float(one) for one in lengths(values)]
    if kind == "numeric":
        found = map(number, values)
        return [math.nan if one is None else one for one in found]
    read = reading(kind)
    return [read(value) for value in values]


def lengths(values: Iterable[Any]) -> Floats:
    """Characters of each text, NaN for the missing; what is no text is as long as its key."""
    return np.asarray(
        [
            len(value) if isinstance(value, str | bytes) else math.nan if (text := key(value)) is None else len(text)
            for value in values
        ],
        np.float64,
    )


def _boolean(value: object) -> str | None:
    text = key(value)
    return None if text is None else _BOOLEANS.get(text.strip().lower(), OTHER)


def _hour(value: object) -> str | None:
    if key(value) is None:
        return None
    at = moment(value)
    return OTHER if at is None else str(at.hour)


def _weekday(value: object) -> str | None:
    if key(value) is None:
        return None
    at = moment(value)
    return OTHER if at is None else str(at.weekday())
