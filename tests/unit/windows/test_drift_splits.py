"""Windows of every kind hold what was sent, whatever the batches, shards, closings and restarts on the way."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drift_ledger import PROFILES, SEGMENTS, DriftLedger, Row, Windows
from vedette.events.features import FeatureBatch
from vedette.events.names import hash64
from vedette.windows.drift import DriftShard
from vedette.windows.drift_config import DriftConfig, Subject
from vedette.windows.drift_times import LATENESS_MS

T0 = 1_700_000_040_000
STREAMS = [(1, ""), (1, "2"), (2, "")]
CONFIGS = [
    DriftConfig(window_s=120),
    DriftConfig(window_s=240, slide_s=60),
    DriftConfig(window_s=300, slide_s=100),
    DriftConfig(window_rows=37),
    DriftConfig(window_s=120, segment_by="plan"),
    DriftConfig(window_s=240, slide_s=60, segment_by="plan"),
    DriftConfig(window_rows=37, segment_by="plan"),
]


@dataclass
class Flow:
    """Shards that put windows into a table, as the flow does: a window that comes again replaces its row."""

    config: DriftConfig
    shards: list[DriftShard]
    table: dict[tuple[int, str], Windows]

    def find(self, model: int, version: str) -> Subject:
        return Subject("m", self.config, 1, PROFILES, SEGMENTS if self.config.segment_by else None)

    def add(self, batch: FeatureBatch) -> None:
        self.shards[hash64(batch.model) % len(self.shards)].add(batch, self.find)

    def close(self) -> None:
        for shard in self.shards:
            for one in shard.close(self.find).features:
                row = self.table.setdefault((one.model, one.version), {})
                row[one.feature, one.start_ms] = one.counts.exact()
                for part in one.segments or ():
                    if part.counts.rows:
                        row[f"{part.segment}/{one.feature}", one.start_ms] = part.counts.exact()


def rows(random: np.random.Generator, many: int) -> list[Row]:
    """Rows of ten minutes or so, each up to almost the lateness older than the newest before it; with a gap."""
    found = []
    newest = T0
    for number in range(many):
        newest += int(random.integers(0, 8000)) + (400_000 if number == many // 2 else 0)
        at = newest - int(random.integers(0, LATENESS_MS - 8000))
        x = float("nan") if random.random() < 0.1 else float(random.integers(-5, 45))
        found.append((at, x, int(random.integers(-1, 3))))
    return found


@settings(deadline=None, max_examples=70)
@given(
    config=st.sampled_from(CONFIGS),
    seed=st.integers(0, 2**32 - 1),
    largest=st.integers(1, 60),
    shards=st.integers(1, 3),
    closings=st.floats(0, 1),
    restarts=st.lists(st.integers(0, 60), max_size=3),
)
def test_any_split_into_batches_shards_and_restarts_gives_the_counts_of_what_was_sent(
    config: DriftConfig, seed: int, largest: int, shards: int, closings: float, restarts: list[int]
) -> None:
    random = np.random.default_rng(seed)
    waiting = {key: rows(random, 130) for key in STREAMS}
    ledger, log = DriftLedger(), []
    while any(waiting.values()):
        model, version = STREAMS[int(random.integers(len(STREAMS)))]
        size = int(random.integers(0, largest + 1))
        some, waiting[model, version] = waiting[model, version][:size], waiting[model, version][size:]
        if some:
            log.append(ledger.report(model, version, some))
    flow = Flow(config, [DriftShard() for _ in range(shards)], {})
    place, saved, saved_at = 0, pickle.dumps(flow.shards), 0
    while place < len(log):
        if restarts and place >= restarts[0]:  # a crash: from the snapshot on again, with other closings
            restarts = restarts[1:]
            flow.shards, place = pickle.loads(saved), saved_at
        flow.add(log[place])
        place += 1
        if random.random() < 0.2:
            flow.add(log[int(random.integers(0, place))])  # a report that comes again
        if random.random() < closings:
            flow.close()
        if random.random() < 0.3:
            saved, saved_at = pickle.dumps(flow.shards), place
    end = [(T0 + 36_000_000, 1.0, 0)]
    for number, (model, version) in enumerate(STREAMS):
        if config.window_rows is None:
            flow.add(DriftLedger(reports=len(log) + number).report(model, version, end))
    flow.close()
    assert flow.table == ledger.windows({1: config, 2: config})
