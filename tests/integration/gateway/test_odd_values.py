"""Values whose names no table can hold: they cost no window, no other row and no alert."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dataflows import drift
from dataflows.running import run
from tests.integration.flows.draining import drain_alerts
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_models import refer, register
from vedette.clock import SystemClock

MINUTE = 60_000


@pytest.mark.parametrize("many", [1, 300])
def test_a_value_with_a_nul_in_it_costs_nothing(fresh: Gateway, tmp_path: Path, many: int) -> None:
    model = register(fresh, "churn", window_s=60)
    refer(fresh, model, columns={"plan": ["a", "b"] * 500})
    rule = {"name": "drift", "kind": "drift", "model": model}
    assert fresh.call("POST", "/v1/rules", "admin", json=rule).status_code == 201
    fresh.store.execute("UPDATE rules SET created_at = 'epoch'")
    begin = fresh.clock.now_ms() // MINUTE * MINUTE - 10 * MINUTE
    good = ["a", "b"] * 200
    odd = ["a", "b"] * (200 - many // 2) + ["x\x00y"] * many
    for minute, values in enumerate((good, odd, good, good)):
        times = [begin + minute * MINUTE + row for row in range(len(values))]
        body: dict[str, Any] = {"model": "churn", "epoch": "e", "seq": minute, "ts": times, "columns": {"plan": values}}
        assert fresh.call("POST", "/v1/features", "agent", json=body).status_code == 202
    run(drift.build(fresh.log, fresh.store, SystemClock(), shards=4, stop=lambda: True), tmp_path / "drift", 0.1)
    found = fresh.get(f"/v1/models/{model}/drift?from={begin}&to={begin + 10 * MINUTE}").json()["windows"]
    unseen = {row["start_ms"]: row["verdict"]["unseen"] for row in found}
    assert unseen[begin] == []
    assert unseen[begin + MINUTE] == [{"value": "x\ufffdy", "rows": many}]
    drain_alerts(fresh.log, fresh.store, tmp_path)
    titles = [alert["title"] for alert in fresh.get("/v1/alerts").json()["alerts"]]
    assert [("unseen" in title) for title in titles] == ([True] if many == 300 else [])
