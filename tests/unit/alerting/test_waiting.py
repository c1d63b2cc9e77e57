"""Rules that wait without another signal (a monitor that stays degraded), and those that count (drifted windows)."""

from __future__ import annotations

import pytest

from alerting.waiting import WaitEnd, waits_of
from dataflows.alerts import Logged, SubjectLogic
from tests.unit.alerting.test_timers import Site
from vedette.events.signals import Signal

DEGRADED = {"kind": "degraded", "for_s": 60}
DRIFT = {"kind": "drift", "windows": 3}


def monitor(site: Site, state: str, **detail: int) -> list[str]:
    found: dict[str, str | int | float | None] = {"monitor": 3, "error": "time: 4 s, limit 3 s", **detail}
    return site.hear(Signal("monitor", 7, "monitor:3", site.clock.now_ms(), state, detail=found))


def test_a_monitor_that_stays_degraded_is_told_when_its_time_is_over_without_another_signal() -> None:
    site = Site(dict(DEGRADED))
    assert monitor(site, "up") == []
    site.clock.advance(5)
    assert monitor(site, "degraded") == []
    assert site.wait(55) == []
    site.restart()
    assert site.wait(10) == ["firing"]
    assert site.wait(600) == [], "once"
    assert monitor(site, "up") == ["resolved"]
    assert len(site.said) == 1


def test_one_that_is_well_again_in_time_is_not_told() -> None:
    site = Site(dict(DEGRADED))
    monitor(site, "degraded")
    site.wait(40)
    assert monitor(site, "up") == []
    assert site.wait(300) == []


def test_a_single_location_that_fails_meanwhile_does_not_begin_the_wait_anew() -> None:
    site = Site(dict(DEGRADED))
    monitor(site, "degraded")
    site.wait(40)
    assert monitor(site, "partial") == []
    assert site.wait(40) == [], "while it fails somewhere nobody can tell"
    assert monitor(site, "degraded") == ["firing"]


@pytest.mark.parametrize("state", ["down", "paused", "unknown"])
def test_what_is_down_or_not_looked_at_is_not_degraded(state: str) -> None:
    site = Site(dict(DEGRADED))
    monitor(site, "degraded")
    site.clock.advance(5)
    assert monitor(site, "degraded", maintenance=1) == []
    assert site.wait(90) == [], "in maintenance nobody is called"
    assert monitor(site, "degraded") == ["firing"]
    site.clock.advance(5)
    assert monitor(site, state) == ["resolved"]


def test_without_a_wait_it_is_told_at_once() -> None:
    site = Site({"kind": "degraded", "for_s": 0})
    assert monitor(site, "degraded") == ["firing"]
    assert site.said == []


def drift(site: Site, state: str, window_state: str | None = None) -> list[str]:
    site.clock.advance(3600)
    found: dict[str, str | int | float | None] = {"model": 1, "name": "churn", "feature": "x"}
    found["window_state"] = window_state or state
    return site.hear(Signal("drift", 7, "model:1/x", site.clock.now_ms(), state, 0.3, found))


def test_drift_is_told_after_so_many_drifted_windows_in_a_row() -> None:
    site = Site(dict(DRIFT))
    assert [drift(site, state) for state in ("ok", "drift", "drift", "ok", "drift", "drift")] == [[]] * 6
    site.restart()
    assert drift(site, "drift") == ["firing"]
    assert drift(site, "drift") == []
    assert drift(site, "ok") == ["resolved"]


def test_windows_with_too_few_rows_neither_count_nor_begin_the_count_anew() -> None:
    site = Site(dict(DRIFT))
    for window_state in ("drift", "drift", "insufficient_data"):
        assert drift(site, "drift", window_state) == []
    assert drift(site, "drift") == ["firing"]
    assert drift(site, "drift", "insufficient_data") == []


def test_by_default_a_single_window_is_enough() -> None:
    site = Site({"kind": "drift"})
    assert drift(site, "drift", "insufficient_data") == ["firing"], "it is raised, whatever this window says"


def test_a_window_that_is_well_breaks_the_row_though_drift_stays_raised_and_ends_no_alert() -> None:
    site = Site({"kind": "drift", "windows": 2})
    assert drift(site, "drift") == []
    assert drift(site, "drift", "ok") == []
    assert drift(site, "drift") == []
    assert drift(site, "drift") == ["firing"]
    assert drift(site, "drift", "ok") == [], "by its own settings it drifts still"
    assert drift(site, "ok") == ["resolved"]


def test_what_waits_for_readings_that_come_no_more_lapses() -> None:
    site = Site({"kind": "threshold", "series": "cpu", "above": 10, "for_s": 60})
    assert site.value(11) == []
    assert [key for key, _ in waits_of(site.logic._state).items()] == [(1, "pending")]
    assert site.wait(290) == []
    assert waits_of(site.logic._state)
    ended = []
    for _ in range(4):
        site.clock.advance(5)
        for word in site.ask():
            found, _ = site.logic.on_batch([Logged(site.clock.now_ms(), word)])
            ended += [one.outcome for one in found if isinstance(one, WaitEnd)]
    assert ended == ["lapsed"]
    kept = Signal("series", 7, "series:web/cpu", site.shelf.seen_ms + 60_000, value=11)
    assert SubjectLogic(site.book, site.clock, site.logic.snapshot()).on_batch([Logged(site.clock.now_ms(), kept)])[0]
    assert site.value(11) == []
    site.clock.advance(60)
    assert site.value(11) == ["firing"]


def test_of_a_signal_that_comes_again_nothing_is_suppressed() -> None:
    site = Site({"kind": "outage"})
    was = Signal("monitor", 7, "monitor:3", site.clock.now_ms(), "down", detail={"monitor": 3, "maintenance": 1})
    assert site.hear(was) == []
    assert waits_of(site.logic._state) == {(1, "suppressed"): was.at}
    site.clock.advance(5)
    assert monitor(site, "up") == []
    assert waits_of(site.logic._state) == {}
    assert site.hear(was) == []
    assert waits_of(site.logic._state) == {}
