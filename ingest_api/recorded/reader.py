"""The reader: carries recorded messages on, partition by partition, each until it is durable where it belongs."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from ingest_api.recorded.taking import Taker, Verdict
from vedette.clock import Clock
from vedette.errors import TooLarge, VedetteError
from vedette.events.codec import encode_reject
from vedette.events.signals import Reject
from vedette.events.topics import FEATURES, RECORDED, REJECTS
from vedette.log import Log, Message, Record
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

    A place is moved on only when all before it is durable in `vedette.features` or `vedette.rejects`. What is read
    again after a crash goes on a second time; flows drop it by model, epoch and seq. While the log or the database is
    away it waits. One thread; `step` is the same without it.
    """

    def __init__(self, log: Log, store: Store, clock: Clock, taker: Taker) -> None:
        self._log, self._store, self._clock, self._taker = log, store, clock, taker
        self._holder = secrets.token_hex(8)
        self._places: dict[int, Place] = {}
        self._owed: dict[int, Place] = {}
        """Where partitions stand whose messages are durable, but the database could not be told yet."""
        self._claim_at = clock.monotonic()
        self._logger = get_logger("recorded")
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Read in a thread until `stop`."""
        self._thread = threading.Thread(target=self._run, name="recorded", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the batch that is under way, and leave the partitions to others. Blocks for that."""
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
                if str(error) != said:  # once, not each second
                    said = str(error)
                    self._logger.warning("recorded_wait", error=said)
                wait_s = _AFTER_FAULT_S
            except Exception as error:  # noqa: BLE001 - a reader that died would leave everything there for ever
                self._logger.error("recorded_failed", error=repr(error))
                wait_s = _AFTER_FAULT_S
            self._stop.wait(wait_s)
        try:
            recorded.give_back(self._store, self._holder)
        except VedetteError as error:
            self._logger.warning("recorded_not_given_back", error=str(error))

    def step(self) -> bool:
        """Carry on what each partition has, a batch of it at most; whether there was anything. Blocks.

        Raises `Unavailable` or `StoreRefused` if that cannot be now; the next step goes on from there.
        """
        if self._clock.monotonic() >= self._claim_at:
            self._claim()
        found = False
        for partition, place in list(self._places.items()):
            end = self._owed.get(partition)
            if end is None:
                records = self._log.read(RECORDED.name, partition, place.next_offset, _MOST)
                if not records:
                    continue
                if place.fingerprint is not None and records[0].offset > place.next_offset:
                    lost = records[0].offset - place.next_offset
                    self._logger.error("recorded_expired", partition=partition, messages=lost)
                self._carry(partition, records)
                end = self._owed[partition] = Place(records[-1].offset + 1, fingerprint(records[-1]))
            self._move(partition, place, end)
            found = True
        return found

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

    def _carry(self, partition: int, records: Sequence[Record]) -> None:
        """Return when everything of the records is durable where it belongs."""
        verdicts = [self._taker.take(record) for record in records]
        waiting: list[Future[None]] = []
        for verdict in verdicts:
            if verdict.message is not None:
                try:
                    waiting.append(self._log.produce(FEATURES.name, [verdict.message]))
                except TooLarge as error:
                    verdict.values, verdict.reason = 0, str(error)
        rejects = [
            self._reject(partition, record, verdict)
            for record, verdict in zip(records, verdicts, strict=True)
            if verdict.reason is not None
        ]
        waiting += [self._log.produce(REJECTS.name, [reject]) for reject in rejects]
        for future in waiting:
            future.result()
        metrics().count("vedette_ingest_accepted_total", sum(one.values for one in verdicts), topic="features")
        if rejects:
            metrics().count("vedette_ingest_rejected_total", len(rejects), topic="recorded")

    def _reject(self, partition: int, record: Record, verdict: Verdict) -> Message:
        reason = verdict.reason or ""
        self._logger.warning("message_rejected", partition=partition, offset=record.offset, reason=reason)
        reject = Reject(RECORDED.name, partition, record.offset, reason, verdict.data, self._clock.now_ms())
        return Message(RECORDED.name.encode(), encode_reject(reject))
