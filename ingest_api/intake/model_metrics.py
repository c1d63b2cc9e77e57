"""Metrics intake: named numbers of a model into a message of the log; one that is wrong costs itself alone."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.features import check_version
from vedette.events.model_metrics import LONGEST_NAME, MOST_VALUES, MetricReport

MOST_LISTED = 100
"""Refused values that an answer lists; all are counted."""
_decoder = msgspec.json.Decoder(MetricReport)
_LATEST_SEQ = 1 << 62


@dataclass(slots=True)
class TakenMetrics:
    """Values that are taken, column by column, and of the first `MOST_LISTED` of the `refused_values` the reason."""

    report: MetricReport
    names: list[str] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_values: int = 0


def read_metrics(body: bytes) -> MetricReport:
    """The report in a body of JSON; `InvalidInput` names what is wrong with it as a whole."""
    report = decode(_decoder, body)
    if not 0 <= report.seq < _LATEST_SEQ:
        raise InvalidInput("seq", report.seq, "an integer from 0 to 2^62")
    if isinstance(report.epoch, int) and not 0 <= report.epoch < _LATEST_SEQ:
        raise InvalidInput("epoch", report.epoch, "a text, or an integer from 0 to 2^62")
    check_version("version", report.version or "")
    if (report.metrics is None) == (report.names is None and report.values is None):
        raise InvalidInput("metrics", "both or none", "either a list of metrics, or columns names and values")
    if report.metrics is not None:
        if report.ts is not None:
            raise InvalidInput("ts", f"{len(report.ts)} times", "none beside metrics, which have their own")
        if len(report.metrics) > MOST_VALUES:
            raise InvalidInput("metrics", f"{len(report.metrics)} values", f"at most {MOST_VALUES}")
        return report
    names, values = report.names or [], report.values or []
    if len(names) > MOST_VALUES:
        raise InvalidInput("names", f"{len(names)} names", f"at most {MOST_VALUES}")
    if len(values) != len(names):
        raise InvalidInput("values", f"{len(values)} values", f"one for each of the {len(names)} names")
    if report.ts is not None and len(report.ts) != len(names):
        raise InvalidInput("ts", f"{len(report.ts)} times", f"one for each of the {len(names)} names, or none at all")
    return report


def take_metrics(report: MetricReport, limits: Limits, now_ms: int) -> TakenMetrics:
    """The values that are good; one without a time gets `now_ms`."""
    if report.metrics is not None:
        rows = [(one.name, one.value, one.ts) for one in report.metrics]
    else:
        names, values = report.names or [], report.values or []
        rows = list(zip(names, values, report.ts or [None] * len(names), strict=True))
    taken = TakenMetrics(report)
    for row, (name, value, ts) in enumerate(rows):
        reason = _fault(name, value, ts, limits)
        if reason is None:
            taken.names.append(name)
            taken.values.append(float(value))
            taken.ts.append(now_ms if ts is None else ts)
            continue
        taken.refused_values += 1
        if len(taken.refused) < MOST_LISTED:
            shown = name[:LONGEST_NAME] if isinstance(name, str) else None
            taken.refused.append({"row": row, "name": shown, "reason": reason})
    return taken


def _fault(name: Any, value: Any, ts: Any, limits: Limits) -> str | None:
    if not isinstance(name, str) or not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        return f"name: a text of 1 to {LONGEST_NAME} printable characters"
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= sys.float_info.max:
        return "value: a finite number"
    if ts is not None and (not isinstance(ts, int) or isinstance(ts, bool)):
        return "ts: milliseconds UTC"
    if ts is not None and not limits.oldest_ms <= ts <= limits.newest_ms:
        return f"ts: {limits.oldest_ms} to {limits.newest_ms} (milliseconds UTC)"
    return None
