"""The reader: raw events out of the archive, each once, source by source in the order of the log."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from vedette.archive.kinds import Kind
from vedette.archive.kinds.port import Wanted
from vedette.archive.merging import merged, opened
from vedette.archive.objects import Objects
from vedette.store import archive as manifest
from vedette.store.archive import HOUR_MS
from vedette.store.pool import Store

E = TypeVar("E")

_WEIGHT = 1 << 18
"""Numbers in what is put out at once: about two megabytes."""


class ArchiveReader:
    """Reads what the manifest lists, and nothing else: an object that was never committed is never seen.

    Every event that the log held comes once. A report that its sender sent twice stands twice in the log, and so comes
    twice: whoever folds it drops the second by (source, epoch, seq), as the flow does.
    """

    def __init__(self, store: Store, objects: Objects) -> None:
        self._store, self._objects = store, objects

    def accounts(self, kind: Kind[Any], from_ms: int, to_ms: int) -> list[int]:
        """The accounts that have events of this kind in the time."""
        return manifest.accounts(self._store, kind.name, from_ms, to_ms)

    def extent(self, kind: Kind[Any], account: int) -> tuple[int, int] | None:
        """The times (ms UTC) of the first and the last event; None without any."""
        return manifest.extent(self._store, kind.name, account)

    def hours(self, kind: Kind[Any], account: int, from_ms: int, to_ms: int) -> list[int]:
        """The starts (ms UTC) of the hours that have events in the time, in order."""
        return manifest.hours(self._store, kind.name, account, from_ms, to_ms)

    def events(
        self,
        kind: Kind[E],
        account: int,
        from_ms: int,
        to_ms: int,
        *,
        sources: Collection[Any] | None = None,
        names: Collection[str] | None = None,
        span_ms: int = HOUR_MS,
    ) -> Iterator[list[tuple[int, E]]]:
        """Events with `from_ms` ≤ their own time < `to_ms`, in lists of (when the log took it, event).

        The time is cut into spans of `span_ms` (whole hours, counted from 1970 UTC). Spans come in order; within one,
        source follows source, and of each source the events come in the order of the log. So what a source reported
        late comes with the span that it belongs to. In memory are two megabytes of each object of the span, and one
        source's events of the span.

        `sources` (names of sources; numbers of monitors) and `names` (canonical series names: reports with none of
        them are left out) make it read only the row groups that may hold them. Raises `Unavailable`, and
        `UnreadableArchive` for an object that is damaged or gone. The manifest is asked at the start of each span: who
        takes longer over one than `VEDETTE_ARCHIVE_GRACE_S` may find its objects deleted.
        """
        if span_ms <= 0 or span_ms % HOUR_MS:
            raise ValueError(f"span_ms must be whole hours, not {span_ms}")
        for start in sorted({hour - hour % span_ms for hour in self.hours(kind, account, from_ms, to_ms)}):
            wanted = Wanted(
                max(from_ms, start),
                min(to_ms, start + span_ms),
                None if sources is None else frozenset(sources),
                None if names is None else frozenset(names),
            )
            yield from self._span(kind, account, wanted)

    def _span(self, kind: Kind[E], account: int, wanted: Wanted) -> Iterator[list[tuple[int, E]]]:
        found = manifest.objects(self._store, kind.name, account, wanted.from_ms, wanted.to_ms)
        batch: list[tuple[int, E]] = []
        weight = 0
        with opened(self._objects, kind, found, wanted) as streams:
            for _, items in merged(streams):
                for item in items:
                    batch.append((item.time_ms, item.event))
                    weight += kind.weight(item.event)
                    if weight >= _WEIGHT:
                        yield batch
                        batch, weight = [], 0
        if batch:
            yield batch
