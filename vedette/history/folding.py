"""Folding: the archived reports of one source into the rows of each tier, all at once.

It is the rollup's fold without its waiting: since all reports are at hand, no window is left open, and none is late.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.events.samples import PackedSamples, layout_series
from vedette.windows.counters import Counters
from vedette.windows.dedup import Seen
from vedette.windows.tiers import MINUTE, SECONDS_10, TIERS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_PIECE = 1024
"""Reports of counters at once: where one of them is out of order, the whole piece is taken one by one."""


@dataclass(slots=True)
class Run:
    """Rows of one layout and tier in the order of time; `last_ts` is the time of the newest report (ms UTC)."""

    bucket_ms: Ints
    n: Ints
    last_ts: Ints
    sums: Floats
    mins: Floats
    maxs: Floats
    lasts: Floats

    def __len__(self) -> int:
        return len(self.bucket_ms)

    def select(self, mask: npt.NDArray[Any]) -> Run:
        """The rows that `mask` chooses."""
        return Run(*(getattr(self, name)[mask] for name in Run.__slots__))

    def between(self, from_ms: int, to_ms: int) -> Run:
        """The rows of windows that begin in that time."""
        return self.select((self.bucket_ms >= from_ms) & (self.bucket_ms < to_ms))


@dataclass(slots=True)
class Folded:
    """All rows of one layout, by tier: of the layout's `columns`, of which those at `counters` are counters."""

    layout: bytes
    columns: Ints
    counters: Ints
    tiers: dict[int, Run]


@dataclass(slots=True)
class _Reports:
    """The reports of one layout in the order of the log; `arrival` is their place among all of the source."""

    arrival: list[int] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    interval_ms: list[int] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


@dataclass(slots=True)
class _Matrix:
    """The same as numbers; increases and rates are reports by counters."""

    columns: Ints
    counters: Ints
    names: tuple[str, ...]
    arrival: Ints
    ts: Ints
    direct: npt.NDArray[np.bool_]
    raw: Floats
    increase: Floats
    rate: Floats


def fold_source(
    events: Iterable[PackedSamples], *, names: Collection[str] | None = None, coarsest: int = len(TIERS) - 1
) -> list[Folded]:
    """Rows of the tiers up to `coarsest` of one source's reports, which come in the order of the log.

    Of `names`, if given, else of all. A report that was sent twice counts once.
    """
    matrices = {
        layout: matrix
        for layout, reports in _gathered(events).items()
        if (matrix := _matrix(layout, reports, names)) is not None
    }
    _count(list(matrices.values()))
    return [Folded(layout, m.columns, m.counters, _cascade(m, coarsest)) for layout, m in matrices.items()]


def _gathered(events: Iterable[PackedSamples]) -> dict[bytes, _Reports]:
    seen = Seen()
    groups: dict[bytes, _Reports] = {}
    for arrival, event in enumerate(events):
        if not seen.is_new(event.epoch, event.seq):
            continue
        group = groups.get(event.layout)
        if group is None:
            group = groups[event.layout] = _Reports()
        group.arrival.append(arrival)
        group.ts.append(event.ts)
        group.interval_ms.append(event.interval_ms)
        group.values.append(event.values)
    return groups


def _matrix(layout: bytes, reports: _Reports, names: Collection[str] | None) -> _Matrix | None:
    series, kinds = layout_series(layout)
    columns = [at for at, name in enumerate(series) if names is None or name in names]
    if not columns:
        return None
    counters = [at for at, column in enumerate(columns) if kinds[column] == "counter"]
    raw = np.frombuffer(b"".join(reports.values)).reshape(-1, len(series))
    if len(columns) < len(series):
        raw = raw[:, columns]
    shape = (len(raw), len(counters))
    return _Matrix(
        columns=np.asarray(columns, np.int64),
        counters=np.asarray(counters, np.int64),
        names=tuple(series[columns[at]] for at in counters),
        arrival=np.asarray(reports.arrival, np.int64),
        ts=np.asarray(reports.ts, np.int64),
        direct=np.asarray(reports.interval_ms, np.int64) >= TIERS[MINUTE].width_ms,
        raw=raw,
        increase=np.zeros(shape),
        rate=np.full(shape, np.nan),
    )


