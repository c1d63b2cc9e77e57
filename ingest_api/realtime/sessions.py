"""Sessions: how they begin, who may publish into them, and how they end."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from concurrent.futures import Future

from ingest_api.realtime.ordering import archived, order
from ingest_api.realtime.tail import RealtimeTail
from vedette.auth.tokens import PublishGrant, new_session_identity, read_publish_token, session_hash
from vedette.clock import Clock
from vedette.errors import Gone, Overloaded, Unavailable, VedetteError
from vedette.events.fleet import RealtimeEnd, encode_order
from vedette.events.realtime import Frame, FrameRecord, OverRecord, encode_record
from vedette.events.topics import CONTROL, REALTIME
from vedette.log import Log, Message
from vedette.store import realtime
from vedette.store.pool import Store
from vedette.store.realtime import Session
from vedette.telemetry import get_logger, metrics

UNWATCHED_MS = 30_000
"""A session at which nobody looks on for so long ends: the hosts' second-by-second work is for people."""
LOOK_S = 2.0
WATCHED_S = 6.0
FORGET_S = 3600.0
MOST_A_SECOND, AT_ONCE = 4.0, 10.0
"""Frames of one host in one session."""
_MOST_TOKENS = 20_000
_MOST_OVER = 10_000


class Bucket:
    """Counts what one host publishes into one session: `AT_ONCE` frames, and `MOST_A_SECOND` more each second."""

    __slots__ = ("_at", "_left")

    def __init__(self, now: float) -> None:
        self._at, self._left = now, AT_ONCE

    def take(self, now: float) -> bool:
        """Whether one more frame may come."""
        self._left = min(AT_ONCE, self._left + (now - self._at) * MOST_A_SECOND)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Publisher:
    """A token's owner, and what it has published lately."""

    __slots__ = ("bucket", "grant")

    def __init__(self, grant: PublishGrant, now: float) -> None:
        self.grant = grant
        self.bucket = Bucket(now)


