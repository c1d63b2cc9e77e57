"""Topics: made where they are missing, with the retention and limits that Vedette needs."""

from __future__ import annotations

import time
from typing import Any

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.errors import (
    AuthorizationError,
    KafkaError,
    KafkaTimeoutError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
)

from vedette.events.topics import TOPICS, Topic
from vedette.log.kafka.faults import fault
from vedette.settings import LogSettings

MAX_MESSAGE_BYTES = 16 << 20
"""A body of 8 MB may be one report; Kafka's own default is 1 MB."""
_PATIENCE_MS = 10_000
_AGAIN_S = 0.05
_REPLICAS = 3


def ensure_topics(options: dict[str, Any], settings: LogSettings, where: str, *, every: bool = True) -> dict[str, int]:
    """Make the topics that are missing; how many partitions each has, by the name without prefix.

    Topics that exist keep what they have. Several processes may do this at once. Replication 0 means three copies,
    or as many as there are brokers; with three copies a message is acknowledged when two have it. Unless `every` one is
    needed, those that this user may neither see nor make are left out.
    """
    try:
        admin = KafkaAdminClient(**options)
        try:
            return _ensure(admin, settings, every)
        finally:
            admin.close()
    except KafkaError as error:
        raise fault(error, where, "its topics could not be looked up or made") from error


def seen_topics(options: dict[str, Any], settings: LogSettings, where: str) -> dict[str, int]:
    """How many partitions each topic has that exists and that this user may see, by the name without prefix."""
    try:
        admin = KafkaAdminClient(**options)
        try:
            wanted = {settings.kafka_prefix + name: name for name in TOPICS}
            seen = sorted(set(wanted) & set(admin.list_topics()))
            described = admin.describe_topics(seen) if seen else []
            return {wanted[topic["name"]]: len(topic["partitions"]) for topic in described}
        finally:
            admin.close()
    except KafkaError as error:
        raise fault(error, where, "its topics could not be looked up") from error


def is_gone(options: dict[str, Any], topic: str) -> bool:
    """Whether brokers that answer know no topic of this name, prefix included. A fresh client: it remembers nothing.

    `options` may be those of a consumer.
    """
    admin = KafkaAdminClient(**{name: options[name] for name in options if name in KafkaAdminClient.DEFAULT_CONFIG})
    try:
        return topic not in admin.list_topics()
    finally:
        admin.close()


def remove_before(options: dict[str, Any], partition: TopicPartition, offset: int, where: str) -> None:
    """Move the start of a partition to `offset`."""
    try:
        admin = KafkaAdminClient(**options)
        try:
            admin.delete_records({partition: offset}, timeout_ms=_PATIENCE_MS)
        finally:
            admin.close()
    except KafkaError as error:
        raise fault(error, where, "records could not be removed") from error


def _ensure(admin: KafkaAdminClient, settings: LogSettings, every: bool) -> dict[str, int]:
    wanted = {settings.kafka_prefix + name: topic for name, topic in TOPICS.items()}
    missing = sorted(set(wanted) - set(admin.list_topics()))
    if missing:
        brokers = len(admin.describe_cluster()["brokers"])
        copies = settings.kafka_replication or min(_REPLICAS, brokers)
        for name in missing:
            made = _new_topic(name, wanted[name], settings.log_partitions, copies)
            try:
                admin.create_topics([made], timeout_ms=_PATIENCE_MS)
            except TopicAlreadyExistsError:
                continue  # another process was faster
            except AuthorizationError:
                if every:
                    raise
                del wanted[name]
        admin.wait_for_topics([name for name in missing if name in wanted], timeout_ms=_PATIENCE_MS)
    if not wanted:
        return {}
    counts = _counts(admin, set(wanted), every)
    return {wanted[name].name: count for name, count in counts.items()}


def _counts(admin: KafkaAdminClient, names: set[str], every: bool) -> dict[str, int]:
    """How many partitions each topic has, once the broker that is asked knows all of them.

    A broker that has not heard yet of a topic that another one has made answers with an error and no partitions:
    taken at its word, a reader would read nothing for ever, and a writer could not choose a partition.
    """
    deadline = time.monotonic() + _PATIENCE_MS / 1000
    while True:
        described = admin.describe_topics(sorted(names))
        counts = {topic["name"]: len(topic["partitions"]) for topic in described if topic["partitions"]}
        unknown = names - set(counts)
        denied = {topic["name"] for topic in described if topic["error_code"] == TopicAuthorizationFailedError.errno}
        if denied and every:
            raise TopicAuthorizationFailedError(", ".join(sorted(denied)))
        if unknown <= denied:
            return counts
        if time.monotonic() >= deadline:
            raise KafkaTimeoutError(f"the brokers do not know the partitions of {', '.join(sorted(unknown))}")
        time.sleep(_AGAIN_S)


def _new_topic(name: str, topic: Topic, partitions: int, copies: int) -> NewTopic:
    configs = {
        "retention.ms": str(topic.retention_ms),
        # A record's time is when the log took it, whatever the producer's clock says: `offset_at` searches by it.
        "message.timestamp.type": "LogAppendTime",
        "max.message.bytes": str(MAX_MESSAGE_BYTES),
        "min.insync.replicas": "2" if copies >= _REPLICAS else "1",
        # The shortest retention is 10 minutes; segments of a week would never go.
        "segment.ms": str(max(60_000, topic.retention_ms // 10)),
    }
    return NewTopic(name, partitions, copies, topic_configs=configs)
