"""The endpoints flow from a real log to a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from dataflows import endpoints
from sinks.patience import persist
from tests.integration.flows.draining import decoded, drain_endpoints, put, rejects
from vedette.errors import StoreUnavailable
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS, SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.statistics.sketch import Sketch
from vedette.store import accounts, checks, monitors
from vedette.store.pool import Store

T0 = 1_700_000_040_000


@pytest.fixture
def monitor(store: Store) -> int:
    account = accounts.ensure_account(store, "default")
    return monitors.add(store, account, MonitorSpec(name="shop", url="https://shop.example"))


def check(monitor: int, slot: int, outcome: Outcome = "up", ms: float = 10, **fields: Any) -> tuple[str, bytes]:
    at = T0 + slot * 1000
    record = CheckRecord(monitor, "x", at, at, outcome, ms, account=1, **fields)
    return str(monitor), encode_json(record)


def endpoint_signals(log: Log) -> list[dict[str, Any]]:
    """Those of single locations."""
    return [signal for signal in decoded(log, SIGNALS.name) if signal["kind"] == "endpoint"]


def test_results_become_rows_states_windows_and_signals(log: Log, store: Store, monitor: int, tmp_path: Path) -> None:
    stream: list[tuple[int, Outcome]] = [(0, "up"), (10, "up"), (20, "down"), (30, "down"), (40, "missed"), (70, "up")]
    put(log, CHECKS.name, *(check(monitor, slot, outcome) for slot, outcome in stream))
    drain_endpoints(log, store, tmp_path)
    assert len(checks.latest(store, monitor, 100)) == 6
    first, second = checks.windows(store, monitor, 0, T0 * 2, hours=False)
    assert (first.up, first.down, first.missed, first.satisfied, first.frustrated) == (2, 2, 1, 2, 2)
    assert (second.up, Sketch.from_bytes(second.sketch).count) == (1, 1)
    (hour,) = checks.windows(store, monitor, 0, T0 * 2, hours=True)
    assert (hour.up, hour.down, hour.missed) == (3, 2, 1)
    ((state,),) = monitors.states(store, 1).values()
    assert (state["outcome"], state["at_ms"], state["since_ms"]) == ("up", T0 + 70_000, T0 + 70_000)
    assert [(s["state"], s["detail"]["failures"]) for s in endpoint_signals(log)] == [
        ("up", 0),
        ("down", 1),
        ("down", 2),
        ("up", 0),
    ]


def test_a_flow_goes_on_where_it_ended_and_counts_nothing_twice(
    log: Log, store: Store, monitor: int, tmp_path: Path
) -> None:
    messages = [check(monitor, slot, "down" if 40 <= slot < 80 else "up") for slot in range(0, 200, 5)]
    for begin in range(0, 40, 10):
        put(log, CHECKS.name, *messages[max(0, begin - 5) : begin + 10])
        drain_endpoints(log, store, tmp_path)
    (hour,) = checks.windows(store, monitor, 0, T0 * 2, hours=True)
    assert (hour.up, hour.down) == (32, 8)
    assert len(checks.latest(store, monitor, 1000)) == 40
    assert [s["state"] for s in endpoint_signals(log)] == ["up", *["down"] * 8, "up"]


BAD = {
    "no JSON": b"\xff",
    "a list": b"[]",
    "an unknown outcome": b'{"monitor":1,"location":"x","scheduled_ms":1,"started_ms":1,"outcome":"meh"}',
    "NUL in the error": check(1, 0, error="a\0b")[1],
    "a far future": check(1, 1 << 60)[1],
    "a status too large": check(1, 0, status=1 << 40)[1],
    "an end of the certificate that is no time": check(1, 0, tls_expires=1 << 61)[1],
    "nesting without end": b"[" * 100_000,
}


def test_what_cannot_be_read_goes_to_the_rejects_with_its_reason_and_the_flow_goes_on(
    log: Log, store: Store, monitor: int, tmp_path: Path
) -> None:
    key = str(monitor)
    put(log, CHECKS.name, check(monitor, 0), *((key, bad) for bad in BAD.values()), check(monitor, 10))
    drain_endpoints(log, store, tmp_path)
    assert len(checks.latest(store, monitor, 100)) == 2
    found = rejects(log)
    assert [reject.data for reject in found] == list(BAD.values())
    assert all("allowed: " in reject.reason for reject in found)


def test_a_field_of_a_newer_writer_is_passed_over(log: Log, store: Store, monitor: int, tmp_path: Path) -> None:
    key, value = check(monitor, 0)
    put(log, CHECKS.name, (key, msgspec.json.encode({**msgspec.json.decode(value), "colour": "red"})))
    drain_endpoints(log, store, tmp_path)
    assert len(checks.latest(store, monitor, 100)) == 1
    assert rejects(log) == []


def test_while_the_database_is_away_the_flow_waits_and_nothing_is_lost(
    log: Log, store: Store, monitor: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, away = endpoints.write, [StoreUnavailable("away")] * 4

    def failing(*arguments: Any) -> int:
        if away:
            raise away.pop()
        return write(*arguments)

    assert persist.__kwdefaults__ is not None
    monkeypatch.setattr(endpoints, "write", failing)
    monkeypatch.setitem(persist.__kwdefaults__, "sleep", lambda seconds: None)
    put(log, CHECKS.name, *(check(monitor, slot) for slot in range(30)))
    drain_endpoints(log, store, tmp_path)
    assert away == []
    assert len(checks.latest(store, monitor, 100)) == 30
