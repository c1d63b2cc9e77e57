"""Roles: they configure hosts, are named in queries, and are the account's own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.gateway.hosts import check_in, host
from tests.integration.gateway.reports import fault
from tests.integration.gateway.rows import HOUR, Sender
from tests.integration.gateway.server import Gateway

NGINX = {"name": "front", "plugin": "nginx", "options": {"password": "s3cret"}}


def test_a_host_gets_what_its_roles_say_over_the_defaults_and_under_its_own(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/fleet/defaults", json={"interval_s": 60, "collectors": {"disk": False}})
    fresh.call("PUT", "/v1/roles/web", json={"priority": 5, "interval_s": 10, "plugins": [NGINX]})
    fresh.call("PUT", "/v1/roles/slow", json={"priority": 1, "interval_s": 300, "mask_arguments": True})
    answer = fresh.call("PUT", "/v1/sources/a/roles", json={"roles": ["slow", "web"]})
    assert answer.json() == {"source": "a", "roles": ["slow", "web"]}
    expected = {"interval_s": 10.0, "mask_arguments": True, "collectors": {"disk": False}, "plugins": [NGINX]}
    assert check_in(fresh, "a").json()["config"] == expected
    fresh.call("PUT", "/v1/sources/a/config", json={"interval_s": 1, "without": ["front"]})
    assert check_in(fresh, "a").json()["config"] == {
        "interval_s": 1.0,
        "mask_arguments": True,
        "collectors": {"disk": False},
    }
    assert check_in(fresh, "b").json()["config"] == {"interval_s": 60.0, "collectors": {"disk": False}}


def test_a_role_is_listed_changed_and_removed_with_what_it_gave(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/roles/web", json={"interval_s": 10, "notes": "front ends"})
    fresh.call("PUT", "/v1/sources/a/roles", json={"roles": ["web"]})
    [role] = fresh.get("/v1/roles").json()["roles"]
    assert role == {"name": "web", "priority": 0, "notes": "front ends", "hosts": 1, "interval_s": 10.0}
    fresh.call("PUT", "/v1/roles/web", json={"interval_s": 20})
    assert fresh.get("/v1/roles/web").json()["interval_s"] == 20.0
    assert fresh.call("DELETE", "/v1/roles/web").status_code == 204
    assert host(fresh, "a" if check_in(fresh, "a").json()["config_version"] else "")["roles"] == []
    assert fresh.get("/v1/roles/web").status_code == 404
    assert fresh.call("DELETE", "/v1/roles/web").status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"interval_s": 0}, "interval_s"),
        ({"interval_s": "soon"}, "interval_s"),
        ({"collectors": {"cpu": "maybe"}}, "collectors.cpu"),
        ({"plugins": [{"name": "a"}]}, "plugins"),
        ({"plugins": [{"name": "a", "plugin": "x", "colour": 1}]}, "plugins"),
        ({"plugins": [NGINX, NGINX]}, "plugins"),
        ({"priority": 5000}, "priority"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_role_is_refused_by_name(gateway: Gateway, body: dict[str, Any], field: str) -> None:
    fault(gateway.call("PUT", "/v1/roles/wrong", json=body), field)
    assert gateway.get("/v1/roles/wrong").status_code == 404


def test_a_role_or_a_host_of_an_impossible_name_is_refused(gateway: Gateway) -> None:
    fault(gateway.call("PUT", "/v1/roles/a%20b", json={}), "name")
    fault(gateway.call("PUT", f"/v1/sources/{'x' * 201}/roles", json={"roles": []}), "source")


def test_a_host_has_only_roles_that_exist_and_keeps_those_it_had_if_one_does_not(gateway: Gateway) -> None:
    gateway.call("PUT", "/v1/roles/real", json={})
    gateway.call("PUT", "/v1/sources/strict/roles", json={"roles": ["real"]})
    fault(gateway.call("PUT", "/v1/sources/strict/roles", json={"roles": ["real", "unreal"]}), "roles[1]")
    assert host(gateway, "strict")["roles"] == ["real"]


def test_what_plugins_are_given_is_for_administrators(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/roles/web", json={"plugins": [NGINX]})
    fresh.call("PUT", "/v1/sources/a/roles", json={"roles": ["web"]})
    for path in ("/v1/roles", "/v1/roles/web", "/v1/sources/a"):
        assert "s3cret" not in fresh.get(path, "read").text, path
        assert "s3cret" in fresh.get(path, "admin").text, path


def test_roles_are_the_accounts_own(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/roles/web", json={"interval_s": 5})
    theirs = fresh.theirs
    assert fresh.get("/v1/roles", tenant=theirs).json() == {"roles": []}
    fault(fresh.call("PUT", "/v1/sources/a/roles", json={"roles": ["web"]}, tenant=theirs), "roles[0]")
    assert check_in(fresh, "a", theirs.tokens["agent"]).json().get("config") == {}


def test_a_name_with_strokes_is_a_name(fresh: Gateway) -> None:
    fresh.call("PUT", "/v1/roles/web", json={})
    assert fresh.call("PUT", "/v1/sources/eu%2Fweb%2F1/roles", json={"roles": ["web"]}).status_code == 200
    assert host(fresh, "eu%2Fweb%2F1")["source"] == "eu/web/1"


def test_only_administrators_change_and_only_readers_see(gateway: Gateway) -> None:
    for path in ("/v1/roles/x", "/v1/sources/x/roles", "/v1/sources/x/config", "/v1/fleet/defaults"):
        assert gateway.call("PUT", path, "read", json={}).status_code == 403
    for path in ("/v1/roles", "/v1/sources/x", "/v1/fleet/defaults"):
        assert gateway.get(path, "agent").status_code == 403


def found(gateway: Gateway, selector: str) -> list[str]:
    answer = gateway.get("/v1/query", params={"series": selector, "from": HOUR, "to": HOUR + 60_000})
    assert answer.status_code == 200, answer.text
    return [row["source"] for row in answer.json()["series"]]


def test_queries_name_a_role_and_follow_its_hosts(fresh: Gateway) -> None:
    for source in ("web-1", "web-2", "db-1"):
        Sender(fresh, source).write("1m", {HOUR: [1.0]})
    Sender(fresh, "pg", names=('cpu{role="primary"}',)).write("1m", {HOUR: [1.0]})
    for role, *sources in (("web", "web-1", "web-2"), ("db", "db-1"), ("eu", "web-1")):
        fresh.call("PUT", f"/v1/roles/{role}", json={})
        for source in sources:
            mine = host(fresh, source)["roles"]
            fresh.call("PUT", f"/v1/sources/{source}/roles", json={"roles": [*mine, role]})
    assert found(fresh, 'cpu{role="web"}') == ["web-1", "web-2"]
    assert found(fresh, 'cpu{role="web",role="eu"}') == ["web-1"]
    assert found(fresh, 'cpu{role=~"w.*|db"}') == ["db-1", "web-1", "web-2"]
    assert found(fresh, 'cpu{role!="eu",source=~"web.*"}') == ["web-2"]
    assert found(fresh, 'cpu{role="primary"}') == ["pg"], "a series' own label goes before its host's roles"
    assert found(fresh, 'cpu{role="absent"}') == []
    fresh.call("PUT", "/v1/sources/web-2/roles", json={"roles": []})
    assert found(fresh, 'cpu{role="web"}') == ["web-1"]
    assert {row["source"]: row["roles"] for row in fresh.get("/v1/sources").json()["sources"]}["web-1"] == ["eu", "web"]
