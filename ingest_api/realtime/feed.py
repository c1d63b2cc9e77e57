"""A feed: one session on this gateway; encodes each frame once, and keeps the last two minutes for who comes later."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from ingest_api.realtime.viewer import Piece, SchemaKey, Viewer, piece
from ingest_api.stream.events import frame
from vedette.errors import InvalidInput
from vedette.events.realtime import Frame, OverRecord, decode_record
from vedette.log import Record
from vedette.telemetry import get_logger

RING_MS = 120_000
RING_BYTES = 8 << 20
SCHEMA_BYTES = 4 << 20
"""Of a session's schemas. Groups that would go beyond are left out: some host makes up new names all the time."""


class _Kept(NamedTuple):
    offset: int
    time_ms: int
    schemas: dict[SchemaKey, bytes]
    data: bytes


class _Known(NamedTuple):
    """Which names the values of a group stand for at present."""

    names: tuple[str, ...]
    size: int


class Feed:
    """The frames of a session as events: `schema` names the values of a group, then `frame` holds them as arrays.

    An event's id is the record's offset in the log, so that any gateway can go on from it.
    """

    def __init__(self, session: str, account: int) -> None:
        self.session, self.account = session, account
        self.viewers: set[Viewer] = set()
        self.reason: str | None = None
        self.ready = False
        self._early: list[Record] = []
        self._ring: deque[_Kept] = deque()
        self._ring_bytes = 0
        self._whole: Piece | None = None
        self._schema_bytes = 0
        self._known: dict[SchemaKey, _Known] = {}
        self._schemas: dict[SchemaKey, bytes] = {}
        """As they were before the ring's first frame."""

    def begin(self, before: Sequence[Record]) -> None:
        """Take what the log held before this feed was there, and what has come meanwhile."""
        last = before[-1].offset if before else -1
        self.ready = True
        self.take([*before, *(record for record in self._early if record.offset > last)])
        self._early = []

    def take(self, records: Iterable[Record]) -> None:
        """Hand the session's next records to all viewers, as one piece."""
        if not self.ready:
            self._early += records
            return
        kept: list[_Kept] = []
        for record in records:
            try:
                found = decode_record(record.value)
            except InvalidInput as error:
                get_logger("realtime").warning("record_unreadable", error=str(error))
                continue
            if found.account != self.account:
                continue
            if isinstance(found, OverRecord):
                self.reason = found.reason
            else:
                kept.append(self._encoded(record, found.source, found.frame))
        if kept:
            schemas = {key: data for entry in kept for key, data in entry.schemas.items()}
            self._hand_out(piece(b"".join(entry.data for entry in kept), len(kept), schemas))
            self._keep(kept)
        if self.reason is not None:
            self.end(self.reason)

    def _encoded(self, record: Record, source: str, found: Frame) -> _Kept:
        schemas: dict[SchemaKey, bytes] = {}
        shown: dict[str, list[float]] = {}
        counted = frozenset(found.counters)
        for group, values in found.groups.items():
            key, names = (source, group), tuple(values)
            known = self._known.get(key)
            if known is None or known.names != names:
                about = {
                    "source": source,
                    "group": group,
                    "names": names,
                    "counters": [name for name in names if name in counted],
                }
                data = frame("schema", msgspec.json.encode(about))
                more = len(data) - (known.size if known is not None else 0)
                if self._schema_bytes + more > SCHEMA_BYTES:
                    continue
                self._schema_bytes += more
                self._known[key] = _Known(names, len(data))
                schemas[key] = data
            shown[group] = list(values.values())
        body: dict[str, object] = {
            "source": source,
            "seq": found.seq,
            "ts": found.ts,
            "at": record.time_ms,
            "values": shown,
        }
        if found.processes is not None:
            body["processes"] = found.processes
        data = frame("frame", msgspec.json.encode(body), str(record.offset))
        return _Kept(record.offset, record.time_ms, schemas, b"".join(schemas.values()) + data)

    def _keep(self, entries: list[_Kept]) -> None:
        self._ring.extend(entries)
        self._ring_bytes += sum(len(entry.data) for entry in entries)
        oldest = self._ring[-1].time_ms - RING_MS
        while self._ring and (self._ring[0].time_ms < oldest or self._ring_bytes > RING_BYTES):
            gone = self._ring.popleft()
            self._ring_bytes -= len(gone.data)
            self._schemas.update(gone.schemas)

    def _hand_out(self, some: Piece) -> None:
        self._whole = None
        for viewer in self.viewers:
            viewer.put(some)

    def join(self, viewer: Viewer, since: int | None) -> None:
        """Let a viewer have what follows the record at `since`, or all that is kept; then all that comes.

        If what followed is no longer kept, or `since` lies in the future, a `reset` says so first.
        """
        if since is None:
            if self._ring:
                viewer.put(self._everything())
        elif parts := self._since(since):
            viewer.put(piece(b"".join(parts)))
        self.viewers.add(viewer)
        if self.reason is not None:
            self.end(self.reason)

    def _everything(self) -> Piece:
        """All that is kept; made once for all who come between two frames."""
        if self._whole is None:
            parts = [*self._schemas.values(), *(entry.data for entry in self._ring)]
            self._whole = piece(b"".join(parts))
        return self._whole

    def _since(self, since: int) -> list[bytes]:
        ring = list(self._ring)
        start = 0
        parts: list[bytes] = []
        last = ring[-1].offset if ring else -1
        first = ring[0].offset if ring else -1
        # Offsets of other sessions lie between ours, so of one just before the ring it is not known: say so.
        if first <= since <= last:
            start = next((at for at, entry in enumerate(ring) if entry.offset > since), len(ring))
        else:
            parts.append(frame("reset", b'{"reason":"gap"}'))
        schemas = dict(self._schemas)
        for entry in ring[:start]:
            schemas.update(entry.schemas)
        parts += schemas.values()
        return parts + [entry.data for entry in ring[start:]]

    def end(self, reason: str) -> None:
        """Tell all viewers that the session is over."""
        self.reason = reason
        data = frame("end", msgspec.json.encode({"reason": reason}))
        for viewer in self.viewers:
            viewer.put(piece(data))
            viewer.end()
