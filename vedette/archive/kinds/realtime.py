"""Realtime frames in the archive: a row each, of the hosts whose account wants them kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa

from vedette.archive.kinds.port import PLACE, PLACE_FIELDS, Columns, Stored, Wanted
from vedette.errors import InvalidInput
from vedette.events import topics
from vedette.events.codec import decode
from vedette.events.realtime import Frame, FrameRecord, Process, check_frame, decode_record
from vedette.events.samples import LATEST_MS

_PROCESS = pa.struct(
    [
        ("pid", pa.int64()),
        ("user", pa.string()),
        ("command", pa.string()),
        ("cpu_ratio", pa.float64()),
        ("memory_bytes", pa.float64()),
    ]
)


_EACH = 16
"""A named value is a text, a number and a place in a map."""


class _Mark(msgspec.Struct):
    """What of a message says whether it is to be archived: most are not, and are not read any further."""

    archive: bool = False


_marks = msgspec.json.Decoder(_Mark)


class RealtimeFrames:
    """Kind `realtime`: each event is a `FrameRecord`, its time that of its tick.

    Which ones are kept was decided when they were published, so that a replay writes the same objects. The topic keeps
    messages for ten minutes: what the archive's flow has not read by then is lost to it.
    """

    name = "realtime"
    topic = topics.REALTIME.name
    version = 1
    schema = pa.schema(
        [
            *PLACE_FIELDS,
            pa.field("source", pa.string()),
            pa.field("session", pa.string()),
            pa.field("ts", pa.int64()),
            pa.field("seq", pa.int32()),
            pa.field("groups", pa.map_(pa.string(), pa.map_(pa.string(), pa.float64()))),
            pa.field("counters", pa.list_(pa.string())),
            pa.field("processes", pa.list_(_PROCESS)),
        ]
    )
    source_column, first_column, last_column = "source", "ts", "ts"
    swell = 4
    plain: Sequence[str] = ("offset", "time_ms", "ts", "seq")
    encodings: Mapping[str, str] = dict.fromkeys(("offset", "time_ms", "ts", "seq"), "DELTA_BINARY_PACKED")

    def decode(self, data: bytes) -> Sequence[FrameRecord]:
        """The frame, if it is to be kept; none for others and for the ends of sessions."""
        if not decode(_marks, data).archive:
            return ()
        found = decode_record(data)
        if not isinstance(found, FrameRecord):
            return ()
        if not 0 <= found.frame.ts <= LATEST_MS:
            raise InvalidInput("frame.ts", found.frame.ts, f"milliseconds from 0 to {LATEST_MS}")
        check_frame(found.frame)
        return (found,)

    def account(self, event: FrameRecord) -> int:
        """The session's."""
        return event.account

    def time(self, event: FrameRecord) -> int:
        """The tick."""
        return event.frame.ts

    def source(self, event: FrameRecord) -> str:
        """The host."""
        return event.source

    def weight(self, event: FrameRecord) -> int:
        """As many numbers as would take the memory of its values, names and processes."""
        frame = event.frame
        return 8 + _EACH * (sum(map(len, frame.groups.values())) + len(frame.counters) + len(frame.processes or ()))

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        """By host, session and place in the log."""
        rows = sorted(stored, key=lambda item: (item.event.source, item.event.session, *item[:3]))
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in PLACE}
        columns |= {name: [getattr(row.event, name) for row in rows] for name in ("source", "session")}
        columns |= {name: [getattr(row.event.frame, name) for row in rows] for name in ("ts", "seq", "counters")}
        columns["groups"] = [
            [(group, list(values.items())) for group, values in row.event.frame.groups.items()] for row in rows
        ]
        columns["processes"] = [
            None
            if row.event.frame.processes is None
            else [msgspec.structs.asdict(one) for one in row.event.frame.processes]
            for row in rows
        ]
        return pa.table(columns, schema=self.schema)

    def events(self, columns: Columns, rows: int, wanted: Wanted) -> Iterator[tuple[str, list[Stored]]]:
        """The frames by host."""
        values = {name: column.to_pylist(maps_as_pydicts="strict") for name, column in columns.items()}
        places = list(zip(*(values[name] for name in PLACE), strict=True))
        sources, times = values["source"], values["ts"]
        chosen = (
            row
            for row in range(rows)
            if wanted.from_ms <= times[row] < wanted.to_ms
            and (wanted.sources is None or sources[row] in wanted.sources)
        )
        for source, found in groupby(chosen, key=sources.__getitem__):
            yield source, [Stored._make((*places[row], _record(values, row))) for row in found]


def _record(values: Mapping[str, list[Any]], row: int) -> FrameRecord:
    processes = values["processes"][row]
    frame = Frame(
        values["seq"][row],
        values["ts"][row],
        values["groups"][row],
        values["counters"][row],
        None if processes is None else [Process(**process) for process in processes],
    )
    # Of which account it is stands in the object's name.
    return FrameRecord(0, values["session"][row], values["source"][row], frame, archive=True)
