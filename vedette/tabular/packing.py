"""Packing: the columns of an Arrow stream as arrays that need no look at single values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vedette.errors import InvalidInput
from vedette.tabular.reading import check_kind, open_table

KINDS = "numbers, booleans, texts, times, and dictionaries of these"


@dataclass(frozen=True, slots=True)
class Packed:
    """A column: `values` are float64, NaN where one is missing; or int32 that point into `words`, -1 where missing."""

    values: npt.NDArray[Any]
    words: list[Any] | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """The columns of an Arrow stream by name, and its schema's metadata. All methods block for as long as they need."""

    table: pa.Table
    about: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, data: bytes, media_type: str, *, columns: int, rows: int, values: int, size: int) -> Stream:
        """`InvalidInput` for what is none, and for one above these bounds; `size` is in bytes, unpacked."""
        table = open_table(data, media_type, columns, values, size)
        if table.num_rows > rows:
            raise InvalidInput("ts", f"{table.num_rows} rows", f"at most {rows}")
        metadata = table.schema.metadata or {}
        return cls(
            table, {key.decode("utf-8", "replace"): text.decode("utf-8", "replace") for key, text in metadata.items()}
        )

    @property
    def names(self) -> list[str]:
        """In the stream's order; none comes twice."""
        names: list[str] = self.table.column_names
        return names

    def times(self, name: str) -> npt.NDArray[np.int64]:
        """A column of whole numbers or timestamps as int64, milliseconds UTC; `InvalidInput` for any other."""
        if name not in self.names:
            raise InvalidInput(name, None, "a column of milliseconds UTC")
        column = self.table.column(name)
        if column.null_count or not (pa.types.is_integer(column.type) or pa.types.is_timestamp(column.type)):
            raise InvalidInput(name, f"{column.type}, {column.null_count} missing", "milliseconds UTC in every row")
        try:
            if pa.types.is_timestamp(column.type):
                column = column.cast(pa.timestamp("ms", column.type.tz), safe=False)
            return np.asarray(column.cast(pa.int64()).to_numpy(), np.int64)
        except pa.ArrowException as error:
            raise InvalidInput(name, str(error)[:200], "milliseconds UTC") from error

    def texts(self, name: str) -> list[str | None] | None:
        """A column's values as texts; None if there is no such column."""
        if name not in self.names:
            return None
        packed = self.packed(name)
        if packed.words is None:
            raise InvalidInput(name, str(self.table.schema.field(name).type), "texts")
        words = [*map(str, packed.words), None]  # -1 is the last one
        return [words[code] for code in packed.values.tolist()]

    def packed(self, name: str) -> Packed:
        """A column; `InvalidInput` for a type that is none of `KINDS`."""
        column = self.table.column(name)
        check_kind(name, column.type)
        try:
            if pa.types.is_dictionary(column.type) and not _is_text(column.type.value_type):
                column = column.cast(column.type.value_type)
            return _packed(column)
        except (pa.ArrowException, ValueError, OverflowError) as error:
            raise InvalidInput(f"columns.{name}", f"{column.type} ({error})"[:200], KINDS) from error


def _packed(column: pa.ChunkedArray) -> Packed:
    kind = column.type
    if pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_decimal(kind):
        return Packed(column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64, copy=False))
    if pa.types.is_null(kind):
        return Packed(np.full(len(column), -1, np.int32), [])
    if pa.types.is_boolean(kind):
        return Packed(column.cast(pa.int32()).fill_null(-1).to_numpy(), [False, True])
    if pa.types.is_nested(kind):
        raise ValueError("values within values")
    if not pa.types.is_dictionary(kind):
        column = column.dictionary_encode()
    whole = column.unify_dictionaries().combine_chunks()
    chunk = whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole
    words = [_word(word) for word in chunk.dictionary.to_pylist()]
    codes = np.asarray(chunk.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False), np.int32)
    if None in words:  # a dictionary may have the missing value among its words
        codes = np.array([*(-1 if word is None else place for place, word in enumerate(words)), -1], np.int32)[codes]
        words = ["" if word is None else word for word in words]
    return Packed(codes, words)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _word(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
