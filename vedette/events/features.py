"""Features: rows that a model has seen, as clients send them and as they stand in the log."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from vedette.errors import InvalidInput
from vedette.events.codec import invalid

MOST_ROWS = 100_000
MOST_COLUMNS = 2_000
MOST_VALUES = 1_000_000
LONGEST_NAME = 200
LONGEST_VERSION = 100
PREDICTION = "prediction"
"""The column of predictions; of a model that predicts several things each is `prediction.NAME`."""


class FeatureReport(msgspec.Struct, omit_defaults=True):
    """Rows as a client sends them: a list for each feature, all as long as `ts` (ms UTC).

    `epoch` is new at each start of the sender and `seq` counts up within it: a report that comes twice is dropped.
    In columns of numbers the texts NaN, Infinity and -Infinity stand for themselves.
    """

    model: str
    epoch: str | int
    seq: int
    ts: list[int]
    columns: dict[str, list[Any]] = msgspec.field(default_factory=dict)
    version: str | None = None
    ids: list[str | None] | None = None
    predictions: list[Any] | dict[str, list[Any]] | None = None


class Column(msgspec.Struct, array_like=True):
    """A column in the log: numbers as little-endian float64 (missing ones are NaN), or `codes`: little-endian int32
    that point into `dictionary`, below 0 where a value is missing."""

    name: str
    form: Literal["numbers", "codes"]
    data: bytes
    dictionary: list[Any] = msgspec.field(default_factory=list)


class FeatureBatch(msgspec.Struct, array_like=True):
    """A report in the log: `ts` are little-endian int64. `model` is its number."""

    account: int
    model: int
    version: str
    epoch: int
    seq: int
    ts: bytes
    columns: list[Column]
    ids: list[str | None] | None = None


_encoder = msgspec.msgpack.Encoder()
_batches = msgspec.msgpack.Decoder(FeatureBatch)


def check_version(field: str, version: str) -> None:
    """Raise `InvalidInput` for what is no version of a model; an empty one is none at all."""
    if len(version) > LONGEST_VERSION or not version.isprintable() or "/" in version:
        raise InvalidInput(
            field, version[:LONGEST_VERSION], f"at most {LONGEST_VERSION} printable characters, without /"
        )


def encode_batch(batch: FeatureBatch) -> bytes:
    """The batch as MessagePack."""
    return _encoder.encode(batch)


def decode_batch(data: bytes) -> FeatureBatch:
    """The batch in `data`; `InvalidInput` for anything else, and for columns that are not as long as its times."""
    try:
        batch = _batches.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise invalid(error, data) from error
    rows, over = divmod(len(batch.ts), 8)
    if over:
        raise InvalidInput("ts", f"{len(batch.ts)} bytes", "eight bytes a row")
    for column in batch.columns:
        size = 8 if column.form == "numbers" else 4
        if len(column.data) != rows * size:
            raise InvalidInput(f"columns.{column.name}", f"{len(column.data)} bytes", f"{rows * size} for {rows} rows")
    return batch
