"""Rules about outages: what they take for trouble, and when a signal says that nobody is to be called."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import rule_adapter
from vedette.events.signals import Signal


def rule(kind: str, **fields: Any) -> Rule:
    return Rule(1, 7, rule_adapter.validate_python({"name": "outage", "kind": kind, **fields}))


def monitor(at: int, state: str, **detail: Any) -> Signal:
    return Signal("monitor", 7, "monitor:3", at, state, detail={"monitor": 3, "failing": "a, b", **detail})


def place(at: int, state: str, **detail: Any) -> Signal:
    return Signal(
        "endpoint", 7, "monitor:3@a", at, state, detail={"monitor": 3, "location": "a", "failures": 9, **detail}
    )


def alerts(one: Rule, *signals: Signal) -> list[tuple[str, int]]:
    state = SubjectState()
    return [(found.state, found.at) for signal in signals for found in state.apply(signal, [one], Titles())]


def test_an_outage_begins_when_it_is_confirmed_and_ends_when_the_quorum_is_well() -> None:
    stream = [monitor(1, "up"), monitor(2, "partial"), monitor(3, "down"), monitor(4, "partial"), monitor(5, "up")]
    assert alerts(rule("outage"), *stream) == [("firing", 3), ("resolved", 4)]
    assert alerts(rule("outage", partial=True), *stream) == [("firing", 2), ("resolved", 5)]
    assert alerts(rule("outage", monitor=4), *stream) == []
    assert alerts(rule("outage", monitor=3), *stream) == [("firing", 3), ("resolved", 4)]


def test_a_single_location_is_no_business_of_it_nor_the_whole_of_the_other_rule() -> None:
    assert alerts(rule("outage", partial=True), place(1, "down")) == []
    assert alerts(rule("endpoint_down"), monitor(1, "down")) == []


@pytest.mark.parametrize("silence", [{"maintenance": 1}, {"suppressed_by": 5}])
def test_nobody_is_called_in_silence_and_somebody_when_it_ends(silence: dict[str, int]) -> None:
    for one, signal in ((rule("outage"), monitor), (rule("endpoint_down"), place)):
        assert alerts(one, signal(1, "down", **silence), signal(2, "up")) == []
        assert alerts(one, signal(1, "down", **silence), signal(2, "down")) == [("firing", 2)]


@pytest.mark.parametrize("silence", [{"maintenance": 1}, {"suppressed_by": 5}])
def test_an_alert_that_is_open_stays_open_in_silence_and_ends_with_the_outage(silence: dict[str, int]) -> None:
    for one, signal in ((rule("outage"), monitor), (rule("endpoint_down"), place)):
        stream = [signal(1, "down"), signal(2, "down", **silence), signal(3, "up")]
        assert alerts(one, *stream) == [("firing", 1), ("resolved", 3)]


def test_the_title_names_the_monitor_the_places_and_the_error() -> None:
    title = Titles({3: "shop"}).title(rule("outage"), monitor(1, "down", error="status: 503"))
    assert title == "shop is down at a, b: status: 503"
