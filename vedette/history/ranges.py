"""Ranges: which windows of which tiers a rebuild replaces, and what it must read for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vedette.history.settled import SETTLE_MS, shown
from vedette.settings import TableSettings

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
_TIERS = {"samples": ("10s", "1m", "1h", "1d"), "checks": ("1m", "1h", "1d")}


@dataclass(frozen=True, slots=True)
class Bounds:
    """Whole hours (ms UTC). Of days that end after `complete_ms`, the archive does not hold everything yet."""

    from_ms: int
    to_ms: int
    complete_ms: int


@dataclass(frozen=True, slots=True)
class Beginning:
    """Where the archive begins, and whether that is where the rows begin too."""

    first_ms: int
    whole: bool

    def next(self, width_ms: int) -> int:
        """The start of the first window that the archive holds as a whole."""
        inside = self.first_ms % width_ms
        return self.first_ms - inside + (width_ms if inside and not self.whole else 0)


@dataclass(slots=True)
class Span:
    """A day or a part of it: by tier the times that are replaced, and the time whose events must be read for that."""

    from_ms: int
    to_ms: int
    read_from_ms: int
    read_to_ms: int
    ranges: dict[str, tuple[int, int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{shown(self.from_ms)} to {shown(self.to_ms)}"


def widened(from_ms: int, to_ms: int, now_ms: int) -> Bounds:
    """The range in whole hours; its last day as a whole, if that is settled."""
    end = to_ms + -to_ms % HOUR_MS
    day = to_ms + -to_ms % DAY_MS
    return Bounds(from_ms - from_ms % HOUR_MS, end, day if day <= now_ms - SETTLE_MS else end)


def spans(kind: str, wanted: Bounds, beginning: Beginning, tables: TableSettings, now_ms: int) -> Iterator[Span]:
    """Day by day. Hours and days of which the archive holds a part only are left out, and windows that are not kept."""
    first_hour = max(wanted.from_ms, beginning.next(HOUR_MS))
    for day in range(wanted.from_ms - wanted.from_ms % DAY_MS, wanted.to_ms, DAY_MS):
        begin, end = max(day, first_hour), min(day + DAY_MS, wanted.to_ms)
        if begin >= end:
            continue
        span = Span(begin, end, begin, end)
        for tier in _TIERS[kind]:
            if tier != "1d":
                span.ranges[tier] = (begin, end)
            elif day >= beginning.next(DAY_MS) and day + DAY_MS <= wanted.complete_ms:
                span.ranges[tier] = (day, day + DAY_MS)
                span.read_from_ms, span.read_to_ms = day, day + DAY_MS
            else:
                span.notes.append("the archive does not hold the whole day, so the row of the day stays")
        _leave_out(span, tables, now_ms)
        yield span


def _leave_out(span: Span, tables: TableSettings, now_ms: int) -> None:
    keep = {
        "10s": tables.keep_10s_days,
        "1m": tables.keep_1m_days,
        "1h": tables.keep_1h_days,
        "1d": tables.keep_1d_days,
    }
    for tier, (begin, end) in list(span.ranges.items()):
        if keep[tier] == 0:
            continue
        oldest = now_ms - keep[tier] * DAY_MS + HOUR_MS  # an hour before the janitor comes, at least
        begin = max(begin, oldest + -oldest % HOUR_MS) if begin < oldest else begin  # noqa: PLW2901 - narrowed
        if begin < end:
            span.ranges[tier] = (begin, end)
        else:
            del span.ranges[tier]
            span.notes.append(f"rows of {tier} are kept for {keep[tier]} days only")
