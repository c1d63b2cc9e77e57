"""A subject whose clock was set back: rules go on by its new time, and what comes again from before decides nothing."""

from __future__ import annotations

import pickle
from typing import Any

from alerting.machine import REPLAYED_MS, SubjectState
from alerting.rules import Rule, rule_adapter
from alerting.titles import Titles
from vedette.events.signals import AlertTransition, Signal

T0 = 1_700_000_000_000
HOUR, STEP = 3_600_000, 10_000
Said = tuple[Signal, int]


class Machine:
    """One series under one rule; the log takes each signal a second after the true time, which only goes on."""

    def __init__(self, created_ms: int = 0, **config: Any) -> None:
        spec = rule_adapter.validate_python({"name": "n", "kind": "threshold", "series": "cpu", **config})
        self.rule = Rule(1, 7, spec, created_ms)
        self.state, self.now = SubjectState(), T0
        self.off = self.turned = 0
        self.said: list[Said] = []

    def hear(self, value: float, after_ms: int = STEP) -> list[AlertTransition]:
        self.now += after_ms
        signal = Signal("series", 7, "series:web/cpu", self.now + self.off, value=value)
        if self.turned:
            signal.detail["turned_ms"] = self.turned
        return self.take((signal, self.now + 1000))

    def take(self, said: Said) -> list[AlertTransition]:
        self.said.append(said)
        return self.state.apply(said[0], [self.rule], Titles(), said[1])

    def states(self, value: float, after_ms: int = STEP) -> list[str]:
        return [one.state for one in self.hear(value, after_ms)]

    def set_back(self, by_ms: int) -> None:
        self.off, self.turned = self.off - by_ms, self.now + STEP


def test_an_alert_goes_on_and_ends_and_the_next_one_is_another() -> None:
    machine = Machine(above=10)
    (first,) = machine.hear(11)
    machine.set_back(3 * HOUR)
    assert machine.states(12) == []
    (end,) = machine.hear(1)
    assert (end.state, end.alert) == ("resolved", first.alert)
    assert end.at > first.at, "an alert does not end before it began"
    (second,) = machine.hear(11)
    assert second.state == "firing"
    assert second.alert != first.alert


def test_the_same_time_of_day_twice_is_two_alerts() -> None:
    machine = Machine(above=10)
    machine.hear(1)
    (first,) = machine.hear(11)
    machine.hear(1)
    machine.set_back(3 * STEP)
    machine.hear(1)
    (second,) = machine.hear(11)
    assert second.at == first.at, "by the host's clock"
    assert second.alert != first.alert
    assert second.id != first.id


def test_what_waits_goes_on_waiting_for_as_long_as_it_would_have() -> None:
    machine = Machine(above=10, for_s=60, clear_for_s=40)
    for _ in range(4):
        assert machine.states(11) == []
    machine.set_back(HOUR)
    assert [machine.states(11) for _ in range(3)] == [[], [], ["firing"]]
    machine.states(1)
    machine.set_back(HOUR)
    assert [machine.states(1) for _ in range(4)] == [[], [], [], ["resolved"]]


def test_what_comes_again_from_before_decides_nothing() -> None:
    machine = Machine(above=10)
    machine.hear(11)
    machine.set_back(HOUR)
    machine.hear(1)
    before = pickle.dumps(machine.state)
    for signal, _ in list(machine.said):
        assert machine.take((signal, machine.now + 5_000)) == []
    assert pickle.dumps(machine.state) == before


def test_a_rollup_that_has_forgotten_that_the_clock_was_set_back_is_heard_again_in_the_end() -> None:
    machine = Machine(above=10)
    machine.hear(1)
    machine.set_back(HOUR)
    machine.hear(1)
    machine.turned = 0
    assert machine.states(11) == [], "it may come again from before"
    assert machine.states(11, REPLAYED_MS) == ["firing"]


def test_restarts_from_any_earlier_snapshot_decide_the_same() -> None:
    machine = Machine(above=10, for_s=20)
    values = [1, 11, 11, 11, 1, 11, 1, 11, 11, 11, 11, 1, 1, 11, 11, 11]
    told: dict[int, AlertTransition] = {}
    snapshots = [pickle.dumps(machine.state)]
    for n, value in enumerate(values):
        if n in {3, 9}:
            machine.set_back(HOUR)
        told |= {one.id: one for one in machine.hear(value)}
        snapshots.append(pickle.dumps(machine.state))
    said, last = list(machine.said), snapshots[-1]
    assert [one.state for one in told.values()] == ["firing", "resolved"] * 2 + ["firing"]
    for n, snapshot in enumerate(snapshots):
        machine.state = pickle.loads(snapshot)
        for one in said[n:]:
            for found in machine.take(one):
                assert told[found.id] == found
        assert machine.state == pickle.loads(last)


def test_windows_of_changes_are_filled_anew_from_the_new_time_on() -> None:
    machine = Machine(kind="change", window_s=60, by=50)
    found = []
    for n in range(60):
        if n == 30:
            machine.set_back(HOUR)
        found += machine.hear(10.0 if n < 48 else 100.0)
    assert [one.state for one in found] == ["firing"]
    back = Machine(kind="change", window_s=60, by=50)
    found = []
    for n in range(60):
        if n == 30:
            back.set_back(120_000)  # windows that are known already
        found += back.hear(10.0)
    assert found == []


def test_means_of_a_while_know_what_was_read_before_the_step() -> None:
    machine = Machine(above=10, over_s=60)
    for _ in range(12):
        machine.hear(11)
    assert machine.state.rules[1].state == "firing"
    machine.set_back(HOUR)
    found = [machine.states(1) for _ in range(3)]
    assert found == [["resolved"], [], []], "a single low reading of six pulls the mean down"


def test_a_rule_that_was_just_made_holds_for_a_host_whose_clock_is_behind() -> None:
    machine = Machine(above=10)
    machine.hear(1)
    machine.set_back(3 * HOUR)
    machine.hear(1)
    machine.rule = Rule(2, 7, machine.rule.spec, machine.now)
    assert machine.states(11) == ["firing"]


def test_flapping_is_counted_over_the_time_that_passed() -> None:
    machine = Machine(above=10)
    for n in range(10):
        if n == 5:
            machine.set_back(HOUR)
        machine.hear(11 if n % 2 else 1)
    assert machine.state.rules[1].flapping
