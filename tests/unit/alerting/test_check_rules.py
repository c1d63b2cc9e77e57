"""Rules about series of checks, and about monitors and hosts by their labels and roles."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from alerting.machine import SubjectState
from alerting.rolling import Rolling
from alerting.rules import AnyRule, Rule, Threshold, minds, rule_adapter
from alerting.timers import Standing, news
from alerting.titles import Titles
from vedette.events.budgets import WINDOWS_S, Counts, counts_text
from vedette.events.signals import AlertTransition, Signal

T0 = 1_700_000_000_000
MINUTE_MS = 60_000
TITLES = Titles({3: "Shop"})


def spec(**fields: Any) -> AnyRule:
    return rule_adapter.validate_python({"name": "r", **fields})


def apdex(at_min: float, value: float, *, labels: str = "", name: str = "Shop", state: str = "") -> Signal:
    detail: dict[str, Any] = {"monitor": 3, "name": name, **({"labels": labels} if labels else {})}
    at = T0 + round(at_min * MINUTE_MS)
    return Signal("series", 1, "monitor:3/endpoint.apdex", at, state, value, detail)


def life(rule: AnyRule, *signals: Signal) -> list[tuple[str, str, float]]:
    """State, title and minute of each transition."""
    state, known = SubjectState(), Rule(7, 1, rule)
    found: list[AlertTransition] = []
    for signal in signals:
        found += state.apply(signal, [known] if minds(rule, signal) else [], TITLES)
    return [(one.state, one.title, (one.at - T0) / MINUTE_MS) for one in found]


def test_an_apdex_below_a_limit_is_that_of_the_last_ten_minutes() -> None:
    rule = spec(kind="threshold", series="endpoint.apdex", below=0.8)
    good = [apdex(minute, 1.0) for minute in range(20)]
    bad = [apdex(minute, 0.0) for minute in range(20, 30)]
    again = [apdex(minute, 1.0) for minute in range(30, 45)]
    assert life(rule, *good, *bad, *again) == [
        ("firing", "endpoint.apdex of Shop is below 0.8 (0.7 in the last 10 min)", 22),
        ("resolved", "endpoint.apdex of Shop is below 0.8 (0.8 in the last 10 min)", 37),
    ]


def test_nothing_is_said_before_the_whole_time_is_known_nor_of_a_time_before_a_gap() -> None:
    rule = spec(kind="threshold", series="endpoint.apdex", below=0.8)
    assert life(rule, *(apdex(minute, 0.0) for minute in range(9))) == []
    assert len(life(rule, *(apdex(minute, 0.0) for minute in range(11)))) == 1
    before = [apdex(minute, 1.0) for minute in range(60)]
    after = [apdex(600 + minute, 0.0) for minute in range(12)]
    assert [minute for _, _, minute in life(rule, *before, *after)] == [610]


def test_a_mean_of_what_comes_seldom_is_of_what_there_is() -> None:
    rolling = Rolling(600_000)
    found = [rolling.add(T0 + hour * 3_600_000, float(hour)) for hour in range(4)]
    assert found == [None, None, (2.0, 1), (3.0, 1)]  # the third shows that it comes seldom


@pytest.mark.parametrize("span_s", [7, 60, 600, 3600, 86_400])
def test_a_rolling_mean_is_that_of_the_readings_within_a_sixtieth(span_s: int) -> None:
    rolling, step = Rolling(span_s * 1000), max(1, span_s // 50)
    readings: list[tuple[int, float]] = []
    for at in range(0, 4 * span_s, step):
        value = float((at * 7919) % 101)
        readings.append((at, value))
        found = rolling.add(T0 + at * 1000, value)
        if found is None:
            assert at < span_s
            continue
        slack = span_s / 60 + 1
        least = [v for t, v in readings if t > at - span_s + slack]
        most = [v for t, v in readings if t > at - span_s - slack]
        assert len(least) <= found[1] <= len(most)
        assert found[0] == pytest.approx(sum(v for _, v in readings[-found[1] :]) / found[1])
    assert len(rolling.parts) <= 61


@pytest.mark.parametrize(
    ("series", "subject", "about"),
    [
        ("endpoint.apdex", "monitor:3/endpoint.apdex", True),
        ('endpoint.apdex{monitor="3"}', "monitor:3/endpoint.apdex", True),
        ('endpoint.apdex{monitor="4"}', "monitor:3/endpoint.apdex", False),
        ('endpoint.apdex{team="shop"}', "monitor:3/endpoint.apdex", True),  # labels may change
        ("check.apdex", "monitor:3/endpoint.apdex", False),
        ('check.apdex{location="eu"}', "monitor:3@eu/check.apdex", True),
        ('check.apdex{location!="eu"}', "monitor:3@eu/check.apdex", False),
        ('{__name__=~"endpoint.*"}', "monitor:3/endpoint.apdex", False),  # patterns mean hosts' series
        ("endpoint.apdex", "series:web/endpoint.apdex", True),
        ('endpoint.apdex{source="web"}', "monitor:3/endpoint.apdex", False),
    ],
)
def test_which_series_a_selector_means(series: str, subject: str, about: bool) -> None:
    rule = spec(kind="threshold", series=series, above=1)
    assert minds(rule, Signal("series", 1, subject, T0, detail={"monitor": 3})) is about


def test_who_loses_a_label_has_no_alert_any_more() -> None:
    rule = spec(kind="threshold", series='endpoint.apdex{team="shop",name=~"Sh.*"}', below=0.8)
    told = [apdex(minute, 0.0, labels='team="shop"') for minute in range(12)]
    assert [state for state, _, _ in life(rule, *told)] == ["firing"]
    assert [state for state, _, _ in life(rule, *told, apdex(12, 0.0))] == ["firing", "resolved"]
    renamed = apdex(12, 0.0, labels='team="shop"', name="Other")
    assert [state for state, _, _ in life(rule, *told, renamed)] == ["firing", "resolved"]
    assert [state for state, _, _ in life(rule, *told, apdex(12, 0.0, state="over"))] == ["firing", "resolved"]


def test_what_is_over_is_not_missed() -> None:
    rule, state = Rule(7, 1, spec(kind="absence", series="endpoint.apdex")), SubjectState()
    state.apply(apdex(0, 1.0), [rule], TITLES)
    assert state.due_ms == T0 + 600_000
    state.apply(apdex(1, 1.0, state="over"), [rule], TITLES)
    assert state.due_ms == 0


def test_what_is_over_ends_an_alert_that_must_be_clear_for_a_while_or_flaps() -> None:
    rule = spec(kind="threshold", series="endpoint.apdex", below=0.8, over_s=60, clear_for_s=600)
    told = [apdex(minute, 0.0) for minute in range(12)]
    assert [state for state, _, _ in life(rule, *told, apdex(12, 0.0, state="over"))] == ["firing", "resolved"]
    rule = spec(kind="threshold", series="cpu", above=1)
    turns = [Signal("series", 1, "series:web/cpu", T0 + at * 1000, value=2.0 * (at % 2)) for at in range(10)]
    over = Signal("series", 1, "series:web/cpu", T0 + 20_000, "over")
    assert [state for state, _, _ in life(rule, *turns)] == ["firing", "resolved"] * 4 + ["firing"]
    assert [state for state, _, _ in life(rule, *turns, over)] == ["firing", "resolved"] * 5


@pytest.mark.parametrize("why", [{"maintenance": 1}, {"suppressed_by": 9}])
def test_in_maintenance_checks_decide_nothing_but_are_not_missed(why: dict[str, int]) -> None:
    gone, state = Rule(7, 1, spec(kind="absence", series="endpoint.apdex")), SubjectState()
    for minute in range(30):
        assert state.apply(silent(minute, 0.0, why), [gone], TITLES) == []
    assert state.due_ms == T0 + 29 * MINUTE_MS + 600_000
    mean = spec(kind="threshold", series="endpoint.apdex", below=0.8)
    assert life(mean, *(silent(minute, 0.0, why) for minute in range(30))) == []
    told = [apdex(minute, 0.0) for minute in range(12)]
    assert [one for one, _, _ in life(mean, *told, *(silent(12 + n, 1.0, why) for n in range(30)))] == ["firing"]
    waits = spec(kind="threshold", series="endpoint.duration_ms", above=9, for_s=600)
    slow = [(minute, silent(minute, 99.0, why if 5 <= minute < 9 else {}, "duration_ms")) for minute in range(30)]
    assert [minute for _, _, minute in life(waits, *(signal for _, signal in slow))] == [19]
    change = spec(kind="change", series="endpoint.duration_ms", window_s=60, by=10)
    steps = [silent(n / 4, 9.0 if n < 16 else 99.0, why if n >= 16 else {}, "duration_ms") for n in range(40)]
    assert life(change, *steps) == []


def silent(at_min: float, value: float, why: dict[str, int], measure: str = "apdex") -> Signal:
    found = apdex(at_min, value)
    detail = {**found.detail, **why}
    return Signal("series", 1, f"monitor:3/endpoint.{measure}", found.at, value=value, detail=detail)


def test_a_monitor_that_is_checked_seldom_is_not_missed_between_two_checks() -> None:
    gone, state = Rule(7, 1, spec(kind="absence", series="endpoint.apdex")), SubjectState()
    state.apply(apdex(0, 1.0), [gone], TITLES)
    for hours, states in ((2, []), (3, ["firing"])):
        now = T0 + hours * 60 * MINUTE_MS
        word = news(state, now, Standing(0, 0, now, 3_600_000), [gone], TITLES, lambda number: None)
        assert (word is None) == (not states)
        assert [one.state for one in (state.apply(word, [gone], TITLES) if word else [])] == states


def test_of_rules_that_never_hold_nothing_is_kept() -> None:
    rules = [Rule(n, 1, spec(kind="threshold", series=f'endpoint.apdex{{team="t{n}"}}', below=0.8)) for n in range(50)]
    state = SubjectState()
    for minute in range(3):
        state.apply(apdex(minute, 1.0, labels='team="t5"'), rules, TITLES)
    assert list(state.rules) == [5]  # the readings of the last ten minutes
    state = SubjectState()
    outage = Rule(99, 1, spec(kind="outage", monitors='{team="t1"}'))
    state.apply(Signal("monitor", 1, "monitor:3", T0, "down", detail={"monitor": 3}), [outage], TITLES)
    assert not state.rules


def test_a_mean_of_several_locations_that_check_seldom_is_told() -> None:
    rolling = Rolling(600_000)
    found = [rolling.add(T0 + hour * 3_600_000 + at * 1000, 1.0) for hour in range(4) for at in range(3)]
    assert found[:6] == [None] * 6
    assert found[6:] == [(1.0, 1), (1.0, 2), (1.0, 3)] * 2


def test_shares_need_a_time_and_durations_do_not() -> None:
    with pytest.raises(ValidationError, match=r"over_s of at least 60 for check\.failure_ratio"):
        spec(kind="threshold", series="check.failure_ratio", above=0.1, over_s=0)
    for series, over_s, mean_ms in (
        ("check.failure_ratio", None, 600_000), ("endpoint.apdex", 3600, 3_600_000),
        ("endpoint.duration_ms", None, 0), ("cpu.used_ratio", None, 0), ("cpu.used_ratio", 300, 300_000),
    ):  # fmt: skip
        found = spec(kind="threshold", series=series, above=0.1, over_s=over_s)
        assert isinstance(found, Threshold)
        assert found.mean_ms == mean_ms


MONITORS: list[dict[str, Any]] = [
    {"kind": "outage"}, {"kind": "endpoint_down"}, {"kind": "degraded", "for_s": 0}, {"kind": "trend"},
]  # fmt: skip


def of_monitor(kind: str, detail: dict[str, Any]) -> Signal:
    told: dict[str, tuple[Any, str, float]] = {
        "outage": ("monitor", "down", 0), "endpoint_down": ("endpoint", "down", 0),
        "degraded": ("monitor", "degraded", 0), "trend": ("trend", "down", -0.2),
    }  # fmt: skip
    signal, state, value = told[kind]
    return Signal(signal, 1, "monitor:3", T0, state, value, {"monitor": 3, "failures": 5, **detail})


@pytest.mark.parametrize("fields", MONITORS, ids=lambda fields: fields["kind"])
def test_rules_about_monitors_choose_by_name_and_labels(fields: dict[str, Any]) -> None:
    rule = spec(**fields, monitors='{team="shop",name=~"S.*",monitor!="4"}')
    for detail, holds in (
        ({"labels": 'team="shop"', "name": "Shop"}, True), ({"labels": 'team="mail"', "name": "Shop"}, False),
        ({"name": "Shop"}, False), ({"labels": 'team="shop"', "name": "Mail"}, False),
    ):  # fmt: skip
        assert rule.holds(of_monitor(fields["kind"], detail)) is holds
        assert minds(rule, of_monitor(fields["kind"], detail))


def test_a_burning_budget_is_over_for_a_monitor_without_the_label() -> None:
    rule = spec(kind="burn_rate", monitors='{team="shop"}', minimum=1)
    spent: dict[str, Any] = {"monitor": 3, "budget": counts_text(dict.fromkeys(WINDOWS_S, Counts(100, 50, 50)))}
    labels = {"labels": 'team="shop"'}
    assert rule.holds(Signal("budget", 1, "monitor:3", T0, "spent", detail={**spent, **labels})) is True
    assert rule.holds(Signal("budget", 1, "monitor:3", T0, "spent", detail=spent)) is False


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "outage", "monitor": 1, "monitors": '{team="a"}'}, "either monitor or monitors"),
        ({"kind": "outage", "monitors": "cpu"}, "labels of monitors"),
        ({"kind": "degraded", "monitors": '{location="eu"}'}, "labels of monitors"),
        ({"kind": "degraded", "monitors": '{role="db"}'}, "labels of monitors"),
        ({"kind": "trend", "monitors": "{"}, "label="),
        ({"kind": "trend", "monitors": '{team="\0"}'}, "without NUL"),
        ({"kind": "absence", "series": 'endpoint.apdex{team="\ud800"}'}, "surrogate"),
        ({"kind": "host_silent", "hosts": '{team="a"}'}, "conditions on source and role"),
        ({"kind": "host_flag", "flag": "clock", "hosts": "x"}, "conditions on source and role"),
    ],
)
def test_selectors_that_cannot_be_are_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        spec(**fields)


HOSTS: list[tuple[dict[str, Any], Signal]] = [
    ({"kind": "host_silent"}, Signal("host", 1, "source:web-1", T0, "silent")),
    ({"kind": "host_flag", "flag": "clock"}, Signal("clock", 1, "clock:web-1", T0, "off", 90_000)),
    ({"kind": "host_flag", "flag": "clone"}, Signal("clone", 1, "clone:web-1", T0, "clone")),
]


@pytest.mark.parametrize(("fields", "signal"), HOSTS, ids=lambda one: str(one)[:30])
def test_rules_about_hosts_choose_by_name_and_role(fields: dict[str, Any], signal: Signal) -> None:
    db = spec(**fields, hosts='{role="db"}')
    assert db.holds(signal) is False
    signal.detail["roles"] = "db eu"
    assert db.holds(signal) is True
    assert spec(**fields, hosts='{source=~"web-.*"}').holds(signal) is True
    assert spec(**fields, hosts='{source="db-1"}').holds(signal) is None
    assert spec(**fields).holds(signal) is True


def test_notices_choose_hosts_too() -> None:
    notice = Signal("notice", 1, "plugin:web-1/smart", T0, detail={"title": "x", "roles": "db"})
    assert spec(kind="plugin_notice", hosts='{role="db"}').holds(notice) is True
    assert spec(kind="plugin_notice", hosts='{role="web"}').holds(notice) is None
