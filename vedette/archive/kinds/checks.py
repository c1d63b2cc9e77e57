"""Check results in the archive: a row each, every field a column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa

from vedette.archive.kinds.port import PLACE, PLACE_FIELDS, Columns, Stored, Wanted
from vedette.events import topics
from vedette.events.checks import CheckRecord, Phases, check_result
from vedette.events.codec import decode
from vedette.events.samples import LATEST_MS

_decoder = msgspec.json.Decoder(CheckRecord)
_FIELDS: dict[str, pa.DataType] = {
    "monitor": pa.int64(),
    "location": pa.string(),
    "scheduled_ms": pa.int64(),
    "started_ms": pa.int64(),
    "outcome": pa.string(),
    "total_ms": pa.float64(),
    "status": pa.int32(),
    "error": pa.string(),
    "bytes": pa.int64(),
    "tls_expires": pa.int64(),
    "apdex_t_ms": pa.int32(),
    "attempt": pa.int32(),
    "evidence": pa.map_(pa.string(), pa.string()),
    "http_version": pa.string(),
}
"""Every field of a result but its account, which is that of the object, and its phases."""
_PHASES: dict[str, str] = {f"phase_{name}": name for name in Phases.__struct_fields__}
_DELTAS = ("offset", "time_ms", "scheduled_ms", "started_ms")
_DURATIONS = ("total_ms", *_PHASES)


class Checks:
    """Kind `checks`: each event is a `CheckRecord`, its source the number of its monitor, its time that of its slot."""

    name = "checks"
    topic = topics.CHECKS.name
    version = 1
    schema = pa.schema(
        [
            *PLACE_FIELDS,
            *(pa.field(name, kind) for name, kind in _FIELDS.items()),
            *(pa.field(name, pa.float64()) for name in _PHASES),
        ]
    )
    source_column, first_column, last_column = "monitor", "scheduled_ms", "scheduled_ms"
    swell = 1
    plain: Sequence[str] = (*_DELTAS, *_DURATIONS)
    encodings: Mapping[str, str] = {
        **dict.fromkeys(_DELTAS, "DELTA_BINARY_PACKED"),
        **dict.fromkeys(_DURATIONS, "BYTE_STREAM_SPLIT"),
    }

    def decode(self, data: bytes) -> list[CheckRecord]:
        """A JSON result, as the endpoints' flow reads it."""
        result = decode(_decoder, data)
        check_result(result, 0, LATEST_MS)
        return [result]

    def account(self, event: CheckRecord) -> int:
        """The result's."""
        return event.account

    def time(self, event: CheckRecord) -> int:
        """The slot: windows go by it."""
        return event.scheduled_ms

    def source(self, event: CheckRecord) -> int:
        """The monitor."""
        return event.monitor

    def weight(self, event: CheckRecord) -> int:
        """About as many numbers as it has fields."""
        return 16

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        """By monitor, location and place in the log."""
        rows = sorted(stored, key=lambda item: (item.event.monitor, item.event.location, *item[:3]))
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in PLACE}
        columns |= {name: [getattr(row.event, name) for row in rows] for name in _FIELDS}
        columns |= {name: [getattr(row.event.phases, phase) for row in rows] for name, phase in _PHASES.items()}
        return pa.table(columns, schema=self.schema)

    def events(self, columns: Columns, rows: int, wanted: Wanted) -> Iterator[tuple[int, list[Stored]]]:
        """The results by monitor; a field that an older file does not have gets its default."""
        values = {name: column.to_pylist(maps_as_pydicts="strict") for name, column in columns.items()}
        places = list(zip(*(values.pop(name) for name in PLACE), strict=True))
        phases = {_PHASES[name]: values.pop(name) for name in list(values) if name in _PHASES}
        monitors, times = values["monitor"], values["scheduled_ms"]
        chosen = (
            row
            for row in range(rows)
            if wanted.from_ms <= times[row] < wanted.to_ms
            and (wanted.sources is None or monitors[row] in wanted.sources)
        )
        for monitor, found in groupby(chosen, key=monitors.__getitem__):
            yield (
                monitor,
                [
                    Stored._make(
                        (
                            *places[row],
                            CheckRecord(
                                **{name: column[row] for name, column in values.items()},
                                phases=Phases(**{name: column[row] for name, column in phases.items()}),
                            ),
                        )
                    )
                    for row in found
                ],
            )
