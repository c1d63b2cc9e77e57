from __future__ import annotations

import datetime as dt
import decimal
import enum
import math
import uuid
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette_client.values import MAX_TEXT, Tally, json_column, plain, plain_column


class Colour(enum.Enum):
    RED = "red"


class Odd:
    """An object that cannot even be asked."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(name)


class NAType:
    """Named as pandas' missing value."""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (7, 7),
        (2**63, float(2**63)),
        (10**400, math.inf),
        (-(10**400), -math.inf),
        (1.5, 1.5),
        ("text", "text"),
        (b"bytes", "bytes"),
        (np.float64(1.5), 1.5),
        (np.int32(3), 3),
        (np.bool_(True), True),
        (np.array([2.5]), 2.5),
        (np.str_("a"), "a"),
        (decimal.Decimal("1.5"), 1.5),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), "2026-01-02T00:00:00+00:00"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (Colour.RED, "red"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (NAType(), None),
    ],
)
def test_a_value_travels_as_what_it_means(value: Any, expected: Any) -> None:
    tally = Tally()
    found = plain(value, tally)
    assert found == expected
    assert type(found) is type(expected)
    assert tally.unsupported == 0


@pytest.mark.parametrize("value", [object(), [1], {"a": 1}, b"\xff", np.array([1, 2]), 1j, lambda: 0])
def test_what_cannot_travel_is_null_and_counted(value: Any) -> None:
    tally = Tally()
    assert plain(value, tally) is None
    assert tally.unsupported == 1


def test_an_object_that_raises_when_it_is_looked_at_is_null_and_counted() -> None:
    tally = Tally()
    assert plain(Odd(), tally) is None
    assert tally.unsupported == 1


def test_a_huge_text_is_cut_and_halves_of_surrogates_are_replaced() -> None:
    tally = Tally()
    assert plain("x" * (MAX_TEXT + 1), tally) == "x" * MAX_TEXT
    assert plain("a\ud800b", tally) == "a\ufffdb"
    assert tally.shortened == 2


def test_what_json_has_no_number_for_is_a_text() -> None:
    assert json_column([math.nan, math.inf, -math.inf, 1.0, None, "x"]) == [
        "NaN", "Infinity", "-Infinity", 1.0, None, "x",
    ]  # fmt: skip


def test_ordinary_columns_are_left_alone() -> None:
    tally = Tally()
    for column in ([1.0, 2.0], [1, 2], ["a", "b"], [True, None]):
        assert json_column(plain_column(column, tally)) == column


_ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),
    st.binary(),
    st.dates(),
    st.decimals(),
    st.lists(st.integers(), max_size=2),
    st.complex_numbers(),
)


@given(st.lists(_ANY))
def test_every_column_can_be_encoded_and_keeps_its_length(column: list[Any]) -> None:
    found = json_column(plain_column(column, Tally()))
    assert len(msgspec.json.decode(msgspec.json.encode(found))) == len(column)


@given(st.lists(_ANY, min_size=1))
def test_a_column_is_its_values_one_by_one(column: list[Any]) -> None:
    assert repr(plain_column(column, Tally())) == repr([plain(value, Tally()) for value in column])
