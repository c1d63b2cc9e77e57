"""Quality with outcomes, and estimated without."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.errors import InvalidInput
from vedette.statistics.drift.cbpe import Calibration, estimated
from vedette.statistics.drift.quality import BinaryTally, RegressionTally

rows = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1)), max_size=60)


def test_a_table_by_hand() -> None:
    found = BinaryTally.of([0.9, 0.8, 0.6, 0.4, 0.2, 0.1], [1, 1, 0, 1, 0, 0]).metrics()
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["precision"] == found["recall"] == found["f1"] == pytest.approx(2 / 3)
    assert found["auc"] == pytest.approx(8 / 9)
    assert found["brier"] == pytest.approx((0.01 + 0.04 + 0.36 + 0.36 + 0.04 + 0.01) / 6)
    assert found["log_loss"] == pytest.approx(-math.log(0.9 * 0.8 * 0.4 * 0.4 * 0.8 * 0.9) / 6)
    assert found["calibration_error"] == pytest.approx((0.1 + 0.2 + 0.6 + 0.6 + 0.2 + 0.1) / 6)


@given(rows, st.integers(0, 60))
def test_tallies_add_up(pairs: list[tuple[int, int]], cut: int) -> None:
    scores, outcomes = np.array([s for s, _ in pairs]) / 1000, np.array([o for _, o in pairs])
    whole = BinaryTally.of(scores, outcomes)
    parts = BinaryTally.of(scores[:cut], outcomes[:cut]) + BinaryTally.of(scores[cut:], outcomes[cut:])
    for name, value in whole.metrics().items():
        assert parts.metrics()[name] == pytest.approx(value, nan_ok=True)


@settings(deadline=None)
@given(rows)
def test_the_roc_area_is_mann_and_whitney_s(pairs: list[tuple[int, int]]) -> None:
    scores, outcomes = np.array([s for s, _ in pairs]) / 1000, np.array([o for _, o in pairs])
    found = BinaryTally.of(scores, outcomes).metrics()["auc"]
    positive, negative = scores[outcomes == 1], scores[outcomes == 0]
    if not len(positive) or not len(negative):
        assert math.isnan(found)
        return
    u = float(stats.mannwhitneyu(positive, negative, method="asymptotic").statistic)
    assert found == pytest.approx(u / len(positive) / len(negative), abs=0.02 + 1 / len(pairs))


def test_bad_rows_are_skipped_and_cost_no_other() -> None:
    tally = BinaryTally.of([0.9, math.nan, 1.5, 0.2, 0.3], [1, 1, 0, 0, math.nan])
    assert (tally.n, tally.skipped) == (2, 3)
    assert tally.metrics()["accuracy"] == 1
    with pytest.raises(InvalidInput, match="columns"):
        BinaryTally.of([0.1], [1, 0])


def test_without_rows_nothing_is_defined() -> None:
    assert all(math.isnan(value) for value in BinaryTally.of([], []).metrics().values())
    assert all(math.isnan(value) for value in RegressionTally().metrics().values())


def test_errors_of_a_regressor() -> None:
    first, second = RegressionTally.of([1, 2, math.nan], [2, 4, 1]), RegressionTally.of([3], [3])
    assert first.skipped == 1
    assert (first + second).metrics() == pytest.approx({"mae": 1, "rmse": math.sqrt(5 / 3), "bias": -1})


def test_quality_is_estimated_from_scores_alone_while_they_stay_calibrated() -> None:
    random = np.random.default_rng(6)
    truth = random.beta(2, 2, 40_000)
    scores = truth**2  # the order is right, the probabilities are not
    outcomes = (random.random(len(truth)) < truth).astype(float)
    calibration = Calibration.of(BinaryTally.of(scores, outcomes))
    assert calibration(0.25) == pytest.approx(0.5, abs=0.03)
    later = random.beta(3, 2, 40_000)
    actual = BinaryTally.of(later**2, random.random(len(later)) < later).metrics()
    guessed = estimated(later**2, calibration)
    for name, value in guessed.items():
        assert value == pytest.approx(actual[name], abs=0.02)


def test_calibration_never_falls_and_takes_scores_as_they_are_without_outcomes() -> None:
    tally = BinaryTally.of([0.1, 0.2, 0.3, 0.4], [1, 0, 1, 1])
    assert (np.diff(Calibration.of(tally)([0.0, 0.1, 0.2, 0.3, 0.4, 1.0])) >= 0).all()
    assert Calibration.of(BinaryTally.of([], []))(0.3) == pytest.approx(0.3)
