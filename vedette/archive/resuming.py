"""Resuming: where in the log the archive goes on, and whether it is still the same log."""

from __future__ import annotations

from vedette.log import Log
from vedette.log.sameness import is_same
from vedette.store import archive as manifest
from vedette.store.archive import Position
from vedette.store.pool import Store
from vedette.telemetry import get_logger


def resume(log: Log, store: Store, topic: str, partition: int) -> Position:
    """The position to go on from. A log that was made anew begins a generation of its own, at its first message.

    Safe to call from several processes at once: one of them begins the generation.
    """
    position = manifest.position(store, topic, partition)
    if not is_same(log, topic, partition, position.next_offset, position.fingerprint):
        logger = get_logger("archive")
        logger.error("log_was_made_anew", topic=topic, partition=partition, stored=position.next_offset)
        position = manifest.begin_generation(store, topic, partition, position)
    return position
