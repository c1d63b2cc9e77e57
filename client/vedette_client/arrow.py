"""Arrow: the rows of a message as an Arrow IPC stream, for senders that have pyarrow.

One record batch. Columns: `ts` (int64, milliseconds UTC), `ids` (utf8, absent if no row has one), `columns.NAME` per
feature, `prediction` or `predictions.NAME`. The schema's metadata holds `vedette.model` and, if there is one,
`vedette.version`; the headers `X-Vedette-Epoch` and `X-Vedette-Seq` hold the identity. NaN and infinities travel as
such. Messages that Arrow cannot hold, such as numbers and texts in one column, travel as JSON.
"""

from __future__ import annotations

from typing import Any

from vedette_client.columns import Table
from vedette_client.message import ARROW, Message, of_table


def of_table_as_arrow(table: Table, model: str, version: str | None) -> Message:
    """A message of features as an Arrow stream, or as JSON if a column mixes types."""
    import pyarrow as pa

    try:
        arrays = {"ts": pa.array(table.ts, pa.int64())}
        if table.ids is not None:
            arrays["ids"] = pa.array(table.ids, pa.string())
        arrays |= {f"columns.{name}": pa.array(column) for name, column in table.columns.items()}
        if isinstance(table.predictions, dict):
            arrays |= {f"predictions.{name}": pa.array(column) for name, column in table.predictions.items()}
        elif table.predictions is not None:
            arrays["prediction"] = pa.array(table.predictions)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
        return of_table(table, model, version)
    metadata = {"vedette.model": model} | ({} if version is None else {"vedette.version": version})
    schema = pa.schema([(name, array.type) for name, array in arrays.items()], metadata=metadata)
    batch = pa.RecordBatch.from_arrays(list(arrays.values()), schema=schema)
    return Message("features", ARROW, model, version, len(table.ts), _stream(batch))


def cut(body: bytes, middle: int) -> tuple[bytes, bytes]:
    """The stream as two: the rows before `middle`, and the others."""
    import pyarrow as pa

    with pa.ipc.open_stream(body) as reader:
        batch = reader.read_next_batch()
    return _stream(batch.slice(0, middle)), _stream(batch.slice(middle))


def _stream(batch: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())
