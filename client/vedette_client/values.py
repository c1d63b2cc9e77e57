"""Values: what one feature's value means on the wire.

| given | travels as |
|---|---|
| `None`, pandas' `NA` and `NaT` | null (missing) |
| bool, int, float, text | itself |
| NaN, ±infinity | itself: in JSON the texts "NaN", "Infinity", "-Infinity" |
| an integer beyond 64 bits | a float |
| numpy scalars and arrays of one item, Decimal, Fraction | the bool, number or text that they hold |
| a date or time | text, ISO 8601 |
| an enumeration's member | its value |
| a UUID or path | text |
| text longer than `MAX_TEXT` | its beginning; counted as `shortened` |
| text with halves of surrogate pairs | with U+FFFD in their place; counted as `shortened` |
| bytes | text if they are UTF-8, else unsupported |
| anything else | null; counted as `unsupported` |
"""

from __future__ import annotations

import datetime as dt
import enum
import numbers
import pathlib
import uuid
from collections.abc import Sequence
from math import inf, isfinite, isnan
from typing import Any

Plain = None | bool | int | float | str

MAX_TEXT = 10_000
"""Longest text that travels whole, in characters."""

_LEAST, _MOST = -(2**63), 2**63 - 1


class Tally:
    """How many values were not what they should be."""

    __slots__ = ("shortened", "unsupported")

    def __init__(self) -> None:
        self.unsupported = 0
        self.shortened = 0

    def unknown(self) -> Plain:
        """Count a value that cannot travel; what travels in its place."""
        self.unsupported += 1
        return None


def plain(value: Any, tally: Tally) -> Plain:
    """The value as it travels. Never raises."""
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value  # type: ignore[no-any-return]
    if kind is int:
        return value if _LEAST <= value <= _MOST else _as_float(value, tally)
    if kind is str:
        return _text(value, tally)
    try:
        return _converted(value, tally)
    except Exception:  # noqa: BLE001 - foreign objects may raise anything when they are looked at
        return tally.unknown()


def _converted(value: Any, tally: Tally) -> Plain:
    if isinstance(value, enum.Enum):
        return plain(value.value, tally)
    if isinstance(value, str):
        return _text(str.__str__(value), tally)
    if type(value).__name__ in {"NAType", "NaTType"}:
        return None
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return _text(bytes(value).decode(), tally)
    if isinstance(value, uuid.UUID | pathlib.PurePath):
        return _text(str(value), tally)
    if hasattr(value, "item"):  # numpy and its kin: also those of its scalars that are floats
        inner = value.item()
        return plain(inner, tally) if type(inner) is not type(value) else tally.unknown()
    if isinstance(value, int):
        return plain(int(value), tally)
    if isinstance(value, numbers.Real) or type(value).__name__ == "Decimal":
        return _as_float(value, tally)
    return tally.unknown()


def _as_float(value: Any, tally: Tally) -> Plain:
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf
    except (TypeError, ValueError):
        return tally.unknown()


def _text(value: str, tally: Tally) -> str:
    changed = len(value) > MAX_TEXT
    if changed:
        value = value[:MAX_TEXT]
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            changed = True
            value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    tally.shortened += changed
    return value


def plain_column(column: Sequence[Any], tally: Tally) -> list[Plain]:
    """Every value of a column as it travels; columns of one ordinary type are passed at C speed."""
    kinds = set(map(type, column))
    if kinds <= {float, bool, type(None)}:
        return list(column)
    if kinds == {int} and min(column) >= _LEAST and max(column) <= _MOST:
        return list(column)
    if kinds == {str} and max(map(len, column)) <= MAX_TEXT and all(map(str.isascii, column)):
        return list(column)
    return [plain(value, tally) for value in column]


def json_column(column: list[Plain]) -> list[Plain]:
    """The column with what JSON has no number for as text: "NaN", "Infinity", "-Infinity"."""
    if float not in set(map(type, column)):
        return column
    try:
        if all(map(isfinite, column)):  # type: ignore[arg-type]
            return column
    except TypeError:  # there is a null or a text among them
        pass
    return [_json_number(value) if type(value) is float else value for value in column]


def _json_number(value: float) -> Plain:
    if isfinite(value):
        return value
    if isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
