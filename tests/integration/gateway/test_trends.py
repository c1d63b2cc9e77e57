"""Trends over HTTP: changes, how a watch stands, what an account allows, and whose all this is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.server import Gateway
from vedette.store.trends import ChangeRow, StandingRow, TrendBatch, write_trends

HOUR, DAY = 3_600_000, 86_400_000


def change(gateway: Gateway, identity: int, monitor: int, **fields: Any) -> ChangeRow:
    found = NOW - HOUR
    account = gateway.ours.account
    row = ChangeRow(identity, account, monitor, "step", "down", NOW - 5 * HOUR, found, -0.02, 0.95, 11.4, 11.2, False)
    row = row._replace(**fields)
    write_trends(gateway.store, [TrendBatch([row])])
    return row


def standing(gateway: Gateway, monitor: int, **fields: Any) -> None:
    row = StandingRow(monitor, NOW, 8064, 500, 0.25, 0.0, 0.95, 15.0, (9099.0, 800.0, 100.0), [0.95] * 168)
    write_trends(gateway.store, [TrendBatch((), [row._replace(**fields)])])


def listed(gateway: Gateway, **query: Any) -> list[str]:
    answer = gateway.get("/v1/trends", params=query)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["changes"]]


def test_changes_are_found_by_range_monitor_kind_and_direction_newest_first(fresh: Gateway) -> None:
    shop, mail = add_monitor(fresh, "shop"), add_monitor(fresh, "mail")
    change(fresh, 1, shop)
    change(fresh, 2, shop, direction="up", size=0.02, found_ms=NOW - 2 * HOUR, state="ended", ended_ms=NOW - HOUR)
    change(fresh, 3, mail, kind="decline", found_ms=NOW - 40 * DAY)
    change(fresh, 4, mail, found_ms=NOW - 40 * DAY, state="ended", ended_ms=NOW - 30 * DAY, reason="settled")
    assert listed(fresh) == ["1", "2", "3"]  # one that is open still is part of the range
    assert listed(fresh, **{"from": "-60d"}) == ["1", "2", "3", "4"]
    assert listed(fresh, monitor=mail) == ["3"]
    assert listed(fresh, kind="decline") == ["3"]
    assert listed(fresh, direction="up") == ["2"]
    assert listed(fresh, to="-90m") == ["2", "3"]
    assert listed(fresh, limit=1) == ["1"]


def test_a_change_comes_with_all_that_is_known_of_it(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    row = change(fresh, -7, shop)
    (found,) = fresh.get("/v1/trends").json()["changes"]
    assert found == {
        "id": "-7", "monitor": shop, "monitor_name": "shop", "kind": "step", "direction": "down",
        "start_ms": row.start_ms, "found_ms": row.found_ms, "size": -0.02, "expected": 0.95, "statistic": 11.4,
        "threshold": 11.2, "learning": False, "state": "open", "ended_ms": None, "reason": None,
    }  # fmt: skip
    shown = fresh.app.openapi()["paths"]["/v1/trends"]["get"]["responses"]["200"]["content"]["application/json"]
    assert shown["example"]["changes"][0].keys() == found.keys()


def test_a_change_that_is_written_again_is_the_same_one_in_its_last_state(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    row = change(fresh, 1, shop)
    change(fresh, 1, shop, state="ended", ended_ms=row.found_ms + 1, reason="returned")
    (found,) = fresh.get("/v1/trends").json()["changes"]
    assert (found["state"], found["reason"], found["ended_ms"]) == ("ended", "returned", row.found_ms + 1)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "then"}, "from"),
        ({"from": "now", "to": "-1h"}, "to"),
        ({"kind": "jump"}, "kind"),
        ({"direction": "sideways"}, "direction"),
        ({"limit": 0}, "limit"),
        ({"monitor": "x"}, "monitor"),
    ],
)
def test_a_query_that_makes_no_sense_says_what_would(gateway: Gateway, query: dict[str, Any], field: str) -> None:
    fault(gateway.get("/v1/trends", params=query), field)


def test_a_monitor_that_was_never_judged_is_learning(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    found = fresh.get(f"/v1/monitors/{shop}/trend").json()
    assert (found["state"], found["learned_buckets"], found["needed_buckets"]) == ("learning", 0, 500)
    assert (found["expected"], found["profile"], found["changes"]) == (None, None, [])
    assert found["smallest_change"] == {"1h": None, "1d": None, "7d": None}


def test_a_watch_shows_how_it_stands_and_what_it_can_find_at_all(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    add_monitor(fresh, "paused", paused=True)
    standing(fresh, shop)
    change(fresh, 1, shop)
    found = fresh.get(f"/v1/monitors/{shop}/trend").json()
    assert (found["state"], found["learned_buckets"], found["at_ms"]) == ("watching", 500, NOW)
    assert found["standing"] == {"down": 0.25, "up": 0.0}
    # √(2 · .0275 / 180) · (2.576 + .842), and so on: the floor falls with the root of the time
    assert found["smallest_change"]["1h"] == pytest.approx(0.0597, rel=0.02)
    assert found["smallest_change"]["1h"] / found["smallest_change"]["1d"] == pytest.approx(24**0.5, rel=1e-6)
    assert found["smallest_change"]["7d"] == pytest.approx(0.0046, rel=0.02)
    assert found["false_alarms"] == {"per_day": 0.2, "monitors": 1, "days_between_per_monitor": 5.0}
    assert len(found["profile"]) == 168
    assert [one["id"] for one in found["changes"]] == ["1"]
    path = fresh.app.openapi()["paths"]["/v1/monitors/{monitor}/trend"]["get"]
    assert path["responses"]["200"]["content"]["application/json"]["example"].keys() == found.keys()


def test_a_young_watch_says_how_much_it_has_learned(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    standing(fresh, shop, learned=499)
    found = fresh.get(f"/v1/monitors/{shop}/trend").json()
    assert (found["state"], found["learned_buckets"]) == ("learning", 499)


def test_a_removed_monitor_s_trends_are_not_written(fresh: Gateway) -> None:
    change(fresh, 1, 999)
    standing(fresh, 999)
    assert listed(fresh) == []
    problem(fresh.get("/v1/monitors/999/trend"), 404, "not-found")


def test_nothing_of_another_account_is_seen(fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    change(fresh, 1, shop)
    standing(fresh, shop)
    assert fresh.get("/v1/trends", tenant=fresh.theirs).json() == {"changes": []}
    problem(fresh.get("/v1/trends", tenant=fresh.theirs, params={"monitor": shop}), 404, "not-found")
    problem(fresh.get(f"/v1/monitors/{shop}/trend", tenant=fresh.theirs), 404, "not-found")
    assert listed(fresh, monitor=shop) == ["1"]


def test_what_is_seen_needs_the_scope_to_read(gateway: Gateway) -> None:
    for path in ("/v1/trends", "/v1/monitors/1/trend", "/v1/account/settings", "/v1/markers/1/compare"):
        problem(gateway.get(path, "ingest"), 403)
        problem(gateway.get(path, None), 401)


def test_an_account_allows_a_false_alarm_in_five_days_until_it_says_otherwise(fresh: Gateway) -> None:
    others = {"anomaly_false_alarms_per_week": 1.0}
    assert fresh.get("/v1/account/settings").json() == {"trend_false_alarms_per_day": 0.2, **others}
    body = {"trend_false_alarms_per_day": 1}
    answer = fresh.call("PATCH", "/v1/account/settings", json=body)
    assert (answer.status_code, answer.json()) == (200, {"trend_false_alarms_per_day": 1.0, **others})
    assert fresh.call("PATCH", "/v1/account/settings", json={}).json() == {"trend_false_alarms_per_day": 1.0, **others}
    theirs = fresh.get("/v1/account/settings", tenant=fresh.theirs).json()
    assert theirs == {"trend_false_alarms_per_day": 0.2, **others}
    shop = add_monitor(fresh, "shop")
    assert fresh.get(f"/v1/monitors/{shop}/trend").json()["false_alarms"]["per_day"] == 1.0


def test_only_an_admin_changes_the_account(fresh: Gateway) -> None:
    problem(fresh.call("PATCH", "/v1/account/settings", "read", json={"trend_false_alarms_per_day": 1}), 403)
    assert fresh.get("/v1/account/settings").json()["trend_false_alarms_per_day"] == 0.2


@pytest.mark.parametrize("value", [0, -1, 0.001, 1001, "many", True])
def test_a_rate_that_cannot_be_is_refused_with_what_can(gateway: Gateway, value: Any) -> None:
    answer = gateway.call("PATCH", "/v1/account/settings", json={"trend_false_alarms_per_day": value})
    fault(answer, "trend_false_alarms_per_day")


def test_an_unknown_setting_is_refused(gateway: Gateway) -> None:
    fault(gateway.call("PATCH", "/v1/account/settings", json={"colour": "red"}), "colour")
