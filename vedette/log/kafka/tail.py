"""The tail: a thread that reads ahead, for those who read partitions on and on."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, OffsetOutOfRangeError

from vedette.errors import LogUnavailable, VedetteError
from vedette.log.kafka.faults import fault
from vedette.log.kafka.lookup import record
from vedette.log.port import Record
from vedette.telemetry import get_logger

_AHEAD_BYTES = 16 << 20
"""What is read ahead, of all partitions together; more only for a reader that waits."""
_READ_BYTES = 8 << 20
_POLL_MS, _ASK_EACH_S = 250, 1.0
_PATIENCE_S = 8.0
_GATHER_S, _PLENTY_BYTES = 0.02, 1 << 20
"""After a find of less than so many bytes the next look waits so long: each costs a millisecond, whatever it finds."""
_UNUSED_S = 20.0


@dataclass(slots=True)
class Feed:
    """One partition being followed: records that wait, and what is known of its end."""

    next: int
    """Offset that the reader will ask for."""
    fetched: int
    """Offset that comes from the broker next."""
    waiting: deque[Record] = field(default_factory=deque)
    size: int = 0
    end: int = -1
    known_at: float = 0.0
    """When `end` was so (monotonic)."""
    used_at: float = 0.0
    fault: VedetteError | None = None

    def push(self, records: list[Record], now: float, end: int | None) -> None:
        """Records from the broker, and where it says the partition ends."""
        self.waiting.extend(records)
        self.size += sum(len(one.value) for one in records)
        self.fetched = records[-1].offset + 1
        self.end = max(self.fetched, end or 0)
        self.known_at, self.fault = now, None

    def pop(self, count: int) -> list[Record]:
        """Up to `count` records for the reader."""
        found: list[Record] = []
        size = 0
        while self.waiting and len(found) < count and size < _READ_BYTES:
            found.append(self.waiting.popleft())
            size += len(found[-1].value)
        self.size -= size
        if found:
            self.next = found[-1].offset + 1
        return found

    def ended(self, now: float) -> bool:
        """Whether nothing is left to read, as far as was known two seconds ago or later."""
        return not self.waiting and self.next >= self.end >= 0 and now - self.known_at <= 2 * _ASK_EACH_S


class Tail:
    """Follows partitions with one consumer in a thread of its own; readers take what has come without a round trip."""

    def __init__(self, options: dict[str, Any], where: str) -> None:
        self._options, self._where = options, where
        self._feeds: dict[TopicPartition, Feed] = {}
        self._changed = threading.Condition()
        self._stale = False
        """Whether the consumer reads other partitions or offsets than the feeds."""
        self._closed = False
        self._waiting = 0
        self._thread: threading.Thread | None = None
        self._logger = get_logger("kafka")

    def follow(self, partition: TopicPartition, offset: int) -> bool:
        """Read `partition` from `offset` on; False while somebody else follows it at another place."""
        now = time.monotonic()
        with self._changed:
            feed = self._feeds.get(partition)
            if feed is not None and feed.next != offset and now - feed.used_at < _UNUSED_S:
                return False
            if feed is None or feed.next != offset:
                self._feeds[partition] = Feed(offset, offset, used_at=now)
                self._stale = True
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="kafka-tail", daemon=True)
                self._thread.start()
            return True

    def take(self, partition: TopicPartition, offset: int, count: int) -> list[Record] | None:
        """Up to `count` records from `offset`; empty at the end; None if the partition is not followed there.

        Waits for the broker while more is known to be there. Raises `LogUnavailable` if it does not answer.
        """
        deadline = time.monotonic() + _PATIENCE_S
        with self._changed:
            while True:
                feed = self._feeds.get(partition)
                if feed is None or feed.next != offset or self._closed:
                    return None
                feed.used_at = now = time.monotonic()
                if feed.waiting:
                    self._changed.notify_all()  # there may be room again
                    return feed.pop(count)
                if feed.ended(now):
                    return []
                if feed.fault is not None:
                    raise feed.fault
                if now >= deadline:
                    raise LogUnavailable(f"Kafka at {self._where} has not answered for {_PATIENCE_S:.0f} s")
                self._waiting += 1
                self._changed.notify_all()
                self._changed.wait(deadline - now)
                self._waiting -= 1

    def ended(self, partition: TopicPartition, offset: int) -> bool | None:
        """Whether `offset` is the end; None if the partition is not followed there."""
        with self._changed:
            feed = self._feeds.get(partition)
            return None if feed is None or feed.next != offset else feed.ended(time.monotonic())

    def _run(self) -> None:
        consumer: KafkaConsumer | None = None
        while not self._closed:
            try:
                if consumer is None:
                    consumer = KafkaConsumer(**self._options)
                    self._stale = True
                try:
                    self._step(consumer)
                except OffsetOutOfRangeError as error:
                    self._forget(error.args[0])
            except Exception as error:  # noqa: BLE001 - whatever went wrong, the readers must learn of it
                self._fail(error)
                if consumer is not None:
                    consumer.close(autocommit=False, timeout_ms=0)
                consumer = None
        if consumer is not None:
            consumer.close(autocommit=False, timeout_ms=0)

    def _step(self, consumer: KafkaConsumer) -> None:
        self._align(consumer)
        polled = consumer.poll(timeout_ms=_POLL_MS, max_records=20_000) if self._has_room() else {}
        now = time.monotonic()
        with self._changed:
            for partition, found in polled.items():
                feed = self._feeds.get(partition)
                if feed is None or found[0].offset < feed.fetched or self._stale:
                    self._stale = True  # somebody moved it meanwhile
                    continue
                feed.push([record(one) for one in found], now, consumer.highwater(partition))
            if polled:
                self._changed.notify_all()
                if not self._waiting and sum(feed.size for feed in self._feeds.values()) < _PLENTY_BYTES:
                    self._changed.wait(_GATHER_S)
            old = [one for one, feed in self._feeds.items() if now - feed.known_at > _ASK_EACH_S]
        if old:
            self._ask(consumer, old)

    def _has_room(self) -> bool:
        """Whether more may be read ahead; waits a moment if not.

        The consumer's own way to do this, pausing partitions, is not used: what it has fetched of a paused partition
        keeps it from fetching the others.
        """
        with self._changed:
            full = sum(feed.size for feed in self._feeds.values()) > _AHEAD_BYTES
            if full and not self._waiting:
                self._changed.wait(_POLL_MS / 1000)
            return not full or self._waiting > 0

    def _align(self, consumer: KafkaConsumer) -> None:
        """Let the consumer read what the feeds want."""
        with self._changed:
            now = time.monotonic()
            for partition in [one for one, feed in self._feeds.items() if now - feed.used_at > _UNUSED_S]:
                del self._feeds[partition]
                self._stale = True
            if self._stale:
                self._stale = False
                consumer.assign(list(self._feeds))
                for partition, feed in self._feeds.items():
                    consumer.seek(partition, feed.fetched)

    def _ask(self, consumer: KafkaConsumer, partitions: list[TopicPartition]) -> None:
        """Learn from the brokers where partitions end: nothing comes from one that is away, or at its end."""
        asked_at = time.monotonic()
        try:
            ends = consumer.end_offsets(partitions, timeout_ms=5_000)
        except KeyError:
            return  # the client has not heard of a topic yet that was only just followed: the next step asks again
        with self._changed:
            for partition, end in ends.items():
                feed = self._feeds.get(partition)
                if feed is not None:
                    feed.end, feed.known_at, feed.fault = max(end, feed.fetched), asked_at, None
            self._changed.notify_all()

    def _forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Follow these no longer: retention has overtaken their readers, who will ask for the first record kept."""
        with self._changed:
            for partition in partitions:
                self._feeds.pop(partition, None)
            self._stale = True
            self._changed.notify_all()

    def _fail(self, error: Exception) -> None:
        """Tell the readers, and start again at what they have not got."""
        what = fault(error, self._where, "it could not be read") if isinstance(error, KafkaError) else None
        if what is None:
            what = LogUnavailable(f"Kafka at {self._where}: {type(error).__name__}: {error}")
        self._logger.warning("kafka_read_failed", error=str(what))
        with self._changed:
            for feed in self._feeds.values():
                feed.fault = what
            self._stale = True
            self._changed.notify_all()
            self._changed.wait(0.5)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(10)
