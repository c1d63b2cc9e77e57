"""The watch over steps: alarms, starts, learning, gaps, budgets."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from vedette.errors import InvalidInput
from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS, TRUSTED
from vedette.statistics.trends.budget import chart_run_length, monitor_run_length
from vedette.statistics.trends.kept import most_likely_start
from vedette.statistics.trends.runlength import run_length
from vedette.statistics.trends.thresholds import LOG_LENGTHS, SHIFTS, SKEWS, ThresholdTable, solve
from vedette.statistics.trends.trinomial import Trinomial
from vedette.statistics.trends.watch import Change, StepWatch

LEARNED = 10 * 24
"""Hours."""
GOOD, BAD = [0.91, 0.08, 0.01], [0.85, 0.12, 0.03]


def trained(rows: int, seed: int = 1, monitors: int = 5000) -> StepWatch:
    """A watch whose baseline knows ten days of GOOD."""
    random = np.random.default_rng(seed)
    watch = StepWatch(monitors, 1)
    watch.grow(rows)
    for hour in range(LEARNED):
        counts = random.multinomial(300, GOOD, rows).astype(np.float64)
        watch.baseline.learn(hour * HOUR_MS, np.arange(rows), counts, buckets=12)
    return watch


def run(watch: StepWatch, first: int, buckets: int, shares: list[float], seed: int = 2) -> list[Change]:
    """What the watch finds in `buckets` buckets after the `first` ones that follow these days."""
    random = np.random.default_rng(seed)
    found = []
    for bucket in range(first, first + buckets):
        counts = random.multinomial(25, shares, len(watch)).astype(np.float64)
        found += watch.take(LEARNED * HOUR_MS + bucket * BUCKET_MS, np.arange(len(watch)), counts)
    return found


def test_nothing_is_found_where_nothing_changes() -> None:
    assert run(trained(20), 0, 400, GOOD) == []


def test_a_drop_is_found_once_with_its_start_and_size() -> None:
    watch = trained(20)
    run(watch, 0, 200, GOOD)
    found = run(watch, 200, 150, BAD, seed=3)
    assert sorted(change.row for change in found) == list(range(20))
    assert all(change.down and not change.learning for change in found)
    starts = [(change.start_ms - LEARNED * HOUR_MS) / BUCKET_MS - 200 for change in found]
    assert abs(float(np.median(starts))) <= 4
    assert float(np.mean([change.size for change in found])) == pytest.approx(-0.04, abs=0.012)
    assert all(change.statistic > change.threshold for change in found)


def test_the_way_back_up_is_a_change_too() -> None:
    watch = trained(10)
    run(watch, 0, 300, BAD)
    found = run(watch, 300, 300, GOOD, seed=4)
    assert {change.row for change in found if not change.down} == set(range(10))


def test_a_young_baseline_says_that_it_is_learning() -> None:
    watch = StepWatch(10, 1)
    watch.grow(2)
    rows, counts = np.arange(2), np.array([[24.0, 1.0, 0.0], [24.0, 1.0, 0.0]])
    found = []
    for bucket in range(TRUSTED - 60):
        found += watch.take(bucket * BUCKET_MS, rows, counts)
    assert watch.learning(rows).all()
    for bucket in range(TRUSTED - 60, TRUSTED - 40):
        found += watch.take(bucket * BUCKET_MS, rows, np.array([[10.0, 5.0, 10.0], [24.0, 1.0, 0.0]]))
    assert {change.row for change in found} == {0}
    assert all(change.learning for change in found)


def test_gaps_and_empty_buckets_neither_alarm_nor_teach() -> None:
    watch = trained(2)
    before = watch.baseline.learned.copy()
    for bucket in range(500):  # what is trusted learns late
        time = LEARNED * HOUR_MS + bucket * BUCKET_MS
        assert watch.take(time, np.array([0, 1]), np.array([[0.0, 0.0, 0.0], [23.0, 1.0, 1.0]])) == []
    assert watch.baseline.learned[0] == before[0]
    assert watch.baseline.learned[1] > before[1]


def test_a_pickled_watch_finds_the_same() -> None:
    watch = trained(5)
    run(watch, 0, 50, GOOD)
    again = pickle.loads(pickle.dumps(watch))
    assert run(again, 50, 80, BAD, seed=5) == run(watch, 50, 80, BAD, seed=5)


def test_a_forgotten_row_begins_to_learn_and_the_others_go_on() -> None:
    watch, twin = trained(3), trained(3)
    run(watch, 0, 30, GOOD)
    run(twin, 0, 30, GOOD)
    watch.forget(1)
    assert watch.learning(np.arange(3)).tolist() == [False, True, False]
    assert watch.standing(np.array([1])).tolist() == [[0, 0]]
    run(watch, 30, 30, GOOD, seed=6)
    run(twin, 30, 30, GOOD, seed=6)
    assert watch.standing(np.array([0, 2])) == pytest.approx(twin.standing(np.array([0, 2])), rel=0.05, abs=0.01)


def test_charts_stand_between_nothing_and_their_thresholds() -> None:
    watch = trained(10)
    run(watch, 0, 100, GOOD)
    standing = watch.standing(np.arange(10))
    assert standing.shape == (10, 2)
    assert 0 <= standing.min() <= standing.max() <= 1
    assert standing.max() > 0


def test_an_endpoint_without_a_fault_may_have_its_first_but_not_many() -> None:
    watch = StepWatch(5000, 1)
    watch.grow(1)
    first = 28 * 24 * 12
    for hour in range(28 * 24):
        watch.baseline.learn(hour * HOUR_MS, np.array([0]), np.array([[300.0, 0.0, 0.0]]), buckets=12)
    found = []
    for bucket in range(400):
        failures = 1.0 if bucket == 100 else 2.0 if bucket > 390 else 0.0
        counts = np.array([[25.0 - failures, 0.0, failures]])
        found += watch.take((first + bucket) * BUCKET_MS, np.array([0]), counts)
    assert len(found) == 1
    assert found[0].down
    assert found[0].start_ms == (first + 391) * BUCKET_MS


def test_a_bucket_of_nobody_is_taken() -> None:
    watch = trained(1)
    assert watch.take(LEARNED * HOUR_MS, np.zeros(0, np.int64), np.zeros((0, 3))) == []


def test_time_does_not_go_back() -> None:
    watch = trained(1)
    run(watch, 0, 2, GOOD)
    for time in (LEARNED * HOUR_MS, LEARNED * HOUR_MS + 10 * BUCKET_MS + 1):
        with pytest.raises(InvalidInput, match="bucket"):
            watch.take(time, np.array([0]), np.array([[25.0, 0.0, 0.0]]))


def test_the_start_of_a_step_without_noise_is_exact() -> None:
    errors = np.array([0.0] * 10 + [-0.02] * 5)
    start = most_likely_start(np.arange(15), errors, np.full(15, 900.0), down=True)
    assert start is not None
    assert (start.bucket, start.size) == (10, pytest.approx(-0.02))
    assert most_likely_start(np.arange(15), errors, np.full(15, 900.0), down=False) is None


def test_the_budget_is_monitors_times_buckets_over_alarms() -> None:
    assert monitor_run_length(5000, 1) == 1_440_000
    charts = chart_run_length(1_440_000, 0.15)
    assert charts.shape == (3,)
    # Both sides of all sizes: more often than the budget has it, as far as they alarm together and measured less.
    assert 2 * float((1 / charts).sum()) == pytest.approx(1.16 / 0.8 / 1_440_000, rel=0.05)
    for monitors, allowed in ((0, 1), (10, 0), (10, 1000)):
        with pytest.raises(InvalidInput):
            monitor_run_length(monitors, allowed)


@pytest.mark.parametrize(("shift", "skew"), [(7, 11), (12, 14), (16, 8)])
def test_the_table_in_the_repository_is_what_its_program_solves(shift: int, skew: int) -> None:
    expected = solve(float(SHIFTS[shift]), float(SKEWS[skew]))
    found = ThresholdTable().heights(SHIFTS[shift], SKEWS[skew], np.exp(LOG_LENGTHS))
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("shares", [GOOD, [0.97, 0.02, 0.01], [0.8, 0.1, 0.1]])
def test_an_interpolated_threshold_has_the_run_length_asked_for_on_the_trinomial(shares: list[float]) -> None:
    model, table = Trinomial(*shares), ThresholdTable()
    z, probabilities = model.standardised(25)
    for drop in (0.004, 0.009):
        delta = drop / (model.variance / 25) ** 0.5
        height = float(table.heights(delta, -model.skewness / 5, 1e5))
        assert run_length(-delta * z - delta**2 / 2, probabilities, height) == pytest.approx(1e5, rel=0.1)
