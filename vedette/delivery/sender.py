"""The sender: empties the spool through a transport, with jittered back-off."""

from __future__ import annotations

import asyncio
import contextlib
import random

from vedette.clock import Clock
from vedette.delivery.spool import Report, Spool
from vedette.delivery.transport import Transport
from vedette.errors import InvalidInput, NotAuthenticated, TooLarge, Unavailable
from vedette.telemetry import get_logger, metrics

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0


class Sender:
    """Sends the oldest reports first and forgets them only when they are acknowledged.

    A report that a crash or a lost answer makes it send twice carries the same identity and is dropped
    downstream. A report that can never be accepted is dropped, counted and logged with the reason.
    """

    def __init__(
        self,
        spool: Spool,
        transport: Transport,
        clock: Clock,
        rng: random.Random,
        *,
        max_reports: int = 500,
        max_bytes: int = 1_000_000,
    ) -> None:
        self._spool = spool
        self._transport = transport
        self._clock = clock
        self._rng = rng
        self._max_bytes = max_bytes
        self._most = max_reports
        self._chunk = max_reports
        self._wait = 0.0
        self._wake = asyncio.Event()
        self._log = get_logger("sender")
        self.sent = 0
        self.failures = 0

    def wake(self) -> None:
        """Say that the spool has something new; call it on the sender's event loop."""
        self._wake.set()

    async def run(self) -> None:
        """Send for ever; ends by cancellation."""
        while True:
            if len(self._spool) == 0:
                self._wake.clear()
                await self._wake.wait()
            await self.step()
            if self._wait > 0:
                await self._clock.sleep_until(self._clock.monotonic() + self._wait)

    async def drain(self, deadline: float) -> bool:
        """Send until the spool is empty or the monotonic `deadline` has passed; True if it is empty.

        A try that is under way at the deadline is given up; its reports stay in the spool.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline - self._clock.monotonic()):
                while len(self._spool) > 0 and self._clock.monotonic() < deadline:
                    await self.step()
                    if self._wait > 0:
                        await self._clock.sleep_until(min(deadline, self._clock.monotonic() + self._wait))
        return len(self._spool) == 0

    async def step(self) -> None:
        """Try to send the oldest chunk once, and decide how long to wait before the next try."""
        try:
            await self._step()
        except Exception as error:  # noqa: BLE001 - a sender that died would leave the reports there for ever
            self._back_off(1.0, error)

    async def _step(self) -> None:
        reports = await asyncio.to_thread(self._spool.oldest, self._chunk, self._max_bytes)
        if not reports:
            self._wait = 0.0
            return
        try:
            receipt = await self._transport.send(reports)
        except (TooLarge, InvalidInput) as error:
            await self._shrink(reports, error)
        except NotAuthenticated as error:
            self._back_off(LONGEST_WAIT_S / 3, error)
        except Unavailable as error:
            self._back_off(error.retry_after_s, error)
        else:
            for reject in receipt.rejects:
                self._log.warning("report_refused", reject=reject)
            await asyncio.to_thread(self._spool.remove, reports)
            self.sent += len(reports)
            self._wait = 0.0
            self._chunk = min(self._most, self._chunk * 2)

    async def _shrink(self, reports: list[Report], error: Exception) -> None:
        if len(reports) > 1:
            self._chunk = len(reports) // 2
            self._wait = 0.0
            return
        metrics().count("vedette_spool_dropped_total")
        self._log.error("report_dropped", reason=str(error))
        await asyncio.to_thread(self._spool.remove, reports)
        self._chunk = self._most
        self._wait = 0.0

    def _back_off(self, floor_s: float, error: Exception) -> None:
        self.failures += 1
        longest = min(LONGEST_WAIT_S, max(FIRST_WAIT_S, self._wait * 2))
        jitter = self._rng.uniform(0.5, 1.0)
        self._wait = max(floor_s * (0.5 + jitter), longest * jitter)
        self._log.warning("report_failed", error=str(error) or repr(error), wait_s=round(self._wait, 2))
