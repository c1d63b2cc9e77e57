"""Rows of models in the archive: a row of the file each message, its features as a list of columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import msgspec
import pyarrow as pa

from vedette.archive.kinds.port import PLACE, PLACE_FIELDS, Columns, Stored, Wanted
from vedette.errors import InvalidInput
from vedette.events import topics
from vedette.events.features import Column, FeatureBatch, decode_batch
from vedette.events.samples import LATEST_MS

_COLUMN = pa.struct(
    [
        ("name", pa.string()),
        ("form", pa.string()),
        ("numbers", pa.list_(pa.float64())),
        ("codes", pa.list_(pa.int32())),
        ("dictionary", pa.list_(pa.string())),
    ]
)
"""`numbers` or `codes`, one for each of the times; `dictionary` are the JSON values that codes from 0 on point into."""


class Features:
    """Kind `features`: each event is a `FeatureBatch`, its source the number of its model, its time that of its oldest
    row."""

    name = "features"
    topic = topics.FEATURES.name
    version = 1
    schema = pa.schema(
        [
            *PLACE_FIELDS,
            pa.field("model", pa.int64()),
            pa.field("version", pa.string()),
            pa.field("epoch", pa.string()),
            pa.field("seq", pa.int64()),
            pa.field("first_ms", pa.int64()),
            pa.field("last_ms", pa.int64()),
            pa.field("ts", pa.list_(pa.int64())),
            pa.field("columns", pa.list_(_COLUMN)),
            pa.field("ids", pa.list_(pa.string())),
        ]
    )
    source_column, first_column, last_column = "model", "first_ms", "last_ms"
    swell = 2
    plain: Sequence[str] = ("offset", "time_ms", "seq", "first_ms", "last_ms")
    encodings: Mapping[str, str] = dict.fromkeys(plain, "DELTA_BINARY_PACKED")

    def decode(self, data: bytes) -> Sequence[FeatureBatch]:
        """A batch, as the drift flow reads it; one without rows is none."""
        batch = decode_batch(data)
        times = _times(batch)
        if not times:
            return ()
        if min(times) < 0 or max(times) > LATEST_MS:
            raise InvalidInput("ts", [min(times), max(times)], f"milliseconds from 0 to {LATEST_MS}")
        return (batch,)

    def account(self, event: FeatureBatch) -> int:
        """The batch's."""
        return event.account

    def time(self, event: FeatureBatch) -> int:
        """Of its oldest row."""
        return min(_times(event))

    def source(self, event: FeatureBatch) -> int:
        """The model."""
        return event.model

    def weight(self, event: FeatureBatch) -> int:
        """How many values it holds."""
        return 8 + len(event.ts) // 8 * (1 + len(event.columns))

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        """By model and place in the log."""
        rows = sorted(stored, key=lambda item: (item.event.model, *item[:3]))
        times = [_times(row.event) for row in rows]
        columns: dict[str, list[Any]] = {name: [getattr(row, name) for row in rows] for name in PLACE}
        columns |= {name: [getattr(row.event, name) for row in rows] for name in ("model", "version", "seq", "ids")}
        columns["epoch"] = [str(row.event.epoch) for row in rows]  # 64 bits without a sign
        columns |= {"ts": times, "first_ms": [min(one) for one in times], "last_ms": [max(one) for one in times]}
        columns["columns"] = [[_plain(column) for column in row.event.columns] for row in rows]
        return pa.table(columns, schema=self.schema)

    def events(self, columns: Columns, rows: int, wanted: Wanted) -> Iterator[tuple[int, list[Stored]]]:
        """The batches by model."""
        values = {name: column.to_pylist() for name, column in columns.items()}
        places = list(zip(*(values[name] for name in PLACE), strict=True))
        models, times = values["model"], values["first_ms"]
        chosen = (
            row
            for row in range(rows)
            if wanted.from_ms <= times[row] < wanted.to_ms and (wanted.sources is None or models[row] in wanted.sources)
        )
        for model, found in groupby(chosen, key=models.__getitem__):
            yield model, [Stored._make((*places[row], _batch(values, row))) for row in found]


def _times(batch: FeatureBatch) -> list[int]:
    return array("q", batch.ts).tolist()


def _plain(column: Column) -> dict[str, Any]:
    numbers = column.form == "numbers"
    return {
        "name": column.name,
        "form": column.form,
        "numbers": array("d", column.data).tolist() if numbers else None,
        "codes": None if numbers else array("i", column.data).tolist(),
        "dictionary": None if numbers else [msgspec.json.encode(value).decode() for value in column.dictionary],
    }


def _batch(values: Mapping[str, list[Any]], row: int) -> FeatureBatch:
    columns = [
        Column(one["name"], "numbers", array("d", one["numbers"]).tobytes())
        if one["form"] == "numbers"
        else Column(
            one["name"],
            "codes",
            array("i", one["codes"]).tobytes(),
            [msgspec.json.decode(text) for text in one["dictionary"]],
        )
        for one in values["columns"][row]
    ]
    return FeatureBatch(
        0,  # of which account it is stands in the object's name
        values["model"][row],
        values["version"][row],
        int(values["epoch"][row]),
        values["seq"][row],
        array("q", values["ts"][row]).tobytes(),
        columns,
        values["ids"][row],
    )
