"""Reports of named rows, as a list or as columns: what is checked of the whole, and rows that cost themselves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.features import check_version

MOST_LISTED = 100
"""Refused rows that an answer lists; all are counted."""
_LATEST_SEQ = 1 << 62
Row = tuple[Any, Any, Any]
"""Name, value and time (None: now) as they were sent."""


class Report(Protocol):
    """What all such reports have."""

    epoch: str | int
    seq: int
    ts: list[Any] | None
    version: str | None


@dataclass(slots=True)
class Taken:
    """Rows that are taken, column by column, and of the first `MOST_LISTED` of the `refused_rows` the reason."""

    names: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    refused_rows: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """How a kind of report calls its list, its columns and what they hold: for what is said of a wrong one."""

    listed: str
    names: str
    values: str
    most: int


def rows_of(report: Report, words: Words, listed: Sequence[Row] | None, columns: tuple[Any, Any]) -> list[Row]:
    """The rows of a report that is right as a whole; else `InvalidInput` names what is wrong."""
    if not 0 <= report.seq < _LATEST_SEQ:
        raise InvalidInput("seq", report.seq, "an integer from 0 to 2^62")
    if isinstance(report.epoch, int) and not 0 <= report.epoch < _LATEST_SEQ:
        raise InvalidInput("epoch", report.epoch, "a text, or an integer from 0 to 2^62")
    check_version("version", report.version or "")
    if (listed is None) == (columns == (None, None)):
        wanted = f"either a list of {words.listed}, or columns {words.names} and {words.values}"
        raise InvalidInput(words.listed, "both or none", wanted)
    if listed is not None:
        if report.ts is not None:
            raise InvalidInput("ts", f"{len(report.ts)} times", f"none beside {words.listed}, which have their own")
        if len(listed) > words.most:
            raise InvalidInput(words.listed, f"{len(listed)} rows", f"at most {words.most}")
        return list(listed)
    names, values = (column or [] for column in columns)
    if len(names) > words.most:
        raise InvalidInput(words.names, f"{len(names)} {words.names}", f"at most {words.most}")
    if len(values) != len(names):
        raise InvalidInput(words.values, f"{len(values)} values", f"one for each of the {len(names)} {words.names}")
    if report.ts is not None and len(report.ts) != len(names):
        wanted = f"one for each of the {len(names)} {words.names}, or none at all"
        raise InvalidInput("ts", f"{len(report.ts)} times", wanted)
    return list(zip(names, values, report.ts or [None] * len(names), strict=True))


def take(
    rows: Iterable[Row], fault: Callable[[Any, Any], str | None], limits: Limits, now_ms: int, *, key: str, longest: int
) -> Taken:
    """The rows that are good; one without a time gets `now_ms`. `fault` says what is wrong with a name and a value."""
    taken = Taken()
    for row, (name, value, ts) in enumerate(rows):
        reason = fault(name, value) or _fault_of_time(ts, limits)
        if reason is None:
            taken.names.append(name)
            taken.values.append(value)
            taken.ts.append(now_ms if ts is None else ts)
            continue
        taken.refused_rows += 1
        if len(taken.refused) < MOST_LISTED:
            shown = name[:longest] if isinstance(name, str) else None
            taken.refused.append({"row": row, key: shown, "reason": reason})
    return taken


def _fault_of_time(ts: Any, limits: Limits) -> str | None:
    if ts is not None and (not isinstance(ts, int) or isinstance(ts, bool)):
        return "ts: milliseconds UTC"
    if ts is not None and not limits.oldest_ms <= ts <= limits.newest_ms:
        return f"ts: {limits.oldest_ms} to {limits.newest_ms} (milliseconds UTC)"
    return None
