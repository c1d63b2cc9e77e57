"""Apdex: the specification's cases."""

from __future__ import annotations

import pytest

from vedette.statistics.apdex import Apdex, zone


@pytest.mark.parametrize(
    ("counts", "display", "band"),
    [
        ((8500, 1200, 300), "0.91 [0.5]", "Good"),
        ((4200, 650, 150), "0.91 [0.5]", "Good"),
        ((94, 0, 6), "0.94 [0.5]", "Excellent"),
        ((85, 0, 15), "0.85 [0.5]", "Good"),
        ((50, 0, 50), "0.50 [0.5]", "Poor"),
        ((49, 0, 51), "0.49 [0.5]", "Unacceptable"),
        ((10, 0, 0), "1.00* [0.5]", "Excellent"),
        ((0, 0, 0), "NS [0.5]", None),
    ],
)
def test_scores_are_shown_as_the_specification_says(
    counts: tuple[int, int, int], display: str, band: str | None
) -> None:
    apdex = Apdex(*counts, 500)
    assert apdex.display == display
    assert apdex.band == band


def test_a_half_is_rounded_up() -> None:
    assert Apdex(4200, 650, 150, 500).score == pytest.approx(0.905)
    assert Apdex(4200, 650, 150, 500).hundredths == 91


def test_a_target_of_whole_seconds_keeps_a_decimal() -> None:
    assert Apdex(100, 0, 0, 2000).display == "1.00 [2.0]"


@pytest.mark.parametrize(
    ("total_ms", "failed", "expected"),
    [(500, False, 0), (500.1, False, 1), (2000, False, 1), (2000.1, False, 2), (1, True, 2)],
)
def test_samples_fall_into_zones_by_the_target_and_four_times_it(total_ms: float, failed: bool, expected: int) -> None:
    assert zone(total_ms, 500, failed) == expected
