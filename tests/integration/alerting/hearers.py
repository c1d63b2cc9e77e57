"""Receivers in this process, which ignore keys that they have seen, and alert workers that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import httpx
import msgspec

from alerting.deliveries import AT_ONCE
from alerting.worker import AlertWorker
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.settings import AlertWorkerSettings
from vedette.store.pool import Store

Mood = Literal["well", "busy", "refuses", "loses the answer", "never gets it", "hangs", "worker dies", "dies before"]
MOODS: tuple[Mood, ...] = (
    *("well", "busy", "refuses", "loses the answer", "never gets it", "hangs", "worker dies", "dies before"),
)
LEASE_S = 600.0
"""By the fake clock. An attempt that hangs outlives it if enough time is let pass: its process had stopped."""


@dataclass(frozen=True)
class Heard:
    """What a receiver took of one alert: the event (of an update, which), its key, and when (ms UTC)."""

    alert: str
    event: str
    key: str
    at_ms: int


class _Words(httpx.AsyncByteStream):
    """A body that is read as it comes."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"said"


class Hearers:
    """All receivers. `books` are what each has heard, by the first part of its URL's host, in order."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.books: dict[str, list[Heard]] = {}
        self.hanging: list[asyncio.Future[bool]] = []
        self.again = 0
        """Requests whose key was known."""

    def note(self, request: httpx.Request) -> None:
        """Take a request, unless its key is known."""
        book, key = self.books.setdefault(request.url.host, []), request.headers["Idempotency-Key"]
        if any(one.key == key for one in book):
            self.again += 1
            return
        body: dict[str, Any] = msgspec.json.decode(request.content)
        event = body.get("update", body["event"])
        told = body.get("alerts") or [body["alert"]]
        book += [Heard(one["id"], event, key, self._clock.now_ms()) for one in told]

    async def answer(self, request: httpx.Request, mood: Mood, worker: Mortal) -> httpx.Response:
        """Answer as one is in the `mood`."""
        if mood == "dies before":
            worker.kill()
        if mood in {"never gets it", "dies before"}:
            raise httpx.ConnectError("nobody listens")
        if mood in {"busy", "refuses"}:
            return httpx.Response(503 if mood == "busy" else 429, stream=_Words())
        if mood == "hangs":
            # On its way for as long as it likes; at last it comes, or does not.
            hanging = asyncio.get_running_loop().create_future()
            self.hanging.append(hanging)
            worker.hanging += 1
            try:
                arrives = await hanging
            finally:
                worker.hanging -= 1
            if not arrives:
                raise httpx.ReadError("cut off")
        self.note(request)
        if mood == "worker dies":
            worker.kill()
        if mood != "well" and mood != "hangs":
            raise httpx.ReadTimeout("no answer")
        return httpx.Response(200, stream=_Words())


class Mortal:
    """An alert worker which, once it is killed, tells the database nothing more, whatever its requests come to."""

    def __init__(self, store: Store, clock: FakeClock, hearers: Hearers) -> None:
        self.dead, self.hanging, self._store, self._hearers = False, 0, store, hearers
        self._moods: list[Mood] = []
        settings = AlertWorkerSettings.load(
            dsn="postgresql://unused", allow_private=True, lease_s=LEASE_S, timeout_s=300
        )
        self._worker = AlertWorker(self, clock, random.Random(1), settings)  # type: ignore[arg-type] - a store to it
        self._client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer))

    def __getattr__(self, name: str) -> Any:
        """What the worker wants of its store."""
        if self.dead:
            raise StoreUnavailable("killed")
        return getattr(self._store, name)

    def kill(self) -> None:
        """From now on it does nothing that anybody could see."""
        self.dead = True

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        mood = self._moods.pop(0) if self._moods else "well"
        return await self._hearers.answer(request, mood, self)

    async def work(self, moods: list[Mood], rounds: int = 1) -> int:
        """Look after what is due and deliver it; receivers are in these moods, one for each request, and then well."""
        self._moods, taken = list(moods), 0
        for _ in range(rounds):
            await self._worker.keep()
            found = await self._worker.take(self._client)
            taken += found
            await self.settle()
            if not found or self.dead:
                break
        return taken

    async def settle(self) -> None:
        """Until all that does not hang is done."""
        while self._worker._deliveries.free < AT_ONCE - self.hanging:  # noqa: ASYNC110 - the worker's own
            await asyncio.sleep(0.0005)

    async def end(self) -> None:
        """Let go of what it holds."""
        await self._client.aclose()
        self._worker._threads.shutdown()


@contextlib.contextmanager
def loop() -> Iterator[asyncio.EventLoop]:
    """An event loop that stands still between calls."""
    made = asyncio.new_event_loop()
    try:
        yield made
    finally:
        made.close()
