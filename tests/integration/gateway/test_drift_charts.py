"""Control charts over a real gateway, flow and alerting: a run of small shifts is told, stored, and an alert."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dataflows import drift
from dataflows.running import run
from tests.integration.flows.draining import drain_alerts
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import refer, register
from vedette.clock import SystemClock

ROWS = 400


def test_a_small_shift_breaks_a_run_rule_and_becomes_an_alert(fresh: Gateway, tmp_path: Path) -> None:
    model = register(fresh, "churn", window_s=60, charts=["western_electric"])
    assert fresh.get(f"/v1/models/{model}").json()["charts"] == ["western_electric"]
    random = np.random.default_rng(3)
    refer(fresh, model, columns={"age": random.normal(40, 10, 5000).tolist()})
    rule = {"name": "Charts", "kind": "control_chart", "model": model, "charts": ["mean"]}
    assert fresh.call("POST", "/v1/rules", "admin", json=rule).status_code == 201
    fresh.store.execute("UPDATE rules SET created_at = 'epoch'")
    begin = fresh.clock.now_ms() // 60_000 * 60_000 - 900_000
    for seq in range(10):
        times = [begin + seq * 60_000 + n for n in range(ROWS)]
        ages = random.normal(41.2, 10, ROWS)  # 2.3 standard errors off: drift by no test of a window
        report: dict[str, Any] = {"model": "churn", "epoch": "e", "seq": seq, "ts": times}
        report["columns"] = {"age": ages.tolist()}
        assert fresh.call("POST", "/v1/features", "agent", json=report).status_code == 202
    run(drift.build(fresh.log, fresh.store, SystemClock(), shards=4, stop=lambda: True), tmp_path / "drift", 0.1)
    answer = fresh.get(f"/v1/models/{model}/drift?from={begin}&to=now").json()
    about = answer["charts"]
    assert (about["width"], about["points"], about["ratio"]) == (3.0, 5, 0.1)
    assert about["rules"][0] == "beyond a limit"
    assert about["run_length"] > 92  # of this reference
    assert about["run_length_of_all"] == pytest.approx(about["run_length"] / 5, abs=0.06)
    last = answer["windows"][-1]
    mean = last["charts"][0]
    assert (mean["chart"], mean["of"], mean["value"]) == ("mean", "", pytest.approx(last["counts"]["mean"]))
    assert mean["lower"] < mean["centre"] < mean["value"]
    assert "eight on one side" in mean["broken"]
    assert "charts" not in last["counts"]
    drain_alerts(fresh.log, fresh.store, tmp_path)
    alerts = [one for one in fresh.get("/v1/alerts").json()["alerts"] if one["rule_name"] == "Charts"]
    assert [one["state"] for one in alerts].count("firing") == 1
    assert {one["title"].partition(" 4")[0] for one in alerts} == {"age of churn is out of control: mean"}


def test_a_model_without_charts_says_nothing_of_them(gateway: Gateway) -> None:
    model = register(gateway, "no-charts")
    assert "charts" not in gateway.get(f"/v1/models/{model}/drift").json()


@pytest.mark.parametrize("fields", [{"charts": ["nelson_9"]}, {"charts": "nelson"}, {"chart_width": 1.5}])
def test_charts_that_there_are_not_are_refused(gateway: Gateway, fields: dict[str, Any]) -> None:
    assert gateway.call("POST", "/v1/models", "admin", json={"name": "odd-charts", **fields}).status_code == 422
