"""The realtime tail: reads `vedette.realtime` while anybody looks on, and hands each session's frames to its feed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import msgspec

from ingest_api.realtime.feed import RING_MS, Feed
from ingest_api.realtime.viewer import Viewer, piece
from ingest_api.stream.events import frame
from vedette.clock import Clock
from vedette.errors import Unavailable, VedetteError
from vedette.events.topics import REALTIME
from vedette.log import Log, Record
from vedette.telemetry import get_logger, metrics

T = TypeVar("T")
BLOCKED_S = 10.0
"""A viewer that takes nothing for so long is let go."""
TICK_S = 10.0
LINGER_S = 30.0
"""A feed without viewers stays so long: whoever reloads the page finds its last two minutes."""
_POLL_S = 0.015
_LOOK_S = 0.5
_BATCH = 2_000
_MOST_BEFORE = 50_000
_AFTER_FAULT_S = 1.0


class RealtimeTail:
    """The feeds of this gateway. Runs on one event loop; the log is read in threads."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self.feeds: dict[str, Feed] = {}
        self._left_at: dict[str, float] = {}
        self._positions: list[int] = []
        self._wanted = asyncio.Event()
        self._entering: dict[str, asyncio.Lock] = {}
        self._beginning = asyncio.Lock()
        self._closing = False
        # Threads of its own: those of the loop may all be waiting for a database that is away.
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="realtime")
        self._logger = get_logger("realtime")

    async def enter(self, session: str, account: int, viewer: Viewer, since: int | None) -> None:
        """Let `viewer` look on at a session of `account`; raises `Unavailable` while the log is away, or we stop."""
        async with self._entering.setdefault(session, asyncio.Lock()):
            if viewer.over:
                return
            feed = self.feeds.get(session)
            if feed is None:
                try:
                    if not self._positions:
                        await self._begin()
                    feed = self.feeds[session] = Feed(session, account)
                    self._wanted.set()
                    feed.begin(await self._in_thread(partial(self._before, session, list(self._positions))))
                except BaseException:
                    self._drop(session)
                    raise
        if self._closing:
            raise Unavailable("this gateway stops")
        viewer.next_tick = self._clock.monotonic()
        self._left_at.pop(session, None)
        feed.join(viewer, since)
        metrics().set("vedette_realtime_viewers", self.viewers())

    async def _begin(self) -> None:
        """Be at the log's end."""
        async with self._beginning:
            if not self._positions:
                self._positions = await self._in_thread(self._ends)

    async def _in_thread(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def leave(self, session: str, viewer: Viewer) -> None:
        """Forget a viewer."""
        feed = self.feeds.get(session)
        if feed is not None:
            feed.viewers.discard(viewer)
            if not feed.viewers:
                self._left_at[session] = self._clock.monotonic()
        metrics().set("vedette_realtime_viewers", self.viewers())

    def viewers(self) -> int:
        """How many look on here, at all sessions together."""
        return sum(len(feed.viewers) for feed in self.feeds.values())

    def watched(self) -> list[str]:
        """The sessions that somebody looks on at here."""
        return [session for session, feed in self.feeds.items() if feed.viewers]

    def end_all(self) -> None:
        """End every stream: the gateway stops. Viewers come again, elsewhere if need be."""
        self._closing = True
        for feed in self.feeds.values():
            for viewer in feed.viewers:
                viewer.end()

    def close(self) -> None:
        """Release the threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _drop(self, session: str) -> None:
        self.feeds.pop(session, None)
        self._left_at.pop(session, None)
        self._entering.pop(session, None)
        if not self.feeds:
            self._wanted.clear()
            self._positions = []

    def _ends(self) -> list[int]:
        return [bounds.end for bounds in self._log.bounds(REALTIME.name)]

    def _before(self, session: str, until: list[int]) -> list[Record]:
        """The session's records of the last two minutes before the positions. They all lie in one partition."""
        key, since = session.encode(), self._clock.now_ms() - RING_MS
        for partition, end in enumerate(until):
            found: list[Record] = []
            at = max(self._log.offset_at(REALTIME.name, partition, since), end - _MOST_BEFORE)
            while at < end and (records := self._log.read(REALTIME.name, partition, at, min(_BATCH, end - at))):
                found += [record for record in records if record.key == key and record.offset < end]
                at = records[-1].offset + 1
            if found:
                return found
        return []

    def _read(self) -> dict[str, list[Record]]:
        """What is new, by session; what was read is not lost because the log went away then."""
        found: dict[str, list[Record]] = defaultdict(list)
        positions = self._positions  # these, even if others come meanwhile
        for partition, start in enumerate(positions):
            try:
                records = self._log.read(REALTIME.name, partition, start, _BATCH)
            except VedetteError:
                if not found:
                    raise
                return found
            for record in records:
                found[record.key.decode(errors="replace")].append(record)
                positions[partition] = record.offset + 1
        return found

    async def run(self) -> None:
        """Read and hand out for ever; ends by cancellation. While nobody looks on, it waits."""
        while True:
            await self._wanted.wait()
            try:
                found = await self._in_thread(self._read)
                for session, records in found.items():
                    self._give(session, records)
            except VedetteError as error:
                self._logger.warning("log_unavailable", error=str(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end what all viewers look at
                self._logger.error("realtime_failed", error=repr(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            await asyncio.sleep(0 if found else _POLL_S)

    def _give(self, session: str, records: list[Record]) -> None:
        feed = self.feeds.get(session)
        if feed is None:
            return
        try:
            feed.take(records)
        except Exception as error:  # noqa: BLE001 - one session's trouble is not that of the others
            self._logger.error("feed_failed", session=session[:8], error=repr(error))

    async def look_after(self) -> None:
        """Ticks for all viewers, and an end for those that are stuck or may no longer look on; for ever."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._clock.monotonic()
            for session, feed in list(self.feeds.items()):
                try:
                    await self._look_at(feed, now)
                except Exception as error:  # noqa: BLE001 - all viewers depend on this
                    self._logger.error("look_failed", session=session[:8], error=repr(error))
                if feed.ready and not feed.viewers and now - self._left_at.setdefault(session, now) >= LINGER_S:
                    self._drop(session)

    async def _look_at(self, feed: Feed, now: float) -> None:
        due: list[Viewer] = []
        for viewer in tuple(feed.viewers):
            if viewer.blocked_since is not None and now - viewer.blocked_since > BLOCKED_S:
                metrics().count("vedette_realtime_stuck_total")
                feed.viewers.discard(viewer)
                viewer.stuck()
            elif now >= viewer.next_tick:
                viewer.next_tick = now + TICK_S
                due.append(viewer)
        if not due:
            return
        tick = {"now": self._clock.now_ms(), "viewers": len(feed.viewers)}
        data = piece(frame("tick", msgspec.json.encode(tick)))
        for start in range(0, len(due), 100):
            some = due[start : start + 100]
            verdicts = await asyncio.gather(*(viewer.good() for viewer in some), return_exceptions=True)
            for viewer, good in zip(some, verdicts, strict=True):
                if good is False:
                    viewer.drop()
                else:
                    viewer.put(data)
