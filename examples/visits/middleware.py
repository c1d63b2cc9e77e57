"""Middleware for FastAPI and Starlette: records what a route is asked and answers; the route knows nothing of it."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vedette_client import Recorder


class RecordPredictions:
    """Records each JSON object that is posted to `path` and answered with 200 and a JSON object with `prediction`.

    `id` is the request's `X-Request-ID`, if it has one. `time_header` names a header with the row's time in
    milliseconds UTC: for replays only, since whoever asks sets it.
    """

    def __init__(self, app: ASGIApp, recorder: Recorder, path: str, time_header: str | None = None) -> None:
        self._app, self._recorder, self._path, self._time_header = app, recorder, path, time_header

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on as it is; keep a copy of what belongs to a prediction."""
        if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        asked, answered, status = bytearray(), bytearray(), 0

        async def received() -> Message:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def sent(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            answered.extend(message.get("body", b""))
            await send(message)

        await self._app(scope, received, sent)
        if status == 200:
            self._record(Headers(scope=scope), _object(asked), _object(answered))

    def _record(self, headers: Headers, features: dict[str, Any] | None, answer: dict[str, Any] | None) -> None:
        if features is None or answer is None or "prediction" not in answer:
            return
        at = headers.get(self._time_header, "") if self._time_header else ""
        ts = int(at) if at.isdecimal() else None
        self._recorder.record(features, prediction=answer["prediction"], id=headers.get("x-request-id"), ts=ts)


def _object(body: bytes | bytearray) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
