"""The upper tail of a sum over the cells of a table whose counts add up to a given total.

T = Σ f_j(Y_j) with independent Y_j, given Σ Y_j = n. Counts of a window are of this kind under the null hypothesis,
given the pooled counts (binomial cells) and given bins that were fitted on the reference (negative binomial cells). The
chi-square approximation of such a T is off by a factor in the tails where counts are small; this one is off by a few
per cent. On a lattice it gives about the mid-p value. Where cells are small, the inversion integral through the
saddlepoint is computed instead of expanded.

Source: Skovgaard, "Saddlepoint expansions for conditional distributions", J. Appl. Prob. 24 (1987), with Lugannani
and Rice's formula; near the mean, a gamma distribution of the same mean and variance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaincc, gammainccinv, ndtr

Floats = npt.NDArray[np.float64]
STEPS = 40
"""Of Newton's method; four to eight are usual."""
CENTRE = (0.12, 0.08)
"""Tails between which the gamma distribution hands over to the saddlepoint: above it is the nearer one, within 2 %, for
there the integral passes its pole and is up to a quarter off."""
CENTRE_OF_FEW = (0.35, 0.2)
"""The same where a cell is small: the gamma distribution is off by a third there at a tail of .1."""
FEW = 5.0
"""Values expected in the smallest cell, on the smaller side, below which it is small."""
MANY = 150.0
"""The same, from which the saddlepoint's formula is as good as the integral."""
DEEPEST = 18.0
"""Below e^-18 the formula is used alone: the integral would resolve what the cells leave out."""
CLOSE = 0.003
"""How near a quantile's tail probability comes, as a share of it."""
NEAREST = 0.7
"""Standard deviations' worth of tilt that the integral keeps from its pole."""
TRUSTED = 4.0
"""A factor between formula and integral beyond which the integral's lines were too few."""
REACH, LINES = 6.0, 20
"""The integral goes so many standard deviations out, on so many lines a side."""
SMALLEST = 1e-300


class _Moments(NamedTuple):
    """The cumulant function and its first and second derivatives at one point."""

    value: float
    first: tuple[float, float]
    second: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Cells:
    """Outcomes by cell (rows) with their log probabilities and terms; `times` cells are alike.

    `counts`, `logs` and `terms` have the shape (cells, outcomes). The counts of each cell are centred on their mean.
    """

    counts: Floats
    logs: Floats
    terms: Floats
    times: Floats

    @classmethod
    def of(cls, counts: Floats, logs: Floats, terms: Floats, times: Floats) -> Cells:
        """Normalise and centre."""
        logs = logs - logs.max(axis=1, keepdims=True)
        weights = np.exp(logs)
        total = weights.sum(axis=1, keepdims=True)
        mean = (weights * counts).sum(axis=1, keepdims=True) / total
        return cls(counts - mean, logs - np.log(total), terms, times)

    def moments(self, t: float, s: float) -> _Moments:
        """Of K(t, s) = Σ ln E exp(t f(Y) + s Y)."""
        exponents = self.logs + t * self.terms + s * self.counts
        most = exponents.max(axis=1)
        weights = np.exp(exponents - most[:, None])
        totals = weights.sum(axis=1)
        weights /= totals[:, None]
        times = self.times
        weighted_f, weighted_y = weights * self.terms, weights * self.counts
        f, y = weighted_f.sum(axis=1), weighted_y.sum(axis=1)
        ff = np.einsum("ij,ij->i", weighted_f, self.terms) - f * f
        fy = np.einsum("ij,ij->i", weighted_f, self.counts) - f * y
        yy = np.einsum("ij,ij->i", weighted_y, self.counts) - y * y
        return _Moments(
            float(times @ (most + np.log(totals))),
            (float(times @ f), float(times @ y)),
            (float(times @ ff), float(times @ fy), float(times @ yy)),
        )

    def bend(self) -> tuple[float, float]:
        """Third mixed cumulants at 0: of f, y, y, and of y, y, y."""
        weights = np.exp(self.logs)
        off = self.terms - (weights * self.terms).sum(axis=1, keepdims=True)
        squares = weights * self.counts**2
        return float(self.times @ (squares * off).sum(axis=1)), float(self.times @ (squares * self.counts).sum(axis=1))


