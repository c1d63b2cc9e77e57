"""Checkup: what the doctor calls well, and what not."""

from __future__ import annotations

import os
from typing import Any

import pytest

from launch import checkup
from launch.checkup import NotWell
from launch.up.roster import ChildRecord

NOW = 10_000_000


def child(name: str = "probe", restarted_ms: tuple[int, ...] = ()) -> ChildRecord:
    return ChildRecord(name, 42, len(restarted_ms), 0, list(restarted_ms), f"/data/output/{name}.log")


def test_processes_that_run_are_well() -> None:
    assert checkup.processes([child(), child("agent")], NOW, lambda pid: "S") == "2 run"


@pytest.mark.parametrize("state", ["", "Z", "X"])
def test_a_process_that_is_gone_is_named_with_its_output(state: str) -> None:
    with pytest.raises(NotWell, match=r"probe does not run: look at /data/output/probe\.log"):
        checkup.processes([child()], NOW, lambda pid: state)


def test_a_stopped_process_is_told_how_to_go_on() -> None:
    with pytest.raises(NotWell, match="kill -CONT 42"):
        checkup.processes([child()], NOW, lambda pid: "T")


def test_all_troubles_are_told_at_once() -> None:
    with pytest.raises(NotWell, match=r"probe.*agent"):
        checkup.processes([child(), child("agent")], NOW, lambda pid: "")


def test_three_restarts_in_ten_minutes_are_too_many() -> None:
    with pytest.raises(NotWell, match="probe was restarted 3 times in 10 minutes: look at"):
        checkup.processes([child(restarted_ms=(NOW - 600_000, NOW - 2, NOW - 1))], NOW, lambda pid: "S")


def test_two_recent_restarts_and_old_ones_are_not() -> None:
    restarts = (NOW - 700_000, NOW - 600_001, NOW - 2, NOW - 1)
    assert checkup.processes([child(restarted_ms=restarts)], NOW, lambda pid: "R") == "1 run"


def test_this_process_runs_and_number_zero_does_not() -> None:
    assert checkup.process_state(os.getpid()) in {"R", "S"}
    assert checkup.process_state(0) == ""


def source(name: str, state: str, interval_ms: int | None = 5000) -> dict[str, Any]:
    return {"source": name, "state": state, "interval_ms": interval_ms}


def test_a_silent_host_is_named() -> None:
    with pytest.raises(NotWell, match="silent: web-2;"):
        checkup.hosts([source("web-1", "active"), source("web-2", "silent")])


@pytest.mark.parametrize("interval", [0, None])
def test_a_silent_sender_without_an_interval_is_no_trouble(interval: int | None) -> None:
    assert checkup.hosts([source("web-1", "active"), source("a-model", "silent", interval)]) == "1 reporting"


def test_without_any_host_none_has_reported() -> None:
    with pytest.raises(NotWell, match="none has reported"):
        checkup.hosts([source("a-model", "active", 0)])


def monitor(
    name: str, age_s: int | None, interval_s: int = 10, paused: bool = False, made_s: int = 9_000
) -> dict[str, Any]:
    places = [] if age_s is None else [{"at_ms": NOW - age_s * 1000}]
    made = NOW - made_s * 1000
    return {"name": name, "interval_s": interval_s, "paused": paused, "places": places, "created_ms": made}


def test_an_endpoint_that_was_just_added_has_its_time_to_be_checked() -> None:
    assert checkup.endpoints([monitor("new", None, made_s=80)], NOW, "") == "1 checked"
    with pytest.raises(NotWell, match=r"new \(never\)"):
        checkup.endpoints([monitor("new", None, made_s=81)], NOW, "")


def test_after_a_night_s_rest_the_probe_has_its_time_too() -> None:
    assert checkup.endpoints([monitor("page", 9_000)], NOW, "", since_ms=NOW - 80_000) == "1 checked"
    with pytest.raises(NotWell, match="9000 s ago"):
        checkup.endpoints([monitor("page", 9_000)], NOW, "", since_ms=NOW - 81_000)


def test_when_all_results_are_old_the_oldest_is_named() -> None:
    with pytest.raises(NotWell, match=r"the oldest is shop \(200 s ago\): look at probe\.log"):
        checkup.endpoints([monitor("page", 81), monitor("shop", 200)], NOW, "probe.log")


def test_an_endpoint_that_was_never_checked_is_the_oldest() -> None:
    with pytest.raises(NotWell, match=r"new \(never\)"):
        checkup.endpoints([monitor("page", 81), monitor("new", None)], NOW, "probe.log")


def test_one_fresh_result_is_enough() -> None:
    assert checkup.endpoints([monitor("page", 80), monitor("shop", 200)], NOW, "") == "2 checked"


def test_freshness_goes_by_the_endpoint_s_own_interval() -> None:
    assert checkup.endpoints([monitor("hourly", 3600, interval_s=3600)], NOW, "") == "1 checked"


def test_paused_endpoints_may_be_old() -> None:
    assert checkup.endpoints([monitor("page", None, paused=True)], NOW, "") == "0 checked"


def test_a_disabled_channel_is_named_with_its_reason() -> None:
    rows: list[dict[str, Any]] = [
        {"name": "good", "disabled_reason": None},
        {"name": "pager", "disabled_reason": "410 Gone"},
    ]
    with pytest.raises(NotWell, match=r"disabled: pager \(410 Gone\)"):
        checkup.channels(rows)
    assert checkup.channels(rows[:1]) == "1 enabled"


def test_notifications_that_wait_are_counted() -> None:
    with pytest.raises(NotWell, match=r"3 have waited .*worker\.log"):
        checkup.notifications(3, "worker.log")
    assert checkup.notifications(0, "worker.log") == "none waits"


def test_tables_of_another_version_are_told_with_what_to_do() -> None:
    assert checkup.database([], [], "plain tables") == "answers, and its tables are up to date: plain tables"
    with pytest.raises(NotWell, match=r"lacks 0005\.x: run `vedette migrate`"):
        checkup.database(["0005.x"], [], "")
    with pytest.raises(NotWell, match=r"has 9999\.y, from a newer Vedette: install that version here"):
        checkup.database(["0005.x"], ["9999.y"], "")
