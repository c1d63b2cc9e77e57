"""Numbers that no mean, and transitions that no table can hold, cost nobody else an alert."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerting.book import RuleBook
from dataflows import alerts as flow
from tests.integration.flows.draining import drain_alerts, drain_rollup, put, rejects
from tests.integration.flows.test_alerts import (
    EPISODE,
    account,  # noqa: F401 - a fixture
    told,
)
from tests.integration.store.decisions import add_channels, episode
from vedette.clock import SystemClock
from vedette.errors import InvalidInput
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.events.topics import ALERTS, SAMPLES, SIGNALS
from vedette.log import Log
from vedette.store import accounts, alerts, recording
from vedette.store.pool import Store

LARGEST = 1.7e308
MINUTE = 1_790_000_040_000


def change(store: Store, number: int) -> None:
    alerts.add_rule(store, number, "changed", "change", {"series": "x", "window_s": 60, "by": 10})
    store.execute("UPDATE rules SET created_at = 'epoch'")


def readings() -> list[float]:
    """Of a minute of ones and three of numbers whose sum no float holds, one each ten seconds."""
    return [1.0] * 6 + [LARGEST] * 18


@pytest.mark.usefixtures("account")
def test_sums_that_overflow_end_no_flow(log: Log, store: Store, tmp_path: Path) -> None:
    other = accounts.ensure_account(store, "other")
    change(store, other)
    for step, value in enumerate(readings()):
        signal = Signal("series", other, "series:h/x", MINUTE + step * 10_000, value=value)
        put(log, SIGNALS.name, (f"{other}/series:h/x", encode_json(signal)))
    put(log, SIGNALS.name, *EPISODE)
    drain_alerts(log, store, tmp_path)
    assert [event for event, _ in told(store)] == ["start", "start", "end", "end"]
    assert rejects(log) == []


@pytest.mark.usefixtures("account")
def test_sums_that_overflow_go_the_whole_way(log: Log, store: Store, tmp_path: Path) -> None:
    change(store, 1)
    alerts.add_rule(store, 1, "high", "threshold", {"series": "x", "above": 2.0})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    for step, value in enumerate(readings()):
        sample = {"source": "h", "epoch": 1, "seq": step, "ts": MINUTE + step * 10_000, "values": {"x": value}}
        put(log, SAMPLES.name, ("h", msgspec.json.encode({**sample, "interval_ms": 10_000})))
        near = {**sample, "seq": step + 100, "ts": sample["ts"] + 1}  # type: ignore[operator]
        put(log, SAMPLES.name, ("h", msgspec.json.encode({**near, "interval_ms": 10_000})))
    drain_rollup(log, store, tmp_path, RuleBook(store, SystemClock()).watch)
    drain_alerts(log, store, tmp_path)
    (alert,) = alerts.alerts_of(store, 1, None, 10)
    assert (alert["rule_name"], alert["value"]) == ("high", LARGEST)
    assert rejects(log) == []


def test_numbers_that_are_not_finite_are_no_value_and_texts_in_the_detail(store: Store) -> None:
    add_channels(store, "a")
    start = episode()[0]
    start.value, start.detail = float("inf"), {"before": float("nan"), "score": float("-inf"), "moved": 2.5}
    assert len(recording.record(store, [(start, ())])) == 1
    row = store.row("SELECT a.value, t.detail, n.body FROM alerts a JOIN alert_transitions t ON t.alert_id = a.id"
                    " JOIN notifications n ON n.alert_id = a.id")  # fmt: skip
    assert row is not None
    assert row["value"] is None
    assert row["detail"] == row["body"]["detail"] == {"before": "nan", "score": "-inf", "moved": 2.5}


@pytest.mark.usefixtures("account")
def test_a_transition_that_the_database_cannot_hold_is_put_aside_alone(
    log: Log, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(store: Store, decided: Sequence[Any], **named: Any) -> Any:
        if any(t.subject.endswith("@bad") for t, _ in decided):
            raise InvalidInput("value", "…", "what the database can hold")
        return recording.record(store, decided, **named)

    monkeypatch.setattr(flow, "record", refusing)
    for at, failures in ((1, 2), (2, 0)):
        for place in ("bad", "good"):
            detail: dict[str, Any] = {"failures": failures, "monitor": 1, "location": place}
            signal = Signal(
                "endpoint", 1, f"monitor:1@{place}", MINUTE + at, "down" if failures else "up", detail=detail
            )
            put(log, SIGNALS.name, ("1/monitor", encode_json(signal)))
    drain_alerts(log, store, tmp_path)
    assert [event for event, _ in told(store)] == ["start", "start", "end", "end"]
    assert [(one.topic, "what the database can hold" in one.reason) for one in rejects(log)] == [
        (ALERTS.name, True)
    ] * 2
    assert {msgspec.json.decode(one.data)["subject"] for one in rejects(log)} == {"monitor:1@bad"}