class ConditionalSum:
    """The distribution of T; `mean` and `variance` are its first two moments (approximately)."""

    __slots__ = ("_cells", "_centre", "_quantiles", "_rest", "_smooth", "mean", "variance")

    def __init__(self, cells: Cells, least: float) -> None:
        """`least`: how many values are expected in the smallest cell, on the smaller side."""
        self._smooth = least >= MANY
        self._centre = CENTRE if least >= FEW else CENTRE_OF_FEW
        self._quantiles: dict[float, float] = {}
        self._cells = cells
        self._rest = cells.moments(0.0, 0.0)
        ff, fy, yy = self._rest.second
        fyy, yyy = cells.bend()
        # What fixing the total takes from the mean: a degree of freedom, as it were.
        self.mean = self._rest.first[0] - (fyy / yy - fy * yyy / (yy * yy)) / 2 if yy > 0 else self._rest.first[0]
        free = 1 - 1 / float(cells.times.sum())
        self.variance = max(ff - fy * fy / yy, 0.0) * free if yy > 0 else 0.0

    def tail(self, value: float) -> float:
        """P(T ≥ value), 0 to 1; 1 where T does not vary."""
        if self.variance <= 1e-18 * max(self.mean, 1e-300) ** 2 or not value > 0:
            return 1.0
        shape, scale = self.mean**2 / self.variance, self.variance / self.mean
        central = float(gammaincc(shape, value / scale))
        begin, end = self._centre
        if central >= begin:
            return central
        far = self._far(value, shape, scale)
        if far is None:
            return max(central, SMALLEST)
        share = min(1.0, (begin - central) / (begin - end))
        return min(1.0, max(share * far + (1 - share) * central, SMALLEST))

    def quantile(self, alpha: float) -> float:
        """The value that T exceeds with the probability `alpha` (below .2): the inverse of `tail`; remembered."""
        if alpha not in self._quantiles:
            self._quantiles[alpha] = self._quantile(alpha)
        return self._quantiles[alpha]

    def quantile_beside(self, alpha: float, value: float, tail: float) -> float:
        """`quantile` within a few per cent, at no cost: scaled from a `value` whose `tail` is known.

        It is on the side of `value` that `tail` says, and exact as `tail` comes near `alpha`.
        """
        if self.variance <= 1e-18 * max(self.mean, 1e-300) ** 2:
            return math.inf
        shape, scale = self.mean**2 / self.variance, self.variance / self.mean
        wanted = float(gammainccinv(shape, alpha))
        if not alpha / 20 < tail < CENTRE_OF_FEW[0]:
            guess = scale * wanted
            return guess if (guess < value) == (tail < alpha) else value
        return value * wanted / float(gammainccinv(shape, tail))

    def _quantile(self, alpha: float) -> float:
        if self.variance <= 1e-18 * max(self.mean, 1e-300) ** 2:
            return math.inf
        shape, scale = self.mean**2 / self.variance, self.variance / self.mean
        wanted = float(gammainccinv(shape, alpha))
        value = scale * wanted
        for _ in range(8):
            found = self.tail(value)
            if abs(math.log(found / alpha)) < CLOSE:
                break
            value *= wanted / float(gammainccinv(shape, max(found, 1e-9)))
        return value

    def _far(self, value: float, shape: float, scale: float) -> float | None:
        """The tail from the saddlepoint on; None where `value` is beyond what T can reach."""
        spot = self._saddle(value, (1 - shape * scale / value) / scale)
        if spot is None:
            return None
        t, s, at = spot
        ff, fy, yy = at.second
        formula = self._formula(value, t, at)
        if t * math.sqrt(max(ff - fy * fy / yy, 0.0)) < NEAREST:
            # Near or beyond the pole at 0 the integral goes beside the saddlepoint: any t above 0 is as true.
            t = NEAREST / math.sqrt(self.variance)
            s, at = self._level(t)
            formula = None
        elif formula is not None and (t * value - at.value > DEEPEST or self._smooth):
            return formula
        exact = math.exp(at.value - t * value) * self._integral(value, t, s, at)
        if formula is not None and not formula / TRUSTED < exact < formula * TRUSTED:
            return formula
        return exact if 0 < exact < 1 else None

    def _formula(self, value: float, t: float, at: _Moments) -> float | None:
        """Skovgaard's expansion at the saddlepoint; None near the mean, where it is 0/0."""
        ff, fy, yy = at.second
        depth = t * value - at.value
        if t <= 0 or depth <= 1e-6:
            return None
        w = math.sqrt(2 * depth)
        u = t * math.sqrt((ff * yy - fy * fy) / self._rest.second[2])
        density = math.exp(-depth) / math.sqrt(2 * math.pi)
        return max(float(ndtr(-w)) + density * (1 / u - 1 / w), SMALLEST)

    def _level(self, t: float) -> tuple[float, _Moments]:
        """Where K(t, s) has no slope in s."""
        s, at = 0.0, self._cells.moments(t, 0.0)
        most = 1 / math.sqrt(self._rest.second[2])
        for _ in range(STEPS):
            off, yy = at.first[1], at.second[2]
            if abs(off) < 1e-6 / most:
                break
            s -= math.copysign(min(abs(off) / max(yy, 1e-300), most), off)
            at = self._cells.moments(t, s)
        return s, at

    def _integral(self, value: float, t: float, s: float, at: _Moments) -> float:
        """The inversion integral through (t, s), in units of exp(K - t value), over the probability of the total."""
        ff, fy, yy = at.second
        theta = (np.arange(LINES) + 0.5) * REACH / LINES / math.sqrt(ff - fy * fy / yy)
        omega = np.linspace(-1.0, 1.0, 2 * LINES + 1) * min(math.pi, REACH / math.sqrt(yy))
        slope = fy / yy
        cells = self._cells
        weights = np.exp(cells.logs + t * cells.terms + s * cells.counts)
        weights /= weights.sum(axis=1, keepdims=True)
        # The two directions are made independent at the saddlepoint: ω counts from -θ fy/yy.
        along = weights[:, None, :] * _powers(cells.terms - slope * cells.counts, theta)
        waves = _powers(cells.counts, omega).transpose(0, 2, 1)
        # In halves, and summed by hand: larger products OpenBLAS spreads over threads, which takes longer.
        halves = np.matmul(along.reshape(len(along), 2, LINES // 2, -1), waves[:, None])
        sums = np.log(halves.reshape(len(along), LINES, -1))
        total = (cells.times[:, None, None] * sums).sum(axis=0)
        ends = np.ones(len(omega))
        ends[[0, -1]] = 0.5
        inner = np.exp(total) @ ends * (omega[1] - omega[0])
        fade = np.exp(-2.0 * (theta / theta[-1]) ** 4)
        tail = float((fade * np.exp(-1j * theta * value) * inner / (t + 1j * theta)).real.sum()) * (theta[1] - theta[0])
        return float(2 * tail / (2 * math.pi) ** 2 * math.sqrt(2 * math.pi * self._rest.second[2]))

    def _saddle(self, value: float, start: float) -> tuple[float, float, _Moments] | None:
        """Where the gradient of K is (value, 0), by damped Newton steps from the gamma distribution's own point."""
        t, s = start, 0.0
        at = self._cells.moments(t, s)
        for _ in range(STEPS):
            over, off = at.first[0] - value, at.first[1]
            ff, fy, yy = at.second
            spread = ff * yy - fy * fy
            if spread <= 1e-14 * ff * yy or not math.isfinite(spread):
                return None
            step_t, step_s = (off * fy - over * yy) / spread, (over * fy - off * ff) / spread
            gain = -(over * step_t + off * step_s)
            if gain < 1e-9:
                return t, s, at
            height, size = at.value - t * value, 1.0
            while True:
                tried = self._cells.moments(t + size * step_t, s + size * step_s)
                if tried.value - (t + size * step_t) * value <= height - 0.1 * size * gain:
                    break
                size /= 2
                if size < 1e-6:
                    return None
            t, s, at = t + size * step_t, s + size * step_s, tried
        return None


def _powers(values: Floats, at: Floats) -> npt.NDArray[np.complex128]:
    """exp(i a v) for `values` (cells, outcomes) at evenly spaced a: (cells, a, outcomes)."""
    found = np.empty((len(values), len(at), values.shape[1]), np.complex128)
    found[:, 0] = np.exp(1j * at[0] * values)
    found[:, 1:] = np.exp(1j * (at[1] - at[0]) * values)[:, None]
    return np.asarray(np.multiply.accumulate(found, axis=1))
