"""Outcomes intake: what turned out to be true, into a message of the log; a row that is wrong costs itself alone."""

from __future__ import annotations

import math
from typing import Any

import msgspec

from ingest_api.intake.listed import Row, Taken, Words, rows_of, take
from ingest_api.intake.samples import Limits
from vedette.events.codec import decode
from vedette.events.outcomes import LONGEST_ACTUAL, LONGEST_ID, MOST_OUTCOMES, OutcomeReport

_decoder = msgspec.json.Decoder(OutcomeReport)
_WORDS = Words("outcomes", "ids", "actuals", MOST_OUTCOMES)
_NO_VALUES = {"NaN", "Infinity", "-Infinity"}


def read_outcomes(body: bytes) -> tuple[OutcomeReport, list[Row]]:
    """The report in a body of JSON, and its rows; `InvalidInput` names what is wrong with it as a whole."""
    report = decode(_decoder, body)
    listed = None if report.outcomes is None else [(one.id, one.actual, one.ts) for one in report.outcomes]
    return report, rows_of(report, _WORDS, listed, (report.ids, report.actuals))


def take_outcomes(rows: list[Row], limits: Limits, now_ms: int) -> Taken:
    """The rows that are good; a row without a time gets `now_ms`. An id that is an integer is its text."""
    texts = [(str(name) if type(name) is int else name, actual, ts) for name, actual, ts in rows]
    return take(texts, _fault, limits, now_ms, key="id", longest=LONGEST_ID)


def _fault(name: Any, actual: Any) -> str | None:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_ID:
        return f"id: a text of 1 to {LONGEST_ID} characters, or an integer"
    if actual is None or (isinstance(actual, str) and actual in _NO_VALUES):
        return "actual: a number, text or boolean that is known, not null, NaN or infinite"
    if not isinstance(actual, str | int | float) or (isinstance(actual, float) and not math.isfinite(actual)):
        return "actual: a number, text or boolean, not a list or object"
    if isinstance(actual, str) and len(actual) > LONGEST_ACTUAL:
        return f"actual: at most {LONGEST_ACTUAL} characters"
    return None
