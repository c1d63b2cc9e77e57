"""The control tail: reads re-check orders and changes of monitors, and hands them to the probes that follow."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

import msgspec

from ingest_api.stream.events import frame
from vedette.errors import InvalidInput, VedetteError
from vedette.events.control import Recheck, decode_recheck
from vedette.events.fleet import is_order
from vedette.events.topics import CONTROL
from vedette.log import Log
from vedette.store.policies import Version, monitors_version
from vedette.store.pool import Store
from vedette.telemetry import get_logger

MAX_QUEUED = 10_000
"""Orders that wait for one follower; of more the oldest go, for they are the ones that nobody needs any longer."""
CHANGES_S = 0.5
"""How often the monitors are looked at for changes."""
_POLL_S = 0.03
_BATCH = 2_000
_AFTER_FAULT_S = 1.0
CHANGED = frame("monitors", b"{}")
Place = tuple[int, str]
"""An account and a location."""


@dataclass(slots=True, eq=False)
class Follower:
    """One open control stream: whose it is, where its probe stands, and what waits for it."""

    account: int
    location: str
    queue: deque[bytes] = field(default_factory=lambda: deque(maxlen=MAX_QUEUED))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, data: bytes) -> None:
        """Queue an event."""
        self.queue.append(data)
        self.arrived.set()


class ControlTail:
    """Reads `vedette.control` from its end on while there are followers, and nothing while there are none.

    Monitors are asked of the store, not of the log: whoever changes them, by whichever way, probes hear of it.
    """

    def __init__(self, log: Log, store: Store) -> None:
        self._log, self._store = log, store
        self._places: dict[Place, set[Follower]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._positions: list[int] = []
        self._versions: dict[int, tuple[int, ...]] = {}
        self._entering = asyncio.Lock()
        self._logger = get_logger("control")

    async def join(self, follower: Follower) -> None:
        """Let `follower` have all events from now on; the log's end is known when this returns.

        Raises `Unavailable` while the log or the store is away.
        """
        async with self._entering:  # of two that come first, the second must not set the positions anew
            if not self._places:
                self._positions = await asyncio.to_thread(self._ends)
                self._versions = _by_account(await asyncio.to_thread(monitors_version, self._store))
            self._places.setdefault((follower.account, follower.location), set()).add(follower)
            if not self._tasks:
                self._tasks = [asyncio.create_task(self._orders()), asyncio.create_task(self._changes())]

    def leave(self, follower: Follower) -> None:
        """Forget a follower; after the last one nothing is read any more."""
        place = (follower.account, follower.location)
        there = self._places.get(place, set())
        there.discard(follower)
        if not there:
            self._places.pop(place, None)
        if not self._places:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def _ends(self) -> list[int]:
        return [bounds.end for bounds in self._log.bounds(CONTROL.name)]

    def _read(self) -> list[Recheck]:
        """The next orders of all partitions; what was read is not lost because the log went away then."""
        orders: list[Recheck] = []
        for partition, start in enumerate(self._positions):
            try:
                records = self._log.read(CONTROL.name, partition, start, _BATCH)
            except VedetteError:
                if not orders:
                    raise
                return orders
            for record in records:
                self._positions[partition] = record.offset + 1
                if is_order(record.value):
                    continue  # for agents
                try:
                    orders.append(decode_recheck(record.value))
                except InvalidInput as error:
                    self._logger.warning("order_unreadable", error=str(error))
        return orders

    async def _orders(self) -> None:
        while True:
            try:
                orders = await asyncio.to_thread(self._read)
                self._hand_out(orders)
            except VedetteError as error:
                self._logger.warning("log_unavailable", error=str(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end what all probes follow
                self._logger.error("orders_failed", error=repr(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            if not orders:
                await asyncio.sleep(_POLL_S)

    def _hand_out(self, orders: list[Recheck]) -> None:
        for order in orders:
            followers = self._places.get((order.account, order.location))
            if followers:
                data = frame("recheck", msgspec.json.encode(order))
                for follower in followers:
                    follower.put(data)

    async def _changes(self) -> None:
        while True:
            await asyncio.sleep(CHANGES_S)
            try:
                found = _by_account(await asyncio.to_thread(monitors_version, self._store))
            except VedetteError as error:  # refusals too: a role may be given its rights back
                self._logger.warning("store_unavailable", error=str(error))
                continue
            except Exception as error:  # noqa: BLE001 - a fault of ours must not end what all probes follow
                self._logger.error("changes_failed", error=repr(error))
                await asyncio.sleep(_AFTER_FAULT_S)
                continue
            before, self._versions = self._versions, found
            changed = {account for account in before | found if before.get(account) != found.get(account)}
            for (account, _), followers in self._places.items():
                if account in changed:
                    for follower in followers:
                        follower.put(CHANGED)


def _by_account(version: Version) -> dict[int, tuple[int, ...]]:
    return {account: tuple(rest) for account, *rest in version}
