"""Series names of collectors are canonical, whatever the kernel calls things."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.collectors.base import MAX_LABEL, counters, increase, label_text, series
from vedette.events.names import canonical, parse_series


def test_a_name_with_labels_is_canonical_whatever_their_order() -> None:
    name = series("x.y", b="2", a="1")
    assert name == canonical(name) == 'x.y{a="1",b="2"}'


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_makes_a_label_that_parses_back_to_what_is_reported(text: str) -> None:
    name = series("disk.used_ratio", mount=text)
    assert parse_series(name) == ("disk.used_ratio", (("mount", label_text(text)),))
    assert name.encode()  # no surrogates left


def test_a_long_label_is_cut() -> None:
    assert len(label_text("x" * 1000)) == MAX_LABEL


def test_an_ordinary_label_stays_as_it_is() -> None:
    assert label_text("/srv/Ünïcode data") == "/srv/Ünïcode data"


def test_a_total_that_grew_increased_by_the_difference() -> None:
    assert increase(10, 15) == 5


def test_a_total_that_went_back_was_reset_and_counts_from_zero() -> None:
    assert increase(10, 4) == 4


def test_counters_are_marked_as_counters() -> None:
    assert counters(["a"]) == {"a": "counter"}
