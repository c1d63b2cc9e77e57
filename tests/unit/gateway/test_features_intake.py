"""Rows of models at the intake: each value keeps its meaning, and what is wrong costs its column or row alone."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.intake.features import pack, read_report, take
from ingest_api.intake.samples import Limits
from vedette.errors import InvalidInput
from vedette.events.features import Column, FeatureBatch, decode_batch, encode_batch

NOW = 1_800_000_000_000
LIMITS = Limits(NOW - 1000, NOW + 1000)


def report(**fields: Any) -> bytes:
    return msgspec.json.encode({"model": "churn", "epoch": "e", "seq": 1, "ts": [NOW, NOW], **fields})


def values(column: Column) -> list[Any]:
    if column.form == "numbers":
        return np.frombuffer(column.data, "<f8").tolist()
    return [None if code < 0 else column.dictionary[code] for code in np.frombuffer(column.data, "<i4").tolist()]


@pytest.mark.parametrize(
    ("given_values", "form", "expected"),
    [
        ([1, 2.5], "numbers", [1.0, 2.5]),
        (["a", None, "a"], "codes", ["a", None, "a"]),
        ([True, False, None], "codes", [True, False, None]),
        ([1, "1", True, 1.0], "codes", [1, "1", True, 1.0]),
        ([10**400], "codes", [str(10**400)]),
        ([None, None], "codes", [None, None]),
        ([1, "NaN x"], "codes", [1, "NaN x"]),
        (["a", "NaN", None], "codes", ["a", "NaN", None]),
    ],
)
def test_a_column_is_numbers_or_codes_and_nothing_changes_its_kind(
    given_values: list[Any], form: str, expected: list[Any]
) -> None:
    column = pack("x", given_values)
    assert column.form == form
    assert [(type(one), one) for one in values(column)] == [(type(one), one) for one in expected]


def test_words_for_numbers_that_json_cannot_hold_are_numbers() -> None:
    assert np.isnan(values(pack("x", [1, "NaN", None]))[1:]).all()
    assert values(pack("x", ["Infinity", "-Infinity"])) == [float("inf"), float("-inf")]


@given(
    st.lists(st.none() | st.booleans() | st.text(max_size=5) | st.integers() | st.floats(allow_nan=False), max_size=30)
)
def test_whatever_a_column_holds_it_comes_back_as_long_as_it_was(column: list[Any]) -> None:
    found = pack("x", column)
    batch = FeatureBatch(1, 2, "", 3, 4, np.zeros(len(column), "<i8").tobytes(), [found])
    assert len(values(decode_batch(encode_batch(batch)).columns[0])) == len(column)


def test_a_wrong_column_is_told_and_the_others_are_taken() -> None:
    columns = {"good": [1, 2], "short": [1], "nested": [1, {"a": 2}], "a\nb": [1, 2], "prediction": [0, 0]}
    found = take(read_report(report(columns=columns, predictions=[0.5, 0.6])), LIMITS)
    assert [column.name for column in found.columns] == ["good", "prediction"]
    assert set(found.refused) == {"short", "nested", "a\nb", "prediction"}
    assert "2 rows" in found.refused["short"]


def test_predictions_are_columns_of_their_own() -> None:
    for predictions, names in ([0.5, 0.6], ["prediction"]), ({"a": [1, 2]}, ["prediction.a"]):
        found = take(read_report(report(predictions=predictions)), LIMITS)
        assert [column.name for column in found.columns] == names


def test_rows_of_impossible_times_cost_themselves() -> None:
    ids = ["a", "b", "c"]
    body = report(ts=[NOW, 5, NOW + 1], columns={"x": [1, 2, 3], "y": ["p", "q", "r"]}, ids=ids)
    found = take(read_report(body), LIMITS)
    assert (found.late, found.ts.tolist()) == (1, [NOW, NOW + 1])
    assert [values(column) for column in found.columns] == [[1, 3], ["p", "r"]]
    assert found.report.ids == ["a", "c"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"seq": -1}, "seq"),
        ({"ts": [0.5]}, "ts"),
        ({"ts": "now"}, "ts"),
        ({"ids": ["a"]}, "ids"),
        ({"model": 5}, "model"),
        ({"columns": {"x": 1}}, "columns"),
        ({"columns": {"x": [1] * 600_000, "y": [1] * 600_000}}, "columns"),
        ({"version": "v\0"}, "version"),
        ({"version": "a/b"}, "version"),
        ({"version": "v" * 101}, "version"),
        ({"epoch": 1 << 63}, "epoch"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused_by_name(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as error:
        read_report(report(**fields))
    assert error.value.field.startswith(field)


def test_a_time_that_no_integer_of_the_log_holds_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ts"):
        take(read_report(report(ts=[1 << 70, 0])), LIMITS)


@pytest.mark.parametrize("data", [b"", b"\x93", b"{}", encode_batch(FeatureBatch(1, 2, "", 3, 4, b"123", []))])
def test_what_is_no_batch_of_the_log_is_told(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        decode_batch(data)


def test_a_column_that_is_not_as_long_as_its_times_is_told() -> None:
    with pytest.raises(InvalidInput, match=r"columns\.x"):
        decode_batch(encode_batch(FeatureBatch(1, 2, "", 3, 4, b"\0" * 16, [Column("x", "numbers", b"\0" * 8)])))
