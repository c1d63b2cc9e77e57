"""Rules: which are valid, and what a signal means to them."""

from __future__ import annotations

import math
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from alerting.machine import Rule, Titles
from alerting.rules import EndpointDown, HostFlag, HostSilent, Threshold, hold_ms, rule_adapter
from vedette.events.signals import Signal

DOWN: dict[str, Any] = {"name": "d", "kind": "endpoint_down"}
SILENT: dict[str, Any] = {"name": "s", "kind": "host_silent"}
HIGH: dict[str, Any] = {"name": "t", "kind": "threshold", "series": "cpu", "above": 1}


@pytest.mark.parametrize(
    "rule",
    [
        DOWN,
        {**DOWN, "monitor": 3, "after_failures": 100, "channels": [1, 2]},
        SILENT,
        {**SILENT, "source": "web-.*"},
        HIGH,
        {**HIGH, "above": None, "below": 0, "for_s": 86_400},
        {**HIGH, "series": 'disk{mount="/",source=~"web-.*"}'},
    ],
)
def test_a_good_rule_is_read_as_its_kind(rule: dict[str, Any]) -> None:
    assert rule_adapter.validate_python(rule).kind == rule["kind"]


@pytest.mark.parametrize(
    ("rule", "complaint"),
    [
        ({**DOWN, "kind": "endpoint_sad"}, "endpoint_sad"),
        ({"kind": "endpoint_down"}, "name"),
        ({**DOWN, "name": ""}, "name"),
        ({**DOWN, "colour": "red"}, "colour"),
        ({**DOWN, "after_failures": 0}, "after_failures"),
        ({**DOWN, "after_failures": 101}, "after_failures"),
        ({**SILENT, "source": "("}, "a regular expression"),
        ({**HIGH, "below": 2}, "either above or below"),
        ({**HIGH, "above": None}, "either above or below"),
        ({**HIGH, "series": "two words"}, "series"),
        ({**HIGH, "series": 'cpu{a=~"("}'}, "a regular expression"),
        ({**HIGH, "above": math.nan}, "above\n.*finite"),
        ({**HIGH, "above": None, "below": -math.inf}, "below\n.*finite"),
        ({**HIGH, "for_s": -1}, "for_s"),
        ({**HIGH, "for_s": 86_401}, "for_s"),
    ],
)
def test_a_bad_rule_is_refused_with_what_is_wrong(rule: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rule_adapter.validate_python(rule)


def endpoint(state: str, monitor: int = 1, failures: object = 1) -> Signal:
    return Signal("endpoint", 1, "monitor:1@x", 1, state, detail={"monitor": monitor, "failures": failures})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("rule", "signal", "holds"),
    [
        ({}, endpoint("down"), True),
        ({}, endpoint("up", failures=0), False),
        ({"monitor": 1}, endpoint("down"), True),
        ({"monitor": 2}, endpoint("down"), None),
        ({"after_failures": 2}, endpoint("down", failures=1), None),
        ({"after_failures": 2}, endpoint("down", failures=2), True),
        ({"after_failures": 2}, endpoint("up", failures=0), False),
        ({}, endpoint("down", failures=None), None),
        ({}, Signal("host", 1, "source:a", 1, "silent"), None),
    ],
)
def test_what_an_endpoint_signal_means(rule: dict[str, Any], signal: Signal, holds: bool | None) -> None:
    assert EndpointDown(**DOWN, **rule).holds(signal) is holds


@pytest.mark.parametrize(
    ("rule", "signal", "holds"),
    [
        ({}, Signal("host", 1, "source:web-1", 1, "silent"), True),
        ({}, Signal("host", 1, "source:web-1", 1, "active"), False),
        ({"source": "web-."}, Signal("host", 1, "source:web-1", 1, "silent"), True),
        ({"source": "web-."}, Signal("host", 1, "source:web-10", 1, "silent"), None),
        ({"source": "source:.*"}, Signal("host", 1, "source:web-1", 1, "silent"), None),
        ({}, endpoint("down"), None),
    ],
)
def test_what_a_host_signal_means(rule: dict[str, Any], signal: Signal, holds: bool | None) -> None:
    assert HostSilent(**SILENT, **rule).holds(signal) is holds


def cpu(value: float, subject: str = "series:web/cpu") -> Signal:
    return Signal("series", 1, subject, 1, value=value)


@pytest.mark.parametrize(
    ("rule", "signal", "holds"),
    [
        ({"above": 1}, cpu(1.1), True),
        ({"above": 1}, cpu(1), False),
        ({"above": None, "below": 0}, cpu(-0.1), True),
        ({"above": None, "below": 0}, cpu(0), False),
        ({"above": 1}, cpu(5, "series:web/mem"), None),
        ({"series": 'cpu{source="db"}'}, cpu(5), None),
        ({"series": 'cpu{source="web"}'}, cpu(5), True),
        ({"series": 'cpu{mount="/a"}'}, cpu(5, 'series:web/cpu{mount="/a"}'), True),
        ({"above": 1}, endpoint("down"), None),
    ],
)
def test_what_a_series_signal_means(rule: dict[str, Any], signal: Signal, holds: bool | None) -> None:
    assert Threshold(**{**HIGH, **rule}).holds(signal) is holds


def test_only_a_threshold_waits() -> None:
    assert hold_ms(Threshold(**HIGH, for_s=5)) == 5000
    assert hold_ms(EndpointDown(**DOWN)) == 0


def with_roles(roles: str, value: float = 5.0) -> Signal:
    detail: dict[str, str | int | float | None] = {"roles": roles} if roles else {}
    return Signal("series", 1, "series:a/cpu", 1, value=value, detail=detail)


def test_a_rule_about_a_role_is_about_hosts_that_have_it_and_is_over_for_one_that_has_lost_it() -> None:
    rule = Threshold(name="t", kind="threshold", series='cpu{role="web"}', above=1)
    assert rule.holds(with_roles("eu web")) is True
    assert rule.holds(with_roles("eu web", 0.5)) is False
    assert rule.holds(with_roles("eu")) is False
    assert rule.holds(with_roles("")) is False
    assert rule.holds(Signal("series", 1, "series:a/mem", 1, value=5.0)) is None


@pytest.mark.parametrize(("flag", "bad"), [("clone", "clone"), ("clock", "off")])
def test_a_flag_of_a_host_holds_until_it_is_taken_back(flag: Literal["clone", "clock"], bad: str) -> None:
    rule = HostFlag(name="f", kind="host_flag", flag=flag)
    assert rule.holds(Signal(flag, 1, f"{flag}:a", 1, bad)) is True
    assert rule.holds(Signal(flag, 1, f"{flag}:a", 1, "ok")) is False
    other: Literal["clone", "clock"] = "clock" if flag == "clone" else "clone"
    assert rule.holds(Signal(other, 1, f"{other}:a", 1, bad)) is None
    assert rule.holds(Signal("host", 1, "source:a", 1, "silent")) is None


@pytest.mark.parametrize(
    ("flag", "title"),
    [("clone", "several machines report as web-1"), ("clock", "the clock of web-1 is off by -7200 s")],
)
def test_the_title_of_a_flag_names_the_host(flag: Literal["clone", "clock"], title: str) -> None:
    rule = Rule(1, 1, HostFlag(name="f", kind="host_flag", flag=flag))
    assert Titles().title(rule, Signal(flag, 1, f"{flag}:web-1", 1, "off", -7_200_000.0)) == title
