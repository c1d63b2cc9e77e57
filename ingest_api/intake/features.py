"""Features intake: a client's rows into a message of the log; a column that is wrong costs itself alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.features import (
    LONGEST_NAME,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_VALUES,
    PREDICTION,
    Column,
    FeatureReport,
    check_version,
)

_decoder = msgspec.json.Decoder(FeatureReport)
_NONE = type(None)
_NESTED = {list, dict}
_NUMBERS = {int, float, _NONE}
_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}
_LATEST_SEQ = 1 << 62


@dataclass(slots=True)
class Taken:
    """What is taken of a report: rows whose times are within the limits, and for each refused column the reason."""

    report: FeatureReport
    ts: npt.NDArray[np.int64]
    columns: list[Column]
    late: int
    """Rows whose times lie beyond the limits."""
    refused: dict[str, str] = field(default_factory=dict)


def read_report(body: bytes) -> FeatureReport:
    """The report in a body of JSON; `InvalidInput` names what is wrong with it as a whole."""
    report = decode(_decoder, body)
    check_identity(report)
    values = sum(map(len, report.columns.values()))
    if values > MOST_VALUES:
        raise InvalidInput("columns", f"{values} values", f"at most {MOST_VALUES}")
    if len(report.ts) > MOST_ROWS:
        raise InvalidInput("ts", f"{len(report.ts)} rows", f"at most {MOST_ROWS}")
    if report.ids is not None and len(report.ids) != len(report.ts):
        raise InvalidInput(
            "ids", f"{len(report.ids)} ids", f"one for each of the {len(report.ts)} rows, or none at all"
        )
    return report


def check_identity(report: FeatureReport) -> None:
    """`InvalidInput` for an epoch, seq or version that cannot be."""
    if not 0 <= report.seq < _LATEST_SEQ:
        raise InvalidInput("seq", report.seq, "an integer from 0 to 2^62")
    if isinstance(report.epoch, int) and not 0 <= report.epoch < _LATEST_SEQ:
        raise InvalidInput("epoch", report.epoch, "a text, or an integer from 0 to 2^62")
    check_version("version", report.version or "")


def take(report: FeatureReport, limits: Limits) -> Taken:
    """The report's rows and columns, packed; blocks for as long as its values need."""
    try:
        times = np.array(report.ts, np.int64)
    except OverflowError as error:
        raise InvalidInput("ts", max(report.ts, key=abs), "milliseconds UTC") from error
    good = (times >= limits.oldest_ms) & (times <= limits.newest_ms)
    whole = bool(good.all())
    taken = Taken(report, times if whole else times[good], [], int(len(times) - good.sum()))
    for name, values in _columns(report, taken.refused):
        reason = _fault(name, values, len(times))
        if reason is None and len(taken.columns) >= MOST_COLUMNS:
            reason = f"at most {MOST_COLUMNS} columns are taken"
        if reason is not None:
            taken.refused[name[:LONGEST_NAME]] = reason
            continue
        taken.columns.append(pack(name, values if whole else [values[row] for row in np.flatnonzero(good)]))
    if report.ids is not None and not whole:
        report.ids = [report.ids[row] for row in np.flatnonzero(good)]
    return taken


def _columns(report: FeatureReport, refused: dict[str, str]) -> list[tuple[str, list[Any]]]:
    found = list(report.columns.items())
    predictions = report.predictions
    if predictions is None:
        return found
    named = {PREDICTION: predictions} if isinstance(predictions, list) else predictions
    for name, values in named.items():
        column = name if isinstance(predictions, list) else f"{PREDICTION}.{name}"
        if column in report.columns:
            refused[column[:LONGEST_NAME]] = "a feature has the name that predictions have; call it otherwise"
        else:
            found.append((column, values))
    return found


def check_name(name: str) -> str:
    """The name of a column; `InvalidInput` if it is none."""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise InvalidInput("columns", name[:LONGEST_NAME], f"names of 1 to {LONGEST_NAME} printable characters")
    return name


def _fault(name: str, values: list[Any], rows: int) -> str | None:
    try:
        check_name(name)
    except InvalidInput as error:
        return str(error)
    if len(values) != rows:
        return f"it has {len(values)} values, and there are {rows} rows"
    if not _NESTED.isdisjoint(map(type, values)):
        return "values are numbers, texts, booleans or null, not lists or objects"
    return None


def pack(name: str, values: list[Any]) -> Column:
    """A column as it stands in the log: numbers if all its values are, else codes of a dictionary."""
    kinds = set(map(type, values))
    if str in kinds and kinds <= {*_NUMBERS, str}:
        words = {value for value in values if isinstance(value, str)}
        if words <= _WORDS.keys():
            values = [_WORDS[value] if isinstance(value, str) else value for value in values]
            kinds = set(map(type, values))
    if kinds <= _NUMBERS and kinds != {_NONE}:
        try:
            return Column(name, "numbers", np.array(values, np.float64).tobytes())
        except OverflowError:  # an integer beyond all floats
            pass
    places: dict[tuple[type, Any], int] = {}
    codes = np.array([-1 if value is None else _place(places, value) for value in values], np.int32)
    return Column(name, "codes", codes.tobytes(), [value for _, value in places])


def _place(places: dict[tuple[type, Any], int], value: Any) -> int:
    plain = value if isinstance(value, str | int | float | bool) else str(value)
    if isinstance(plain, int) and not isinstance(plain, bool) and abs(plain) >= _LATEST_SEQ:
        plain = str(plain)
    return places.setdefault((type(plain), plain), len(places))  # 1, 1.0 and True are three
