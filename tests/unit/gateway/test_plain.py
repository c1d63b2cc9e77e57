"""Plain questions are answered before the middleware: what comes out is the same, whatever goes wrong."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import httpx
import pytest
from fastapi import Request, Response

from ingest_api import problems
from ingest_api.middleware import Edge, Gateway
from ingest_api.plain import plain as ask_of_monitors
from ingest_api.plain import read_query, remembered
from vedette.errors import NotAuthenticated, NotFound
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
    if request.url.path == "/broken":
        raise RuntimeError("oh")
    del request.scope["route"]
    return None


@pytest.fixture
def app() -> Gateway:
    made = Gateway()
    made.add_middleware(Edge)
    problems.install(made)

    async def routed(name: str) -> dict[str, str]:
        assert name != "broken"  # it was asked already
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
        ("/broken", 500, "problem"),
    ],
)
def test_each_question_is_answered_by_who_can(app: Gateway, path: str, status: int, body: str) -> None:
    answer = ask(app, path)
    assert answer.status_code == status
    assert body in (answer.text if status != 500 else answer.headers["Content-Type"])
    if status != 500:  # that answer is made outside of the middleware
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert len(answer.headers.get_list("X-Frame-Options")) == 1


def test_an_answer_is_measured_once(app: Gateway) -> None:
    labels: list[dict[str, Any]] = [
        {"route": "/plain", "status": "200"},
        {"route": "/plain", "status": "404"},
        {"route": "/{name}", "status": "200"},
        {"route": "/plain", "status": "500"},
    ]
    before = [counted(**each) for each in labels]
    for path in ("/answered", "/refused", "/passed", "/broken"):
        ask(app, path)
    assert [counted(**each) for each in labels] == [each + 1 for each in before]


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_other_methods_are_not_plain(app: Gateway, method: str) -> None:
    answer = ask(app, "/answered", method)
    assert (answer.status_code, answer.text) == (200, '{"routed":"answered"}' if method == "POST" else "")


QUERIES: dict[str, tuple[bool, bool]] = {
    "": (True, True),
    "from=-1d": (True, True),
    "from=%F0%9F%98%80": (True, True),
    "from=1;to=2": (True, True),
    "from=-1d&from=-2d": (False, False),
    "colour=red": (False, False),
    "from=%00": (False, False),
    "step=60": (True, False),
    "step=06": (False, False),
    "step=0": (False, False),
    "step=": (False, False),
    "step=1%D9%A1": (False, False),
    "step=99999999": (False, False),
    "percentiles=false": (True, False),
    "percentiles=no": (False, False),
    "location=fra": (True, False),
    "location=" + "x" * 64: (False, False),
}
"""Whether a query is plain of `history`, and of `apdex`."""


@pytest.mark.parametrize("query", QUERIES)
def test_only_what_need_not_be_refused_is_plain(query: str) -> None:
    """The rest is FastAPI's, which names the field."""
    found = tuple(read_query(what, query.encode()) is not None for what in ("history", "apdex"))
    assert found == QUERIES[query]


def test_nothing_long_is_remembered_of_what_anybody_sends() -> None:
    before = remembered.cache_info().currsize
    for n in range(50):
        ask_plain(f"/v1/monitors/1/history?location={'x' * 400}{n}")
    assert remembered.cache_info().currsize == before
    ask_plain("/v1/monitors/1/history?from=-77d")
    assert remembered.cache_info().currsize == before + 1


def ask_plain(target: str) -> None:
    path, _, query = target.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode(), "headers": []}
    with contextlib.suppress(NotAuthenticated):
        asyncio.run(ask_of_monitors(Request(scope)))


@pytest.mark.parametrize("path", ["/v1/monitors/%D9%A7/apdex", "/v1/monitors/\u0667/apdex", "/v1/monitors/1/history/"])
def test_numbers_are_written_in_ascii(path: str) -> None:
    assert asyncio.run(ask_of_monitors(Request({"type": "http", "method": "GET", "path": path, "headers": []}))) is None
