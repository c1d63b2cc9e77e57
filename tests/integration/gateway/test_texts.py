"""Text that no database holds is refused with its field, wherever people give text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.integration.gateway.reports import fault
from tests.integration.gateway.server import Gateway

JSON = {"Content-Type": "application/json"}
HOOK = {"name": "ops", "kind": "webhook", "config": {"url": "https://ops.example/hook"}}
READ_THEMSELVES = {
    ("post", path)
    for path in (
        "/v1/ingest/samples", "/v1/ingest/checks", "/v1/monitors/import", "/v1/agents/enrol", "/v1/agents/checkin",
        "/v1/realtime/frames", "/v1/models/{model}/references", "/v1/metrics", "/v1/models/{model}/metrics",
        "/v1/features", "/v1/outcomes",
    )
}  # fmt: skip
"""Routes that judge their bodies by rules of their own."""
GIVEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "the name of a rule": ("rules", {"name": "a?", "kind": "outage"}, "name"),
    "the title of a rule": ("rules", {"name": "a", "kind": "outage", "title": "?"}, "title"),
    "the series of a rule": ("rules", {"name": "a", "kind": "threshold", "series": "a?", "above": 1}, "series"),
    "the reason of a silence": ("silences", {"selector": '{a="b"}', "minutes": 5, "reason": "?"}, "reason"),
    "the selector of a silence": ("silences", {"selector": '{a="?"}', "minutes": 5}, "selector"),
    "the name of a route": ("routes", {"name": "?", "steps": []}, "name"),
    "the selector of a route": ("routes", {"name": "a", "match": '{a="?"}'}, "match"),
    "the name of a silence": ("silences", {"name": "?", "selector": '{a="b"}', "minutes": 5}, "name"),
    "the name of a group": ("groups", {"name": "?", "channels": [1]}, "name"),
    "the name of a schedule": ("schedules", {"name": "?", "rotation": [1], "first": "2026-11-30"}, "name"),
    "the name of a channel": ("channels", {**HOOK, "name": "?"}, "name"),
    "the kind of a channel": ("channels", {**HOOK, "kind": "?"}, "kind"),
    "a setting of a channel": ("channels", {**HOOK, "config": {"url": "https://a/?"}}, "config.url"),
    "the name of a setting": ("channels", {**HOOK, "config": {"u?": 1}}, "config.u"),
    "the name of a monitor": ("monitors", {"name": "?", "url": "http://a/"}, "name"),
    "a header of a monitor": ("monitors", {"name": "a", "url": "http://a/", "headers": {"X": "?"}}, "headers.X"),
    "the name of a model": ("models", {"name": "?"}, "name"),
    "the name of a window": ("maintenance", {"name": "?", "kind": "once", "from_ms": 1, "to_ms": 2}, "name"),
    "the name of a report": ("reports", {"name": "?", "kind": "daily", "channels": [1]}, "name"),
    "an address": ("auth/login", {"email": "?", "password": "p"}, "email"),
}


def send(gateway: Gateway, method: str, path: str, body: Any) -> Any:
    return gateway.call(method, path, content=json.dumps(body), headers=JSON)


@pytest.mark.parametrize("bad", ["\0", "\ud83d"])
@pytest.mark.parametrize("case", GIVEN.values(), ids=GIVEN)
def test_it_is_named_with_its_value_and_what_is_allowed(
    gateway: Gateway, case: tuple[str, dict[str, Any], str], bad: str
) -> None:
    path, body, field = case
    body = json.loads(json.dumps(body).replace("?", json.dumps(bad)[1:-1]))
    answer = send(gateway, "POST", f"/v1/{path}", body)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    escaped = ascii(bad)[1:-1]
    assert error["field"] in {field, f"{field}{escaped}"}
    assert escaped in error["value"]
    assert error["allowed"] == "text without NUL (U+0000) and halves of surrogate pairs"


def test_whole_pairs_are_text(gateway: Gateway) -> None:
    body = {"name": "\U0001f600 \u4e2d", "kind": "outage", "title": "\U0001f600"}
    assert send(gateway, "POST", "/v1/rules", body).status_code == 201


def test_no_route_that_reads_a_body_lets_it_pass(gateway: Gateway) -> None:
    asked = 0
    for path, methods in gateway.get("/openapi.json").json()["paths"].items():
        for method in methods.keys() & {"post", "put", "patch", "delete"}:
            if "requestBody" not in methods[method] or (method, path) in READ_THEMSELVES:
                continue
            found = send(gateway, method.upper(), path.replace("{", "").replace("}", ""), {"x": ["fine", "\ud800"]})
            assert fault(found, "x[1]")["value"] == r"'\ud800'", (method, path)
            asked += 1
    assert asked > 40


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize("bad", ["\0", "\ud800"])
def test_no_encoding_hides_it(gateway: Gateway, encoding: str, bad: str) -> None:
    text = json.dumps({"name": bad, "kind": "outage"}, ensure_ascii=bad == "\0")
    content = text.encode(encoding, "surrogatepass")
    fault(gateway.call("POST", "/v1/rules", content=content, headers=JSON), "name")


@pytest.mark.parametrize("name", ["secret", "previous_secret", "password", "auth_token"])
def test_a_secret_is_not_repeated(gateway: Gateway, name: str) -> None:
    answer = send(gateway, "POST", "/v1/channels", {**HOOK, "config": {name: "hunter2hunter2\0"}})
    assert fault(answer, f"config.{name}")["value"] == "'***'"
    assert "hunter2" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("PUT", "/v1/roles/a%00b", "name"),
        ("GET", "/v1/roles/a%00b", "name"),
        ("GET", "/v1/series?source=%00", "source"),
        ("GET", "/v1/monitors/1/history?location=%00", "location"),
        ("GET", "/v1/monitors/1/apdex?from=%00", "from"),
        ("GET", "/v1/alerts?%00=1", "\\x00"),
    ],
)
def test_nor_in_a_url(gateway: Gateway, method: str, path: str, field: str) -> None:
    fault(gateway.call(method, path, json={} if method == "PUT" else None), field)
