"""Writing: one partition of the log into objects, each event once."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from vedette.archive import naming
from vedette.archive.files import FileWriter
from vedette.archive.kinds import Kind, Stored
from vedette.archive.objects import Objects
from vedette.clock import Clock
from vedette.errors import Conflict, InvalidInput
from vedette.events.names import hash64
from vedette.log import Record
from vedette.log.sameness import fingerprint
from vedette.store import archive as manifest
from vedette.store.archive import ArchiveObject, Outcome, Position
from vedette.store.pool import Store
from vedette.telemetry import get_logger, metrics

_OVERHEAD = 400
"""About how many bytes an event takes in memory beside its text."""
_UPLOADS = 8


@dataclass(frozen=True, slots=True)
class Limits:
    """When what is held becomes objects: so many bytes or events, or seconds after the first of them."""

    bytes: int
    events: int
    age_s: float


@dataclass(slots=True)
class _Prepared:
    """Objects that are ready to be committed, and the position after them."""

    end: Position
    objects: list[ArchiveObject]
    data: dict[str, bytes]
    """What is still to be uploaded, by path."""


class PartitionWriter:
    """Holds what comes from one partition, from the position `start` on, and writes it to the archive.

    The manifest's position, not the flow's snapshot, says where the archive ends: whatever comes again after a crash is
    passed over, and of two writers of one partition the one that commits first wins. `flush` may be called again after
    any error: it goes on where it was.
    """

    def __init__(
        self,
        kind: Kind[Any],
        partition: int,
        start: Position,
        store: Store,
        objects: Objects,
        limits: Limits,
        clock: Clock,
    ) -> None:
        self._kind, self._partition, self._store, self._objects = kind, partition, store, objects
        self._limits, self._clock = limits, clock
        self._start = self._end = start
        self._held: list[Stored] = []
        self._bytes = 0
        self._since = 0.0
        self._prepared: _Prepared | None = None

    def take(self, record: Record) -> None:
        """Hold a record; one that is archived already is passed over, one that cannot be read is counted."""
        if record.offset < self._end.next_offset:
            return
        if self._end == self._start:
            self._since = self._clock.monotonic()
        self._end = Position(self._start.generation, record.offset + 1, fingerprint(record))
        try:
            events = self._kind.decode(record.value)
        except InvalidInput:
            # The flow that serves this topic has told of it and keeps it among the rejects.
            metrics().count("vedette_flow_rejected_total", flow="archive")
            return
        place = (self._start.generation, self._partition, record.offset, record.time_ms)
        self._held += [Stored(*place, event) for event in events]
        if events:
            self._bytes += len(record.value) * self._kind.swell + _OVERHEAD * len(events)

    def full(self) -> bool:
        """Whether as much is held as may be."""
        return self._bytes >= self._limits.bytes or len(self._held) >= self._limits.events

    def old(self) -> bool:
        """Whether the first of what is held has waited as long as it may."""
        return self._end != self._start and self._clock.monotonic() - self._since >= self._limits.age_s

    def flush(self) -> None:
        """Return when everything that is held is in the archive; blocks. Raises `Unavailable`."""
        while self._end != self._start:
            if self._prepared is None:
                self._prepared = self._prepare()
            ready = self._prepared
            self._upload(ready)
            outcome = manifest.commit(
                self._store, self._kind.topic, self._partition, self._start, ready.end, ready.objects
            )
            if outcome is Outcome.DONE:
                self._done(ready)
            elif outcome is Outcome.MOVED:
                self._follow()
            else:
                self._prepared = None  # our uploads took so long that they were given up: once more

    def _prepare(self) -> _Prepared:
        groups: dict[tuple[int, int], list[Stored]] = {}
        for item in self._held:
            key = (self._kind.account(item.event), naming.hour_of(self._kind.time(item.event)))
            groups.setdefault(key, []).append(item)
        prepared = _Prepared(self._end, [], {})
        for (account, hour_ms), items in sorted(groups.items(), key=lambda group: group[0]):
            found, data = self._encode(account, hour_ms, items)
            prepared.objects.append(found)
            prepared.data[found.path] = data
        return prepared

    def _encode(self, account: int, hour_ms: int, items: list[Stored]) -> tuple[ArchiveObject, bytes]:
        kind = self._kind
        target = io.BytesIO()
        writer = FileWriter(kind, account, target)
        writer.add(sorted(items, key=lambda item: kind.source(item.event)))
        summary, data = writer.finish(), target.getvalue()
        place = (self._start.generation, self._partition, self._start.next_offset, self._end.next_offset - 1)
        path = naming.piece(kind.name, account, hour_ms, *place)
        written = (summary.events, len(data), summary.min_ms, summary.max_ms, hash64(data))
        return ArchiveObject(kind.name, account, hour_ms, path, *written, *place), data

    def _upload(self, ready: _Prepared) -> None:
        """Upload what is not yet; several at once, since a replay can touch many hours."""
        if not ready.data:
            return
        manifest.announce(self._store, list(ready.data))

        def put(path: str) -> str:
            self._objects.put(path, ready.data[path])
            return path

        with ThreadPoolExecutor(min(_UPLOADS, len(ready.data))) as pool:
            for path in list(pool.map(put, list(ready.data))):
                del ready.data[path]

    def _done(self, ready: _Prepared) -> None:
        kind = self._kind.name
        metrics().count("vedette_archive_events_total", len(self._held), kind=kind)
        metrics().count("vedette_archive_objects_total", len(ready.objects), kind=kind)
        metrics().count("vedette_archive_bytes_total", sum(found.bytes for found in ready.objects), kind=kind)
        self._start = self._end = ready.end
        self._held, self._bytes, self._prepared = [], 0, None

    def _follow(self) -> None:
        """Somebody has archived on from our start, or we have and did not hear of it: keep only what is beyond."""
        found = manifest.position(self._store, self._kind.topic, self._partition)
        if found.generation != self._start.generation:
            raise Conflict(
                f"the log was made anew while {self._kind.topic} was archived; this process must start again"
            )
        get_logger("archive").info(
            "archived_elsewhere", topic=self._kind.topic, partition=self._partition, until=found.next_offset
        )
        self._start, self._prepared = found, None
        if found.next_offset >= self._end.next_offset:
            self._end = found
        kept = [item for item in self._held if item.offset >= found.next_offset]
        self._bytes = self._bytes * len(kept) // max(1, len(self._held))
        self._held = kept
