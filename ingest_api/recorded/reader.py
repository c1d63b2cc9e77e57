"""The reader: carries recorded messages on, partition by partition, each until it is durable where it belongs."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence

from ingest_api.recorded.passage import Passage
from ingest_api.recorded.refusals import Refusals
from ingest_api.recorded.taking import Taker
from vedette.clock import Clock
from vedette.errors import VedetteError
from vedette.events.topics import RECORDED
from vedette.log import Log, Record
from vedette.log.sameness import fingerprint, is_same
from vedette.store import recorded
from vedette.store.pool import Store
from vedette.store.recorded import Place
from vedette.telemetry import get_logger, metrics

LEASE_S = 15.0
"""A gateway that is gone leaves its partitions to the others after so long."""
_MOST = 200
_IDLE_S, _AFTER_FAULT_S = 0.1, 1.0
_END_S = 10.0


class Reader:
    """Reads the partitions that no other gateway reads, and goes on where it, or another one, stood.

    A place is moved on only when all before it is durable in `vedette.features` or `vedette.rejects`, and after each
    batch, also one that an error has cut short. What is read again after a crash goes on a second time; flows drop it
    by model, epoch and seq. While the log or the database is away it waits. One thread; `step` is the same without it.
    """

    def __init__(self, log: Log, store: Store, clock: Clock, taker: Taker) -> None:
        self._log, self._store, self._clock, self._taker = log, store, clock, taker
        self._holder = secrets.token_hex(8)
        self._places: dict[int, Place] = {}
        self._owed: dict[int, Place] = {}
        """Where partitions stand whose messages are durable, but the database could not be told yet."""
        self._claim_at = clock.monotonic()
        self._refusals = Refusals(clock)
        self._logger = get_logger("recorded")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Read in a thread until `stop`."""
        self._thread = threading.Thread(target=self._run, name="recorded", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the message that is under way, and leave the partitions to others. Blocks for that."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(_END_S)

    def _run(self) -> None:
        said = ""
        while not self._stop.is_set():
            try:
                wait_s = 0.0 if self.step() else _IDLE_S
                said = ""
            except VedetteError as error:
                if error.code != said:  # once, not each second
                    said = error.code
                    self._logger.warning("recorded_wait", error=str(error))
                wait_s = _AFTER_FAULT_S
            except Exception as error:  # noqa: BLE001 - a reader that died would leave everything there for ever
                self._logger.error("recorded_failed", error=repr(error))
                wait_s = _AFTER_FAULT_S
            self._stop.wait(wait_s)
        self._refusals.tell()
        try:
            recorded.give_back(self._store, self._holder)
        except VedetteError as error:
            self._logger.warning("recorded_not_given_back", error=str(error))

    def step(self) -> bool:
        """Carry on what each partition has, a batch of it at most; whether there was anything. Blocks.

        Raises `Unavailable` or `StoreRefused` if that cannot be now; the next step goes on behind what is durable.
        """
        found = False
        self._refusals.tell_due()
        self._keep()
        for partition in list(self._places):
            self._keep()  # one after the other may take longer than a lease lasts
            place = self._places.get(partition)
            if place is None or self._stop.is_set():
                continue
            fault = None
            if partition not in self._owed:
                records = self._log.read(RECORDED.name, partition, place.next_offset, _MOST)
                if not records:
                    continue
                if place.fingerprint is not None and records[0].offset > place.next_offset:
                    lost = records[0].offset - place.next_offset
                    self._logger.error("recorded_expired", partition=partition, messages=lost)
                arrived, fault = self._carry(partition, records)
                if arrived is not None:
                    self._owed[partition] = Place(arrived.offset + 1, fingerprint(arrived))
            if partition in self._owed:
                self._move(partition, place, self._owed[partition])
            if fault is not None:
                raise fault
            found = True
        return found

    def _keep(self) -> None:
        """Claim in time; how much waits is told also while the database is away, for that is when it grows."""
        if self._clock.monotonic() >= self._claim_at:
            try:
                self._claim()
            finally:
                self._tell_backlog()

    def _claim(self) -> None:
        """Take what nobody has, and keep what is ours."""
        now = self._clock.monotonic()
        held = recorded.claim(self._store, self._holder, self._log.partitions(RECORDED.name), LEASE_S)
        for partition, place in held.items():
            known = self._places.get(partition) == place
            if not known and not is_same(self._log, RECORDED.name, partition, place.next_offset, place.fingerprint):
                self._logger.error("log_was_made_anew", topic=RECORDED.name, partition=partition)
                fresh = Place(0)
                if recorded.advance(self._store, self._holder, partition, place, fresh):
                    held[partition] = fresh
        self._owed = {one: end for one, end in self._owed.items() if held.get(one) == self._places.get(one)}
        self._places, self._claim_at = held, now + LEASE_S / 3

    def _move(self, partition: int, start: Place, end: Place) -> None:
        ours = recorded.advance(self._store, self._holder, partition, start, end)
        del self._owed[partition]
        if ours:
            self._places[partition] = end
        else:  # our lease was over, and another gateway has gone on
            del self._places[partition]

    def _carry(self, partition: int, records: Sequence[Record]) -> tuple[Record | None, Exception | None]:
        """The last record of which, as of all before it, everything is durable, and what kept the next from it."""
        passage = Passage(self._log, self._taker, self._clock, self._refusals, partition)
        try:
            for record in records:
                passage.carry(record)
                if self._stop.is_set() or self._clock.monotonic() >= self._claim_at:
                    break
            passage.finish()
        except Exception as error:  # noqa: BLE001 - what has arrived before it is noted first, then it is raised
            passage.give_up()
            return passage.arrived, error
        return passage.arrived, None

    def _tell_backlog(self) -> None:
        """How much is yet to be taken of what is ours."""
        bounds = self._log.bounds(RECORDED.name)
        waiting = [bounds[one].end - max(place.next_offset, bounds[one].start) for one, place in self._places.items()]
        metrics().set("vedette_recorded_waiting", sum(max(0, count) for count in waiting))
