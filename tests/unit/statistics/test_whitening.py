"""Autocorrelation: estimated, taken out, and left alone where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.statistics.trends.whitening import Whitening

ROWS = np.arange(200)
STEP = 300_000


def autoregressive(phi: float, buckets: int, seed: int = 1) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    random = np.random.default_rng(seed)
    z = np.zeros((buckets, len(ROWS)))
    z[0] = random.standard_normal(len(ROWS))
    for bucket in range(1, buckets):
        z[bucket] = phi * z[bucket - 1] + np.sqrt(1 - phi * phi) * random.standard_normal(len(ROWS))
    return z


def whitening() -> Whitening:
    fresh = Whitening()
    fresh.grow(len(ROWS))
    return fresh


@pytest.mark.parametrize("phi", [0.25, 0.5])
def test_what_neighbours_share_is_estimated_and_taken_out(phi: float) -> None:
    state = whitening()
    white = np.array([state.whitened(at * STEP, STEP, ROWS, z) for at, z in enumerate(autoregressive(phi, 2500))])
    assert float(state.correlation(ROWS).mean()) == pytest.approx(phi, abs=0.02)
    late = white[1000:]
    assert float((late[1:] * late[:-1]).mean()) == pytest.approx(0, abs=0.02)
    assert float(late.var()) == pytest.approx(1, abs=0.03)


def test_independent_errors_are_left_as_they_are() -> None:
    state = whitening()
    errors = autoregressive(0.0, 1500)
    white = np.array([state.whitened(at * STEP, STEP, ROWS, z) for at, z in enumerate(errors)])
    assert float((white[1000:] == errors[1000:]).mean()) > 0.95
    assert float(state.spread(ROWS).max()) < 1.02


def test_after_a_gap_the_last_error_is_not_the_neighbour() -> None:
    state = whitening()
    for at, z in enumerate(autoregressive(0.5, 800)):
        state.whitened(at * STEP, STEP, ROWS, z)
    z = np.ones(len(ROWS))
    assert state.whitened(900 * STEP, STEP, ROWS, z).tolist() == z.tolist()


def test_errors_that_vary_too_much_are_told() -> None:
    state = whitening()
    for at, z in enumerate(autoregressive(0.0, 1500)):
        state.whitened(at * STEP, STEP, ROWS, 1.5 * z)
    assert float(state.spread(ROWS).mean()) == pytest.approx(1.42, abs=0.06)


def test_bad_checks_that_last_skew_long_sums_more_than_rare_ones_do() -> None:
    skews = Whitening.skewed(np.array([0.7, -0.7]), np.array([0.25, 0.25]))
    assert skews[0] == pytest.approx(0.7 * 2.0625 * 0.75 / 0.9375**1.5)
    assert skews[1] == pytest.approx(-0.7 * (1 - 0.25**3) / 0.9375**1.5)
