"""What stands in for the gateway and the time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from vedette_client.message import Message


class Time:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def now_ms(self) -> int:
        return 1_700_000_000_000 + round(self.now * 1000)

    def monotonic(self) -> float:
        return self.now


class Gateway:
    """A transport that keeps what it is given, unless `answer` raises; it drops what it has seen, as the real one."""

    def __init__(self, answer: Callable[[Message], Any] = lambda message: None) -> None:
        self.answer = answer
        self.tried: list[tuple[str | None, int | None]] = []
        self.bodies: list[dict[str, Any]] = []
        self.closed = False
        self._seen: set[tuple[str | None, int | None]] = set()

    def send(self, message: Message) -> list[str]:
        self.tried.append((message.epoch, message.seq))
        self.answer(message)
        self.take(message)
        return []

    def take(self, message: Message) -> None:
        if (message.epoch, message.seq) not in self._seen:
            self._seen.add((message.epoch, message.seq))
            self.bodies.append(msgspec.json.decode(message.wire()))

    def forked(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    def column(self, name: str) -> list[Any]:
        """All values of a feature, in the order of arrival."""
        return [value for body in self.bodies for value in body.get("columns", {}).get(name, [])]
