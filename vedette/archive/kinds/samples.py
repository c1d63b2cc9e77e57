"""Samples in the archive: a row is a run of reports of one source in one layout, its values series by series."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vedette.archive.kinds.matrices import Packed, pack, unpack
from vedette.archive.kinds.port import Columns, Stored, Wanted
from vedette.events import topics
from vedette.events.codec import decode_samples
from vedette.events.samples import PackedSamples, layout_series

_RUNS = ("offset", "time_ms", "seq", "ts")
_Run = tuple[str, bytes, int, int, int, int]


class Samples:
    """Kind `samples`: each event is a `PackedSamples`, its source the source's name.

    A row's `layout` is as in the log (a line for each series, after the letter of its kind). `offset`, `time_ms`,
    `seq` and `ts` have an entry for each report; `scales` one for each series (see `matrices`); `whole` and `floats`
    have the values of the first series, then of the second, and so on.
    """

    name = "samples"
    topic = topics.SAMPLES.name
    version = 1
    schema = pa.schema(
        [
            pa.field("source", pa.string(), nullable=False),
            pa.field("layout", pa.string(), nullable=False),
            pa.field("generation", pa.int32(), nullable=False),
            pa.field("partition", pa.int32(), nullable=False),
            pa.field("epoch", pa.int64(), nullable=False),
            pa.field("interval_ms", pa.int64(), nullable=False),
            pa.field("first_ms", pa.int64(), nullable=False),
            pa.field("last_ms", pa.int64(), nullable=False),
            *(pa.field(name, pa.list_(pa.int64()), nullable=False) for name in _RUNS),
            pa.field("scales", pa.list_(pa.int8()), nullable=False),
            pa.field("whole", pa.list_(pa.int64()), nullable=False),
            pa.field("floats", pa.list_(pa.float64()), nullable=False),
        ]
    )
    source_column, first_column, last_column = "source", "first_ms", "last_ms"
    swell = 1
    plain: Sequence[str] = (*(f"{name}.list.element" for name in (*_RUNS, "whole", "floats")), "first_ms", "last_ms")
    encodings: Mapping[str, str] = {
        **dict.fromkeys((*(f"{name}.list.element" for name in _RUNS), "first_ms", "last_ms"), "DELTA_BINARY_PACKED"),
        "whole.list.element": "BYTE_STREAM_SPLIT",
        "floats.list.element": "PLAIN",  # measured: splitting hides repeated values from zstd, which costs more
    }

    def decode(self, data: bytes) -> list[PackedSamples]:
        """A block, a packed batch, or a JSON one."""
        return decode_samples(data)

    def account(self, event: PackedSamples) -> int:
        """The batch's."""
        return event.account

    def time(self, event: PackedSamples) -> int:
        """When the values were read."""
        return event.ts

    def source(self, event: PackedSamples) -> str:
        """The source's name."""
        return event.source

    def weight(self, event: PackedSamples) -> int:
        """Its values."""
        return len(event.values) // 8 + 4

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        """A row for each run of reports that share everything but their times and numbers."""
        runs: dict[_Run, list[Stored]] = {}
        for item in stored:
            event = item.event
            key = (event.source, event.layout, item.generation, item.partition, event.epoch, event.interval_ms)
            runs.setdefault(key, []).append(item)
        keys = sorted(runs)
        packed = _pack(keys, runs)
        ts = [[item.event.ts for item in runs[key]] for key in keys]
        columns = {
            "source": [key[0] for key in keys],
            "layout": [key[1].decode() for key in keys],
            "generation": [key[2] for key in keys],
            "partition": [key[3] for key in keys],
            "epoch": [key[4] for key in keys],
            "interval_ms": [key[5] for key in keys],
            "first_ms": [min(times) for times in ts],
            "last_ms": [max(times) for times in ts],
            "offset": [[item.offset for item in runs[key]] for key in keys],
            "time_ms": [[item.time_ms for item in runs[key]] for key in keys],
            "seq": [[item.event.seq for item in runs[key]] for key in keys],
            "ts": ts,
            "scales": _lists([block.scales for block in packed]),
            "whole": _lists([block.whole for block in packed]),
            "floats": _lists([block.floats for block in packed]),
        }
        return pa.table(columns, schema=self.schema)

    def events(self, columns: Columns, rows: int, wanted: Wanted) -> Iterator[tuple[str, list[Stored]]]:
        """The reports of a row, in the order of the log."""
        table = _Table(columns, rows)
        layouts: dict[str, bytes | None] = {}
        for row in range(rows):
            source, layout = table.scalars["source"][row], table.scalars["layout"][row]
            if layout not in layouts:
                layouts[layout] = _if_wanted(layout.encode(), wanted)
            raw = layouts[layout]
            if raw is None or (wanted.sources is not None and source not in wanted.sources):
                continue
            if table.scalars["last_ms"][row] >= wanted.from_ms and table.scalars["first_ms"][row] < wanted.to_ms:
                yield source, table.reports(row, raw, wanted)


