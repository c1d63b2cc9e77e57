"""Backtests agree with what the flows did on the same data; they are bounded, and say what they looked at."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerting.book import RuleBook
from tests.integration.flows.draining import drain_alerts, drain_rollup, put
from tests.integration.gateway.reports import NOW, add_monitor, fault, problem
from tests.integration.gateway.server import Gateway
from vedette.clock import SystemClock
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.events.topics import SAMPLES, SIGNALS
from vedette.store.roles import set_roles

HOUR_MS = 3_600_000
BEGIN = NOW - NOW % 60_000 - 2 * HOUR_MS
RULES: list[dict[str, Any]] = [
    {"name": "above", "kind": "threshold", "series": "load", "above": 16},
    {"name": "below for a while", "kind": "threshold", "series": "load", "below": 8, "for_s": 60},
    {"name": "within", "kind": "threshold", "series": "load", "outside": [3, 17], "clear_above": 6, "clear_for_s": 60},
    {"name": "rate", "kind": "threshold", "series": 'sent{source="web"}', "above": 1.5},
    {"name": "change", "kind": "change", "series": "load", "window_s": 600, "by": 20},
]  # fmt: skip


def walk(chance: random.Random, steps: int) -> list[float]:
    """Values between 0 and 20 that stay near each other."""
    value, found = 10.0, []
    for _ in range(steps):
        value = min(20.0, max(0.0, value + chance.uniform(-2, 2)))
        found.append(round(value, 3))
    return found


def report(gateway: Gateway, source: str, interval_s: int, seed: int) -> None:
    """Two hours of a host with a gauge and a counter, three seconds past each tick, with some reports missing."""
    chance, total, messages = random.Random(seed), 0.0, []
    for seq, load in enumerate(walk(chance, 7_200 // interval_s)):
        total += chance.uniform(0, 2 * interval_s)
        if chance.random() < 0.03:
            continue
        body = {
            "source": source, "epoch": 1, "seq": seq + 1, "interval_ms": interval_s * 1000,
            "ts": BEGIN + seq * interval_s * 1000 + 3_000, "values": {"load": load, "sent": total},
            "kinds": {"sent": "counter"},
        }  # fmt: skip
        messages.append((source, msgspec.json.encode(body)))
    put(gateway.log, SAMPLES.name, *messages)


def add_rule(gateway: Gateway, rule: dict[str, Any]) -> int:
    made = gateway.call("POST", "/v1/rules", json=rule)
    assert made.status_code == 201, made.text
    gateway.store.execute("UPDATE rules SET created_at = 'epoch'")
    return int(made.json()["id"])


def test_a_backtest_agrees_with_what_the_flows_did_on_the_same_data(fresh: Gateway, tmp_path: Path) -> None:
    numbers = {add_rule(fresh, rule): rule for rule in RULES}
    report(fresh, "web", 10, 1)
    report(fresh, "db", 60, 2)
    drain_rollup(fresh.log, fresh.store, tmp_path, RuleBook(fresh.store, SystemClock()).watch)
    drain_alerts(fresh.log, fresh.store, tmp_path)
    for number, rule in numbers.items():
        asked = {"rule": rule, "id": number, "from": str(BEGIN)}
        found = fresh.call("POST", "/v1/rules/backtest", "read", json=asked).json()
        live = fresh.store.rows(
            "SELECT subject, title, value, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
            " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms FROM alerts WHERE rule_id = %s"
            " ORDER BY started_at, subject",
            number,
        )
        assert live, rule["name"]
        assert found["fired"] == found["recorded"]["fired"] == len(live)
        assert found["looked_at"]["what"] == "rollups"
        by_time = sorted(found["episodes"], key=lambda one: (one["started_ms"], one["subject"]))
        for was, would in zip(live, by_time, strict=True):
            assert (would["subject"], would["title"]) == (was["subject"], was["title"])
            assert would["value"] == pytest.approx(was["value"])
            # A row knows the window in which a value was reported, not the moment.
            assert was["started_ms"] - would["started_ms"] == 3_000
            assert (was["ended_ms"] is None) == (would["ended_ms"] is None)
            assert was["ended_ms"] is None or was["ended_ms"] - would["ended_ms"] == 3_000
        assert abs(found["firing_s"] - found["recorded"]["firing_s"]) <= 3 * len(live) + 1


def test_an_absence_is_found_in_the_rows_of_its_host(fresh: Gateway, tmp_path: Path) -> None:
    for source, until in (("web", 400), ("db", 100_000)):
        values = [
            {"load": 1.0, "backup": 1.0} if n * 10 < until and not 300 <= n < 330 else {"load": 1.0} for n in range(720)
        ]
        bodies = [
            {"source": source, "epoch": 1, "seq": n + 1, "ts": BEGIN + n * 10_000,
             "interval_ms": 10_000, "values": one}
            for n, one in enumerate(values)
        ]  # fmt: skip
        put(fresh.log, SAMPLES.name, *((source, msgspec.json.encode(body)) for body in bodies))
    drain_rollup(fresh.log, fresh.store, tmp_path)
    rule = {"name": "gone", "kind": "absence", "series": "backup", "for_s": 120}
    found = fresh.call("POST", "/v1/rules/backtest", json={"rule": rule, "from": str(BEGIN)}).json()
    told = [(one["subject"], one["started_ms"] - BEGIN, one["lasted_s"]) for one in found["episodes"]]
    assert [subject for subject, *_ in told] == ["series:web/backup", "series:db/backup"]
    assert told[0][1] == pytest.approx(390_000 + 120_000, abs=10_000)
    assert found["episodes"][0]["ended_ms"] is None
    assert told[1][1:] == (pytest.approx(2_990_000 + 120_000, abs=10_000), pytest.approx(190, abs=10))


def monitor(at: int, state: str) -> tuple[str, bytes]:
    signal = Signal("monitor", 1, "monitor:3", at, state, detail={"monitor": 3, "failing": "fra-1"})
    return "1/monitor:3", encode_json(signal)


def test_other_rules_are_tried_on_the_signals_that_the_log_holds(fresh: Gateway) -> None:
    now = SystemClock().now_ms()
    fresh.clock.advance((now - fresh.clock.now_ms()) / 1000 + 60)
    stranger = encode_json(Signal("monitor", 2, "monitor:9", now, "down", detail={"monitor": 9}))
    put(fresh.log, SIGNALS.name, monitor(now - 900, "up"), monitor(now - 800, "down"), ("2/monitor:9", stranger))
    put(fresh.log, SIGNALS.name, ("1/monitor:3", b"no signal"), monitor(now - 300, "up"), monitor(now - 100, "down"))
    rule = {"name": "down", "kind": "outage"}
    found = fresh.call("POST", "/v1/rules/backtest", json={"rule": rule, "from": "-1h"}).json()
    assert [(one["started_ms"], one["ended_ms"]) for one in found["episodes"]] == [
        (now - 800, now - 300),
        (now - 100, None),
    ]
    assert found["episodes"][0]["title"] == "monitor 3 is down at fra-1"
    assert (found["looked_at"]["what"], found["looked_at"]["readings"], found["recorded"]) == ("signals", 4, None)


def test_rules_that_choose_by_labels_and_roles_are_tried_too(fresh: Gateway) -> None:
    now = SystemClock().now_ms()
    fresh.clock.advance((now - fresh.clock.now_ms()) / 1000 + 60)
    shop, mail = (add_monitor(fresh, name, labels={"team": name}) for name in ("shop", "mail"))
    for number in (shop, mail):
        down = Signal("monitor", 1, f"monitor:{number}", now - 800, "down", detail={"monitor": number})
        put(fresh.log, SIGNALS.name, (f"1/monitor:{number}", encode_json(down)))
    fresh.store.execute("INSERT INTO roles VALUES (1, 'db', 1, '{}', '')")
    set_roles(fresh.store, 1, "web-1", ["db"])
    for source in ("web-1", "web-2"):
        put(fresh.log, SIGNALS.name, (source, encode_json(Signal("host", 1, f"source:{source}", now, "silent"))))
    for rule, subjects in (
        ({"kind": "outage", "monitors": '{team="shop"}'}, [f"monitor:{shop}"]),
        ({"kind": "outage", "monitors": '{name="mail"}'}, [f"monitor:{mail}"]),
        ({"kind": "host_silent", "hosts": '{role="db"}'}, ["source:web-1"]),
    ):
        asked = {"rule": {"name": "r", **rule}, "from": "-1h"}
        found = fresh.call("POST", "/v1/rules/backtest", json=asked).json()
        assert [one["subject"] for one in found["episodes"]] == subjects


def test_a_rule_may_be_named_by_its_number(gateway: Gateway) -> None:
    number = add_rule(gateway, {"name": "n", "kind": "threshold", "series": "nothing", "above": 1})
    found = gateway.call("POST", "/v1/rules/backtest", "read", json={"id": number}).json()
    assert (found["fired"], found["episodes"], found["looked_at"]["subjects"]) == (0, [], 0)
    assert found["recorded"] == {"fired": 0, "firing_s": 0}
    problem(gateway.call("POST", "/v1/rules/backtest", json={"id": number + 1}), 404, "not-found")
    other = gateway.call("POST", "/v1/rules/backtest", json={"id": number}, tenant=gateway.theirs)
    problem(other, 404, "not-found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "rule"),
        ({"rule": {"name": "n", "kind": "threshold", "series": "a"}}, "threshold"),
        ({"id": 1, "from": "-93d"}, "from"),
        ({"id": 1, "from": "now"}, "from"),
        ({"id": 1, "from": "yesterday"}, "from"),
        ({"id": 1, "until": "now"}, "until"),
    ],
)
def test_bad_questions_are_refused_with_their_field(gateway: Gateway, body: dict[str, Any], field: str) -> None:
    answer = gateway.call("POST", "/v1/rules/backtest", json=body)
    assert answer.status_code == 422
    assert field in answer.text
    assert fault(answer, field) if field in {"from", "rule", "until"} else True


def test_only_so_many_readings_are_tried(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from ingest_api.backtests import rollups

    body = {
        "source": "s",
        "epoch": 1,
        "seq": 1,
        "ts": NOW - 60_000,
        "values": {"much": 1.0},
    }
    put(gateway.log, SAMPLES.name, ("s", msgspec.json.encode(body)))
    drain_rollup(gateway.log, gateway.store, tmp_path)
    rule = {"name": "n", "kind": "threshold", "series": "much", "above": 0}
    asked = {"rule": rule, "from": "-6h"}
    assert gateway.call("POST", "/v1/rules/backtest", json=asked).json()["looked_at"]["step_s"] == 10
    monkeypatch.setattr(rollups, "MOST_READINGS", 1_000)
    found = gateway.call("POST", "/v1/rules/backtest", json=asked).json()
    assert (found["looked_at"]["step_s"], found["fired"]) == (60, 1)
    monkeypatch.setattr(rollups, "MOST_READINGS", 100)
    assert "100 readings" in fault(gateway.call("POST", "/v1/rules/backtest", json=asked), "from")["allowed"]
    monkeypatch.setattr(rollups, "MOST_SERIES", 0)
    assert "0 series" in fault(gateway.call("POST", "/v1/rules/backtest", json=asked), "rule.series")["allowed"]
