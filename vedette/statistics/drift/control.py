"""Points of control charts: a window's mean, deviation and shares against a reference that is a sample itself.

Limits know both sample sizes: with n values in the window and N in the reference, a point lies within `width` times
√(σ²/n + σ²/N) of the centre. All points of a chart share the error of its centre, so runs to one side of it would be
ever more frequent the larger windows are: rules about runs and zones therefore see points only as far as they are from
the nearest place where the centre may be (`DOUBT` standard errors of it around). With N → ∞ these are the charts of the
textbooks. Sources: Montgomery, Introduction to Statistical Quality Control, chapters 6 and 7; NIST/SEMATECH e-Handbook,
6.3.2; of the shares, Freeman and Tukey, Ann. Math. Stat. 21 (1950), and Anscombe, Biometrika 35 (1948).
"""

from __future__ import annotations

import math
import sys
from typing import Literal

import msgspec
from scipy.special import ndtr, stdtrit

from vedette.statistics.drift.charts import WIDTH, c4
from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.profile import FeatureProfile

ChartName = Literal["mean", "deviation", "missing", "other", "out_of_range", "category"]
DOUBT = 2.0
"""Standard errors of the reference's own number around it, within which the centre may be."""
FEWEST = 30
"""Values of a window, and of a reference, without which there is no point."""
TAILS = 20
"""A reference with fewer values than so many squares of its kurtosis does not know how its deviation varies."""
BEYOND = 2
"""Of N + 1 quiet values so many lie, in the mean, beyond the least and the most of N others; of those N none does."""
MOST_CATEGORIES = 5
"""The most frequent categories of a reference have a chart each."""


class Point(msgspec.Struct, frozen=True, gc=False):
    """A point with its limits; `of` is the category, if it is the share of one. For `far` and `near` see `Points`."""

    chart: ChartName
    of: str
    value: float
    centre: float
    lower: float
    upper: float
    out: bool
    far: float
    near: float


def points_of(profile: FeatureProfile, counts: Counts, width: float = WIDTH) -> list[Point]:
    """The points of a feature in a window, those that there are values enough for."""
    own = profile.reference()
    found: list[Point] = []
    window = counts.moments
    if min(profile.n, window.n) >= FEWEST and math.isfinite(window.mean):
        found.append(mean_point(own.moments, window, width))
        kurtosis = _kurtosis(profile)
        if kurtosis <= math.sqrt(profile.n / TAILS) and math.isfinite(window.deviation):
            found.append(deviation_point(own.moments, kurtosis, window, width))
    shares: list[tuple[ChartName, str, int, int, int, int]] = [
        ("missing", "", own.missing, own.rows, counts.missing, counts.rows),
        ("other", "", own.other, own.present, counts.other, counts.present),
    ]
    if profile.by_edges:
        before = min(own.out_of_range + BEYOND, own.present)
        shares.append(("out_of_range", "", before, own.present, counts.out_of_range, counts.present))
    for index, category in enumerate(profile.categories[:MOST_CATEGORIES]):
        before, now = profile.counts[index], int(counts.bins[index])
        shares.append(("category", category, before, own.present, now, counts.present))
    found += [share_point(*share, width) for share in shares if min(share[3], share[5]) >= FEWEST]
    return found


def _kurtosis(profile: FeatureProfile) -> float:
    """Infinite where it is not known: in a constant, in references without `m4`, and beyond what floats can hold."""
    if profile.m4 is None or profile.m2 <= 0 or profile.m4 < profile.n * sys.float_info.min:
        return math.inf
    # m2² may be too small or too large for a float where the quotient is not.
    return profile.n * (profile.m4 / profile.m2) / profile.m2


def mean_point(reference: Moments, window: Moments, width: float = WIDTH) -> Point:
    """x-bar chart by the reference's deviation, whose own uncertainty widens the limits as Student's t does."""
    sigma = reference.deviation
    freedom = reference.n - 1
    wide = width if freedom > 1000 else -float(stdtrit(freedom, ndtr(-width)))
    return _point(
        "mean", window.mean, reference.mean, sigma / math.sqrt(window.n), sigma / math.sqrt(reference.n), wide
    )


def deviation_point(reference: Moments, kurtosis: float, window: Moments, width: float = WIDTH) -> Point:
    """S chart: with a `kurtosis` of 3 and N → ∞ the limits are B3 and B4 times s̄; values with longer tails vary more
    (the variance of s² is by (κ - 1)/2 that of normal values)."""
    centre = reference.deviation * c4(window.n) / c4(reference.n)
    noise, doubt = (centre * _relative(n, kurtosis) for n in (window.n, reference.n))
    return _point("deviation", window.deviation, centre, noise, doubt, width, floor=0.0)


def _relative(n: int, kurtosis: float) -> float:
    """Standard deviation of s in its mean; at least that of values which are ±1, where s varies in second order."""
    normal = (1 - c4(n) ** 2) / c4(n) ** 2
    return math.sqrt(max(normal * (kurtosis - 1) / 2, 2 / n**2))


def _point(
    chart: ChartName, value: float, centre: float, noise: float, doubt: float, width: float, floor: float = -math.inf
) -> Point:
    off, wide = value - centre, width * math.hypot(noise, doubt)
    lower, upper = max(centre - wide, floor), centre + wide
    if not wide > 0:  # nothing varied in the reference: whatever is not the centre is out
        far = 0.0 if off == 0 else math.copysign(math.inf, off)
        return Point(chart, "", value, centre, centre, centre, off != 0, far, abs(far))
    out = value >= upper or (value <= lower and lower > floor)
    far = math.copysign(max(abs(off) - DOUBT * doubt, 0.0) / noise, off)
    return Point(chart, "", value, centre, lower, upper, out, far, abs(off) / noise)


def share_point(
    chart: ChartName, of: str, before: int, rows_before: int, now: int, rows: int, width: float = WIDTH
) -> Point:
    """p chart: `before` of `rows_before` in the reference, `now` of `rows` in the window.

    Distances are those of the arcsines of the shares' roots, which vary alike whatever the share; counts are moved by a
    half towards the centre, for they have steps.
    """
    centre, value = before / rows_before, now / rows
    middle = _angle(before, rows_before)
    noise, doubt = 1 / math.sqrt(rows), 1 / math.sqrt(rows_before)
    wide = width * math.hypot(noise, doubt)
    expected = centre * rows
    moved = max(now - 0.5, expected) if now > expected else min(now + 0.5, expected)
    off = _angle(moved, rows) - middle
    if off * (value - centre) <= 0:
        off = 0.0
    lower, upper = math.sin(max(middle - wide, 0.0) / 2) ** 2, math.sin(min(middle + wide, math.pi) / 2) ** 2
    far = math.copysign(max(abs(off) - DOUBT * doubt, 0.0) / noise, off)
    return Point(chart, of, value, centre, lower, upper, abs(off) >= wide, far, abs(off) / noise)


def _angle(many: float, rows: int) -> float:
    return 2 * math.asin(math.sqrt((many + 0.375) / (rows + 0.75)))
