"""Release markers: made, listed, removed; by whom, and what they may hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.server import Gateway

DAY = 86_400_000


def mark(gateway: Gateway, scope: str = "ingest", **fields: Any) -> dict[str, Any]:
    answer = gateway.call("POST", "/v1/markers", scope, json=fields)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def names(gateway: Gateway, **wanted: Any) -> list[str]:
    return [one["name"] for one in gateway.get("/v1/markers", params=wanted).json()["markers"]]


def test_a_marker_comes_back_as_it_was_made(fresh: Gateway) -> None:
    monitor = add_monitor(fresh, "shop")
    made = mark(fresh, name="4.2", at=NOW - 5, monitors=[monitor, monitor], url="https://ci.example/42")
    assert made == {
        "id": made["id"],
        "name": "4.2",
        "at_ms": NOW - 5,
        "monitors": [monitor],
        "url": "https://ci.example/42",
    }
    assert fresh.get("/v1/markers").json() == {"markers": [made]}


def test_a_marker_without_a_time_is_now_and_of_all_monitors(fresh: Gateway) -> None:
    made = mark(fresh, name="now")
    assert (made["at_ms"], made["monitors"], made["url"]) == (NOW, [], None)


@pytest.mark.parametrize(
    ("at", "expected"), [("-15m", NOW - 900_000), (str(NOW), NOW), ("2023-11-14T12:00:00+01:00", 1_699_959_600_000)]
)
def test_a_time_may_be_written_in_three_ways(gateway: Gateway, at: str, expected: int) -> None:
    assert mark(gateway, name=f"at {at}", at=at)["at_ms"] == expected


def test_the_same_marker_sent_again_is_one(fresh: Gateway) -> None:
    first = mark(fresh, name="4.2", at=NOW)
    again = mark(fresh, name="4.2", at=NOW, url="https://a.example/")
    assert again == {**first, "url": "https://a.example/"}
    mark(fresh, name="4.2", at=NOW + 1)
    assert len(names(fresh)) == 2


def test_markers_are_listed_by_range_and_monitor_newest_first(fresh: Gateway) -> None:
    shop, cart = add_monitor(fresh, "shop"), add_monitor(fresh, "cart")
    mark(fresh, name="old", at=NOW - 100 * DAY)
    mark(fresh, name="all", at=NOW - 2 * DAY)
    mark(fresh, name="shop", at=NOW - DAY, monitors=[shop])
    mark(fresh, name="soon", at=NOW + DAY)
    assert names(fresh) == ["soon", "shop", "all"]
    assert names(fresh, monitor=cart) == ["soon", "all"]
    assert names(fresh, to="now", limit=1) == ["shop"]
    assert names(fresh, **{"from": NOW - 100 * DAY, "to": NOW - 2 * DAY}) == ["old"]


def test_a_marker_is_removed_by_an_administrator_of_its_account(fresh: Gateway) -> None:
    made = mark(fresh, name="gone")
    path = f"/v1/markers/{made['id']}"
    problem(fresh.call("DELETE", path, "ingest"), 403, "not-allowed")
    problem(fresh.call("DELETE", path, tenant=fresh.theirs), 404, "not-found")
    assert fresh.call("DELETE", path).status_code == 204
    problem(fresh.call("DELETE", path), 404, "not-found")
    assert names(fresh) == []


def test_another_account_sees_none_and_cannot_name_our_monitors(fresh: Gateway) -> None:
    monitor = add_monitor(fresh, "shop")
    mark(fresh, name="ours")
    assert fresh.get("/v1/markers", tenant=fresh.theirs).json() == {"markers": []}
    body = {"name": "theirs", "monitors": [monitor]}
    fault(fresh.call("POST", "/v1/markers", "ingest", tenant=fresh.theirs, json=body), "monitors[0]")
    problem(fresh.get("/v1/markers", tenant=fresh.theirs, params={"monitor": monitor}), 404, "not-found")


def test_a_marker_is_made_by_those_who_report_and_read_by_those_who_read(gateway: Gateway) -> None:
    problem(gateway.call("POST", "/v1/markers", "read", json={"name": "n"}), 403, "not-allowed")
    problem(gateway.get("/v1/markers", "ingest"), 403, "not-allowed")
    assert gateway.get("/v1/markers", None).status_code == 401


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "name"),
    "a long name": ({"name": "n" * 201}, "name"),
    "no time": ({"at": "then"}, "at"),
    "far ahead": ({"at": NOW + DAY + 1}, "at"),
    "before time began": ({"at": -1}, "at"),
    "an unknown monitor": ({"monitors": [10**15]}, "monitors[0]"),
    "a monitor that is text": ({"monitors": ["shop"]}, "monitors[0]"),
    "a script for a link": ({"url": "javascript:alert(1)"}, "url"),
    "a link without a host": ({"url": "https:///x"}, "url"),
    "a broken link": ({"url": "https://[::1/"}, "url"),
    "a link with a space": ({"url": "https://a/ b"}, "url"),
    "an unknown field": ({"colour": "red"}, "colour"),
}


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_bad_marker_is_refused_with_its_field(gateway: Gateway, wrong: str) -> None:
    fields, field = FAULTS[wrong]
    found = fault(gateway.call("POST", "/v1/markers", json={"name": f"bad: {wrong}", **fields}), field)
    assert found["allowed"]
    assert f"bad: {wrong}" not in names(gateway)


@pytest.mark.parametrize("wanted", [{"from": "then"}, {"from": "now", "to": "now"}, {"limit": 0}])
def test_a_wrong_range_is_named(gateway: Gateway, wanted: dict[str, Any]) -> None:
    fault(gateway.get("/v1/markers", params=wanted), next(iter(wanted)))
