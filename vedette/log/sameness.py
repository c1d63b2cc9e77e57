"""Sameness: whether a stored position still belongs to the log that it was read from."""

from __future__ import annotations

from vedette.events.names import hash64
from vedette.log.port import Log, Record


def fingerprint(record: Record) -> int:
    """By which a record is known again."""
    return hash64(record.offset, record.time_ms, record.key, record.value)


def is_same(log: Log, topic: str, partition: int, next_offset: int, print_: int | None) -> bool:
    """Whether the record before `next_offset`, whose fingerprint is `print_`, is still in its place, or has expired.

    Without a fingerprint nothing was read yet, and any log will do. If not, the log was made anew.
    """
    if print_ is None:
        return True
    bounds = log.bounds(topic)[partition]
    last = next_offset - 1
    if last >= bounds.end:
        return False
    found = log.read(topic, partition, last, 1)
    if not found or found[0].offset != last:
        return last < log.bounds(topic)[partition].start
    return fingerprint(found[0]) == print_
