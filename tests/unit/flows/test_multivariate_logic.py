"""All columns together in the flow: samples of references that threads share, and snapshots of another shape."""

from __future__ import annotations

import time
import zlib
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest

from dataflows.drift_book import DriftBook
from dataflows.model_windows import Heard
from dataflows.multivariate import KEPT, MultivariateLogic, Samples
from vedette.events.features import Column, FeatureBatch, encode_batch
from vedette.statistics.drift.profile import fit
from vedette.store import multivariate
from vedette.store.pool import Store
from vedette.windows.drift_config import DriftConfig, Subject

T0 = 500_000 * 3_600_000
STORE = cast(Store, None)


class Book:
    """Knows one model, which asks for all columns together."""

    def find(self, model: int, version: str, since_ms: int | None = None) -> Subject:
        profile = fit("x", list(range(1000)), "numeric")
        return Subject("churn", DriftConfig(multivariate_s=60), 1, {"x": profile})


def logic(snapshot: bytes | None) -> MultivariateLogic:
    return MultivariateLogic(cast(DriftBook, Book()), Samples(STORE), snapshot)


class Interrupted(OrderedDict[int, list[Column]]):
    """Lets other threads run after each look."""

    def get(self, key: int, default: Any = None) -> Any:
        found = super().get(key, default)
        time.sleep(0)
        return found

    def __len__(self) -> int:
        found = super().__len__()
        time.sleep(0)
        return found


def test_threads_share_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    def sample(store: Any, reference: int) -> bytes:
        column = Column("x", "numbers", np.array([float(reference)]).tobytes())
        return zlib.compress(encode_batch(FeatureBatch(0, 0, "", 0, 0, bytes(8), [column])))

    monkeypatch.setattr(multivariate, "sample", sample)
    samples = Samples(STORE)
    samples._held = Interrupted()

    def ask(seed: int) -> int:
        asked = np.random.default_rng(seed).integers(1, KEPT + 2, 1500).tolist()
        return sum(samples(one) == {"x": [float(one)]} for one in asked)

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, range(4))) == [1500] * 4
    assert len(samples._held) == KEPT


def test_a_snapshot_brings_rows_back() -> None:
    rows = FeatureBatch(1, 7, "", 1, 1, np.full(5, T0, "<i8").tobytes(), [Column("x", "numbers", bytes(40))])
    one = logic(None)
    list(one.on_batch([Heard(0, [(T0, rows)])])[0])
    assert logic(one.snapshot())._shard._versions.keys() == {(7, "")}
