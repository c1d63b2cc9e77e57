"""The archive's process: its flow, and the thread that tidies up beside it."""

from __future__ import annotations

import sys

from dataflows import archive
from dataflows.running import Flow, Stop
from sinks.patience import persist
from vedette.archive.objects import open_objects
from vedette.archive.tidying import Tidier, TidyConfig
from vedette.archive.writing import Limits
from vedette.clock import Clock
from vedette.log import Log
from vedette.settings import ArchiveFlowSettings
from vedette.store.pool import Store


def build(settings: ArchiveFlowSettings, log: Log, store: Store, clock: Clock, stop: Stop) -> Flow:
    """The flow over the object store that the settings name; waits, telling why, until that can be used.

    Raises a `ConfigurationError` if the settings name none.
    """
    objects = open_objects(settings)
    persist("archive", objects.check, sleep=lambda seconds: _wait(stop, seconds))
    Tidier(store, objects, TidyConfig.of(settings), clock, stop.wait).start()
    limits = Limits(settings.archive_flush_mb << 20, settings.archive_flush_events, settings.archive_flush_s)
    return archive.build(log, store, clock, objects=objects, limits=limits, stop=stop)


def _wait(stop: Stop, seconds: float) -> None:
    """Nothing has been read yet, so a stop need not wait for the object store."""
    if stop.wait(seconds):
        sys.exit(0)
