"""Metrics of a recorder: they travel beside rows and outcomes, in messages of their own; and those of a client."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.unit.client.doubles import Gateway, Time
from vedette_client import Recorder, VedetteClient
from vedette_client.connection import Connection


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


def test_a_forked_client_s_metrics_are_not_taken_for_those_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, int]] = []

    def take(_: Connection, method: str, path: str, *, json: dict[str, Any]) -> dict[str, Any]:
        sent.append((json["epoch"], json["seq"]))
        return {}

    monkeypatch.setattr(Connection, "object", take)
    with VedetteClient("http://gateway", "token") as client:
        for pid in (10, 10, 11, 11):  # in the child the object is a copy of the parent's
            monkeypatch.setattr(os, "getpid", lambda pid=pid: pid)
            client.post_metrics(7, {"cost": 1.0})
    assert [seq for _, seq in sent] == [1, 2, 1, 2]
    assert sent[0][0] == sent[1][0] != sent[2][0] == sent[3][0] != ""
