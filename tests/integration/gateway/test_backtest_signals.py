"""Backtests of rules about signals reach beyond the log, agree with what the flow did, and read each signal once."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from ingest_api.backtests import signals as reading
from tests.integration.flows.draining import drain_alerts, put
from tests.integration.gateway.past import Past, days, random_signal
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from vedette.clock import SystemClock
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.events.topics import SIGNALS

RULES: list[dict[str, Any]] = [
    {"kind": "outage"},
    {"kind": "outage", "monitor": 2, "partial": True},
    {"kind": "outage", "monitors": '{team="shop"}'},
    {"kind": "outage", "unknown": True},
    {"kind": "endpoint_down", "after_failures": 3},
    {"kind": "degraded", "for_s": 600},
    {"kind": "trend", "minimum": 0.01},
    {"kind": "burn_rate", "objective": 0.999, "pairs": ["1h/5m:14.4"]},
    {"kind": "burn_rate", "monitor": 1, "objective": 0.99, "pairs": ["1h/5m:2"]},
    {"kind": "host_silent", "source": "web-.*"},
    {"kind": "host_silent", "hosts": '{role="db"}'},
    {"kind": "host_flag", "flag": "clone"},
    {"kind": "host_flag", "flag": "clock"},
    {"kind": "plugin_notice"},
    {"kind": "drift"},
    {"kind": "drift", "windows": 2},
    {"kind": "control_chart", "model": 1},
    {"kind": "model_silent"},
    {"kind": "quality", "metric": "accuracy", "below": 0.5},
    {"kind": "model_metric", "metric": "revenue", "above": 0.5, "model": 2},
]


def make(gateway: Gateway, rule: dict[str, Any]) -> int:
    made = gateway.call("POST", "/v1/rules", json=rule)
    assert made.status_code == 201, made.text
    gateway.store.execute("UPDATE rules SET created_at = 'epoch'")
    return int(made.json()["id"])


def tried(gateway: Gateway, rule: int, since: str, until: str = "now") -> dict[str, Any]:
    answer = gateway.call("POST", "/v1/rules/backtest", "read", json={"id": rule, "from": since, "to": until})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def live(gateway: Gateway, rule: int, from_ms: int = 0) -> list[tuple[Any, ...]]:
    """What was recorded: subject, title, value, start and end."""
    rows = gateway.store.rows(
        "SELECT subject, title, value, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms FROM alerts WHERE rule_id = %s"
        " AND (ended_at IS NULL OR ended_at >= to_timestamp(%s / 1000.0)) ORDER BY started_at, subject, title",
        rule,
        from_ms,
    )
    return [tuple(row.values()) for row in rows]


def episodes(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    names = ("subject", "title", "value", "started_ms", "ended_ms")
    told = [tuple(one[name] for name in names) for one in found["episodes"]]
    return sorted(told, key=lambda one: (one[3], one[0], one[1]))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_backtest_finds_the_alerts_that_the_flow_recorded_days_ago(fresh: Gateway, seed: int) -> None:
    """Of all kinds, with the times of timers; the log has forgotten the signals, the table has not."""
    for name, labels in (("a", {"team": "shop"}), ("b", {})):
        spec = {"name": name, "url": "https://example.org/", "labels": labels}
        assert fresh.call("POST", "/v1/monitors", json=spec).status_code == 201
    fresh.call("PUT", "/v1/roles/db", json={})
    fresh.call("PUT", "/v1/sources/web-2/roles", json={"roles": ["db"]})
    numbers = {make(fresh, {"name": f"r{n}", **rule}): rule for n, rule in enumerate(RULES)}
    past, chance = Past(fresh), random.Random(seed)
    for n in range(700):
        past.wait(chance.choice([1, 20, 60, 200, 900] if n % 100 < 80 else [20]))
        if n % 100 > 80:
            past.hear(monitor(fresh, past.clock.now_ms(), "down" if n % 2 else "up"))
            past.wait(20)
        signal = random_signal(chance, fresh.ours.account, past.clock.now_ms())
        past.hear(signal)
        if chance.random() < 0.05 and signal.kind != "notice":
            past.hear(signal)  # as after a crash of the flow that said it
    past.wait(days(0.02))
    past.keep()
    fresh.clock.advance(days(2))  # the log keeps one
    flapped = 0
    for number, rule in numbers.items():
        was, found = live(fresh, number), tried(fresh, number, "-20d")
        assert was, rule
        assert episodes(found) == was, rule
        assert found["fired"] == found["recorded"]["fired"] == len(was)
        assert abs(found["firing_s"] - found["recorded"]["firing_s"]) <= 1
        assert found["looked_at"]["what"] == "signals"
        flapped += found["flapping"]
    assert flapped, "the script must reach what only timers end"


def test_what_began_within_a_day_before_the_range_is_known_in_it(fresh: Gateway) -> None:
    number = make(fresh, {"name": "down", "kind": "outage"})
    past, began = Past(fresh), fresh.clock.now_ms()
    past.hear(monitor(fresh, began, "down"))
    past.wait(days(0.9))
    past.hear(monitor(fresh, past.clock.now_ms(), "up"))
    past.keep()
    found = tried(fresh, number, str(began + round(days(0.5) * 1000)))
    assert [one["started_ms"] for one in found["episodes"]] == [began]
    assert found["firing_s"] == round(days(0.4)), "of the range only"


def monitor(gateway: Gateway, at: int, state: str) -> Signal:
    return Signal("monitor", gateway.ours.account, "monitor:3", at, state, detail={"monitor": 3, "failing": "fra"})


def test_table_and_log_are_read_so_that_each_signal_counts_once(fresh: Gateway, tmp_path: Path) -> None:
    """Some signals came before any were kept, some are in both, some the flow has not read yet."""
    now = SystemClock().now_ms()
    fresh.clock.advance((now - fresh.clock.now_ms()) / 1000 + 60)
    account = fresh.ours.account
    number = make(fresh, {"name": "said", "kind": "plugin_notice"})

    def say(title: str) -> None:
        detail: dict[str, Any] = {"title": title, "body": "b", "said_ms": 1}
        put(
            fresh.log,
            SIGNALS.name,
            (f"{account}/x", encode_json(Signal("notice", account, "plugin:a/b", now, detail=detail))),
        )

    say("before")
    drain_alerts(fresh.log, fresh.store, tmp_path)
    # As after an upgrade: the flow has read on from there, and kept nothing of it.
    fresh.store.execute("DELETE FROM signals")
    fresh.store.execute("DELETE FROM signal_positions")
    put(fresh.log, SIGNALS.name, (f"{account}/x", b"no signal"))
    say("kept")
    drain_alerts(fresh.log, fresh.store, tmp_path)
    say("not read yet")
    found = tried(fresh, number, "-1h")
    assert [one["title"] for one in found["episodes"]] == ["before", "kept", "not read yet"]
    assert found["looked_at"]["readings"] == 3
    # A position that a crash has set back: the table is ahead of it.
    fresh.store.execute("UPDATE signal_positions SET next_offset = first_offset")
    assert tried(fresh, number, "-1h")["looked_at"]["readings"] == 3
    # A log that was made anew is shorter than what was read of the old one.
    fresh.store.execute("UPDATE signal_positions SET next_offset = 1000, first_offset = 900")
    assert tried(fresh, number, "-1h")["looked_at"]["readings"] == 3


def test_only_so_many_signals_are_tried_and_it_is_said_what_would_be_fewer(
    fresh: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = Past(fresh)
    for n in range(6):
        past.hear(monitor(fresh, past.clock.now_ms(), "down" if n % 2 else "up"))
        past.wait(10)
    past.keep()
    monkeypatch.setattr(reading, "MOST_SIGNALS", 5)
    asked = {"rule": {"name": "n", "kind": "outage"}, "from": "-1h"}
    allowed = fault(fresh.call("POST", "/v1/rules/backtest", json=asked), "from")["allowed"]
    assert allowed == "a later time, or a rule about one monitor or model: at most 5 signals of the kind monitor"
    asked["rule"]["monitor"] = 4  # type: ignore[index]
    found = fresh.call("POST", "/v1/rules/backtest", json=asked).json()
    assert (found["fired"], found["looked_at"]["subjects"]) == (0, 0)
