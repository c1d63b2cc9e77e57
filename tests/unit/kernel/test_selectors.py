"""Selectors: which series are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.events.names import format_series
from vedette.events.selectors import MAX_SELECTOR, Matcher, parse_selector


@pytest.mark.parametrize(
    ("selector", "series", "matches"),
    [
        ("cpu", "cpu", True),
        ("cpu", "cpu.used", False),
        ("cpu", 'cpu{core="1"}', True),
        ('cpu{core="1"}', 'cpu{core="1"}', True),
        ('cpu{core="1"}', 'cpu{core="2"}', False),
        ('cpu{core="1"}', "cpu", False),
        ('cpu{core!="1"}', "cpu", True),
        ('cpu{core!="1"}', 'cpu{core="1"}', False),
        ('cpu{core=~"[12]"}', 'cpu{core="2"}', True),
        ('cpu{core=~"[12]"}', 'cpu{core="21"}', False),
        ('cpu{core!~"[12]"}', 'cpu{core="21"}', True),
        ('cpu{core!~"[12]"}', 'cpu{core="2"}', False),
        ('{__name__=~"cpu.*"}', "cpu.used", True),
        ('{__name__=~"cpu.*"}', "mem", False),
        ('disk{mount="/a\\"b"}', 'disk{mount="/a\\"b"}', True),
        (r'disk{mount=~"\\d+"}', 'disk{mount="7"}', False),
        (r'disk{mount=~"\d+"}', 'disk{mount="7"}', True),
    ],
)
def test_a_selector_matches_name_and_labels(selector: str, series: str, matches: bool) -> None:
    assert parse_selector(selector).matches_series(series) is matches


@pytest.mark.parametrize(
    ("selector", "roles", "matches"),
    [
        ('cpu{role="web"}', ("eu", "web"), True),
        ('cpu{role="web"}', ("eu",), False),
        ('cpu{role="web"}', (), False),
        ('cpu{role="web",role="eu"}', ("eu", "web"), True),
        ('cpu{role=~"w.b|db"}', ("eu", "web"), True),
        ('cpu{role=~"w.b"}', ("eu",), False),
        ('cpu{role!="web"}', ("eu", "web"), False),
        ('cpu{role!="web"}', ("eu",), True),
        ('cpu{role!="web"}', (), True),
        ('cpu{role!~"w.*"}', ("eu", "web"), False),
        ('cpu{role!~"w.*"}', ("eu",), True),
        ('cpu{role=""}', (), True),
        ('cpu{role=""}', ("web",), False),
        ('cpu{role="web"}', None, True),
        ('mem{role="web"}', None, False),
    ],
)
def test_a_selector_names_a_role_of_the_host(selector: str, roles: tuple[str, ...] | None, matches: bool) -> None:
    assert parse_selector(selector).names_role()
    assert parse_selector(selector).matches_series("cpu", roles) is matches


def test_a_label_of_the_series_called_role_goes_before_the_hosts_roles() -> None:
    selector = parse_selector('cpu{role="primary"}')
    assert selector.matches_series('cpu{role="primary"}', ("web",))
    assert not selector.matches_series('cpu{role="standby"}', ("primary",))
    assert not selector.matches_series('cpu{role="standby"}', None)
    assert not parse_selector("cpu").names_role()


@pytest.mark.parametrize(
    ("selector", "source", "matches", "exact"),
    [
        ("cpu", "web-1", True, None),
        ('cpu{source="web-1"}', "web-1", True, "web-1"),
        ('cpu{source="web-1"}', "web-2", False, "web-1"),
        ('cpu{source=~"web-.*"}', "web-2", True, None),
        ('cpu{source=~"web-.*"}', "db-1", False, None),
        ('cpu{source!="web-1"}', "web-1", False, None),
    ],
)
def test_the_source_is_matched_apart(selector: str, source: str, matches: bool, exact: str | None) -> None:
    parsed = parse_selector(selector)
    assert parsed.matches_source(source) is matches
    assert parsed.source() == exact
    assert parsed.matches_series("cpu")


@pytest.mark.parametrize(
    "text",
    ["", "{}", "cpu{", 'cpu{a="1"', "cpu{a=1}", 'cpu{a=="1"}', 'cpu{a="1" b="2"}', "two words", 'cpu{a=~"("}', "9"],
)
def test_what_is_no_selector_is_refused_for_the_field_series(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_selector(text)
    assert caught.value.field == "series"
    assert caught.value.allowed


def test_the_longest_selector_is_taken_and_a_longer_one_is_refused() -> None:
    text = 'a{b="' + "x" * (MAX_SELECTOR - 7) + '"}'
    assert parse_selector(text).matchers[1] == Matcher("b", "=", text[5:-2])
    with pytest.raises(InvalidInput, match=f"at most {MAX_SELECTOR}"):
        parse_selector(text + " ")


@given(st.text(max_size=30))
def test_any_text_is_a_selector_or_is_refused(text: str) -> None:
    refused = "series"
    try:
        parse_selector(text).matches_series("cpu")
    except InvalidInput as error:
        refused = error.field
    assert refused == "series"


values = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10)


@given(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.dictionaries(st.sampled_from("abc"), values), values)
def test_a_series_is_its_own_selector(name: str, labels: dict[str, str], other: str) -> None:
    series = format_series(name, tuple(sorted(labels.items())))
    assert parse_selector(series).matches_series(series)
    assert not parse_selector(series).matches_series(f"{name}x")
    if labels and other not in labels.values():
        changed = tuple((key, other) for key in sorted(labels))
        assert not parse_selector(series).matches_series(format_series(name, changed))
