"""Notices: what a plugin says is an alert of its own, once, and leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import rule_adapter
from ingest_api.fleet.notices import OLDEST_MS, notices
from vedette.events.fleet import CheckIn, PluginAlert, PluginState
from vedette.events.signals import Signal

NOW = 1_800_000_000_000


def rule(created_ms: int = 0, **fields: Any) -> Rule:
    return Rule(1, 7, rule_adapter.validate_python({"name": "said", "kind": "plugin_notice", **fields}), created_ms)


def said(title: str = "disk", body: str = "full", at: int = NOW, subject: str = "plugin:web-1/raid") -> Signal:
    return Signal("notice", 7, subject, at, detail={"title": title, "body": body, "said_ms": at})


def checkin(*alerts: PluginAlert, clock_ms: int = NOW) -> CheckIn:
    return CheckIn("web-1", 1, "f", "1", clock_ms, plugins=[PluginState("raid", "ok", alerts=list(alerts))])


def test_each_notice_is_one_transition_with_its_words_and_nothing_is_kept_of_it() -> None:
    state = SubjectState()
    first, second = (state.apply(said(body=body), [rule()], Titles())[0] for body in ("full", "fuller"))
    assert (first.state, first.title, first.detail["body"]) == ("notice", "disk", "full")
    assert first.alert != second.alert
    assert state == SubjectState()


def test_one_that_comes_again_is_the_same_even_if_it_seems_older() -> None:
    state = SubjectState()
    again = said()
    again.at -= 5
    (first,), (second,) = (state.apply(one, [rule()], Titles()) for one in (said(), again))
    assert (first.id, first.alert) == (second.id, second.alert)


def test_it_touches_no_other_rule_and_other_signals_are_none_to_it() -> None:
    host = rule_adapter.validate_python({"name": "h", "kind": "host_silent"})
    assert SubjectState().apply(said(), [Rule(2, 7, host)], Titles()) == []
    assert SubjectState().apply(Signal("host", 7, "source:web-1", NOW, "silent"), [rule()], Titles()) == []


def test_a_rule_hears_the_hosts_and_plugins_that_it_names_from_its_beginning_on() -> None:
    def heard(one: Rule, signal: Signal) -> bool:
        return bool(SubjectState().apply(signal, [one], Titles()))

    assert heard(rule(source="web-.*", plugin="raid"), said())
    assert heard(rule(source="a/b"), said(subject="plugin:a/b/raid"))
    assert not heard(rule(source="web-"), said())
    assert not heard(rule(plugin="smart"), said())
    assert not heard(rule(created_ms=NOW + 1), said())
    with pytest.raises(ValidationError, match="plugin"):
        rule(plugin="(")


def test_a_notice_is_as_old_as_the_hosts_own_clock_says_and_never_of_the_future() -> None:
    hours = 3_600_000 * 5
    alert = PluginAlert("disk", "full", NOW - hours - 60_000)
    assert [one.at for one in notices(7, checkin(alert, clock_ms=NOW - hours), NOW)] == [NOW - 60_000]
    assert [one.at for one in notices(7, checkin(PluginAlert("a", "b", NOW + hours)), NOW)] == [NOW]
    assert [one.at for one in notices(7, checkin(PluginAlert("a", "b", 0)), NOW)] == [NOW - OLDEST_MS]


def test_each_alert_of_each_plugin_becomes_a_notice() -> None:
    found = notices(7, checkin(PluginAlert("a", "b", NOW), PluginAlert("c", "", NOW)), NOW)
    assert [(one.account, one.subject, one.detail["title"]) for one in found] == [
        (7, "plugin:web-1/raid", "a"),
        (7, "plugin:web-1/raid", "c"),
    ]
