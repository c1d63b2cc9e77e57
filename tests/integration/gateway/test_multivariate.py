"""Multivariate drift over a real gateway: two ranges out of the log, of which no column has moved by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from launch.commands import model_metrics as commands
from launch.main import app
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from vedette.clock import SystemClock

MINUTE = 60_000


def fill(gateway: Gateway, name: str, begins: list[tuple[int, float]]) -> None:
    """A report of 400 rows at each of these times, its two columns correlated so."""
    random = np.random.default_rng(9)
    for seq, (begin, correlation) in enumerate(begins):
        x, y = random.normal(size=(2, 400))
        columns = {"x": x.tolist(), "y": (correlation * x + np.sqrt(1 - correlation**2) * y).tolist()}
        body = {"model": name, "version": "1", "epoch": "e", "seq": seq, "ts": [begin + n for n in range(400)]}
        answer = gateway.call("POST", "/v1/features", "agent", json={**body, "columns": columns})
        assert answer.status_code == 202, answer.text


def test_what_no_column_shows_is_found_between_two_ranges(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.clock.advance((SystemClock().now_ms() - fresh.clock.now_ms()) / 1000)  # the log has the time that it is
    model = register(fresh, "churn", window_s=60)
    now = fresh.clock.now_ms()
    fill(fresh, "churn", [(now - 30 * MINUTE, 0.0), (now - 20 * MINUTE, 0.0), (now - 10 * MINUTE, 0.7)])
    ranges = {
        "baseline": {"from": now - 31 * MINUTE, "to": now - 25 * MINUTE},
        "window": {"from": now - 12 * MINUTE, "rows_of": "1"},
    }
    found = fresh.call("POST", f"/v1/models/{model}/multivariate", "read", json=ranges).json()
    assert found["drifted"]
    assert found["domain"]["low"] > 0.55
    assert (found["baseline"]["rows"], found["window"]["rows"], found["window"]["sampled"]) == (400, 400, False)
    assert [(one["first"], one["second"]) for one in found["pairs"]] == [("x", "y")]
    assert found["pairs"][0]["window"] == pytest.approx(0.7, abs=0.1)
    quiet = {**ranges, "window": {"from": now - 21 * MINUTE, "to": now - 15 * MINUTE}, "alpha": 0.01}
    found = fresh.call("POST", f"/v1/models/{model}/multivariate", "read", json=quiet).json()
    assert not found["drifted"]
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["read"])
    words = ["model", "multivariate", str(model), "--from", "-12m", "--against", "-31m", "--against-to", "-25m"]
    with commands.console.capture() as said:
        assert CliRunner().invoke(app, words).exit_code == 3
    assert said.get().startswith("drift (p 0.0")
    assert "correlation of x and y was " in said.get()
    alone = {**ranges, "columns": ["x"], "method": "domain"}
    found = fresh.call("POST", f"/v1/models/{model}/multivariate", "read", json=alone).json()
    assert (found["features"], found["reconstruction"], found["pairs"]) == (1, None, [])


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"window": {"from": "-1m", "to": "-2m"}}, "window.from"),
        ({"baseline": {"from": "-2h", "to": "-1h"}}, "baseline.from"),
        ({"window": {"from": "soon"}}, "window.from"),
        ({"window": {"from": "-12m", "rows_of": "a/b"}}, "rows_of"),
        ({"columns": ["z"]}, "columns"),
        ({"columns": []}, "columns"),
        ({"alpha": 0.0001}, "alpha"),
    ],
)
def test_what_cannot_be_compared_is_said(fresh: Gateway, change: dict[str, Any], named: str) -> None:
    fresh.clock.advance((SystemClock().now_ms() - fresh.clock.now_ms()) / 1000)
    model = register(fresh, "churn", window_s=60)
    now = fresh.clock.now_ms()
    fill(fresh, "churn", [(now - 30 * MINUTE, 0.0), (now - 10 * MINUTE, 0.0)])
    ranges = {"baseline": {"from": "-31m", "to": "-25m"}, "window": {"from": "-12m"}}
    fault(fresh.call("POST", f"/v1/models/{model}/multivariate", "read", json={**ranges, **change}), named)


def test_a_model_of_another_account_is_not_there(gateway: Gateway) -> None:
    model = register(gateway, "mine")
    ranges = {"baseline": {"from": "-2h"}, "window": {"from": "-1h"}}
    path = f"/v1/models/{model}/multivariate"
    assert gateway.call("POST", path, "read", json=ranges, tenant=gateway.theirs).status_code == 404
