"""Queries: rows of tiers into one value a step."""

from __future__ import annotations

import pytest

from tests.integration.store.rows import ACCOUNT, put
from vedette.errors import InvalidInput
from vedette.events.samples import make_layout
from vedette.events.selectors import parse_selector
from vedette.store.pool import Store
from vedette.store.query import AGGREGATIONS, MAX_POINTS, Aggregation, Span, query, span
from vedette.store.series import Catalogue, SeriesRef

T0 = 1_699_999_200_000
LAYOUT = make_layout(["cpu", "net", "jobs"], {"net": "counter", "jobs": "delta"})
NOW = T0 + 3_600_000
THREE = Span(T0, T0 + 60_000, 20_000)


@pytest.fixture
def filled(store: Store) -> Store:
    """Two rows in the first step, one in the last, none between."""
    put(store, "10s", T0, LAYOUT, n=2, sums=[3, 100, 4], mins=[1, 8, 1], maxs=[2, 12, 3], lasts=[2, 1000, 3])
    put(store, "10s", T0 + 10_000, LAYOUT, n=1, sums=[6, 50, 0], mins=[6, 5, 0], maxs=[6, 5, 0], lasts=[6, 1050, 0])
    put(store, "10s", T0 + 40_000, LAYOUT, n=1, sums=[5, 20, 1], mins=[5, 2, 1], maxs=[5, 2, 1], lasts=[5, 1070, 1])
    return store


def ask(store: Store, selector: str, aggregation: Aggregation, wanted: Span = THREE, now: int = NOW) -> list[object]:
    refs = Catalogue(store).find(ACCOUNT, [parse_selector(selector)])
    return [values for _, values in query(store, refs, wanted, aggregation, now)]


@pytest.mark.parametrize(
    ("selector", "aggregation", "expected"),
    [
        ("cpu", "avg", [3, None, 5]),
        ("cpu", "min", [1, None, 5]),
        ("cpu", "max", [6, None, 5]),
        ("cpu", "sum", [9, None, 5]),
        ("cpu", "count", [3, None, 1]),
        ("cpu", "last", [6, None, 5]),
        ("net", "sum", [150, None, 20]),
        ("net", "rate", [7.5, None, 1]),
        ("net", "avg", [7.5, None, 1]),
        ("net", "max", [12, None, 2]),
        ("net", "last", [1050, None, 1070]),
        ("jobs", "rate", [0.2, None, 0.05]),
        ("jobs", "avg", [pytest.approx(4 / 3), None, 1]),
    ],
)
def test_every_aggregation_gives_one_value_a_step_and_none_where_there_is_nothing(
    filled: Store, selector: str, aggregation: Aggregation, expected: list[object]
) -> None:
    assert ask(filled, selector, aggregation) == [expected]


def test_the_rate_of_a_step_that_is_not_over_counts_the_time_that_has_passed(filled: Store) -> None:
    assert ask(filled, "net", "rate", now=T0 + 45_000) == [[7.5, None, 4]]
    assert ask(filled, "net", "rate", now=T0 + 40_000) == [[7.5, None, 20]]


def test_a_gauge_has_no_rate(filled: Store) -> None:
    with pytest.raises(InvalidInput) as caught:
        ask(filled, "cpu", "rate")
    assert caught.value.field == "agg"


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_a_series_without_rows_in_the_range_has_only_gaps(filled: Store, aggregation: Aggregation) -> None:
    empty = Span(T0 + 600_000, T0 + 660_000, 20_000)
    assert ask(filled, "net", aggregation, empty) == [[None, None, None]]


def test_the_minimum_of_a_counters_first_report_is_a_gap(store: Store) -> None:
    nan = float("nan")
    put(store, "10s", T0, LAYOUT, n=1, sums=[1, 0, 0], mins=[1, nan, 0], maxs=[1, nan, 0], lasts=1)
    assert ask(store, "net", "min") == [[None, None, None]]
    assert ask(store, "net", "sum") == [[0, None, None]]


def test_a_series_that_moved_to_another_layout_is_one_series(filled: Store) -> None:
    put(filled, "10s", T0 + 20_000, make_layout(["mem", "cpu"], {}), n=1, sums=[1, 4], mins=4, maxs=4, lasts=4)
    assert ask(filled, "cpu", "avg") == [[3, 4, 5]]
    assert ask(filled, "cpu", "last") == [[6, 4, 5]]


def test_sources_are_kept_apart(filled: Store) -> None:
    put(filled, "10s", T0, LAYOUT, source="h2", n=1, sums=7, mins=7, maxs=7, lasts=7)
    assert ask(filled, "cpu", "max") == [[6, None, 5], [7, None, None]]
    assert ask(filled, 'cpu{source="h2"}', "max") == [[7, None, None]]
    assert ask(filled, 'cpu{source=~"x.*"}', "max") == []


def test_another_account_sees_nothing(filled: Store) -> None:
    assert Catalogue(filled).find(ACCOUNT + 1, [parse_selector("cpu")]) == []


def test_a_series_that_two_selectors_mean_comes_once(filled: Store) -> None:
    refs = Catalogue(filled).find(ACCOUNT, [parse_selector("cpu"), parse_selector('{__name__=~"c.*|net"}')])
    assert [ref.name for ref in refs] == ["cpu", "net"]
    assert refs[1].describe() == {"source": "h1", "name": "net", "labels": {}, "kind": "counter"}


def test_too_many_series_are_refused(filled: Store) -> None:
    refs = [SeriesRef(f"h{n}", "cpu", "gauge", n, 1, 1) for n in range(1001)]
    with pytest.raises(InvalidInput, match="at most 1000"):
        query(filled, refs, THREE, "avg", NOW)
    assert len(query(filled, refs[:1000], THREE, "avg", NOW)) == 1000


def test_a_span_is_widened_to_whole_steps() -> None:
    assert span(T0 + 1, T0 + 59_999, 60) == Span(T0, T0 + 60_000, 60_000)
    assert span(T0, T0 + 60_000, 60) == Span(T0, T0 + 60_000, 60_000)
    assert span(T0, T0 + 60_001, 60).points == 2


@pytest.mark.parametrize(("hours", "step_s"), [(0.1, 10), (1, 20), (6, 120), (24, 300), (24 * 365, 86_400)])
def test_without_a_step_one_is_chosen_that_gives_about_three_hundred_points(hours: float, step_s: int) -> None:
    assert span(T0, T0 + round(hours * 3_600_000), None).step_ms == step_s * 1000


@pytest.mark.parametrize(
    ("to_ms", "step_s", "field"),
    [
        (T0, 10, "from"),
        (T0 - 1, None, "from"),
        (T0 + 60_000, 0, "step"),
        (T0 + 60_000, 15, "step"),
        (T0 + 60_000, -10, "step"),
        (T0 + (MAX_POINTS + 1) * 10_000, 10, "step"),
    ],
)
def test_a_span_that_cannot_be_is_refused(to_ms: int, step_s: int | None, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        span(T0, to_ms, step_s)
    assert caught.value.field == field
    assert span(T0, T0 + MAX_POINTS * 10_000, 10).points == MAX_POINTS
