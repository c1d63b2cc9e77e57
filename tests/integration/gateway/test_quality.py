"""Outcomes over a real gateway, flow and alerting: reported, joined, asked for, and an alert that says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataflows import drift
from dataflows.running import run
from tests.integration.flows.draining import drain_alerts
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from vedette.clock import SystemClock


def test_outcomes_become_quality_and_an_alert(fresh: Gateway, tmp_path: Path) -> None:
    model = register(fresh, "churn", window_s=60, task="classification", positive="yes")
    rule = {"name": "Quality", "kind": "quality", "model": model, "metric": "accuracy", "below": 0.8}
    assert fresh.call("POST", "/v1/rules", "admin", json=rule).status_code == 201
    fresh.store.execute("UPDATE rules SET created_at = 'epoch'")
    begin = fresh.clock.now_ms() // 60_000 * 60_000 - 600_000
    ids = [f"r{n}" for n in range(40)]
    rows = {"model": "churn", "epoch": "e", "seq": 1, "ts": [begin + n for n in range(40)], "ids": ids}
    assert fresh.call("POST", "/v1/features", "agent", json={**rows, "predictions": [0.9] * 40}).status_code == 202
    later = {**rows, "seq": 2, "ts": [begin + 180_000], "ids": [None], "predictions": [0.9]}  # the window is over
    assert fresh.call("POST", "/v1/features", "agent", json=later).status_code == 202
    outcomes: list[dict[str, Any]] = [{"id": name, "actual": "yes" if n < 30 else "no"} for n, name in enumerate(ids)]
    body = {"model": "churn", "epoch": "e", "seq": 1, "outcomes": [*outcomes, {"id": "r1", "actual": None}]}
    for _ in range(2):  # the same number again: dropped
        answer = fresh.call("POST", "/v1/outcomes", "agent", json=body)
        assert answer.status_code == 202, answer.text
        assert (answer.json()["outcomes"], answer.json()["refused_rows"]) == (40, 1)
        assert [(one["row"], one["id"]) for one in answer.json()["refused"]] == [(40, "r1")]
    run(drift.build(fresh.log, fresh.store, SystemClock(), shards=4, stop=lambda: True), tmp_path / "drift", 0.1)
    answer = fresh.get(f"/v1/models/{model}/quality?from={begin}&to={begin + 60_000}")
    [window] = answer.json()["windows"]
    assert (window["start_ms"], window["rows"], window["labelled"]) == (begin, 40, 40)
    assert (window["metrics"]["accuracy"], window["metrics"]["precision"]) == (0.75, 0.75)
    assert window["metrics"]["auc"] == 0.5
    assert window["intervals"]["accuracy"] == pytest.approx([0.598, 0.858], abs=0.001)  # Wilson, 30 of 40
    assert window["estimated"]["accuracy"] == pytest.approx(0.9, abs=0.0005)
    drain_alerts(fresh.log, fresh.store, tmp_path)
    [alert] = fresh.get("/v1/alerts").json()["alerts"]
    assert alert["state"] == "firing"
    assert alert["title"].startswith("accuracy of churn is 0.75, below 0.8: window of ")


def test_a_model_without_a_task_has_no_quality(gateway: Gateway) -> None:
    model = register(gateway, "no-task")
    assert gateway.get(f"/v1/models/{model}/quality").json()["windows"] == []
    assert gateway.call("GET", f"/v1/models/{model}/quality", "read", tenant=gateway.theirs).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"task": "ranking"},
        {"task": "regression", "threshold": 0.4},
        {"positive": "yes"},
        {"task": "classification", "threshold": 1.5},
        {"task": "classification", "positive": [1]},
        {"task": "classification", "outcome_wait_s": 1},
        {"task": "classification", "prediction": ""},
    ],
)
def test_settings_that_make_no_sense_are_refused(gateway: Gateway, fields: dict[str, Any]) -> None:
    assert gateway.call("POST", "/v1/models", "admin", json={"name": "odd", **fields}).status_code == 422


def test_what_is_wrong_with_a_report_of_outcomes_is_said(gateway: Gateway) -> None:
    register(gateway, "bad-outcomes")
    body = {"model": "bad-outcomes", "epoch": 1, "seq": 1, "ids": ["a"], "actuals": [1]}
    fault(gateway.call("POST", "/v1/outcomes", "agent", json={**body, "model": "nobody"}), "model")
    fault(gateway.call("POST", "/v1/outcomes", "agent", json={**body, "actuals": []}), "actuals")
    arrow = {"Content-Type": "application/vnd.apache.arrow.stream"}
    fault(gateway.call("POST", "/v1/outcomes", "agent", content=b"ARROW", headers=arrow), "Content-Type")
    assert gateway.call("POST", "/v1/outcomes", "read", json=body).status_code == 403
