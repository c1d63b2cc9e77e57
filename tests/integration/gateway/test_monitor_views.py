"""`vedette monitor show`, `change`, `history`, `phases`, `incidents` and `badges` against a real gateway."""

from __future__ import annotations

import httpx
import pytest

from launch.commands import monitor_views
from tests.integration.gateway.commands import Typed
from tests.integration.gateway.reports import NOW, add_monitor
from tests.integration.gateway.rows import HOUR, HOUR_MS, MINUTE_MS, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.events.checks import CheckRecord, Phases
from vedette.store import checks
from vedette.store.checks import CheckBatch, StateRow
from vedette.store.incidents import IncidentRow
from vedette.store.outage_states import OutageState

INCIDENT = 7_497_183_330_150_223_980


@pytest.fixture
def typed(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Typed:
    return Typed(fresh, monitor_views, monkeypatch)


def test_an_endpoint_is_shown_with_what_each_location_says(typed: Typed, fresh: Gateway) -> None:
    shop = add_monitor(fresh, "[b]shop")
    state = StateRow(shop, "eu", "down", NOW - 5000, NOW - 9000, 12.5, 503, "status: 503")
    outage = OutageState(shop, "partial", NOW - 9000, NOW - 5000, INCIDENT, None)
    rows = [window(shop, HOUR, [100.0, 100.0, 100.0], down=1)]
    write_checks(fresh, minutes=rows, hours=rows, states=[state], outages=[outage])
    said = typed("monitor", "show", str(shop), "--from", str(HOUR), "--to", str(HOUR + HOUR_MS))
    assert "[b]shop: partial since 20" in said
    assert f"incident {INCIDENT}" in said
    for shown in ("status: 503", "75.000%", "100.000%", "0.75* [0.5]"):
        assert shown in said


def test_a_field_is_changed_and_the_others_stay(typed: Typed, fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop", interval_s=20, headers={"X-Key": "secret"})
    assert (
        typed("monitor", "change", str(shop), "-s", "paused=true", "-s", "name=Shop 2") == f"monitor {shop}: Shop 2\n"
    )
    found = fresh.call("GET", f"/v1/monitors/{shop}").json()
    assert (found["paused"], found["interval_s"], found["headers"]) == (True, 20, {"X-Key": "secret"})
    assert "interval_s: 0" in typed.refused("monitor", "change", str(shop), "-s", "interval_s=0")
    assert "a field and its value" in typed.refused("monitor", "change", str(shop), "-s", "paused")
    assert "does not exist" in typed.refused("monitor", "change", "999999", "-s", "paused=true")


def test_a_heartbeat_is_changed_though_it_shows_fields_that_it_does_not_have(typed: Typed, fresh: Gateway) -> None:
    made = fresh.call("POST", "/v1/monitors", json={"kind": "heartbeat", "name": "job", "every_s": 60}).json()
    typed("monitor", "change", str(made["id"]), "-s", "grace_s=5")
    found = fresh.get(f"/v1/monitors/{made['id']}").json()
    assert (found["every_s"], found["grace_s"]) == (60, 5)


def test_the_history_has_a_line_for_each_step_in_which_something_was_checked(typed: Typed, fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    write_checks(fresh, minutes=[window(shop, HOUR, [20.0, 20.0]), window(shop, HOUR + 2 * MINUTE_MS, down=3)])
    span = ("--from", str(HOUR), "--to", str(HOUR + HOUR_MS), "--step", "60")
    lines = [line for line in typed("monitor", "history", str(shop), *span).splitlines() if "[0.5]" in line]
    assert [line.split("│")[2].strip() for line in lines] == ["2", "3"]
    assert [line.split("│")[3].strip() for line in lines] == ["0", "3"]
    assert "20.0" in lines[0]


def test_phases_have_a_line_each_that_was_reached(typed: Typed, fresh: Gateway) -> None:
    shop = add_monitor(fresh, "phased shop")
    results = [
        CheckRecord(shop, place, HOUR + n, HOUR + n, "up", phases=Phases(connect=3.0, ttfb=200.0))
        for n, place in enumerate(("eu", "eu", "us"))
    ]
    checks.write(fresh.store, [CheckBatch(results, (), (), ())])
    span = ("--from", str(HOUR), "--to", str(HOUR + MINUTE_MS))
    shown = typed("monitor", "phases", str(shop), *span)
    assert [line.split()[1] for line in shown.splitlines() if line.startswith("│")] == ["connect", "ttfb"]
    assert [line.split("│")[2].strip() for line in shown.splitlines() if "ttfb" in line] == ["3"]
    assert " 2 " in typed("monitor", "phases", str(shop), *span, "--location", "eu")


def test_incidents_are_listed_with_their_whole_identity(typed: Typed, fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    row = IncidentRow(
        id=INCIDENT, account=fresh.ours.account, monitor=shop, started_ms=NOW - 60_000, confirmed_ms=NOW - 59_000,
        ended_ms=None, state="down", severity="down", cause="status", error="status: 503", evidence=None, votes={},
        timeline=[], maintenance=False, suppressed_by=None, changes=1,
    )  # fmt: skip
    checks.write(fresh.store, [CheckBatch([], (), (), (), incidents=[row])])
    span = ("--from", str(NOW - 120_000), "--to", str(NOW))
    said = typed("monitor", "incidents", str(shop), *span)
    assert str(INCIDENT) in said
    assert "status: 503" in said
    assert str(INCIDENT) not in typed("monitor", "incidents", *span, "--state", "ended")


def test_links_to_badges_work_without_a_sign_in_until_they_are_ended(typed: Typed, fresh: Gateway) -> None:
    shop = add_monitor(fresh, "shop")
    links = typed("monitor", "badges", str(shop)).split()
    assert len(links) == 4
    assert [httpx.get(link).status_code for link in links] == [200] * 4
    typed("monitor", "badges", str(shop), "--private")
    assert httpx.get(links[0]).status_code == 404
