"""The archive dataflow: every raw event of every kind to Parquet, once."""

from __future__ import annotations

from collections.abc import Callable

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from dataflows.source import LogSource, Poll
from sinks.archive import ArchiveSink, Records
from sinks.patience import persist
from vedette.archive.kinds import KINDS
from vedette.archive.objects import Objects
from vedette.archive.resuming import resume
from vedette.archive.writing import Limits, PartitionWriter
from vedette.clock import Clock
from vedette.log import Log
from vedette.store.pool import Store

FLOW = "archive"
_LONGEST_WAIT_S = 0.5
"""Events wait for their object much longer."""


class _FromManifest(FixedPartitionedSource[Poll, int]):
    """A source that begins each partition where `begin` says, not where a snapshot does."""

    def __init__(self, source: LogSource, begin: Callable[[int], int]) -> None:
        self._source, self._begin = source, begin

    def list_parts(self) -> list[str]:
        """The source's."""
        return self._source.list_parts()

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> StatefulSourcePartition[Poll, int]:
        """A reader from the first offset that is not archived."""
        begin = persist("archive", lambda: self._begin(int(for_part)))
        return self._source.build_part(step_id, for_part, begin)


def _key(kind: str, partition: int) -> str:
    return f"{kind}/{partition:05}"


def build(
    log: Log,
    store: Store,
    clock: Clock,
    *,
    objects: Objects,
    limits: Limits,
    stop: Callable[[], bool] = lambda: False,
) -> Dataflow:
    """The flow from the topics of all kinds to the object store.

    It begins where the manifest says that the archive ends, whatever its own snapshots say.
    """

    def writer(part: str) -> PartitionWriter:
        name, _, number = part.partition("/")
        kind, partition = KINDS[name], int(number)
        # It too asks whether the log is still the same: it may be built before the source is.
        start = resume(log, store, kind.topic, partition)
        return PartitionWriter(kind, partition, start, store, objects, limits, clock)

    def source(topic: str) -> _FromManifest:
        read = LogSource(log, topic, clock, longest_wait_s=_LONGEST_WAIT_S, stop=stop)
        return _FromManifest(read, lambda partition: resume(log, store, topic, partition).next_offset)

    def keyed(kind: str) -> Callable[[Poll], tuple[str, Records]]:
        return lambda poll: (_key(kind, poll.partition), poll.records)

    flow = Dataflow(FLOW)
    streams = [
        op.map(f"keyed-{kind.name}", op.input(kind.name, flow, source(kind.topic)), keyed(kind.name))
        for kind in KINDS.values()
    ]
    # each: (kind and partition, records of one look at it)
    parts = [_key(kind.name, number) for kind in KINDS.values() for number in range(log.partitions(kind.topic))]
    op.output("objects", op.merge("events", *streams), ArchiveSink(parts, writer))
    return flow
