"""Times in queries."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.times import ALLOWED, parse_time
from vedette.errors import InvalidInput

NOW = 1_700_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", NOW),
        ("0", 0),
        ("1700000000000", NOW),
        ("-15m", NOW - 900_000),
        ("-1s", NOW - 1000),
        ("-2h", NOW - 7_200_000),
        ("-7d", NOW - 7 * 86_400_000),
        ("-1w", NOW - 7 * 86_400_000),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T22:13:20", NOW),
        ("2023-11-14T23:13:20.500+01:00", NOW + 500),
        ("2023-11-14", 1_699_920_000_000),
    ],
)
def test_each_form_is_read(text: str, expected: int) -> None:
    assert parse_time("from", text, NOW) == expected


@pytest.mark.parametrize(
    "text",
    ["", "then", "+15m", "-15", "-15y", "-1.5h", "-1234567s", "-999999w", "-999999d", "1.5",
     "99999999999999", "-5", "2023-13-01", "0001-01-01",
     "9999-12-31T23:59:59-23:59", "now ", "\0"],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_time("from", text, NOW)
    assert (refused.value.field, refused.value.value, refused.value.allowed) == ("from", text, ALLOWED)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(parse_time("to", text, NOW), int)
