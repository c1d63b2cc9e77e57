"""Control: follows the gateway's control stream for re-check orders and news of changed monitors."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

import httpx

from vedette.clock import Clock
from vedette.delivery.sse import Event, read_events
from vedette.errors import InvalidInput
from vedette.events.control import Recheck, decode_recheck
from vedette.telemetry import get_logger

SILENCE_S = 30.0
"""The gateway sends a tick each ten seconds: one that says nothing for so long is gone."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 30.0


class ControlFollower:
    """Calls `ordered` for each re-check order, and `reload` whenever the monitors may have changed.

    While the gateway is away, or is too old to have this stream, it tries again with jittered back-off; the probe then
    works from its schedule and from polling alone.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        location: str,
        clock: Clock,
        rng: random.Random,
        *,
        ordered: Callable[[Recheck], None],
        reload: Callable[[], Awaitable[object]],
    ) -> None:
        self._client, self._location, self._clock, self._rng = client, location, clock, rng
        self._ordered, self._reload = ordered, reload
        self._wait_s = FIRST_WAIT_S
        self._following = False
        self._log = get_logger("probe")

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
        where = {"location": self._location}
        async with self._client.stream("GET", "/v1/probe/control", params=where, timeout=timeout) as answer:
            if answer.status_code != httpx.codes.OK:
                return f"the gateway answered {answer.status_code}"
            async for event in read_events(answer.aiter_lines()):
                if not self._following:
                    # Only now the gateway listens: what changed before is not told.
                    self._following, self._wait_s = True, FIRST_WAIT_S
                    self._log.info("control_followed")
                    await self._reload()
                await self._take(event)
        return "the gateway ended it"

    async def _take(self, event: Event) -> None:
        if event.kind == "monitors":
            await self._reload()
        elif event.kind == "recheck":
            try:
                self._ordered(decode_recheck(event.data))
            except InvalidInput as error:
                self._log.warning("order_unreadable", error=str(error))
