"""Samples of the past: which rows are taken, each report once, and none more likely than another."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from ingest_api.intake import past
from ingest_api.intake.features import pack
from ingest_api.intake.past import Sample, read_past
from vedette.clock import FakeClock
from vedette.errors import InvalidInput, Overloaded
from vedette.events.features import FeatureBatch
from vedette.events.model_metrics import columns_of
from vedette.events.outcomes import OUTCOME
from vedette.log import Bounds, Log, Record


def batch(seq: int, times: list[int], version: str = "", **columns: list[object]) -> FeatureBatch:
    packed = [pack(name, values) for name, values in columns.items()]
    return FeatureBatch(1, 1, version, 7, seq, np.array(times, "<i8").tobytes(), packed)


def sample(rows_of: str | None = None, most: int = 1000) -> Sample:
    return Sample(100, 200, rows_of, np.random.default_rng(3), most)


def test_rows_of_the_range_are_taken_and_a_report_counts_once() -> None:
    found = sample()
    report = batch(1, [99, 100, 199, 200], age=[1.0, 2.0, 3.0, 4.0], plan=["a", "b", None, "d"])
    found.add([report, report, batch(2, [150], age=[5.0])])
    columns = found.columns()
    assert found.seen == 3
    assert sorted(zip(columns["age"], columns["plan"], strict=True)) == [(2.0, "b"), (3.0, None), (5.0, None)]


def test_outcomes_and_metrics_are_no_rows_and_hide_no_report_of_the_same_number() -> None:
    found = sample()
    metrics = FeatureBatch(1, 1, "", 7, 1, np.array([150], "<i8").tobytes(), columns_of(["cost"], [2.0]))
    found.add([batch(1, [150], **{OUTCOME: [1.0]}), metrics, batch(1, [150], age=[5.0])])
    assert found.columns() == {"age": [5.0]}


def test_only_rows_of_the_version_are_taken_if_one_is_asked_for() -> None:
    found = sample("2")
    found.add([batch(1, [150], "1", age=[1.0]), batch(2, [150], "2", age=[2.0])])
    assert found.columns() == {"age": [2.0]}


def test_beyond_the_bound_every_row_is_as_likely_as_another() -> None:
    found = sample(most=500)
    found.add(batch(seq, [150] * 100, at=[float(seq)] * 100) for seq in range(100))
    kept = found.columns()["at"]
    assert (found.seen, len(kept)) == (10_000, 500)
    assert np.mean(kept) == pytest.approx(49.5, abs=4 * 28.9 / np.sqrt(500))


@pytest.mark.parametrize("body", [b'{"columns": {"from": [1]}}', b"[1]", b"{", b"\xff"])
def test_a_table_is_no_range(body: bytes) -> None:
    assert read_past(body) is None


@pytest.mark.parametrize("body", [b'{"from": 1, "columns": {}}', b'{"to": 1}', b'{"from": 1, "version": "a/b"}'])
def test_a_range_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_past(body)


def test_of_long_texts_fewer_rows_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "MOST_TEXT_BYTES", 20_000)
    found = sample()
    found.add([batch(seq, [150] * 20, note=["x" * 400] * 20) for seq in range(30)])
    columns = found.columns()
    assert found.seen == 600
    assert 10 <= len(columns["note"]) <= 60


def test_the_log_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless:
        def bounds(self, topic: str) -> list[Bounds]:
            return [Bounds(0, 1 << 40)]

        def offset_at(self, topic: str, partition: int, time_ms: int) -> int:
            return 0

        def read(self, topic: str, partition: int, offset: int, most: int) -> list[Record]:
            clock.advance(1)
            return [Record(offset, 0, b"2", b"")]

    clock = FakeClock()
    with pytest.raises(Overloaded, match="more of that time"):
        list(past.logged(cast(Log, Endless()), 1, 1, 0, clock))
