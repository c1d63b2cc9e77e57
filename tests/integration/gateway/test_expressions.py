"""Rules about several series: what is refused, and that backtests agree with what the flows did on the same data."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerting.book import RuleBook
from tests.integration.flows.draining import drain_alerts, drain_rollup, put
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_backtest import BEGIN, HOUR_MS, add_rule, walk
from vedette.clock import SystemClock
from vedette.events.topics import SAMPLES

SENT = "sent / 10 > 0.1 and load < 12"
RULES: list[dict[str, Any]] = [
    {"expression": "load / queue > 1.5 and load > 4"},
    {"expression": "abs(load - queue) >= 6", "for_s": 30, "clear_for_s": 40},
    {"expression": SENT, "hosts": '{source="web"}'},
    {"expression": "used / size > 0.8 or load / (queue - queue) > 1", "per": ["mount"], "for_s": 20},
    {"expression": "sum(used) / sum(size) > 0.6 and not extra > 10"},
    {"expression": "load > 15 and extra > 10", "within_s": 60},
]  # fmt: skip


def report(gateway: Gateway, source: str, interval_s: int, seed: int) -> None:
    """Two hours of a host: most series in one report, `extra` in one of its own, each third time and the last."""
    chance, total, messages, seq = random.Random(seed), 0.0, [], 0
    count = 7_200 // interval_s
    walks = [walk(chance, count) for _ in range(5)]
    for tick in range(count):
        total += chance.uniform(0, 2 * interval_s)
        last = tick == count - 1
        if chance.random() < 0.03 and not last:
            continue
        load, queue, used, other, extra = (one[tick] for one in walks)
        values = {
            "load": load, "queue": max(0.0, queue - 4), "sent": total, 'used{mount="/"}': used,
            'used{mount="/home"}': other, 'size{mount="/"}': 20.0, 'size{mount="/home"}': 18.0,
        }  # fmt: skip
        at = BEGIN + tick * interval_s * 1000
        bodies: list[dict[str, Any]] = [{"ts": at + 3_000, "values": values, "kinds": {"sent": "counter"}}]
        if tick % 3 == 0 or last:
            bodies.append({"ts": at + 3_000, "values": {"extra": extra}})
        for body in bodies:
            seq += 1
            head = {"source": source, "epoch": 1, "seq": seq, "interval_ms": interval_s * 1000}
            messages.append((source, msgspec.json.encode({**head, **body})))
    put(gateway.log, SAMPLES.name, *messages)


def test_a_backtest_of_an_expression_agrees_with_what_the_flows_did(fresh: Gateway, tmp_path: Path) -> None:
    numbers = {
        add_rule(fresh, whole): whole
        for n, rule in enumerate(RULES)
        if (whole := {"name": f"rule {n}", "kind": "expression", **rule})
    }
    report(fresh, "web", 10, 1)
    report(fresh, "db", 60, 2)
    book = RuleBook(fresh.store, SystemClock())
    drain_rollup(fresh.log, fresh.store, tmp_path, book.watch, book.ask)
    drain_alerts(fresh.log, fresh.store, tmp_path)
    for number, rule in numbers.items():
        # What flaps ends by a timer, of which the flows here have none after the last report.
        asked = {"rule": rule, "id": number, "from": str(BEGIN), "to": str(BEGIN + 2 * HOUR_MS)}
        found = fresh.call("POST", "/v1/rules/backtest", "read", json=asked).json()
        live = fresh.store.rows(
            "SELECT subject, title, value, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
            " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms FROM alerts WHERE rule_id = %s"
            " ORDER BY started_at, subject",
            number,
        )
        assert live, rule
        by_time = sorted(found["episodes"], key=lambda one: (one["started_ms"], one["subject"]))
        assert len(by_time) == len(live)
        for was, would in zip(live, by_time, strict=True):
            assert (would["subject"], would["title"]) == (was["subject"], was["title"])
            assert would["value"] == pytest.approx(was["value"])
            assert was["started_ms"] - would["started_ms"] == 3_000
            assert (was["ended_ms"] is None) == (would["ended_ms"] is None)
            assert was["ended_ms"] is None or was["ended_ms"] - would["ended_ms"] == 3_000
        divides = "queue - queue" in rule["expression"]
        assert ("division by zero in load / (queue - queue)" in str(found["unknown"])) == divides
        subjects = {one["subject"].partition("/")[0] for one in by_time}
        assert subjects <= {"expression:web"} if rule.get("hosts") else subjects


def test_a_bad_expression_is_refused_with_its_place(gateway: Gateway) -> None:
    rule = {"name": "bad", "kind": "expression", "expression": "cpu > 1 and", "per": ["a b"]}
    answer = gateway.call("POST", "/v1/rules", json=rule)
    assert answer.status_code == 422
    assert "at character 12" in answer.text
    assert "per" in answer.text


def test_an_expression_about_too_many_series_is_not_tried(gateway: Gateway, tmp_path: Path) -> None:
    values = {f'many{{n="{n}"}}': 1.0 for n in range(201)}
    body = {"source": "wide", "epoch": 1, "seq": 1, "ts": BEGIN, "values": values}
    put(gateway.log, SAMPLES.name, ("wide", msgspec.json.encode(body)))
    drain_rollup(gateway.log, gateway.store, tmp_path)
    rule = {"name": "n", "kind": "expression", "expression": "sum(many) > 1"}
    answer = gateway.call("POST", "/v1/rules/backtest", json={"rule": rule, "from": "-6h"})
    assert "at most 200 series" in fault(answer, "rule.expression")["allowed"]
