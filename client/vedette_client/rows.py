"""Rows: tables of all kinds (pandas, polars, pyarrow, lists of dicts) as dicts, one by one.

They are known by what they can do, so none of their packages is needed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from vedette_client.errors import Misuse

_SLICE = 1000


def rows_of(table: Any) -> Iterator[Any]:
    """The table's rows in order, a thousand at a time in memory; of a list, whatever it holds.

    `Misuse` if it is no table.
    """
    if hasattr(table, "to_pylist") and hasattr(table, "slice"):  # pyarrow: Table, RecordBatch
        for start in range(0, table.num_rows, _SLICE):
            yield from table.slice(start, _SLICE).to_pylist()
    elif hasattr(table, "iter_rows"):  # polars: DataFrame
        yield from table.iter_rows(named=True)
    elif hasattr(table, "to_dict") and hasattr(table, "iloc"):  # pandas: DataFrame
        for start in range(0, len(table), _SLICE):
            yield from table.iloc[start : start + _SLICE].to_dict("records")
    elif isinstance(table, Iterable) and not isinstance(table, Mapping | str | bytes):
        yield from table
    else:
        raise Misuse(f"{type(table).__name__}: allowed are dicts in a list, or a table of pandas, polars or pyarrow")
