"""Rounds: one reading of all collectors, in which one that fails costs only itself."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial

from agent.collectors import Collector, Group
from vedette.clock import Clock
from vedette.telemetry import get_logger

LONGEST_ROUND_S = 10.0

Start = Callable[[Callable[[], list[Group]]], "Future[list[Group]]"]


def in_thread(call: Callable[[], list[Group]]) -> Future[list[Group]]:
    """Run `call` in a thread of its own, which does not keep the process alive when it hangs.

    The threads of a pool would: a collector stuck in a dead network mount would stop the agent from ending.
    """
    future: Future[list[Group]] = Future()
    future.set_running_or_notify_cancel()

    def run() -> None:
        try:
            future.set_result(call())
        except BaseException as error:  # noqa: BLE001 - whatever it was belongs to the future
            future.set_exception(error)

    try:
        threading.Thread(target=run, name="collector", daemon=True).start()
    except RuntimeError as error:  # no more threads on this host
        future.set_exception(error)
    return future


class Rounds:
    """Runs collectors side by side, each in its thread, and gives them `limit_s` seconds together.

    One that raises or runs over the limit is logged and counted in `errors`, and the round does without it.
    One that still hangs in a later round is not started again until it has returned.
    """

    def __init__(
        self, collectors: Sequence[Collector], clock: Clock, *, limit_s: float, start: Start = in_thread
    ) -> None:
        self._collectors = collectors
        self._clock = clock
        self._limit_s = limit_s
        self._start = start
        self._started: dict[str, Future[list[Group]]] = {}
        self._off: frozenset[str] = frozenset()
        self._log = get_logger("rounds")
        self.errors = 0

    @property
    def names(self) -> list[str]:
        """The names of all collectors."""
        return [collector.name for collector in self._collectors]

    @property
    def off(self) -> frozenset[str]:
        """The names of the collectors that are left out."""
        return self._off

    def leave_out(self, names: frozenset[str]) -> None:
        """Do without these collectors from the next round on."""
        self._off = names

    def limit(self, limit_s: float) -> None:
        """Give each later round this time."""
        self._limit_s = limit_s

    async def collect(self, limit_s: float = math.inf) -> list[Group]:
        """The groups of all collectors that answered in time, in the order of the collectors.

        `limit_s` may shorten the time limit for this round.
        """
        return [group for groups in (await self.collect_by_name(limit_s)).values() for group in groups]

    async def collect_by_name(self, limit_s: float = math.inf) -> dict[str, list[Group]]:
        """The same, by collector; one that did not answer is there, without groups."""
        at = self._clock.monotonic()
        limit_s = min(limit_s, self._limit_s)
        running = [c for c in self._collectors if c.name not in self._off and self._is_free(c)]
        for collector in running:
            self._started[collector.name] = self._start(partial(collector.collect, at))
        await self._settle([self._started[collector.name] for collector in running], at + limit_s)
        return {collector.name: self._outcome(collector.name, self._started[collector.name]) for collector in running}

    def _is_free(self, collector: Collector) -> bool:
        earlier = self._started.get(collector.name)
        if earlier is None or earlier.done():
            return True
        self.errors += 1
        return False

    def _outcome(self, name: str, future: Future[list[Group]]) -> list[Group]:
        if not future.done():
            self.errors += 1
            self._log.warning("collector_hangs", collector=name)
            return []
        error = future.exception()
        if error is not None:
            self.errors += 1
            self._log.warning("collector_failed", collector=name, error=repr(error))
            return []
        return future.result()

    async def _settle(self, futures: Sequence[Future[list[Group]]], deadline: float) -> None:
        """Return when all `futures` are done, at the latest at the monotonic `deadline`."""
        if all(future.done() for future in futures):
            return
        answers = [asyncio.wrap_future(future) for future in futures]
        for answer in answers:
            answer.add_done_callback(_seen)
        everything = asyncio.ensure_future(asyncio.wait(answers))
        timer = asyncio.ensure_future(self._clock.sleep_until(deadline))
        try:
            await asyncio.wait({everything, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            everything.cancel()
            timer.cancel()


def _seen(answer: asyncio.Future[list[Group]]) -> None:
    """Look at the error, so that asyncio does not complain about one that came too late for its round."""
    if not answer.cancelled():
        answer.exception()
