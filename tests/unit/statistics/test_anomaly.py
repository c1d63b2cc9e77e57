"""Anomalies: as many false alarms as are allowed, whatever the tails; and real ones are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from vedette.statistics.anomaly import (
    CALM,
    HOUR_MS,
    HOURS,
    LEAST,
    WEEK_MS,
    Learned,
    Usual,
    directed,
    in_a_row,
    learn,
    starts,
)

Floats = npt.NDArray[np.float64]


def noise(random: np.random.Generator, tail: str, shape: tuple[int, int]) -> Floats:
    if tail == "heavy":
        return random.standard_t(4, size=shape)
    if tail == "skewed":
        return random.lognormal(size=shape)
    return random.normal(size=shape)


def weeks(random: np.random.Generator, series: int, many: int, of_hour: int, tail: str, lasting: float = 0.5) -> Floats:
    """Series with days and weekends of their own, noise that lasts, and units of their own."""
    size = many * HOURS * of_hour
    found = noise(random, tail, (series, size))
    for at in range(1, size):
        found[:, at] = lasting * found[:, at - 1] + np.sqrt(1 - lasting**2) * found[:, at]
    hours = np.arange(size) / of_hour
    found += random.uniform(1, 5, (series, 1)) * np.sin(2 * np.pi * hours / 24 + random.uniform(0, 6, (series, 1)))
    found += random.uniform(-3, 3, (series, 1)) * (hours % HOURS >= 120)
    return (found * random.lognormal(0, 2, (series, 1))).reshape(series, many, -1)


def peaks(learned: Learned, values: Floats, begin_ms: int, windows: int, direction: str) -> Floats:
    """Of a week that begins then: by the scores of single windows, as rules have them."""
    window_ms = WEEK_MS // values.shape[1]
    scores = np.array(
        [
            [
                learned.usual(one).score(float(value), begin_ms + at * window_ms, window_ms)
                for at, value in enumerate(row)
            ]
            for one, row in enumerate(values)
        ]
    )
    return in_a_row(directed(scores, direction), windows)


@pytest.mark.parametrize(
    ("tail", "direction", "windows"), [("", "both", 1), ("heavy", "both", 2), ("skewed", "above", 1)]
)
def test_as_many_false_alarms_come_as_are_allowed(tail: str, direction: str, windows: int) -> None:
    found, runs, allowed = 0, 40, 5.0
    for run in range(runs):
        random = np.random.default_rng([run, len(tail)])
        values = weeks(random, 40, 5, 1, tail)
        begin_ms = 500_000 * HOUR_MS + 7 * run * HOUR_MS  # at any hour of the week
        learned = learn(values[:, :4], begin_ms, allowed, windows, direction)
        week = peaks(learned, values[:, 4], begin_ms + 4 * WEEK_MS, windows, direction)
        found += starts(week, learned.threshold)
    assert found / runs == pytest.approx(allowed, rel=0.25)  # four standard errors of so many


def test_what_is_far_off_is_found_and_less_is_not() -> None:
    random = np.random.default_rng(1)
    values = weeks(random, 30, 5, 4, "")
    learned = learn(values[:, :4], 0, 1.0, 2, "both")
    week = values[:, 4].copy()
    spread = learned.spreads[7].mean()
    week[7, 300:340] += 4 * spread
    found = peaks(learned, week, 4 * WEEK_MS, 2, "both")[7]
    assert (found[301:340] > learned.threshold).mean() > 0.9
    assert not (found[:300] > learned.threshold).any()
    below = in_a_row(directed(np.array([[0.0, -9.0, -9.0]]), "above"), 2)
    assert below.max() <= 0


def test_levels_follow_the_clock_from_whatever_hour_they_are_learned() -> None:
    hours = np.arange(4 * HOURS * 4) / 4
    for first in (0, 5, 100):
        at = first + hours
        values = (np.where(np.floor(at) % HOURS == 30, 50.0, np.floor(at) % 24)).reshape(1, 4, -1)
        usual = learn(values, first * HOUR_MS, 1.0, 1, "both").usual(0)
        middle = HOUR_MS // 2 - 450_000  # the window whose middle is that of the hour
        assert usual.at(30 * HOUR_MS + middle, 900_000)[0] == pytest.approx(50, rel=0.1)
        assert usual.at(11 * HOUR_MS + middle, 900_000)[0] == pytest.approx(11, abs=0.5)
        assert usual.at((11 + HOURS) * HOUR_MS + middle, 900_000) == usual.at(11 * HOUR_MS + middle, 900_000)


@pytest.mark.parametrize(
    "odd",
    [
        lambda values: np.full_like(values, 3.0),
        np.zeros_like,
        lambda values: np.where(np.arange(values.size).reshape(values.shape) % 3 == 0, np.nan, values),
        lambda values: np.where(np.arange(values.size).reshape(values.shape) < 40, np.nan, values),
        lambda values: values * 1e300,
        lambda values: values * 1e-300,
    ],
    ids=["constant", "zero", "gaps", "late", "huge", "tiny"],
)
def test_odd_series_cost_no_other_one(odd: Any) -> None:
    random = np.random.default_rng(2)
    values = weeks(random, 10, 4, 1, "")
    values[3] = odd(values[3])
    learned = learn(values, 0, 2.0, 1, "both")
    assert np.isfinite(learned.levels).all()
    assert np.isfinite(learned.spreads).all()
    assert (learned.spreads > 0).all()
    assert 0 < learned.threshold < 1e6  # one that was always the same is not what decides


def test_nothing_within_the_floor_is_unusual() -> None:
    random = np.random.default_rng(3)
    values = random.normal(size=(20, 4, HOURS))
    assert learn(values, 0, 1.0, 1, "both", floor=100.0).threshold == LEAST
    assert learn(values, 0, 1.0, 1, "both", floor=0.5).threshold == learn(values, 0, 1.0, 1, "both").threshold


def test_an_anomaly_is_over_after_some_calm_windows() -> None:
    row = np.zeros((1, 30))
    row[0, [3, 3 + CALM, 20]] = 9
    assert starts(row, 5.0) == 2
    row[0, 3 + CALM], row[0, 4 + CALM] = 0, 9
    assert starts(row, 5.0) == 3
    assert starts(row, 9.0) == 0


def test_windows_in_a_row_are_all_known() -> None:
    scores = np.array([[5.0, 6.0, np.nan, 7.0, 8.0, 9.0]])
    assert in_a_row(scores, 2).tolist() == [[-np.inf, 5, -np.inf, -np.inf, 7, 8]]
    assert in_a_row(scores, 1).tolist() == [[5, 6, -np.inf, 7, 8, 9]]


def test_rounding_of_a_constant_is_no_anomaly() -> None:
    values = np.full((3, 4, HOURS), 0.1)
    values[:, :, ::7] = (0.1 + 0.1 + 0.1) / 3  # which is not 0.1
    learned = learn(values, 0, 1.0, 1, "both")
    assert abs(learned.usual(0).score((0.1 + 0.1 + 0.1) / 3, 5 * HOUR_MS, HOUR_MS)) < learned.threshold
    assert learned.usual(0).score(0.2, 5 * HOUR_MS, HOUR_MS) > 1e3


def test_series_that_are_still_but_for_a_burst_do_not_silence_the_others() -> None:
    random = np.random.default_rng(7)
    values = random.normal(10, 1, (60, 4, HOURS))
    values[:8] = 0
    for one in range(8):
        values[one, one % 4, 20 + one] = 100 + one
    learned = learn(values, 0, 1.0, 2, "both")
    assert 0.5 < learned.threshold < 5
    assert learned.usual(0).score(50, 0, HOUR_MS) < learned.threshold  # it was twice as far off before
    assert learned.usual(0).score(1000, 0, HOUR_MS) > learned.threshold


def test_numbers_that_overflow_are_not_sound_and_say_nothing() -> None:
    values = np.full((2, 4, HOURS), 1.7e308)
    values[:, :, ::2] = -1.7e308
    with np.errstate(all="ignore"):
        usual = learn(values, 0, 1.0, 1, "both").usual(0)
    broken = Usual(np.full(HOURS, np.nan), usual.spread)
    assert not broken.is_sound()
    assert broken.score(1.0, 0, HOUR_MS) == 0
