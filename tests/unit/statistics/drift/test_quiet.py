"""Quiet windows: cheap p-values stand in for exact ones where nothing is decided by them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from vedette.statistics.drift import saddlepoint, significance
from vedette.statistics.drift.distances import psi_terms
from vedette.statistics.drift.nulls import pooled
from vedette.statistics.drift.significance import psi_test
from vedette.statistics.drift.two_cells import TwoCells
from vedette.statistics.multiplicity import benjamini_hochberg, holm

ALPHA = 0.05
FAMILY = 25


def windows(random: np.random.Generator) -> list[tuple[list[float], list[float], bool]]:
    """References and windows of a family of features, of any sizes; one in five has drifted a little."""
    found = []
    held, size = (int(10 ** random.uniform(2, 5.5)) for _ in range(2))
    for _ in range(FAMILY):
        bins = int(random.integers(2, 40))
        drift = random.choice([1.0, 1.0, 1.0, 1.0, 1.15])
        if random.random() < 0.5 and held >= 3 * bins:
            reference = np.full(bins, held // bins)
            shares = random.dirichlet(np.full(bins, held / bins))
            is_spaced = True
        else:
            shares = random.dirichlet(np.ones(bins))
            reference = random.multinomial(held, shares)
            is_spaced = False
        moved = shares * np.where(np.arange(bins) % 2, drift, 1.0)
        window = random.multinomial(size, moved / moved.sum())
        found.append((reference.astype(float).tolist(), window.astype(float).tolist(), is_spaced))
    return found


def test_decisions_are_those_of_the_saddlepoint(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(8)
    families = [windows(random) for _ in range(40)]

    def decided() -> list[list[bool]]:
        significance._pooled_null.cache_clear()  # nulls keep where theirs hands over
        significance._spaced_null.cache_clear()
        found = [[psi_test(p, q, is_spaced=is_spaced, alpha=ALPHA) for p, q, is_spaced in one] for one in families]
        return [
            (benjamini_hochberg(np.array([np.nan if one is None else one.p for one in side])) <= ALPHA).tolist()
            for side in found
        ]

    quick = decided()
    monkeypatch.setattr(significance, "QUIET", ((math.inf, 1.0), (math.inf, 1.0)))
    monkeypatch.setattr(saddlepoint, "CENTRE", saddlepoint.CENTRE_OF_FEW)
    assert decided() == quick
    assert any(map(any, quick))


def test_decisions_are_those_of_the_exact_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(7)
    families = [windows(random) for _ in range(80)]

    def tested() -> list[list[significance.Tested | None]]:
        return [[psi_test(p, q, is_spaced=is_spaced, alpha=ALPHA) for p, q, is_spaced in one] for one in families]

    quick = tested()
    monkeypatch.setattr(significance, "QUIET", ((math.inf, 1.0), (math.inf, 1.0)))
    spared = 0
    for first, second in zip(quick, tested(), strict=True):
        ours, exact = (np.array([np.nan if one is None else one.p for one in side]) for side in (first, second))
        spared += int((ours[~np.isnan(ours)] != exact[~np.isnan(ours)]).sum())
        np.testing.assert_allclose(ours, exact, rtol=0.05)
        for correction in (benjamini_hochberg, holm):
            np.testing.assert_array_equal(correction(ours) <= ALPHA, correction(exact) <= ALPHA)
            np.testing.assert_allclose(correction(ours), correction(exact), rtol=0.05)
        for one in first:
            assert one is None or (one.value > one.threshold) == (one.p < ALPHA)
    assert spared > FAMILY * len(families) / 5


@pytest.mark.parametrize(
    ("totals", "window"), [((6500, 6435, 65), 10_000), ((600, 300, 200), 1000), ((90, 80, 70), 90)]
)
def test_near_the_middle_p_is_that_of_all_outcomes(totals: tuple[int, int, int], window: int) -> None:
    reference = sum(totals) - window
    first, third = np.meshgrid(np.arange(totals[0] + 1.0), np.arange(totals[2] + 1.0))
    counts = np.stack([first.ravel(), window - first.ravel() - third.ravel(), third.ravel()])
    counts = counts[:, (counts[1] >= 0) & (counts[1] <= totals[1])]
    rest = np.array(totals)[:, None] - counts
    values = psi_terms(counts, rest, window, reference, 3).sum(axis=0)
    chances = stats.multivariate_hypergeom.pmf(counts.T.astype(int), list(totals), window)
    order = np.argsort(values)
    values, tails = values[order], chances[order][::-1].cumsum()[::-1]
    null = pooled(totals, window, reference, lambda y, c: psi_terms(y, c, window, reference, 3))
    for p in (0.3, 0.2, 0.13, 0.09):
        at = float(values[np.searchsorted(-tails, -p)])
        around = [tails[np.searchsorted(values, at * near)] for near in np.linspace(0.98, 1.02, 21)]
        assert null.tail(at) == pytest.approx(np.mean(around), rel=0.06), p


@pytest.mark.parametrize(("spacings", "window"), [((100.5, 100.5), 70), ((30.0, 60.0), 5000), ((4.0, 2.0), 9)])
def test_two_bins_of_quantiles_are_beta_binomial(spacings: tuple[float, float], window: int) -> None:
    def term(first: np.ndarray, second: np.ndarray) -> np.ndarray:
        return psi_terms(first, second, window, sum(spacings), 2)

    null = TwoCells.spaced(np.array(spacings), np.array(spacings), window, term)
    count = np.arange(window + 1.0)
    values = term(count, np.full(window + 1, spacings[0])) + term(window - count, np.full(window + 1, spacings[1]))
    chances = stats.betabinom(window, *spacings).pmf(count)
    for value in np.quantile(values, [0.1, 0.5, 0.9]):
        exact = chances[values > value * (1 + 1e-9)].sum() + chances[np.isclose(values, value)].sum() / 2
        assert null.tail(float(value)) == pytest.approx(exact, rel=1e-6, abs=1e-12)
    level = null.quantile(0.05)
    assert null.tail(float(values[values < level].max())) > 0.05 >= null.tail(float(values[values > level].min()))


def test_screened_tests_decide_the_same_and_what_is_screened_decides_nothing() -> None:
    random = np.random.default_rng(21)
    screened = decided = 0
    for p, q, is_spaced in (case for _ in range(60) for case in windows(random)):
        exact = psi_test(p, q, is_spaced=is_spaced, alpha=ALPHA)
        quick = psi_test(p, q, is_spaced=is_spaced, alpha=ALPHA, screen=2 * ALPHA)
        assert (exact is None) == (quick is None)
        if exact is None or quick is None:
            continue
        decided += exact.p <= ALPHA
        if quick.p != exact.p:
            screened += 1
            assert quick.p > 2 * ALPHA
            assert exact.p > 0.75 * quick.p > ALPHA
        assert quick.value == exact.value
    assert screened > 50
    assert decided > 50
