"""Items of a body, whatever is wrong with some of them."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.intake.items import MAX_ITEMS, MAX_REJECTS, NDJSON, Rejects, lenient_items
from vedette.errors import InvalidInput

JSON = "application/json"
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def items(body: bytes, media_type: str = JSON) -> tuple[list[tuple[int, Any]], Rejects]:
    rejects = Rejects()
    return lenient_items(body, media_type, rejects), rejects


@given(st.lists(VALUES, max_size=5))
def test_a_list_gives_its_items_with_their_indexes(values: list[Any]) -> None:
    found, rejects = items(json.dumps(values).encode())
    assert found == list(enumerate(values))
    assert rejects.count == 0


@given(st.lists(VALUES, max_size=5))
def test_lines_give_theirs(values: list[Any]) -> None:
    found, rejects = items("\n".join(map(json.dumps, values)).encode(), NDJSON)
    assert found == list(enumerate(values))
    assert rejects.count == 0


@given(VALUES.filter(lambda value: not isinstance(value, list)))
def test_anything_else_is_one_item(value: Any) -> None:
    assert items(json.dumps(value).encode())[0] == [(0, value)]


def test_numbers_that_json_does_not_have_are_read() -> None:
    found = items(b"[NaN, Infinity, -Infinity, 1e999, -1e999]")[0]
    assert math.isnan(found[0][1])
    assert [value for _, value in found[1:]] == [math.inf, -math.inf, math.inf, -math.inf]


@pytest.mark.parametrize(
    ("digits", "expected"), [("9" * 4300, int("9" * 4300)), ("9" * 4301, math.inf), ("-" + "1" * 9999, -math.inf)]
)
def test_a_number_of_too_many_digits_is_infinite(digits: str, expected: float) -> None:
    assert items(f"[{digits}, 1]".encode())[0] == [(0, expected), (1, 1)]


@given(st.binary(max_size=80), st.sampled_from([JSON, NDJSON]))
def test_any_bytes_are_read_or_refused(body: bytes, media_type: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(items(body, media_type)[0], list)


def test_a_broken_line_costs_itself() -> None:
    found, rejects = items(b"1\n{\n\n\xff\n2", NDJSON)
    assert found == [(0, 1), (4, 2)]
    assert [(one["index"], one["field"]) for one in rejects.listed] == [(1, "line"), (3, "line")]


def test_nesting_beyond_the_interpreters_depth_is_refused() -> None:
    with pytest.raises(InvalidInput, match="valid JSON"):
        items(b"[" * 100_000 + b"]" * 100_000)


def test_all_rejects_are_counted_and_the_first_are_listed() -> None:
    rejects = Rejects()
    for index in range(MAX_REJECTS + 5):
        rejects.add(index, InvalidInput("f", index, "less"))
    assert rejects.count == MAX_REJECTS + 5
    assert [one["index"] for one in rejects.listed] == list(range(MAX_REJECTS))


@given(field=st.text(st.characters(codec=None)), value=st.text(st.characters(codec=None)))
def test_what_is_listed_can_always_be_sent(field: str, value: str) -> None:
    rejects = Rejects()
    rejects.add(0, InvalidInput(field, value, "less"))
    json.dumps(rejects.listed, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (b"[" + b"{}," * (MAX_ITEMS + 1) + b"{}]", "application/json"),
        (b"[" + b"{}," * 1_000_000 + b"{}]", "application/json"),
        (b"[" + b"1," * 3_000_000 + b"1]", "application/json"),
        (b"{}\n" * (MAX_ITEMS + 1), NDJSON),
    ],
    ids=["one too many", "a million objects", "millions of numbers", "lines"],
)
def test_more_items_than_a_request_may_hold_are_refused_whole(body: bytes, media_type: str) -> None:
    rejects = Rejects()
    with pytest.raises(InvalidInput, match="at most 10000 items"):
        lenient_items(body, media_type, rejects)
    assert rejects.count == 0
