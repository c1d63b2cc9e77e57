"""Queries over series: rows of tiers into values at steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from vedette.errors import InvalidInput
from vedette.store.cells import Floats, Ints
from vedette.store.pool import Store
from vedette.store.series import SeriesRef
from vedette.store.windows import Older, Rows, join, read_rows, tier_for

Aggregation = Literal["avg", "min", "max", "sum", "count", "last", "rate"]
AGGREGATIONS: tuple[Aggregation, ...] = get_args(Aggregation)
MAX_POINTS = 11_000
MAX_SERIES = 1_000
Archive = Callable[[Sequence[SeriesRef], int, int, str], Older | None]
"""What gives the rows of series, from, to (ms UTC) and tier that the tables hold no longer, if there are such."""
_STEPS_S = (10, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)


@dataclass(frozen=True, slots=True)
class Span:
    """A range of whole steps: `from_ms` ≤ t < `to_ms`, both multiples of `step_ms`."""

    from_ms: int
    to_ms: int
    step_ms: int

    @property
    def points(self) -> int:
        """How many steps."""
        return (self.to_ms - self.from_ms) // self.step_ms

    def timestamps(self) -> list[int]:
        """The start of each step."""
        return list(range(self.from_ms, self.to_ms, self.step_ms))


def span(from_ms: int, to_ms: int, step_s: int | None, least_s: int = 10) -> Span:
    """The range widened to whole steps; without a step one is chosen that gives about 300 points."""
    if from_ms >= to_ms:
        raise InvalidInput("from", from_ms, f"a time before to ({to_ms})")
    if step_s is None:
        wanted = max(least_s, (to_ms - from_ms) / 300_000)
        step_s = next((step for step in _STEPS_S if step >= wanted), _STEPS_S[-1])
    if step_s < least_s or step_s % least_s:
        raise InvalidInput("step", step_s, f"a multiple of {least_s} seconds")
    step = step_s * 1000
    found = Span(from_ms - from_ms % step, to_ms + -to_ms % step, step)
    if found.points > MAX_POINTS:
        raise InvalidInput("step", step_s, f"a step that gives at most {MAX_POINTS} points (this gives {found.points})")
    return found


def query(
    store: Store,
    refs: Sequence[SeriesRef],
    wanted: Span,
    aggregation: Aggregation,
    now_ms: int,
    archive: Archive = lambda refs, from_ms, to_ms, tier: None,
) -> list[tuple[SeriesRef, list[float | None]]]:
    """One value for each step of each series; None where there is nothing.

    avg, min, max, sum, count and last are over the reports of the step (of a counter, sum is its increase, and
    avg, min and max are of its rate per second); rate is the increase per second, for counters and deltas only.
    """
    if len({(ref.source, ref.name) for ref in refs}) > MAX_SERIES:
        raise InvalidInput("series", f"{len(refs)} series", f"a selector that matches at most {MAX_SERIES}")
    places: defaultdict[int, list[SeriesRef]] = defaultdict(list)
    for ref in refs:
        if aggregation == "rate" and ref.kind == "gauge":
            raise InvalidInput("agg", f"rate of {ref.name}", "rate only of counters and deltas")
        places[ref.layout_id].append(ref)
    tier = tier_for(wanted.step_ms)
    older = archive(refs, wanted.from_ms, wanted.to_ms, tier)
    parts: defaultdict[tuple[str, str], list[Rows]] = defaultdict(list)
    first: dict[tuple[str, str], SeriesRef] = {}
    for layout, members in places.items():
        ordinals = sorted({ref.ordinal for ref in members})
        ids = sorted({ref.source_id for ref in members})
        rows = read_rows(store, layout, ids, ordinals, wanted.from_ms, wanted.to_ms, tier, older)
        for ref in members:
            first.setdefault((ref.source, ref.name), ref)
            if ref.source_id in rows:
                parts[ref.source, ref.name].append(_column(rows[ref.source_id], ordinals.index(ref.ordinal)))
    return [(ref, _aggregate(parts.get(key, []), ref, wanted, aggregation, now_ms)) for key, ref in first.items()]


def _column(rows: Rows, at: int) -> Rows:
    matrices = (getattr(rows, name)[:, at] for name in ("sums", "mins", "maxs", "lasts"))
    return Rows(rows.bucket_ms, rows.n, *matrices)


def _aggregate(
    parts: list[Rows], ref: SeriesRef, wanted: Span, aggregation: Aggregation, now_ms: int
) -> list[float | None]:
    if not parts:
        return [None] * wanted.points
    rows = join(parts)
    at = (rows.bucket_ms - wanted.from_ms) // wanted.step_ms
    counts = np.bincount(at, rows.n, wanted.points).astype(np.float64)
    values = _values(rows, at, counts, wanted, _meaning(aggregation, ref), now_ms)
    values[counts == 0] = np.nan
    return [None if missing else value for value, missing in zip(values.tolist(), np.isnan(values), strict=True)]


def _meaning(aggregation: Aggregation, ref: SeriesRef) -> Aggregation:
    """The average of a counter is its rate."""
    return "rate" if aggregation == "avg" and ref.kind == "counter" else aggregation


def _values(rows: Rows, at: Ints, counts: Floats, wanted: Span, aggregation: Aggregation, now_ms: int) -> Floats:
    points = wanted.points
    if aggregation == "count":
        return counts
    if aggregation == "last":
        last = np.full(points, np.nan)
        last[at] = rows.lasts  # rows are in the order of time, so the newest stays
        return last
    if aggregation in {"min", "max"}:
        found = np.full(points, np.nan)
        fold, values = (np.fmin, rows.mins) if aggregation == "min" else (np.fmax, rows.maxs)
        fold.at(found, at, values)
        return found
    sums: Floats = np.bincount(at, rows.sums, points).astype(np.float64)
    if aggregation == "sum":
        return sums
    if aggregation == "avg":
        return np.asarray(sums / np.maximum(counts, 1))
    # The last step may not be over: what has come so far belongs to the time that has passed.
    starts = wanted.from_ms + wanted.step_ms * np.arange(points)
    passed = np.clip(now_ms - starts, 1000, wanted.step_ms)
    return np.asarray(sums / (passed / 1000.0))
