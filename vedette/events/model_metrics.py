"""Metrics of models: numbers with names and times, as clients send them and in the log."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from vedette.events.features import Column, FeatureBatch
from vedette.events.outcomes import OUTCOME

MOST_VALUES = 100_000
"""Values of a report."""
LONGEST_NAME = 200
MOST_RECENT = 20
"""Windows of a metric that a signal tells of."""
VALUE = "value"
"""The column of a batch beside that of the names, which has the name that no feature can have."""


class MetricValue(msgspec.Struct, omit_defaults=True):
    """One number; `ts` (ms UTC) is when it was so, by default when it comes in."""

    name: Any = None
    value: Any = None
    ts: Any = None


class MetricReport(msgspec.Struct, omit_defaults=True):
    """Numbers as a client sends them: a list of `metrics`, or columns `names`, `values` and perhaps `ts`.

    `epoch` is new at each start of the sender and `seq` counts up within it: a report that comes twice is dropped.
    """

    epoch: str | int
    seq: int
    model: str = ""
    metrics: list[MetricValue] | None = None
    names: list[Any] | None = None
    values: list[Any] | None = None
    ts: list[Any] | None = None
    version: str | None = None


def is_metrics(batch: FeatureBatch) -> bool:
    """Whether a batch of the log holds metrics."""
    return len(batch.columns) == 2 and batch.columns[0].name == OUTCOME


def holds_rows(batch: FeatureBatch) -> bool:
    """Whether a batch of the log holds rows that a model has seen, neither outcomes nor metrics."""
    return not batch.columns or batch.columns[0].name != OUTCOME


def columns_of(names: Sequence[str], values: Sequence[float]) -> list[Column]:
    """Names and values, one of each a row, as columns in the log."""
    places = {name: code for code, name in enumerate(dict.fromkeys(names))}
    codes = array("i", [places[name] for name in names]).tobytes()
    return [Column(OUTCOME, "codes", codes, list(places)), Column(VALUE, "numbers", array("d", values).tobytes())]


def values_in(batch: FeatureBatch) -> Iterator[tuple[str, int, float]]:
    """Name, time (ms UTC) and value of each number in a batch of metrics."""
    named, valued = batch.columns
    known = named.dictionary
    times, codes, values = array("q", batch.ts), array("i", named.data), array("d", valued.data)
    for code, at, value in zip(codes, times, values, strict=True):
        yield str(known[code]), at, value
