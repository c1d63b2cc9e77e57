"""All columns together through the flow, killed on the way: windows are as one process alone would have found them."""

from __future__ import annotations

import time
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ingest_api.intake.references import profiles_of, sample_of
from tests.integration.flows.draining import decoded, put
from tests.integration.flows.process import FlowProcess
from vedette.events.features import Column, FeatureBatch, decode_batch, encode_batch
from vedette.events.topics import FEATURES, SIGNALS
from vedette.log import Log
from vedette.statistics.drift.profile import FeatureProfile
from vedette.store import accounts, models
from vedette.store.multivariate import windows
from vedette.store.pool import Store
from vedette.windows.drift_config import DriftConfig, Subject
from vedette.windows.multivariate import MultivariateShard
from vedette.windows.quality_config import values_of

MINUTE = 60_000
T0 = int(time.time() * 1000) // (2 * MINUTE) * 2 * MINUTE - 60 * MINUTE
RANDOM = np.random.default_rng(3)
REFERENCE = {"x": RANDOM.normal(size=3_000).tolist(), "y": RANDOM.normal(size=3_000).tolist()}
CONFIG = {"window_s": 60, "multivariate_s": 120}


def message(model: int, seq: int) -> FeatureBatch:
    """A hundred rows of half a minute; from the fifth minute on both columns go together."""
    random = np.random.default_rng(seq)
    x, noise = random.normal(size=(2, 100))
    y = 0.9 * x + 0.43 * noise if seq >= 8 else noise
    ts = (T0 + seq * MINUTE // 2 + np.arange(100)).astype("<i8").tobytes()
    return FeatureBatch(
        1, model, "3", 5, seq, ts, [Column("x", "numbers", x.tobytes()), Column("y", "numbers", y.tobytes())]
    )


def expected(model: int, reference: int, profiles: list[FeatureProfile], sample: bytes, upto: int) -> list[Any]:
    subject = Subject("m", msgspec.convert(CONFIG, DriftConfig), reference, {one.name: one for one in profiles})
    baseline = {column.name: values_of(column) for column in decode_batch(zlib.decompress(sample)).columns}
    shard = MultivariateShard()
    for seq in range(upto):
        shard.add(message(model, seq), lambda *_: subject)
    looked = shard.close(lambda *_: subject, lambda _: baseline, most=100)
    return [(one.start_ms, one.state, one.raised, one.rows, one.result) for one in looked.windows]


def test_windows_are_the_same_though_the_flow_is_killed(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    model = models.add(store, accounts.ensure_account(store, "default"), "together", CONFIG)
    profiles, rows = profiles_of(REFERENCE, {}, 10)
    written = [msgspec.json.decode(msgspec.json.encode(profile)) for profile in profiles]
    sample = sample_of(REFERENCE, profiles, rows)
    assert sample[0] == 2_000
    reference = models.add_reference(store, model, "", rows, written, sample=sample)

    def found() -> list[Any]:
        rows = windows(store, model, 0, 2 * T0, version=None, limit=100)
        return [(one["start_ms"], one["state"], one["raised"], one["rows"], one["result"]) for one in rows]

    def messages(seqs: range) -> list[tuple[str, bytes]]:
        return [(str(model), encode_batch(message(model, seq))) for seq in seqs]

    with FlowProcess("drift", log_url, dsn, tmp_path) as flow:
        put(log, FEATURES.name, *messages(range(7)))
        flow.wait_until(lambda: len(found()) == 1)
        put(log, FEATURES.name, *messages(range(7, 12)))
        flow.kill()
        put(log, FEATURES.name, *messages(range(2, 20)))  # some of them a second time
        flow.start()
        flow.wait_until(lambda: len(found()) == 5)  # the last by the wall clock
        assert flow.terminate() == 0
    wanted = expected(model, reference, profiles, sample[1], 20)
    wanted = [(*one[:4], msgspec.json.decode(msgspec.json.encode(one[4]))) for one in wanted]
    assert found()[: len(wanted)] == wanted
    assert [one[1] for one in found()] == ["ok", "ok", "drift", "drift", "drift"]
    told = {
        (one["at"], one["state"])
        for one in decoded(log, SIGNALS.name)
        if one["subject"] == f"model:{model}@3/" and one["kind"] == "drift"
    }
    assert sorted(told) == [(T0 + n * 2 * MINUTE, "drift" if n > 2 else "ok") for n in range(1, 6)]
