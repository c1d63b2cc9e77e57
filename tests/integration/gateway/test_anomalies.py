"""Rules about anomalies over real tables and flows: learned, told of, tried on the past, and shown."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from alerting.book import RuleBook
from alerting.learning import DueLearning
from tests.integration.flows.draining import drain_alerts, drain_rollup, put
from tests.integration.gateway.reports import NOW, fault
from tests.integration.gateway.server import Gateway
from vedette.clock import FakeClock, SystemClock
from vedette.events.names import source_id
from vedette.events.samples import layout_id, make_layout
from vedette.events.topics import SAMPLES
from vedette.store import account_settings, anomalies
from vedette.store.pool import Store
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write

MINUTE, HOUR = 60_000, 3_600_000
BEGIN = NOW // HOUR * HOUR - 6 * HOUR
RULE: dict[str, Any] = {
    "name": "odd", "kind": "anomaly", "series": "load", "window_s": 300, "windows": 2, "false_alarms_per_week": 2,
}  # fmt: skip


def load(random: np.random.Generator, at_ms: np.ndarray[Any, Any]) -> list[float]:
    return [float(one) for one in 10 + 5 * np.sin(2 * np.pi * at_ms / (24 * HOUR)) + random.normal(size=len(at_ms))]


def past(store: Store, source: str, seed: int, weeks: float = 4.2) -> None:
    """A minute's row each minute of the weeks before."""
    layout = make_layout(["load"], {})
    minutes = np.arange(BEGIN - int(weeks * 7 * 24) * HOUR, BEGIN, MINUTE)
    values = np.array(load(np.random.default_rng(seed), minutes))[:, None]
    identity = source_id(1, source)
    row = SourceRow(identity, 1, source, 60_000, BEGIN)
    catalogue = Catalogue({layout_id(layout): layout}, [(identity, layout_id(layout))], [row])
    ids, ones = np.full(len(minutes), identity), np.ones(len(minutes), np.int64)
    none = np.zeros(0, np.int64)
    write(store, catalogue, [WideRows("1m", layout_id(layout), ids, minutes, ones, (values,) * 4, none)])


def now(gateway: Gateway, source: str, seed: int, odd: range) -> None:
    """A report each minute since, in some of them far off."""
    minutes = BEGIN + np.arange(6 * 60) * MINUTE
    values = load(np.random.default_rng(seed), minutes)
    messages = []
    for minute, value in enumerate(values):
        told = value + 12 if minute in odd else value
        body = {"source": source, "epoch": 1, "seq": minute + 1, "interval_ms": MINUTE, "values": {"load": told}}
        messages.append((source, msgspec.json.encode({**body, "ts": int(minutes[minute]) + 3_000})))
    put(gateway.log, SAMPLES.name, *messages)


def learn(store: Store) -> anomalies.DueRule:
    due = anomalies.claim(store, 600)
    assert due is not None
    DueLearning(store, FakeClock(BEGIN)).learn(due)
    return due


def add(gateway: Gateway, **changed: Any) -> int:
    made = gateway.call("POST", "/v1/rules", json={**RULE, **changed})
    assert made.status_code == 201, made.text
    gateway.store.execute("UPDATE rules SET created_at = 'epoch'")
    return int(made.json()["id"])


def test_what_is_far_from_usual_is_told_live_and_by_a_backtest_alike(fresh: Gateway, tmp_path: Path) -> None:
    for seed, source in enumerate(("web", "db", "new")):
        past(fresh.store, source, seed, 1.0 if source == "new" else 4.2)
    number = add(fresh)
    assert fresh.get("/v1/rules/learned").json()["rules"][0]["learned_ms"] is None
    learn(fresh.store)
    [standing] = fresh.get("/v1/rules/learned").json()["rules"]
    assert (standing["rule"], standing["series"], standing["unready"], standing["weeks"]) == (number, 2, 1, 4)
    assert 0.5 < standing["threshold"] < 3
    for seed, source in enumerate(("web", "db", "new")):
        now(fresh, source, 10 + seed, range(100, 160) if source != "db" else range(0))
    drain_rollup(fresh.log, fresh.store, tmp_path, RuleBook(fresh.store, SystemClock()).watch)
    drain_alerts(fresh.log, fresh.store, tmp_path)
    live = fresh.store.rows(
        "SELECT subject, title, value, (extract(epoch FROM started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM ended_at) * 1000)::bigint AS ended_ms FROM alerts WHERE rule_id = %s", number
    )  # fmt: skip
    assert [one["subject"] for one in live] == ["series:web/load"]  # nobody knows yet what is usual of the new one
    assert live[0]["started_ms"] == BEGIN + 110 * MINUTE + 3_000
    assert "usually" in live[0]["title"]
    asked = {"id": number, "from": str(BEGIN)}
    found = fresh.call("POST", "/v1/rules/backtest", "read", json=asked).json()
    assert [(one["subject"], one["title"]) for one in found["episodes"]] == [(live[0]["subject"], live[0]["title"])]
    [episode] = found["episodes"]
    assert episode["value"] == pytest.approx(live[0]["value"])
    assert (live[0]["started_ms"] - episode["started_ms"], live[0]["ended_ms"] - episode["ended_ms"]) == (3_000, 3_000)
    assert (found["unknown"]["times"], "three weeks" in found["unknown"]["why"]) == (1, True)


