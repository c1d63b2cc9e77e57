"""The response of a realtime stream: shared bytes, written as they come."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from ingest_api.protocol import DIRECT
from ingest_api.realtime.tail import RealtimeTail
from ingest_api.realtime.viewer import Viewer
from vedette.clock import Clock
from vedette.errors import VedetteError


class RealtimeStream(Response):
    """Server-sent events of one session to one viewer, until either is gone."""

    def __init__(
        self,
        tail: RealtimeTail,
        clock: Clock,
        session: str,
        account: int,
        *,
        about: bytes,
        since: int | None,
        good: Callable[[], Awaitable[bool]],
    ) -> None:
        self.status_code = 200
        self.background = None
        self._tail, self._clock, self._session, self._account = tail, clock, session, account
        self._about, self._since, self._good = about, since, good
        self.init_headers({"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the session ends, the viewer leaves, or it takes nothing for too long."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        viewer = Viewer(self._good, asyncio.current_task())
        leaving = asyncio.ensure_future(_gone(receive))
        leaving.add_done_callback(lambda _: viewer.drop())
        try:
            # Viewers that come again spread out, so that a restart of the gateway is not met by all at once.
            retry = f"retry: {random.randint(1000, 3000)}\n\n".encode()  # noqa: S311 - not a secret
            await send(_body(retry + self._about, more=True))
            viewer.direct = scope.get(DIRECT)  # from here on the head has been sent
            if viewer.direct is not None:
                viewer.direct.narrow()
            try:
                await self._tail.enter(self._session, self._account, viewer, self._since)
            except VedetteError:
                viewer.end()  # the log is away, or we stop: it comes again
            while (data := await viewer.take()) is not None:
                viewer.blocked_since = self._clock.monotonic()
                await send(_body(data, more=True))
                viewer.blocked_since = None
            await send(_body(b"", more=False))
        except asyncio.CancelledError:
            if not viewer.is_stuck:
                raise
        finally:
            leaving.cancel()
            self._tail.leave(self._session, viewer)


def _body(data: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
