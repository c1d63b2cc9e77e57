"""Who is on call, over the API: shifts, and those who take over."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel

HOUR_MS = 3_600_000
PLAN: dict[str, Any] = {"name": "team", "days": 7, "first": "2023-11-13", "zone": "Europe/Berlin"}


@pytest.fixture
def team(fresh: Gateway) -> tuple[Gateway, str, int, int]:
    """A schedule of two, one week each."""
    ann, bob = add_channel(fresh, "ann"), add_channel(fresh, "bob")
    made = fresh.call("POST", "/v1/schedules", json={**PLAN, "rotation": [ann, bob]}).json()
    return fresh, f"/v1/schedules/{made['id']}", ann, bob


def test_shifts_say_who_is_on_call_from_when_until_when(team: tuple[Gateway, str, int, int]) -> None:
    gateway, path, ann, bob = team
    now = gateway.clock.now_ms()
    found = gateway.get(f"{path}/shifts?days=14").json()
    assert found["from_ms"] == now
    assert [(one["channel"], one["override"]) for one in found["shifts"]] == [(ann, False), (bob, False), (ann, False)]
    assert found["shifts"][0]["from_ms"] == now
    assert found["shifts"][1]["from_ms"] == found["shifts"][0]["to_ms"]
    fault(gateway.get(f"{path}/shifts?days=0"), "days")
    fault(gateway.get(f"{path}/shifts?from=soon"), "from")
    problem(gateway.call("GET", f"{path}/shifts", tenant=gateway.theirs), 404, "not-found")


def test_a_responder_takes_over_and_gives_back(team: tuple[Gateway, str, int, int]) -> None:
    gateway, path, ann, bob = team
    now = gateway.clock.now_ms()
    made = gateway.call("POST", f"{path}/overrides", "respond", json={"channel": bob, "minutes": 60})
    assert made.status_code == 201, made.text
    assert (made.json()["from_ms"], made.json()["to_ms"]) == (now, now + HOUR_MS)
    assert gateway.get("/v1/schedules").json()["schedules"][0]["on_call"] == bob
    shifts = gateway.get(f"{path}/shifts?days=1").json()["shifts"]
    assert [(one["channel"], one["override"]) for one in shifts] == [(bob, True), (ann, False)]

    one = f"{path}/overrides?from_ms={now}&to_ms={now + HOUR_MS}&channel={bob}"
    problem(gateway.call("DELETE", one, "read"), 403, "not-allowed")
    problem(gateway.call("DELETE", one, "respond", tenant=gateway.theirs), 404, "not-found")
    assert gateway.call("DELETE", one, "respond").status_code == 204
    assert gateway.get("/v1/schedules").json()["schedules"][0]["on_call"] == ann
    problem(gateway.call("DELETE", one, "respond"), 404, "not-found")


def test_what_is_wrong_with_taking_over_is_said(team: tuple[Gateway, str, int, int]) -> None:
    gateway, path, _, bob = team
    now = gateway.clock.now_ms()
    for body, field in (
        ({"channel": bob}, "body"),
        ({"channel": bob, "to_ms": now - 1}, "to_ms"),
        ({"channel": bob, "minutes": 10**9}, "minutes"),
        ({"channel": 1 << 70, "minutes": 5}, "channel"),
        ({"channel": bob + 999, "minutes": 5}, "channel"),
    ):
        fault(gateway.call("POST", f"{path}/overrides", json=body), field)
    problem(gateway.call("POST", f"{path}/overrides", "read", json={"channel": bob, "minutes": 5}), 403, "not-allowed")
    problem(gateway.call("POST", "/v1/schedules/999/overrides", json={"channel": bob, "minutes": 5}), 404, "not-found")
    fault(gateway.call("DELETE", f"{path}/overrides?from_ms=5&to_ms=5&channel={bob}"), "to_ms")


def test_a_change_of_the_rotation_keeps_overrides_that_it_does_not_name(team: tuple[Gateway, str, int, int]) -> None:
    gateway, path, ann, bob = team
    gateway.call("POST", f"{path}/overrides", json={"channel": bob, "minutes": 60})
    changed = gateway.call("PUT", path, json={**PLAN, "rotation": [ann], "name": "alone"}).json()
    assert [one["channel"] for one in changed["overrides"]] == [bob]
    assert gateway.get("/v1/schedules").json()["schedules"][0]["on_call"] == bob
    changed = gateway.call("PUT", path, json={**PLAN, "rotation": [ann], "overrides": []}).json()
    assert changed["overrides"] == []
    problem(gateway.call("PUT", "/v1/schedules/999", json={**PLAN, "rotation": [ann]}), 404, "not-found")
    fault(gateway.call("PUT", path, json={**PLAN, "rotation": [ann + 999]}), "rotation")


def test_several_who_take_over_at_once_are_all_kept(team: tuple[Gateway, str, int, int]) -> None:
    gateway, path, ann, bob = team

    def take(minutes: int) -> int:
        body = {"channel": (ann, bob)[minutes % 2], "minutes": minutes}
        return gateway.call("POST", f"{path}/overrides", "respond", json=body).status_code

    with ThreadPoolExecutor(6) as hands:
        assert set(hands.map(take, range(1, 13))) == {201}
    [kept] = gateway.get("/v1/schedules").json()["schedules"]
    begin = gateway.clock.now_ms()
    assert sorted((one["to_ms"] - begin) // 60_000 for one in kept["overrides"]) == list(range(1, 13))
