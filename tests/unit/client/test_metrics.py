"""Metrics of a recorder: they travel beside rows and outcomes, in messages of their own."""

from __future__ import annotations

from tests.unit.client.doubles import Gateway, Time
from vedette_client import Recorder


def test_metrics_go_their_own_way_beside_rows_and_outcomes() -> None:
    gateway = Gateway()
    rec = Recorder(model="m", version="1", transport=gateway, clock=Time(), background=False)
    rec.record({"a": 1})
    rec.record_metric("cost", 0.25)
    rec.record_metric("tokens", 812, ts=5)
    rec.record_outcome("x", 1)
    rec.flush()
    metrics = next(body for body in gateway.bodies if "names" in body)
    assert (metrics["names"], metrics["values"]) == (["cost", "tokens"], [0.25, 812])
    assert (metrics["ts"], metrics["version"]) == ([1_700_000_000_000, 5], "1")
    assert [sorted(body) for body in gateway.bodies if "columns" in body] == [
        ["columns", "epoch", "model", "seq", "ts", "version"]
    ]
    assert len(gateway.bodies) == 3
    assert rec.counters.sent == 4
    rec.close()
