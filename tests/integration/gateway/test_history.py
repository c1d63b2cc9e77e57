"""A monitor's history and state: counts, Apdex, uptime and percentiles from the windows of the endpoints flow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.rows import HOUR, HOUR_MS, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.events.checks import CheckRecord, Phases
from vedette.store import checks
from vedette.store.checks import CheckBatch


def history(gateway: Gateway, monitor: int, **wanted: Any) -> dict[str, Any]:
    wanted = {"from": HOUR, "to": HOUR + 4 * MINUTE_MS, "step": 60, **wanted}
    answer = gateway.get(f"/v1/monitors/{monitor}/history", params=wanted)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """Four minutes: good ones, a slow one, a failed one, and one without checks; T is 500 ms."""
    found = add_monitor(gateway, "shop")
    write_checks(
        gateway,
        minutes=[
            window(found, HOUR, [100.0, 300.0]),
            window(found, HOUR, [500.0], location="ams-1"),
            window(found, HOUR + MINUTE_MS, [501.0, 2000.0, 2001.0], missed=2),
            window(found, HOUR + 2 * MINUTE_MS, down=2),
        ],
        hours=[window(found, HOUR - HOUR_MS, [1.0] * 8, down=2)],
    )
    return found


def test_each_step_has_its_counts_and_times_over_all_places(gateway: Gateway, monitor: int) -> None:
    found = history(gateway, monitor)
    assert found["timestamps"] == [HOUR + n * MINUTE_MS for n in range(4)]
    assert (found["up"], found["down"], found["missed"]) == ([3, 3, 0, 0], [0, 0, 2, 0], [0, 2, 0, 0])
    assert (found["satisfied"], found["tolerating"], found["frustrated"]) == ([3, 0, 0, 0], [0, 2, 0, 0], [0, 1, 2, 0])
    assert found["avg_ms"] == [300.0, pytest.approx(1500.67, abs=0.01), None, None]
    assert found["p50_ms"] == [pytest.approx(300, rel=0.011), pytest.approx(2000, rel=0.011), None, None]
    assert found["p99_ms"][2:] == [None, None]


def test_apdex_is_shown_as_its_specification_says(gateway: Gateway, monitor: int) -> None:
    found = history(gateway, monitor)
    assert [step["display"] for step in found["apdex"]] == ["1.00* [0.5]", "0.33* [0.5]", "0.00* [0.5]", "NS [0.5]"]
    assert found["apdex"][0] == {"score": 1.0, "display": "1.00* [0.5]", "band": "Excellent", "count": 3}
    assert found["apdex"][3] == {"score": None, "display": "NS [0.5]", "band": None, "count": 0}


def test_the_summary_counts_minutes_with_a_success_and_checks_that_succeeded(gateway: Gateway, monitor: int) -> None:
    summary = history(gateway, monitor)["summary"]
    assert summary["uptime"] == pytest.approx(2 / 3)
    assert summary["reachability"] == pytest.approx(6 / 8)
    assert summary["apdex"]["score"] == pytest.approx((3 + 2 / 2) / 8)


def test_one_place_can_be_asked_for(gateway: Gateway, monitor: int) -> None:
    assert history(gateway, monitor, location="ams-1")["up"] == [1, 0, 0, 0]
    assert history(gateway, monitor, location="nowhere")["up"] == [0, 0, 0, 0]


def test_without_any_check_there_is_neither_uptime_nor_score(gateway: Gateway) -> None:
    fresh = add_monitor(gateway, "fresh")
    summary = history(gateway, fresh)["summary"]
    assert (summary["uptime"], summary["reachability"], summary["apdex"]["score"]) == (None, None, None)


def test_hours_are_read_where_the_step_is_whole_hours(gateway: Gateway, monitor: int) -> None:
    found = history(gateway, monitor, **{"from": HOUR - HOUR_MS, "to": HOUR, "step": 3600})
    assert (found["up"], found["down"]) == ([8], [2])


def test_steps_are_rounded_up_to_whole_minutes(gateway: Gateway, monitor: int) -> None:
    assert history(gateway, monitor, step=61)["step_s"] == 120


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"step": 0}, "step"),
        ({"from": HOUR, "to": HOUR}, "from"),
        ({"from": "then"}, "from"),
        ({"from": "-30d", "to": "now", "step": 60}, "step"),
    ],
)
def test_a_wrong_range_is_named(gateway: Gateway, monitor: int, wanted: dict[str, Any], field: str) -> None:
    fault(gateway.get(f"/v1/monitors/{monitor}/history", params=wanted), field)


@pytest.mark.parametrize("path", ["history", "checks", ""])
def test_a_monitor_that_does_not_exist_has_no_history(gateway: Gateway, path: str) -> None:
    problem(gateway.get(f"/v1/monitors/99999/{path}".rstrip("/")), 404, "not-found")
    problem(gateway.get(f"/v1/monitors/{10**30}/{path}".rstrip("/")), 404, "not-found")


def test_raw_results_come_newest_first_with_their_phases(gateway: Gateway) -> None:
    monitor = add_monitor(gateway, "raw")
    results = [
        CheckRecord(monitor, "fra-1", NOW - n * 1000, NOW - n * 1000, "up", phases=Phases(dns=1.5)) for n in range(3)
    ]
    checks.write(gateway.store, [CheckBatch(results, [], [], [])])
    found = gateway.get(f"/v1/monitors/{monitor}/checks?limit=2").json()["checks"]
    assert [one["scheduled_ms"] for one in found] == [NOW, NOW - 1000]
    assert found[0]["phases"] == {"dns": 1.5}
    fault(gateway.get(f"/v1/monitors/{monitor}/checks?limit=1001"), "limit")


def bits(minutes: int) -> bytes:
    return minutes.to_bytes(8, "big")


def test_the_last_day_is_summed_up_with_each_monitor(gateway: Gateway) -> None:
    monitor = add_monitor(gateway, "a day")
    write_checks(
        gateway,
        minutes=[window(monitor, HOUR, [1.0]), window(monitor, HOUR + MINUTE_MS, down=1)],
        hours=[
            window(monitor, HOUR, [1.0], down=1)._replace(good=bits(1), counted=bits(3)),
            window(monitor, HOUR - 30 * HOUR_MS, down=50)._replace(good=bits(0), counted=bits(1)),
        ],
    )
    found = gateway.get(f"/v1/monitors/{monitor}").json()
    listed = next(row for row in gateway.get("/v1/monitors").json()["monitors"] if row["id"] == monitor)
    assert (listed["uptime_24h"], listed["apdex"]) == (found["uptime_24h"], found["apdex"])
    assert (found["uptime_24h"], found["apdex"]["score"], found["apdex"]["count"]) == (0.5, 0.5, 2)
