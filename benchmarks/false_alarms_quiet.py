"""Quiet data for `benchmarks/false_alarms.py`: windows of the reference's own distribution, and how many alarm."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc

from vedette.statistics.drift.chi_square import folded
from vedette.statistics.drift.distances import psi_terms
from vedette.statistics.drift.nulls import Term, pooled
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.significance import RARE, psi_test
from vedette.statistics.drift.thresholds import psi_threshold
from vedette.statistics.drift.verdict import Plan, judge
from vedette.statistics.multiplicity import benjamini_hochberg

ALPHA = 0.05
BINS = 10
FEATURES = 100
SHARES = 1 / np.arange(1, 13) ** 1.2
SHARES /= SHARES.sum()
"""Of twelve categories: from one in three to one in sixty."""
ALWAYS = Plan(alpha=ALPHA, needed=1, reference=1)
"""The verdict without its minimum sizes: the statistics have to hold there too."""
LIKELY = 0.02
"""By χ²: only tests below are computed exactly, since others cannot alarm among a hundred."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Alarms of quiet windows."""

    alarms: int
    windows: int

    @property
    def share(self) -> float:
        """Of all windows."""
        return self.alarms / self.windows

    @property
    def error(self) -> float:
        """Standard error of the share, as far as the nominal rate tells."""
        return float(np.sqrt(ALPHA * (1 - ALPHA) / self.windows))


def numeric(reference: int, window: int, times: int, random: np.random.Generator) -> dict[str, Rate]:
    """One numeric feature, from raw values: a new reference and window each time."""
    psi = verdicts = naive = 0
    for _ in range(times):
        profile = fit("x", random.normal(size=reference), "numeric")
        counts = profile.count(random.normal(size=window))
        verdict = judge([profile], {"x": counts}, ALWAYS)[0]
        verdicts += verdict.state == "drift"
        psi += verdict.findings[0].p is not None and verdict.findings[0].p <= ALPHA
        naive += verdict.findings[0].value > psi_threshold(BINS, window, 10**15)
    return {"PSI": Rate(psi, times), "verdict": Rate(verdicts, times), "one-sample": Rate(naive, times)}


def categorical(reference: int, window: int, times: int, random: np.random.Generator) -> dict[str, Rate]:
    """One feature of twelve categories."""
    found = 0
    for before, after in zip(
        random.multinomial(reference, SHARES, times), random.multinomial(window, SHARES, times), strict=True
    ):
        tested = psi_test(before, after, is_spaced=False, alpha=ALPHA)
        found += tested is not None and tested.p <= ALPHA
    return {"PSI": Rate(found, times)}


def many_numeric(reference: int, window: int, families: int, random: np.random.Generator) -> Rate:
    """A hundred numeric features: windows in which Benjamini and Hochberg believe any.

    The shares between a reference's quantiles are drawn, not the reference: that is what makes ten million tests
    possible. Their law is that of uniform order statistics with interpolation, exactly.
    """
    spacings = gaps(reference, BINS)
    held = np.diff(np.concatenate([[0], np.floor(positions(reference, BINS)) + 1, [reference]]))
    alarms = 0
    curve: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]] | None = None
    for _ in range(families):
        counts = random.multinomial(window, shares(spacings, random)).astype(np.float64)
        value = psi_terms(counts, held[None, :], window, reference, BINS).sum(axis=1)
        if curve is None:
            curve = p_curve(held, window, reference)
        p = np.exp(np.interp(value, *curve))
        alarms += bool((benjamini_hochberg(p) <= ALPHA).any())
    return Rate(alarms, families)


def p_curve(
    held: npt.NDArray[np.float64], window: int, reference: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """ln p by PSI: all features share one null distribution, so it is computed at forty values only."""
    from vedette.statistics.drift.significance import _spaced_null

    null = _spaced_null(tuple(held.tolist()), window)
    top = null.quantile(1e-5)
    values = np.concatenate([np.linspace(0, null.mean, 8)[:-1], np.linspace(null.mean, top, 36)])
    return values, np.log([null.tail(float(value)) for value in values])


def positions(reference: int, bins: int) -> npt.NDArray[np.float64]:
    """Of the inner edges among the reference's ranks, from 0."""
    return (reference - 1) * np.arange(1, bins) / bins


def gaps(reference: int, bins: int) -> list[tuple[int, float]]:
    """For each bin: whole gaps between ranks, and the part that its upper edge takes of the next gap."""
    at = np.concatenate([[0.0], positions(reference, bins) + 1, [reference + 1.0]])
    found = []
    for low, high in itertools.pairwise(at.tolist()):
        found.append((math.floor(high + 1e-9) - math.ceil(low - 1e-9), high - math.floor(high + 1e-9)))
    return found


def shares(spacings: list[tuple[int, float]], random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Of each bin (columns) for a hundred features: sums of exponential gaps, those at edges split."""
    columns, carried = [], np.zeros(FEATURES)
    for whole, part in spacings:
        inner = random.gamma(whole, size=FEATURES) if whole > 0 else np.zeros(FEATURES)
        split = random.exponential(size=FEATURES) if part > 1e-9 else np.zeros(FEATURES)
        columns.append(carried + inner + part * split)
        carried = (1 - part) * split
    found = np.column_stack(columns)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def many_categorical(reference: int, window: int, families: int, random: np.random.Generator) -> Rate:
    """A hundred features of twelve categories."""
    alarms = 0
    for _ in range(families):
        before = random.multinomial(reference, SHARES, FEATURES)
        after = random.multinomial(window, SHARES, FEATURES)
        p = np.ones(FEATURES)
        for index in range(FEATURES):
            first, second, _ = folded(before[index], after[index], fewest=RARE)
            if len(first) < 2:
                continue
            value = float(psi_terms(second, first, window, reference, len(first)).sum())
            if chdtrc(len(first) - 1, value / (1 / window + 1 / reference)) > LIKELY:
                continue
            null = pooled(first + second, window, reference, term(window, reference, len(first)))
            p[index] = null.tail(value)
        alarms += bool((benjamini_hochberg(p) <= ALPHA).any())
    return Rate(alarms, families)


def term(window: int, reference: int, bins: int) -> Term:
    """Of PSI for these sizes."""
    return lambda y, c: psi_terms(y, c, window, reference, bins)


def power(reference: int, window: int, shift: float, times: int, random: np.random.Generator) -> tuple[float, float]:
    """Share of windows whose mean is `shift` standard deviations off that alarm: by PSI, and by the whole verdict."""
    psi = verdicts = 0
    for _ in range(times):
        profile = fit("x", random.normal(size=reference), "numeric")
        verdict = judge([profile], {"x": profile.count(random.normal(shift, size=window))}, ALWAYS)[0]
        psi += verdict.findings[0].p is not None and verdict.findings[0].p <= ALPHA
        verdicts += verdict.state == "drift"
    return psi / times, verdicts / times
