"""Durations of checks as series: averages, extremes, and percentiles from sketches."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import add_monitor
from tests.integration.gateway.rows import HOUR, HOUR_MS, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway

Values = list[float | None]


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """A monitor with two minutes at one place, one at another, and a minute in which nothing succeeded."""
    found = add_monitor(gateway, "shop")
    add_monitor(gateway, "never checked")
    write_checks(
        gateway,
        minutes=[
            window(found, HOUR, [float(n) for n in range(1, 101)]),
            window(found, HOUR + MINUTE_MS, [200.0, 400.0], down=1),
            window(found, HOUR + 2 * MINUTE_MS, down=3),
            window(found, HOUR, [1000.0], location="ams-1"),
        ],
        hours=[window(found, HOUR, [7.0])],
    )
    return found


def ask(gateway: Gateway, series: str, agg: str, step: int = 60) -> dict[str, Values]:
    wanted: dict[str, Any] = {"from": HOUR, "to": HOUR + 3 * MINUTE_MS, "step": step, "agg": agg}
    answer = gateway.get("/v1/query", params={"series": series, **wanted})
    assert answer.status_code == 200, answer.text
    found = answer.json()["series"]
    assert all((one["name"], one["source"], one["kind"]) == ("check.duration_ms", "", "gauge") for one in found)
    return {one["labels"]["location"]: one["values"] for one in found}


@pytest.mark.parametrize(
    ("agg", "expected"),
    [
        ("avg", [50.5, 300.0, None]),
        ("sum", [5050.0, 600.0, 0.0]),
        ("count", [100.0, 2.0, 0.0]),
        ("min", [1.0, 200.0, None]),
        ("max", [100.0, 400.0, None]),
    ],
)
def test_each_aggregation_is_over_the_checks_that_succeeded(
    gateway: Gateway, monitor: int, agg: str, expected: Values
) -> None:
    found = ask(gateway, f'check.duration_ms{{monitor="{monitor}",location="fra-1"}}', agg)
    assert found == {"fra-1": expected}


@pytest.mark.parametrize(("agg", "expected"), [("p50", 50), ("p90", 90), ("p95", 95), ("p99", 99)])
def test_percentiles_are_within_one_percent(gateway: Gateway, monitor: int, agg: str, expected: float) -> None:
    first, second, third = ask(gateway, f'check.duration_ms{{monitor="{monitor}",location="fra-1"}}', agg)["fra-1"]
    assert first == pytest.approx(expected, rel=0.02)
    assert second == pytest.approx(200 if agg == "p50" else 400, rel=0.011)
    assert third is None


def test_places_are_series_of_their_own(gateway: Gateway, monitor: int) -> None:
    assert ask(gateway, "check.duration_ms", "max") == {"ams-1": [1000.0, None, None], "fra-1": [100.0, 400.0, None]}
    assert ask(gateway, 'check.duration_ms{location=~"a.*"}', "max") == {"ams-1": [1000.0, None, None]}
    assert ask(gateway, f'check.duration_ms{{monitor!="{monitor}"}}', "max") == {}
    assert ask(gateway, 'check.duration_ms{monitor="999"}', "max") == {}


def test_longer_steps_merge_minutes(gateway: Gateway, monitor: int) -> None:
    found = ask(gateway, 'check.duration_ms{location="fra-1"}', "count", step=180)
    assert found == {"fra-1": [102.0]}


def test_steps_of_whole_hours_read_the_hour_windows(gateway: Gateway, monitor: int) -> None:
    wanted: dict[str, Any] = {"from": HOUR, "to": HOUR + HOUR_MS, "step": 3600, "agg": "max"}
    answer = gateway.get("/v1/query", params={"series": "check.duration_ms", **wanted}).json()
    assert [one["values"] for one in answer["series"]] == [[7.0]]


def test_checks_and_samples_can_be_asked_for_together(gateway: Gateway, monitor: int) -> None:
    wanted: dict[str, Any] = {"from": HOUR, "to": HOUR + MINUTE_MS, "step": 60, "agg": "max"}
    series = ['check.duration_ms{location="ams-1"}', "nothing"]
    answer = gateway.get("/v1/query", params={"series": series, **wanted}).json()
    assert [one["values"] for one in answer["series"]] == [[1000.0]]
