"""Queries: rollup rows into values at steps."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW
from tests.integration.gateway.rows import HOUR, MINUTE_MS, Sender
from tests.integration.gateway.server import Gateway

Values = list[float | None]


def ask(gateway: Gateway, series: str | list[str], **wanted: Any) -> dict[str, Any]:
    wanted = {"from": HOUR, "to": HOUR + MINUTE_MS, "step": 20, **wanted}
    answer = gateway.get("/v1/query", params={"series": series, **wanted})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def values(gateway: Gateway, series: str, **wanted: Any) -> Values:
    (found,) = ask(gateway, series, **wanted)["series"]
    result: Values = found["values"]
    return result


@pytest.fixture(scope="module", autouse=True)
def _rows(gateway: Gateway) -> None:
    """Three steps of 20 seconds: two windows of reports, a gap, one window."""
    rows = {HOUR: [1, 4], HOUR + 10_000: [7], HOUR + 40_000: [10]}
    Sender(gateway, "gauges", ("g",)).write("10s", rows)
    Sender(gateway, "counters", ("c",), {"c": "counter"}).write("10s", rows)
    Sender(gateway, "deltas", ("d",), {"d": "delta"}).write("10s", rows)


@pytest.mark.parametrize(
    ("agg", "expected"),
    [
        ("avg", [4.0, None, 10.0]),
        ("min", [1.0, None, 10.0]),
        ("max", [7.0, None, 10.0]),
        ("sum", [12.0, None, 10.0]),
        ("count", [3.0, None, 1.0]),
        ("last", [7.0, None, 10.0]),
    ],
)
def test_each_aggregation_of_a_gauge_leaves_gaps_null(gateway: Gateway, agg: str, expected: Values) -> None:
    assert values(gateway, "g", agg=agg) == expected


def test_an_answer_tells_its_range_its_steps_and_what_its_series_are(gateway: Gateway) -> None:
    assert ask(gateway, 'g{source="gauges"}') == {
        "from": HOUR,
        "to": HOUR + MINUTE_MS,
        "step_s": 20,
        "agg": "avg",
        "tier": "10s",
        "timestamps": [HOUR, HOUR + 20_000, HOUR + 40_000],
        "series": [{"source": "gauges", "name": "g", "labels": {}, "kind": "gauge", "values": [4.0, None, 10.0]}],
    }


@pytest.mark.parametrize("agg", ["rate", "avg"])
def test_the_average_of_a_counter_is_its_increase_per_second(gateway: Gateway, agg: str) -> None:
    assert values(gateway, "c", agg=agg) == [12 / 20, None, 10 / 20]


def test_the_sum_of_a_counter_is_its_increase_and_its_extremes_are_rates(gateway: Gateway) -> None:
    assert values(gateway, "c", agg="sum") == [12.0, None, 10.0]
    assert values(gateway, "c", agg="max") == [7.0, None, 10.0]


def test_deltas_have_a_rate_and_an_average_per_report(gateway: Gateway) -> None:
    assert values(gateway, "d", agg="rate") == [12 / 20, None, 10 / 20]
    assert values(gateway, "d", agg="avg") == [4.0, None, 10.0]


def test_the_rate_of_a_step_that_is_not_over_counts_the_time_that_has_passed(gateway: Gateway) -> None:
    start = NOW - 20_000  # the minute in which it is now
    Sender(gateway, "young", ("young",), {"young": "counter"}).write("10s", {start: [30], start + 10_000: [30]})
    wanted = {"from": start, "to": start + MINUTE_MS, "step": 60}
    assert values(gateway, "young", agg="rate", **wanted) == [60 / 20]


def test_the_range_is_widened_to_whole_steps(gateway: Gateway) -> None:
    found = ask(gateway, "g", **{"from": HOUR + 5_000, "to": HOUR + 41_000})
    assert (found["from"], found["to"], found["series"][0]["values"]) == (HOUR, HOUR + MINUTE_MS, [4.0, None, 10.0])


def test_a_step_is_chosen_that_gives_about_three_hundred_points(gateway: Gateway) -> None:
    for length_s, step_s in ((60, 10), (3600, 20), (86_400, 300), (30 * 86_400, 21_600), (400 * 86_400, 86_400)):
        answer = gateway.get("/v1/query", params={"series": "g", "from": NOW - length_s * 1000, "to": NOW})
        assert answer.json()["step_s"] == step_s


@pytest.mark.parametrize(("start", "end"), [("-800s", "now"), ("2023-11-14T22:00:00Z", "2023-11-14T22:01:00+00:00")])
def test_times_may_be_relative_or_iso_8601(gateway: Gateway, start: str, end: str) -> None:
    found = ask(gateway, "g", **{"from": start, "to": end})
    assert 10.0 in found["series"][0]["values"]
    assert found["from"] == HOUR


def test_an_unknown_series_gives_an_empty_answer(gateway: Gateway) -> None:
    assert ask(gateway, "nothing")["series"] == []


def test_a_known_series_without_rows_in_the_range_gives_nulls(gateway: Gateway) -> None:
    assert values(gateway, "g", **{"from": HOUR - 7 * MINUTE_MS, "to": HOUR - 6 * MINUTE_MS}) == [None, None, None]


def test_several_selectors_give_each_series_once(gateway: Gateway) -> None:
    found = ask(gateway, ["g", 'c{source=~"count.*"}', '{source="gauges"}'])["series"]
    assert [(one["source"], one["name"]) for one in found] == [("counters", "c"), ("gauges", "g")]


def test_a_series_that_moved_to_another_layout_is_one_series(gateway: Gateway) -> None:
    Sender(gateway, "moved", ("m",)).write("10s", {HOUR: [1], HOUR + 20_000: [2]})
    Sender(gateway, "moved", ("m", "new")).write("10s", {HOUR + 20_000: [4], HOUR + 40_000: [5]})
    assert values(gateway, "m") == [1.0, 3.0, 5.0]
    assert values(gateway, "new") == [None, 4.0, 5.0]


MOUNTS = {f'disk{{mount="{mount}"}}': mount for mount in ("/", "/home", "/var")}


@pytest.fixture(scope="module")
def disks(gateway: Gateway) -> None:
    """Three series each of three sources."""
    for source in ("web-1", "web-2", "db-1"):
        Sender(gateway, source, (*MOUNTS, "disk")).write("10s", {HOUR: [1]})


@pytest.mark.usefixtures("disks")
@pytest.mark.parametrize(
    ("selector", "sources", "mounts"),
    [
        ('disk{mount="/",source="web-1"}', {"web-1"}, {"/"}),
        ('disk{mount=~"/.+",source="web-1"}', {"web-1"}, {"/home", "/var"}),
        ('disk{mount!="/",source="web-1"}', {"web-1"}, {"/home", "/var", None}),
        ('disk{mount!~"/(home|var)",source=~"web-.*"}', {"web-1", "web-2"}, {"/", None}),
        ('disk{mount="",source!~"web-.*"}', {"db-1"}, {None}),
        ('disk{mount="/",source!="web-1"}', {"web-2", "db-1"}, {"/"}),
        ('{__name__=~"di.k",source="db-1"}', {"db-1"}, {"/", "/home", "/var", None}),
        ('{__name__!~"disk",source="db-1"}', set(), set()),
        ('disk{source=~"web"}', set(), set()),
    ],
)
def test_selectors_choose_by_name_source_and_labels(
    gateway: Gateway, selector: str, sources: set[str], mounts: set[str | None]
) -> None:
    found = ask(gateway, selector)["series"]
    assert {one["source"] for one in found} == sources
    assert {one["labels"].get("mount") for one in found} == mounts
    assert len(found) == len(sources) * len(mounts)
