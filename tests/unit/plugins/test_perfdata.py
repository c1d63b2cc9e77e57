"""Nagios performance data is read as the guidelines write it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plugins.kinds.perfdata import INFINITY, Item, Range, parse_perfdata, parse_range, split_output

LABELS = st.text(st.characters(exclude_characters="=", exclude_categories=("Cs", "Cc")), min_size=1).filter(
    lambda text: not text.isspace()
)


def one(data: str) -> Item:
    items, bad = parse_perfdata(data)
    assert bad == []
    [item] = items
    return item


def test_a_plain_item_has_label_value_unit_and_ranges() -> None:
    item = one("/=2643MB;5948;5958;0;5968")
    assert item == Item("/", 2643.0, "MB", Range(0, 5948), Range(0, 5958))
    assert item.metric() == ("value_bytes", 2.0**20)


@pytest.mark.parametrize(
    ("data", "label"),
    [
        ("'C:\\ used'=1", "C:\\ used"),
        ("'it''s'=1", "it's"),
        ("''''=1", "'"),
        ("'a b c'=1;;;;", "a b c"),
        ("a-b/c=1", "a-b/c"),
    ],
)
def test_quoted_labels_hold_spaces_and_doubled_quotes(data: str, label: str) -> None:
    assert one(data).label == label


@given(LABELS, st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_whatever_label_is_quoted_comes_back(label: str, value: float) -> None:
    quoted = label.replace("'", "''")
    item = one(f"'{quoted}'={value!r}s;1;2")
    assert (item.label, item.value, item.unit) == (label, value, "s")


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_no_text_makes_the_parser_fail(data: str) -> None:
    items, bad = parse_perfdata(data)
    assert all(item.label for item in items)
    assert all(len(piece) <= 100 for piece in bad)


@pytest.mark.parametrize(
    ("unit", "metric"),
    [("", "value"), ("s", "value_s"), ("us", "value_s"), ("%", "value_ratio"), ("KB", "value_bytes"), ("c", "total")],
)
def test_a_unit_decides_the_metric(unit: str, metric: str) -> None:
    assert one(f"x=1.5{unit}").metric()[0] == metric


def test_a_value_that_is_unknown_has_no_number_and_no_level() -> None:
    item = one("x=U;1;2")
    assert item.value is None
    assert item.level() is None


@pytest.mark.parametrize(
    "data", ["x", "x=", "x=abc", "=1", "x=1;a:b", "x=1;2;3;4;5;6", "x=1,5", "x=--1", "'x=1", "x=1;20:10"]
)
def test_what_is_no_item_is_told_and_costs_no_other(data: str) -> None:
    items, bad = parse_perfdata(f"good=1 {data}" if not data.startswith("'") else data)
    assert len(bad) == 1
    assert [item.label for item in items] in (["good"], [])


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("10", [0, 5, 10], [-1, 10.5]),
        ("10:", [10, 1e9], [9.9, -1]),
        ("~:10", [10, -1e9], [10.1]),
        ("10:20", [10, 15, 20], [9, 21]),
        ("-5:-1", [-5, -1], [-6, 0]),
        (":7", [0, 7], [-1, 8]),
    ],
)
def test_a_range_alerts_outside_and_with_an_at_sign_inside(
    text: str, inside: list[float], outside: list[float]
) -> None:
    plain, turned = parse_range(text), parse_range(f"@{text}")
    assert not any(plain.alerts(value) for value in inside)
    assert all(plain.alerts(value) for value in outside)
    assert all(turned.alerts(value) for value in inside)
    assert not any(turned.alerts(value) for value in outside)


def test_an_open_range_goes_on_for_ever() -> None:
    assert parse_range("3:") == Range(3, INFINITY)


@pytest.mark.parametrize("text", ["", "@", ":", "a", "1:2:3", "5:1", "~", "1 2"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no range"):
        parse_range(text)


@pytest.mark.parametrize(("value", "level"), [(1, 0), (15, 1), (25, 2)])
def test_a_level_follows_from_the_ranges(value: int, level: int) -> None:
    assert one(f"x={value};10;20").level() == level


def test_data_may_span_lines_after_the_long_text() -> None:
    output = "DISK OK - free space: / 3326 MB | /=2643MB;5948\nlong text\nmore text | /boot=68MB\n/home=69MB\n"
    output += "'/var log'=1c\n"
    text, data = split_output(output)
    assert text == "DISK OK - free space: / 3326 MB\nlong text\nmore text"
    assert [item.label for item in parse_perfdata(data)[0]] == ["/", "/boot", "/home", "/var log"]


def test_output_without_data_is_text() -> None:
    assert split_output("PING OK\n") == ("PING OK", "")
    assert split_output("") == ("", "")
