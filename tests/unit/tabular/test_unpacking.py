"""Small bodies that say they become large tables are refused before they do."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from vedette.errors import InvalidInput
from vedette.tabular import read_table

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"


def _stream(table: pa.Table, compression: str | None) -> bytes:
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(
        sink, table.schema, options=pyarrow.ipc.IpcWriteOptions(compression=compression)
    ) as out:
        out.write_table(table)
    return sink.getvalue()


def _parquet(table: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd", **options)
    return sink.getvalue()


@pytest.fixture
def pool() -> Iterator[pa.MemoryPool]:
    """Counts what pyarrow allocates once it is told to."""
    whole = pa.default_memory_pool()
    yield pa.proxy_memory_pool(whole)
    pa.set_memory_pool(whole)


def _large() -> pa.Table:
    """300 MiB of zeros in few rows."""
    return pa.table({"text": pa.array(["0" * (75 << 20)] * 4, pa.large_string())})


@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_an_arrow_stream_is_read_however_it_is_packed(compression: str | None) -> None:
    words = pa.array(["a", None, "b"] * 100).dictionary_encode()
    table = pa.table({"n": [1.0, 2.0, 3.0] * 100, "word": words, "text": ["x", "y", None] * 100})
    found = read_table(_stream(table, compression), ARROW, 10, 1000)
    assert found["n"].tolist() == [1.0, 2.0, 3.0] * 100
    assert (found["word"], found["text"]) == (["a", None, "b"] * 100, ["x", "y", None] * 100)


@pytest.mark.parametrize("compression", ["zstd", "lz4"])
def test_an_arrow_bomb_is_refused_before_it_is_unpacked(pool: pa.MemoryPool, compression: str) -> None:
    data = _stream(_large(), compression)
    assert len(data) < 16 << 20
    pa.set_memory_pool(pool)
    with pytest.raises(InvalidInput, match="at most 268435456, unpacked"):
        read_table(data, ARROW, 10, 1000)
    assert pool.max_memory() < 32 << 20


def test_an_arrow_dictionary_that_is_a_bomb_is_refused() -> None:
    column = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, 3]), _large()["text"].chunk(0))
    with pytest.raises(InvalidInput, match="unpacked"):
        read_table(_stream(pa.table({"text": column}), "zstd"), ARROW, 10, 1000)


def test_a_parquet_bomb_is_refused_before_it_is_unpacked(pool: pa.MemoryPool) -> None:
    data = _parquet(_large(), use_dictionary=False)
    assert len(data) < 16 << 20
    pa.set_memory_pool(pool)
    with pytest.raises(InvalidInput, match="at most 268435456, unpacked"):
        read_table(data, PARQUET, 10, 1000)
    assert pool.max_memory() < 32 << 20


def test_a_long_text_in_every_row_is_held_once() -> None:
    table = pa.table({"text": pa.array(["0" * (1 << 16)] * 20)})
    for data, media_type in [
        (_parquet(table), PARQUET),
        (_stream(pa.table({"text": table["text"].combine_chunks().dictionary_encode()}), "zstd"), ARROW),
    ]:
        found = read_table(data, media_type, 10, 1000)["text"]
        assert found == table["text"].to_pylist()
        assert len({id(text) for text in found}) == 1


@pytest.mark.parametrize("kind", [pa.list_(pa.null()), pa.list_(pa.null(), 5), pa.string_view()])
def test_types_of_more_values_than_bytes_are_refused_by_name(kind: pa.DataType) -> None:
    table = pa.table({"wide": pa.nulls(3, kind)})
    with pytest.raises(InvalidInput, match=r"columns\.wide"):
        read_table(_stream(table, None), ARROW, 10, 1000)


def test_a_cut_stream_is_an_error_of_the_body() -> None:
    data = _stream(pa.table({"n": [1.0] * 1000}), "zstd")
    for end in range(0, len(data) - 8, 16):
        with pytest.raises(InvalidInput, match="body"):
            read_table(data[:end], ARROW, 10, 100)
