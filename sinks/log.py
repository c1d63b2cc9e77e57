"""The log sink: messages appended to topics, each batch acknowledged before the flow goes on."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from bytewax.outputs import DynamicSink, StatelessSinkPartition

from sinks.patience import persist
from vedette.log import Log, Message


class Publication(NamedTuple):
    """A message and the topic it is for."""

    topic: str
    message: Message


class LogSink(DynamicSink[Publication]):
    """Appends publications. After a crash some may be appended again: their readers ignore what is not new."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def build(self, step_id: str, worker_index: int, worker_count: int) -> _LogPartition:
        """A writer for one worker."""
        return _LogPartition(self._log)


class _LogPartition(StatelessSinkPartition[Publication]):
    def __init__(self, log: Log) -> None:
        self._log = log

    def write_batch(self, items: list[Publication]) -> None:
        """Return when all of `items` are durable."""
        by_topic: defaultdict[str, list[Message]] = defaultdict(list)
        for item in items:
            by_topic[item.topic].append(item.message)
        for topic, messages in by_topic.items():
            persist(topic, lambda topic=topic, messages=messages: self._log.produce(topic, messages).result())  # type: ignore[misc]
