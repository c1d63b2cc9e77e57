"""The event log's port: what every adapter promises, and what every other room may rely on."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """What a producer hands over: the key decides the partition, so one key's messages keep their order."""

    key: bytes
    value: bytes


class Record(NamedTuple):
    """A message at its place in the log. `time_ms` is when the log took it."""

    offset: int
    time_ms: int
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class Bounds:
    """A partition's first kept offset, and the offset that its next message will have."""

    start: int
    end: int


class Log(Protocol):
    """Topics of partitions of messages, appended once and kept for the topic's retention.

    Offsets of a partition are consecutive integers from 0. Methods may be called from any thread.
    Unknown topics raise `NotFound`, unknown partitions `InvalidInput`.
    """

    def produce(self, topic: str, messages: Sequence[Message]) -> Future[None]:
        """Append `messages`; the future is done when all of them are durable.

        Does not block. Raises `Overloaded` at once when the buffer of unacknowledged messages is full:
        nothing of this call was taken then. An empty buffer takes whatever the log can hold; what is larger raises
        `TooLarge`, or the future does. The future fails with `LogUnavailable` when they could not be
        written: some or all of them may be in the log all the same, as after a crash before the acknowledgement.
        """
        ...

    def read(self, topic: str, partition: int, offset: int, max_messages: int) -> list[Record]:
        """Up to `max_messages` from `offset` on, in order; at least one if there is any, empty at the end.

        Gives fewer where they are large: about eight megabytes in all. Does not wait for new messages. An `offset`
        that retention has removed reads on at the first kept one.
        """
        ...

    def ended(self, topic: str, partition: int, offset: int) -> bool:
        """Whether nothing stood at `offset` or behind it at a time at most two seconds ago.

        Does not ask the log again if the partition is being read on from there.
        """
        ...

    def bounds(self, topic: str) -> list[Bounds]:
        """Start and end offset of each partition, by partition number."""
        ...

    def partitions(self, topic: str) -> int:
        """How many partitions the topic has."""
        ...

    def offset_at(self, topic: str, partition: int, time_ms: int) -> int:
        """The first offset whose message was taken at `time_ms` or later; the end if there is none."""
        ...

    def enforce_retention(self, now_ms: int) -> int:
        """Remove messages older than their topic's retention; how many went. Brokers do it themselves: 0."""
        ...

    def close(self) -> None:
        """Write what is pending and release the log."""
        ...
