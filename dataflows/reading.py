"""Reading: log records into events, and what cannot be read into rejects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from dataflows.source import Poll
from sinks.log import Publication
from vedette.errors import InvalidInput
from vedette.events.codec import encode_reject
from vedette.events.signals import Reject
from vedette.events.topics import REJECTS
from vedette.log import Message, Record
from vedette.telemetry import get_logger, metrics

T = TypeVar("T")


def read(poll: Poll, topic: str, decode: Callable[[bytes], T]) -> tuple[list[tuple[Record, T]], list[Publication]]:
    """The events of a poll with their records, and a publication to `vedette.rejects` for each unreadable one."""
    events: list[tuple[Record, T]] = []
    rejects: list[Publication] = []
    for record in poll.records:
        try:
            events.append((record, decode(record.value)))
        except InvalidInput as error:
            reject = Reject(topic, poll.partition, record.offset, str(error), record.value, poll.at_ms)
            rejects.append(Publication(REJECTS.name, Message(topic.encode(), encode_reject(reject))))
            get_logger("flow").warning(
                "message_rejected", topic=topic, partition=poll.partition, offset=record.offset, reason=str(error)
            )
    if rejects:
        metrics().count("vedette_flow_rejected_total", len(rejects), flow=topic)
    return events, rejects
