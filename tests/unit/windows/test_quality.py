"""Quality windows: outcomes find their predictions, and the numbers are the same whatever the order."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest_api.intake.features import pack
from vedette.events.features import FeatureBatch
from vedette.events.outcomes import OUTCOME
from vedette.statistics.drift.quality import BinaryTally, RegressionTally
from vedette.windows import quality
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.quality import QualityShard, QualityWindow, Told
from vedette.windows.quality_config import QualityConfig, QualitySubject

HOUR = 3_600_000
T0 = 500_000 * HOUR
LATER = {0: T0 + 100 * HOUR}
Row = tuple[str, int, Any]


def finder(**fields: Any) -> quality.FindQuality:
    subject = QualitySubject("churn", QualityConfig(**{"task": "classification", **fields}))
    return lambda model: subject if model == 7 else None


FIND = finder()


def batch(seq: int, rows: list[Row], column: str = "prediction", version: str = "", epoch: int = 1) -> FeatureBatch:
    ts = np.array([at for _, at, _ in rows], "<i8").tobytes()
    packed = pack(column, [value for _, _, value in rows])
    return FeatureBatch(3, 7, version, epoch, seq, ts, [packed], [name for name, _, _ in rows])


def scored(many: int, seed: int = 1) -> tuple[list[Row], list[Row]]:
    random = np.random.default_rng(seed)
    scores, times = random.random(many).tolist(), random.integers(0, 3 * HOUR, many).tolist()
    truths = (random.random(many) < scores).tolist()
    predictions = [(f"r{n}", T0 + times[n], scores[n]) for n in range(many)]
    return predictions, [(f"r{n}", T0 + times[n] + HOUR, truths[n]) for n in range(many)]


def told(shard: QualityShard, find: quality.FindQuality = FIND) -> dict[int, QualityWindow]:
    return {one.start_ms: one for one in shard.close(find, LATER).windows}


def test_metrics_are_those_of_the_tally_over_all_rows() -> None:
    predictions, outcomes = scored(500)
    shard = QualityShard()
    shard.add(batch(1, predictions), FIND)
    shard.add(batch(1, outcomes, OUTCOME), FIND)
    windows = told(shard)
    assert sum(one.labelled for one in windows.values()) == 500
    for start, window in windows.items():
        rows = [n for n, (_, at, _) in enumerate(predictions) if start <= at < start + HOUR]
        tally = BinaryTally.of([predictions[n][2] for n in rows], [outcomes[n][2] for n in rows])
        assert window.metrics == pytest.approx(tally.metrics(), rel=1e-12)
        low, high = window.intervals["accuracy"]
        assert low < window.metrics["accuracy"] < high
        assert 0 <= window.auc_within < 0.01
        assert window.estimated["accuracy"] == pytest.approx(
            np.mean([max(predictions[n][2], 1 - predictions[n][2]) for n in rows]), abs=0.0005
        )


@settings(max_examples=40, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 30))
def test_any_order_split_and_restart_gives_identical_numbers(random: Any, size: int) -> None:
    predictions, outcomes = scored(120)
    whole = QualityShard()
    whole.add(batch(1, predictions), FIND)
    whole.add(batch(1, outcomes, OUTCOME), FIND)
    parts = []
    for column, rows in (("prediction", list(predictions)), (OUTCOME, list(outcomes))):
        random.shuffle(rows)
        parts += [batch(n, rows[n : n + size], column) for n in range(0, len(rows), size)]
    random.shuffle(parts)
    shard, found = QualityShard(), {}
    for part in parts:
        shard.add(part, FIND)
        shard = pickle.loads(pickle.dumps(shard))
        shard.add(part, FIND)  # a second time: dropped
        found |= {one.start_ms: one for one in shard.close(FIND).windows}
    assert found | told(shard) == told(whole)


def test_a_window_is_told_when_it_is_over_and_again_when_outcomes_come() -> None:
    shard = QualityShard()
    shard.add(batch(1, [("a", T0, 0.9), ("b", T0 + 1, 0.2)]), FIND)
    assert shard.close(FIND) == Told()
    assert shard.close(FIND, {0: T0 + HOUR + SETTLE_MS - 1}).windows == []
    shard.add(batch(2, [("c", T0 + HOUR + LATENESS_MS, 0.9)]), FIND)
    [window] = shard.close(FIND).windows
    assert (window.rows, window.labelled, window.estimated["accuracy"]) == (2, 0, pytest.approx(0.85, abs=0.0005))
    assert math.isnan(window.metrics["accuracy"])
    assert shard.close(FIND) == Told()
    shard.add(batch(1, [("a", T0 + 2 * HOUR, True), ("nobody", T0, True)], OUTCOME), FIND)
    again = shard.close(FIND)
    [window] = again.windows
    assert (window.start_ms, window.labelled, window.metrics["accuracy"]) == (T0, 1, 1.0)
    [signal] = [one for one in again.signals if one.subject == "quality:7/accuracy"]
    assert (signal.value, signal.detail["recent"]) == (1.0, f"{T0}:1.0:1")


def test_signals_of_a_subject_are_always_newer_than_the_last() -> None:
    shard, last = QualityShard(), -1
    shard.add(batch(1, [(str(n), T0 + n, 0.9) for n in range(9)]), FIND)
    for n in range(9):
        shard.add(batch(n, [(str(n), T0, n % 2)], OUTCOME), FIND)
        signals = shard.close(FIND, LATER).signals
        [at] = {one.at for one in signals}
        assert at > last
        last = at


def test_an_id_counts_once_for_each_version_whatever_comes_first() -> None:
    early, late = QualityShard(), QualityShard()
    outcome = batch(1, [("a", T0, 1), ("a", T0, 0)], OUTCOME)
    predictions = [
        batch(1, [("a", T0, 0.9), ("a", T0, 0.1)], version="1"),
        batch(2, [("a", T0, 0.1)], version="2"),
    ]
    for shard, order in ((early, [outcome, *predictions]), (late, [*predictions, outcome])):
        for one in order:
            shard.add(one, FIND)
    found = [shard.close(FIND, LATER).windows for shard in (early, late)]
    assert found[0] == found[1]
    assert [(one.version, one.labelled, one.metrics["accuracy"]) for one in found[0]] == [("1", 1, 1.0), ("2", 1, 0.0)]


def test_labels_are_compared_with_the_positive_one_and_have_no_scores() -> None:
    find, shard = finder(positive="yes", prediction="prediction.label"), QualityShard()
    rows = [("a", T0, "yes"), ("b", T0, "no"), ("c", T0, "yes"), ("d", T0, None)]
    shard.add(batch(1, rows, "prediction.label"), find)
    shard.add(batch(1, [("a", T0, "yes"), ("b", T0, "no"), ("c", T0, "no"), ("d", T0, "no")], OUTCOME), find)
    [window] = told(shard, find).values()
    assert (window.rows, window.labelled, window.metrics["precision"], window.metrics["recall"]) == (3, 3, 0.5, 1.0)
    assert math.isnan(window.metrics["auc"])
    assert window.estimated == {}


def test_regression_gives_errors_and_skips_what_is_no_number() -> None:
    find, shard = finder(task="regression"), QualityShard()
    predicted, values = [1.0, 2.0, 4.0, 1e300], [1.5, 2.0, 2.0, -1e300]
    shard.add(batch(1, [(str(n), T0, value) for n, value in enumerate([*predicted, 5.0])]), find)
    shard.add(batch(1, [(str(n), T0, value) for n, value in enumerate([*values, "x"])], OUTCOME), find)
    [window] = told(shard, find).values()
    assert (window.labelled, window.skipped) == (3, 2)
    assert window.metrics == pytest.approx(RegressionTally.of(predicted[:3], values[:3]).metrics())
    assert set(window.intervals) == {"mae", "bias", "rmse"}


def test_what_waits_is_bounded_and_what_is_given_up_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "MOST_WAITING", 10)
    shard = QualityShard()
    shard.add(batch(1, [(str(n), T0 + n, 0.9) for n in range(15)]), FIND)
    assert shard.dropped == 5
    shard.add(batch(1, [(str(n), T0, 1) for n in range(15)], OUTCOME), FIND)
    [window] = told(shard).values()
    assert (window.rows, window.labelled) == (15, 10)
    assert shard.dropped == 10  # five outcomes found no prediction


def test_outcomes_that_come_too_late_change_nothing() -> None:
    find, shard = finder(outcome_wait_s=3600), QualityShard()
    shard.add(batch(1, [("a", T0, 0.9)]), find)
    shard.add(batch(2, [("b", T0 + 5 * HOUR, 0.9)]), find)
    assert shard.dropped == 1
    shard.add(batch(1, [("a", T0 + 5 * HOUR, 1), ("b", T0 + 5 * HOUR, 1)], OUTCOME), find)
    assert {start: one.labelled for start, one in told(shard, find).items()} == {T0: 0, T0 + 5 * HOUR: 1}


def test_a_model_that_is_gone_ends_its_alerts() -> None:
    shard = QualityShard()
    shard.add(batch(1, [("a", T0, 0.9)]), FIND)
    assert shard.close(FIND, LATER).signals
    ended = shard.close(lambda model: None, LATER).signals
    assert {one.state for one in ended} == {"over"}
    assert shard.close(lambda model: None, LATER) == Told()
