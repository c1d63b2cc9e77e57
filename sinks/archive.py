"""The archive sink: a writer for each partition of each topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from sinks.patience import persist
from vedette.archive.writing import PartitionWriter
from vedette.log import Record

Records = Sequence[Record]
"""What one look at a partition gave, in order; empty ones come from time to time, and drive the flush by age."""


class ArchiveSink(FixedPartitionedSink[Records, None]):
    """Writes records under the keys of `parts` by the writers that `make` builds.

    Blocks while the object store or the database is away. It keeps no state with the flow: its manifest says how far
    the archive is.
    """

    def __init__(self, parts: Sequence[str], make: Callable[[str], PartitionWriter]) -> None:
        self._parts = sorted(parts)  # the order by which Bytewax numbers them
        self._numbers = {part: number for number, part in enumerate(self._parts)}
        self._make = make

    def list_parts(self) -> list[str]:
        """All of them, from every worker: any can write any."""
        return self._parts

    def part_fn(self, item_key: str) -> int:
        """A partition of the log is one of the sink."""
        return self._numbers[item_key]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _ArchivePartition:
        """A writer that goes on where the manifest says."""
        return _ArchivePartition(for_part, persist("archive", lambda: self._make(for_part)))


class _ArchivePartition(StatefulSinkPartition[Records, None]):
    def __init__(self, name: str, writer: PartitionWriter) -> None:
        self._name, self._writer = f"archive {name}", writer

    def write_batch(self, values: list[Records]) -> None:
        """Hold the records; return when what has reached a limit is committed."""
        for records in values:
            for record in records:
                self._writer.take(record)
                if self._writer.full():
                    persist(self._name, self._writer.flush)
        if self._writer.old():
            persist(self._name, self._writer.flush)

    def snapshot(self) -> None:
        """Nothing."""
        return

    def close(self) -> None:
        """The flow ends: write what is held."""
        persist(self._name, self._writer.flush)