class Sessions:
    """The sessions of all accounts, as this gateway knows them. Other gateways have their own over the same store."""

    def __init__(self, store: Store, log: Log, clock: Clock, key: bytes, tail: RealtimeTail) -> None:
        self._store, self._log, self._clock, self._key, self._tail = store, log, clock, key, tail
        self._live: dict[str, tuple[int, float]] = {}
        """The live sessions: until when (ms UTC), and since when (monotonic) that is known here."""
        self._over: OrderedDict[str, None] = OrderedDict()
        """Sessions that are known to have ended, the last ones."""
        self._asking: dict[str, asyncio.Task[int]] = {}
        self._trust_at = 0.0
        """From when on what the store says of who watches is trusted: while it was away, nobody could write it."""
        self._publishers: OrderedDict[str, Publisher] = OrderedDict()
        self._logger = get_logger("realtime")

    def begin(
        self, account: int, creator: str, sources: list[str], groups: list[str], plugins: list[str], seconds: int
    ) -> tuple[str, Session]:
        """A new session's identity, which is kept nowhere, and the session; its hosts are told. Blocks.

        An agent that does not follow its control stream learns of it with its next check-in.
        """
        identity, now_ms = new_session_identity(), self._clock.now_ms()
        until_ms = now_ms + seconds * 1000
        session = Session(session_hash(identity), account, creator, sources, groups, plugins, now_ms, until_ms)
        realtime.create(self._store, session)
        self._live[session.session] = (until_ms, self._clock.monotonic())
        kept = archived(self._store, account, sources)
        orders = [order(session, source, self._key, archive=source in kept) for source in sources]
        self._tell(CONTROL.name, [Message(one.source.encode(), encode_order(one)) for one in orders])
        return identity, session

    def end(self, session: Session, reason: str) -> bool:
        """End a session for everybody; whether it was live until now. Blocks."""
        self._live.pop(session.session, None)
        if not realtime.end(self._store, session.session, reason, self._clock.now_ms()):
            return False
        over = OverRecord(session.account, session.session, reason)
        self._tell(REALTIME.name, [Message(session.session.encode(), encode_record(over))])
        orders = [RealtimeEnd(session.account, source, session.session) for source in session.sources]
        self._tell(CONTROL.name, [Message(one.source.encode(), encode_order(one)) for one in orders])
        return True

    def _tell(self, topic: str, messages: list[Message]) -> None:
        """Put messages into the log, without waiting for one that is away: agents then learn it when they check in or
        publish, and viewers when their gateway looks at the store."""

        def done(future: Future[None]) -> None:
            if not future.cancelled() and (error := future.exception()) is not None:
                self._logger.warning("not_told", topic=topic, error=str(error))

        try:
            self._log.produce(topic, messages).add_done_callback(done)
        except Unavailable as error:
            self._logger.warning("not_told", topic=topic, error=str(error))

    def publisher(self, token: str) -> Publisher:
        """Whose token it is. `NotAuthenticated`, or `Overloaded` if it publishes too often."""
        now = self._clock.monotonic()
        found = self._publishers.get(token)
        if found is None:
            found = Publisher(read_publish_token(token, self._key, self._clock.now_ms() // 1000), now)
            self._publishers[token] = found
            if len(self._publishers) > _MOST_TOKENS:
                self._publishers.popitem(last=False)
        if not found.bucket.take(now):
            raise Overloaded(f"more than {MOST_A_SECOND:g} frames a second of {found.grant.source!r} in one session")
        return found

    async def is_live(self, session: str) -> bool:
        """Whether frames of a session are still wanted; raises `Unavailable` while that cannot be known."""
        if session in self._over:
            return False
        known = self._live.get(session)
        until_ms = known[0] if known is not None else await self._ask(session)
        return until_ms > self._clock.now_ms()

    async def _ask(self, session: str) -> int:
        """Ask the store, once for all who want to know meanwhile: another gateway may have begun it just now."""
        asking = self._asking.get(session)
        if asking is None:
            asking = self._asking[session] = asyncio.ensure_future(
                asyncio.to_thread(realtime.until, self._store, session)
            )
            asking.add_done_callback(lambda _: self._asking.pop(session, None))
        until_ms = await asyncio.shield(asking)
        if until_ms:
            self._live[session] = (until_ms, self._clock.monotonic())
        else:
            self._over[session] = None
            if len(self._over) > _MOST_OVER:
                self._over.popitem(last=False)
        return until_ms

    async def publish(self, publisher: Publisher, frame: Frame) -> None:
        """Put a frame into the log; `Gone` if its session is over."""
        grant = publisher.grant
        if not await self.is_live(grant.session):
            raise Gone("this realtime session is over")
        record = FrameRecord(grant.account, grant.session, grant.source, frame, grant.archive)
        done: Future[None] = self._log.produce(REALTIME.name, [Message(grant.session.encode(), encode_record(record))])
        await asyncio.wrap_future(done)
        metrics().count("vedette_realtime_frames_total")

    async def look_after(self) -> None:
        """Say which sessions are watched here, and end those that are due, for ever."""
        watched_at = forgot_at = -FORGET_S
        while True:
            try:
                await self._look()
                now = self._clock.monotonic()
                if now - watched_at >= WATCHED_S and (watched := self._tail.watched()):
                    await asyncio.to_thread(realtime.watched, self._store, watched)
                    watched_at = now
                await asyncio.to_thread(self._end_due)
                if now - forgot_at >= FORGET_S:
                    await asyncio.to_thread(realtime.forget, self._store, self._clock.now_ms())
                    forgot_at = now
                for session in self._tail.watched():
                    if session not in self._live:
                        await self._tell_ended(session)
            except VedetteError as error:
                self._trust_at = self._clock.monotonic() + UNWATCHED_MS / 1000
                self._logger.warning("sessions_not_looked_after", error=str(error))
            except Exception as error:  # noqa: BLE001 - a fault of ours must not leave sessions without an end
                self._logger.error("sessions_failed", error=repr(error))
            await asyncio.sleep(LOOK_S)

    async def _look(self) -> None:
        began = self._clock.monotonic()
        found = {session.session: session.until_ms for session in await asyncio.to_thread(realtime.live, self._store)}
        # What became known while we looked may have begun after the store was read.
        fresh = {name: known for name, known in self._live.items() if known[1] >= began}
        self._live = {name: (until_ms, began) for name, until_ms in found.items()} | fresh

    def _end_due(self) -> None:
        unwatched_ms = UNWATCHED_MS if self._clock.monotonic() >= self._trust_at else None
        for session, reason in realtime.due(self._store, self._clock.now_ms(), unwatched_ms):
            self.end(session, reason)

    async def _tell_ended(self, session: str) -> None:
        """End the streams of a session of whose end the log has not told us, because it was away."""
        feed = self._tail.feeds.get(session)
        if feed is None:
            return
        found = await asyncio.to_thread(realtime.get, self._store, feed.account, session)
        if found is None or found.ended_ms is not None:
            feed.end(found.reason or "" if found is not None else "removed")
