"""Incidents over HTTP: ranges, filters, details, and whose they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.server import Gateway, Tenant
from vedette.monitors import MonitorSpec
from vedette.store import checks, monitors
from vedette.store.checks import CheckBatch
from vedette.store.incidents import IncidentRow

HOUR = 3_600_000


def monitor_of(gateway: Gateway, name: str, tenant: Tenant | None = None) -> int:
    account = (tenant or gateway.ours).account
    return monitors.add(gateway.store, account, MonitorSpec(name=name, url="https://shop.example"))


def incident(gateway: Gateway, identity: int, monitor: int, **fields: Any) -> IncidentRow:
    now = gateway.clock.now_ms()
    row = IncidentRow(
        id=identity,
        account=gateway.ours.account,
        monitor=monitor,
        started_ms=now - HOUR,
        confirmed_ms=now - HOUR + 500,
        ended_ms=None,
        state="down",
        severity="down",
        cause="connect_refused",
        error="connect_refused: nobody listens",
        evidence={"phase": "connect"},
        votes={"a": {"outcome": "down", "at_ms": now, "error": None}},
        timeline=[{"at_ms": now, "what": "failing", "location": "a", "outcome": "down"}],
        maintenance=False,
        suppressed_by=None,
        changes=2,
    )._replace(**fields)
    checks.write(gateway.store, [CheckBatch((), (), (), (), [row])])
    return row


def listed(gateway: Gateway, **query: Any) -> list[str]:
    answer = gateway.get("/v1/incidents", params=query)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["incidents"]]


def test_incidents_are_found_by_range_monitor_and_state(fresh: Gateway) -> None:
    shop, mail = monitor_of(fresh, "shop"), monitor_of(fresh, "mail")
    now = fresh.clock.now_ms()
    incident(fresh, 1, shop)
    incident(fresh, 2, shop, started_ms=now - 5 * HOUR, ended_ms=now - 4 * HOUR)
    incident(fresh, 3, mail, started_ms=now - 3 * HOUR, confirmed_ms=None, ended_ms=now - 2 * HOUR, severity="partial")
    assert listed(fresh) == ["1", "3", "2"]
    assert listed(fresh, monitor=shop) == ["1", "2"]
    assert listed(fresh, state="open") == ["1"]
    assert listed(fresh, state="ended") == ["3", "2"]
    assert listed(fresh, state="partial") == ["3"]
    assert listed(fresh, state="confirmed") == ["1", "2"]
    assert listed(fresh, **{"from": now - 4 * HOUR - 1, "to": now - 2 * HOUR}) == ["3", "2"]
    assert listed(fresh, **{"from": now - 9 * HOUR, "to": now - 8 * HOUR}) == []
    assert listed(fresh, limit=1) == ["1"]


def test_one_incident_comes_with_votes_evidence_and_timeline(fresh: Gateway) -> None:
    shop = monitor_of(fresh, "shop")
    row = incident(fresh, -(1 << 62) + 1, shop)
    found = fresh.get(f"/v1/incidents/{row.id}").json()
    assert (found["id"], found["monitor"], found["monitor_name"]) == (str(row.id), shop, "shop")
    assert (found["cause"], found["evidence"]) == ("connect_refused", {"phase": "connect"})
    assert (found["votes"], found["timeline"]) == (row.votes, row.timeline)
    assert (found["started_ms"], found["confirmed_ms"], found["ended_ms"]) == (row.started_ms, row.confirmed_ms, None)


def test_nobody_sees_the_incidents_of_another_account(fresh: Gateway) -> None:
    row = incident(fresh, 5, monitor_of(fresh, "shop"))
    assert fresh.get("/v1/incidents", tenant=fresh.theirs).json() == {"incidents": []}
    assert fresh.get(f"/v1/incidents/{row.id}", tenant=fresh.theirs).status_code == 404
    assert fresh.get("/v1/incidents", scope="ingest").status_code == 403
    assert fresh.get("/v1/incidents", scope=None).status_code == 401


def test_an_older_step_that_comes_again_changes_nothing(fresh: Gateway) -> None:
    shop = monitor_of(fresh, "shop")
    now = fresh.clock.now_ms()
    incident(fresh, 6, shop, changes=5, ended_ms=now, suppressed_by=9)
    incident(fresh, 6, shop, changes=4, ended_ms=None)
    incident(fresh, 6, shop, changes=5, ended_ms=now)
    found = fresh.get("/v1/incidents/6").json()
    assert (found["ended_ms"], found["suppressed_by"]) == (now, 9)


def test_incidents_go_with_their_monitor_and_none_come_after_it(fresh: Gateway) -> None:
    shop = monitor_of(fresh, "shop")
    incident(fresh, 7, shop)
    assert fresh.call("DELETE", f"/v1/monitors/{shop}").status_code == 204
    incident(fresh, 8, shop)
    assert fresh.store.row("SELECT count(*)::int AS n FROM incidents") == {"n": 0}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/incidents?state=burning", "state"),
        ("/v1/incidents?monitor=x", "monitor"),
        ("/v1/incidents?from=yesterday", "from"),
        ("/v1/incidents?from=now&to=-1h", "to"),
        ("/v1/incidents/abc", "incident"),
        ("/v1/incidents/99999999999999999999", "incident"),
    ],
)
def test_a_bad_question_names_the_field_that_is_wrong(gateway: Gateway, path: str, field: str) -> None:
    answer = gateway.get(path)
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]
