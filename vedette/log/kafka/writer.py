"""The writer: an idempotent producer whose every message is accounted for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

from vedette.errors import LogUnavailable, Overloaded, TooLarge
from vedette.log.kafka.faults import fault
from vedette.log.kafka.topics import MAX_MESSAGE_BYTES
from vedette.log.port import Message
from vedette.telemetry import get_logger

_OVERHEAD = 512
"""What a message may need beside its key and value."""
_CLOSE_S = 15.0
_GRACE_S = 1.0
"""How much longer than its own time limit the producer gets."""
_LOOK_S = 0.5
_OWN_FAULT = (MessageSizeTooLargeError, RecordListTooLargeError, UnknownTopicOrPartitionError)
"""Failures of a message, not of the producer."""


class _Call:
    """One produce call: its future is done when the last of its messages is, and fails with the first failure."""

    def __init__(self, count: int, size: int, finished: Callable[[_Call], None]) -> None:
        self.done: Future[None] = Future()
        self.size = size
        self.error: BaseException | None = None
        self.begun = time.monotonic()
        self._left = count
        self._lock = threading.Lock()
        self._finished = finished

    def acknowledged(self, metadata: object) -> None:
        """One message is in the log."""
        self.note(None)

    def note(self, error: BaseException | None, count: int = 1) -> None:
        """`count` messages are settled."""
        with self._lock:
            if self._left <= 0:
                return  # given up before, and settled too late
            self._left -= count
            self.error = self.error or error
            if self._left:
                return
        self._finished(self)

    def give_up(self, error: BaseException) -> None:
        """All that is left of it has failed."""
        with self._lock:
            if self._left <= 0:
                return
            self._left = 0
            self.error = self.error or error
        self._finished(self)


class Writer:
    """Hands messages to a producer of kafka-python; at most `max_pending` bytes wait for their acknowledgement.

    Acknowledged is what all in-sync replicas have. The producer numbers its messages, so that a retry is not written
    twice. One that has failed a message is replaced: it has lost its numbers, and may hold later messages for ever
    without telling (seen with kafka-python 3.0.12 after a broker's restart). For the same reason a thread here gives
    up what the producer itself should have given up. While a new one is made, calls fail at once.
    """

    def __init__(self, options: dict[str, Any], max_pending: int, where: str) -> None:
        self._options, self._max, self._where = options, max_pending, where
        self._patience_s = options["delivery_timeout_ms"] / 1000 + _GRACE_S
        self._lock = threading.Lock()
        self._pending = 0
        self._calls: dict[_Call, KafkaProducer | None] = {}
        """Calls that are under way, the oldest first, and whose they are."""
        self._closed = threading.Event()
        self._producer: KafkaProducer | None = None
        self._threads: dict[str, threading.Thread] = {}
        self._logger = get_logger("kafka")

    def write(self, topic: str, rows: Sequence[tuple[int, Message]]) -> Future[None]:
        """Send each message to its partition; see the port for what the future promises."""
        size = 0
        for _, message in rows:
            one = len(message.key) + len(message.value)
            if one + _OVERHEAD > MAX_MESSAGE_BYTES:
                raise TooLarge("a message for the log", MAX_MESSAGE_BYTES - _OVERHEAD)
            size += one
        call = _Call(len(rows), size, self._settle)
        if not rows:
            call.done.set_result(None)
            return call.done
        with self._lock:
            if self._closed.is_set():
                raise LogUnavailable("the log is closed")
            if self._pending and self._pending + size > self._max:
                raise Overloaded(f"{self._pending} bytes wait for Kafka at {self._where}; try again")
            self._pending += size
            self._calls[call] = None
        self._send(topic, rows, call)
        return call.done

    def _send(self, topic: str, rows: Sequence[tuple[int, Message]], call: _Call) -> None:
        sent = 0
        try:
            producer = self._ready(call)
            for partition, message in rows:
                future = producer.send(topic, message.value, message.key, partition=partition)
                sent += 1
                future.add_callback(call.acknowledged)
                future.add_errback(call.note)
        except Exception as error:  # noqa: BLE001 - a certificate that is being replaced, say: the call must end
            call.note(error, len(rows) - sent)

    def _ready(self, call: _Call) -> KafkaProducer:
        """The producer, noted as the call's; the first is made here and now."""
        with self._lock:
            if self._producer is None:
                if self._threads:
                    raise LogUnavailable(f"Kafka at {self._where} does not answer")
                self._producer = KafkaProducer(**self._options)
                self._start("kafka-patience", self._watch)
            self._calls[call] = self._producer
            return self._producer

    def _start(self, name: str, work: Callable[[], None]) -> None:
        thread = self._threads[name] = threading.Thread(target=work, name=name, daemon=True)
        thread.start()

    def _watch(self) -> None:
        """Give up calls that are older than the producer should have let them become."""
        while not self._closed.wait(_LOOK_S):
            oldest = time.monotonic() - self._patience_s
            with self._lock:
                late = [call for call in self._calls if call.begun < oldest]
            for call in late:
                call.give_up(KafkaTimeoutError(f"no acknowledgement within {self._patience_s:g} s"))

    def _replace(self, broken: KafkaProducer, error: BaseException) -> None:
        """Forget a producer that will not work again; another is made as soon as the brokers answer."""
        with self._lock:
            if self._producer is not broken:
                return
            self._producer = None
            orphans = [call for call, producer in self._calls.items() if producer is broken]
            if not self._closed.is_set():
                self._start("kafka-anew", self._make_anew)
        self._logger.warning("kafka_producer_replaced", error=f"{type(error).__name__}: {error}")
        threading.Thread(target=self._end, args=(broken, 0), name="kafka-close", daemon=True).start()
        for call in orphans:
            call.give_up(error)

    def _make_anew(self) -> None:
        while not self._closed.is_set():
            try:
                made = KafkaProducer(**self._options)
            except Exception as error:  # noqa: BLE001 - whatever it is, without a producer nothing can be written
                self._logger.warning("kafka_away", error=f"{type(error).__name__}: {error}")
                self._closed.wait(_LOOK_S)
                continue
            with self._lock:
                if not self._closed.is_set():
                    self._producer = made
                    return
            self._end(made, 0)

    def _end(self, producer: KafkaProducer, timeout_s: float) -> None:
        """Close a producer; what it still holds is dropped."""
        try:
            producer.close(timeout=timeout_s)
        except KafkaError as error:
            self._logger.warning("kafka_close", error=f"{type(error).__name__}: {error}")
            # While it holds messages, close gives up before it has closed anything, and its thread would send them yet.
            producer._sender.force_close()  # noqa: SLF001 - there is no other way
            producer._sender.join(_CLOSE_S)  # noqa: SLF001 - the same
            with suppress(KafkaError):
                producer.close(timeout=0)

    def _settle(self, call: _Call) -> None:
        with self._lock:
            self._pending -= call.size
            producer = self._calls.pop(call, None)
        if call.done.set_running_or_notify_cancel():
            if call.error is None:
                call.done.set_result(None)
            else:
                call.done.set_exception(fault(call.error, self._where, "an event was not acknowledged"))
        if call.error is not None and producer is not None and not isinstance(call.error, _OWN_FAULT):
            self._replace(producer, call.error)

    def close(self) -> None:
        """Wait for what is on its way, at most 15 seconds; what has not been acknowledged then has failed."""
        with self._lock:
            self._closed.set()
            producer, self._producer = self._producer, None
        if producer is not None:
            try:
                producer.flush(timeout=_CLOSE_S)
            except KafkaError as error:
                self._logger.warning("kafka_close", error=f"{type(error).__name__}: {error}")
            self._end(producer, 1)
        with self._lock:
            left = list(self._calls)
        for call in left:
            call.give_up(LogUnavailable("the log was closed"))
        for thread in self._threads.values():
            thread.join(_CLOSE_S)
