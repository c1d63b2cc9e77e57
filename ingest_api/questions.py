"""Questions: what is asked about monitors' windows at the same time is read from the store together.

A question alone is read at once. What comes while others are being read waits, and is read with one statement for all
monitors that are asked about the same range. So the costs of a statement, of a connection and of a thread are shared by
many under load, as the intake does it with reports (`intake/gathering.py`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request

from ingest_api.context import Context
from vedette.errors import NotFound
from vedette.history.availability import DAY_MS, Piece
from vedette.store.check_columns import CheckColumns, Tail, read_columns
from vedette.store.check_digests import Digest, read_digests
from vedette.store.monitors import get, targets
from vedette.store.pool import Connection

FRESH_S = 5.0
"""So old an answer may be that is given again."""
_MOST_BYTES = 16 << 20
QUICK_MS = 10 * DAY_MS
"""So many days may be read as rows by who should be quick."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is read; questions of one subject differ in their monitors only.

    `digests`: of the piece that is made of days (one at most), digests may stand for the rows of the first days.
    """

    pieces: tuple[Piece, ...]
    tail: Tail
    location: str | None = None
    digests: bool = False


Targets = Mapping[int, int]
"""The Apdex target (ms) of each monitor that is asked about."""
Digests = Mapping[int, list[Digest]]
"""Of each monitor the days before the first windows of days."""
Make = Callable[[Targets, list[CheckColumns], Digests], dict[int, bytes]]
"""An answer for each of some monitors, from the pieces' windows of all of them."""


@dataclass(slots=True)
class _Asked:
    account: int
    monitor: int
    subject: Subject
    key: object
    make: Make
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
        first = self.waiting[0]
        taken = [
            asked
            for asked in self.waiting[: self.together]
            if asked.key == first.key and asked.subject == first.subject
        ]
        chosen = set(map(id, taken))
        self.waiting = [asked for asked in self.waiting if id(asked) not in chosen]
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
        self._known: OrderedDict[object, tuple[float, bytes]] = OrderedDict()
        self._bytes = 0
        self._flying: dict[object, asyncio.Future[bytes]] = {}

    async def ask(self, account: int, monitor: int, subject: Subject, key: object, make: Make) -> bytes:
        """The answer; `NotFound` if the account has no such monitor. `key` tells what `make` makes of the windows."""
        if not 0 < monitor < 1 << 63:
            raise NotFound(f"monitor {monitor} does not exist")
        full = (account, monitor, subject, key)
        known = self._known.get(full)
        if known is not None and self._context.clock.monotonic() - known[0] < FRESH_S:
            return known[1]
        flying = self._flying.get(full)
        if flying is None:
            flying = self._flying[full] = asyncio.ensure_future(self._find(account, monitor, subject, key, make))
            flying.add_done_callback(lambda found: self._landed(full, subject, found))
        # Others may wait for the same: whoever goes away must not take their answer along.
        return await asyncio.shield(flying)

    async def _find(self, account: int, monitor: int, subject: Subject, key: object, make: Make) -> bytes:
        if all(self._context.history.in_tables(tier, from_ms) for tier, from_ms, _ in subject.pieces):
            answer = asyncio.get_running_loop().create_future()
            return await self._soon(_Asked(account, monitor, subject, key, make, answer))
        return await asyncio.to_thread(self._old, account, monitor, subject, make)

    def _landed(self, key: object, subject: Subject, found: asyncio.Future[bytes]) -> None:
        del self._flying[key]
        if found.cancelled() or found.exception() is not None:
            return
        if all(tier != "1m" for tier, _, _ in subject.pieces):
            self._remember(key, found.result())

    async def _soon(self, asked: _Asked) -> bytes:
        self._put(self._quick if asked.subject.digests else self._slow, asked)
        return await asked.answer

    def _put(self, queue: _Queue, asked: _Asked) -> None:
        queue.waiting.append(asked)
        if queue.busy < queue.lanes:
            queue.busy += 1
            asyncio.get_running_loop().call_soon(self._next, queue)

    def _old(self, account: int, monitor: int, subject: Subject, make: Make) -> bytes:
        target_ms = get(self._context.store, account, monitor)["apdex_t_ms"]
        parts = [
            part
            for piece in subject.pieces
            for part in self._context.history.check_columns(account, monitor, *piece, subject.tail, subject.location)
        ]
        return make({monitor: target_ms}, parts, {})[monitor]

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
        error = found.exception()
        answers: Sequence[bytes | BaseException | None] = found.result() if error is None else [error] * len(together)
        for asked, answer in zip(together, answers, strict=True):
            if asked.answer.done():
                continue  # whoever asked went away
            if answer is None:
                self._put(self._slow, asked)
            elif isinstance(answer, bytes):
                asked.answer.set_result(answer)
            else:
                asked.answer.set_exception(answer)
        self._next(queue)

    def _answers(self, together: list[_Asked], quick: bool) -> list[bytes | Exception | None]:
        """In a thread: one answer, or what is wrong with it, for each; None for what is not quick as it should be."""
        subject = together[0].subject
        with self._context.store.connection() as connection:
            known = targets(connection, {asked.monitor for asked in together})
            theirs = {(asked.account, asked.monitor) for asked in together}
            mine = {each: known[each][1] for each in sorted(known) if (known[each][0], each) in theirs}
            monitors = list(mine)
            digests, pieces, left = _digested(connection, monitors, subject, quick)
            if left:
                mine = {each: target for each, target in mine.items() if each not in left}
                monitors = list(mine)
            parts = [
                read_columns(connection, tier, monitors, from_ms, to_ms, subject.tail, subject.location)
                for tier, from_ms, to_ms in pieces
            ]
        made = _made(together[0].make, mine, parts, digests)
        return [
            None
            if asked.monitor in left
            else made[asked.monitor]
            if asked.monitor in known and known[asked.monitor][0] == asked.account
            else NotFound(f"monitor {asked.monitor} does not exist")
            for asked in together
        ]


