"""Reporter: results on their way into the spool, gathered for a moment, never in the way of a check."""

from __future__ import annotations

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable

import msgspec

from probes.journal import Journal, JournalState
from vedette.clock import Clock
from vedette.delivery import Spool
from vedette.events.checks import CheckResult
from vedette.telemetry import get_logger, metrics

GATHER_S = 0.1
"""How long a result waits for others before the spool's transaction; part of the way to the alert."""

RETRY_S = 1.0
PORTION = 2_000
"""Most results in one transaction."""

MOST_WAITING = 200_000
"""Results kept in memory while the disk refuses them; above, the oldest are dropped and counted."""


class Reporter:
    """Takes results at once (`add`) and writes them in the background (`run`).

    After a crash, results that were added but not written are lost, but their slots are still open in the
    journal, which is saved after the results: the next start reports them as missed. A crash between the
    two writes reports a slot twice, once with its result and once as missed, which counts nowhere.
    """

    def __init__(
        self,
        spool: Spool,
        journal: Journal,
        clock: Clock,
        written: Callable[[], None],
    ) -> None:
        self._spool = spool
        self._journal = journal
        self._clock = clock
        self._written = written
        self._waiting: list[CheckResult] = []
        self._something = asyncio.Event()
        self._encode = msgspec.json.Encoder().encode
        self._log = get_logger("probe")

    def add(self, result: CheckResult) -> None:
        """Take a result. Does not block; call it on the event loop."""
        self._waiting.append(result)
        self._something.set()

    def touch(self) -> None:
        """Have the journal saved soon, even without results."""
        self._something.set()

    async def run(self, state: Callable[[], JournalState | None]) -> None:
        """Write for ever; ends by cancellation. `state` as in `flush`."""
        while True:
            await self._something.wait()
            await self._clock.sleep_until(self._clock.monotonic() + GATHER_S)
            self._something.clear()
            if not await self.flush(state):
                self._something.set()
                await self._clock.sleep_until(self._clock.monotonic() + RETRY_S)

    async def flush(self, state: Callable[[], JournalState | None]) -> bool:
        """Write everything that waits, then the journal; False when the disk refused (nothing is lost).

        `state` is asked at the moment when no result waits; None leaves the journal as it is.
        """
        while True:
            batch, self._waiting = self._waiting[:PORTION], self._waiting[PORTION:]
            # what is still in memory would have to be listed as open: save the journal with the last portion
            journaled = None if self._waiting else state()
            writing = asyncio.create_task(asyncio.to_thread(self._write, batch, journaled))
            try:
                await asyncio.shield(writing)
            except (OSError, sqlite3.Error) as error:
                self._keep(batch)
                self._log.error("results_not_written", waiting=len(self._waiting), error=str(error))
                return False
            except asyncio.CancelledError:
                # the thread writes on; only its end tells whether the batch still has to be written
                await asyncio.wait([writing])
                if writing.exception() is None:
                    self._count(batch)
                else:
                    self._keep(batch)
                raise
            self._count(batch)
            if not self._waiting:
                return True

    def _write(self, batch: list[CheckResult], state: JournalState | None) -> None:
        if batch:
            self._spool.append("checks", [self._encode(result) for result in batch])
        if state is not None:
            self._journal.save(state)

    def _count(self, batch: list[CheckResult]) -> None:
        for outcome, number in Counter(result.outcome for result in batch).items():
            metrics().count("vedette_checks_total", number, outcome=outcome)
        if batch:
            self._written()

    def _keep(self, batch: list[CheckResult]) -> None:
        self._waiting = batch + self._waiting
        excess = len(self._waiting) - MOST_WAITING
        if excess > 0:
            del self._waiting[:excess]
            metrics().count("vedette_spool_dropped_total", excess)
            self._log.error("results_dropped", results=excess)
