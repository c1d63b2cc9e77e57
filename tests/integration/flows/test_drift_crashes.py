"""The drift flow is killed in the middle of reports, several times: each row is counted once in each of its windows."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.drift_ledger import PROFILES, SEGMENTS, DriftLedger, Row, Windows
from tests.integration.flows.draining import decoded, put
from tests.integration.flows.process import FlowProcess
from vedette.events.features import encode_batch
from vedette.events.topics import FEATURES, SIGNALS
from vedette.log import Log
from vedette.store import accounts, drift, models
from vedette.store.pool import Store
from vedette.windows.drift_config import DriftConfig

MINUTE = 60_000
VERSIONS = ("1", "2")
ROWS = 30
STEP_MS = 10_000
CONFIGS: dict[str, dict[str, Any]] = {
    "tumbling": {"window_s": 60},
    "sliding": {"window_s": 300, "slide_s": 60},
    "rows": {"window_rows": 200},
    "sliding by segment": {"window_s": 300, "slide_s": 60, "segment_by": "plan"},
}


class Stream:
    """Reports of every model and version in turn, each a step later than the last, with rows up to 40 s older.

    Their times are an hour ahead, so that windows end by what comes and never by the wall clock.
    """

    def __init__(self, numbers: list[int]) -> None:
        self.ledger, self.start = DriftLedger(), (int(time.time() * 1000) // MINUTE + 60) * MINUTE
        self._numbers, self._step, self._random = numbers, 0, np.random.default_rng(5)

    def next(self, steps: int) -> list[tuple[str, bytes]]:
        """The messages of the next steps, in their order."""
        found = []
        for _ in range(steps):
            self._step += 1
            newest = self.start + 40_000 + self._step * STEP_MS
            for model in self._numbers:
                for version in VERSIONS:
                    batch = self.ledger.report(model, version, [self._row(newest) for _ in range(ROWS)])
                    found.append((str(model), encode_batch(batch)))
        return found

    def end(self) -> list[tuple[str, bytes]]:
        """Reports that are so much newer that all others' windows are over. What they hold is in no window that is."""
        found = []
        for model in self._numbers:
            for version in VERSIONS:
                last = self.start + 40_000 + self._step * STEP_MS + 60 * MINUTE
                report = DriftLedger(reports=10_000 + VERSIONS.index(version)).report(model, version, [(last, 1.0, 0)])
                found.append((str(model), encode_batch(report)))
        return found

    def _row(self, newest: int) -> Row:
        x = math.nan if self._random.random() < 0.1 else float(self._random.integers(-5, 45))
        return newest - int(self._random.integers(0, 40_000)), x, int(self._random.integers(-1, 3))


def found_windows(store: Store, model: int, version: str) -> Windows:
    rows = drift.windows(store, model, 0, 2**42, version=version, feature=None, limit=100_000)
    found = {(row["feature"], row["start_ms"]): _exact(row["counts"]) for row in rows}
    every = {"version": version, "feature": None, "segment": None}
    for row in drift.segment_windows(store, model, 0, 2**42, **every, limit=100_000):
        if row["rows"]:
            found[f"{row['segment']}/{row['feature']}", row["start_ms"]] = _exact(row["counts"])
    return found


def _exact(counts: dict[str, Any]) -> tuple[tuple[int, ...], int, int, int, int]:
    return tuple(counts["bins"]), counts["missing"], counts["other"], counts["below"], counts["above"]


@pytest.mark.parametrize("kind", CONFIGS)
def test_every_row_is_counted_once_though_the_flow_is_killed_amid_reports(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path, kind: str
) -> None:
    account = accounts.ensure_account(store, "default")
    numbers = [models.add(store, account, f"m{n}", CONFIGS[kind]) for n in range(2)]
    for model in numbers:
        profiles = [msgspec.json.decode(msgspec.json.encode(profile)) for profile in PROFILES.values()]
        models.add_reference(store, model, "", 400, profiles, segments=SEGMENTS.to_dict())
    stream = Stream(numbers)

    def written() -> int:
        row = store.row("SELECT count(*)::int AS n FROM drift_windows")
        assert row is not None
        return int(row["n"])

    def wait_for_more(known: int) -> None:
        flow.wait_until(lambda: written() > known)

    with FlowProcess("drift", log_url, dsn, tmp_path) as flow:
        for _ in range(3):
            known = written()
            some = stream.next(25)
            put(log, FEATURES.name, *some)
            wait_for_more(known)  # some of the new windows are written, and perhaps no snapshot is
            put(log, FEATURES.name, *stream.next(5))
            flow.kill()
            put(log, FEATURES.name, *some[-8:], *stream.next(5))  # a sender that heard no answer sends again
            flow.start()
        put(log, FEATURES.name, *stream.end())
        configs = dict.fromkeys(numbers, msgspec.convert(CONFIGS[kind], DriftConfig))
        expected = stream.ledger.windows(configs)
        wanted = sum("/" not in feature for windows in expected.values() for feature, _ in windows)
        flow.wait_until(lambda: written() >= wanted)
        assert flow.terminate() == 0
    assert {key: found_windows(store, *key) for key in expected} == expected
    # What was signalled again after a crash is the same as before it.
    signals = {msgspec.json.encode(signal) for signal in decoded(log, SIGNALS.name)}
    told_of = [(signal["subject"], signal["at"]) for signal in map(msgspec.json.decode, signals)]
    assert len(set(told_of)) == len(told_of)
