"""Metrics through the flow, killed on the way: each value counts once, and late ones replace their window's row."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.integration.flows.draining import decoded, put
from tests.integration.flows.process import FlowProcess
from vedette.events.features import FeatureBatch, encode_batch
from vedette.events.model_metrics import columns_of
from vedette.events.topics import FEATURES, SIGNALS
from vedette.log import Log
from vedette.store import accounts, models
from vedette.store.model_metrics import windows
from vedette.store.pool import Store

MINUTE = 60_000
T0 = 1_700_000_040_000
VALUES = 40


def messages(model: int, seqs: range) -> list[tuple[str, bytes]]:
    """Each number has 20 values of two metrics in each of the two minutes that it begins with."""
    found = []
    for seq in seqs:
        ts = np.array([T0 + (seq + n % 2) * MINUTE + n for n in range(VALUES)], "<i8").tobytes()
        columns = columns_of([("cost", "tokens")[n // 2 % 2] for n in range(VALUES)], [float(n) for n in range(VALUES)])
        found.append((str(model), encode_batch(FeatureBatch(1, model, "3", 5, seq, ts, columns))))
    return found


def test_values_count_once_though_the_flow_is_killed(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    config = {"window_s": 60, "task": "regression", "prediction": "value"}  # a task does not take metrics for rows
    model = models.add(store, accounts.ensure_account(store, "default"), "metrics", config)

    def counts() -> list[int]:
        rows = windows(store, model, 0, 2 * T0, version="3", metric="cost", limit=1000)
        return [row["count"] for row in rows]

    def newest_said() -> str:
        signals = [one for one in decoded(log, SIGNALS.name) if one["subject"] == f"metric:{model}@3/cost"]
        return str(signals[-1]["detail"]["recent"].split()[-1]) if signals else ""

    with FlowProcess("drift", log_url, dsn, tmp_path) as flow:
        put(log, FEATURES.name, *messages(model, range(3)))
        flow.wait_until(lambda: counts() == [10, 20, 20, 10])
        put(log, FEATURES.name, *messages(model, range(3, 5)))
        flow.kill()
        flow.start()
        flow.wait_until(lambda: counts() == [10, 20, 20, 20, 20, 10])
        flow.kill()
        put(log, FEATURES.name, *messages(model, range(6)))  # those from before a second time, and one more
        flow.start()
        flow.wait_until(lambda: counts() == [10, *[20] * 5, 10])
        flow.wait_until(lambda: newest_said() == f"{T0 + 6 * MINUTE}:10:19.0:1.0:37.0")
    rows = windows(store, model, 0, 2 * T0, version=None, metric=None, limit=1000)
    assert [(row["version"], row["metric"]) for row in rows] == [("3", "cost"), ("3", "tokens")] * 7
    inner = [row for row in rows if row["metric"] == "tokens"][1:-1]
    assert {(row["mean"], row["min"], row["max"], row["window_s"]) for row in inner} == {(20.5, 2.0, 39.0, 60)}
    assert store.row("SELECT count(*) AS n FROM quality_windows") == {"n": 0}
