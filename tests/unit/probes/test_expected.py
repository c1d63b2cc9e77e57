"""Expected status: codes, classes, ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.expected import parse_expected
from vedette.errors import InvalidInput


@pytest.mark.parametrize(
    ("rules", "inside", "outside"),
    [
        (["2xx"], {200, 204, 299}, {199, 300, 503}),
        (["301"], {301}, {300, 302}),
        (["200-204"], {200, 202, 204}, {199, 205}),
        (["200 - 204"], {202}, {205}),
        (["2XX", " 404 "], {200, 404}, {403}),
        (["200-200"], {200}, {201}),
    ],
)
def test_a_rule_holds_its_codes_and_no_others(rules: list[str], inside: set[int], outside: set[int]) -> None:
    found = parse_expected(rules)
    assert inside <= found
    assert not outside & found


@pytest.mark.parametrize(
    "rule", ["", "20x", "6xx", "99", "600", "204-200", "200-", "-200", "2xx-3xx", "two", "200,201"]
)
def test_anything_else_is_refused_by_name(rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_expected(["2xx", rule])
    assert caught.value.value == rule


def test_no_rule_at_all_is_refused() -> None:
    with pytest.raises(InvalidInput):
        parse_expected([])


@given(st.integers(100, 599), st.integers(100, 599))
def test_a_range_has_exactly_the_codes_between_its_ends(first: int, last: int) -> None:
    low, high = sorted((first, last))
    assert parse_expected([f"{low}-{high}"]) == set(range(low, high + 1))


@given(st.text(max_size=12))
def test_any_text_is_either_read_or_refused(rule: str) -> None:
    try:
        found = parse_expected([rule])
    except InvalidInput:
        return
    assert found <= set(range(100, 600))
