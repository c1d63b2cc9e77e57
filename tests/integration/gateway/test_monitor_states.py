"""How monitors are: what all their locations together say, in the list, alone, and counted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor
from tests.integration.gateway.rows import write_checks
from tests.integration.gateway.server import Gateway
from vedette.store.checks import StateRow
from vedette.store.outage_states import OutageState

FRESH, OLD = NOW - 190_000, NOW - 190_001  # three intervals of 60 s, and the time-out of 10 s


def place(monitor: int, outcome: str, at_ms: int, location: str) -> StateRow:
    return StateRow(monitor, location, outcome, at_ms, at_ms - 1000, 12.5, 200, None)


def write(gateway: Gateway, monitor: int, state: str, *, at_ms: int = FRESH, incident: int | None = None) -> None:
    """What two places say, of which the first fails, and what the machine makes of it."""
    places = [place(monitor, "down", at_ms, "a"), place(monitor, "up", at_ms, "b")]
    write_checks(gateway, states=places, outages=[OutageState(monitor, state, at_ms - 500, at_ms, incident, None)])


@pytest.mark.parametrize("state", ["up", "degraded", "partial", "down"])
def test_a_monitor_is_as_its_outages_say_and_not_as_its_worst_place(gateway: Gateway, state: str) -> None:
    monitor = add_monitor(gateway, f"state {state}")
    write(gateway, monitor, state, incident=-(1 << 62) if state in {"partial", "down"} else None)
    found = gateway.get(f"/v1/monitors/{monitor}").json()
    assert (found["state"], found["since_ms"], found["maintenance"]) == (state, FRESH - 500, False)
    assert found["incident"] == (str(-(1 << 62)) if state in {"partial", "down"} else None)
    assert [one["outcome"] for one in found["places"]] == ["down", "up"]
    (listed,) = [one for one in gateway.get("/v1/monitors").json()["monitors"] if one["id"] == monitor]
    assert listed == found


@pytest.mark.parametrize("case", ["never checked", "too old", "not judged yet"])
def test_of_a_monitor_that_nobody_looked_at_of_late_nothing_is_known(gateway: Gateway, case: str) -> None:
    monitor = add_monitor(gateway, case)
    if case == "too old":
        write(gateway, monitor, "down", at_ms=OLD)
    if case == "not judged yet":
        write(gateway, monitor, "paused")  # it goes on since a moment ago
    found = gateway.get(f"/v1/monitors/{monitor}").json()
    assert (found["state"], found["since_ms"]) == ("unknown", None)


def test_a_location_that_left_a_week_ago_is_not_shown_any_more_unless_it_is_the_only_one(gateway: Gateway) -> None:
    monitor, alone = add_monitor(gateway, "left"), add_monitor(gateway, "alone")
    week = 7 * 86_400_000
    ages = {"here": FRESH, "away": FRESH - week, "left": FRESH - week - 1}
    write_checks(gateway, states=[place(monitor, "down", at_ms, name) for name, at_ms in ages.items()])
    write_checks(gateway, states=[place(alone, "up", FRESH - 2 * week, "left")])
    found = gateway.get(f"/v1/monitors/{monitor}").json()["places"]
    assert [one["location"] for one in found] == ["away", "here"]
    assert [one["location"] for one in gateway.get(f"/v1/monitors/{alone}").json()["places"]] == ["left"]


def test_a_paused_monitor_is_paused_whatever_was_said_of_it(gateway: Gateway) -> None:
    monitor = add_monitor(gateway, "paused", paused=True)
    write(gateway, monitor, "down")
    assert gateway.get(f"/v1/monitors/{monitor}").json()["state"] == "paused"


def test_monitors_are_counted_by_their_states(fresh: Gateway) -> None:
    states = ["up", "up", "partial", "down", "degraded"]
    for number, state in enumerate(states):
        incident = number if state in {"partial", "down"} else None
        write(fresh, add_monitor(fresh, f"m{number}"), state, incident=incident)
    add_monitor(fresh, "new")
    add_monitor(fresh, "paused", paused=True)
    expected = {"up": 2, "degraded": 1, "partial": 1, "down": 1, "unknown": 1, "paused": 1}
    assert fresh.get("/v1/monitors").json()["counts"] == {**expected, "maintenance": 0, "incidents": 2}
    none = fresh.get("/v1/monitors", tenant=fresh.theirs).json()["counts"]
    assert set(none.values()) == {0}


def test_a_monitor_says_whether_it_is_in_maintenance_and_windows_can_be_asked_for_those_that_hold(
    fresh: Gateway,
) -> None:
    shop, mail = add_monitor(fresh, "shop"), add_monitor(fresh, "mail")
    now = fresh.clock.now_ms()
    once: dict[str, Any] = {"kind": "once", "from_ms": now - 1000, "to_ms": now + 60_000}
    made = fresh.call("POST", "/v1/maintenance", json={**once, "name": "now", "monitors": [shop]}).json()
    later = {**once, "name": "later", "from_ms": now + 60_000, "to_ms": now + 90_000}
    fresh.call("POST", "/v1/maintenance", json=later)
    body = fresh.get("/v1/monitors").json()
    assert {one["id"]: one["maintenance"] for one in body["monitors"]} == {shop: True, mail: False}
    assert body["counts"]["maintenance"] == 1
    assert fresh.get(f"/v1/monitors/{shop}").json()["maintenance"] is True
    active = fresh.get("/v1/maintenance", params={"active": True}).json()["maintenance"]
    assert active == [made]
    assert (made["active"], made["until_ms"]) == (True, now + 60_000)
    resting = fresh.get("/v1/maintenance", params={"active": False}).json()["maintenance"]
    assert [(row["name"], row["until_ms"]) for row in resting] == [("later", None)]
    assert fresh.get("/v1/maintenance", params={"active": "maybe"}).status_code == 422
    fresh.call("POST", "/v1/maintenance", json={**once, "name": "all"})
    assert fresh.get("/v1/monitors").json()["counts"]["maintenance"] == 2


def test_a_pause_keeps_its_beginning_while_other_things_are_changed(fresh: Gateway) -> None:
    def changed_at() -> Any:
        row = fresh.store.row("SELECT changed_at FROM monitors WHERE id = %s", monitor)
        assert row is not None
        return row["changed_at"]

    body = {"name": "m", "url": "http://a/"}
    monitor = add_monitor(fresh, "m")
    made = changed_at()
    fresh.call("PUT", f"/v1/monitors/{monitor}", json={**body, "paused": True})
    paused = changed_at()
    fresh.call("PUT", f"/v1/monitors/{monitor}", json={**body, "paused": True, "interval_s": 30})
    assert made < paused == changed_at()
    fresh.call("PUT", f"/v1/monitors/{monitor}", json=body)
    assert changed_at() > paused
