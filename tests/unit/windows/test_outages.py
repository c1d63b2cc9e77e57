"""Outages against the oracle: any stream of results, restarts in the middle, and what each state asks of others."""

from __future__ import annotations

import pickle
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.outage_oracle import OutageOracle
from tests.unit.windows.watching import MINUTE, T0, Known, Watched, check, down, everywhere
from vedette.events.checks import OUTCOMES, CheckRecord
from vedette.windows.incident import FIRST_STEPS, LAST_STEPS
from vedette.windows.maintenance import Once
from vedette.windows.votes import Policy

results = st.builds(
    lambda second, location, outcome, ms, attempt: check(second, location, outcome, ms, attempt=attempt),
    st.integers(0, 900),
    st.sampled_from("abc"),
    st.sampled_from(OUTCOMES) | st.sampled_from(["up", "down"]),
    st.sampled_from([5.0, 9_000.0]),
    st.integers(1, 2),
)
in_order = st.lists(results, max_size=60).map(lambda found: sorted(found, key=lambda r: r.started_ms))
policies = st.builds(
    Policy,
    interval_ms=st.sampled_from([10_000, 60_000]),
    quorum=st.integers(1, 4),
    recover_after=st.integers(1, 3),
    recheck=st.just(False),  # whom to wait for is a matter of its own
)


@given(in_order | st.lists(results, max_size=40), policies, st.sets(st.integers(0, 60), max_size=3))
@settings(max_examples=400, deadline=None)
def test_any_stream_gives_the_states_and_incidents_of_the_oracle(
    stream: list[CheckRecord], policy: Policy, restarts: set[int]
) -> None:
    watched, oracle = Watched(Known(policy)), OutageOracle(policy)
    states: list[str] = []
    for number, result in enumerate(stream):
        heard = len(oracle.states)
        oracle.add(result)
        if number in restarts:
            watched.restart()
        watched.fold(result)
        if len(oracle.states) > heard:
            states.append(str(watched.shard.monitors[1].state))
    assert states == oracle.states
    found = [(row.started_ms, row.ended_ms, row.severity) for row in watched.incidents.values()]
    assert found == oracle.spans
    assert {row.state for row in watched.incidents.values() if row.ended_ms is not None} <= {"ended"}
    assert all((row.confirmed_ms is not None) == (row.severity == "down") for row in watched.incidents.values())
    changes = [state for at, state in enumerate(states) if at == 0 or states[at - 1] != state]
    assert watched.states() == changes


@given(in_order, in_order)
@settings(max_examples=100, deadline=None)
def test_a_replay_after_a_crash_decides_the_same_again(first: list[CheckRecord], second: list[CheckRecord]) -> None:
    watched = Watched()
    watched.fold(*first)
    snapshot = pickle.dumps(watched.shard)
    before = watched.fold(*second)
    watched.shard = pickle.loads(snapshot)
    again = watched.fold(*second)
    assert again == before


@given(st.lists(results, max_size=60))
@settings(max_examples=100, deadline=None)
def test_signals_of_a_monitor_are_always_newer_than_the_ones_before(stream: list[CheckRecord]) -> None:
    watched = Watched()
    watched.fold(*stream)
    times = [signal.at for signal in watched.signals]
    assert times == sorted(set(times))


def test_a_failure_at_one_of_three_places_is_partial_and_asks_the_others_at_once() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    found = watched.fold(down(60, "a", scheduled_ms=T0 + 59_000))
    assert [(order.location, order.scheduled_ms, order.attempt) for order in found.orders] == [
        ("b", T0 + 59_000, 2),
        ("c", T0 + 59_000, 2),
    ]
    assert {order.deadline_ms for order in found.orders} == {T0 + 60_010 + 15_000}
    assert watched.states() == ["up", "partial"]
    watched.fold(check(61, "b", attempt=2), check(61, "c", attempt=2), check(120, "a"))
    assert watched.states() == ["up", "partial", "up"]
    (row,) = watched.incidents.values()
    assert (row.severity, row.confirmed_ms, row.ended_ms) == ("partial", None, T0 + 120_010)


def test_an_order_that_is_given_again_is_the_same_one() -> None:
    first, second = Watched(), Watched()
    for watched in (first, second):
        watched.fold(*everywhere(0))
        watched.fold(down(60), down(60))
    assert first.orders == second.orders
    assert len({order.id for order in first.orders}) == len(first.orders) == 2


def test_two_of_three_places_confirm_an_outage_and_its_end_is_asked_for() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    watched.fold(down(60, "a"), down(60.5, "b", attempt=2), check(60.6, "c", attempt=2))
    assert watched.states() == ["up", "partial", "down"]
    (row,) = watched.incidents.values()
    assert (row.started_ms, row.confirmed_ms, row.ended_ms) == (T0 + 60_000, T0 + 60_510, None)
    assert (row.cause, row.error) == ("timeout_ttfb", "timeout_ttfb: no end after 10 s")
    assert {place: vote["outcome"] for place, vote in row.votes.items()} == {"a": "down", "b": "down", "c": "up"}
    assert [step["what"] for step in row.timeline] == ["failing", "confirmed", "check"]
    found = watched.fold(check(100, "a"))
    assert [order.location for order in found.orders] == ["b"]
    assert watched.states()[-1] == "partial"
    watched.fold(check(101, "b", attempt=2))
    assert watched.states()[-1] == "up"
    (row,) = watched.incidents.values()
    assert (row.severity, row.ended_ms) == ("down", T0 + 101_010)


