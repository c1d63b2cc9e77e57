"""Middleware: what every request passes on its way to its route, and the short way to the busiest ones."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ingest_api.problems import of_error
from vedette.errors import TooLarge, VedetteError
from vedette.telemetry import metrics

_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    ),
]


def _measure(scope: Scope, status: int, started: float) -> None:
    """Note that a request was answered."""
    route = getattr(scope.get("route"), "path", "other")
    metrics().count("vedette_http_requests_total", route=route, status=str(status))
    metrics().observe("vedette_http_seconds", time.perf_counter() - started, route=route)


_FAILED = "vedette.failed"
"""Under this name a request's scope holds what plain answering raised, and since when the request is measured."""


class Edge:
    """Adds security headers to every response that has none of its own, and measures up to the response's head."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything but HTTP through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        failure, started = scope.get(_FAILED, (None, time.perf_counter()))
        answered = False

        def measure(status: int) -> None:
            nonlocal answered
            answered = True
            _measure(scope, status, started)

        async def edged(message: Message) -> None:
            if message["type"] == "http.response.start":
                measure(message["status"])
                own = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in _HEADERS if one[0] not in own)]
            await send(message)

        try:
            if failure is not None:
                raise failure
            await self._app(scope, receive, edged)
        except Exception:
            # The answer to this is made further out, by Starlette itself.
            if not answered:
                measure(500)
            raise


MOST_BYTES = 4 << 20
OWN_LIMITS = ("/v1/ingest/", "/v1/monitors/import", "/v1/ping/", "/v1/realtime/frames", "/v1/features")
REFERENCES = re.compile(r"/v1/models/\d+/references")
"""Below these, bodies are read by who knows how long they may be."""


def _has_own_limit(path: str) -> bool:
    return path.startswith(OWN_LIMITS) or REFERENCES.fullmatch(path) is not None


class Bounded:
    """Refuses bodies above `MOST_BYTES`: the framework reads them whole before it is known who sent them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer at once where the length is told; else count."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"} or _has_own_limit(scope["path"]):
            await self._app(scope, receive, send)
            return
        told = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if told.isdigit() and int(told) > MOST_BYTES:
            await of_error(TooLarge("the request's body", MOST_BYTES))(scope, receive, send)
            return
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > MOST_BYTES:
                raise HTTPException(413, f"the request's body is longer than {MOST_BYTES} bytes")
            return message

        await self._app(scope, counted, send)


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A route that is found by its path alone and takes nothing but the request."""

    path: str
    handle: Callable[[Request], Awaitable[Response]]


class Shortcuts:
    """Leads POST requests straight to the intake: finding a route and solving its dependencies costs FastAPI more than
    reading a report. The same functions are FastAPI's routes too, for the document and for other methods."""

    def __init__(self, app: ASGIApp, shortcuts: list[Shortcut]) -> None:
        self._app = app
        self._by_path = {shortcut.path: shortcut for shortcut in shortcuts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        shortcut = self._by_path.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if shortcut is None:
            await self._app(scope, receive, send)
            return
        scope["route"] = shortcut
        try:
            response = await shortcut.handle(Request(scope, receive, send))
        except VedetteError as error:
            response = of_error(error)
        await response(scope, receive, send)


class Gateway(FastAPI):
    """The application. Plain questions (see `plain`) are answered before all of its middleware."""

    plain: Callable[[Request], Awaitable[Response | None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or do as FastAPI does."""
        if scope["type"] != "http" or scope["method"] != "GET" or self.plain is None:
            await super().__call__(scope, receive, send)
            return
        started = time.perf_counter()
        scope["app"] = self
        try:
            response = await self.plain(Request(scope, receive, send))
        except VedetteError as error:
            response = of_error(error)
        except Exception as error:  # noqa: BLE001 - it is raised again where FastAPI knows what is to be done about it
            scope[_FAILED] = error, started
            response = None
        if response is None:
            await super().__call__(scope, receive, send)
            return
        _measure(scope, response.status_code, started)
        headers = [*response.raw_headers, *_HEADERS]
        await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