def _pack(keys: Sequence[_Run], runs: Mapping[_Run, Sequence[Stored]]) -> list[Packed]:
    """The values of each run. Runs of one layout are packed together, since each call costs more than a run."""
    by_layout: dict[bytes, list[int]] = {}
    for at, key in enumerate(keys):
        by_layout.setdefault(key[1], []).append(at)
    found: dict[int, Packed] = {}
    for layout, places in by_layout.items():
        width = len(layout_series(layout)[0])
        blocks = [
            np.frombuffer(b"".join([item.event.values for item in runs[keys[at]]])).reshape(-1, width) for at in places
        ]
        found.update(zip(places, pack(blocks), strict=True))
    return [found[at] for at in range(len(keys))]


def _lists(arrays: Sequence[npt.NDArray[Any]]) -> pa.ListArray:
    ends = np.cumsum([0, *(len(array) for array in arrays)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(ends), pa.array(np.concatenate(arrays)))


def _if_wanted(layout: bytes, wanted: Wanted) -> bytes | None:
    if wanted.names is not None and not any(name in wanted.names for name in layout_series(layout)[0]):
        return None
    return layout


class _Table:
    """A row group's columns, as Python and numpy want them."""

    def __init__(self, columns: Columns, rows: int) -> None:
        self.scalars: dict[str, list[Any]] = {
            name: columns[name].to_pylist()
            for name in ("source", "layout", "generation", "partition", "epoch", "first_ms", "last_ms")
        }
        interval = columns.get("interval_ms")
        self._intervals = [0] * rows if interval is None else interval.to_pylist()
        self._lists = {
            name: (columns[name].offsets.to_numpy(), columns[name].values.to_numpy(zero_copy_only=False))
            for name in (*_RUNS, "scales", "whole", "floats")
        }

    def _list(self, name: str, row: int) -> npt.NDArray[Any]:
        ends, values = self._lists[name]
        found: npt.NDArray[Any] = values[ends[row] : ends[row + 1]]
        return found

    def reports(self, row: int, layout: bytes, wanted: Wanted) -> list[Stored]:
        """The row's reports that are in the wanted time."""
        generation, partition = self.scalars["generation"][row], self.scalars["partition"][row]
        source, epoch, interval_ms = self.scalars["source"][row], self.scalars["epoch"][row], self._intervals[row]
        scales, whole, floats = (self._list(name, row) for name in ("scales", "whole", "floats"))
        data = unpack(Packed(scales, whole, floats)).tobytes()
        size = 8 * len(scales)
        runs = zip(*(self._list(name, row).tolist() for name in _RUNS), strict=True)
        return [
            Stored(
                *(generation, partition, offset, time_ms),
                PackedSamples(0, source, epoch, seq, ts, interval_ms, layout, data[at * size : (at + 1) * size]),
            )
            for at, (offset, time_ms, seq, ts) in enumerate(runs)
            if wanted.from_ms <= ts < wanted.to_ms
        ]
