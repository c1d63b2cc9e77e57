"""Heartbeats as the API shows them; what probes and other reporters have to do with them; and parts that are away."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, check, fault, problem
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_pings import add_heartbeat
from vedette.errors import LogUnavailable
from vedette.events.topics import PINGS
from vedette.store import checks, heartbeats
from vedette.store.checks import CheckBatch, StateRow
from vedette.store.heartbeats import KEPT_PINGS, HeartbeatRow, PingRow
from vedette.store.outage_states import OutageState


def shown(gateway: Gateway, monitor: int) -> dict[str, Any]:
    row = next(one for one in gateway.get("/v1/monitors").json()["monitors"] if one["id"] == monitor)
    assert gateway.get(f"/v1/monitors/{monitor}").json() == row
    found: dict[str, Any] = {"overall": row["state"], **row["heartbeat"]}
    return found


def seen(gateway: Gateway, monitor: int, outcome: str, expected_ms: int, running_ms: int | None = None) -> None:
    """What the flow would write."""
    state = StateRow(monitor, "heartbeat", outcome, NOW - 1000, NOW - 1000, 0.0, None, None)
    outage = OutageState(monitor, outcome, NOW - 1000, NOW - 1000, None, None)
    checks.write(gateway.store, [CheckBatch((), (state,), (), (), outages=(outage,))])
    row = HeartbeatRow(monitor, 3, NOW - 1000, running_ms, expected_ms, expected_ms + 300_000)
    heartbeats.write(gateway.store, [row], [])


def test_a_heartbeat_is_new_until_its_first_ping(gateway: Gateway) -> None:
    monitor, _ = add_heartbeat(gateway, "fresh")
    found = shown(gateway, monitor)
    assert (found["overall"], found["state"], found["pings"], found["last_ping_ms"]) == ("unknown", "new", 0, None)


@pytest.mark.parametrize(
    ("outcome", "due", "overall", "state"),
    [("up", 60_000, "up", "up"), ("up", -1, "up", "late"), ("down", 60_000, "down", "down")],
)
def test_its_state_follows_from_its_last_result_and_from_what_is_due(
    gateway: Gateway, outcome: str, due: int, overall: str, state: str
) -> None:
    monitor, _ = add_heartbeat(gateway, f"{outcome} {due}")
    seen(gateway, monitor, outcome, NOW + due, NOW - 500)
    assert shown(gateway, monitor) == {
        "overall": overall, "state": state, "pings": 3, "last_ping_ms": NOW - 1000, "running_since_ms": NOW - 500,
        "next_expected_ms": NOW + due, "down_after_ms": NOW + due + 300_000,
    }  # fmt: skip


def test_a_paused_one_says_so_and_other_kinds_say_nothing(gateway: Gateway) -> None:
    monitor, _ = add_heartbeat(gateway, "paused", paused=True)
    found = shown(gateway, monitor)
    assert (found["overall"], found["state"]) == ("paused", "paused")
    assert "heartbeat" not in gateway.get(f"/v1/monitors/{add_monitor(gateway, 'probed')}").json()


def test_the_last_pings_are_listed_with_the_beginning_of_their_bodies(gateway: Gateway) -> None:
    monitor, _ = add_heartbeat(gateway, "listed")
    rows = [
        PingRow(monitor, n, NOW + n, "fail", n % 256, f"r{n}", 1.5, "x" * 10_000, 20_000) for n in range(KEPT_PINGS + 5)
    ]
    heartbeats.write(gateway.store, [], rows)
    heartbeats.write(gateway.store, [], rows[:3])  # a replay
    pings = gateway.get(f"/v1/monitors/{monitor}/pings?limit=2").json()["pings"]
    assert [ping["n"] for ping in pings] == [KEPT_PINGS + 4, KEPT_PINGS + 3]
    assert pings[0] == {
        "n": KEPT_PINGS + 4, "at_ms": NOW + KEPT_PINGS + 4, "said": "fail", "exit_status": KEPT_PINGS + 4,
        "rid": f"r{KEPT_PINGS + 4}", "took_ms": 1.5, "body": "x" * 200, "body_bytes": 20_000,
    }  # fmt: skip
    everything = gateway.get(f"/v1/monitors/{monitor}/pings?limit={KEPT_PINGS}").json()["pings"]
    assert [ping["n"] for ping in everything] == list(range(KEPT_PINGS + 4, 4, -1))
    whole = gateway.get(f"/v1/monitors/{monitor}/pings/{KEPT_PINGS}").json()
    assert whole["body"] == "x" * 10_000
    problem(gateway.get(f"/v1/monitors/{monitor}/pings/4"), 404, "not-found")
    problem(gateway.get(f"/v1/monitors/{monitor}/pings", tenant=gateway.theirs), 404, "not-found")
    for limit in (0, KEPT_PINGS + 1):
        fault(gateway.get(f"/v1/monitors/{monitor}/pings?limit={limit}"), "limit")


def test_what_is_known_of_a_removed_heartbeat_goes_and_nothing_is_written_of_it_later(gateway: Gateway) -> None:
    monitor, _ = add_heartbeat(gateway, "removed")
    rows = (
        [HeartbeatRow(monitor, 1, NOW, None, None, None)],
        [PingRow(monitor, 0, NOW, "start", None, "", None, None, 0)],
    )
    heartbeats.write(gateway.store, *rows)
    gateway.call("DELETE", f"/v1/monitors/{monitor}")
    heartbeats.write(gateway.store, *rows)
    for table in ("heartbeats", "pings", "ping_keys"):
        assert gateway.store.rows(f"SELECT * FROM {table} WHERE monitor_id = %s", monitor) == []


def test_no_probe_is_told_of_heartbeats(gateway: Gateway) -> None:
    heartbeat, _ = add_heartbeat(gateway, "unprobed")
    probed = add_monitor(gateway, "for probes")
    told = {row["id"] for row in gateway.get("/v1/probe/monitors?location=heartbeat", "probe").json()["monitors"]}
    assert probed in told
    assert heartbeat not in told


def test_only_pings_are_at_the_location_heartbeat(gateway: Gateway) -> None:
    monitor, _ = add_heartbeat(gateway, "not reported")
    answer = gateway.ingest("checks", check(monitor, location="heartbeat")).json()
    assert answer["accepted"] == 0
    assert (answer["rejects"][0]["field"], answer["rejects"][0]["value"]) == ("location", "'heartbeat'")


@pytest.mark.parametrize(
    ("fields", "field", "allowed"),
    [
        ({"every_s": 5}, "every_s", "greater than or equal to 10"),
        ({"cron": "0 0 30 2 *"}, "cron", "names a day that comes"),
        ({"cron": "* * * * *", "zone": "Mars/Base"}, "zone", "Europe/Berlin"),
        ({"every_s": 60, "url": "http://a/"}, "url", "none with kind heartbeat"),
        ({"every_s": 60, "timeout_s": 3}, "timeout_s", "only with kind http"),
        ({}, "body", "every_s (seconds between pings) or cron"),
    ],
)
def test_a_bad_definition_is_refused_with_its_field(
    gateway: Gateway, fields: dict[str, Any], field: str, allowed: str
) -> None:
    body = {"name": "bad", "kind": "heartbeat", **fields}
    assert allowed in fault(gateway.call("POST", "/v1/monitors", json=body), field)["allowed"]


class Deaf:
    """A log that takes no pings while it is `away`."""

    def __init__(self, log: Any) -> None:
        self._log, self.away = log, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def produce(self, topic: str, messages: Any) -> Future[None]:
        if topic == PINGS.name and self.away:
            failed: Future[None] = Future()
            failed.set_exception(LogUnavailable("away"))
            return failed
        return self._log.produce(topic, messages)  # type: ignore[no-any-return]


def test_a_ping_that_the_log_does_not_take_is_not_acknowledged(dsn: str, tmp_path: Path) -> None:
    logs: list[Deaf] = []

    def wrap(log: Any) -> Any:
        logs.append(Deaf(log))
        return logs[0]

    with Gateway(dsn, tmp_path, wrap=wrap) as running:
        _, url = add_heartbeat(running, "unheard")
        logs[0].away = True
        refused = running.call("GET", url, None)
        problem(refused, 503, "log-unavailable")
        assert refused.headers["Retry-After"]
        logs[0].away = False
        assert running.call("GET", url, None).status_code == 200
