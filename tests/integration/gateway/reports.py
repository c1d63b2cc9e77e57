"""Reports as senders write them, and how the gateway's answers to them are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpx

from tests.integration.gateway.server import Gateway
from vedette.clock import FakeClock
from vedette.events.codec import decode_samples
from vedette.events.samples import PackedSamples
from vedette.log import Record

NOW = FakeClock().now_ms()
PROBLEM = "application/problem+json"


def report(source: str = "web-1", **fields: Any) -> dict[str, Any]:
    """A good batch of samples."""
    return {"source": source, "epoch": 1, "seq": 1, "ts": NOW, "values": {"cpu": 0.5}, **fields}


def check(monitor: int, **fields: Any) -> dict[str, Any]:
    """A good check result."""
    return {
        "monitor": monitor, "location": "fra-1", "scheduled_ms": NOW, "started_ms": NOW + 4, "outcome": "up", **fields,
    }  # fmt: skip


def values_in(records: Iterable[Record]) -> list[dict[str, float]]:
    """Names and values of each report in messages of samples."""
    return [dict(zip(batch.names(), batch.floats(), strict=True)) for batch in batches_in(records)]


def batches_in(records: Iterable[Record]) -> list[PackedSamples]:
    """The reports in messages of samples, in their order."""
    return [batch for record in records for batch in decode_samples(record.value)]


def add_monitor(gateway: Gateway, name: str, **fields: Any) -> int:
    """A monitor of our account."""
    answer = gateway.call("POST", "/v1/monitors", json={"name": name, "url": "http://127.0.0.1/", **fields})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["id"])


def problem(answer: httpx.Response, status: int, code: str | None = None) -> dict[str, Any]:
    """The problem in an answer, which must be whole and have this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"].startswith("urn:vedette:error:")
    assert body["title"]
    assert body["detail"]
    if code is not None:
        assert body["type"] == f"urn:vedette:error:{code}"
    return body


def fault(answer: httpx.Response, field: str) -> dict[str, str]:
    """What a 422 says about a field."""
    errors = problem(answer, 422, "invalid-input")["errors"]
    found: dict[str, str] = next(error for error in errors if error["field"] == field)
    assert found["allowed"]
    return found
