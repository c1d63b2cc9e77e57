"""Monitors: made, changed, listed, removed; and what a definition may hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.gateway.reports import NOW, add_monitor, check, fault, problem
from tests.integration.gateway.rows import HOUR, window, write_checks
from tests.integration.gateway.server import Gateway
from vedette.events.signals import AlertTransition
from vedette.store.recording import record

FULL: dict[str, Any] = {
    "name": "full",
    "url": "https://shop.example:8443/health?deep=1",
    "kind": "http",
    "method": "POST",
    "headers": {"X-Token": "t", "Accept": "text/plain; q=0.5"},
    "interval_s": 30,
    "timeout_s": 4.5,
    "expected_status": ["2xx", "301", "400-404"],
    "max_redirects": 0,
    "body_limit_bytes": 1000,
    "verify_tls": False,
    "apdex_t_ms": 300,
    "locations": ["fra-1", "ams-1"],
    "paused": True,
}


def test_a_monitor_comes_back_as_it_was_made(gateway: Gateway) -> None:
    made = gateway.call("POST", "/v1/monitors", json=FULL)
    assert made.status_code == 201
    identity = made.json()["id"]
    assert FULL.items() <= made.json().items()
    found = gateway.call("GET", f"/v1/monitors/{identity}").json()
    assert {name: found[name] for name in FULL} == FULL
    assert (found["state"], found["places"], found["uptime_24h"]) == ("paused", [], None)


def test_header_values_and_passwords_are_for_administrators_only(gateway: Gateway) -> None:
    body = {"name": "secretive", "url": "http://a/x", "headers": {"Authorization": "Basic abc"}}
    identity = gateway.call("POST", "/v1/monitors", json=body).json()["id"]
    refused = gateway.call("POST", "/v1/monitors", json={**body, "url": "http://user:pass@a/x"})
    problem(refused, 422, "invalid-input")
    # As it could be made once:
    body["url"] = "http://user:pass@a/x"
    change = "UPDATE monitors SET config = jsonb_set(config, '{url}', to_jsonb(%s::text)) WHERE id = %s"
    gateway.store.execute(change, body["url"], identity)
    listed = next(row for row in gateway.get("/v1/monitors").json()["monitors"] if row["id"] == identity)
    for seen in (listed, gateway.get(f"/v1/monitors/{identity}").json()):
        assert (seen["url"], seen["headers"]) == ("http://***@a/x", {"Authorization": "***"})
    administrator = gateway.call("GET", f"/v1/monitors/{identity}").json()
    assert (administrator["url"], administrator["headers"]) == (body["url"], body["headers"])


HUSH = "hush-hush"


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ({"url": "tcp://127.0.0.1:6379", "send": HUSH, "expect": "OK"}, {"send": "***"}),
        (
            {"url": "https://a/x", "auth": {"type": "bearer", "token": HUSH}},
            {"auth": {"type": "bearer", "token": "***"}},
        ),
        ({"url": "https://a/x", "method": "POST", "body": HUSH}, {"body": "***"}),
        ({"url": "dns://a", "record_type": "A"}, {}),
    ],
)
def test_secrets_of_every_kind_are_for_administrators_only(
    gateway: Gateway, body: dict[str, Any], hidden: dict[str, Any]
) -> None:
    made = gateway.call("POST", "/v1/monitors", json={"name": f"kind {sorted(body)}", **body})
    assert made.status_code == 201, made.text
    seen = gateway.get(f"/v1/monitors/{made.json()['id']}").json()
    assert {name: seen[name] for name in hidden} == hidden
    assert HUSH not in gateway.get("/v1/monitors").text


def test_a_monitor_is_changed_as_a_whole(gateway: Gateway) -> None:
    identity = add_monitor(gateway, "before", headers={"A": "b"}, paused=True)
    changed = gateway.call("PUT", f"/v1/monitors/{identity}", json={"name": "after", "url": "http://b/"})
    assert changed.status_code == 200
    assert (changed.json()["name"], changed.json()["headers"], changed.json()["paused"]) == ("after", {}, False)
    assert gateway.get(f"/v1/monitors/{identity}").json()["url"] == "http://b/"


def test_a_name_is_taken_once_in_an_account_and_again_in_another(gateway: Gateway) -> None:
    body = {"name": "twice", "url": "http://a/"}
    other = add_monitor(gateway, "another")
    assert gateway.call("POST", "/v1/monitors", json=body).status_code == 201
    assert "already exists" in problem(gateway.call("POST", "/v1/monitors", json=body), 409, "conflict")["detail"]
    problem(gateway.call("PUT", f"/v1/monitors/{other}", json=body), 409, "conflict")
    assert gateway.call("POST", "/v1/monitors", json=body, tenant=gateway.theirs).status_code == 201


def test_a_removed_monitor_is_gone_with_its_history_and_its_alerts_end(gateway: Gateway) -> None:
    identity = add_monitor(gateway, "short-lived")
    write_checks(gateway, minutes=[window(identity, HOUR, [1.0])])
    subject = f"monitor:{identity}@fra-1"
    record(gateway.store, [(AlertTransition(1, 11, gateway.ours.account, 1, "r", subject, "firing", NOW, "t"), [])])
    assert gateway.ingest("checks", check(identity)).json()["accepted"] == 1
    assert gateway.call("DELETE", f"/v1/monitors/{identity}").status_code == 204
    problem(gateway.get(f"/v1/monitors/{identity}"), 404, "not-found")
    problem(gateway.call("DELETE", f"/v1/monitors/{identity}"), 404, "not-found")
    problem(gateway.call("PUT", f"/v1/monitors/{identity}", json=FULL), 404, "not-found")
    assert gateway.store.rows("SELECT * FROM check_rollup_1m WHERE monitor_id = %s", identity) == []
    assert gateway.get("/v1/alerts?state=firing").json() == {"alerts": []}


FAULTS: dict[str, tuple[dict[str, Any], str, str, str]] = {
    # what is wrong: (fields, field, part of the value, part of what is allowed)
    "an empty name": ({"name": ""}, "name", "''", "at least 1 character"),
    "a name that is too long": ({"name": "n" * 201}, "name", "nnn", "at most 200"),
    "no URL": ({"url": None}, "url", "None", "string"),
    "a URL without a scheme": ({"url": "shop.example"}, "url", "shop.example", "http:// or https://"),
    "a URL of another scheme": ({"url": "ftp://shop.example/"}, "url", "ftp:", "http:// or https://"),
    "a URL without a host": ({"url": "http:///health"}, "url", "http:///", "with a host"),
    "a URL with a bad port": ({"url": "http://a:99999/"}, "url", "99999", "URL"),
    "a URL with port zero": ({"url": "http://a:0/"}, "url", "a:0", "URL"),
    "a URL with a bad address": ({"url": "http://[::1/"}, "url", "[::1", "URL"),
    "a URL with a space": ({"url": "http://a/ b"}, "url", "a/ b", "without spaces"),
    "a URL with CR and LF": ({"url": "http://a/\r\nX: y"}, "url", r"\r\n", "without spaces"),
    "a URL with a tab": ({"url": "http://a\t/"}, "url", r"\t", "without spaces"),
    "a URL that is too long": ({"url": "http://a/" + "x" * 2000}, "url", "http://a/", "at most 2000"),
    "a value with CR and LF": ({"headers": {"X": "a\r\nEvil: 1"}}, "headers.X", r"\r\n", "pattern"),
    "a value that ends with LF": ({"headers": {"X": "a\n"}}, "headers.X", r"\n", "pattern"),
    "a value with NUL": ({"headers": {"X": "\0"}}, "headers.X", r"\x00", "without NUL"),
    "a name with CR and LF": ({"headers": {"X\r\nEvil": "1"}}, "headers", r"\r\n", "no header name"),
    "a name that ends with LF": ({"headers": {"X\n": "1"}}, "headers", r"\n", "no header name"),
    "a name with a colon": ({"headers": {"X:": "1"}}, "headers", "X:", "no header name"),
    "too many headers": ({"headers": {f"X{n}": "" for n in range(51)}}, "headers", "X0", "at most 50"),
    "an unknown method": ({"method": "TRACE"}, "method", "TRACE", "'GET', 'HEAD'"),
    "an interval of zero": ({"interval_s": 0}, "interval_s", "0", "greater than or equal to 1"),
    "an interval that is text": ({"interval_s": "often"}, "interval_s", "often", "integer"),
    "a time-out of zero": ({"timeout_s": 0}, "timeout_s", "0", "greater than 0"),
    "a time-out above a minute": ({"timeout_s": 61}, "timeout_s", "61", "less than or equal to 60"),
    "a target of a fourth of the time-out": (
        {"timeout_s": 2.0, "apdex_t_ms": 500}, "apdex_t_ms", "500", "must exceed four times apdex_t_ms (500)",
    ),
    "a time-out below four times the usual target": (
        {"timeout_s": 1}, "timeout_s", "1", "must exceed four times apdex_t_ms (500)",
    ),
    "a limit that no answer reaches": ({"down_above_ms": 10_000}, "down_above_ms", "10000", "must be below timeout_s"),
    "limits in the wrong order": (
        {"degraded_above_ms": 900, "down_above_ms": 800}, "degraded_above_ms", "900", "below down_above_ms (800)",
    ),
    "days in the wrong order": (
        {"certificate_degraded_days": 3, "certificate_down_days": 7}, "certificate_degraded_days", "3", "must be above",
    ),
    "an assertion on a body that is not sent": (
        {"method": "HEAD", "assertions": [{"type": "size", "min_bytes": 1}]}, "method", "HEAD", "need a body",
    ),
    "a target of zero": ({"apdex_t_ms": 0}, "apdex_t_ms", "0", "greater than or equal to 1"),
    "an expected status that is none": ({"expected_status": ["6xx"]}, "expected_status", "6xx", "2xx, 301"),
    "no expected status": ({"expected_status": []}, "expected_status", "[]", "at least 1"),
    "a location in capitals": ({"locations": ["FRA"]}, "locations[0]", "FRA", "pattern"),
    "a location with LF": ({"locations": ["fra\n"]}, "locations[0]", r"fra\n", "pattern"),
    "an unknown field": ({"colour": "red"}, "colour", "red", "not permitted"),
    "an unknown kind": ({"kind": "smtp"}, "kind", "smtp", "'http'"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", FAULTS)
def test_a_bad_definition_is_refused_with_its_field(gateway: Gateway, wrong: str) -> None:
    fields, field, value, allowed = FAULTS[wrong]
    body = {"name": wrong, "url": "http://a/", **fields}
    identity = add_monitor(gateway, f"good before {wrong}")
    for method, path in (("POST", "/v1/monitors"), ("PUT", f"/v1/monitors/{identity}")):
        found = fault(gateway.call(method, path, json=body), field)
        assert value in found["value"]
        assert allowed in found["allowed"]
    assert gateway.get(f"/v1/monitors/{identity}").json()["name"] == f"good before {wrong}"
    assert body["name"] not in {one["name"] for one in gateway.get("/v1/monitors").json()["monitors"]}


def test_a_time_out_just_above_four_targets_is_allowed(gateway: Gateway) -> None:
    add_monitor(gateway, "just above", timeout_s=2.001, apdex_t_ms=500)


@pytest.mark.parametrize("fields", [{"name": "a\0b"}, {"url": "http://a/\ud800"}, {"headers": {"X": "\ud800"}}])
def test_text_that_no_database_holds_is_refused(gateway: Gateway, fields: dict[str, Any]) -> None:
    body = json.dumps({"name": "n", "url": "http://a/", **fields})
    answer = gateway.call("POST", "/v1/monitors", content=body, headers={"Content-Type": "application/json"})
    problem(answer, 422, "invalid-input")


def probe_list(gateway: Gateway, location: str = "fra-1", etag: str | None = None, **request: Any) -> Any:
    headers = {"If-None-Match": etag} if etag else {}
    return gateway.get(f"/v1/probe/monitors?location={location}", "probe", headers=headers, **request)


def test_a_probe_gets_the_monitors_of_its_location_that_are_not_paused(fresh: Gateway) -> None:
    add_monitor(fresh, "everywhere")
    add_monitor(fresh, "here", locations=["fra-1", "lon-1"])
    add_monitor(fresh, "elsewhere", locations=["ams-1"])
    add_monitor(fresh, "paused", paused=True)
    answer = probe_list(fresh)
    assert answer.status_code == 200
    assert [monitor["name"] for monitor in answer.json()["monitors"]] == ["everywhere", "here"]
    assert probe_list(fresh, tenant=fresh.theirs).json()["monitors"] == []


def test_an_unchanged_list_is_answered_with_304_and_a_changed_one_is_not(fresh: Gateway) -> None:
    monitor = add_monitor(fresh, "m")
    first = probe_list(fresh)
    again = probe_list(fresh, etag=first.headers["ETag"])
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    seen = {first.headers["ETag"]}
    for change in ({"name": "m", "url": "http://b/"}, {"name": "m", "url": "http://b/", "paused": True}):
        fresh.call("PUT", f"/v1/monitors/{monitor}", json=change)
        answer = probe_list(fresh, etag=first.headers["ETag"])
        assert answer.status_code == 200
        seen.add(answer.headers["ETag"])
    assert len(seen) == 3


@pytest.mark.parametrize("location", ["", "FRA", "a b", "-a", "a" * 64, "%00", "a%0A"])
def test_a_probe_must_say_where_it_is(gateway: Gateway, location: str) -> None:
    fault(probe_list(gateway, location), "location")


def test_a_parent_must_be_another_monitor_that_does_not_depend_on_this_one(gateway: Gateway) -> None:
    def made(name: str, parent: int | None) -> int:
        body = {"name": name, "url": "http://a/", "parent": parent}
        answer = gateway.call("POST", "/v1/monitors", json=body)
        assert answer.status_code == 201, answer.text
        identity: int = answer.json()["id"]
        return identity

    top = made("top", None)
    child = made("child", top)
    grandchild = made("grandchild", child)
    unknown = gateway.call("POST", "/v1/monitors", json={"name": "lost", "url": "http://a/", "parent": 1 << 40})
    assert fault(unknown, "parent")["allowed"] == "the id of a monitor of this account"
    for below in (top, child, grandchild):
        body = {"name": "top", "url": "http://a/", "parent": below}
        refused = fault(gateway.call("PUT", f"/v1/monitors/{top}", json=body), "parent")
        assert refused["allowed"] == "a monitor that does not depend on this one"
    assert gateway.get(f"/v1/monitors/{grandchild}").json()["parent"] == child
