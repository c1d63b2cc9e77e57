"""Questions: what is asked about monitors' windows at the same time is read from the store together.

A question alone is read at once. What comes while others are being read waits, and is read with one statement for all
monitors that are asked about the same range. So the costs of a statement, of a connection and of a thread are shared by
many under load, as the intake does it with reports (`intake/gathering.py`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from fastapi import Request

from ingest_api.context import Context
from ingest_api.subjects import Make, Subject, Work
from vedette.errors import NotFound
from vedette.store.monitors import get

FRESH_S = 5.0
"""So old an answer may be that is given again."""
_MOST_BYTES = 16 << 20


@dataclass(slots=True, eq=False)
class _Kind:
    """What is asked; those who ask the same have the same one."""

    subject: Subject
    make: Make


_MOST_KINDS = 1000


@dataclass(slots=True, eq=False)
class _Asked:
    account: int
    monitor: int
    kind: _Kind
    answer: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True)
class _Queue:
    """Questions that wait, with how many threads answer them, and how many questions one thread takes together."""

    lanes: int
    together: int
    waiting: list[_Asked] = field(default_factory=list)
    busy: int = 0

    def take(self) -> list[_Asked]:
        """The oldest question with those that are answered together with it."""
        if not self.waiting:
            return []
        kind = self.waiting[0].kind
        taken = [asked for asked in self.waiting[: self.together] if asked.kind is kind]
        chosen = set(taken)
        self.waiting = [asked for asked in self.waiting if asked not in chosen]
        return taken


class Questions:
    """Reads and answers in threads; belongs to one event loop.

    Who asks what is being found already waits for the same answer, and answers that are made of hours and days are
    remembered for `FRESH_S`: many viewers of one page cost little.
    What the tables hold no longer is read from the archive, each question by itself.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        # Out of digests an answer is made in less time than two threads need to take turns. Where many rows are read,
        # one thread waits for the store while another makes answers; and nothing quick waits behind those.
        self._quick = _Queue(1, 25)
        self._slow = _Queue(2, 12)
        self._kinds: OrderedDict[tuple[Subject, Make], _Kind] = OrderedDict()
        self._known: OrderedDict[object, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0
        self._flying: dict[object, asyncio.Future[bytes]] = {}

    async def ask(self, account: int, monitor: int, subject: Subject, make: Make) -> bytes:
        """The answer; `NotFound` if the account has no such monitor."""
        if not 0 < monitor < 1 << 63:
            raise NotFound(f"monitor {monitor} does not exist")
        kind = self._kind(subject, make)
        full = account, monitor, kind
        known = self._known.get(full)
        if known is not None and self._context.clock.monotonic() - known[0] < FRESH_S:
            return known[1]
        flying = self._flying.get(full)
        if flying is None:
            flying = self._flying[full] = self._find(account, monitor, kind)
            flying.add_done_callback(lambda found: self._landed(full, subject, found))
        # Others may wait for the same: whoever goes away must not take their answer along.
        return await asyncio.shield(flying)

    def _kind(self, subject: Subject, make: Make) -> _Kind:
        key = subject, make
        found = self._kinds.get(key)
        if found is not None:
            self._kinds.move_to_end(key)
            return found
        if len(self._kinds) >= _MOST_KINDS:
            self._kinds.popitem(last=False)  # who asks the same once more is answered once more
        found = self._kinds[key] = _Kind(subject, make)
        return found

    def _find(self, account: int, monitor: int, kind: _Kind) -> asyncio.Future[bytes]:
        if all(self._context.history.in_tables(tier, from_ms) for tier, from_ms, _ in kind.subject.pieces):
            asked = _Asked(account, monitor, kind)
            self._put(self._quick if kind.subject.digests else self._slow, asked)
            return asked.answer
        return asyncio.ensure_future(asyncio.to_thread(self._old, account, monitor, kind))

    def _landed(self, key: object, subject: Subject, found: asyncio.Future[bytes]) -> None:
        del self._flying[key]
        if found.cancelled() or found.exception() is not None:
            return
        if all(tier != "1m" for tier, _, _ in subject.pieces):
            self._remember(key, found.result())

    def _put(self, queue: _Queue, asked: _Asked) -> None:
        queue.waiting.append(asked)
        if queue.busy < queue.lanes:
            queue.busy += 1
            asyncio.get_running_loop().call_soon(self._next, queue)

    def _old(self, account: int, monitor: int, kind: _Kind) -> bytes:
        subject = kind.subject
        target_ms = get(self._context.store, account, monitor)["apdex_t_ms"]
        parts = [
            part
            for piece in subject.pieces
            for part in self._context.history.check_columns(account, monitor, *piece, subject.tail, subject.location)
        ]
        return kind.make({monitor: target_ms}, parts, {})[monitor]

    def _remember(self, key: object, answer: bytes) -> None:
        old = self._known.pop(key, None)
        self._bytes += len(answer) - (0 if old is None else len(old[1]))
        self._known[key] = self._context.clock.monotonic(), answer
        while self._bytes > _MOST_BYTES:
            self._bytes -= len(self._known.popitem(last=False)[1][1])

    def _next(self, queue: _Queue) -> None:
        together = queue.take()
        if not together:
            queue.busy -= 1
            return
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(None, self._answers, together, queue is self._quick)
        done.add_done_callback(lambda found: self._settle(queue, together, found))

    def _settle(
        self, queue: _Queue, together: list[_Asked], found: asyncio.Future[list[bytes | Exception | None]]
    ) -> None:
        try:
            error = found.exception()
            answers: Sequence[bytes | BaseException | None] = (
                found.result() if error is None else [error] * len(together)
            )
            for asked, answer in zip(together, answers, strict=True):
                if asked.answer.done():
                    continue  # whoever asked went away
                if answer is None:
                    self._put(self._slow, asked)
                elif isinstance(answer, bytes):
                    asked.answer.set_result(answer)
                elif isinstance(answer, StopIteration):  # a future refuses to raise that
                    asked.answer.set_exception(RuntimeError(repr(answer)))
                else:
                    asked.answer.set_exception(answer)
        finally:
            self._next(queue)

    def _answers(self, together: list[_Asked], quick: bool) -> list[bytes | Exception | None]:
        """In a thread."""
        asked = tuple((each.account, each.monitor) for each in together)
        kind = together[0].kind
        return Work(asked, kind.subject, kind.make, quick).answers(self._context.store)


def questions_of(request: Request) -> Questions:
    """Those of the application that serves `request`."""
    found = request.app.state.questions
    assert isinstance(found, Questions)
    return found
