"""Reading: the columns of a table in a request's body."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq

from vedette.errors import InvalidInput

_LARGEST = 1 << 30
"""Bytes that a table may take in memory."""


def _parquet(data: bytes) -> pa.Table:
    file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True)
    size = sum(file.metadata.row_group(number).total_byte_size for number in range(file.metadata.num_row_groups))
    if size > _LARGEST:
        raise InvalidInput("body", f"{size} bytes of columns", f"at most {_LARGEST}")
    return file.read(use_threads=False)


def _csv(data: bytes) -> pa.Table:
    # What cannot be read as a number makes its column one of texts, and costs no row.
    return pyarrow.csv.read_csv(io.BytesIO(data), read_options=pyarrow.csv.ReadOptions(use_threads=False))


def _arrow(data: bytes) -> pa.Table:
    return pyarrow.ipc.open_stream(data).read_all()


MEDIA_TYPES: dict[str, Callable[[bytes], pa.Table]] = {
    "text/csv": _csv,
    "application/vnd.apache.parquet": _parquet,
    "application/vnd.apache.arrow.stream": _arrow,
}
"""How tables of each media type are read."""


def read_table(data: bytes, media_type: str) -> dict[str, Any]:
    """Columns by name: numpy arrays of float64 with NaN where a number is missing, lists of anything else.

    Blocks. Raises `InvalidInput` for what is no such table, or has two columns of one name.
    """
    try:
        table = MEDIA_TYPES[media_type](data)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InvalidInput("body", f"{len(data)} bytes", f"a table of {media_type} ({error})"[:500]) from error
    twice = sorted({name for name in table.column_names if table.column_names.count(name) > 1})
    if twice:
        raise InvalidInput("body", twice[0], "columns of different names")
    return {name: _values(table.column(name)) for name in table.column_names}


def _values(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64, copy=False)
    return column.to_pylist()