def _made(make: Make, targets: Targets, parts: list[CheckColumns], digests: Digests) -> Mapping[int, bytes | Exception]:
    """Answers for all; where that fails, for each by itself, so that what is wrong with one does not hit the others."""
    try:
        return make(targets, parts, digests)
    except Exception as error:  # noqa: BLE001 - it belongs to one question
        if len(targets) == 1:
            return dict.fromkeys(targets, error)
        found: dict[int, bytes | Exception] = {}
        for monitor, target_ms in targets.items():
            mine = [part.select(part.monitor == monitor) for part in parts]
            found |= _made(make, {monitor: target_ms}, mine, digests)
        return found


def _digested(
    connection: Connection, monitors: Sequence[int], subject: Subject, quick: bool
) -> tuple[Digests, list[Piece], set[int]]:
    """Digests of monitors, all up to the same day, and the pieces that are left to be read.

    Where it should be quick, those monitors are left out, and named, whose digests do not reach near the end.
    """
    for number, (tier, from_ms, to_ms) in enumerate(subject.pieces):
        if subject.digests and monitors and tier == "1d":
            found = read_digests(connection, monitors, from_ms, to_ms)
            reach = {each: found[each][-1].to_ms if each in found else from_ms for each in monitors}
            left = {each for each, reached in reach.items() if quick and to_ms - reached > QUICK_MS}
            reached = min((reach[each] for each in monitors if each not in left), default=from_ms)
            cut = {
                each: [d.between(from_ms, reached) for d in mine if d.first_ms < reached]
                for each, mine in found.items()
                if each not in left
            }
            rest: list[Piece] = [(tier, reached, to_ms)]
            return cut, [*subject.pieces[:number], *rest, *subject.pieces[number + 1 :]], left
    return {}, list(subject.pieces), set()


def questions_of(request: Request) -> Questions:
    """Those of the application that serves `request`."""
    found = request.app.state.questions
    assert isinstance(found, Questions)
    return found
