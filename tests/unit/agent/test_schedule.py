"""Deadlines: absolute, spread over a fleet, and never made up for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agent.schedule import SHORTEST_FIRST, Schedule


def of(source: str, now_ms: int = 1_700_000_000_000, interval: float = 60.0) -> Schedule:
    return Schedule.of(source, interval, now_ms=now_ms, monotonic=1000.0)


def test_deadlines_are_whole_intervals_apart() -> None:
    schedule = Schedule(5.0, 60.0)
    assert [schedule.deadline(tick) for tick in range(3)] == [5.0, 65.0, 125.0]


def test_the_next_tick_follows_the_last() -> None:
    assert Schedule(5.0, 60.0).following(3, now=190.0) == 4


def test_a_tick_that_ended_a_hair_before_its_own_deadline_is_not_done_again() -> None:
    assert Schedule(5.0, 60.0).following(3, now=184.999999) == 4


def test_ticks_that_were_slept_through_are_skipped_not_made_up_for() -> None:
    assert Schedule(5.0, 60.0).following(3, now=5.0 + 60 * 9.5) == 10


def test_a_restarted_agent_keeps_its_place_in_the_interval() -> None:
    first, later = of("web-1"), of("web-1", now_ms=1_700_000_000_000 + 600_000 + 10_000)
    assert round((first.first - later.first) % 60, 6) == 10.0


def test_hosts_that_start_together_do_not_report_together() -> None:
    firsts = sorted(of(f"web-{n}").first % 60 for n in range(1000))
    in_each_sixth = [sum(1 for first in firsts if sixth * 10 <= first < sixth * 10 + 10) for sixth in range(6)]
    assert all(120 < hosts < 220 for hosts in in_each_sixth)


@given(st.text(min_size=1), st.integers(0, 1 << 42), st.floats(1, 3600))
def test_the_second_report_comes_within_about_an_interval_but_not_at_once(
    source: str, now_ms: int, interval: float
) -> None:
    wait = of(source, now_ms, interval).first - 1000.0
    assert SHORTEST_FIRST * interval * 0.999 <= wait <= (1 + SHORTEST_FIRST) * interval * 1.001
