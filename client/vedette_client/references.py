"""References: the data that a model's later data are compared with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from vedette_client.connection import Connection
from vedette_client.errors import Misuse
from vedette_client.instants import Instant, milliseconds
from vedette_client.message import ARROW
from vedette_client.rows import rows_of
from vedette_client.values import Tally, json_column, plain

PARQUET = "application/vnd.apache.parquet"
_FILES = {".parquet": PARQUET, ".csv": "text/csv", ".arrow": ARROW, ".arrows": ARROW}
_PIECE = 1 << 16


class References:
    """`/v1/models/{id}/references`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, model: int | str) -> list[dict[str, Any]]:
        """The model's references."""
        return self._connection.list("GET", f"/v1/models/{model}/references", "references")

    def upload(self, model: int | str, data: Any, *, version: str | None = None, **settings: str) -> dict[str, Any]:
        """Make a reference of `data`: a table of pandas, polars or pyarrow, a list of dicts, or a path.

        A path leads to a Parquet, CSV or Arrow stream file, which is read while it is sent. polars' tables travel as
        Parquet, pyarrow's and (where pyarrow is) pandas' as an Arrow stream, others as `{"rows": [...]}`.
        """
        content_type, content = _content(data)
        params = settings | ({} if version is None else {"version": version})
        return self._connection.object(
            "POST",
            f"/v1/models/{model}/references",
            params=params,
            content=content,
            headers={"Content-Type": content_type},
        )

    def from_range(
        self, model: int | str, start: Instant, end: Instant, *, version: str | None = None, **settings: str
    ) -> dict[str, Any]:
        """Make a reference of what the model saw between two instants, such as the last good week."""
        params = settings | ({} if version is None else {"version": version})
        body = {"from": milliseconds(start), "to": milliseconds(end)}
        return self._connection.object("POST", f"/v1/models/{model}/references", params=params, json=body)

    def compare(self, model: int | str, first: int, second: int) -> dict[str, Any]:
        """The second of two references judged as a window of the first; what cannot be compared is said, and why."""
        return self._connection.object("GET", f"/v1/models/{model}/references/{first}/compare/{second}")


class _Pieces:
    """A file's bytes, read anew each time they are wanted: a request may be sent again with a new credential."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


def _content(data: Any) -> tuple[str, Any]:
    """Content type and body."""
    if isinstance(data, str | Path):
        path = Path(data)
        if path.suffix not in _FILES:
            raise Misuse(f"data: {path.name!r} is not allowed; allowed: files of {', '.join(_FILES)}")
        if not path.is_file():
            raise Misuse(f"data: there is no file {path}")
        return _FILES[path.suffix], _Pieces(path)
    if hasattr(data, "write_parquet"):  # polars
        buffer = io.BytesIO()
        data.write_parquet(buffer)
        return PARQUET, buffer.getvalue()
    if (table := _as_arrow(data)) is not None:
        return ARROW, table
    tally = Tally()
    rows = []
    for row in rows_of(data):
        names = [str(plain(name, tally)) for name in row]
        values = json_column([plain(value, tally) for value in row.values()])
        rows.append(dict(zip(names, values, strict=True)))
    return "application/json", msgspec.json.encode({"rows": rows})


def _as_arrow(data: Any) -> bytes | None:
    """The Arrow stream of a table of pyarrow's, or of pandas' where pyarrow is."""
    is_pandas = hasattr(data, "iloc") and hasattr(data, "to_dict")
    if not is_pandas and not (hasattr(data, "to_pylist") and hasattr(data, "schema")):
        return None
    try:
        import pyarrow as pa
    except ImportError:
        return None
    try:
        table = pa.Table.from_pandas(data, preserve_index=False) if is_pandas else data
    except (pa.ArrowInvalid, pa.ArrowTypeError, AttributeError, TypeError):
        return None  # columns of mixed types, which rows can hold
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return bytes(sink.getvalue())
