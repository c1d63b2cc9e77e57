"""Outcomes through the flow, killed on the way: each is joined once, and late ones replace their window's row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ingest_api.intake.features import pack
from tests.integration.flows.draining import decoded, put
from tests.integration.flows.process import FlowProcess
from vedette.events.features import FeatureBatch, encode_batch
from vedette.events.outcomes import OUTCOME
from vedette.events.topics import FEATURES, SIGNALS
from vedette.log import Log
from vedette.store import accounts, models
from vedette.store.pool import Store
from vedette.store.quality import quality_windows

MINUTE = 60_000
T0 = 1_700_000_040_000
ROWS = 40


def messages(model: int, column: str, minutes: range) -> list[tuple[str, bytes]]:
    found = []
    for minute in minutes:
        values: list[Any] = [n % 4 == 0 if column == OUTCOME else (0.9 if n % 2 else 0.1) for n in range(ROWS)]
        ts = np.array([T0 + minute * MINUTE + n for n in range(ROWS)], "<i8").tobytes()
        ids: list[str | None] = [f"{minute}-{n}" for n in range(ROWS)]
        batch = FeatureBatch(1, model, "3", 5, minute, ts, [pack(column, values)], ids)
        found.append((str(model), encode_batch(batch)))
    return found


def test_outcomes_are_joined_once_though_the_flow_is_killed(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    config = {"window_s": 60, "task": "classification"}
    model = models.add(store, accounts.ensure_account(store, "default"), "quality", config)

    def labelled() -> list[int]:
        rows = quality_windows(store, model, 0, 2 * T0, version=None, limit=1000)
        return [row["labelled"] for row in rows]

    def newest_said() -> str:
        signals = [one for one in decoded(log, SIGNALS.name) if one["subject"] == f"quality:{model}@3/accuracy"]
        return str(signals[-1]["detail"]["recent"].split()[-1]) if signals else ""

    with FlowProcess("drift", log_url, dsn, tmp_path) as flow:
        put(log, FEATURES.name, *messages(model, OUTCOME, range(2)))  # before their predictions
        put(log, FEATURES.name, *messages(model, "prediction", range(6)))
        flow.wait_until(lambda: labelled() == [ROWS, ROWS, 0, 0, 0, 0])
        put(log, FEATURES.name, *messages(model, OUTCOME, range(2, 4)))
        flow.kill()
        flow.start()
        flow.wait_until(lambda: labelled() == [ROWS] * 4 + [0, 0])
        flow.kill()
        put(log, FEATURES.name, *messages(model, OUTCOME, range(6)))  # those from before a second time, and the rest
        flow.start()
        flow.wait_until(lambda: labelled() == [ROWS] * 6)
        flow.wait_until(lambda: newest_said() == f"{T0 + 5 * MINUTE}:0.25:{ROWS}")
    rows = quality_windows(store, model, 0, 2 * T0, version="3", limit=1000)
    assert [row["rows"] for row in rows] == [ROWS] * 6
    for row in rows:  # alarms are odd rows, the truth is every fourth
        assert (row["metrics"]["accuracy"], row["metrics"]["recall"], row["skipped"]) == (0.25, 0.0, 0)
        assert row["estimated"]["accuracy"] > 0.89
