"""Control: follows the gateway's control stream, so that orders are heard at once and not at the next check-in."""

from __future__ import annotations

import random
from collections.abc import Callable

import httpx

from vedette.clock import Clock
from vedette.delivery.sse import read_events
from vedette.errors import InvalidInput
from vedette.events.fleet import Order, decode_order
from vedette.telemetry import get_logger

SILENCE_S = 30.0
"""The gateway sends a tick each ten seconds: one that says nothing for so long is gone."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
_TICK = "tick"


class OrderFollower:
    """Calls `ordered` for each order, and `followed` when it has begun to listen: what was ordered before is not told.

    While the gateway is away, refuses, or is too old to have this stream, it tries again with jittered back-off; the
    agent then learns of orders from its check-ins alone.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        source: str,
        clock: Clock,
        rng: random.Random,
        *,
        ordered: Callable[[Order], None],
        followed: Callable[[], None],
    ) -> None:
        self._client, self._source, self._clock, self._rng = client, source, clock, rng
        self._ordered, self._followed = ordered, followed
        self._wait_s = FIRST_WAIT_S
        self._following = False
        self._log = get_logger("fleet")

    async def run(self) -> None:
        """Follow for ever; ends by cancellation."""
        while True:
            try:
                reason = await self._follow()
            except httpx.HTTPError as error:
                reason = repr(error)
            if self._following:
                self._log.info("control_lost", reason=reason)
            self._following = False
            wait_s = self._wait_s * self._rng.uniform(0.5, 1.0)
            self._wait_s = min(LONGEST_WAIT_S, self._wait_s * 2)
            await self._clock.sleep_until(self._clock.monotonic() + wait_s)

    async def _follow(self) -> str:
        """Follow until the stream ends; why it did."""
        timeout = httpx.Timeout(10.0, read=SILENCE_S)
        where = {"source": self._source}
        async with self._client.stream("GET", "/v1/agents/control", params=where, timeout=timeout) as answer:
            if answer.status_code != httpx.codes.OK:
                return f"the gateway answered {answer.status_code}"
            async for event in read_events(answer.aiter_lines()):
                if not self._following:
                    self._following, self._wait_s = True, FIRST_WAIT_S
                    self._log.info("control_followed")
                    self._followed()
                if event.kind != _TICK:
                    self._take(event.data)
        return "the gateway ended it"

    def _take(self, data: bytes) -> None:
        try:
            self._ordered(decode_order(data))
        except InvalidInput as error:
            self._log.warning("order_unreadable", error=str(error))
