"""Uptime over HTTP: over any range, and by location."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import add_monitor, fault, problem
from tests.integration.gateway.rows import DAY_MS, HOUR, HOUR_MS, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.statistics.minutes import Minutes

DAY = HOUR - HOUR % DAY_MS


@pytest.fixture(scope="module")
def monitor(gateway: Gateway) -> int:
    """Two places over three minutes of an hour; and an hour ten days before."""
    found, known = add_monitor(gateway, "shop"), DAY - 20 * DAY_MS
    write_checks(
        gateway,
        minutes=[
            window(found, HOUR, [1.0]),
            window(found, HOUR, location="ams-1", down=1),
            window(found, HOUR + MINUTE_MS, down=1),
            window(found, HOUR + MINUTE_MS, location="ams-1", down=1),
            window(found, HOUR + 2 * MINUTE_MS, missed=1),
        ],
        days=[
            window(found, DAY - 10 * DAY_MS, [1.0] * 45, down=15),
            window(found, DAY - 10 * DAY_MS, [1.0] * 30, location="ams-1", down=30),
            window(found, known, [1.0] * 2, down=2, minutes=Minutes(0b0011, 0b1111), width=1440),
            window(
                found, DAY - 20 * DAY_MS, [1.0], location="ams-1", down=1, minutes=Minutes(0b0100, 0b1100), width=1440
            ),
        ],
        hours=[window(found, DAY - 21 * DAY_MS + 23 * HOUR_MS, [1.0], minutes=Minutes(1 << 59, 1 << 59))],
    )
    return found


def ask(gateway: Gateway, monitor: int, start: int, end: int) -> dict[str, Any]:
    answer = gateway.get(f"/v1/monitors/{monitor}/uptime", params={"from": start, "to": end})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_short_range_counts_minutes_with_a_success_and_checks_that_succeeded(gateway: Gateway, monitor: int) -> None:
    found = ask(gateway, monitor, HOUR + 1, HOUR + HOUR_MS)
    assert (found["from"], found["resolution_s"], found["exact"]) == (HOUR, 60, True)
    assert (found["uptime"], found["reachability"]) == (0.5, 0.25)
    assert (found["succeeded"], found["executed"], found["missed"]) == (1, 4, 1)
    by_place = {place["location"]: (place["uptime"], place["executed"]) for place in found["locations"]}
    assert by_place == {"fra-1": (0.5, 2), "ams-1": (0.0, 2)}


def test_a_long_range_is_exact_where_the_minutes_are_known(gateway: Gateway, monitor: int) -> None:
    found = ask(gateway, monitor, DAY - 20 * DAY_MS, DAY - 15 * DAY_MS)
    assert (found["resolution_s"], found["exact"], found["uptime"]) == (3600, True, 0.75)
    by_place = {place["location"]: place["uptime"] for place in found["locations"]}
    assert by_place == {"fra-1": 0.5, "ams-1": 0.5}
    an_hour_more = ask(gateway, monitor, DAY - 20 * DAY_MS - 1, DAY - 15 * DAY_MS)
    assert (an_hour_more["from"], an_hour_more["uptime"]) == (DAY - 20 * DAY_MS - HOUR_MS, 0.8)


def test_a_long_range_gives_a_lower_bound_and_says_so(gateway: Gateway, monitor: int) -> None:
    found = ask(gateway, monitor, HOUR - 11 * DAY_MS, HOUR)
    assert (found["resolution_s"], found["exact"]) == (3600, False)
    assert (found["uptime"], found["reachability"]) == (0.75, 75 / 120)


def test_without_checks_there_is_no_uptime(gateway: Gateway, monitor: int) -> None:
    found = ask(gateway, monitor, HOUR - 3 * HOUR_MS, HOUR - 2 * HOUR_MS)
    assert (found["uptime"], found["reachability"], found["executed"], found["locations"]) == (None, None, 0, [])


def test_a_wrong_range_is_named_and_a_strange_monitor_not_found(gateway: Gateway, monitor: int) -> None:
    for wanted, field in (({"from": "then"}, "from"), ({"to": "then"}, "to"), ({"from": "now"}, "from")):
        fault(gateway.get(f"/v1/monitors/{monitor}/uptime", params=wanted), field)
    problem(gateway.get(f"/v1/monitors/{monitor}/uptime", tenant=gateway.theirs), 404, "not-found")
    problem(gateway.get(f"/v1/monitors/{monitor}/uptime", "ingest"), 403, "not-allowed")
