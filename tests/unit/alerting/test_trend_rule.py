"""Rules about trends: which changes they take for trouble, and when that is over."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.machine import Rule, SubjectState, Titles, subject_of
from alerting.rules import rule_adapter
from vedette.events.signals import Signal


def rule(**fields: Any) -> Rule:
    return Rule(1, 7, rule_adapter.validate_python({"name": "slower", "kind": "trend", **fields}))


def trend(at: int, state: str, size: float = -0.02, what: str = "step") -> Signal:
    return Signal("trend", 7, "monitor:3", at, state, value=size, detail={"monitor": 3, "trend": what})


def alerts(one: Rule, *signals: Signal) -> list[tuple[str, int]]:
    state = SubjectState()
    return [(found.state, found.at) for signal in signals for found in state.apply(signal, [one], Titles())]


def test_a_drop_is_an_alert_until_the_way_back_or_until_it_is_the_usual() -> None:
    assert alerts(rule(), trend(1, "down"), trend(2, "up", 0.02)) == [("firing", 1), ("resolved", 2)]
    assert alerts(rule(), trend(1, "down"), trend(2, "over")) == [("firing", 1), ("resolved", 2)]
    assert alerts(rule(), trend(1, "down"), trend(2, "down")) == [("firing", 1)]


def test_a_rise_is_an_alert_only_where_it_was_asked_for() -> None:
    assert alerts(rule(), trend(1, "up", 0.02)) == []
    assert alerts(rule(direction="up"), trend(1, "up", 0.02), trend(2, "down")) == [("firing", 1), ("resolved", 2)]


def test_a_change_below_the_minimum_is_passed_over() -> None:
    assert alerts(rule(minimum=0.02), trend(1, "down", -0.019)) == []
    assert alerts(rule(minimum=0.02), trend(1, "down", -0.02)) == [("firing", 1)]


def test_declines_count_unless_they_are_not_wanted_and_other_monitors_never_do() -> None:
    assert alerts(rule(), trend(1, "down", what="decline")) == [("firing", 1)]
    assert alerts(rule(declines=False), trend(1, "down", what="decline")) == []
    assert alerts(rule(monitor=4), trend(1, "down")) == []
    assert alerts(rule(), Signal("monitor", 7, "monitor:3", 1, "down", detail={"monitor": 3})) == []


def test_the_end_of_a_decline_is_no_end_of_a_step_nor_is_an_outage_s_time_its_own() -> None:
    outage = Signal("monitor", 7, "monitor:3", 1, "down")
    subjects = {subject_of(one) for one in (trend(1, "down"), trend(1, "down", what="decline"), outage)}
    assert len(subjects) == 3
    assert "monitor:3" in subjects


def test_the_title_says_how_much_of_what_has_changed() -> None:
    titles = Titles({3: "shop"})
    assert titles.title(rule(), trend(1, "down", -0.0213)) == "the Apdex of shop moved by -0.021"
    assert titles.title(rule(), trend(1, "down", -0.03, "decline")) == "the Apdex of shop is declining by -0.030"


@pytest.mark.parametrize("wrong", [{"direction": "sideways"}, {"minimum": -0.1}, {"minimum": 2}, {"monitor": "x"}])
def test_what_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)
