"""Who counts for a quorum: locations whose spools are behind, those that are dead, and those that do not answer."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.watching import MINUTE, T0, Known, Watched, check, down, everywhere
from vedette.windows.attendance import CATCH_UP_MS, LONGEST_CATCH_UP_MS

HOUR = 3600.0
CONFIGURED = Known(replace(MINUTE, locations=frozenset("abc")))


def away(known: Known | None = None) -> Watched:
    """Three places saw the monitor up, and then the gateway was away."""
    watched = Watched(known)
    watched.fold(*everywhere(0), *everywhere(60))
    return watched


def test_a_location_whose_spool_comes_first_does_not_confirm_itself() -> None:
    watched = away()
    for minute in range(2, 121):  # two hours of its own trouble, in one go
        watched.fold(down(60 * minute, "a"), logged=2 * HOUR)
    assert watched.states() == ["up", "partial"]
    for number, place in enumerate("bc"):  # the others come back half a minute later
        watched.fold(*(check(60 * minute + 20, place) for minute in range(2, 121)), logged=2 * HOUR + 30 + number)
    watched.fold(down(2 * HOUR + 60, "a"), *everywhere(2 * HOUR + 61, places="bc"))
    assert watched.states() == ["up", "partial"]
    (row,) = watched.incidents.values()
    assert (row.confirmed_ms, row.severity) == (None, "partial")


@given(st.permutations("abc"), st.integers(2, 40), st.floats(0, 30))
@settings(max_examples=60, deadline=None)
def test_in_whatever_order_spools_come_one_location_alone_confirms_nothing(
    order: list[str], minutes: int, apart: float
) -> None:
    watched = away(CONFIGURED)
    back = 60.0 * minutes
    for number, place in enumerate(order):
        spool = [
            (down if place == "a" else check)(60 * minute + 20 * "abc".index(place), place)
            for minute in range(2, minutes)
        ]
        watched.fold(*spool, logged=back + number * apart)
        watched.tick(back + number * apart + 5)
    assert "down" not in watched.states()


def test_an_outage_that_goes_on_is_confirmed_when_the_second_spool_has_come() -> None:
    watched = away()
    watched.fold(*(down(60 * minute, "a") for minute in range(2, 121)), logged=2 * HOUR)
    watched.fold(*(down(60 * minute + 20, "b") for minute in range(2, 120)), logged=2 * HOUR + 20)
    assert watched.states()[-1] == "down"


def test_the_first_check_of_a_new_monitor_waits_for_the_locations_that_are_alive() -> None:
    watched = Watched(Known(places=frozenset("abc")))
    found = watched.fold(down(0))
    assert {order.location for order in found.orders} == {"b", "c"}
    watched.fold(check(0.5, "b", attempt=2), check(0.6, "c", attempt=2), down(60))
    assert watched.states() == ["partial"]
    alone = Watched(Known(places=frozenset("a")))
    alone.fold(down(0), down(0.3, attempt=2))
    assert alone.states() == ["partial", "down"]


def test_a_monitor_that_is_checked_from_one_location_alone_confirms_itself_whoever_else_is_alive() -> None:
    watched = Watched(Known(replace(MINUTE, locations=frozenset("a")), places=frozenset("abc")))
    watched.fold(check(0), down(60))
    assert [order.location for order in watched.orders] == ["a"]
    watched.fold(down(60.3, attempt=2))
    assert watched.states() == ["up", "partial", "down"]


def test_locations_that_are_really_gone_are_waited_for_no_longer_than_a_vote_lasts() -> None:
    watched = Watched(Known(replace(MINUTE, recheck=False, locations=frozenset("abc"))))
    watched.fold(*everywhere(0), down(60), down(120), down(180))
    assert watched.states()[-1] == "partial"
    watched.fold(down(200))
    assert watched.states()[-1] == "down"


def test_a_clock_that_is_always_behind_keeps_others_from_being_missed_for_a_while_only() -> None:
    watched = Watched(Known(replace(MINUTE, recheck=False)))
    watched.fold(*everywhere(0))
    behind = LONGEST_CATCH_UP_MS // 60_000
    for minute in range(1, behind + 2):
        watched.fold(down(60 * minute), logged=60 * minute + 30)
        assert watched.states()[-1] == "partial"
    watched.fold(down(60 * (behind + 2)), logged=60 * (behind + 2) + 30)
    assert watched.states()[-1] == "down"


def test_a_location_that_does_not_answer_in_time_does_not_save_the_quorum() -> None:
    watched = Watched(Known(replace(MINUTE, quorum=3)))
    watched.fold(*everywhere(0), down(60, "a"), down(60.5, "b", attempt=2))
    assert watched.states()[-1] == "partial"
    assert not watched.tick(75)  # its time is not over yet
    found = watched.tick(77)
    assert [signal.state for signal in found.signals] == ["down"]
    (row,) = watched.incidents.values()
    assert row.confirmed_ms == T0 + 75_010  # as of when the answer was due, whenever the clock was looked at
    assert row.timeline[-1] == {"at_ms": T0 + 75_010, "what": "confirmed"}


def test_the_next_result_finds_the_same_as_the_clock_would_have() -> None:
    ticking, reading = (Watched(Known(replace(MINUTE, quorum=3))) for _ in range(2))
    for watched in (ticking, reading):
        watched.fold(*everywhere(0), down(60, "a"), down(60.5, "b", attempt=2))
    ticking.tick(78)
    for watched in (ticking, reading):
        watched.fold(down(120, "a"))
    assert ticking.signals == reading.signals
    assert [row.confirmed_ms for row in reading.incidents.values()] == [T0 + 75_010]


def test_one_that_answers_late_or_at_its_next_check_counts_again() -> None:
    watched = Watched(Known(replace(MINUTE, quorum=3)))
    watched.fold(*everywhere(0), down(60, "a"), down(60.5, "b", attempt=2))
    watched.tick(78)
    watched.fold(check(80, "c"))
    assert watched.states()[-1] == "partial"


def test_left_alone_by_silence_a_location_needs_its_next_check_and_not_three_intervals() -> None:
    watched = Watched()
    watched.fold(*everywhere(0), down(60, "a"))
    watched.tick(90)
    assert watched.states()[-1] == "partial"
    assert {order.location for order in watched.orders} == {"b", "c"}
    watched.fold(down(120, "a"))
    assert watched.states()[-1] == "down"


def test_orders_that_nobody_could_follow_any_more_are_waited_for_by_nobody() -> None:
    watched = away()
    watched.fold(down(120, "a"), logged=120 + 60)  # it lay in a spool: probes leave such an order
    watched.tick(300)
    assert watched.states()[-1] == "partial"
    assert CATCH_UP_MS >= 4 * 30_000  # the longest that a sender waits before it tries again


def test_a_slow_monitor_s_answer_is_waited_for_longer() -> None:
    slow = replace(MINUTE, quorum=3, timeout_ms=40_000)
    watched = Watched(Known(slow))
    watched.fold(*everywhere(0), down(60, "a"), down(60.5, "b", attempt=2))
    watched.tick(100)
    assert watched.states()[-1] == "partial"
    watched.tick(107)
    assert watched.states()[-1] == "down"


def test_a_location_that_never_comes_back_is_told_once_after_ten_minutes() -> None:
    watched = Watched()
    watched.fold(*everywhere(0), down(60, "c"))
    for minute in range(1, 11):
        watched.fold(*everywhere(60 * minute, places="ab"))
        assert watched.shard.gone(1, MINUTE) == []
    watched.fold(*everywhere(661, places="ab"))
    assert [watched.shard.gone(1, MINUTE), watched.shard.gone(1, MINUTE)] == [["c"], []]


def test_nobody_is_gone_while_spools_come_or_before_a_rare_check_is_due() -> None:
    watched = away(CONFIGURED)
    watched.fold(*(check(60 * minute, "a") for minute in range(2, 61)), logged=HOUR)
    assert watched.shard.gone(1, CONFIGURED.policy(1)) == []
    rare = Known(replace(MINUTE, interval_ms=3_600_000))
    watched = Watched(rare)
    watched.fold(*everywhere(0))
    watched.fold(check(HOUR), check(2 * HOUR))
    assert watched.shard.gone(1, rare.policy(1)) == []
