"""Acknowledgement, silences, routes and schedules over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from vedette.events.signals import AlertTransition
from vedette.events.topics import ALERTS
from vedette.store.recording import record


def add_channel(gateway: Gateway, name: str = "ops") -> int:
    body = {"name": name, "kind": "webhook", "config": {"url": "https://ops.example/hook"}}
    return int(gateway.call("POST", "/v1/channels", json=body).json()["id"])


def fire(gateway: Gateway, subject: str = "source:web-1", alert: int = -7) -> str:
    account = gateway.ours.account
    start = AlertTransition(
        alert * 10, alert, account, 1, "Host silent", subject, "firing", 1_700_000_000_000, "web-1 is silent"
    )
    record(gateway.store, [(start, ())])
    return f"/v1/alerts/{alert}"


def test_deeds_are_on_the_timeline_and_in_the_stream(fresh: Gateway) -> None:
    add_channel(fresh)
    path = fire(fresh)
    deeds: list[tuple[str, dict[str, Any] | None]] = [
        ("snooze", {"minutes": 30}),
        ("acknowledge", None),
        ("comment", {"text": "looking"}),
        ("assign", {"to": "ann@shop.example"}),
        ("unacknowledge", {"text": "cannot"}),
        ("resolve", {"text": "gone"}),
    ]
    for deed, body in deeds:
        answer = fresh.call("POST", f"{path}/{deed}", json=body) if body else fresh.call("POST", f"{path}/{deed}")
        assert answer.status_code == 200, answer.text
    found = fresh.get(path).json()
    states = ["firing", "snoozed", "acknowledged", "commented", "assigned", "unacknowledged", "resolved"]
    assert [row["state"] for row in found["timeline"]] == states
    assert {row["detail"]["by"] for row in found["timeline"][1:]} == {found["timeline"][1]["detail"]["by"]}
    assert (found["state"], found["assignee"]) == ("resolved", "ann@shop.example")
    assert [row["event"] for row in found["notifications"]] == ["start", "update", "update", "end"]
    assert sum(bounds.end - bounds.start for bounds in fresh.log.bounds(ALERTS.name)) == len(deeds)
    (listed,) = fresh.get("/v1/alerts?state=resolved").json()["alerts"]
    assert (listed["id"], listed["assignee"]) == ("-7", "ann@shop.example")


def test_deeds_need_the_scope_and_the_account(fresh: Gateway) -> None:
    path = fire(fresh)
    problem(fresh.call("POST", f"{path}/acknowledge", "read"), 403, "not-allowed")
    assert fresh.call("POST", f"{path}/acknowledge", "respond").status_code == 200
    problem(fresh.call("POST", f"{path}/acknowledge", "respond"), 409, "conflict")
    problem(fresh.get(path, tenant=fresh.theirs), 404, "not-found")
    for deed, body in (("acknowledge", {}), ("comment", {"text": "x"}), ("resolve", {})):
        problem(fresh.call("POST", f"{path}/{deed}", tenant=fresh.theirs, json=body), 404, "not-found")


@pytest.mark.parametrize(
    ("deed", "body", "field"),
    [
        ("snooze", {"minutes": 0}, "minutes"),
        ("snooze", {}, "minutes"),
        ("comment", {"text": ""}, "text"),
        ("comment", {"text": "a\0b"}, "text"),
        ("assign", {}, "to"),
        ("resolve", {"why": "x"}, "why"),
    ],
)
def test_a_wrong_deed_is_refused_by_name(gateway: Gateway, deed: str, body: dict[str, Any], field: str) -> None:
    fault(gateway.call("POST", f"/v1/alerts/1/{deed}", json=body), field)


def test_a_silence_is_made_listed_and_ended(fresh: Gateway) -> None:
    add_channel(fresh)
    body = {"selector": '{source="web-1"}', "minutes": 60, "reason": "new disk"}
    problem(fresh.call("POST", "/v1/silences", "read", json=body), 403, "not-allowed")
    # The clock of this gateway is not the database's: what holds is decided there.
    row = fresh.store.row("SELECT (extract(epoch FROM now()) * 1000)::bigint AS ms")
    assert row is not None
    spans = {"from_ms": row["ms"] - 1000, "to_ms": row["ms"] + 3_600_000}
    body = {"selector": body["selector"], "reason": body["reason"], **spans}
    made = fresh.call("POST", "/v1/silences", "respond", json=body)
    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in body} == body
    assert made.json()["active"] is True
    path = fire(fresh)
    assert [row["state"] for row in fresh.get(path).json()["notifications"]] == ["withheld"]
    assert fresh.get("/v1/silences").json()["silences"] == [made.json()]
    assert fresh.get("/v1/silences", tenant=fresh.theirs).json()["silences"] == []
    end = f"/v1/silences/{made.json()['id']}/end"
    problem(fresh.call("POST", end, tenant=fresh.theirs), 404, "not-found")
    assert fresh.call("POST", end, "respond").json()["active"] is False
    assert fresh.get("/v1/silences").json()["silences"] == []
    assert len(fresh.get("/v1/silences?over=true").json()["silences"]) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"selector": "{oops"}, "selector"),
        ({"selector": '{source=~"("}'}, "selector"),
        ({"minutes": None}, ""),
        ({"to_ms": 5, "minutes": None}, "to_ms"),
        ({"for": 5}, "for"),
    ],
)
def test_a_wrong_silence_is_refused_by_name(gateway: Gateway, change: dict[str, Any], field: str) -> None:
    body = {"selector": '{source="x"}', "minutes": 5, **change}
    answer = gateway.call("POST", "/v1/silences", json=body)
    if field:
        fault(answer, field)
    else:
        assert answer.status_code == 422


def test_routes_and_schedules_are_kept(fresh: Gateway) -> None:
    ops, ann = add_channel(fresh), add_channel(fresh, "ann")
    plan = {"name": "team", "rotation": [ann], "first": "2026-11-30", "handover": "09:00"}
    schedule = fresh.call("POST", "/v1/schedules", json=plan).json()
    assert fresh.get("/v1/schedules").json()["schedules"] == [{**schedule, "on_call": ann}]
    on_call = fresh.get(f"/v1/schedules/{schedule['id']}/on-call?at=2027-01-01").json()
    assert on_call["channel"] == ann
    steps = [{"channels": [ops]}, {"after_s": 900, "schedules": [schedule["id"]]}]
    route = fresh.call("POST", "/v1/routes", json={"name": "all", "steps": steps, "remind_s": 3600}).json()
    assert fresh.get("/v1/routes").json()["routes"] == [route]
    problem(fresh.call("POST", "/v1/routes", json={"name": "all"}), 409, "conflict")
    problem(fresh.call("DELETE", f"/v1/schedules/{schedule['id']}"), 409, "conflict")
    for wrong, field in (({"channels": [ops + 99]}, "channels"), ({"schedules": [99]}, "schedules")):
        fault(fresh.call("POST", "/v1/routes", json={"name": "x", "steps": [wrong]}), field)
    theirs = fresh.call("PUT", f"/v1/routes/{route['id']}", tenant=fresh.theirs, json={"name": "x"})
    problem(theirs, 404, "not-found")
    changed = fresh.call("PUT", f"/v1/routes/{route['id']}", json={"name": "none", "position": 3}).json()
    assert (changed["name"], changed["steps"], changed["position"]) == ("none", [], 3)
    fault(fresh.call("PUT", f"/v1/schedules/{schedule['id']}", json={**plan, "rotation": [ops + 99]}), "rotation")
    assert fresh.call("PUT", f"/v1/schedules/{schedule['id']}", json={**plan, "name": "b"}).json()["name"] == "b"
    assert fresh.call("DELETE", f"/v1/schedules/{schedule['id']}").status_code == 204
    assert fresh.call("DELETE", f"/v1/routes/{route['id']}").status_code == 204
    problem(fresh.call("DELETE", f"/v1/routes/{route['id']}"), 404, "not-found")
    problem(fresh.get(f"/v1/schedules/{schedule['id']}/on-call"), 404, "not-found")
