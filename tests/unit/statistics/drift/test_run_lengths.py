"""Run lengths in control: those that are published, and what becomes of them with references that are samples."""

from __future__ import annotations

import math

import pytest

from vedette.errors import InvalidInput
from vedette.statistics.drift.chart_rules import LIMIT, NELSON, SETS, chosen
from vedette.statistics.drift.run_lengths import run_length


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("limits", 370.4),
        ("limits_and_sides", 152.7),  # Champ and Woodall, Technometrics 29 (1987)
        ("western_electric", 91.75),  # the same
    ],
)
def test_run_lengths_are_those_that_are_published(name: str, published: float) -> None:
    found = run_length(SETS[name])
    assert found.mean == pytest.approx(published, rel=0.05)
    assert abs(found.mean - published) < 4 * found.error < 0.2 * published


def test_the_limits_alone_have_the_run_length_of_their_width() -> None:
    assert run_length((LIMIT,), width=2.0).mean == pytest.approx(21.98, rel=0.03)  # 1 / (2 Φ(-2))
    assert run_length((LIMIT,), width=20.0).mean == math.inf


@pytest.mark.parametrize("name", ["limits", "western_electric", "nelson"])
@pytest.mark.parametrize("ratio", [0.01, 1.0])
def test_a_finite_reference_makes_no_set_alarm_more_often(name: str, ratio: float) -> None:
    found = run_length(SETS[name], ratio)
    assert found.mean + 3 * found.error > run_length(SETS[name]).mean


def test_more_rules_alarm_sooner() -> None:
    lengths = [run_length(NELSON[:many]).mean for many in (1, 2, 5, 8)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < lengths[0] / 4


def test_what_means_nothing_is_refused() -> None:
    for ratio, width in ((-1.0, 3.0), (math.nan, 3.0), (0.0, 0.0)):
        with pytest.raises(InvalidInput, match="ratio"):
            run_length(chosen(["limits"]), ratio, width)
