"""The streamer: publishes a frame at each tick while sessions run, and does nothing at all while none does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import httpx
import msgspec

from agent.realtime.sources import Latest, Taken
from vedette.clock import Clock
from vedette.events.fleet import RealtimeEnd, RealtimeOrder
from vedette.events.realtime import LONGEST_S
from vedette.telemetry import get_logger

TICK_MS = 1000
FIRST_S = 0.15
"""Shares of the processor need two readings: so long after the first one comes the first frame, whatever the tick."""
MOST_SESSIONS = 20
_SAME_MS = 20
"""A timer may end this long before its time: that is still the same tick."""
OVER = frozenset({401, 403, 404, 410})
"""Answers that say that nobody wants this session's frames any more."""


class Sources(Protocol):
    """What is collected at a tick."""

    async def take(self, wanted: frozenset[str], *, everything: bool) -> Taken:
        """The groups of these names, and with `everything` all that cost little."""
        ...

    def close(self) -> None:
        """Nothing more is taken."""
        ...


@dataclass(slots=True, eq=False)
class Stream:
    """A session as this host serves it; `over_at` is on the monotonic clock."""

    order: RealtimeOrder
    over_at: float
    seq: int = 0
    ts: int = 0
    sending: asyncio.Task[None] | None = None
    failing: bool = False


class Streamer:
    """Follows orders for realtime sessions. One collection a tick serves all of them.

    Ticks lie on whole seconds of the wall clock, moved by the phase of the session that began first. A frame whose
    predecessor is still on its way is left out: `seq` then has a hole, which viewers see.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        clock: Clock,
        make: Callable[[], Sources],
        *,
        latest: Latest,
        allowed: Callable[[], bool],
        watch: Callable[[frozenset[str]], None] = lambda names: None,
    ) -> None:
        self._client, self._clock, self._make = client, clock, make
        self._latest, self._allowed, self._watch = latest, allowed, watch
        self._streams: dict[str, Stream] = {}
        self._news = asyncio.Event()
        self._log = get_logger("realtime")

    def ordered(self, order: RealtimeOrder | RealtimeEnd) -> None:
        """Begin or end a session; an order that came before changes nothing but its token."""
        if isinstance(order, RealtimeEnd):
            if self._streams.pop(order.session, None) is not None:
                self._log.info("realtime_ended", session=order.session[:8])
            return
        known = self._streams.get(order.session)
        if known is not None:
            known.order = order
            return
        left_s = (order.until_ms - self._clock.now_ms()) / 1000
        if not 0 < left_s <= LONGEST_S:
            left_s = LONGEST_S  # this host's clock is off; the gateway says when it is over
        if len(self._streams) >= MOST_SESSIONS:
            self._log.warning("realtime_refused", session=order.session[:8], reason=f"{MOST_SESSIONS} are running")
            return
        self._streams[order.session] = Stream(order, self._clock.monotonic() + left_s)
        self._log.info("realtime_began", session=order.session[:8], seconds=round(left_s))
        self._news.set()

    async def run(self) -> None:
        """Serve sessions for ever; ends by cancellation."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._serve()
            except Exception as error:  # noqa: BLE001 - realtime may fail, the reports must not end with it
                self._log.error("realtime_failed", error=repr(error))
                self._streams.clear()

    async def _serve(self) -> None:
        """Serve until no session is left."""
        sources = self._make()
        try:
            await self._serve_from(sources)
        finally:
            sources.close()
            self._watch(frozenset())

    async def _serve_from(self, sources: Sources) -> None:
        await self._take(sources)
        await self._clock.sleep_until(self._clock.monotonic() + FIRST_S)
        while streams := self._running():
            ts = self._tick_of(self._clock.now_ms())
            taken = await self._take(sources)
            for stream in streams:
                self._publish(stream, taken, ts)
            while not await self._until_tick():
                # A session that has just begun gets what was collected last: its viewer waits.
                for stream in self._running():
                    if stream.seq == 0:
                        self._publish(stream, taken, ts)

    def _running(self) -> list[Stream]:
        now = self._clock.monotonic()
        self._streams = {name: stream for name, stream in self._streams.items() if stream.over_at > now}
        return list(self._streams.values())

    async def _take(self, sources: Sources) -> Taken:
        """What all sessions together want."""
        plugins = frozenset(name for stream in self._streams.values() for name in stream.order.plugins)
        self._watch(plugins if self._allowed() else frozenset())
        asked = [stream.order.groups for stream in self._streams.values()]
        names = frozenset(name for groups in asked for name in groups)
        return await sources.take(names, everything=any(not groups for groups in asked))

    def _phase_ms(self) -> int:
        first = next(iter(self._streams.values()), None)
        return first.order.phase_ms % TICK_MS if first is not None else 0

    def _tick_of(self, ts: int) -> int:
        """The tick that lies at `ts` or shortly before it; between ticks, the time itself."""
        behind = (ts - self._phase_ms()) % TICK_MS
        return ts - behind if behind < TICK_MS // 4 else ts

    async def _until_tick(self) -> bool:
        """True at the next tick; False if a session began before."""
        wait_ms = TICK_MS - (self._clock.now_ms() - self._phase_ms()) % TICK_MS
        if wait_ms < _SAME_MS:
            wait_ms += TICK_MS
        timer = asyncio.ensure_future(self._clock.sleep_until(self._clock.monotonic() + wait_ms / 1000))
        news = asyncio.ensure_future(self._news.wait())
        try:
            await asyncio.wait({timer, news}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            news.cancel()
        if not self._news.is_set():
            return True
        self._news.clear()
        return False

    def _publish(self, stream: Stream, taken: Taken, ts: int) -> None:
        stream.seq += max(1, round((ts - stream.ts) / TICK_MS)) if stream.ts else 1
        stream.ts = ts
        if not self._allowed() or (stream.sending is not None and not stream.sending.done()):
            return
        order = stream.order
        frame = taken.frame(stream.seq, ts, order.groups, order.plugins, self._latest)
        stream.sending = asyncio.ensure_future(self._send(stream, msgspec.json.encode(frame)))

    async def _send(self, stream: Stream, body: bytes) -> None:
        order = stream.order
        try:
            response = await self._client.post(
                "/v1/realtime/frames",
                content=body,
                headers={"Authorization": f"Bearer {order.token}", "Content-Type": "application/json"},
                timeout=3.0,
            )
        except httpx.HTTPError as error:
            self._trouble(stream, repr(error))
            return
        if response.status_code in OVER:
            self._streams.pop(order.session, None)
            self._log.info("realtime_over", session=order.session[:8], status=response.status_code)
        elif response.is_error:
            self._trouble(stream, f"the gateway answered {response.status_code}: {response.text[:300]}")
        else:
            stream.failing = False

    def _trouble(self, stream: Stream, reason: str) -> None:
        if not stream.failing:
            self._log.warning("frame_not_sent", session=stream.order.session[:8], reason=reason)
        stream.failing = True