def _count(matrices: Sequence[_Matrix]) -> None:
    """Fill in increases and rates. Layouts that share a counter are taken in the order of the log, run by run."""
    counters = Counters()
    shared = {name for name, times in Counter(name for m in matrices for name in m.names).items() if times > 1}
    together = [m for m in matrices if shared.intersection(m.names)]
    for matrix in matrices:
        if matrix.names and not shared.intersection(matrix.names):
            _count_piece(matrix, counters, 0, len(matrix.ts))
    for matrix, begin, end in _runs(together):
        _count_piece(matrix, counters, begin, end)


def _runs(matrices: Sequence[_Matrix]) -> Iterator[tuple[_Matrix, int, int]]:
    """Stretches of the log that are of one layout: its matrix, and from which report to which."""
    if not matrices:
        return
    owner = np.concatenate([np.full(len(m.ts), at) for at, m in enumerate(matrices)])
    place = np.concatenate([np.arange(len(m.ts)) for m in matrices])
    order = np.argsort(np.concatenate([m.arrival for m in matrices]))
    owner, place = owner[order], place[order]
    starts = np.flatnonzero(np.r_[True, owner[1:] != owner[:-1]])
    for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), len(owner)], strict=True):
        yield matrices[owner[begin]], int(place[begin]), int(place[end - 1]) + 1


def _count_piece(matrix: _Matrix, counters: Counters, begin: int, end: int) -> None:
    slots = np.asarray(counters.slots(0, matrix.names), np.int64)
    for start in range(begin, end, _PIECE):
        piece = slice(start, min(start + _PIECE, end))
        ts = matrix.ts[piece]
        raw = matrix.raw[piece][:, matrix.counters]
        found = counters.increases(np.zeros(len(ts), np.int64), np.tile(slots, (len(ts), 1)), ts, raw)
        matrix.increase[piece], matrix.rate[piece] = found


def _cascade(matrix: _Matrix, coarsest: int) -> dict[int, Run]:
    """Each tier from the reports that enter at it and from the rows of the tier below."""
    sums = low = matrix.raw
    if len(matrix.counters):
        sums, low = matrix.raw.copy(), matrix.raw.copy()
        sums[:, matrix.counters], low[:, matrix.counters] = matrix.increase, matrix.rate
    every = Run(matrix.ts, np.ones(len(matrix.ts), np.int64), matrix.ts, sums, low, low, matrix.raw)
    whole = bool(matrix.direct.all()), not matrix.direct.any()
    entering = {
        SECONDS_10: None if whole[0] else every if whole[1] else every.select(~matrix.direct),
        MINUTE: None if whole[1] else every if whole[0] else every.select(matrix.direct),
    }
    found: dict[int, Run] = {}
    finer: Run | None = None
    for tier in range(coarsest + 1):
        parts = [part for part in (finer, entering.get(tier)) if part is not None]
        if parts:
            finer = found[tier] = merged(parts, TIERS[tier].width_ms)
    return found


def merged(parts: Sequence[Run], width_ms: int) -> Run:
    """The rows of `parts` as rows of windows of that width."""
    rows = parts[0]
    if len(parts) > 1:
        rows = Run(*(np.concatenate([getattr(part, name) for part in parts]) for name in Run.__slots__))
    bucket = rows.bucket_ms - rows.bucket_ms % width_ms
    # Stable: of two reports with the same time the later arrival counts as the last.
    order = np.lexsort((rows.last_ts, bucket))
    bucket = bucket[order]
    starts = np.flatnonzero(np.r_[True, bucket[1:] != bucket[:-1]])
    last = order[np.r_[starts[1:], len(order)] - 1]
    return Run(
        bucket[starts],
        np.add.reduceat(rows.n[order], starts),
        rows.last_ts[last],
        np.add.reduceat(rows.sums[order], starts, axis=0) + 0.0,  # a window's sum begins at 0.0: there is no -0.0
        np.fmin.reduceat(rows.mins[order], starts, axis=0),
        np.fmax.reduceat(rows.maxs[order], starts, axis=0),
        rows.lasts[last],
    )
