"""Wide rows for tests of reading: one row a call, with what it holds in plain numbers."""

from __future__ import annotations

import numpy as np

from vedette.events.names import source_id
from vedette.events.samples import layout_id, layout_series
from vedette.store.pool import Store
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write

ACCOUNT = 1
Numbers = list[float] | float


def put(
    store: Store,
    tier: str,
    bucket_ms: int,
    layout: bytes,
    *,
    source: str = "h1",
    n: int = 1,
    sums: Numbers = 0.0,
    mins: Numbers = 0.0,
    maxs: Numbers = 0.0,
    lasts: Numbers = 0.0,
) -> None:
    """Write one row; a single number stands for all series of the layout. Of one report a gauge has but one value."""
    kinds = layout_series(layout)[1]
    identity, width = source_id(ACCOUNT, source), len(kinds)
    counters = np.array([at for at, kind in enumerate(kinds) if kind == "counter"], np.int64)
    matrices = tuple(np.broadcast_to(np.asarray(part, np.float64), (1, width)) for part in (sums, mins, maxs, lasts))
    catalogue = Catalogue(
        {layout_id(layout): layout},
        [(identity, layout_id(layout))],
        [SourceRow(identity, ACCOUNT, source, 1000, bucket_ms)],
    )
    ids, buckets = np.array([identity]), np.array([bucket_ms])
    row = WideRows(tier, layout_id(layout), ids, buckets, np.array([n]), matrices, counters)
    write(store, catalogue, [row])
