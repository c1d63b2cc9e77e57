"""Problems: every error of every route is one body, problem+json."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.gateway.reports import fault, problem
from tests.integration.gateway.server import Gateway


@pytest.mark.parametrize("path", ["/nope", "/v1/nope", "/v1/monitors/1/nope", "/v1//me", "/%00", "/v1/ingest"])
def test_an_unknown_path_is_not_found(gateway: Gateway, path: str) -> None:
    assert problem(gateway.get(path), 404, "not-found")["title"] == "Not found"


@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", "/v1/monitors"), ("GET", "/v1/ingest/samples"), ("POST", "/healthz"), ("DELETE", "/v1/query")],
)
def test_a_wrong_method_is_named_with_the_right_ones(gateway: Gateway, method: str, path: str) -> None:
    answer = gateway.call(method, path)
    assert method in problem(answer, 405, "method-not-allowed")["detail"]
    assert answer.headers["Allow"]


def test_malformed_json_is_named_with_its_place(gateway: Gateway) -> None:
    headers = {"Content-Type": "application/json"}
    answer = gateway.call("POST", "/v1/monitors", content='{"name": "a" "url"}', headers=headers)
    found = fault(answer, "body")
    assert "url" in found["value"]
    assert "valid JSON (Expecting ',' delimiter" in found["allowed"]


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"null", b"name=a"])
def test_a_body_that_is_no_object_is_named(gateway: Gateway, body: bytes) -> None:
    for path in ("/v1/monitors", "/v1/rules", "/v1/channels", "/v1/tokens"):
        answer = gateway.call("POST", path, content=body, headers={"Content-Type": "application/json"})
        errors = problem(answer, 422, "invalid-input")["errors"]
        assert errors[0]["field"].startswith("body")


@pytest.mark.parametrize("body", [b"\xff", b"[" * 5000, b'{"name": ' + b"9" * 5000 + b"}"])
def test_a_body_that_cannot_be_read_is_refused(gateway: Gateway, body: bytes) -> None:
    answer = gateway.call("POST", "/v1/monitors", content=body, headers={"Content-Type": "application/json"})
    problem(answer, answer.status_code)
    assert answer.status_code in {400, 422}


_BY_NAME = ("/v1/ping/", "/v1/roles/", "/v1/plugins/", "/v1/sources/")


def _bad_requests(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", "not-a-number", path))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("parameters") or operation.get("requestBody")
    ]


def test_every_route_that_takes_something_refuses_nonsense_with_a_problem(gateway: Gateway) -> None:
    document = gateway.client.get("/openapi.json").json()
    asked = _bad_requests(document)
    assert len(asked) > 15
    for method, path in asked:
        if path in {"/v1/sources", "/v1/auth/logout"}:
            continue
        nonsense: dict[str, Any] = {
            "params": {
                "limit": "x",
                "step": "x",
                "from": "x",
                "topics": "x",
                "location": "X Y",
                "state": "x",
                "format": "x",
                "active": "x",
                "matches": "x",
                "ended": "x",
            },
            "content": None if method in {"GET", "DELETE"} else b'{"nonsense": [',
        }
        answer = gateway.call(method, path, headers={"Content-Type": "application/json"}, **nonsense)
        problem(answer, answer.status_code)
        # Any text may be a name, and an unknown one is nowhere.
        expected = {404, 422} if path.startswith(_BY_NAME) else {401, 422}
        assert answer.status_code in expected, (method, path)


def test_wrong_values_of_several_fields_are_all_named(gateway: Gateway) -> None:
    answer = gateway.call("POST", "/v1/monitors", json={"name": "", "url": "x", "interval_s": 0})
    found = problem(answer, 422, "invalid-input")
    assert [error["field"] for error in found["errors"]] == ["name", "url", "interval_s"]
    assert found["detail"].startswith("name: '' is not allowed; allowed: ")


def test_a_long_value_is_shown_cut(gateway: Gateway) -> None:
    found = fault(gateway.call("POST", "/v1/monitors", json={"name": "n" * 5000, "url": "http://a/"}), "name")
    assert len(found["value"]) == 80
