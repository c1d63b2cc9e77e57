"""Rows of models as an Arrow stream: they mean what they mean as JSON, and bounds hold before memory is taken."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_api.intake.arrow_rows import ArrowRows
from ingest_api.intake.features import Taken, read_report, take
from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.features import Column
from vedette_client.arrow import of_table_as_arrow
from vedette_client.columns import Table
from vedette_client.message import of_table

NOW = 1_800_000_000_000
LIMITS = Limits(NOW - 1000, NOW + 1000)
HEADERS = {"X-Vedette-Epoch": "e", "X-Vedette-Seq": "1"}
LARGEST = 1 << 20


def stream(columns: dict[str, Any], about: dict[str, str] | None = None, **options: Any) -> bytes:
    arrays = {"ts": pa.array([NOW] * len(next(iter(columns.values()))), pa.int64())} | columns
    schema = pa.schema([(name, array.type) for name, array in arrays.items()], {"vedette.model": "m"} | (about or {}))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(list(arrays.values()), schema=schema))
    return bytes(sink.getvalue())


def taken(body: bytes, headers: dict[str, str] = HEADERS) -> Taken:
    return ArrowRows(body, headers, LARGEST).take(LIMITS)


def values(column: Column) -> list[Any]:
    if column.form == "numbers":
        return np.frombuffer(column.data, "<f8").tolist()
    return [None if code < 0 else column.dictionary[code] for code in np.frombuffer(column.data, "<i4").tolist()]


def only(array: Any) -> Column:
    (column,) = taken(stream({"columns.a": array})).columns
    assert column.name == "a"
    return column


@pytest.mark.parametrize(
    ("array", "form", "expected"),
    [
        (pa.array([1.5, None, float("inf")]), "numbers", [1.5, None, float("inf")]),
        (pa.array([1, None, 3], pa.uint8()), "numbers", [1.0, None, 3.0]),
        (pa.array([1.5, None], pa.float16()), "numbers", [1.5, None]),
        (pa.array(["1.25", None]).cast(pa.decimal128(5, 2)), "numbers", [1.25, None]),
        (pa.array([True, None, False]), "codes", [True, None, False]),
        (pa.array(["a", None, "a"]), "codes", ["a", None, "a"]),
        (pa.array(["a", None, "b"], pa.large_string()), "codes", ["a", None, "b"]),
        (pa.array([b"a\xff", None], pa.binary()), "codes", ["a\ufffd", None]),
        (pa.array(["b", None, "b"]).dictionary_encode(), "codes", ["b", None, "b"]),
        (pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int8()), pa.array([None, "x"])), "codes", [None, "x"]),
        (pa.array([1, None, 1]).dictionary_encode(), "numbers", [1.0, None, 1.0]),
        (pa.array([None, None]), "codes", [None, None]),
        (pa.array([datetime(2026, 1, 2, tzinfo=UTC), None]), "codes", ["2026-01-02T00:00:00+00:00", None]),
    ],
)
def test_a_column_keeps_its_values(array: Any, form: str, expected: list[Any]) -> None:
    column = only(array)
    assert column.form == form
    if form == "numbers":
        expected = [np.nan if one is None else one for one in expected]
        np.testing.assert_array_equal(values(column), expected)
    else:
        assert [(type(one), one) for one in values(column)] == [(type(one), one) for one in expected]


PLAIN = (
    st.lists(st.none() | st.floats(), min_size=4, max_size=4)
    | st.lists(st.none() | st.text(max_size=4), min_size=4, max_size=4)
    | st.lists(st.none() | st.booleans(), min_size=4, max_size=4)
    | st.lists(st.integers(-(2**62) + 1, 2**62 - 1), min_size=4, max_size=4)
)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(["a", "b.c", "prediction"]), PLAIN, max_size=3),
    st.none() | PLAIN,
    st.lists(st.integers(NOW - 1000, NOW + 1000), min_size=4, max_size=4),
)
def test_what_the_client_sends_is_taken_as_its_json_would_be(
    columns: dict[str, list[Any]], predictions: list[Any] | None, ts: list[int]
) -> None:
    words = {"NaN", "Infinity", "-Infinity"}  # as JSON, a column of these alone is one of numbers
    if any(
        words & set(map(str, column)) and str in map(type, column) for column in [*columns.values(), predictions or []]
    ):
        return
    table = Table(ts, ["1", None, "3", "4"], columns, predictions)
    arrow, plain = of_table_as_arrow(table, "m", "2"), of_table(table, "m", "2")
    report = read_report(b'{"epoch":"e","seq":1,' + plain.body[1:])
    expected, found = take(report, LIMITS), taken(arrow.body)
    assert (found.report.model, found.report.version, found.report.seq) == ("m", "2", 1)
    assert found.report.ids == expected.report.ids
    assert (found.late, found.ts.tolist()) == (0, ts)
    assert found.refused.keys() == expected.refused.keys() or found.refused.keys() == {"prediction"}
    assert [(one.name, one.form) for one in found.columns] == [(one.name, one.form) for one in expected.columns]
    for ours, theirs in zip(found.columns, expected.columns, strict=True):
        assert repr(values(ours)) == repr(values(theirs))


def test_a_column_that_is_wrong_costs_itself_alone() -> None:
    found = taken(
        stream(
            {
                "columns.good": pa.array([1.0]),
                "columns.nested": pa.array([[1]]),
                "columns.runs": pa.RunEndEncodedArray.from_arrays([1], ["x"]),
                "columns.view": pa.array(["x"], pa.string_view()),
                "columns." + "x" * 201: pa.array([1.0]),
                "columns.": pa.array([1.0]),
                "stray": pa.array([1.0]),
                "columns.prediction": pa.array([1.0]),
                "prediction": pa.array([1.0]),
            }
        )
    )
    assert [column.name for column in found.columns] == ["good", "prediction"]
    assert len(found.refused) == 7
    assert "ts, ids, columns.NAME" in found.refused["stray"]


@pytest.mark.parametrize(
    ("body", "headers", "field"),
    [
        (stream({"columns.a": pa.array([1.0])}), HEADERS | {"X-Vedette-Seq": "-1"}, "X-Vedette-Seq"),
        (stream({"columns.a": pa.array([1.0])}), HEADERS | {"X-Vedette-Seq": str(2**62)}, "seq"),
        (stream({"columns.a": pa.array([1.0])}), {"X-Vedette-Seq": "1"}, "X-Vedette-Epoch"),
        (stream({"columns.a": pa.array([1.0])}, {"vedette.model": ""}), HEADERS, "vedette.model"),
        (stream({"columns.a": pa.array([1.0])}, {"vedette.version": "a/b"}), HEADERS, "version"),
        (stream({"ts": pa.array(["now"])}), HEADERS, "ts"),
        (stream({"ts": pa.array([NOW, None])}), HEADERS, "ts"),
        (stream({"ts": pa.array([2**63], pa.uint64())}), HEADERS, "ts"),
        (stream({"ids": pa.array([1])}), HEADERS, "ids"),
        (stream({"columns.a": pa.nulls(100_001)} | {"ts": pa.nulls(100_001)}), HEADERS, "ts"),
        (b"no stream", HEADERS, "body"),
        (stream({"columns.a": pa.array([1.0])})[:-40], HEADERS, "body"),
    ],
)
def test_what_is_wrong_as_a_whole_is_named(body: bytes, headers: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput, match=field):
        taken(body, headers)


def test_a_packed_stream_is_not_unpacked_beyond_its_bound() -> None:
    bomb = stream({"columns.a": pa.array(["x" * (2 * LARGEST)])}, compression="zstd")
    assert len(bomb) < 5000
    with pytest.raises(InvalidInput, match="unpacked"):
        taken(bomb)
    assert len(taken(stream({"columns.a": pa.array(["x" * 1000])}, compression="zstd")).columns) == 1


def test_rows_beyond_the_limits_are_left_out_and_counted() -> None:
    ts = pa.array([NOW, NOW + 5000, NOW + 1], pa.int64())
    found = taken(stream({"ts": ts, "ids": pa.array(["1", "2", None]), "columns.a": pa.array(["x", "y", "z"])}))
    assert (found.late, found.ts.tolist(), found.report.ids) == (1, [NOW, NOW + 1], ["1", None])
    assert values(found.columns[0]) == ["x", "z"]
    stamps = pa.array([NOW * 1000 + 999], pa.timestamp("us", "UTC"))
    assert taken(stream({"ts": stamps, "columns.a": pa.array([1.0])})).ts.tolist() == [NOW]
