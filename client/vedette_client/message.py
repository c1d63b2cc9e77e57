"""Messages: what goes to the gateway in one request (the wire format, and its only place).

`POST {url}/v1/features`, `Authorization: Bearer TOKEN`, `Content-Type: application/json`:

    {"model": str, "version": str | null, "epoch": str, "seq": int,
     "ts": [int, milliseconds UTC per row],
     "ids": [str | null],                          absent if no row has one
     "columns": {feature: [values or null]},       NaN and ±infinity as "NaN", "Infinity", "-Infinity"
     "predictions": [values] or {name: [values]}}  absent if no row has one

`POST {url}/v1/outcomes`: `model`, `version`, `epoch`, `seq`, `ts`, `ids` and `actuals`.
`POST {url}/v1/metrics`: `model`, `version`, `epoch`, `seq`, `ts`, `names` and `values`.

The same rows as an Arrow IPC stream: see `arrow.py`; over Kafka: see `transports/kafka.py`. Success is 2xx. `epoch` is
new at each start of a sender and after a fork; `seq` counts up within it, in the order of sending, with gaps where
messages were given up. A message that is sent again bears the same numbers, so the receiver can drop the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from vedette_client.columns import Row, Table, ids_of
from vedette_client.values import Tally, json_column, plain_column

Kind = Literal["features", "outcomes", "metrics"]

JSON = "application/json"
ARROW = "application/vnd.apache.arrow.stream"


class Message(msgspec.Struct, eq=False):
    """One request's worth: `rows` of `kind` in `body`, which lacks only the identity (epoch and seq).

    The identity is given when it is first sent, so that numbers rise in the order of sending; `flying` while a request
    with it is under way.
    """

    kind: Kind
    content_type: str
    model: str
    version: str | None
    rows: int
    body: bytes
    epoch: str | None = None
    seq: int | None = None
    flying: bool = False

    @property
    def size(self) -> int:
        """Bytes of the body."""
        return len(self.body)

    def wire(self) -> bytes:
        """The body as it is sent, with the identity (in an Arrow message that stands in the headers)."""
        if self.content_type != JSON:
            return self.body
        return b'{"epoch":' + msgspec.json.encode(self.epoch) + b',"seq":%d,' % (self.seq or 0) + self.body[1:]


def of_table(table: Table, model: str, version: str | None) -> Message:
    """A message of features as JSON."""
    content: dict[str, Any] = {"model": model, "version": version, "ts": table.ts}
    if table.ids is not None:
        content["ids"] = table.ids
    content["columns"] = {name: json_column(column) for name, column in table.columns.items()}
    if isinstance(table.predictions, dict):
        content["predictions"] = {name: json_column(column) for name, column in table.predictions.items()}
    elif table.predictions is not None:
        content["predictions"] = json_column(table.predictions)
    return Message("features", JSON, model, version, len(table.ts), msgspec.json.encode(content))


def of_outcomes(rows: Sequence[Row], model: str, version: str | None, tally: Tally) -> Message:
    """A message of outcomes, as JSON."""
    content: dict[str, Any] = {
        "model": model,
        "version": version,
        "ts": [row.ts for row in rows],
        "ids": ids_of(rows, tally) or [None] * len(rows),
        "actuals": json_column(plain_column([row.value for row in rows], tally)),
    }
    return Message("outcomes", JSON, model, version, len(rows), msgspec.json.encode(content))


def of_metrics(rows: Sequence[Row], model: str, version: str | None, tally: Tally) -> Message:
    """A message of metrics, as JSON."""
    content: dict[str, Any] = {
        "model": model,
        "version": version,
        "ts": [row.ts for row in rows],
        "names": ids_of(rows, tally) or [None] * len(rows),
        "values": json_column(plain_column([row.value for row in rows], tally)),
    }
    return Message("metrics", JSON, model, version, len(rows), msgspec.json.encode(content))


def halves(message: Message) -> tuple[Message, Message]:
    """A message of two or more rows as two that hold the same rows in the same order, without an identity yet."""
    middle = message.rows // 2
    if message.content_type == ARROW:
        from vedette_client import arrow

        first, second = arrow.cut(message.body, middle)
    else:
        content = msgspec.json.decode(message.body)
        first = msgspec.json.encode(_sliced(content, 0, middle))
        second = msgspec.json.encode(_sliced(content, middle, message.rows))
    return _part(message, middle, first), _part(message, message.rows - middle, second)


def _sliced(content: dict[str, Any], start: int, end: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, list):
            found[name] = value[start:end]
        elif isinstance(value, dict):
            found[name] = {inner: column[start:end] for inner, column in value.items()}
        else:
            found[name] = value
    return found


def _part(message: Message, rows: int, body: bytes) -> Message:
    return Message(message.kind, message.content_type, message.model, message.version, rows, body)


def fitting(message: Message, most_bytes: int) -> list[Message]:
    """The message, cut into halves until none is above `most_bytes` but those of one row."""
    if message.size <= most_bytes or message.rows < 2:
        return [message]
    first, second = halves(message)
    return fitting(first, most_bytes) + fitting(second, most_bytes)
