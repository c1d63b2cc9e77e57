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


def silent(at: int, seconds: int = 190, **detail: Any) -> Signal:
    return Signal("monitor", 7, "monitor:3", at, "unknown", detail={"monitor": 3, "silent_s": seconds, **detail})


def test_a_rule_that_asks_for_it_calls_when_nobody_checks_and_is_over_when_somebody_does() -> None:
    stream = [monitor(1, "up"), silent(2), silent(3, heard=1), monitor(4, "up")]
    assert alerts(rule("outage", unknown=True), *stream) == [("firing", 2), ("resolved", 3)]
    assert alerts(rule("outage"), *stream) == []
    assert alerts(rule("outage", unknown=True, monitor=4), *stream) == []


def test_who_finds_it_down_after_a_silence_calls_again() -> None:
    stream = [silent(2), silent(3, heard=1), monitor(4, "down"), monitor(5, "up")]
    found = alerts(rule("outage", unknown=True), *stream)
    assert found == [("firing", 2), ("resolved", 3), ("firing", 4), ("resolved", 5)]
    assert alerts(rule("outage"), *stream) == [("firing", 4), ("resolved", 5)]


def test_rules_that_do_not_ask_for_it_keep_in_a_silence_what_they_have() -> None:
    stream = [monitor(1, "down"), silent(2), silent(3, heard=1), monitor(4, "up")]
    assert alerts(rule("outage"), *stream) == [("firing", 1), ("resolved", 4)]
    stream = [monitor(1, "degraded"), silent(2), silent(3, heard=1), monitor(4, "degraded"), monitor(5, "up")]
    assert alerts(rule("degraded", for_s=0), *stream) == [("firing", 1), ("resolved", 5)]


def test_that_a_monitor_is_checked_from_nowhere_since_its_places_changed_is_no_silence() -> None:
    assert alerts(rule("outage", unknown=True), monitor(1, "up"), monitor(2, "unknown")) == []
    assert alerts(rule("outage", unknown=True), silent(2), monitor(3, "paused")) == [("firing", 2), ("resolved", 3)]


@pytest.mark.parametrize(
    ("signal", "words"),
    [
        (silent(1, 190), "nobody checks shop: no probe has reported for 3 minutes"),
        (silent(1, 119), "nobody checks shop: no probe has reported for 1 minute"),
        (silent(1, 7_300, heard=1), "nobody checked shop: no probe had reported for 121 minutes"),
    ],
)
def test_the_title_says_for_how_long_nobody_has_reported(signal: Signal, words: str) -> None:
    assert Titles({3: "shop"}).title(rule("outage", unknown=True), signal) == words
