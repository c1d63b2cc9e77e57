"""Reading: the columns of a table in a request's body."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.ipc
import pyarrow.parquet as pq

from vedette.errors import InvalidInput

_LARGEST = 256 << 20
"""Bytes that a table may take in memory."""


def _parquet(data: bytes, most: int) -> pa.Table:
    file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True)
    about = file.metadata
    if about.num_rows * about.num_columns > most:
        raise InvalidInput("body", f"{about.num_rows} rows of {about.num_columns} columns", f"at most {most} values")
    return file.read(use_threads=False)


def _csv(data: bytes, most: int) -> pa.Table:
    # What cannot be read as a number makes its column one of texts, and costs no row.
    return pyarrow.csv.read_csv(io.BytesIO(data), read_options=pyarrow.csv.ReadOptions(use_threads=False))


def _arrow(data: bytes, most: int) -> pa.Table:
    reader, batches, size = pyarrow.ipc.open_stream(data), [], 0
    for batch in reader:
        size += batch.nbytes
        if size > _LARGEST:
            raise InvalidInput("body", f"{size} bytes of columns and more", f"at most {_LARGEST}")
        batches.append(batch)
    return pa.Table.from_batches(batches, reader.schema)


MEDIA_TYPES: dict[str, Callable[[bytes, int], pa.Table]] = {
    "text/csv": _csv,
    "application/vnd.apache.parquet": _parquet,
    "application/vnd.apache.arrow.stream": _arrow,
}
"""How tables of each media type, of at most so many values, are read."""


def read_table(data: bytes, media_type: str, most_columns: int, most_values: int) -> dict[str, Any]:
    """Columns by name: numpy arrays of float64 with NaN where a number is missing, lists of anything else.

    Blocks. Raises `InvalidInput` for what is no such table, has too many columns or values, or two columns of one name.
    """
    try:
        table = MEDIA_TYPES[media_type](data, most_values)
        table.validate(full=True)  # offsets that a stranger wrote
        names = table.column_names
        if len(names) > most_columns or len(names) * table.num_rows > most_values:
            allowed = f"at most {most_columns} columns and {most_values} values"
            raise InvalidInput("body", f"{table.num_rows} rows of {len(names)} columns", allowed)
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            raise InvalidInput("body", twice[0], "columns of different names")
        return {name: _values(column) for name, column in zip(names, table.columns, strict=True)}
    except InvalidInput:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InvalidInput("body", f"{len(data)} bytes", f"a table of {media_type} ({error})"[:500]) from error


def _values(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64, copy=False)
    return column.to_pylist()
