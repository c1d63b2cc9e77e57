"""The passage: records of one partition on their way into the log, and how far all of them have arrived."""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass

from ingest_api.recorded.refusals import Refusals
from ingest_api.recorded.taking import Taker, Verdict, body_of
from vedette.clock import Clock
from vedette.errors import Overloaded, TooLarge
from vedette.events.codec import encode_reject
from vedette.events.signals import Reject
from vedette.events.topics import FEATURES, RECORDED, REJECTS
from vedette.log import Log, Message, Record
from vedette.telemetry import metrics

_WIDTH = 16 << 20
"""Bytes that are on their way at a time, but for one message that is larger: the log's buffer is for requests too."""


@dataclass(slots=True)
class _Sent:
    """A message that the log has not acknowledged yet, and what it is of its record."""

    record: Record
    done: Future[None]
    size: int = 0
    values: int = 0
    reason: str | None = None
    """Why it is a reject; None if it is not."""
    has_data: bool = False
    last: bool = True
    """Whether nothing else of the record follows."""


class Passage:
    """Takes records one after the other, each with room for it, and keeps nothing of one but its acknowledgement.

    `arrived` is the last record of which, as of all before it, everything is durable. After an error the records behind
    it have to be carried again, in another passage.
    """

    def __init__(self, log: Log, taker: Taker, clock: Clock, refusals: Refusals, partition: int) -> None:
        self._log, self._taker, self._clock, self._refusals = log, taker, clock, refusals
        self._partition = partition
        self._under_way: deque[_Sent] = deque()
        self._size = 0
        self.arrived: Record | None = None

    def carry(self, record: Record) -> None:
        """Hand over what becomes of `record`. Blocks while there is no room for it.

        Raises what the log, the database or an earlier record failed with; `Overloaded` only if the log's buffer is
        full of what others have written.
        """
        verdict = self._taker.take(record)
        message = verdict.message
        if message is not None:
            self._make_room(len(message.value))
            try:
                done = self._produce(FEATURES.name, message)
            except TooLarge as error:
                verdict = _above_the_limit(record, error)
            else:
                self._add(_Sent(record, done, len(message.value), verdict.values, last=verdict.reason is None))
        if verdict.reason is not None:
            self._make_room(len(verdict.data))
            self._add(self._reject(record, verdict))
        elif message is None:  # it was empty
            self._add(_Sent(record, _nothing()))
        while self._under_way and self._under_way[0].done.done():
            self._settle()

    def finish(self) -> None:
        """Return when all that was handed over is durable; raises what the first that is not failed with."""
        while self._under_way:
            self._settle()

    def give_up(self) -> None:
        """After an error: see what has arrived all the same, and return when nothing is on its way any more."""
        try:
            self.finish()
        except Exception:  # noqa: BLE001 - there was an error before this one, which is the one to tell
            wait([one.done for one in self._under_way])

    def _add(self, sent: _Sent) -> None:
        self._under_way.append(sent)
        self._size += sent.size

    def _make_room(self, size: int) -> None:
        while self._under_way and self._size + size > _WIDTH:
            self._settle()

    def _produce(self, topic: str, message: Message) -> Future[None]:
        while True:
            # Looked at before the log is asked: what ends meanwhile has made room.
            waiting = [one.done for one in self._under_way if not one.done.done()]
            try:
                return self._log.produce(topic, [message])
            except Overloaded:
                if not waiting:
                    raise
            wait(waiting, return_when=FIRST_COMPLETED)

    def _reject(self, record: Record, verdict: Verdict) -> _Sent:
        """What is too large to be told goes without its data."""
        try:
            return self._send_reject(record, verdict.reason or "", verdict.data)
        except TooLarge:
            return self._send_reject(record, verdict.reason or "", b"")

    def _send_reject(self, record: Record, reason: str, data: bytes) -> _Sent:
        reject = Reject(RECORDED.name, self._partition, record.offset, reason, data, self._clock.now_ms())
        message = Message(RECORDED.name.encode(), encode_reject(reject))
        done = self._produce(REJECTS.name, message)
        return _Sent(record, done, len(message.value), reason=reason, has_data=bool(data))

    def _settle(self) -> None:
        """Wait for the oldest. If it failed it stays the oldest, so that nothing behind it counts as arrived."""
        sent = self._under_way[0]
        try:
            sent.done.result()
        except TooLarge as error:  # the brokers' limit is lower than ours
            self._under_way[0] = self._instead(sent, error)
            self._size += self._under_way[0].size - sent.size
            return
        self._under_way.popleft()
        self._size -= sent.size
        if sent.reason is None:
            metrics().count("vedette_ingest_accepted_total", sent.values, topic="features")
        else:
            metrics().count("vedette_ingest_rejected_total", topic="recorded")
            self._refusals.note(self._partition, sent.record.offset, sent.reason)
        if sent.last:
            self.arrived = sent.record

    def _instead(self, sent: _Sent, error: TooLarge) -> _Sent:
        """The reject of a message that the log will never take, or one without its data if it was such a reject."""
        if sent.reason is None:
            instead = self._reject(sent.record, _above_the_limit(sent.record, error))
        elif sent.has_data:
            instead = self._send_reject(sent.record, sent.reason, b"")
        else:
            raise error
        instead.last = sent.last
        return instead


def _above_the_limit(record: Record, error: TooLarge) -> Verdict:
    return Verdict(reason=str(error), data=body_of(record))


def _nothing() -> Future[None]:
    done: Future[None] = Future()
    done.set_result(None)
    return done
