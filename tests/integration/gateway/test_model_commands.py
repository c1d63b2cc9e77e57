"""`vedette model`: the command line against a real gateway."""

from __future__ import annotations

import pytest
from rich.console import Console
from typer.testing import CliRunner

from launch.commands import model_metrics as commands
from launch.main import app
from tests.integration.gateway.server import Gateway, Tail
from tests.integration.gateway.test_models import register
from vedette.events.features import decode_batch
from vedette.events.model_metrics import values_in
from vedette.events.topics import FEATURES
from vedette.store.model_metrics import MetricRow, write_metrics


def run(*words: str, code: int = 0) -> str:
    with commands.console.capture() as said:
        done = CliRunner().invoke(app, ["model", *words])
    assert done.exit_code == code, (done.output, done.exception)
    return said.get()


def test_metrics_are_reported_and_shown(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["admin"])
    monkeypatch.setattr(commands, "console", Console(width=200))
    model, tail = register(fresh, "churn"), Tail(fresh.log, FEATURES.name)
    assert run("report", str(model), "cost=2.5", "a=b=-1e3", "--version", "2").strip() == "2 taken, 0 refused"
    refused = run("report", str(model), "=1", "tokens=1")
    assert refused.startswith(": name: a text of 1 to 200 printable characters")
    assert refused.strip().endswith("1 taken, 1 refused")
    batches = [decode_batch(record.value) for record in tail.read()]
    taken = [(batch.version, name, value) for batch in batches for name, _, value in values_in(batch)]
    assert taken == [("2", "cost", 2.5), ("2", "a=b", -1000.0), ("", "tokens", 1.0)]
    for wrong in ("cost", "cost=", "cost=nan", "cost=1e999"):
        run("report", str(model), wrong, code=1)
    begin = fresh.clock.now_ms() // 60_000 * 60_000 - 600_000
    rows = [MetricRow(model, "2", "cost", begin + n * 60_000, 60, 4, float(n), -1.0, n + 1.0) for n in range(9)]
    write_metrics(fresh.store, [*rows, MetricRow(model, "1", "cost", begin, 60, 1, 7.0, 7.0, 7.0)])
    lines = run("metrics", str(model)).splitlines()
    [newest] = [line for line in lines if "▁▂▃▄▅▅▆▇█" in line]
    assert [part.strip() for part in newest.split("│")[1:-1] if "▁" not in part] == [
        "cost", "2", "9", "36", "8", "-1", "9",
    ]  # fmt: skip
    assert "▁" not in run("metrics", str(model), "--metric", "tokens")
    assert "36" not in run("metrics", "churn", "--version", "1")
