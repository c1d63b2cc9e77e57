"""Parquet files of one kind: written row group by row group, sorted by source; read where their statistics allow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from vedette.archive.kinds.port import Kind, Stored, Wanted
from vedette.errors import VedetteError

GROUP = 1 << 18
"""Numbers in a row group: about two megabytes before compression, so that one source is found in little."""
LEVEL = 3
"""Of zstd. Measured: level 9 takes four times the time for 3 % less."""
_KIND, _VERSION, _ACCOUNT = b"vedette.kind", b"vedette.version", b"vedette.account"


class UnreadableArchive(VedetteError):
    """An object is not what the manifest says: damaged, or of another kind."""

    code = "unreadable-archive"


@dataclass(frozen=True, slots=True)
class Summary:
    """What was written: how many events, and the earliest and latest of their times (ms UTC)."""

    events: int
    min_ms: int
    max_ms: int


class FileWriter:
    """Writes events of one kind and account, which must come sorted by source, to `target`."""

    def __init__(self, kind: Kind[Any], account: int, target: Any) -> None:
        self._kind = kind
        names = [_leaf(field) for field in kind.schema]
        self._writer = pq.ParquetWriter(
            target,
            kind.schema.with_metadata(
                {
                    _KIND: kind.name.encode(),
                    _VERSION: str(kind.version).encode(),
                    _ACCOUNT: str(account).encode(),
                }
            ),
            compression="zstd",
            compression_level=LEVEL,
            use_dictionary=[name for name in names if name not in kind.plain],
            column_encoding=dict(kind.encodings),
            # Only what readers choose by: of long names the footer would hold the longest twice.
            write_statistics=list({kind.source_column, kind.first_column, kind.last_column}),
            write_page_checksum=True,
            write_batch_size=1024,
        )
        self._held: list[Stored] = []
        self._weight = 0
        self._summary = Summary(0, 1 << 62, -1)

    def add(self, stored: Sequence[Stored]) -> None:
        """Events of one source or of several, none before those that were added already."""
        for item in stored:
            self._held.append(item)
            self._weight += self._kind.weight(item.event)
            if self._weight >= GROUP:
                self._flush()

    def _flush(self) -> None:
        if self._held:
            self._writer.write_table(self._kind.table(self._held), row_group_size=len(self._held))
            times = [self._kind.time(item.event) for item in self._held]
            known = self._summary
            self._summary = Summary(known.events + len(times), min(known.min_ms, *times), max(known.max_ms, *times))
            self._held, self._weight = [], 0

    def finish(self) -> Summary:
        """Write what is held and the footer."""
        self._flush()
        self._writer.close()
        return self._summary


def _leaf(field: pa.Field) -> str:
    if pa.types.is_map(field.type):
        return f"{field.name}.key_value.key"
    return f"{field.name}.list.element" if pa.types.is_list(field.type) else field.name


class FileReader:
    """Reads the wanted events of a file, one row group at a time.

    Columns that this version does not know are not read; those that the file does not have are absent. Pages are
    checked against their checksums. `account` is what the events get as theirs.
    """

    def __init__(self, kind: Kind[Any], account: int, source: Any, wanted: Wanted) -> None:
        self._kind, self._account, self._wanted = kind, account, wanted
        try:
            self._file = pq.ParquetFile(source, pre_buffer=True, page_checksum_verification=True)
        except (pa.ArrowException, OSError) as error:  # an object store that is away raises its own
            raise UnreadableArchive(f"no Parquet: {error}") from error
        metadata = self._file.metadata.metadata or {}
        if metadata.get(_KIND, b"").decode() != kind.name:
            raise UnreadableArchive(f"the file holds {metadata.get(_KIND)!r}, not {kind.name}")
        columns = {self._file.metadata.schema.column(n).path: n for n in range(self._file.metadata.num_columns)}
        self._names = [name for name in kind.schema.names if name in self._file.schema_arrow.names]
        self._source, self._first, self._last = (
            columns[name] for name in (kind.source_column, kind.first_column, kind.last_column)
        )

    def __iter__(self) -> Iterator[tuple[Any, list[Stored]]]:
        """Pairs of source and events, sorted by source; a source may come several times."""
        for number in range(self._file.metadata.num_row_groups):
            if self._may_hold(number):
                yield from self._events(number)

    def _events(self, number: int) -> Iterator[tuple[Any, list[Stored]]]:
        try:
            table = self._file.read_row_group(number, columns=self._names, use_threads=False)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableArchive(f"row group {number} cannot be read: {error}") from error
        columns = {name: _whole(table.column(name)) for name in table.column_names}
        for source, events in self._kind.events(columns, table.num_rows, self._wanted):
            for item in events:
                item.event.account = self._account
            yield source, events

    def _may_hold(self, number: int) -> bool:
        """Whether the statistics of a row group allow for something wanted."""
        group, wanted = self._file.metadata.row_group(number), self._wanted
        first, last = group.column(self._first).statistics, group.column(self._last).statistics
        if first is not None and first.has_min_max and first.min >= wanted.to_ms:
            return False
        if last is not None and last.has_min_max and last.max < wanted.from_ms:
            return False
        found = group.column(self._source).statistics
        if wanted.sources is None or found is None or not found.has_min_max:
            return True
        low, high = found.min, found.max
        return any(low <= source <= high for source in wanted.sources)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """One array: a row group has one chunk, but for strings that are too long for one."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
