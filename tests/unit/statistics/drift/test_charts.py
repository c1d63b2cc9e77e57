"""Control charts: constants, limits, rules, run lengths."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vedette.errors import InvalidInput
from vedette.statistics.drift import charts
from vedette.statistics.drift.chart_rules import NELSON, SETS, WESTERN_ELECTRIC, chosen, violations

NORMAL = charts.Limits("mean", 0.0, -3.0, 3.0, 1.0)


@pytest.mark.parametrize(
    ("n", "c4", "a3", "b3", "b4"),
    [(5, 0.939986, 1.4273, 0, 2.089), (10, 0.972659, 0.9754, 0.2837, 1.7163), (25, 0.989640, 0.6063, 0.5648, 1.4352)],
)
def test_constants_are_those_of_the_tables(n: int, c4: float, a3: float, b3: float, b4: float) -> None:
    assert charts.c4(n) == pytest.approx(c4, abs=1e-6)
    assert charts.a3(n) == pytest.approx(a3, abs=5e-5)
    assert charts.b3(n) == pytest.approx(b3, abs=5e-5)
    assert charts.b4(n) == pytest.approx(b4, abs=5e-4)


def test_the_constant_of_large_subgroups_goes_on_from_that_of_small_ones() -> None:
    assert charts.c4(1001) - charts.c4(1000) == pytest.approx(2.5e-7, rel=0.01)
    assert 1 - charts.c4(10**8) ** 2 == pytest.approx(0.5e-8, rel=1e-6)


def test_limits_follow_the_constants() -> None:
    mean = charts.mean_limits(10, 2, 5)
    assert (mean.lower, mean.upper) == (pytest.approx(10 - 2 * charts.a3(5)), pytest.approx(10 + 2 * charts.a3(5)))
    spread = charts.deviation_limits(2, 10)
    assert (spread.lower, spread.upper) == (pytest.approx(2 * charts.b3(10)), pytest.approx(2 * charts.b4(10)))
    share = charts.share_limits(0.1, 100)
    assert (share.lower, share.upper) == (pytest.approx(0.01), pytest.approx(0.19))


def test_limits_of_the_mean_hold_three_standard_errors_of_normal_values() -> None:
    centre, spread = charts.subgroups(np.random.default_rng(2).normal(5, 2, size=100_003), 25)
    limits = charts.mean_limits(centre, spread, 25)
    assert (limits.upper - limits.centre) == pytest.approx(3 * 2 / 5, rel=0.02)


@pytest.mark.parametrize(
    ("value", "out"), [(3.0, True), (-3.0, True), (2.999, False), (math.nan, True), (math.inf, True)]
)
def test_a_point_on_a_limit_or_without_a_value_is_out(value: float, out: bool) -> None:
    assert NORMAL.out(value) is out


def test_a_constant_baseline_drifts_in_both_directions() -> None:
    for limits in (charts.mean_limits(5, 0, 10), charts.share_limits(0, 50)):
        assert not limits.out(limits.centre)
        assert limits.out(limits.centre + 0.1)
        assert violations([limits.centre, limits.centre + 0.1], limits) == [[], ["beyond a limit"]]
    assert charts.mean_limits(5, 0, 10).out(4.9)
    assert charts.share_limits(1, 50).out(0.98)
    assert charts.deviation_limits(0, 10).out(0.1)


def test_no_share_is_below_zero_so_zero_is_not_out_where_the_limit_is() -> None:
    assert not charts.share_limits(0.01, 50).out(0.0)


def test_eight_on_one_side_are_told_at_the_eighth() -> None:
    assert [bool(found) for found in violations([0.1] * 9, NORMAL)] == [False] * 7 + [True] * 2
    assert not any(violations([0.1] * 7 + [-0.1] + [0.1] * 7, NORMAL))
    assert not any(violations([0.1] * 7 + [0.0] + [0.1] * 7, NORMAL))


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ([2.0, 0, 2.5], "two of three beyond 2 sigma"),
        ([-1.5, -1.2, 0, -1.0, -1.1], "four of five beyond 1 sigma"),
        ([-2.9, -2, -1, 0.5, 2, 2.5], "six steadily rising or falling"),
        ([0.1, -0.1] * 7, "fourteen alternating"),
        ([0.9, -0.9, 0.2] * 5, "fifteen within 1 sigma"),
        ([1.5, -1.5, 1.2, -1.2, 1.1, 1.3, -1.4, -1.6], "eight beyond 1 sigma on both sides"),
        ([0.5] * 9, "nine on one side"),
    ],
)
def test_each_rule_finds_its_pattern_at_its_last_point(values: list[float], name: str) -> None:
    found = violations(values, NORMAL, NELSON)
    assert name in found[-1]
    assert all(name not in earlier for earlier in found[:-1])


def test_a_trend_is_one_of_values_within_a_zone_too() -> None:
    assert "six steadily rising or falling" in violations([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], NORMAL, NELSON)[-1]


def test_two_beyond_on_different_sides_are_no_pattern() -> None:
    assert not any(violations([2.5, -2.5, 0.0], NORMAL, WESTERN_ELECTRIC))


def test_a_gap_ends_a_run_and_is_out_itself() -> None:
    found = violations([0.1] * 7 + [math.nan] + [0.1] * 7, NORMAL)
    assert [index for index, names in enumerate(found) if names] == [7]


def test_what_means_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="size"):
        charts.c4(1)
    with pytest.raises(InvalidInput, match="deviation"):
        charts.mean_limits(0, math.nan, 5)
    with pytest.raises(InvalidInput, match="share"):
        charts.share_limits(1.5, 10)
    with pytest.raises(InvalidInput, match="subgroups"):
        charts.subgroups([1.0], 5)


def test_sets_are_chosen_by_name_and_each_rule_is_there_once() -> None:
    assert chosen(["western_electric"]) == WESTERN_ELECTRIC
    assert [rule.name for rule in chosen(["nelson_2", "limits", "nelson_2"])] == ["nine on one side", "beyond a limit"]
    assert len(chosen(["nelson", "western_electric"])) == 9
    assert {rule.name for name in SETS if name.startswith("nelson_") for rule in SETS[name]} == {
        rule.name for rule in NELSON
    }
    with pytest.raises(InvalidInput, match="nelson_8"):
        chosen(["nelson_9"])
