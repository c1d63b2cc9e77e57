"""Multivariate drift over a real gateway: two ranges out of the log, of which no column has moved by itself."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dataflows.multivariate import Samples
from launch.commands import model_metrics as commands
from launch.main import app
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import register
from vedette.clock import SystemClock
from vedette.store.multivariate import MultivariateRow, write_windows

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
    assert ([one["feature"] for one in found["moved"]], found["absent"]) == (["x"], [])


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


def test_windows_are_shown_by_route_and_command(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    model = register(fresh, "churn", multivariate_s=3600)
    now = fresh.clock.now_ms() // 1000 * 1000
    domain = {"auc": 0.75, "low": 0.7, "high": 0.8, "p": 0.005}
    moved = [{"feature": "=city", "baseline": 0.25, "window": 0.5, "adjusted": 0.01}]
    result = {"sampled": 500, "adjusted": 0.01, "domain": domain, "reconstruction": None, "pairs": [], "moved": moved}
    result["absent"] = ["label", "target"]
    rows = [
        MultivariateRow(model, "1", now - 7_200_000, 3600, 1, "insufficient_data", False, 9, {"reason": "<too few>"}),
        MultivariateRow(model, "1", now - 3_600_000, 3600, 1, "drift", True, 500, result),
    ]
    assert write_windows(fresh.store, [*rows, replace(rows[0], model=model + 1000)]) == 2
    assert write_windows(fresh.store, [replace(rows[1], rows=501)]) == 1
    found = fresh.get(f"/v1/models/{model}/multivariate?from=-1d").json()
    assert [(one["state"], one["raised"], one["rows"]) for one in found["windows"]] == [
        ("insufficient_data", False, 9),
        ("drift", True, 501),
    ]
    assert (found["model"]["multivariate_s"], found["windows"][1]["result"]["domain"]) == (3600, domain)
    assert fresh.get(f"/v1/models/{model}/multivariate?from=-1d&version=2").json()["windows"] == []
    answer = fresh.get(f"/v1/models/{model}/multivariate?from=-1d&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert f'filename="multivariate-{model}.csv"' in answer.headers["content-disposition"]
    few, drifted = csv.DictReader(io.StringIO(answer.text))
    assert (few["state"], few["reason"], few["domain_auc"]) == ("insufficient_data", "<too few>", "")
    told = ("state", "rows", "domain_auc", "moved_feature", "moved_window", "pair_first", "absent")
    assert [drifted[key] for key in told] == ["drift", "501", "0.75", "'=city", "0.5", "", "label; target"]
    fault(fresh.get(f"/v1/models/{model}/multivariate?format=xml"), "format")
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["read"])
    monkeypatch.setattr(commands.console, "_width", 160)
    with commands.console.capture() as said:
        assert CliRunner().invoke(app, ["model", "together", "churn", "--from", "-1d"]).exit_code == 0
    assert "0.75" in said.get()
    assert "<too few>" in said.get()


@pytest.mark.parametrize("seconds", [59, 0, 31 * 86_400 + 1, "hour"])
def test_a_length_that_cannot_be_is_named(gateway: Gateway, seconds: object) -> None:
    answer = gateway.call("POST", "/v1/models", json={"name": "odd", "multivariate_s": seconds})
    fault(answer, "multivariate_s")


@pytest.mark.parametrize("kind", ["json", "past"])
def test_a_reference_keeps_a_sample_of_its_rows(fresh: Gateway, kind: str) -> None:
    fresh.clock.advance((SystemClock().now_ms() - fresh.clock.now_ms()) / 1000)
    model = register(fresh, "churn", window_s=60)
    columns: dict[str, Any] = {"x": [1.5, None, 2.0], "plan": ["a", "NaN", None], "odd": [1, "b", [2]]}
    if kind == "past":
        now = fresh.clock.now_ms()
        fill(fresh, "churn", [(now - 10 * MINUTE, 0.0)])
        body: dict[str, Any] = {"from": "-20m"}
    else:
        body = {"columns": columns}
    reference = fresh.call("POST", f"/v1/models/{model}/references", json=body).json()["id"]
    found = Samples(fresh.store)(reference)
    assert found is not None
    if kind == "past":
        assert {name: len(values) for name, values in found.items()} == {"x": 400, "y": 400}
    else:
        assert found["plan"] == ["a", "NaN", None]
        assert (found["x"][0], found["x"][2], found["x"][1] != found["x"][1]) == (1.5, 2.0, True)
        assert len(found["odd"]) == 3
    fresh.store.execute("UPDATE reference_samples SET columns = 'nonsense'")
    assert Samples(fresh.store)(reference) is None
    assert Samples(fresh.store)(reference + 1) is None


def test_a_model_of_another_account_is_not_there(gateway: Gateway) -> None:
    model = register(gateway, "mine")
    ranges = {"baseline": {"from": "-2h"}, "window": {"from": "-1h"}}
    path = f"/v1/models/{model}/multivariate"
    assert gateway.call("POST", path, "read", json=ranges, tenant=gateway.theirs).status_code == 404
