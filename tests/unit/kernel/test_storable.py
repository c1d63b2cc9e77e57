"""Text that no database holds is found wherever it stands in a value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.storable import UNSTORABLE, check_storable, first_unstorable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a\0", ("", "a\0")),
        ({"name": "a\ud800"}, ("name", "a\ud800")),
        ({"steps": [{"after_s": 1}, {"note": "\udfff"}]}, ("steps[1].note", "\udfff")),
        ({"a": {"b\0": 1}}, ("a.b\\x00", "b\0")),
        ({"\ud800": "x"}, ("\\ud800", "\ud800")),
        (["x", ["\0"]], ("[1][0]", "\0")),
        ({"a": "\0", "b": "\ud800"}, ("a", "\0")),
    ],
)
def test_the_first_is_named_with_its_path(value: Any, found: tuple[str, str]) -> None:
    assert first_unstorable(value) == found
    found[0].encode()
    with pytest.raises(InvalidInput, match="without NUL"):
        check_storable(value)


@given(JSON)
def test_it_is_found_where_the_text_of_the_whole_has_one_and_nowhere_else(value: Any) -> None:
    has_one = UNSTORABLE.search(json.dumps(value, ensure_ascii=False).replace("\\u0000", "\0")) is not None
    assert (first_unstorable(value) is not None) == has_one


def test_whole_surrogate_pairs_and_other_signs_are_text() -> None:
    check_storable({"name": "\U0001f600 \x01 \ufffd 한글 \ue000"})


def test_no_depth_is_too_deep() -> None:
    value: Any = "\0"
    for _ in range(100_000):
        value = [value]
    found = first_unstorable(value)
    assert found is not None
    assert found[1] == "\0"
    while isinstance(value, list):  # else its end would be found by recursion
        value = value.pop()
