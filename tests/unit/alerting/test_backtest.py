"""Backtests: the flow's own machines and timers over the past, so they say what the flow did."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.backtest import Reports, Trial, of_series
from alerting.machine import Rule, Titles
from alerting.rules import rule_adapter
from tests.unit.alerting.test_timers import SUBJECT, Site
from vedette.events.signals import Signal

RULES: list[dict[str, Any]] = [
    {"kind": "threshold", "series": "cpu", "above": 10},
    {"kind": "threshold", "series": "cpu", "above": 10, "for_s": 30, "clear_below": 5, "clear_for_s": 20},
    {"kind": "absence", "series": "cpu", "for_s": 60},
    {"kind": "change", "series": "cpu", "window_s": 60, "by": 50, "floor": 3},
]


def trial_of(config: dict[str, Any]) -> Rule:
    return Rule(1, 7, rule_adapter.validate_python({"name": "r1", **config}))


@settings(deadline=None)
@given(
    st.sampled_from(RULES),
    st.lists(st.none() | st.sampled_from(["silence"]) | st.integers(0, 20), min_size=1, max_size=120),
    st.integers(1, 12),
)
def test_a_backtest_says_what_the_flow_did(config: dict[str, Any], life: list[int | str | None], stretch: int) -> None:
    """Each 10 s the host reports the series, reports without it (None), or is silent; the latter two for longer."""
    site = Site(dict(config))
    began = site.clock.now_ms()
    live: list[tuple[str, int]] = []
    readings, reports = [], []

    def note(states: list[str]) -> None:
        live.extend((state, site.clock.now_ms()) for state in states)

    for what in life:
        if isinstance(what, int):
            note(site.wait(10))
            reports.append(site.clock.now_ms())
            readings.append((site.clock.now_ms(), float(what)))
            note(site.value(what))
            continue
        for _ in range(2 * stretch):
            site.clock.advance(5)
            if what is None and (site.clock.now_ms() - began) % 10_000 == 0:
                reports.append(site.clock.now_ms())
                site.shelf.seen_ms = site.clock.now_ms()
            due = site.logic.notify_at()
            if due is not None and due.timestamp() * 1000 <= site.clock.now_ms():
                for word in site.ask():
                    note(site.hear(word))
    found = of_series(trial_of(config), SUBJECT, readings, Reports(reports, 10_000, reports), site.clock.now_ms() + 1)
    starts = [at for state, at in live if state == "firing"]
    ends = [at for state, at in live if state == "resolved"]
    assert len(found) == len(starts)
    # The flow asks each five seconds, and reads what it knows of hosts as often: a timer may be so much later.
    for episode, start, end in zip(found, starts, [*ends, None], strict=False):
        assert abs(episode.started_ms - start) <= 15_000
        assert (episode.ended_ms is None) == (end is None)
        if end is not None and episode.ended_ms is not None:
            assert abs(episode.ended_ms - end) <= 15_000


def test_of_a_silent_host_the_time_is_told_in_which_nothing_was_known() -> None:
    readings = [(n * 10_000, 11.0) for n in range(6)] + [(1_050_000 + n * 10_000, 11.0) for n in range(3)]
    times = [at for at, _ in readings]
    (one,) = of_series(trial_of(RULES[0]), SUBJECT, readings, Reports(times, 10_000, times), 1_075_000)
    assert (one.started_ms, one.ended_ms) == (0, None)
    assert 900_000 <= one.unknown_ms <= 1_000_000
    assert one.shown(1_075_000)["lasted_s"] == 1_075
    assert one.title == "cpu of web is above 10 (it is 11)"


def test_what_flaps_fires_a_few_times_and_ends_by_a_timer() -> None:
    trial = Trial(trial_of({"kind": "outage"}), Titles({3: "shop"}))
    for n in range(40):
        state = "up" if n % 2 else "down"
        detail: dict[str, Any] = {"monitor": 3, "failing": "a"}
        trial.hear(Signal("monitor", 7, "monitor:3", n * 20_000, state, detail=detail), n * 20_000)
    trial.pass_time(10_000_000)
    assert [one.flapping for one in trial.episodes] == [False] * 4 + [True]
    assert trial.episodes[-1].ended_ms == 39 * 20_000 + 900_000
    assert trial.episodes[-1].title == "flapping: shop is down at a"


def test_a_notice_is_an_episode_without_length() -> None:
    trial = Trial(trial_of({"kind": "plugin_notice"}), Titles())
    trial.hear(Signal("notice", 7, "plugin:a/raid", 5, detail={"title": "disk", "body": "b", "said_ms": 5}), 5)
    assert [(one.title, one.started_ms, one.ended_ms) for one in trial.episodes] == [("disk", 5, 5)]


@pytest.mark.parametrize("at", [0, 99, 100, 250])
def test_what_was_known_of_a_host_at_a_time_is_its_last_report(at: int) -> None:
    found = Reports([100, 200], 10, [50, 240]).standing(at)
    assert (found is None) == (at < 100)
    if found is not None:
        assert (found.seen_ms, found.newest_ms) == {100: (100, 100), 250: (200, 240)}[at]
