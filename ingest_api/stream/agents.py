"""The agents' tail: reads orders from the log, and hands them to the agents that follow this gateway."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import msgspec

from ingest_api.stream.events import frame
from ingest_api.stream.tail import TopicTail
from vedette.errors import InvalidInput, VedetteError
from vedette.events.fleet import decode_order, is_order
from vedette.events.topics import CONTROL
from vedette.log import Log, Record
from vedette.telemetry import get_logger

MAX_QUEUED = 1_000
"""Orders that wait for one agent; of more the oldest go, and come again with its next check-in if they last."""
_POLL_S = 0.03


@dataclass(slots=True, eq=False)
class AgentFollower:
    """One open control stream of an agent, and what waits for it."""

    account: int
    source: str
    queue: deque[bytes] = field(default_factory=lambda: deque(maxlen=MAX_QUEUED))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class AgentTail:
    """Reads `vedette.control` while agents follow, and nothing while none does.

    An order is encoded once, and found by its host: what it costs does not depend on how many agents follow.
    """

    def __init__(self, log: Log) -> None:
        self._tail = TopicTail(log, CONTROL.name)
        self._followers: dict[tuple[int, str], set[AgentFollower]] = {}
        self._task: asyncio.Task[None] | None = None
        self._entering = asyncio.Lock()
        self._log = get_logger("control")

    async def join(self, follower: AgentFollower) -> None:
        """Let `follower` have all orders from now on; raises `Unavailable` while the log is away."""
        async with self._entering:
            if not self._followers:
                await asyncio.to_thread(self._tail.begin)
            self._followers.setdefault((follower.account, follower.source), set()).add(follower)
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._run())

    def leave(self, follower: AgentFollower) -> None:
        """Forget a follower; after the last one nothing is read any more."""
        key = (follower.account, follower.source)
        self._followers.get(key, set()).discard(follower)
        if not self._followers.get(key):
            self._followers.pop(key, None)
        if not self._followers and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                records = await asyncio.to_thread(self._tail.read)
            except VedetteError as error:
                self._log.warning("log_unavailable", error=str(error))
                await asyncio.sleep(1.0)
                continue
            except Exception as error:  # noqa: BLE001 - agents follow on: a fault of ours must not leave them without orders
                self._log.error("orders_not_read", error=repr(error))
                await asyncio.sleep(1.0)
                continue
            for record in records:
                self._hand_out(record)
            if not records:
                await asyncio.sleep(_POLL_S)

    def _hand_out(self, record: Record) -> None:
        if not is_order(record.value):
            return  # for probes
        try:
            order = decode_order(record.value)
        except InvalidInput as error:
            self._log.warning("order_unreadable", error=str(error))
            return
        followers = self._followers.get((order.account, order.source), ())
        if followers:
            data = frame(str(type(order).__struct_config__.tag), msgspec.json.encode(order))
            for follower in followers:
                follower.queue.append(data)
                follower.arrived.set()
