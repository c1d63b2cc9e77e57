"""Maintenance windows over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import add_monitor
from tests.integration.gateway.rows import DAY_MS, HOUR, HOUR_MS, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.monitors import MonitorSpec
from vedette.store import monitors
from vedette.store.check_days import day_of

WEEKLY = {"name": "sundays", "kind": "weekly", "days": [6], "start": "02:00", "minutes": 90, "zone": "Europe/Berlin"}


def test_a_window_is_made_shown_changed_and_removed(fresh: Gateway) -> None:
    shop = monitors.add(fresh.store, fresh.ours.account, MonitorSpec(name="shop", url="https://shop.example"))
    made = fresh.call("POST", "/v1/maintenance", json={**WEEKLY, "monitors": [shop]})
    assert made.status_code == 201
    window = made.json()
    assert {name: window[name] for name in WEEKLY} == WEEKLY
    assert (window["monitors"], window["active"]) == ([shop], False)
    path = f"/v1/maintenance/{window['id']}"
    assert fresh.get(path).json() == window
    now = fresh.clock.now_ms()
    once = {"name": "now", "kind": "once", "from_ms": now - 1, "to_ms": now + 1}
    changed = fresh.call("PUT", path, json=once).json()
    assert (changed["kind"], changed["active"], changed["monitors"]) == ("once", True, [])
    assert fresh.get("/v1/maintenance").json() == {"maintenance": [changed]}
    assert fresh.call("DELETE", path).status_code == 204
    assert fresh.get(path).status_code == 404
    assert fresh.call("DELETE", path).status_code == 404


def test_a_name_is_taken_once_and_others_keep_out(fresh: Gateway) -> None:
    window = fresh.call("POST", "/v1/maintenance", json=WEEKLY).json()
    assert fresh.call("POST", "/v1/maintenance", json=WEEKLY).status_code == 409
    path = f"/v1/maintenance/{window['id']}"
    assert fresh.get(path, tenant=fresh.theirs).status_code == 404
    assert fresh.call("PUT", path, tenant=fresh.theirs, json=WEEKLY).status_code == 404
    assert fresh.call("DELETE", path, tenant=fresh.theirs).status_code == 404
    assert fresh.get("/v1/maintenance", tenant=fresh.theirs).json() == {"maintenance": []}
    assert fresh.call("POST", "/v1/maintenance", "read", json=WEEKLY).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"monitors": [999_999]}, "monitors"),
        ({"zone": "Mars/Base"}, "zone"),
        ({"start": "25:00"}, "start"),
        ({"minutes": 0}, "minutes"),
        ({"kind": "sometimes"}, ""),
        ({"colour": "red"}, "colour"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_a_bad_definition_names_the_field_that_is_wrong(gateway: Gateway, change: dict[str, Any], field: str) -> None:
    answer = gateway.call("POST", "/v1/maintenance", json=WEEKLY | change)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]


def uptime(gateway: Gateway, monitor: int, start: int, **query: Any) -> float | None:
    answer = gateway.get(f"/v1/monitors/{monitor}/uptime", params={"from": start, "to": HOUR + HOUR_MS, **query})
    found: float | None = answer.json()["uptime"]
    return found


def test_uptime_can_leave_maintenance_out_by_the_minute_and_by_whole_hours(fresh: Gateway) -> None:
    shop, mail = add_monitor(fresh, "shop"), add_monitor(fresh, "mail")
    for monitor in (shop, mail):
        minutes = [window(monitor, HOUR, [1.0]), window(monitor, HOUR + MINUTE_MS, down=1)]
        hours = [window(monitor, HOUR - HOUR_MS, down=60), window(monitor, HOUR, [1.0] * 45, down=15)]
        write_checks(fresh, minutes=minutes, hours=hours, days=[day_of(hours)])
    once = {"name": "move", "kind": "once", "from_ms": HOUR - HOUR_MS, "to_ms": HOUR, "monitors": [shop]}
    assert fresh.call("POST", "/v1/maintenance", json=once).status_code == 201
    later = {
        "name": "fix",
        "kind": "once",
        "from_ms": HOUR + MINUTE_MS,
        "to_ms": HOUR + 2 * MINUTE_MS,
        "monitors": [shop],
    }
    assert fresh.call("POST", "/v1/maintenance", json=later).status_code == 201
    assert uptime(fresh, shop, HOUR) == 0.5
    assert uptime(fresh, shop, HOUR, without_maintenance=True) == 1.0
    assert uptime(fresh, shop, HOUR - 3 * DAY_MS) == 45 / 120
    assert uptime(fresh, shop, HOUR - 3 * DAY_MS, without_maintenance=True) == 0.75
    assert uptime(fresh, mail, HOUR, without_maintenance=True) == 0.5
