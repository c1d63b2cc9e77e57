"""The rules' state machine: one start and one end an episode, whatever comes twice or too late."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.machine import LAPSE_MS, Rule, SubjectState, Titles
from alerting.rule_state import FLAP_MS
from alerting.rules import EndpointDown, HostSilent, Threshold
from vedette.events.signals import AlertTransition, Signal

SUBJECT = "monitor:1@x"


def endpoint(at: int, failures: int) -> Signal:
    """Down for the `failures`-th time in a row, or up for 0."""
    detail: dict[str, str | int | float | None] = {"failures": failures, "monitor": 1, "location": "x", "error": None}
    return Signal("endpoint", 1, SUBJECT, at, "down" if failures else "up", detail=detail)


def series(at: int, value: float) -> Signal:
    return Signal("series", 1, "series:web/cpu", at, value=value)


def down_rule(number: int = 1, after: int = 1) -> Rule:
    return Rule(number, 1, EndpointDown(name=f"down after {after}", kind="endpoint_down", after_failures=after))


def high_rule(number: int = 3, for_s: int = 0) -> Rule:
    return Rule(number, 1, Threshold(name="high", kind="threshold", series="cpu", above=10, for_s=for_s))


def drive(state: SubjectState, rules: list[Rule], *signals: Signal) -> list[AlertTransition]:
    return [found for signal in signals for found in state.apply(signal, rules, Titles())]


def states(found: list[AlertTransition]) -> list[str]:
    return [transition.state for transition in found]


ENDPOINTS = [down_rule(1, 1), down_rule(2, 3)]
SERIES = [high_rule(3, 0), high_rule(4, 20)]
endpoints = st.lists(st.builds(endpoint, st.integers(0, 60), st.integers(0, 4)), max_size=40)
seldom = st.lists(st.builds(endpoint, st.integers(0, 60).map(lambda n: n * FLAP_MS), st.integers(0, 4)), max_size=40)
values = st.lists(st.builds(lambda at, v: series(at * 1000, v), st.integers(0, 60), st.integers(0, 20)), max_size=40)
streams = st.tuples(st.just(ENDPOINTS), endpoints) | st.tuples(st.just(SERIES), values)


@given(streams)
def test_every_episode_has_one_start_and_at_most_one_end(stream: tuple[list[Rule], list[Signal]]) -> None:
    rules, signals = stream
    found = drive(SubjectState(), rules, *signals)
    assert len({transition.id for transition in found}) == len(found)
    for rule in rules:
        mine = [transition for transition in found if transition.rule == rule.id]
        assert states(mine) == (["firing", "resolved"] * len(mine))[: len(mine)]
        for start, end in zip(mine[::2], mine[1::2], strict=False):
            assert start.alert == end.alert
            assert start.at < end.at
        assert len({start.alert for start in mine[::2]}) == len(mine[::2])


@given(streams, st.data())
def test_a_replay_changes_nothing(stream: tuple[list[Rule], list[Signal]], data: st.DataObject) -> None:
    rules, signals = stream
    state = SubjectState()
    drive(state, rules, *signals)
    again = data.draw(st.lists(st.sampled_from(signals), max_size=20)) if signals else []
    before = copy.deepcopy(state)
    assert drive(state, rules, *again) == []
    assert state == before


@given(streams, st.integers(0, 40), st.integers(0, 40))
def test_after_a_crash_the_same_transitions_come_again_and_no_others(
    stream: tuple[list[Rule], list[Signal]], snapshot: int, crash: int
) -> None:
    rules, signals = stream
    expected = drive(SubjectState(), rules, *signals)
    state = SubjectState()
    found = drive(state, rules, *signals[:snapshot])
    stored = pickle.dumps(state)
    found += drive(state, rules, *signals[snapshot:crash])  # recorded, and then the process dies
    found += drive(pickle.loads(stored), rules, *signals[snapshot:])
    assert {transition.id: transition for transition in found} == {t.id: t for t in expected}


@given(seldom)
def test_an_alert_is_open_exactly_while_the_last_counted_signal_is_bad(signals: list[Signal]) -> None:
    found = drive(SubjectState(), [down_rule()], *signals)
    newest, counted = -1, False
    for signal in signals:
        if signal.at > newest:
            newest, counted = signal.at, signal.state == "down"
    assert (states(found)[-1:] == ["firing"]) is counted


def test_a_rule_that_waits_for_failures_fires_at_their_number_and_not_before() -> None:
    state, rules = SubjectState(), [down_rule(after=3)]
    assert drive(state, rules, endpoint(1, 1), endpoint(2, 2)) == []
    assert states(drive(state, rules, endpoint(3, 3), endpoint(4, 4))) == ["firing"]
    assert states(drive(state, rules, endpoint(5, 0), endpoint(6, 0))) == ["resolved"]


def test_an_endpoint_that_recovers_in_time_fires_nothing() -> None:
    assert drive(SubjectState(), [down_rule(after=3)], endpoint(1, 1), endpoint(2, 2), endpoint(3, 0)) == []


def test_a_threshold_must_hold_for_its_time_without_a_break() -> None:
    state, rules = SubjectState(), [high_rule(for_s=20)]
    assert drive(state, rules, series(0, 11), series(10_000, 5), series(15_000, 11), series(34_999, 11)) == []
    (start,) = drive(state, rules, series(35_000, 12))
    assert (start.state, start.at, start.value) == ("firing", 35_000, 12)
    (end,) = drive(state, rules, series(36_000, 10))
    assert (end.state, end.value) == ("resolved", 10)


def test_a_value_above_then_an_hour_of_nothing_then_another_do_not_fire() -> None:
    state, rules = SubjectState(), [high_rule(for_s=20)]
    assert drive(state, rules, series(0, 11), series(3_600_000, 11), series(3_619_999, 11)) == []
    (start,) = drive(state, rules, series(3_620_000, 11))
    assert start.at == 3_620_000


@pytest.mark.parametrize(
    ("for_s", "gap_ms", "fires"),
    [(20, LAPSE_MS, True), (20, LAPSE_MS + 1, False), (600, 600_000, True), (600, 600_001, False)],
)
def test_a_condition_that_waits_survives_gaps_of_five_minutes_or_its_own_time(
    for_s: int, gap_ms: int, fires: bool
) -> None:
    found = drive(SubjectState(), [high_rule(for_s=for_s)], series(0, 11), series(gap_ms, 11))
    assert states(found) == (["firing"] if fires else [])


def test_an_alert_that_fires_outlives_any_gap() -> None:
    found = drive(SubjectState(), [high_rule()], series(0, 11), series(10 * LAPSE_MS, 12), series(20 * LAPSE_MS, 1))
    assert states(found) == ["firing", "resolved"]


def test_what_happened_before_a_rule_was_made_is_none_of_its_business() -> None:
    old, new = down_rule(1), replace(down_rule(2), created_ms=10)
    found = drive(SubjectState(), [old, new], endpoint(5, 1), endpoint(6, 0), endpoint(9, 1), endpoint(10, 2))
    assert [(t.rule, t.state, t.at) for t in found] == [
        (1, "firing", 5), (1, "resolved", 6), (1, "firing", 9), (2, "firing", 10),
    ]  # fmt: skip


def test_a_signal_that_is_not_newer_is_ignored() -> None:
    state, rules = SubjectState(), [down_rule()]
    drive(state, rules, endpoint(5, 1))
    assert drive(state, rules, endpoint(5, 0), endpoint(4, 0)) == []
    assert states(drive(state, rules, endpoint(6, 0))) == ["resolved"]


def test_a_signal_about_something_else_changes_no_rule() -> None:
    state = SubjectState()
    drive(state, [down_rule()], endpoint(1, 1))
    assert drive(state, [down_rule()], series(2, 0.0)) == []
    assert state.rules[1].state == "firing"


def test_a_rule_that_is_gone_is_forgotten_and_one_that_comes_begins_anew() -> None:
    state = SubjectState()
    (first,) = drive(state, [down_rule()], endpoint(1, 1))
    assert drive(state, [], endpoint(2, 2)) == []
    assert state.rules == {}
    (second,) = drive(state, [down_rule()], endpoint(3, 3))
    assert first.alert != second.alert


def test_identities_follow_from_what_happened() -> None:
    one = drive(SubjectState(), [down_rule()], endpoint(1, 1), endpoint(2, 0))
    two = drive(SubjectState(), [down_rule()], endpoint(1, 1), endpoint(2, 0))
    other = drive(SubjectState(), [down_rule(2)], endpoint(1, 1), endpoint(2, 0))
    assert one == two
    assert {t.id for t in one}.isdisjoint({t.id for t in other})


@pytest.mark.parametrize(
    ("rule", "signal", "title"),
    [
        (down_rule(), endpoint(1, 1), "shop is down at x"),
        (high_rule(), series(1, 12.5), "cpu of web is above 10 (it is 12.5)"),
        (
            Rule(1, 1, Threshold(name="low", kind="threshold", series="cpu", below=0.1)),
            series(1, 0),
            "cpu of web is below 0.1 (it is 0)",
        ),
        (
            Rule(1, 1, HostSilent(name="silent", kind="host_silent")),
            Signal("host", 1, "source:web-1", 1, "silent"),
            "web-1 has fallen silent",
        ),
    ],
)
def test_a_title_says_what_is_the_matter(rule: Rule, signal: Signal, title: str) -> None:
    assert Titles({1: "shop"}).title(rule, signal) == title


def test_a_title_names_the_error_and_a_monitor_without_name_by_its_number() -> None:
    signal = endpoint(1, 1)
    signal.detail["error"] = "connection refused"
    assert Titles().title(down_rule(), signal) == "monitor 1 is down at x: connection refused"
