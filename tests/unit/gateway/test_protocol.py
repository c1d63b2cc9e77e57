"""The gateway's transport: what is written in one turn of the loop leaves together, in order, before a close."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
import uvloop

from ingest_api.protocol import GatewayProtocol, Gathering


class Wrapped:
    """A transport that notes what happens to it."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def write(self, data: bytes) -> None:
        self.seen.append(data)

    def close(self) -> None:
        self.seen.append("closed")

    def is_closing(self) -> bool:
        return "closed" in self.seen


def seen_of(script: Callable[[Gathering], Awaitable[None]]) -> list[Any]:
    """What a transport was asked for while `script` ran, and in the turn after it."""
    wrapped = Wrapped()

    async def run() -> None:
        await script(Gathering(wrapped))  # type: ignore[arg-type]  # as much of a transport as is used
        await asyncio.sleep(0)

    asyncio.run(run())
    return wrapped.seen


def test_head_and_body_leave_together() -> None:
    async def answer(transport: Gathering) -> None:
        transport.write(b"head ")
        transport.write(b"body")

    assert seen_of(answer) == [b"head body"]


def test_a_stream_s_events_leave_as_they_come() -> None:
    async def stream(transport: Gathering) -> None:
        for event in (b"one", b"two"):
            transport.write(event)
            await asyncio.sleep(0)

    assert seen_of(stream) == [b"one", b"two"]


def test_what_was_written_leaves_before_the_end() -> None:
    async def end(transport: Gathering) -> None:
        transport.write(b"last words")
        transport.close()
        assert transport.is_closing()

    assert seen_of(end) == [b"last words", "closed"]


def test_much_is_sent_at_once() -> None:
    async def stream(transport: Gathering) -> None:
        transport.write(bytes(1000))
        transport.write(bytes(100_000))
        transport.write(b"end")

    assert [len(part) for part in seen_of(stream)] == [101_000, 3]


def test_a_client_that_has_said_all_still_gets_its_answer() -> None:
    """With the real server and event loop: the client ends its side at once, as `nc -N` does."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async def ask(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        writer.write_eof()
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    async def run() -> list[bytes]:
        config = uvicorn.Config(app, http=GatewayProtocol, port=0, lifespan="off", log_level="warning")
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup()
        port = server.servers[0].sockets[0].getsockname()[1]
        answers = [await ask(port) for _ in range(20)]
        await server.shutdown()
        return answers

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        answers = runner.run(run())
    assert [answer.endswith(b"ok") for answer in answers] == [True] * 20
