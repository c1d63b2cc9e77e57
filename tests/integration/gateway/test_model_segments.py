"""Drift by segment over a real gateway and flow: asked for, counted, found in one segment, shown and told of."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from dataflows import drift
from dataflows.running import run
from launch.main import app
from tests.integration.flows.draining import drain_alerts
from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import COLUMNS, as_parquet, refer, register
from vedette.clock import SystemClock
from vedette_client import VedetteClient

LANDS = ["de", "fr", "de", "it"]
MINUTE = 60_000


def columns(rows: int, moved: float = 0.0, land: str = "fr", seed: int = 1) -> dict[str, list[Any]]:
    """Rows in three lands, in one of which ages have moved."""
    random = np.random.default_rng(seed)
    lands = LANDS * (rows // 4)
    ages = [float(random.normal(40 + (moved if it == land else 0), 9)) for it in lands]
    return {"age": ages, "plan": random.choice(["a", "b"], rows).tolist(), "land": lands}


def send(gateway: Gateway, begin: int, minutes: list[dict[str, list[Any]]]) -> None:
    for minute, found in enumerate(minutes):
        rows = len(found["age"])
        times = [begin + minute * MINUTE + row for row in range(rows)]
        body = {"model": "churn", "epoch": "e", "seq": minute, "ts": times, "columns": found}
        answer = gateway.call("POST", "/v1/features", "agent", json=body)
        assert answer.status_code == 202, answer.text


def drifted(gateway: Gateway, model: int, within: str) -> set[tuple[str, str]]:
    answer = gateway.get(f"/v1/models/{model}/segments?{within}").json()
    return {
        (segment["segment"], cell["feature"])
        for segment in answer["segments"]
        for cell in segment["features"]
        if cell["drifted"]
    }


def test_drift_in_one_segment_is_found_there_shown_and_told_of(
    fresh: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = register(fresh, "churn", window_s=60, segment_by="land", alpha=0.001)
    made = refer(fresh, model, columns=columns(8000))
    assert made["segments"] == {
        "column": "land",
        "rows": {"de": 4000, "fr": 2000, "it": 2000, "other": 0, "missing": 0},
        "left_out": [],
    }
    for name, more in (("Whole", {}), ("By segment", {"segment": "f.*"})):
        rule = {"name": name, "kind": "drift", "model": model, **more}
        assert fresh.call("POST", "/v1/rules", "admin", json=rule).status_code == 201
    fresh.store.execute("UPDATE rules SET created_at = 'epoch'")
    begin = fresh.clock.now_ms() // MINUTE * MINUTE - 10 * MINUTE
    late = {name: values for name, values in columns(2000, seed=3).items() if name != "land"}
    quiet = [columns(2000, seed=seed) for seed in (2, 5, 6, 7)]
    send(fresh, begin, [quiet[0], columns(2000, moved=4, seed=4), late, *quiet[1:]])
    run(drift.build(fresh.log, fresh.store, SystemClock(), shards=4, stop=lambda: True), tmp_path / "drift", 0.1)
    within = f"from={begin}&to={begin + 10 * MINUTE}"
    assert drifted(fresh, model, within) == {("fr", "age")}

    path = f"/v1/models/{model}/drift?{within}"
    windows = [one for one in fresh.get(f"{path}&segment=fr").json()["windows"] if one["feature"] == "age"]
    assert [(one["segment"], one["state"], one["rows"]) for one in windows] == [
        ("fr", "ok", 500),
        ("fr", "drift", 500),
        ("fr", "no_data", 0),
        ("fr", "ok", 500),
    ]
    gone = [one for one in fresh.get(f"{path}&segment=missing&feature=age").json()["windows"] if one["rows"]]
    assert [(one["start_ms"], one["state"], one["rows"]) for one in gone] == [
        (begin + 2 * MINUTE, "insufficient_data", 2000)
    ]
    assert fresh.get(f"{path}&segment=nowhere").json()["windows"] == []

    lines = list(csv.DictReader(io.StringIO(fresh.get(f"{path}&segment=fr&format=csv").text)))
    assert {line["segment"] for line in lines} == {"fr"}
    table = list(csv.DictReader(io.StringIO(fresh.get(f"/v1/models/{model}/segments?{within}&format=csv").text)))
    assert (table[0]["segment"], table[0]["feature"], table[0]["drifted"]) == ("fr", "age", "1")
    page = fresh.get(f"{path}&format=html").text
    assert all(word in page for word in ("By segment", "<td>fr", "1 of 3"))
    page = fresh.get(f"{path}&format=html&segment=fr").text
    assert "Drift of churn, segment fr" in page
    assert "both distributions" in page
    assert fresh.get(f"/v1/models/{model}/movers?{within}&segment=fr&limit=1").json()["movers"][0]["feature"] == "age"
    assert fresh.call("GET", f"/v1/models/{model}/segments", "read", tenant=fresh.theirs).status_code == 404

    with VedetteClient(fresh.url, fresh.ours.tokens["read"]) as client:
        assert client.segments(model, begin, begin + 10 * MINUTE)["segments"][0]["segment"] == "fr"
        assert len(client.drift(model, begin, begin + 10 * MINUTE, segment="fr", feature="age")["windows"]) == 4
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["read"])
    times = ["--from", str(begin), "--to", str(begin + 10 * MINUTE)]
    assert "churn" in CliRunner().invoke(app, ["model", "list"]).output
    said = CliRunner().invoke(app, ["model", "segments", "churn", *times]).output
    assert "fr" in said
    assert "plan" not in said
    said = CliRunner().invoke(app, ["model", "drift", str(model), "--segment", "fr", *times]).output
    assert "1 of 3" in said
    assert CliRunner().invoke(app, ["model", "drift", "nothing"]).exit_code != 0

    drain_alerts(fresh.log, fresh.store, tmp_path)
    alerts = {(one["rule_name"], one["subject"]): one for one in fresh.get("/v1/alerts").json()["alerts"]}
    one = alerts.pop(("By segment", f"segment:{model}/fr/age"))
    assert (one["state"], "age of churn has drifted in segment fr" in one["title"]) == ("resolved", True)
    assert {name for name, _ in alerts} <= {"Whole"}


def test_what_segments_may_be_is_said(gateway: Gateway) -> None:
    for wrong, word in (
        ({"segments": ["a"]}, "segment_by"),
        ({"segment_only": True}, "segment_by"),
        ({"segment_by": "plan", "segments": []}, "segments"),
        ({"segment_by": "plan", "segments": ["a", "a"]}, "segments must differ"),
        ({"segment_by": "plan", "segments": ["other"]}, "other"),
        ({"segment_by": "plan", "segments": [f"s{n}" for n in range(51)]}, "segments"),
        ({"segment_by": ""}, "segment_by"),
    ):
        answer = gateway.call("POST", "/v1/models", "admin", json={"name": "wrong-segments", **wrong})
        assert answer.status_code == 422, wrong
        assert word in answer.text
    model = register(gateway, "segments-of-what", segment_by="age")
    path = f"/v1/models/{model}/references"
    fault(gateway.call("POST", path, "admin", json={"columns": COLUMNS}), "segment_by")
    fault(gateway.call("POST", path, "admin", json={"columns": {"plan": COLUMNS["plan"]}}), "segment_by")
    assert gateway.get(path).json() == {"references": []}
    whole = {"age": [float(n % 40) for n in range(400)], "plan": COLUMNS["plan"]}
    made = refer(gateway, model, columns=whole, kinds={"age": "categorical"})
    assert len(made["segments"]["rows"]) == 22


def test_other_segments_are_counted_from_the_next_reference_on(gateway: Gateway) -> None:
    import pyarrow as pa

    model = register(gateway, "changing")
    path = f"/v1/models/{model}"
    first = refer(gateway, model)
    assert "segments" not in first
    assert gateway.get(path).json()["segmented"] == []
    asked = gateway.call("PUT", path, "admin", json={"segment_by": "plan", "segments": ["c", "a"]}).json()
    assert asked["segmented"] == [{"version": "", "reference": first["id"], "segments": None}]
    kind = "application/vnd.apache.parquet"
    second = refer(gateway, model, as_parquet(pa.table(COLUMNS)), kind)
    assert second["segments"]["rows"] == {"c": 100, "a": 200, "other": 100, "missing": 0}
    labels = ["c", "a", "other", "missing"]
    found = gateway.get(f"{path}/segments").json()
    assert found["references"] == [{"version": "", "reference": second["id"], "segments": labels}]
    assert (found["segment_by"], found["segments"]) == ("plan", [])
    listed = gateway.get(f"{path}/references").json()["references"]
    assert [one["segments"] and one["segments"]["names"] for one in listed] == [["c", "a"], None]
    counts = gateway.get(f"/v1/models/references/{second['id']}").json()["segments"]["counts"]
    assert [sum(row) for row in counts["age"]] == [100, 200, 100, 0]
    asked = gateway.call("PUT", path, "admin", json={"segment_by": "plan"}).json()
    assert asked["segmented"][0]["segments"] is None
