"""Asking: GET requests over connections that stay open, by a client that costs little beside what it measures.

(httpx takes about a millisecond of CPU a request, more than the server's answer here may cost.)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator


class Line:
    """One connection; one request at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._reader, self._writer, self._token = reader, writer, token

    @classmethod
    async def open(cls, port: int, token: str) -> Line:
        """Connect to a server on this machine."""
        return cls(*await asyncio.open_connection("127.0.0.1", port), token)

    async def get(self, path: str) -> bytes:
        """The body of the answer, read to its end; `RuntimeError` unless it is a 200."""
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._token}\r\n\r\n"
        self._writer.write(head.encode())
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in answer.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        body = await self._reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"{answer.decode()}{body[:200].decode()}")
        return body

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def ask_on(port: int, token: str, paths: Iterator[str], parallel: int, count: int) -> list[float]:
    """Seconds of each of `count` answers: `parallel` connections, each asking again as soon as it is answered."""
    times: list[float] = []
    left = iter(range(count))
    lines = [await Line.open(port, token) for _ in range(parallel)]

    async def one(line: Line) -> None:
        for _ in left:
            begin = time.perf_counter()
            await line.get(next(paths))
            times.append(time.perf_counter() - begin)

    await asyncio.gather(*map(one, lines))
    for line in lines:
        line.close()
    return times


async def ask_at_once(port: int, token: str, paths: Iterator[str], parallel: int, rounds: int) -> list[float]:
    """Seconds of each answer: `parallel` requests sent at the same moment, again when all were answered."""
    times: list[float] = []
    lines = [await Line.open(port, token) for _ in range(parallel)]

    async def one(line: Line, clock: Callable[[], float], begin: float) -> None:
        await line.get(next(paths))
        times.append(clock() - begin)

    for _ in range(rounds):
        begin = time.perf_counter()
        await asyncio.gather(*(one(line, time.perf_counter, begin) for line in lines))
    for line in lines:
        line.close()
    return times
