"""Rules about series of checks over real tables and flows: told live and by a backtest alike, learned, and queried."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerting.learning import DueLearning
from tests.integration.flows.draining import drain_alerts, drain_endpoints, put
from tests.integration.gateway.reports import NOW, add_monitor, fault
from tests.integration.gateway.server import Gateway
from vedette.clock import FakeClock
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS
from vedette.store import anomalies
from vedette.store.pool import Store

MINUTE, HOUR = 60_000, 3_600_000
BEGIN = NOW // HOUR * HOUR - 6 * HOUR
RULES: list[dict[str, Any]] = [
    {"name": "apdex", "kind": "threshold", "series": 'endpoint.apdex{team="shop"}', "below": 0.8, "clear_above": 0.85},
    {"name": "place", "kind": "threshold", "series": 'check.failure_ratio{location="us"}', "above": 0.2, "over_s": 300},
    {"name": "slow", "kind": "threshold", "series": 'endpoint.duration_ms{name="Shop"}', "above": 700},
    {"name": "late", "kind": "change", "series": "endpoint.duration_ms", "window_s": 600, "by": 40, "direction": "up"},
]  # fmt: skip


def add_rule(gateway: Gateway, rule: dict[str, Any]) -> int:
    made = gateway.call("POST", "/v1/rules", json=rule)
    assert made.status_code == 201, made.text
    gateway.store.execute("UPDATE rules SET created_at = 'epoch'")
    return int(made.json()["id"])


def checked(gateway: Gateway, monitor: int, seed: int, minutes: int = 240, begin: int = BEGIN) -> None:
    """A check a minute from two places: slow in some hours, failing in some."""
    chance, messages = random.Random(seed), []
    for minute in range(minutes):
        for place, delay in (("eu", 0), ("us", 7_000)):
            at = begin + minute * MINUTE + delay
            slow = 1 + 4 * (60 <= minute < 90) + chance.random()
            bad = chance.random() < (0.5 if 150 <= minute < 170 else 0.02)
            outcome: Outcome = "down" if bad else "up"
            one = CheckRecord(monitor, place, at, at + 3, outcome, round(150 * slow, 1), apdex_t_ms=500, account=1)
            messages.append((str(monitor), encode_json(one)))
    put(gateway.log, CHECKS.name, *messages)


def live(gateway: Gateway, rule: int) -> list[dict[str, Any]]:
    return gateway.store.rows(
        "SELECT id, subject, title, value, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms FROM alerts WHERE rule_id = %s"
        " ORDER BY started_at, subject",
        rule,
    )


def test_a_backtest_agrees_with_what_the_flows_did_on_the_same_checks(fresh: Gateway, tmp_path: Path) -> None:
    shop = add_monitor(fresh, "Shop", labels={"team": "shop", "env": "prod"})
    mail = add_monitor(fresh, "Mail", labels={"team": "mail"})
    numbers = {add_rule(fresh, rule): rule for rule in RULES}
    checked(fresh, shop, 1)
    checked(fresh, mail, 2)
    drain_endpoints(fresh.log, fresh.store, tmp_path)
    drain_alerts(fresh.log, fresh.store, tmp_path)
    for number, rule in numbers.items():
        was = live(fresh, number)
        asked = {"rule": rule, "id": number, "from": str(BEGIN)}
        found = fresh.call("POST", "/v1/rules/backtest", "read", json=asked).json()
        assert was, rule["name"]
        assert found["looked_at"]["what"] == "checks"
        assert found["looked_at"]["step_s"] is None
        would = sorted(found["episodes"], key=lambda one: (one["started_ms"], one["subject"]))
        keys = ("subject", "title", "started_ms", "ended_ms")
        assert [[one[key] for key in keys] for one in would] == [[one[key] for key in keys] for one in was]
        assert {one["subject"].partition("/")[0].partition("@")[0] for one in was} <= {
            f"monitor:{shop}", *(() if rule["name"] in {"apdex", "slow"} else (f"monitor:{mail}",))
        }  # fmt: skip
    [apdex] = [one for one in live(fresh, min(numbers)) if one["started_ms"] < BEGIN + 120 * MINUTE]
    assert apdex["title"].startswith("endpoint.apdex of Shop is below 0.8 (0.7")
    told = fresh.store.rows("SELECT detail FROM alert_transitions WHERE alert_id = %s", apdex["id"])
    assert {one["detail"]["labels"] for one in told} == {'env="prod",team="shop"'}
    removed = fresh.call("DELETE", f"/v1/monitors/{shop}")
    assert removed.status_code == 204
    assert {one["ended_ms"] is None for one in live(fresh, min(numbers))} == {False}


def test_minutes_are_tried_where_single_checks_are_kept_no_more(fresh: Gateway, tmp_path: Path) -> None:
    shop = add_monitor(fresh, "Shop", labels={"team": "shop"})
    checked(fresh, shop, 1)
    drain_endpoints(fresh.log, fresh.store, tmp_path)
    whole = fresh.call("POST", "/v1/rules/backtest", json={"rule": RULES[0], "from": str(BEGIN)}).json()
    fresh.store.execute("DELETE FROM check_results WHERE scheduled_at < to_timestamp(%s / 1000.0)", BEGIN + 2 * HOUR)
    found = fresh.call("POST", "/v1/rules/backtest", json={"rule": RULES[0], "from": str(BEGIN)}).json()
    assert found["looked_at"]["step_s"] == 60
    assert found["fired"] == whole["fired"] > 0
    for one, other in zip(found["episodes"], whole["episodes"], strict=True):
        assert abs(one["started_ms"] - other["started_ms"]) <= 2 * MINUTE


def test_of_a_minute_each_location_counts_and_only_monitors_that_are_meant(fresh: Gateway, tmp_path: Path) -> None:
    shop, mail = add_monitor(fresh, "Shop"), add_monitor(fresh, "Mail")
    messages = []
    for minute in range(40):
        for monitor, place in ((shop, "eu"), (shop, "us"), (mail, "eu"), (mail, "us")):
            at = BEGIN + minute * MINUTE
            outcome: Outcome = "down" if (monitor, place) == (shop, "us") else "up"
            messages.append((str(monitor), encode_json(CheckRecord(monitor, place, at, at, outcome, 9.0, account=1))))
    put(fresh.log, CHECKS.name, *messages)
    drain_endpoints(fresh.log, fresh.store, tmp_path)
    fresh.store.execute("DELETE FROM check_results")
    half = {"name": "half", "kind": "threshold", "series": f'endpoint.failure_ratio{{monitor="{shop}"}}', "above": 0.4}
    found = fresh.call("POST", "/v1/rules/backtest", json={"rule": half, "from": str(BEGIN)}).json()
    assert [one["value"] for one in found["episodes"]] == [pytest.approx(0.5, abs=0.03)]
    place = {**half, "series": f'check.failure_ratio{{monitor="{shop}",location="us"}}'}
    found = fresh.call("POST", "/v1/rules/backtest", json={"rule": place, "from": str(BEGIN)}).json()
    assert [one["value"] for one in found["episodes"]] == [1]
    assert found["looked_at"]["readings"] == 80, "those of the other monitor are not read"


def test_a_monitor_that_is_checked_no_more_is_missing_while_others_are_checked(fresh: Gateway, tmp_path: Path) -> None:
    shop, mail = add_monitor(fresh, "Shop"), add_monitor(fresh, "Mail")
    checked(fresh, shop, 1, minutes=60)
    checked(fresh, mail, 2)
    drain_endpoints(fresh.log, fresh.store, tmp_path)
    rule = {"name": "gone", "kind": "absence", "series": "endpoint.apdex", "for_s": 900}
    found = fresh.call("POST", "/v1/rules/backtest", json={"rule": rule, "from": str(BEGIN)}).json()
    [episode] = found["episodes"]
    assert (episode["subject"], episode["title"]) == (
        f"monitor:{shop}/endpoint.apdex", "endpoint.apdex of Shop is reported no more",
    )  # fmt: skip
    assert episode["started_ms"] - BEGIN == pytest.approx(74 * MINUTE, abs=2 * MINUTE)


def past(store: Store, monitor: int, seed: int) -> None:
    """Five checks a minute in the four weeks before, slower by day."""
    chance = np.random.default_rng(seed)
    minutes = np.arange(BEGIN - 29 * 24 * HOUR, BEGIN, MINUTE)
    means = 200 + 100 * np.sin(2 * np.pi * minutes / (24 * HOUR)) + chance.normal(0, 20, len(minutes))
    with store.transaction() as connection, connection.cursor() as cursor:
        columns = "monitor_id, location, bucket, apdex_t_ms, satisfied, tolerating, frustrated, up, degraded, down,"
        with cursor.copy(f"COPY check_rollup_1m ({columns} missed, probe_error, sum_ms, sketch) FROM STDIN") as copy:
            for minute, mean in zip(minutes.tolist(), means.tolist(), strict=True):
                at = f"{np.datetime64(minute, 'ms')}+00"
                copy.write_row((monitor, "eu", at, 500, 5, 0, 0, 5, 0, 0, 0, 0, 5 * mean, b""))


def test_what_is_usual_of_checks_is_learned_and_what_is_not_is_told(fresh: Gateway, tmp_path: Path) -> None:
    shop, mail = add_monitor(fresh, "Shop"), add_monitor(fresh, "Mail")
    past(fresh.store, shop, 1)
    odd = {"name": "odd", "kind": "anomaly", "series": "endpoint.duration_ms", "window_s": 300, "direction": "above"}
    number = add_rule(fresh, odd)
    due = anomalies.claim(fresh.store, 600)
    assert due is not None
    DueLearning(fresh.store, FakeClock(BEGIN)).learn(due)
    [standing] = fresh.get("/v1/rules/learned").json()["rules"]
    assert (standing["series"], standing["unready"], standing["weeks"]) == (1, 0, 4)
    [row] = anomalies.series_of(fresh.store, number)
    assert (row.subject, row.minutes) == (f"monitor:{shop}/endpoint.duration_ms", 25)
    messages = []
    for monitor in (shop, mail):
        for number_, at in enumerate(range(BEGIN, BEGIN + 3 * HOUR, 12_000)):
            usual = 200 + 100 * np.sin(2 * np.pi * at / (24 * HOUR))
            took = float(usual + (150 if HOUR <= at - BEGIN < HOUR + 20 * MINUTE else 0) + number_ % 7)
            one = CheckRecord(monitor, "eu", at, at, "up", took, account=1)
            messages.append((str(monitor), encode_json(one)))
    put(fresh.log, CHECKS.name, *messages)
    drain_endpoints(fresh.log, fresh.store, tmp_path)
    drain_alerts(fresh.log, fresh.store, tmp_path)
    [alert] = live(fresh, number)
    assert alert["subject"] == f"monitor:{shop}/endpoint.duration_ms"
    assert alert["started_ms"] - BEGIN == pytest.approx(HOUR + 10 * MINUTE, abs=MINUTE)
    assert "of Shop is" in alert["title"]
    found = fresh.call("POST", "/v1/rules/backtest", json={"id": number, "from": str(BEGIN)}).json()
    assert [(one["subject"], one["title"], one["started_ms"], one["ended_ms"]) for one in found["episodes"]] == [
        (alert["subject"], alert["title"], alert["started_ms"], alert["ended_ms"])
    ]


def test_queries_name_monitors_by_their_labels(fresh: Gateway, tmp_path: Path) -> None:
    shop = add_monitor(fresh, "Shop", labels={"team": "shop"})
    add_monitor(fresh, "Mail", labels={"team": "mail"})
    checked(fresh, shop, 1, minutes=10)
    drain_endpoints(fresh.log, fresh.store, tmp_path)
    asked = {"from": str(BEGIN), "to": str(BEGIN + HOUR), "step": 3600}

    def query(series: str, agg: str = "avg") -> list[Any]:
        answer = fresh.get("/v1/query", params={"series": series, "agg": agg, **asked})
        assert answer.status_code == 200, answer.text
        return [(one["labels"], one["values"][0]) for one in answer.json()["series"]]

    [(labels, apdex)] = query('endpoint.apdex{team="shop"}')
    assert labels == {"monitor": str(shop)}
    assert 0.9 <= apdex <= 1
    assert query('endpoint.apdex{team="shop"}', "count") == [({"monitor": str(shop)}, 20)]
    places = query("check.failure_ratio")
    assert [labels["location"] for labels, _ in places] == ["eu", "us"]
    failed = query("endpoint.failure_ratio", "sum")[0][1]
    assert failed == sum(value for _, value in query("check.failure_ratio", "sum"))
    assert query('endpoint.duration_ms{name="Shop"}', "p50")[0][1] == pytest.approx(225, rel=0.3)
    assert query('endpoint.apdex{team="mail"}') == []
    wrong = fresh.get("/v1/query", params={"series": "endpoint.apdex", "agg": "p99", **asked})
    assert "avg, sum, count (for endpoint.apdex)" in fault(wrong, "agg")["allowed"]
    assert (
        "endpoint.apdex"
        in fault(fresh.get("/v1/query", params={"series": "check.nothing", **asked}), "series")["allowed"]
    )


@pytest.mark.parametrize(
    "labels",
    [
        {"monitor": "3"},
        {"name": "x"},
        {"a b": "x"},
        {"a": "\u0007"},
        {f"l{n}": "x" for n in range(17)},
        {"a": "x" * 501},
    ],
)
def test_labels_that_no_selector_could_name_are_refused(fresh: Gateway, labels: dict[str, str]) -> None:
    body = {"name": "Shop", "url": "http://shop.example/", "labels": labels}
    assert "labels" in fault(fresh.call("POST", "/v1/monitors", json=body), "labels")["allowed"]
