"""Questions: what is asked about monitors' windows at the same time is read from the store together.

A question alone is read at once. What comes while others are being read waits, and is read with one statement for all
monitors that are asked about the same range. So the costs of a statement, of a connection and of a thread are shared by
many under load, as the intake does it with reports (`intake/gathering.py`).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fastapi import Request

from ingest_api.availability import Piece
from ingest_api.context import Context
from vedette.errors import NotFound
from vedette.store.check_columns import CheckColumns, Tail, read_columns
from vedette.store.check_digests import Digest, read_digests
from vedette.store.monitors import get, targets
from vedette.store.pool import Connection

MOST_TOGETHER = 12
LANES = 2
"""While one thread waits for the store, another makes answers."""
FRESH_S = 5.0
"""So old an answer may be that is given again."""
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, slots=True)
class Subject:
    """What is read; questions of one subject differ in their monitors only.

    `digests`: of the piece that is made of days (one at most), digests may stand for the rows of the first days.
    """

    pieces: tuple[Piece, ...]
    tail: Tail
    location: str | None = None
    digests: bool = False


Make = Callable[[list[CheckColumns], list[Digest], int], bytes]
"""An answer from the pieces' windows, the digests of the days before those, and the monitor's target (ms)."""


@dataclass(slots=True)
class _Asked:
    account: int
    monitor: int
    subject: Subject
    make: Make
    answer: asyncio.Future[bytes] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Questions:
    """Reads and answers in threads; belongs to one event loop.

    Who asks what is being found already waits for the same answer, and answers that are made of hours and days are
    remembered for `FRESH_S`: many viewers of one page cost little.
    What the tables hold no longer is read from the archive, each question by itself.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: list[_Asked] = []
        self._busy = 0
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
            flying = self._flying[full] = asyncio.ensure_future(self._find(account, monitor, subject, make))
            flying.add_done_callback(lambda found: self._landed(full, subject, found))
        # Others may wait for the same: whoever goes away must not take their answer along.
        return await asyncio.shield(flying)

    async def _find(self, account: int, monitor: int, subject: Subject, make: Make) -> bytes:
        if all(self._context.history.in_tables(tier, from_ms) for tier, from_ms, _ in subject.pieces):
            answer = asyncio.get_running_loop().create_future()
            return await self._soon(_Asked(account, monitor, subject, make, answer))
        return await asyncio.to_thread(self._old, account, monitor, subject, make)

    def _landed(self, key: object, subject: Subject, found: asyncio.Future[bytes]) -> None:
        del self._flying[key]
        if found.cancelled() or found.exception() is not None:
            return
        if all(tier != "1m" for tier, _, _ in subject.pieces):
            self._remember(key, found.result())

    async def _soon(self, asked: _Asked) -> bytes:
        self._waiting.append(asked)
        if self._busy < LANES:
            self._busy += 1
            asyncio.get_running_loop().call_soon(self._next)
        return await asked.answer

    def _old(self, account: int, monitor: int, subject: Subject, make: Make) -> bytes:
        target_ms = get(self._context.store, account, monitor)["apdex_t_ms"]
        parts = [
            part
            for piece in subject.pieces
            for part in self._context.history.check_columns(account, monitor, *piece, subject.tail, subject.location)
        ]
        return make(parts, [], target_ms)

    def _remember(self, key: object, answer: bytes) -> None:
        old = self._known.pop(key, None)
        self._bytes += len(answer) - (0 if old is None else len(old[1]))
        self._known[key] = self._context.clock.monotonic(), answer
        while self._bytes > _MOST_BYTES:
            self._bytes -= len(self._known.popitem(last=False)[1][1])

    def _next(self) -> None:
        together = [asked for asked in self._waiting[:MOST_TOGETHER] if asked.subject == self._waiting[0].subject]
        if not together:
            self._busy -= 1
            return
        chosen = set(map(id, together))
        self._waiting = [asked for asked in self._waiting if id(asked) not in chosen]
        loop = asyncio.get_running_loop()
        done = loop.run_in_executor(None, self._answers, together)
        done.add_done_callback(lambda found: self._settle(together, found))

    def _settle(self, together: list[_Asked], found: asyncio.Future[list[bytes | Exception]]) -> None:
        error = found.exception()
        answers: Sequence[bytes | BaseException] = found.result() if error is None else [error] * len(together)
        for asked, answer in zip(together, answers, strict=True):
            if asked.answer.done():
                continue  # whoever asked went away
            if isinstance(answer, bytes):
                asked.answer.set_result(answer)
            else:
                asked.answer.set_exception(answer)
        self._next()

    def _answers(self, together: list[_Asked]) -> list[bytes | Exception]:
        """In a thread: one answer, or what is wrong with it, for each."""
        subject = together[0].subject
        monitors = sorted({asked.monitor for asked in together})
        with self._context.store.connection() as connection:
            known = targets(connection, monitors)
            digests, pieces = _digested(connection, monitors, subject)
            parts = [
                read_columns(connection, tier, monitors, from_ms, to_ms, subject.tail, subject.location)
                for tier, from_ms, to_ms in pieces
            ]
        of_each = [part.by_monitor() for part in parts]
        found: list[bytes | Exception] = []
        for asked in together:
            account, target_ms = known.get(asked.monitor, (None, 0))
            if account != asked.account:
                found.append(NotFound(f"monitor {asked.monitor} does not exist"))
                continue
            mine = [each.get(asked.monitor, part.none()) for each, part in zip(of_each, parts, strict=True)]
            try:
                found.append(asked.make(mine, digests.get(asked.monitor, []), target_ms))
            except Exception as error:  # noqa: BLE001 - it belongs to this question, not to the others
                found.append(error)
        return found


def _digested(
    connection: Connection, monitors: Sequence[int], subject: Subject
) -> tuple[dict[int, list[Digest]], list[Piece]]:
    """Digests of all of these monitors up to the same day, and the pieces that are left to be read."""
    for number, (tier, from_ms, to_ms) in enumerate(subject.pieces):
        if subject.digests and tier == "1d":
            found = read_digests(connection, monitors, from_ms, to_ms)
            reached = min(found[each][-1].to_ms if each in found else from_ms for each in monitors)
            if reached == from_ms:
                break
            cut = {
                each: [d.between(from_ms, reached) for d in mine if d.first_ms < reached]
                for each, mine in found.items()
            }
            rest: list[Piece] = [(tier, reached, to_ms)]
            return cut, [*subject.pieces[:number], *rest, *subject.pieces[number + 1 :]]
    return {}, list(subject.pieces)


def questions_of(request: Request) -> Questions:
    """Those of the application that serves `request`."""
    found = request.app.state.questions
    assert isinstance(found, Questions)
    return found
