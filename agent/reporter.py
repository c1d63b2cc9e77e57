"""The reporter: one report, from the collectors into the spool."""

from __future__ import annotations

import asyncio
import math
import sqlite3
from collections.abc import Callable
from dataclasses import replace

from agent.collectors import Group
from agent.collectors.own import OwnUse
from agent.report import Identity, make_batches
from agent.rounds import Rounds
from agent.vitals import Vitals, vitals_group
from vedette.clock import Clock
from vedette.delivery import Sender, Spool
from vedette.events.codec import encode_json
from vedette.telemetry import get_logger


class Reporter:
    """Collects, numbers the batches from 1 on, writes them to the spool and wakes the sender."""

    def __init__(
        self,
        identity: Identity,
        rounds: Rounds,
        spool: Spool,
        sender: Sender,
        clock: Clock,
        own_use: Callable[[], OwnUse],
    ) -> None:
        self._identity = identity
        self._rounds = rounds
        self._spool = spool
        self._sender = sender
        self._clock = clock
        self._own_use = own_use
        self._started = clock.monotonic()
        self._before = self._started
        self._cpu_before = own_use().cpu_s
        self._seq = 1
        self._lost = 0
        self._turn = asyncio.Lock()
        self._log = get_logger("reporter")

    def report_each(self, interval_s: float) -> None:
        """Say in each later report that there is one each `interval_s` seconds; the numbers run on."""
        self._identity = replace(self._identity, interval_ms=round(interval_s * 1000))

    async def report(self, late_ms: float, limit_s: float = math.inf) -> None:
        """Make one report; when it returns, the report would survive a crash.

        `late_ms` is how late it began, `limit_s` may shorten the time that the collectors get. A spool that
        cannot be written (a full disk) costs this report: it is logged and counted as dropped.
        """
        async with self._turn:
            ts = self._clock.now_ms()
            began = self._clock.monotonic()
            groups = await self._rounds.collect(limit_s)
            groups.append(self._vitals(began, late_ms))
            await self._spooled(self._identity, groups, ts)

    async def add(self, group: Group, interval_ms: int) -> bool:
        """Report one group between the rounds, as of now; such come each `interval_ms`. Whether it is in the spool.

        Waits for a report that is being made: that one's time is of its beginning, and times are in the spool in order.
        """
        async with self._turn:
            identity = replace(self._identity, interval_ms=interval_ms)
            return await self._spooled(identity, [group], self._clock.now_ms())

    async def _spooled(self, identity: Identity, groups: list[Group], ts: int) -> bool:
        batches = make_batches(identity, groups, first_seq=self._seq, ts=ts)
        self._seq += len(batches)
        try:
            await self._store([encode_json(batch) for batch in batches])
        except (sqlite3.Error, OSError) as error:
            self._lost += len(batches)
            self._log.error("report_lost", reports=len(batches), error=repr(error))
            return False
        finally:
            self._sender.wake()
        return True

    async def _store(self, bodies: list[bytes]) -> None:
        writing = asyncio.ensure_future(asyncio.to_thread(self._spool.append, "samples", bodies))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            await writing  # what has its numbers is on disk before anything later gets any
            raise

    def _vitals(self, began: float, late_ms: float) -> Group:
        now = self._clock.monotonic()
        use = self._own_use()
        vitals = Vitals(
            uptime_s=now - self._started,
            elapsed_s=now - self._before,
            cpu_s=use.cpu_s - self._cpu_before,
            memory_bytes=use.memory_bytes,
            collect_ms=(now - began) * 1000,
            late_ms=late_ms,
            spool_bytes=self._spool.size_bytes,
            spool_reports=len(self._spool),
            spool_dropped=self._spool.dropped + self._lost,
            send_failures=self._sender.failures,
            collector_errors=self._rounds.errors,
        )
        self._before, self._cpu_before = now, use.cpu_s
        return vitals_group(vitals)
