"""Metrics over a real gateway, flow and alerting: reported, counted, asked for, an alert, and its backtest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dataflows import drift
from dataflows.running import run
from tests.integration.flows.draining import drain_alerts
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from tests.patience import PATIENCE_S
from vedette.clock import SystemClock
from vedette_client import Recorder, VedetteClient


def drain(gateway: Gateway, folder: Path) -> None:
    run(drift.build(gateway.log, gateway.store, SystemClock(), shards=4, stop=lambda: True), folder, 0.1)


def test_metrics_become_windows_and_an_alert(fresh: Gateway, tmp_path: Path) -> None:
    model = register(fresh, "churn", window_s=60)
    rule = {"name": "Cost", "kind": "model_metric", "model": model, "metric": "cost", "baseline": 2, "delta": 1}
    assert fresh.call("POST", "/v1/rules", "admin", json=rule).status_code == 201
    fresh.store.execute("UPDATE rules SET created_at = 'epoch'")
    begin = fresh.clock.now_ms() // 60_000 * 60_000 - 600_000
    rows: list[dict[str, Any]] = [{"name": "cost", "value": n, "ts": begin + n} for n in range(9)]
    rows += [{"name": "cost", "value": None}, {"name": "tokens", "value": 5, "ts": begin + 180_000}]
    rows += [{"name": "tokens", "value": 6, "ts": begin + 400_000}]  # those before are over
    body = {"epoch": "e", "seq": 1, "metrics": rows}
    for _ in range(2):  # the same number again: dropped
        answer = fresh.call("POST", f"/v1/models/{model}/metrics", "agent", json=body)
        assert answer.status_code == 202, answer.text
        assert (answer.json()["values"], answer.json()["refused_values"]) == (11, 1)
        assert [(one["row"], one["name"]) for one in answer.json()["refused"]] == [(9, "cost")]
    drain(fresh, tmp_path / "drift")
    answer = fresh.get(f"/v1/models/{model}/metrics?from={begin}&to={begin + 200_000}")
    assert answer.json()["metrics"] == ["cost", "tokens"]
    [window, _] = answer.json()["windows"]
    said = {"version": "", "metric": "cost", "start_ms": begin, "window_s": 60}
    assert window == {**said, "count": 9, "mean": 4.0, "min": 0.0, "max": 8.0}
    only = fresh.get(f"/v1/models/{model}/metrics?from={begin}&metric=tokens").json()["windows"]
    assert [one["mean"] for one in only] == [5.0]
    drain_alerts(fresh.log, fresh.store, tmp_path)
    [alert] = fresh.get("/v1/alerts").json()["alerts"]
    assert alert["state"] == "firing"
    assert alert["title"].startswith("cost of churn is 4, outside 2 ± 1: window of ")
    fresh.clock.advance((SystemClock().now_ms() - fresh.clock.now_ms()) / 1000 + 60)
    for delta, fired in ((1, 1), (3, 0)):
        tried = fresh.call("POST", "/v1/rules/backtest", "read", json={"rule": {**rule, "delta": delta}, "from": "-1h"})
        assert (tried.json()["fired"], tried.json()["looked_at"]["readings"]) == (fired, 1)


def test_a_recorder_and_a_client_report_metrics(fresh: Gateway, tmp_path: Path) -> None:
    model = register(fresh, "churn", window_s=60)
    now = fresh.clock.now_ms()
    begin = now - 600_000
    with Recorder(fresh.url, fresh.ours.tokens["ingest"], model="churn", version="2") as recorder:
        recorder.record({"age": 3}, ts=now)
        recorder.record_metric("cost", 2, ts=begin)
        recorder.record_metric("cost", 4.0, ts=begin)
        recorder.record_metric("cost", float("nan"), ts=begin)
        recorder.flush(PATIENCE_S)
    assert (recorder.counters.sent, recorder.last_error) == (4, None)
    with VedetteClient(fresh.url, fresh.ours.tokens["admin"]) as client:
        assert client.post_metrics(model, {"cost": 7, "tokens": 9}, at=begin)["values"] == 2
        refused = client.post_metrics(model, {"cost": 1, "": 2}, version="2")["refused"]  # and what was before is over
        assert [one["row"] for one in refused] == [1]
        drain(fresh, tmp_path / "drift")
        found = client.metrics(model, begin - 60_000, begin + 60_000, metric="cost")["windows"]
    assert [(one["version"], one["count"], one["mean"]) for one in found] == [("", 1, 7.0), ("2", 2, 3.0)]


def test_what_is_wrong_with_a_report_of_metrics_is_said(gateway: Gateway) -> None:
    model = register(gateway, "bad-metrics")
    path = f"/v1/models/{model}/metrics"
    body = {"epoch": 1, "seq": 1, "names": ["a"], "values": [1]}
    fault(gateway.call("POST", "/v1/metrics", "agent", json={**body, "model": "nobody"}), "model")
    fault(gateway.call("POST", "/v1/metrics", "agent", json=body), "model")
    fault(gateway.call("POST", path, "agent", json={**body, "model": "another"}), "model")
    fault(gateway.call("POST", path, "agent", json={**body, "values": []}), "values")
    fault(gateway.call("POST", path, "agent", content=b"x", headers={"Content-Type": "text/csv"}), "Content-Type")
    assert gateway.call("POST", path, "read", json=body).status_code == 403
    assert gateway.call("POST", "/v1/models/999999/metrics", "agent", json=body).status_code == 404
    assert gateway.call("POST", path, "agent", json={**body, "model": "bad-metrics"}).status_code == 202
    assert gateway.call("GET", path, "read", tenant=gateway.theirs).status_code == 404
    assert gateway.call("POST", path, "agent", json=body, tenant=gateway.theirs).status_code == 404
