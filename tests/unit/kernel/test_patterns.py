"""Patterns of users: whole matches, clear refusals, and no pattern that takes for ever."""

from __future__ import annotations

import pytest

from vedette.errors import InvalidInput
from vedette.events.patterns import check_pattern, matches_whole
from vedette.events.selectors import parse_selector


def test_a_pattern_must_match_the_whole_text() -> None:
    assert matches_whole("web-.*", "web-1")
    assert not matches_whole("web", "web-1")


@pytest.mark.parametrize("text", ["(", "a(?=b)", "x" * 1001, "(((a{1000}){1000}){1000})", "\ud800"])
def test_what_is_no_pattern_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_pattern("source", text)
    assert caught.value.field == "source"
    assert "regular expression" in caught.value.allowed


def test_a_pattern_that_explodes_elsewhere_answers_at_once() -> None:
    """With Python's engine this one would not end in this test's lifetime."""
    selector = parse_selector('{__name__=~"(a|a)*b"}')
    assert not selector.matches_series("a" * 150)
