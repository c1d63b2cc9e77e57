"""Bodies that are read before it is known who sent them: bounded on every route, told or not how long they are."""

from __future__ import annotations

import json

import pytest

from ingest_api.middleware import MOST_BYTES, OWN_LIMITS
from tests.integration.gateway.reports import problem
from tests.integration.gateway.server import Gateway

BODY = json.dumps({"email": "x" * MOST_BYTES, "password": "y"}).encode()
TYPE = {"Content-Type": "application/json"}


def test_every_route_that_takes_a_body_refuses_one_that_is_too_large(gateway: Gateway) -> None:
    paths = gateway.client.get("/openapi.json").json()["paths"]
    routes = [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, methods in paths.items()
        for method, route in methods.items()
        if "application/json" in route.get("requestBody", {}).get("content", {}) and not path.startswith(OWN_LIMITS)
    ]
    assert len(routes) >= 12
    for method, path in routes:
        answer = gateway.call(method, path, None, content=BODY, headers=TYPE)
        assert answer.status_code == 413, (method, path, answer.status_code)


@pytest.mark.parametrize("told", [True, False])
def test_it_is_refused_whether_its_length_is_told_or_not(gateway: Gateway, told: bool) -> None:
    content = BODY if told else iter([BODY[:1_000_000]] * 8)
    problem(gateway.call("POST", "/v1/auth/login", None, content=content, headers=TYPE), 413, "too-large")


def test_one_that_is_not_is_read(gateway: Gateway) -> None:
    body = json.dumps({"email": "x" * 100_000 + "@localhost", "password": "y"}).encode()
    assert gateway.call("POST", "/v1/auth/login", None, content=body, headers=TYPE).status_code in {401, 422}
