"""Ticks: each second is handed out once, whatever the clock does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probes.ticks import Ticks

NOW = 1_700_000_000


def test_the_first_start_has_missed_nothing() -> None:
    span = Ticks(None).take(NOW)
    assert list(span.missed) == []
    assert list(span.live) == [NOW]


def test_a_tick_is_not_handed_out_twice() -> None:
    ticks = Ticks(NOW)
    assert list(ticks.take(NOW).live) == []
    assert list(ticks.take(NOW + 1).live) == [NOW + 1]


def test_ticks_within_the_grace_are_still_checked() -> None:
    span = Ticks(NOW, grace_s=3).take(NOW + 4)
    assert list(span.missed) == []
    assert list(span.live) == [NOW + 1, NOW + 2, NOW + 3, NOW + 4]


def test_ticks_before_the_grace_are_missed() -> None:
    span = Ticks(NOW, grace_s=3).take(NOW + 100)
    assert list(span.missed) == list(range(NOW + 1, NOW + 97))
    assert list(span.live) == list(range(NOW + 97, NOW + 101))


def test_missed_ticks_are_replayed_only_so_far_back() -> None:
    span = Ticks(NOW, replay_s=60).take(NOW + 86_400)
    assert span.missed[0] == NOW + 86_400 - 60


def test_a_small_step_back_of_the_clock_repeats_nothing() -> None:
    ticks = Ticks(NOW)
    assert list(ticks.take(NOW - 30).live) == []
    assert list(ticks.take(NOW + 1).live) == [NOW + 1]


def test_a_big_step_back_of_the_clock_starts_anew() -> None:
    span = Ticks(NOW, replay_s=60).take(NOW - 3600)
    assert list(span.missed) == []
    assert list(span.live) == [NOW - 3600]


@given(st.lists(st.integers(0, 50), max_size=40))
def test_without_a_long_stall_every_second_is_handed_out_exactly_once(steps: list[int]) -> None:
    ticks = Ticks(NOW, replay_s=60)
    now, seen = NOW, []
    for step in steps:
        now += step
        span = ticks.take(now)
        seen += [*span.missed, *span.live]
    assert seen == list(range(NOW + 1, now + 1))
