"""Lookups: single reads at any place, and where partitions begin and end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError, OffsetOutOfRangeError

from vedette.errors import LogUnavailable, VedetteError
from vedette.log.kafka.faults import fault
from vedette.log.kafka.knock import knock
from vedette.log.kafka.topics import is_gone
from vedette.log.port import Bounds, Record

T = TypeVar("T")
_PATIENCE_S = 10.0
_POLL_MS = 200
_READ_BYTES, _AT_ONCE = 8 << 20, 500


def record(found: Any) -> Record:
    """A record of kafka-python as one of ours."""
    return Record(found.offset, found.timestamp, found.key or b"", found.value or b"")


class Lookup:
    """One consumer, used by one thread at a time. Each call asks the brokers, and takes at most ten seconds."""

    def __init__(self, options: dict[str, Any], where: str) -> None:
        self._options, self._where = options, where
        self._lock = threading.Lock()
        self._consumer: KafkaConsumer | None = None

    def bounds(self, partitions: list[TopicPartition]) -> list[Bounds]:
        """Start and end of each."""
        with self._lock:
            return self._guarded("its offsets could not be looked up", partitions[0], lambda: self._bounds(partitions))

    def _bounds(self, partitions: list[TopicPartition]) -> list[Bounds]:
        consumer = self._ready()
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                starts = consumer.beginning_offsets(partitions, timeout_ms=_PATIENCE_S * 1000)
                ends = consumer.end_offsets(partitions, timeout_ms=_PATIENCE_S * 1000)
                return [Bounds(starts[one], ends[one]) for one in partitions]
            except KeyError as error:
                # The client has not heard of a partition yet; it asks for such news itself.
                if time.monotonic() > deadline:
                    raise KafkaTimeoutError(f"nothing is known of {error}") from error
                consumer.poll(timeout_ms=_POLL_MS)

    def offset_at(self, partition: TopicPartition, time_ms: int) -> int:
        """See the port."""

        def ask() -> int:
            found = self._ready().offsets_for_times({partition: time_ms}, timeout_ms=_PATIENCE_S * 1000)[partition]
            return self._bounds([partition])[0].end if found is None else int(found.offset)

        with self._lock:
            return self._guarded("an offset could not be looked up", partition, ask)

    def read(self, partition: TopicPartition, offset: int, count: int) -> list[Record]:
        """See the port: all that is there, up to `count`."""
        with self._lock:
            return self._guarded("it could not be read", partition, lambda: self._read(partition, offset, count))

    def _read(self, partition: TopicPartition, offset: int, count: int) -> list[Record]:
        bounds = self._bounds([partition])[0]
        start = max(offset, bounds.start)
        wanted = min(count, bounds.end - start)
        if wanted <= 0:
            return []
        consumer = self._ready()
        consumer.assign([partition])
        consumer.seek(partition, start)
        found: list[Record] = []
        deadline = time.monotonic() + _PATIENCE_S
        size = 0
        while len(found) < wanted and size < _READ_BYTES:
            polled = consumer.poll(timeout_ms=_POLL_MS, max_records=min(wanted - len(found), _AT_ONCE))
            for one in map(record, polled.get(partition, ())):
                found.append(one)
                size += len(one.value)
                if size >= _READ_BYTES:
                    break
            if time.monotonic() > deadline:
                raise KafkaTimeoutError(f"no record from offset {start + len(found)} of {partition}")
        return found

    def _ready(self) -> KafkaConsumer:
        if self._consumer is None:
            self._consumer = KafkaConsumer(**self._options)
        return self._consumer

    def _guarded(self, what: str, partition: TopicPartition, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except OffsetOutOfRangeError as error:
            raise LogUnavailable(f"Kafka at {self._where}: retention went on while it was read") from error
        except KafkaError as error:
            gone = isinstance(error, KafkaTimeoutError) and self._gone(partition.topic)
            self._drop()
            if gone:
                done = f"the topic {partition.topic} is gone: restart a gateway or a flow, which makes it anew, empty"
                raise LogUnavailable(f"Kafka at {self._where}: {done}") from error
            raise fault(error, self._where, what) from error

    def _gone(self, topic: str) -> bool:
        """Whether brokers that answer no longer know the topic; the library only says that it took too long."""
        try:
            knock(self._options)
            return is_gone(self._options, topic)
        except (VedetteError, KafkaError):
            return False

    def _drop(self) -> None:
        """A consumer in an unknown state is not used again."""
        broken, self._consumer = self._consumer, None
        if broken is not None:
            broken.close(autocommit=False, timeout_ms=0)

    def close(self) -> None:
        """End the consumer."""
        with self._lock:
            self._drop()
