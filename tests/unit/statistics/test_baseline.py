"""The learned hour-of-week baseline."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.statistics.trends.baseline import BUCKET_MS, FEWEST, HOUR_MS, Baseline

SHARES = [0.91, 0.08, 0.01]


def learned(hours: int, rows: int = 40, checks: int = 300, daily: float = 0.0) -> Baseline:
    """A baseline that has learned `hours` hours of random checks; bad ones vary by the share `daily` over the day."""
    random = np.random.default_rng(6)
    baseline = Baseline()
    baseline.grow(rows)
    for hour in range(hours):
        factor = 1 + daily * np.sin(2 * np.pi * hour / 24)
        shares = [1 - 0.09 * factor, 0.08 * factor, 0.01 * factor]
        counts = random.multinomial(checks, shares, rows).astype(np.float64)
        baseline.learn(hour * HOUR_MS, np.arange(rows), counts, buckets=12)
    return baseline


def test_nothing_is_predicted_before_a_few_buckets() -> None:
    baseline = Baseline()
    baseline.grow(1)
    row = np.array([0])
    for bucket in range(FEWEST):
        assert np.isinf(baseline.predict(bucket * BUCKET_MS, row)[1][0])
        baseline.learn(bucket * BUCKET_MS, row, np.array([[23.0, 1.0, 1.0]]))
    expected, spread, _ = baseline.predict(FEWEST * BUCKET_MS, row)
    assert expected[0] == pytest.approx(0.94, abs=0.01)
    assert np.isfinite(spread[0])


def test_the_prediction_is_near_the_truth_by_as_much_as_it_says() -> None:
    baseline = learned(28 * 24, rows=400)
    expected, spread, variance = baseline.predict(28 * 24 * HOUR_MS, np.arange(400))
    assert float(((expected - 0.95) ** 2 / spread).mean()) < 1.3
    assert float(np.abs(expected - 0.95).mean()) < 0.002
    assert float(variance.mean()) == pytest.approx(0.0275, rel=0.03)


def test_a_daily_cycle_is_learned_in_a_week() -> None:
    baseline = learned(7 * 24, rows=200, daily=0.5)
    for hour, truth in ((6, 0.95 - 0.025), (18, 0.95 + 0.025)):
        expected, _, _ = baseline.predict((7 * 24 + hour) * HOUR_MS, np.arange(200))
        assert float(expected.mean()) == pytest.approx(truth, abs=0.002)


def test_an_hour_with_little_data_is_shrunk_towards_the_others() -> None:
    baseline = learned(7 * 24 - 1, rows=1)
    row = np.array([0])
    last_hour = (7 * 24 - 1) * HOUR_MS
    baseline.predict(last_hour, row)  # how much hours differ was told before
    baseline.learn(last_hour, row, np.array([[0.0, 0.0, 25.0]]))
    expected, _, _ = baseline.predict(last_hour + BUCKET_MS, row)
    assert 0.9 < expected[0] < 0.95


def test_what_is_older_than_four_weeks_is_forgotten() -> None:
    baseline = learned(24, rows=1)
    row = np.array([0])
    for hour in range(24, 5 * 168 + 24):
        baseline.learn(hour * HOUR_MS, row, np.array([[150.0, 0.0, 150.0]]), buckets=12)
    expected, _, _ = baseline.predict((5 * 168 + 24) * HOUR_MS, row)
    assert expected[0] == pytest.approx(0.5, abs=1e-6)


def test_recursive_errors_are_independent_and_of_variance_one() -> None:
    random = np.random.default_rng(7)
    baseline = Baseline()
    rows = np.arange(300)
    baseline.grow(300)
    errors = []
    for bucket in range(700):
        counts = random.multinomial(25, SHARES, 300).astype(np.float64)
        expected, spread, variance = baseline.predict(bucket * BUCKET_MS, rows)
        if bucket >= 300:
            apdex = (counts[:, 0] + counts[:, 1] / 2) / 25
            errors.append((apdex - expected) / np.sqrt(variance / 25 + spread))
        baseline.learn(bucket * BUCKET_MS, rows, counts)
    z = np.array(errors)
    assert float(z.var()) == pytest.approx(1, abs=0.04)
    assert float((z[1:] * z[:-1]).mean()) == pytest.approx(0, abs=0.02)
    # Sums over a day vary as sums of independent numbers do, or a little less: nothing is left that adds up.
    assert 0.5 < float(z[:288].sum(0).var() / 288) < 1.2


def test_a_row_that_joins_later_begins_to_learn_without_disturbing_others() -> None:
    baseline = learned(48, rows=2)
    before = baseline.predict(48 * HOUR_MS, np.array([0]))[0]
    baseline.grow(3)
    assert baseline.predict(48 * HOUR_MS, np.array([0]))[0] == pytest.approx(before, abs=2e-3)
    assert np.isinf(baseline.predict(48 * HOUR_MS, np.array([2]))[1][0])
