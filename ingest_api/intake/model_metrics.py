"""Metrics intake: named numbers of a model into a message of the log; one that is wrong costs itself alone."""

from __future__ import annotations

import sys
from typing import Any

import msgspec

from ingest_api.intake.listed import Row, Taken, Words, rows_of, take
from ingest_api.intake.samples import Limits
from vedette.events.codec import decode
from vedette.events.model_metrics import LONGEST_NAME, MOST_VALUES, MetricReport

_decoder = msgspec.json.Decoder(MetricReport)
_WORDS = Words("metrics", "names", "values", MOST_VALUES)


def read_metrics(body: bytes) -> tuple[MetricReport, list[Row]]:
    """The report in a body of JSON, and its rows; `InvalidInput` names what is wrong with it as a whole."""
    report = decode(_decoder, body)
    listed = None if report.metrics is None else [(one.name, one.value, one.ts) for one in report.metrics]
    return report, rows_of(report, _WORDS, listed, (report.names, report.values))


def take_metrics(rows: list[Row], limits: Limits, now_ms: int) -> Taken:
    """The values that are good; one without a time gets `now_ms`."""
    return take(rows, _fault, limits, now_ms, key="name", longest=LONGEST_NAME)


def _fault(name: Any, value: Any) -> str | None:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        return f"name: a text of 1 to {LONGEST_NAME} printable characters"
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return "value: a finite number"
    return None
