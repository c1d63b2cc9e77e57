"""KafkaLog: the log port over Kafka."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from kafka import TopicPartition
from xxhash import xxh3_64_intdigest

from vedette.errors import InvalidInput, NotFound
from vedette.log.kafka.knock import knock
from vedette.log.kafka.lookup import Lookup
from vedette.log.kafka.options import client_options
from vedette.log.kafka.tail import Tail
from vedette.log.kafka.topics import MAX_MESSAGE_BYTES, ensure_topics, remove_before
from vedette.log.kafka.writer import Writer
from vedette.log.port import Bounds, Message, Record
from vedette.settings import LogSettings

_FETCH_BYTES = 8 << 20


class KafkaLog:
    """Topics in Kafka. Whoever reads a partition on and on is served from what a thread reads ahead.

    The number of a topic's partitions is what it was at the opening: after adding some, restart all processes.
    """

    def __init__(self, settings: LogSettings, *, every_topic: bool = True) -> None:
        # What goes wrong comes back as an error of ours; the library would print it once more for each attempt.
        logging.getLogger("kafka").setLevel(logging.CRITICAL)
        options = client_options(settings)
        where = ",".join(options["bootstrap_servers"])
        knock(options)
        self._partitions = ensure_topics(options, settings, where, every=every_topic)
        self._options, self._where = options, where
        self._prefix = settings.kafka_prefix
        reading = options | {
            "group_id": None,
            "enable_auto_commit": False,
            "auto_offset_reset": "none",
            "allow_auto_create_topics": False,
            "max_partition_fetch_bytes": _FETCH_BYTES,
            "metrics_enabled": False,
        }
        writing = options | {
            "acks": "all",
            "enable_idempotence": True,
            "allow_auto_create_topics": False,
            "compression_type": None if settings.kafka_compression == "none" else settings.kafka_compression,
            "batch_size": 1 << 20,
            "linger_ms": 2,
            "max_block_ms": 5_000,
            "max_request_size": MAX_MESSAGE_BYTES,
            "delivery_timeout_ms": round(settings.kafka_delivery_s * 1000),
            "request_timeout_ms": min(options["request_timeout_ms"], round(settings.kafka_delivery_s * 900)),
        }
        self._writer = Writer(writing, settings.log_max_pending_mb << 20, where)
        self._lookup, self._tail = Lookup(reading, where), Tail(reading, where)
        self._lock = threading.Lock()
        self._left_off: dict[TopicPartition, int] = {}
        """Where the last single read of a partition ended: who goes on from there reads on and on."""

    def _place(self, topic: str, partition: int) -> TopicPartition:
        count = self.partitions(topic)
        if not 0 <= partition < count:
            raise InvalidInput("partition", partition, f"0 to {count - 1}")
        return TopicPartition(self._prefix + topic, partition)

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        """See the port. If it fails, some of the messages may be in the log all the same."""
        count = self.partitions(topic)
        return self._writer.write(self._prefix + topic, [(xxh3_64_intdigest(one.key) % count, one) for one in messages])

    def read(self, topic: str, partition: int, offset: int, max_messages: int) -> list[Record]:
        """From what was read ahead, or by asking the brokers."""
        place = self._place(topic, partition)
        found = self._tail.take(place, offset, max_messages)
        if found is not None:
            return found
        with self._lock:
            goes_on = self._left_off.get(place) == offset
        if goes_on and self._tail.follow(place, offset):
            found = self._tail.take(place, offset, max_messages)
            if found is not None:
                return found
        found = self._lookup.read(place, offset, max_messages)
        with self._lock:
            self._left_off[place] = found[-1].offset + 1 if found else offset
        return found

    def ended(self, topic: str, partition: int, offset: int) -> bool:
        """From what the reader ahead knows, or by asking the brokers."""
        place = self._place(topic, partition)
        known = self._tail.ended(place, offset)
        return self._lookup.bounds([place])[0].end <= offset if known is None else known

    def bounds(self, topic: str) -> list[Bounds]:
        """Asks the brokers."""
        return self._lookup.bounds([self._place(topic, number) for number in range(self.partitions(topic))])

    def partitions(self, topic: str) -> int:
        """As it was at the opening."""
        try:
            return self._partitions[topic]
        except KeyError:
            known = ", ".join(sorted(self._partitions))
            raise NotFound(f"topic {topic!r} does not exist, or is hidden from this user; there are {known}") from None

    def offset_at(self, topic: str, partition: int, time_ms: int) -> int:
        """Asks the brokers."""
        return self._lookup.offset_at(self._place(topic, partition), time_ms)

    def enforce_retention(self, now_ms: int) -> int:
        """The brokers do it."""
        return 0

    def remove_before(self, topic: str, partition: int, offset: int) -> None:
        """Let the brokers forget what stands before `offset`, as retention will in time."""
        remove_before(self._options, self._place(topic, partition), offset, self._where)

    def close(self) -> None:
        """Wait for what is on its way to the brokers, then end all connections."""
        self._writer.close()
        self._tail.close()
        self._lookup.close()
