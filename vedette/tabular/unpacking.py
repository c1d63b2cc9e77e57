"""Unpacking: how many bytes a compressed table says that it becomes, read before anything of that size is allocated.

Sources: the Arrow columnar format (Message.fbs, Buffer compression) and the FlatBuffers binary format.
"""

from __future__ import annotations

import struct

import pyarrow as pa
import pyarrow.parquet as pq

from vedette.errors import InvalidInput

LARGEST = 256 << 20
"""Bytes that a table may take in memory."""

_DICTIONARY_BATCH, _RECORD_BATCH = 2, 3


def check_size(size: int, most: int) -> None:
    """`InvalidInput` for a table of more than `most` bytes."""
    if size > most:
        raise InvalidInput("body", f"{size} bytes of columns and more", f"at most {most}, unpacked")


def check_parquet(about: pq.FileMetaData, most: int, largest: int = LARGEST) -> None:
    """`InvalidInput` if the footer tells of more than `most` values or `largest` bytes, packed in whichever way."""
    values = size = 0
    for group in map(about.row_group, range(about.num_row_groups)):
        for number in range(group.num_columns):
            column, kept = group.column(number), about.schema.column(number)
            values += column.num_values
            # A value of fixed length stands once in the dictionary of its column, and in memory once a row.
            size += max(column.total_uncompressed_size, column.num_values * kept.length)
            if "DELTA_BYTE_ARRAY" in column.encodings:  # a long text again and again, each time in two bytes
                raise InvalidInput(f"columns.{kept.path}", "DELTA_BYTE_ARRAY", "plain and dictionary encodings")
    if max(values, about.num_rows * about.num_columns) > most:
        shape = f"{about.num_rows} rows of {about.num_columns} columns"
        raise InvalidInput("body", shape, f"at most {most} values")
    check_size(size, largest)


def unpacked_size(message: pa.Message) -> int:
    """Bytes that the buffers of an Arrow message take once they are unpacked; `ValueError` if it is cut or wrong."""
    if message.body is None:
        return 0
    metadata, body = memoryview(message.metadata), memoryview(message.body)
    try:
        return _size(bytes(metadata), body)
    except struct.error as error:
        raise ValueError("a message points beyond its end") from error


def _size(data: bytes, body: memoryview) -> int:
    root = _int32(data, 0)
    kind_at, batch = _field(data, root, 1), _follow(data, _field(data, root, 2))
    kind = data[kind_at] if 0 < kind_at < len(data) else 0
    if kind == _DICTIONARY_BATCH:
        batch = _follow(data, _field(data, batch, 1))
    elif kind != _RECORD_BATCH:
        return 0
    if not _field(data, batch, 3):
        return len(body)
    buffers, size = _follow(data, _field(data, batch, 2)), 0
    for number in range(_int32(data, buffers)):
        offset, length = struct.unpack_from("<qq", data, buffers + 4 + 16 * number)
        if length <= 0:
            continue
        if offset < 0 or offset + length > len(body):
            raise ValueError("a buffer lies outside its message")
        # Each begins with its unpacked length; -1 is one that was left as it is.
        (unpacked,) = struct.unpack_from("<q", body, offset)
        size += length if unpacked == -1 else unpacked
        if unpacked < -1:
            raise ValueError(f"a buffer of {unpacked} bytes")
    return size


def _int32(data: bytes, at: int) -> int:
    if at < 0:
        raise ValueError("a message points before its beginning")
    return int(struct.unpack_from("<i", data, at)[0])


def _field(data: bytes, table: int, number: int) -> int:
    """Where a field of a FlatBuffers table stands; 0 if it is left out."""
    names = table - _int32(data, table)
    place = 4 + 2 * number
    if names < 0 or place >= struct.unpack_from("<H", data, names)[0]:
        return 0
    offset = int(struct.unpack_from("<H", data, names + place)[0])
    return table + offset if offset else 0


def _follow(data: bytes, at: int) -> int:
    if not at:
        raise ValueError("a message lacks a part")
    return at + _int32(data, at)
