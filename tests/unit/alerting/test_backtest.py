"""Backtests: the flow's own machines and timers over the past, so they say what the flow did."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
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


def slack_ms(unheard_ms: int) -> int:
    """How much later a timer may be where nothing was heard of a series for so long: the flow asks each five seconds,
    reads what it knows of hosts as often, and asks ever more seldom."""
    return 15_000 + unheard_ms // 10


def is_close(live: int, tried: int, readings: list[tuple[int, float]]) -> bool:
    heard = max((at for at, _ in readings if at < live), default=live)
    return abs(live - tried) <= slack_ms(max(live, tried) - heard)


def is_seen(life: list[int | str | None], step_ms: int) -> bool:
    """Whether each time in which the host reports without the series is long enough to be asked about."""
    unheard_ms = run_ms = 0
    for what, after in pairwise([*life, 0]):
        unheard_ms = 0 if isinstance(what, int) else unheard_ms + step_ms
        run_ms = run_ms + step_ms if what is None else 0
        if what is None and after is not None and run_ms < slack_ms(unheard_ms):
            return False
    return True


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@example(RULES[2], [0, "silence", "silence", "silence", "silence", None], 7)
@given(
    st.sampled_from(RULES),
    st.lists(st.none() | st.sampled_from(["silence"]) | st.integers(0, 20), min_size=1, max_size=120),
    st.integers(1, 12),
)
def test_a_backtest_says_what_the_flow_did(config: dict[str, Any], life: list[int | str | None], stretch: int) -> None:
    """Each 10 s the host reports the series, reports without it (None), or is silent; the latter two for longer."""
    assume(is_seen(life, 10_000 * stretch))
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

    for episode, start, end in zip(found, starts, [*ends, None], strict=False):
        assert is_close(start, episode.started_ms, readings)
        assert (episode.ended_ms is None) == (end is None)
        if end is not None and episode.ended_ms is not None:
            assert is_close(end, episode.ended_ms, readings)


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
