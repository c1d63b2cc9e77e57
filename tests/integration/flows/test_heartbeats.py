"""Heartbeats through the endpoints flow: pings, and those that did not come, into results, incidents and alerts."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.integration.flows.draining import decoded, drain_alerts, everything, put, rejects
from tests.integration.flows.process import FlowProcess
from vedette.events.pings import Listening, Ping, encode_ping
from vedette.events.topics import CHECKS, CONTROL, PINGS, SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, checks, heartbeats, incidents, monitors
from vedette.store.pool import Store

EVER = (0, 1 << 41)


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def add(store: Store, account: int, name: str, **fields: Any) -> int:
    spec = MonitorSpec.model_validate({"name": name, "kind": "heartbeat", "every_s": 10, "grace_s": 1, **fields})
    return monitors.add(store, account, spec)


class Jobs:
    """What gateways would write: pings, and at every look that they listen."""

    def __init__(self, log: Log, account: int) -> None:
        self._log, self._account = log, account

    def ping(self, monitor: int, said: Any = "success", **fields: Any) -> None:
        put(self._log, PINGS.name, (str(monitor), encode_ping(Ping(monitor, self._account, now_ms(), said, **fields))))

    def listen(self) -> None:
        put(self._log, PINGS.name, ("listening", encode_ping(Listening(now_ms()))))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def results(store: Store, monitor: int) -> list[dict[str, Any]]:
    """What the tables hold, oldest first."""
    return list(reversed(checks.latest(store, monitor, 1000)))


def outcomes(store: Store, monitor: int) -> list[str]:
    return [row["outcome"] for row in results(store, monitor)]


@pytest.fixture
def jobs(log: Log, account: int) -> Jobs:
    made = Jobs(log, account)
    made.listen()
    return made


@pytest.fixture
def flow(log_url: str, dsn: str, tmp_path: Path) -> Any:
    with FlowProcess("endpoints", log_url, dsn, tmp_path, VEDETTE_SHARDS="4") as running:
        yield running


def waits(flow: FlowProcess, jobs: Jobs, condition: Any) -> None:
    """Return when `condition` holds; gateways listen meanwhile."""
    listened = 0.0

    def look() -> bool:
        nonlocal listened
        if time.monotonic() - listened > 1:
            jobs.listen()
            listened = time.monotonic()
        return bool(condition())

    flow.wait_until(look)


def test_pings_become_results_with_the_time_of_their_run_and_the_evidence_of_their_failure(
    log: Log, store: Store, account: int, jobs: Jobs, flow: FlowProcess
) -> None:
    job = add(store, account, "backup", every_s=3600)
    jobs.ping(job, "start", rid="a")
    time.sleep(0.005)  # pings tell whole milliseconds: the run takes more than one
    jobs.ping(job, "success", rid="a", exit_status=0)
    jobs.ping(job, "success")
    jobs.ping(job, "fail", exit_status=3, body="disk full", body_bytes=9)
    waits(flow, jobs, lambda: len(results(store, job)) == 3)
    timed, untimed, failed = results(store, job)
    assert {row["location"] for row in (timed, untimed, failed)} == {"heartbeat"}
    assert (timed["outcome"], untimed["outcome"], failed["outcome"]) == ("up", "up", "down")
    assert timed["total_ms"] > 0 == untimed["total_ms"]
    assert (failed["status"], failed["error"]) == (3, "exit: status 3")
    (row,) = incidents.incidents_of(store, account, *EVER)
    assert (row["state"], row["cause"], row["confirmed_ms"]) == ("down", "exit", failed["started_ms"])
    assert incidents.incident(store, account, int(row["id"]))["evidence"] == {"body": "disk full"}
    assert everything(log, CONTROL.name) == []  # nobody is asked to look again
    pings = heartbeats.latest(store, job, 10, body_chars=4)
    assert [(ping["said"], ping["body"], ping["exit_status"]) for ping in pings] == [
        ("fail", "disk", 3), ("success", None, None), ("success", None, 0), ("start", None, None),
    ]  # fmt: skip
    assert pings[2]["took_ms"] == timed["total_ms"]
    # One success has a time, the other has none: percentiles know of the one only.
    (window, *_) = checks.windows(store, job, 0, 1 << 41, hours=True)
    assert (window.satisfied, window.frustrated, window.up, window.down) == (2, 1, 2, 1)
    assert window.min_ms == timed["total_ms"]


def test_a_job_that_falls_silent_is_down_once_a_period_and_alerts_fire_and_resolve(
    log: Log, store: Store, account: int, jobs: Jobs, flow: FlowProcess, tmp_path: Path
) -> None:
    job = add(store, account, "tick")
    channel = alerts.add_channel(store, account, "ops", "webhook", {"url": "http://127.0.0.1:9/", "secret": "s" * 16})
    for kind in ("outage", "endpoint_down"):
        alerts.add_rule(store, account, kind, kind, {"monitor": job, "channels": [channel]})
    jobs.ping(job)
    waits(flow, jobs, lambda: outcomes(store, job)[:3] == ["up", "down", "down"])
    first, second, third = results(store, job)[:3]
    assert (second["scheduled_ms"], third["scheduled_ms"]) == tuple(
        first["scheduled_ms"] + 10_000 * period for period in (1, 2)
    )
    assert second["started_ms"] == second["scheduled_ms"] + 1_000
    assert second["error"].startswith("missed: no ping by 20")
    drain_alerts(log, store, tmp_path)
    firing = store.rows("SELECT subject FROM alerts WHERE ended_at IS NULL ORDER BY subject")
    assert [row["subject"] for row in firing] == [f"monitor:{job}", f"monitor:{job}@heartbeat"]
    jobs.ping(job)
    waits(flow, jobs, lambda: [s["state"] for s in decoded(log, SIGNALS.name) if s["kind"] == "monitor"][-1] == "up")
    drain_alerts(log, store, tmp_path)
    assert store.rows("SELECT id FROM alerts WHERE ended_at IS NULL") == []
    assert [row["state"] for row in incidents.incidents_of(store, account, *EVER)] == ["ended"]


def test_a_run_that_does_not_end_is_down_and_its_late_end_is_the_recovery(
    store: Store, account: int, jobs: Jobs, flow: FlowProcess
) -> None:
    job = add(store, account, "long", every_s=3600, max_run_s=2)
    jobs.ping(job, "start")
    waits(flow, jobs, lambda: outcomes(store, job) == ["down"])
    assert results(store, job)[0]["error"] == "overrun: not ended 2 s after its start"
    jobs.ping(job, "success")
    waits(flow, jobs, lambda: [row["state"] for row in incidents.incidents_of(store, account, *EVER)] == ["ended"])


def test_a_flow_that_is_killed_again_and_again_tells_each_missed_ping_once(
    log: Log, store: Store, account: int, jobs: Jobs, flow: FlowProcess
) -> None:
    quiet, lively = add(store, account, "quiet"), add(store, account, "lively", every_s=3600)
    jobs.ping(quiet)
    for number in range(6):
        jobs.ping(lively, "fail" if number % 2 else "success")
        waits(flow, jobs, lambda number=number: len(results(store, lively)) == number + 1)
        flow.kill()
        jobs.listen()
        flow.start()
    jobs.ping(lively)
    waits(flow, jobs, lambda: len(results(store, lively)) == 7)  # so it has begun, and hears that it is to end
    waits(flow, jobs, lambda: outcomes(store, quiet)[:3] == ["up", "down", "down"])
    assert flow.terminate() == 0
    assert outcomes(store, lively) == [*["up", "down"] * 3, "up"]
    first, *missed = results(store, quiet)
    due = [row["scheduled_ms"] - first["scheduled_ms"] for row in missed]
    assert due == [10_000 * (period + 1) for period in range(len(missed))]
    # The log may hold some twice, but never two that differ; and the windows count each once.
    logged = set(everything(log, CHECKS.name))
    assert len(logged) == len(missed) + 1 + 7
    counted = [checks.windows(store, job, 0, 1 << 41, hours=True) for job in (quiet, lively)]
    assert [sum(w.up + w.down for w in windows) for windows in counted] == [len(missed) + 1, 7]


def test_changes_pauses_and_removals_take_effect_within_seconds(
    store: Store, account: int, jobs: Jobs, flow: FlowProcess
) -> None:
    # Long periods, so that none ends before the change has been heard, however busy the machine is.
    names = ("changed", "paused", "removed")
    changed, paused, removed = (add(store, account, name, every_s=3600) for name in names)
    for job in (changed, paused, removed):
        jobs.ping(job)
    waits(flow, jobs, lambda: all(outcomes(store, job) == ["up"] for job in (changed, paused, removed)))
    monitors.change(store, account, changed, spec("changed", every_s=36_000))
    monitors.change(store, account, paused, spec("paused", paused=True))
    monitors.remove(store, account, removed)
    known = lambda: heartbeats.of_account(store, account)  # noqa: E731
    waits(flow, jobs, lambda: (known()[changed]["next_expected_ms"] or 0) > now_ms() + 30_000_000)
    waits(flow, jobs, lambda: known()[paused]["next_expected_ms"] is None)
    jobs.ping(paused)
    jobs.ping(removed)
    waits(flow, jobs, lambda: known()[paused]["pings"] == 2)
    resumed_ms = now_ms()
    monitors.change(store, account, paused, spec("paused"))
    seen: list[int | None] = []

    def is_expected() -> bool:
        seen.append(known()[paused]["next_expected_ms"])
        return seen[-1] is not None

    waits(flow, jobs, is_expected)
    (expected_ms,) = filter(None, seen)
    assert expected_ms > resumed_ms
    waits(
        flow, jobs, lambda: outcomes(store, paused)[:2] == ["up", "down"]
    )  # the ping while it was paused is no result
    assert results(store, paused)[1]["scheduled_ms"] == expected_ms
    assert outcomes(store, changed) == ["up"]
    assert results(store, removed) == []
    assert removed not in known()


def spec(name: str, **fields: Any) -> MonitorSpec:
    return MonitorSpec.model_validate({"name": name, "kind": "heartbeat", "every_s": 10, "grace_s": 1, **fields})


def test_while_no_gateway_listened_nobody_is_called_and_afterwards_a_period_goes_by(
    store: Store, account: int, jobs: Jobs, flow: FlowProcess
) -> None:
    job = add(store, account, "tick")
    jobs.ping(job)
    waits(flow, jobs, lambda: outcomes(store, job) == ["up"])
    # The gateways are away for longer than the period and the grace.
    away = now_ms()
    flow.wait_until(lambda: now_ms() > away + 15_000)
    back = now_ms()
    waits(flow, jobs, lambda: results(store, job)[-1]["scheduled_ms"] >= back + 10_000)
    assert results(store, job)[-1]["outcome"] == "down"
    assert [row for row in results(store, job) if away <= row["scheduled_ms"] < back + 10_000] == []


def test_what_is_no_ping_is_a_reject(log: Log, store: Store, account: int, jobs: Jobs, flow: FlowProcess) -> None:
    job = add(store, account, "fine")
    put(log, PINGS.name, ("x", b"nonsense"), (str(job), encode_ping(Ping(job, account, 1, "fail", 256))))
    jobs.ping(job)
    waits(flow, jobs, lambda: outcomes(store, job) == ["up"])
    waits(flow, jobs, lambda: len(rejects(log)) == 2)
    assert {reject.topic for reject in rejects(log)} == {PINGS.name}
    assert any("exit_status" in reject.reason for reject in rejects(log))
