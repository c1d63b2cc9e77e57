"""Points of control charts against a reference that is a sample: the textbook's limits, and false alarms as stated."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vedette.statistics.drift import charts
from vedette.statistics.drift.control import TAILS, deviation_point, mean_point, points_of, share_point
from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.profile import FeatureProfile, fit

HUGE = 10**9
Floats = npt.NDArray[np.float64]


def moments(n: int, mean: float, deviation: float) -> Moments:
    return Moments(n, mean, 0.0, deviation**2 * (n - 1), mean - 1, mean + 1)


def of(values: Floats) -> Moments:
    mean = float(values.mean())
    return Moments(
        len(values), mean, 0.0, float(((values - mean) ** 2).sum()), float(values.min()), float(values.max())
    )


@pytest.mark.parametrize("n", [5, 10, 25])
def test_with_an_endless_reference_limits_are_those_of_the_textbook(n: int) -> None:
    reference, s_bar = moments(HUGE, 74.0, 2.0), 2.0 * charts.c4(n)
    mean = mean_point(reference, moments(n, 74.5, 2.0))
    assert (mean.centre, mean.upper) == (74.0, pytest.approx(74.0 + charts.a3(n) * s_bar, rel=1e-6))
    assert mean.lower == pytest.approx(74.0 - charts.a3(n) * s_bar, rel=1e-6)
    spread = deviation_point(reference, 3.0, moments(n, 74.0, 2.0))
    assert spread.centre == pytest.approx(s_bar, rel=1e-6)
    assert spread.lower == pytest.approx(charts.b3(n) * s_bar, abs=1e-5)
    assert spread.upper == pytest.approx(charts.b4(n) * s_bar, rel=1e-5)
    assert mean.far == pytest.approx(0.5 * math.sqrt(n) / 2, rel=1e-3)


def test_limits_of_a_share_are_near_the_textbook_s_where_that_is_right() -> None:
    point = share_point("missing", "", HUGE // 5, HUGE, 2000, 10_000)
    textbook = charts.share_limits(0.2, 10_000)
    assert (point.lower, point.upper) == (
        pytest.approx(textbook.lower, abs=2e-4),
        pytest.approx(textbook.upper, abs=2e-4),
    )
    assert (point.value, point.centre, point.out, point.near) == (0.2, 0.2, False, 0.0)


def test_a_finite_reference_widens_limits_by_both_sample_sizes() -> None:
    window = moments(10_000, 0.0, 1.0)
    wide = mean_point(moments(5000, 0.0, 1.0), window)
    assert wide.upper == pytest.approx(3 * math.sqrt(1 / 10_000 + 1 / 5000), rel=1e-3)
    few = mean_point(moments(50, 0.0, 1.0), window)
    assert few.upper > 3 * math.sqrt(1 / 10_000 + 1 / 50) * 1.04  # its deviation is not known well: Student's t
    share = share_point("missing", "", 20, 200, 1000, 10_000)
    assert share.upper - share.centre > charts.share_limits(0.1, 10_000).upper - 0.1


def test_a_run_on_one_side_of_a_centre_that_is_not_known_so_well_is_none() -> None:
    reference = moments(1000, 0.0, 1.0)
    window = moments(100_000, 0.05, 1.0)  # within two standard errors of the reference's mean
    point = mean_point(reference, window)
    assert (point.far, point.out) == (0.0, False)
    assert point.near == pytest.approx(0.05 * math.sqrt(100_000))
    assert mean_point(reference, moments(100_000, 0.08, 1.0)).far > 0
    assert mean_point(reference, moments(100_000, -0.08, 1.0)).far < 0


DRAWS: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda random, n: random.normal(size=n),
    "uniform": lambda random, n: random.random(n),
    "exponential": lambda random, n: random.exponential(size=n),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("sizes", [(1000, 200), (5000, 200), (1000, 1000)])
def test_quiet_means_and_deviations_alarm_about_as_often_as_stated(name: str, sizes: tuple[int, int]) -> None:
    random, draw, many = np.random.default_rng(5), DRAWS[name], 2000
    out = np.zeros(2)
    for _ in range(many):
        reference, window = draw(random, sizes[0]), draw(random, sizes[1])
        own = of(reference)
        kurtosis = len(reference) * float(((reference - own.mean) ** 4).sum()) / own.squares**2
        known = TAILS * kurtosis**2 <= len(reference)
        out += [mean_point(own, of(window)).out, known and deviation_point(own, kurtosis, of(window)).out]
    # 2.7 of 1,000 if all were normal: 5.4 of 2,000. By the normal theory 13 % of exponential deviations are out.
    assert (out <= 20).all(), out


@pytest.mark.parametrize("share", [0.001, 0.01, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("sizes", [(200, 10_000), (10_000, 200), (1000, 1000)])
def test_quiet_shares_alarm_at_most_about_as_often_as_stated(share: float, sizes: tuple[int, int]) -> None:
    random = np.random.default_rng(6)
    before, now = (random.binomial(size, share, 5000).tolist() for size in sizes)
    out = sum(share_point("other", "", k, sizes[0], m, sizes[1]).out for k, m in zip(before, now, strict=True))
    assert out <= 25  # 13.5 of 5,000


@pytest.mark.parametrize(("rows", "many"), [(200, 200), (1000, 1000), (1000, 5000)])
def test_quiet_values_leave_the_range_of_a_reference_at_most_as_often_as_stated(rows: int, many: int) -> None:
    random = np.random.default_rng(7)
    profile = fit("x", random.random(rows), "numeric")
    # How much of all values the range of so many leaves out, whatever their distribution.
    left_out = 1 - random.beta(rows - 1, 2, 2000)
    out = 0
    for beyond in random.binomial(many, left_out).tolist():
        bins = np.zeros(profile.bins, np.int64)
        bins[0] = many - beyond
        [point] = [one for one in points_of(profile, Counts(bins, above=beyond)) if one.chart == "out_of_range"]
        out += point.out
    assert out <= 10  # 5.4 of 2,000
    moved = profile.count(random.random(many) + 0.1)
    assert [one.out for one in points_of(profile, moved) if one.chart == "out_of_range"] == [True]


def test_what_moved_is_out_on_its_side() -> None:
    up, down = (share_point("missing", "", 100, 1000, now, 1000) for now in (180, 40))
    assert (up.out, down.out) == (True, True)
    assert up.far > 3 > -3 > down.far
    assert share_point("missing", "", 0, 10_000, 0, 200).far == 0.0
    assert not share_point("missing", "", 0, 10_000, 1, 200).out
    assert share_point("missing", "", 0, 10_000, 9, 200).out
    assert deviation_point(moments(5000, 0, 1.0), 3.0, moments(500, 0, 1.3)).out


def test_where_nothing_varied_whatever_is_not_the_centre_is_out() -> None:
    reference = moments(100, 5.0, 0.0)
    assert not mean_point(reference, moments(50, 5.0, 0.0)).out
    assert mean_point(reference, moments(50, 5.01, 0.1)).out


def charted(profile: FeatureProfile, values: list[object]) -> list[tuple[str, str]]:
    return [(one.chart, one.of) for one in points_of(profile, profile.count(values))]


def test_which_points_a_feature_has() -> None:
    random = np.random.default_rng(1)
    numbers = fit("x", random.normal(size=1000), "numeric")
    values = random.normal(size=100).tolist()
    assert charted(numbers, values) == [
        (name, "") for name in ("mean", "deviation", "missing", "other", "out_of_range")
    ]
    assert charted(numbers, values[:20]) == []
    assert charted(numbers, [None] * 50) == [("missing", "")]
    plans = fit("plan", ["a"] * 60 + ["b"] * 30 + ["c"] * 10, "categorical")
    assert charted(plans, ["a"] * 50) == [("missing", ""), ("other", ""), *(("category", name) for name in "abc")]
    many = fit("plan", [name for name in "abcdefgh" for _ in range(20)], "categorical")
    assert len(charted(many, ["a"] * 50)) == 7


def test_a_deviation_has_no_chart_where_the_reference_cannot_tell_how_it_varies() -> None:
    random = np.random.default_rng(1)
    heavy = fit("x", random.standard_t(2, 1000), "numeric")
    assert ("deviation", "") not in charted(heavy, random.standard_t(2, 100).tolist())
    older = fit("x", random.normal(size=1000), "numeric").to_dict()
    del older["m4"]  # as references were before
    assert ("deviation", "") not in charted(FeatureProfile.from_dict(older), random.normal(size=100).tolist())


@given(st.floats(-300, 300))
@example(-90)
@example(75.7)
@example(-160)
@example(300)
def test_numbers_of_any_size_have_the_same_charts_as_far_as_floats_hold_their_moments(exponent: float) -> None:
    values = np.random.default_rng(2).normal(size=500) * 10.0**exponent
    profile = fit("x", values, "numeric")
    names = [one.chart for one in points_of(profile, profile.count(values[:100]))]
    assert names[-3:] == ["missing", "other", "out_of_range"]
    if -70 <= exponent <= 70:
        assert names[:-3] == ["mean", "deviation"]
