"""Outcomes intake: what turned out to be true, into a message of the log; a row that is wrong costs itself alone."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.features import check_version
from vedette.events.outcomes import LONGEST_ACTUAL, LONGEST_ID, MOST_OUTCOMES, OutcomeReport

MOST_LISTED = 100
"""Refused rows that an answer lists; all are counted."""
_decoder = msgspec.json.Decoder(OutcomeReport)
_LATEST_SEQ = 1 << 62
_WORDS = {"NaN", "Infinity", "-Infinity"}


@dataclass(slots=True)
class TakenOutcomes:
    """Rows that are taken, column by column, and of the first `MOST_LISTED` of the `refused_rows` the reason."""

    report: OutcomeReport
    ids: list[str] = field(default_factory=list)
    actuals: list[Any] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_rows: int = 0


def read_outcomes(body: bytes) -> OutcomeReport:
    """The report in a body of JSON; `InvalidInput` names what is wrong with it as a whole."""
    report = decode(_decoder, body)
    if not 0 <= report.seq < _LATEST_SEQ:
        raise InvalidInput("seq", report.seq, "an integer from 0 to 2^62")
    if isinstance(report.epoch, int) and not 0 <= report.epoch < _LATEST_SEQ:
        raise InvalidInput("epoch", report.epoch, "a text, or an integer from 0 to 2^62")
    check_version("version", report.version or "")
    if (report.outcomes is None) == (report.ids is None and report.actuals is None):
        raise InvalidInput("outcomes", "both or none", "either a list of outcomes, or columns ids and actuals")
    if report.outcomes is not None:
        if report.ts is not None:
            raise InvalidInput("ts", f"{len(report.ts)} times", "none beside outcomes, which have their own")
        if len(report.outcomes) > MOST_OUTCOMES:
            raise InvalidInput("outcomes", f"{len(report.outcomes)} rows", f"at most {MOST_OUTCOMES}")
        return report
    ids, actuals = report.ids or [], report.actuals or []
    if len(ids) > MOST_OUTCOMES:
        raise InvalidInput("ids", f"{len(ids)} ids", f"at most {MOST_OUTCOMES}")
    if len(actuals) != len(ids):
        raise InvalidInput("actuals", f"{len(actuals)} values", f"one for each of the {len(ids)} ids")
    if report.ts is not None and len(report.ts) != len(ids):
        raise InvalidInput("ts", f"{len(report.ts)} times", f"one for each of the {len(ids)} ids, or none at all")
    return report


def take_outcomes(report: OutcomeReport, limits: Limits, now_ms: int) -> TakenOutcomes:
    """The rows that are good; a row without a time gets `now_ms`."""
    if report.outcomes is not None:
        rows = [(one.id, one.actual, one.ts) for one in report.outcomes]
    else:
        ids, actuals = report.ids or [], report.actuals or []
        rows = list(zip(ids, actuals, report.ts or [None] * len(ids), strict=True))
    taken = TakenOutcomes(report)
    for row, (name, actual, ts) in enumerate(rows):
        name = str(name) if isinstance(name, int) and not isinstance(name, bool) else name  # noqa: PLW2901 - its text
        reason = _fault(name, actual, ts, limits)
        if reason is None:
            taken.ids.append(name)
            taken.actuals.append(actual)
            taken.ts.append(now_ms if ts is None else ts)
            continue
        taken.refused_rows += 1
        if len(taken.refused) < MOST_LISTED:
            shown = name[:LONGEST_ID] if isinstance(name, str) else None
            taken.refused.append({"row": row, "id": shown, "reason": reason})
    return taken


def _fault(name: Any, actual: Any, ts: Any, limits: Limits) -> str | None:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_ID:
        return f"id: a text of 1 to {LONGEST_ID} characters, or an integer"
    if actual is None or (isinstance(actual, str) and actual in _WORDS):
        return "actual: a number, text or boolean that is known, not null, NaN or infinite"
    if not isinstance(actual, str | int | float) or (isinstance(actual, float) and not math.isfinite(actual)):
        return "actual: a number, text or boolean, not a list or object"
    if isinstance(actual, str) and len(actual) > LONGEST_ACTUAL:
        return f"actual: at most {LONGEST_ACTUAL} characters"
    if ts is not None and (not isinstance(ts, int) or isinstance(ts, bool)):
        return "ts: milliseconds UTC"
    if ts is not None and not limits.oldest_ms <= ts <= limits.newest_ms:
        return f"ts: {limits.oldest_ms} to {limits.newest_ms} (milliseconds UTC)"
    return None
