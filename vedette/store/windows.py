"""Reading wide rows: the coarsest tier that serves a step, and finer tiers for what it does not hold yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from vedette.store.cells import Floats, Ints, Shape, picked, unpack_picked
from vedette.store.pool import Store
from vedette.store.rollups import TIERS

WIDTH_MS = {"10s": 10_000, "1m": 60_000, "1h": 3_600_000, "1d": 86_400_000}
_CUT = 8
"""Up to so many series are cut out of their rows by the server."""


@dataclass(slots=True)
class Rows:
    """Rows of one source and layout in the order of time; matrices are rows by the ordinals that were asked for."""

    bucket_ms: Ints
    n: Ints
    sums: Floats
    mins: Floats
    maxs: Floats
    lasts: Floats

    def __len__(self) -> int:
        return len(self.bucket_ms)

    def select(self, mask: npt.NDArray[np.bool_]) -> Rows:
        """The rows that `mask` chooses."""
        return Rows(*(getattr(self, name)[mask] for name in Rows.__slots__))


def join(parts: Sequence[Rows]) -> Rows:
    """All rows of `parts`, in the order of time."""
    if len(parts) == 1:
        return parts[0]
    joined = Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__slots__))
    order = np.argsort(joined.bucket_ms, kind="stable")
    return Rows(*(getattr(joined, name)[order] for name in Rows.__slots__))


class Older(Protocol):
    """Rows that the tables hold no longer."""

    def between(self, tier: str) -> tuple[int, int]:
        """From when and up to when (ms UTC) rows of the tier come from here, and not from the tables."""
        ...

    def rows(
        self, tier: str, layout: int, sources: Sequence[int], ordinals: Sequence[int], from_ms: int, to_ms: int
    ) -> dict[int, Rows]:
        """Those rows by source, with from_ms ≤ bucket < to_ms."""
        ...


def tier_for(step_ms: int) -> str:
    """The coarsest tier whose width divides into the step."""
    return next(tier for tier in reversed(TIERS) if step_ms % WIDTH_MS[tier] == 0 or tier == "10s")


def read_rows(
    store: Store,
    layout: int,
    sources: Sequence[int],
    ordinals: Sequence[int],
    from_ms: int,
    to_ms: int,
    tier: str,
    older: Older | None = None,
) -> dict[int, Rows]:
    """Rows by source with from_ms ≤ bucket < to_ms; those that the tables hold no longer are `older`'s.

    The newest row of a coarse tier may have been put out before its window closed, and what came after it is only
    in finer tiers; both are read there, and of the newest window the reading with more reports counts. A source that
    reports too seldom for the finest tier is read from the next.
    """
    found = _fetch_all(store, tier, layout, list(sources), ordinals, from_ms, to_ms, older)
    if tier == TIERS[0]:
        missing = [source for source in sources if source not in found]
        if missing:
            found |= _fetch_all(store, TIERS[1], layout, missing, ordinals, from_ms, to_ms, older)
        return found
    finer = TIERS[TIERS.index(tier) - 1]
    heads = {source: int(found[source].bucket_ms[-1]) if source in found else from_ms for source in sources}
    # Rows out of the archive are whole: only those of the tables may have a newer head.
    head = read_rows(store, layout, sources, ordinals, min(heads.values()), to_ms, finer)
    return {
        source: rows
        for source in sources
        if (rows := _with_head(found.get(source), head.get(source), heads[source], WIDTH_MS[tier])) is not None
    }


def _with_head(coarse: Rows | None, fine: Rows | None, head_ms: int, width_ms: int) -> Rows | None:
    if fine is not None:
        fine = fine.select(fine.bucket_ms >= head_ms)
    if coarse is None or fine is None or not len(fine):
        return coarse if coarse is not None else fine if fine is not None and len(fine) else None
    same = fine.bucket_ms < head_ms + width_ms
    if fine.n[same].sum() > coarse.n[-1]:
        coarse = coarse.select(coarse.bucket_ms < head_ms)
    else:
        fine = fine.select(~same)
    return join([coarse, fine])


def _fetch_all(
    store: Store,
    tier: str,
    layout: int,
    sources: list[int],
    ordinals: Sequence[int],
    from_ms: int,
    to_ms: int,
    older: Older | None,
) -> dict[int, Rows]:
    """Every window from one place: of the archive's time from there, of all other from the table."""
    begin, end = (0, 0) if older is None else older.between(tier)
    begin, end = max(begin, from_ms), min(end, to_ms)
    if older is None or begin >= end:
        return _fetch(store, tier, layout, sources, ordinals, from_ms, to_ms)
    parts = [older.rows(tier, layout, sources, ordinals, from_ms, to_ms)]
    parts += [
        _fetch(store, tier, layout, sources, ordinals, *kept)
        for kept in ((from_ms, begin), (end, to_ms))
        if kept[0] < kept[1]
    ]
    return {
        source: join([part[source] for part in parts if source in part])
        for source in sources
        if any(source in part for part in parts)
    }


def _fetch(
    store: Store, tier: str, layout: int, sources: list[int], ordinals: Sequence[int], from_ms: int, to_ms: int
) -> dict[int, Rows]:
    shape = _shape(store, layout)
    if shape is None:
        return {}
    columns = [ordinal - 1 for ordinal in ordinals]
    # Few series are cut out by the server; of many, whole rows come sooner.
    cut = len(columns) <= _CUT
    values = picked(shape, columns) if cut else "cells"
    rows = store.rows(
        "SELECT source_id, (extract(epoch FROM bucket) * 1000)::bigint AS ms, n,"  # noqa: S608 - only numbers and tiers
        f" {values} AS cells FROM rollup_{tier} WHERE layout_id = %s AND source_id = ANY(%s)"
        # Not sorted here: a generic plan could then not pass over the chunks of other times.
        " AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0)",
        layout,
        sources,
        from_ms,
        to_ms,
    )
    by_source: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(rows, key=itemgetter("ms")):
        by_source.setdefault(int(row["source_id"]), []).append(row)
    return {source: _rows(part, shape, None if cut else columns, len(columns)) for source, part in by_source.items()}


def _rows(part: list[dict[str, Any]], shape: Shape, columns: list[int] | None, count: int) -> Rows:
    cells = [row["cells"] for row in part]
    matrices = unpack_picked(cells, count) if columns is None else shape.unpack(cells)
    chosen = matrices if columns is None else tuple(matrix[:, columns] for matrix in matrices)
    bucket_ms = np.array([row["ms"] for row in part], np.int64)
    return Rows(bucket_ms, np.array([row["n"] for row in part], np.int64), *chosen)


def _shape(store: Store, layout: int) -> Shape | None:
    row = store.row("SELECT kinds FROM layouts WHERE id = %s", layout)
    if row is None:
        return None
    return Shape(len(row["kinds"]), tuple(at for at, kind in enumerate(row["kinds"]) if kind == "counter"))
