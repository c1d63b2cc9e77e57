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
from vedette.tabular.unpacking import LARGEST, check_parquet, check_size, unpacked_size


def _parquet(data: bytes, most: int, size: int) -> pa.Table:
    file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True)
    check_parquet(file.metadata, most, size)
    columns = [file.metadata.schema.column(number) for number in range(file.metadata.num_columns)]
    # As dictionaries, a long text that comes in every row is held once.
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY" and column.path == column.name]
    file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True, read_dictionary=texts)
    return file.read(use_threads=False)


def _csv(data: bytes, most: int, size: int) -> pa.Table:
    # What cannot be read as a number makes its column one of texts, and costs no row.
    return pyarrow.csv.read_csv(io.BytesIO(data), read_options=pyarrow.csv.ReadOptions(use_threads=False))


def _arrow(data: bytes, most: int, size: int) -> pa.Table:
    found = 0
    for message in pyarrow.ipc.MessageReader.open_stream(data):
        found += unpacked_size(message)
        check_size(found, size)
    return pyarrow.ipc.open_stream(data).read_all()


MEDIA_TYPES: dict[str, Callable[[bytes, int, int], pa.Table]] = {
    "text/csv": _csv,
    "application/vnd.apache.parquet": _parquet,
    "application/vnd.apache.arrow.stream": _arrow,
}
"""How tables of each media type, of at most so many values and bytes in memory, are read."""


def read_table(data: bytes, media_type: str, most_columns: int, most_values: int) -> dict[str, Any]:
    """Columns by name: numpy arrays of float64 with NaN where a number is missing, lists of anything else.

    Blocks. Raises `InvalidInput` for what is no such table, has too many columns or values, or two columns of one name.
    """
    table = open_table(data, media_type, most_columns, most_values, LARGEST)
    try:
        for field in table.schema:
            check_kind(field.name, field.type)
        return {name: _values(column) for name, column in zip(table.column_names, table.columns, strict=True)}
    except InvalidInput:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _no_table(data, media_type, error) from error


def open_table(data: bytes, media_type: str, most_columns: int, most_values: int, size: int) -> pa.Table:
    """The table as pyarrow has it, of at most `size` bytes in memory; `InvalidInput` as of `read_table`."""
    try:
        table = MEDIA_TYPES[media_type](data, most_values, size)
        table.validate(full=True)  # offsets that a stranger wrote
        names = table.column_names
        if len(names) > most_columns or len(names) * table.num_rows > most_values:
            allowed = f"at most {most_columns} columns and {most_values} values"
            raise InvalidInput("body", f"{table.num_rows} rows of {len(names)} columns", allowed)
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        if twice:
            raise InvalidInput("body", twice[0], "columns of different names")
        return table
    except InvalidInput:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise _no_table(data, media_type, error) from error


def _no_table(data: bytes, media_type: str, error: Exception) -> InvalidInput:
    return InvalidInput("body", f"{len(data)} bytes", f"a table of {media_type} ({error})"[:500])


def check_kind(name: str, kind: pa.DataType) -> None:
    """`InvalidInput` for a type that tells of more values than it has bytes: views, runs, lists of nulls."""
    inner = [kind.field(number).type for number in range(kind.num_fields)]
    wide = pa.types.is_nested(kind) and any(pa.types.is_null(one) or pa.types.is_dictionary(one) for one in inner)
    packed = (pa.types.is_string_view, pa.types.is_binary_view, pa.types.is_list_view, pa.types.is_large_list_view)
    if wide or pa.types.is_run_end_encoded(kind) or any(test(kind) for test in packed):
        raise InvalidInput(f"columns.{name}", str(kind), "numbers, booleans, texts, times, and dictionaries of these")
    for one in inner:
        check_kind(name, one)


def _values(column: pa.ChunkedArray) -> Any:
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind):
        return column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64, copy=False)
    if pa.types.is_dictionary(kind) and not pa.types.is_nested(kind.value_type):
        return _shared(column)
    return column.to_pylist()


def _shared(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column of dictionaries, each of them held once however often it comes."""
    values: list[Any] = []
    for chunk in column.chunks:
        words = chunk.dictionary.to_pylist()
        values += [None if index is None else words[index] for index in chunk.indices.to_pylist()]
    return values
