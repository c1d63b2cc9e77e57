"""A rule that was changed to mean others: what it meant before is none of its business, and its alert ends."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import AnyRule, minds, minds_subject, rule_adapter
from vedette.events.signals import Signal

T0 = 1_700_000_000_000


def host(at: int, state: str = "silent") -> Signal:
    return Signal("host", 1, "source:web-1", T0 + at, state)


def drift(at: int, **more: Any) -> Signal:
    return Signal("drift", 1, "model:7/age", T0 + at, "drift", 0.4, {"model": 7, "feature": "age", **more})


def rule(kind: str, **fields: Any) -> AnyRule:
    found: AnyRule = rule_adapter.validate_python({"name": "r", "kind": kind, **fields})
    return found


def metric(at: int) -> Signal:
    detail: Any = {"model": 7, "metric": "spend", "recent": f"{T0}:50:9.0:1:9"}
    return Signal("metric", 1, "metric:7/spend", T0 + at, "known", 9.0, detail)


def quality(at: int) -> Signal:
    detail: Any = {"model": 7, "metric": "auc", "recent": f"{T0}:0.1:50"}
    return Signal("quality", 1, "quality:7/auc", T0 + at, "known", 0.1, detail)


CASES: list[tuple[Any, str, dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    (host, "host_silent", {}, {"source": "web-1"}, {"source": "db-.*"}),
    (host, "host_silent", {}, {"hosts": '{source="web-1"}'}, {"hosts": '{source="db-1"}'}),
    (drift, "drift", {}, {"feature": "a.*"}, {"feature": "b.*"}),
    (drift, "drift", {}, {"model": 7}, {"model": 8}),
    (quality, "quality", {"metric": "auc", "below": 0.5}, {"model": 7}, {"model": 8}),
    (quality, "quality", {"below": 0.5}, {"metric": "auc"}, {"metric": "f1"}),
    (metric, "model_metric", {"above": 5}, {"metric": "spend"}, {"metric": "clicks"}),
]


@pytest.mark.parametrize(("signal", "kind", "fields", "mine", "others"), CASES)
def test_an_alert_ends_when_its_rule_is_about_others(
    signal: Any, kind: str, fields: dict[str, Any], mine: dict[str, Any], others: dict[str, Any]
) -> None:
    before, after = rule(kind, **fields, **mine), rule(kind, **fields, **others)
    state = SubjectState()
    assert [one.state for one in state.apply(signal(1), [Rule(1, 1, before)], Titles())] == ["firing"]
    assert minds_subject(before, 1, signal(1).subject, signal(1).detail)
    assert not minds_subject(after, 1, signal(1).subject, signal(1).detail)  # so its change ends the alert
    assert (after.holds(signal(2)), minds(after, signal(2))) == (None, False)
    (end,) = state.apply(signal(2), [], Titles(), elsewhere=lambda number: Rule(number, 1, after))
    assert (end.state, end.detail["changed"]) == ("resolved", "rule")


def test_a_flag_s_rule_minds_the_hosts_that_it_names() -> None:
    flagged = Signal("clock", 1, "clock:web-1", T0, "off", 300_000)
    assert minds(rule("host_flag", flag="clock", hosts='{source="web-1"}'), flagged)
    assert not minds(rule("host_flag", flag="clock", hosts='{source="db-1"}'), flagged)


def test_a_chart_s_rule_minds_no_segments() -> None:
    assert minds(rule("control_chart"), drift(1))
    assert not minds(rule("control_chart"), drift(1, segment="eu"))
    assert not minds(rule("control_chart", feature="income"), drift(1))
