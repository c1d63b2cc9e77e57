"""Binary COPY rows by numpy: rows of one length are one structured array."""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.store.cells import Ints, Matrices, pack

HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
TRAILER = struct.pack(">h", -1)
_EPOCH_SHIFT_MS = 946_684_800_000
"""PostgreSQL counts time from 2000-01-01, in microseconds."""
_COLUMNS = (("source_id", ">i8", 8), ("layout_id", ">i8", 8), ("bucket", ">i8", 8), ("n", ">i4", 4))


@lru_cache(maxsize=4096)
def _template(width: int) -> npt.NDArray[Any]:
    """One row whose cells are `width` floats, with all sizes filled in."""
    fields: list[Any] = [("fields", ">i2")]
    for name, kind, _ in _COLUMNS:
        fields += [(f"{name}_size", ">i4"), (name, kind)]
    row = np.zeros(1, np.dtype([*fields, ("cells_size", ">i4"), ("cells", ">f8", (width,))]))
    row["fields"] = len(_COLUMNS) + 1
    for name, _, size in _COLUMNS:
        row[f"{name}_size"] = size
    row["cells_size"] = 8 * width
    return row


def rollup_rows(
    layout_id: int, source_ids: Ints, buckets_ms: Ints, n: Ints, matrices: Matrices, counters: Ints
) -> bytes:
    """COPY rows for a rollup table; `matrices` are rows by names, `counters` the columns of counters."""
    parts: list[bytes] = []
    for chosen, cells in pack(n, matrices, counters):
        rows = np.repeat(_template(cells.shape[1]), len(chosen))
        rows["source_id"], rows["layout_id"], rows["n"] = source_ids[chosen], layout_id, n[chosen]
        rows["bucket"] = (buckets_ms[chosen] - _EPOCH_SHIFT_MS) * 1000
        rows["cells"] = cells
        parts.append(rows.tobytes())
    return b"".join(parts)
