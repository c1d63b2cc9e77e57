"""Before and after a marker: sums, uncertainty, what is left out, and what cannot be compared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import add_monitor, fault, problem
from tests.integration.gateway.rows import HOUR, HOUR_MS, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_incidents import incident
from vedette.statistics.trends.comparison import compare

GOOD, BAD = [10.0] * 19 + [900.0], [10.0] * 15 + [900.0] * 4 + [5000.0]


def mark(gateway: Gateway, at_ms: int = HOUR, **fields: Any) -> int:
    answer = gateway.call("POST", "/v1/markers", "ingest", json={"name": "4.2", "at": at_ms, **fields})
    return int(answer.json()["id"])


def measured(gateway: Gateway, monitor: int, after: list[float] = BAD) -> None:
    """Six minutes on each side of HOUR."""
    minutes = [window(monitor, HOUR + at * MINUTE_MS, GOOD if at < 0 else after) for at in range(-6, 6)]
    write_checks(gateway, minutes=minutes)


def compared(gateway: Gateway, marker: int, **query: Any) -> dict[str, Any]:
    answer = gateway.get(f"/v1/markers/{marker}/compare", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_both_sides_are_shown_with_the_difference_and_its_uncertainty(fresh: Gateway) -> None:
    shop, calm = add_monitor(fresh, "shop"), add_monitor(fresh, "calm")
    measured(fresh, shop)
    measured(fresh, calm, after=GOOD)
    found = compared(fresh, mark(fresh), window="6m")
    assert (found["window_s"], found["resolution_s"], found["complete"]) == (360, 60, True)
    assert found["before"] == {"from_ms": HOUR - 6 * MINUTE_MS, "to_ms": HOUR}
    first, second = found["monitors"]
    assert (first["monitor"], second["monitor"]) == (shop, calm)
    expected = compare((114, 6, 0), (90, 24, 6))
    assert expected is not None
    assert [first[name] for name in ("difference", "low", "high", "z", "p")] == pytest.approx(
        [expected.difference, expected.low, expected.high, expected.z, expected.p]
    )
    assert first["before"] == {
        "score": 0.975, "display": "0.98 [0.5]", "satisfied": 114, "tolerating": 6, "frustrated": 0, "count": 120,
        "left_out": 0,
    }  # fmt: skip
    assert (second["difference"], second["p"]) == (0.0, 1.0)
    shown = fresh.app.openapi()["paths"]["/v1/markers/{marker}/compare"]["get"]["responses"]["200"]
    example = shown["content"]["application/json"]["example"]
    assert example.keys() == found.keys()
    assert example["monitors"][0].keys() == first.keys()


def test_what_lies_in_an_incident_is_left_out_and_counted(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    measured(fresh, shop)
    began = HOUR + MINUTE_MS + 5
    incident(fresh, 1, shop, started_ms=began, confirmed_ms=began + 1, ended_ms=HOUR + 3 * MINUTE_MS)
    (found,) = compared(fresh, mark(fresh), window="6m")["monitors"]
    assert (found["after"]["count"], found["after"]["left_out"]) == (80, 40)
    assert (found["before"]["count"], found["before"]["left_out"]) == (120, 0)


def test_the_minute_of_the_marker_is_on_neither_side(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    measured(fresh, shop)
    (found,) = compared(fresh, mark(fresh, HOUR + 30_000), window="5m")["monitors"]
    assert (found["before"]["count"], found["after"]["count"]) == (80, 80)


def test_a_long_window_is_summed_from_hours(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    hours = [window(shop, HOUR + at * HOUR_MS, GOOD if at < 0 else BAD) for at in range(-72, 0)]
    write_checks(fresh, hours=hours)
    found = compared(fresh, mark(fresh, HOUR - 36 * HOUR_MS), window="3d")
    assert found["resolution_s"] == 3600
    assert found["complete"] is False
    assert found["after"]["to_ms"] == fresh.clock.now_ms()
    (row,) = found["monitors"]
    assert (row["before"]["count"], row["after"]["count"]) == (36 * 20, 36 * 20)


def test_a_side_without_checks_has_no_difference(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    measured(fresh, shop)
    (row,) = compared(fresh, mark(fresh, HOUR + 6 * MINUTE_MS), window="6m")["monitors"]
    assert (row["difference"], row["low"], row["p"], row["after"]["score"]) == (None, None, None, None)
    assert row["before"]["count"] == 120


def test_only_what_the_marker_concerns_is_compared(fresh: Gateway) -> None:
    shop, mail = add_monitor(fresh, "shop"), add_monitor(fresh, "mail")
    measured(fresh, shop)
    measured(fresh, mail)
    of_shop, of_all = mark(fresh, monitors=[shop]), mark(fresh, name="all")
    assert [row["monitor"] for row in compared(fresh, of_shop, window="6m")["monitors"]] == [shop]
    assert [row["monitor"] for row in compared(fresh, of_all, window="6m", monitor=mail)["monitors"]] == [mail]
    fault(fresh.get(f"/v1/markers/{of_shop}/compare", params={"monitor": mail}), "monitor")


@pytest.mark.parametrize("wrong", ["4m", "29d", "1w", "h", "-1h", "0h", ""])
def test_a_window_that_cannot_be_is_refused(gateway: Gateway, wrong: str) -> None:
    fault(gateway.get("/v1/markers/1/compare", params={"window": wrong}), "window")


def test_another_account_neither_compares_nor_is_compared(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    measured(fresh, shop)
    marker = mark(fresh)
    problem(fresh.get(f"/v1/markers/{marker}/compare", tenant=fresh.theirs), 404, "not-found")
    theirs = fresh.call("POST", "/v1/markers", "ingest", json={"name": "x", "at": HOUR}, tenant=fresh.theirs).json()[
        "id"
    ]
    found = fresh.get(f"/v1/markers/{theirs}/compare", tenant=fresh.theirs).json()
    assert found["monitors"] == []
    answer = fresh.get(f"/v1/markers/{theirs}/compare", tenant=fresh.theirs, params={"monitor": shop})
    problem(answer, 404, "not-found")