def test_a_rule_is_learned_once_and_anew_when_its_settings_change(fresh: Gateway) -> None:
    past(fresh.store, "web", 1)
    number = add(fresh)
    due = learn(fresh.store)
    assert due.id == number
    assert anomalies.claim(fresh.store, 600) is None
    first = anomalies.versions(fresh.store)[number]
    told = fresh.call("PUT", f"/v1/rules/{number}", json={**RULE, "severity": "critical"})
    assert told.status_code == 200, told.text
    assert anomalies.versions(fresh.store)[number] == first  # who is told, and how, is nothing to learn
    changed = fresh.call("PUT", f"/v1/rules/{number}", json={**RULE, "false_alarms_per_week": 100})
    assert changed.status_code == 200, changed.text
    assert anomalies.versions(fresh.store) == {}  # what was learned for other settings is not used
    assert not anomalies.write(fresh.store, due, anomalies.RuleRow(1, 4, 0, 0, 0), [], 60)
    again = anomalies.claim(fresh.store, 600)
    assert again is not None
    assert anomalies.versions(fresh.store) == {}  # nor while it is learned anew
    DueLearning(fresh.store, FakeClock(BEGIN)).learn(again)
    assert anomalies.versions(fresh.store)[number][1] < first[1]
    assert len(anomalies.series_of(fresh.store, number)) == 1
    fresh.store.execute("UPDATE anomaly_rules SET due_at = now() - interval '1 second'")
    assert anomalies.claim(fresh.store, 600) is not None
    assert anomalies.claim(fresh.store, 600) is None  # somebody is at it
    assert fresh.call("DELETE", f"/v1/rules/{number}").status_code == 204
    assert fresh.store.rows("SELECT * FROM anomaly_series") == []


def test_rules_without_a_number_of_their_own_share_what_the_account_allows(fresh: Gateway) -> None:
    past(fresh.store, "web", 1)
    number = add(fresh, false_alarms_per_week=None)
    learn(fresh.store)
    alone = anomalies.versions(fresh.store)[number][1]
    assert anomalies.claim(fresh.store, 600) is None
    set_to = fresh.call("PATCH", "/v1/account/settings", json={"anomaly_false_alarms_per_week": 100})
    assert set_to.json() == {"trend_false_alarms_per_day": 0.2, "anomaly_false_alarms_per_week": 100.0}
    learn(fresh.store)
    assert anomalies.versions(fresh.store)[number][1] < alone, "more false alarms: nearer to what is usual"
    share = partial(account_settings.anomaly_share, fresh.store, fresh.ours.account)
    assert (share("odd"), share("another")) == (100, 50)
    add(fresh, name="of its own", false_alarms_per_week=2)
    add(fresh, name="third", false_alarms_per_week=None)
    assert (share("odd"), share("third"), share("another")) == (50, 50, pytest.approx(100 / 3))


def test_a_book_hears_of_what_was_learned(fresh: Gateway) -> None:
    from vedette.events.signals import Signal

    past(fresh.store, "web", 1)
    add(fresh)
    clock = SystemClock()
    book = RuleBook(fresh.store, clock)
    signal = Signal("series", 1, "series:web/load", BEGIN, value=1.0)
    assert [rule.learned for rule in book.rules_for(signal)] == [None]
    learn(fresh.store)
    later = RuleBook(fresh.store, clock)
    [rule] = later.rules_for(signal)
    assert rule.learned is not None
    assert rule.learned.minutes == 5
    assert rule.learned.usual.level.mean() == pytest.approx(10, abs=0.3)
    fresh.store.execute("UPDATE anomaly_series SET spreads = 'of another version'")
    [rule] = RuleBook(fresh.store, clock).rules_for(signal)
    assert rule.learned is None


def test_a_rule_without_series_learns_nothing_and_says_so(fresh: Gateway) -> None:
    add(fresh, series="nothing")
    learn(fresh.store)
    [standing] = fresh.get("/v1/rules/learned").json()["rules"]
    assert (standing["series"], standing["unready"], standing["weeks"]) == (0, 0, 0)
    assert anomalies.versions(fresh.store) == {}


def test_settings_that_cannot_be_are_named(gateway: Gateway) -> None:
    fault(gateway.call("POST", "/v1/rules", json={**RULE, "name": "x", "window_s": 61}), "anomaly.window_s")


def test_a_worker_learns_what_is_due_and_one_bad_rule_stops_no_other(fresh: Gateway) -> None:
    past(fresh.store, "web", 1)
    bad, good = add(fresh, name="bad"), add(fresh)
    fresh.store.execute("UPDATE rules SET config = config || '{\"window_s\": 7}' WHERE id = %s", bad)

    async def work() -> None:
        learning = DueLearning(fresh.store, FakeClock(BEGIN))
        learning.look()
        for _ in range(2000):
            if good in anomalies.versions(fresh.store):
                break
            await asyncio.sleep(0.05)
        await learning.finish()

    asyncio.run(work())
    assert set(anomalies.versions(fresh.store)) == {good}
