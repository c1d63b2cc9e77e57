"""Making: a report of an account as the body that notifications hold; and those that are due, beside all else."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from vedette.clock import Clock
from vedette.errors import Unavailable
from vedette.notifying.report import ReportSpec
from vedette.store.pool import Connection, Store
from vedette.store.report_runs import Body, run_due
from vedette.telemetry import get_logger

LOOK_S = 1.0
"""How often it is looked whether a report is due."""


def make(
    connection: Connection, account: int, spec: ReportSpec, due_ms: int, now_ms: int, missed_ms: Sequence[int] = ()
) -> Body:
    """What is in the body of a notification below `report`, besides its identity. Blocks."""
    # Arrays are needed here alone: a worker that makes no reports does without.
    from alerting.reports.contents import as_json
    from alerting.reports.gathering import gather

    return as_json(gather(connection, account, spec, due_ms, now_ms, missed_ms))


class DueReports:
    """Makes the reports that are due, one after the other in a thread of its own, so that no alert waits for them.

    Whatever goes wrong with one is logged, and ends nothing.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "reports")
        self._looked_at = -LOOK_S
        self._made: asyncio.Future[bool] | None = None
        self._stopping = False
        self._log = get_logger("reports")

    def look(self) -> None:
        """Begin to make what is due, unless that is going on, or was looked at just now."""
        now = self._clock.monotonic()
        if (self._made is not None and not self._made.done()) or now - self._looked_at < LOOK_S:
            return
        self._looked_at = now
        self._made = asyncio.get_running_loop().run_in_executor(self._thread, self._make_all)

    async def finish(self) -> None:
        """Wait until the report that is being made is in the outbox; no other is begun."""
        self._stopping = True
        if self._made is not None:
            await self._made
        self._stopping = False

    def _make_all(self) -> bool:
        while not self._stopping:
            try:
                ran = run_due(self._store, make)
            except Unavailable as error:
                self._log.warning("report_not_made", error=str(error))
                return False
            except Exception:  # noqa: BLE001 - logged with its traceback; it is tried again, and others meanwhile
                self._log.exception("report_not_made")
                continue
            if ran is None:
                return True
            event = "report_made" if ran.skipped is None else "report_left_out"
            self._log.info(event, report=ran.report, due_ms=ran.due_ms, reason=ran.skipped)
        return False