def test_one_location_alone_confirms_itself_by_its_own_second_look() -> None:
    watched = Watched()
    watched.fold(check(0))
    found = watched.fold(down(60))
    assert [(order.location, order.attempt) for order in found.orders] == [("a", 2)]
    watched.fold(down(60.2, attempt=2, scheduled_ms=T0 + 60_000))
    assert watched.states() == ["up", "partial", "down"]


def test_what_the_probe_failed_at_is_no_vote() -> None:
    watched = Watched()
    found = watched.fold(check(0, "a", "missed"), check(1, "b", "probe_error"), check(2, "c", "probe_error"))
    assert not found
    watched.fold(down(3, "a"), down(4, "b"))
    assert watched.states() == ["partial", "down"]


def test_a_location_that_has_fallen_silent_has_no_vote() -> None:
    watched = Watched(Known(replace(MINUTE, recheck=False)))
    watched.fold(*everywhere(0), down(60, "a"), down(120, "a"), down(180, "a"))
    assert watched.states()[-1] == "partial"
    watched.fold(down(240, "a"))  # three intervals and a time-out after the others spoke last
    assert watched.states()[-1] == "down"
    assert watched.signals[-1].detail["locations"] == 1


def test_others_are_asked_at_the_first_failures_of_a_row_only_and_never_about_a_second_look() -> None:
    watched = Watched()
    watched.fold(*everywhere(0))
    for minute in range(1, 9):
        watched.fold(down(60 * minute, "a"), *(check(60 * minute + 1, place, attempt=2) for place in "bc"))
    assert len(watched.orders) == 6
    watched.fold(*everywhere(600))
    assert not watched.fold(down(661, "b", attempt=2)).orders


def test_only_the_named_locations_confirm_and_none_where_it_is_turned_off() -> None:
    named = Watched(Known(replace(MINUTE, confirm_locations=frozenset("c"))))
    named.fold(*everywhere(0), down(60, "a"))
    assert [order.location for order in named.orders] == ["c"]
    off = Watched(Known(replace(MINUTE, recheck=False)))
    off.fold(*everywhere(0), down(60, "a"))
    assert off.orders == []


def test_an_end_can_need_a_second_good_result() -> None:
    watched = Watched(Known(replace(MINUTE, recover_after=2, quorum=1)))
    watched.fold(check(0), down(60))
    found = watched.fold(check(120))
    assert [(order.location, order.attempt) for order in found.orders] == [("a", 2)]
    assert watched.states() == ["up", "down"]
    watched.fold(check(120.3, attempt=2, scheduled_ms=T0 + 120_000))
    assert watched.states() == ["up", "down", "up"]


def test_time_alone_ends_no_outage_whose_end_needs_several_good_results() -> None:
    watched = Watched(Known(replace(MINUTE, recover_after=3, quorum=2)))
    watched.fold(*everywhere(0), down(60, "a"), down(61, "b"), check(80, "b"))
    assert watched.states() == ["up", "partial", "down"]
    watched.tick(119)  # c has not answered that it was asked to look again
    assert watched.states() == ["up", "partial", "down"]
    watched.fold(check(140, "b"))
    assert watched.states() == ["up", "partial", "down"]
    watched.fold(check(200, "b"))
    assert watched.states()[-1] != "down"


def test_maintenance_is_checked_and_marked_but_its_end_calls_somebody() -> None:
    window = Once(T0 + 50_000, T0 + 150_000)
    watched = Watched(Known(replace(MINUTE, quorum=1, windows=(window,))))
    watched.fold(check(0), down(60), down(120))
    assert [(s.state, s.detail.get("maintenance")) for s in watched.signals] == [("up", None), ("down", 1)]
    assert watched.shard.silence_of(1) == {"maintenance": 1}
    assert [row.maintenance for row in watched.incidents.values()] == [True]
    watched.fold(down(180))
    assert [(s.state, s.detail.get("maintenance")) for s in watched.signals[2:]] == [("down", None)]
    assert [row.maintenance for row in watched.incidents.values()] == [False]
    assert watched.shard.silence_of(1) == {}


def test_a_child_of_a_monitor_that_is_down_is_marked_and_calls_once_the_parent_is_back() -> None:
    known = Known(replace(MINUTE, quorum=1), {2: replace(MINUTE, quorum=1, parent=1)})
    watched = Watched(known)
    watched.fold(check(0), check(0, monitor=2), down(60), down(61, monitor=2))
    assert [s.detail.get("suppressed_by") for s in watched.signals if s.subject == "monitor:2"] == [None, 1]
    assert [row.suppressed_by for row in watched.incidents.values()] == [None, 1]
    watched.fold(check(120), down(121, monitor=2))
    last = watched.signals[-1]
    assert (last.subject, last.state, last.detail.get("suppressed_by")) == ("monitor:2", "down", None)


def test_a_long_outage_keeps_the_beginning_and_the_end_of_its_timeline() -> None:
    watched = Watched()
    watched.fold(*(down(60 * minute) for minute in range(200)))
    (row,) = watched.incidents.values()
    assert len(row.timeline) == FIRST_STEPS + LAST_STEPS
    assert (row.timeline[0]["what"], row.timeline[-1]["at_ms"]) == ("failing", T0 + 199 * 60_000 + 10)
