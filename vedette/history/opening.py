"""Opening: the history over what the settings name; the archive's libraries are loaded at the first need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.clock import Clock
from vedette.history.queries import History
from vedette.settings import ArchiveQuerySettings, TableSettings
from vedette.store.pool import Store

if TYPE_CHECKING:
    from vedette.history.reports import Reports


def open_history(store: Store, clock: Clock, settings: ArchiveQuerySettings, tables: TableSettings) -> History:
    """Connects to nothing yet. Without `VEDETTE_ARCHIVE_URL` old rows are gone for good."""

    def reports() -> Reports:
        from vedette.archive.objects import open_objects
        from vedette.archive.reader import ArchiveReader
        from vedette.history.reports import Reports

        return Reports(store, ArchiveReader(store, open_objects(settings)))

    return History(store, clock, settings, tables, reports if settings.archive_url else None)
