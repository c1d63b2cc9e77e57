"""Plain questions are answered before the middleware: what comes out is the same, whatever goes wrong."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from fastapi import Request, Response

from ingest_api import problems
from ingest_api.middleware import Edge, Gateway
from vedette.errors import NotFound
from vedette.telemetry import metrics


class Route:
    """As a route is known to the metrics."""

    path = "/plain"


async def plain(request: Request) -> Response | None:
    """Answers, refuses, breaks or passes on, as the path says."""
    request.scope["route"] = Route
    if request.url.path == "/answered":
        return Response(b"plain", media_type="text/plain")
    if request.url.path == "/refused":
        raise NotFound("there is none")
    if request.url.path in {"/broken", "/broken-for-good"}:
        raise RuntimeError("oh")
    del request.scope["route"]
    return None


@pytest.fixture
def app() -> Gateway:
    made = Gateway()
    made.add_middleware(Edge)
    problems.install(made)

    async def routed(name: str) -> dict[str, str]:
        if name == "broken-for-good":
            raise RuntimeError("oh")
        return {"routed": name}

    made.add_api_route("/{name}", routed, methods=["GET", "HEAD", "POST"])
    made.plain = plain
    return made


def ask(app: Gateway, path: str, method: str = "GET") -> httpx.Response:
    async def script() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            return await client.request(method, path)

    return asyncio.run(script())


def counted(**labels: str) -> float:
    return metrics().registry.get_sample_value("vedette_http_requests_total", labels) or 0.0


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/answered", 200, "plain"),
        ("/refused", 404, "there is none"),
        ("/passed", 200, '{"routed":"passed"}'),
        ("/broken", 200, '{"routed":"broken"}'),
        ("/broken-for-good", 500, "oh"),
    ],
)
def test_each_question_is_answered_by_who_can(app: Gateway, path: str, status: int, body: str) -> None:
    answer = ask(app, path)
    assert answer.status_code == status
    assert body in answer.text or status == 500
    if status != 500:  # that answer is made outside of the middleware
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert len(answer.headers.get_list("X-Frame-Options")) == 1


def test_an_answer_is_measured_once(app: Gateway) -> None:
    labels: list[dict[str, Any]] = [
        {"route": "/plain", "status": "200"},
        {"route": "/plain", "status": "404"},
        {"route": "/{name}", "status": "200"},
    ]
    before = [counted(**each) for each in labels]
    for path in ("/answered", "/refused", "/passed"):
        ask(app, path)
    assert [counted(**each) for each in labels] == [each + 1 for each in before]


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_other_methods_are_not_plain(app: Gateway, method: str) -> None:
    answer = ask(app, "/answered", method)
    assert (answer.status_code, answer.text) == (200, '{"routed":"answered"}' if method == "POST" else "")
