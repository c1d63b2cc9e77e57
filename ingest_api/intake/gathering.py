"""Gathering: reports of requests that arrive together travel through the log as blocks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future

from xxhash import xxh3_64_intdigest

from vedette.errors import Overloaded
from vedette.events.codec import encode_block, encode_packed
from vedette.events.samples import PackedSamples
from vedette.events.topics import SAMPLES
from vedette.log import Log, Message

MAX_BLOCK_BYTES = 512 << 10
"""About so large is a block at most, but for a single report: larger ones only make a reader wait."""
_ROW_BYTES = 64
"""What a report takes beside its values, its source and its layout."""

Lane = tuple[int, int]
"""Account and partition: what the reports of a block have in common."""


class Gatherer:
    """Writes reports to the log, and tells each caller when its own are there.

    While nothing is on its way to the log, reports go at once; what comes meanwhile goes together when that has
    arrived. So a lonely report waits for nothing, and under load many share one message. At most `max_waiting` bytes
    wait here, beside what waits in the log's own buffer. One event loop only.
    """

    def __init__(self, log: Log, max_waiting: int) -> None:
        self._log = log
        self._max = max_waiting
        self._partitions = log.partitions(SAMPLES.name)
        self._waiting: dict[Lane, list[PackedSamples]] = {}
        self._bytes = 0
        self._done: asyncio.Future[None] | None = None
        """What those wait for whose reports will go with the next write."""
        self._writing = False

    async def write(self, batches: Sequence[PackedSamples]) -> None:
        """Return when the log has the batches (one account's); `Overloaded` if there is no room for them."""
        if not batches:
            return
        size = sum(len(batch.values) + len(batch.layout) for batch in batches)
        if self._bytes and self._bytes + size > self._max:
            raise Overloaded(f"{self._bytes} bytes wait for the log; try again")
        self._bytes += size
        for batch in batches:
            lane = batch.account, xxh3_64_intdigest(batch.source.encode()) % self._partitions
            self._waiting.setdefault(lane, []).append(batch)
        if self._done is None:
            self._done = asyncio.get_running_loop().create_future()
        done = self._done
        if not self._writing:
            self._writing = True
            asyncio.get_running_loop().call_soon(self._flush)
        # Whoever goes away must not take the others' future along.
        await asyncio.shield(done)

    def _flush(self) -> None:
        waiting, done = self._waiting, self._done
        if done is None:
            self._writing = False
            return
        self._waiting, self._done, self._bytes = {}, None, 0
        try:
            written = self._log.produce(SAMPLES.name, messages_of(waiting))
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must learn of it
            self._settle(done, error)
            return
        loop = asyncio.get_running_loop()
        written.add_done_callback(lambda found: loop.call_soon_threadsafe(self._settle, done, _failure(found)))

    def _settle(self, done: asyncio.Future[None], error: BaseException | None) -> None:
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
            done.exception()  # everybody may have gone away; that is nobody's mistake
        self._flush()


def _failure(written: Future[None]) -> BaseException | None:
    return Overloaded("the log was closed") if written.cancelled() else written.exception()


def messages_of(waiting: dict[Lane, list[PackedSamples]]) -> list[Message]:
    """Blocks of what waits, none of them too large, and single batches where nothing else goes their way."""
    messages: list[Message] = []
    for (account, _), batches in waiting.items():
        block: list[PackedSamples] = []
        layouts: set[bytes] = set()
        size = 0
        for batch in batches:
            more = len(batch.values) + len(batch.source) + _ROW_BYTES
            more += 0 if batch.layout in layouts else len(batch.layout)
            if block and size + more > MAX_BLOCK_BYTES:
                messages.append(_message(account, block))
                block, layouts, size = [], set(), 0
            block.append(batch)
            layouts.add(batch.layout)
            size += more
        messages.append(_message(account, block))
    return messages


def _message(account: int, batches: list[PackedSamples]) -> Message:
    # Its key is one of its sources: they all have the same partition.
    value = encode_packed(batches[0]) if len(batches) == 1 else encode_block(account, batches)
    return Message(batches[0].source.encode(), value)
