"""The realtime tail: reads `vedette.realtime` while anybody looks on, and hands each session's frames to its feed."""

from __future__ import annotations

import asyncio
from collections import defaultdict

import msgspec

from ingest_api.realtime.feed import RING_MS, Feed
from ingest_api.realtime.viewer import Piece, Viewer
from ingest_api.stream.events import frame
from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.events.topics import REALTIME
from vedette.log import Log, Record
from vedette.telemetry import get_logger, metrics

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
        self._entering = asyncio.Lock()
        self._logger = get_logger("realtime")

    async def enter(self, session: str, account: int, viewer: Viewer, since: int | None) -> None:
        """Let `viewer` look on at a session of `account`; raises `Unavailable` while the log is away."""
        async with self._entering:
            feed = self.feeds.get(session)
            if feed is None:
                if not self.feeds:
                    self._positions = await asyncio.to_thread(self._ends)
                feed = self.feeds[session] = Feed(session, account)
                until = list(self._positions)
                self._wanted.set()
                try:
                    feed.begin(await asyncio.to_thread(self._before, session, until))
                except VedetteError:
                    self._drop(session)
                    raise
        viewer.next_tick = self._clock.monotonic()
        feed.join(viewer, since)
        metrics().set("vedette_realtime_viewers", self.viewers())

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
        for feed in self.feeds.values():
            for viewer in feed.viewers:
                viewer.end()

    def _drop(self, session: str) -> None:
        self.feeds.pop(session, None)
        self._left_at.pop(session, None)
        if not self.feeds:
            self._wanted.clear()

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
                found = await asyncio.to_thread(self._read)
            except VedetteError as error:
                self._logger.warning("log_unavailable", error=str(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end what all viewers look at
                self._logger.error("realtime_failed", error=repr(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            for session, records in found.items():
                feed = self.feeds.get(session)
                if feed is not None:
                    feed.take(records)
            await asyncio.sleep(0 if found else _POLL_S)

    async def look_after(self) -> None:
        """Ticks for all viewers, and an end for those that are stuck or may no longer look on; for ever."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now = self._clock.monotonic()
            for session, feed in list(self.feeds.items()):
                await self._look_at(feed, now)
                if not feed.viewers and now - self._left_at.get(session, now) >= LINGER_S:
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
        data = Piece(frame("tick", msgspec.json.encode(tick)))
        for start in range(0, len(due), 100):
            some = due[start : start + 100]
            verdicts = await asyncio.gather(*(viewer.good() for viewer in some), return_exceptions=True)
            for viewer, good in zip(some, verdicts, strict=True):
                if good is False:
                    viewer.drop()
                else:
                    viewer.put(data)
