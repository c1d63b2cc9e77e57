"""The rollup dataflow: sample batches into windows, wide rows, host and series signals."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from dataflows.reading import read
from dataflows.source import LogSource, Poll
from sinks.log import LogSink, Publication
from sinks.patience import persist
from sinks.write_behind import WriteBehind
from vedette.clock import Clock
from vedette.events.codec import decode_samples, encode_json
from vedette.events.names import hash64
from vedette.events.samples import PackedSamples
from vedette.events.signals import Signal
from vedette.events.topics import SAMPLES, SIGNALS
from vedette.expressions.grouping import Question
from vedette.log import Log, Message
from vedette.store.pool import Store
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write
from vedette.telemetry import metrics
from vedette.windows.asking import Ask
from vedette.windows.output import Output
from vedette.windows.rollup import RollupConfig, RollupShard, Watch
from vedette.windows.tiers import TIERS

FLOW = "rollup"
WRITERS = 2
"""Connections over which a process writes its rows at the same time."""


@dataclass(frozen=True, slots=True)
class ShardInput:
    """What one poll holds for one shard, with the times at which the log took the messages.

    `caught_up_ms` is the time of a poll that found the partition read to its end, else 0.
    """

    partition: int
    caught_up_ms: int
    messages: list[tuple[int, PackedSamples]]


@lru_cache(maxsize=1 << 17)
def shard_of(account: int, source: str, shards: int) -> int:
    """Which shard holds the state of a source."""
    return hash64(account, source) % shards


Routed = tuple[str, ShardInput | Publication]


def route(poll: Poll, shards: int) -> Iterable[Routed]:
    """The poll's messages by shard; rejects under the key `rejects`; a poll without records goes to every shard."""
    if not poll.records:
        for shard in range(shards):
            yield str(shard), ShardInput(poll.partition, poll.at_ms, [])
        return
    events, rejects = read(poll, SAMPLES.name, decode_samples)
    by_shard: dict[int, list[tuple[int, PackedSamples]]] = {}
    for record, batches in events:
        for batch in batches:
            by_shard.setdefault(shard_of(batch.account, batch.source, shards), []).append((record.time_ms, batch))
    for shard, messages in by_shard.items():
        yield str(shard), ShardInput(poll.partition, 0, messages)
    for reject in rejects:
        yield "rejects", reject


def shard_inputs(item: Routed) -> list[tuple[str, ShardInput]]:
    """The item if it is for a shard."""
    key, value = item
    return [(key, value)] if isinstance(value, ShardInput) else []


def reject_publications(item: Routed) -> list[Publication]:
    """The item's reject, if it is one."""
    return [item[1]] if isinstance(item[1], Publication) else []


class ShardLogic(StatefulBatchLogic[ShardInput, Signal, bytes]):
    """Drives a `RollupShard`: folds what comes, flushes when due, and watches for silence once caught up.

    Silence is judged only by the partitions' polls that found nothing more to read, so that a flow that is
    behind never calls a host silent. Outputs go to `rows` from here, and not from a sink: where the shard lives they
    are written while it folds on, and never travel between processes. The snapshot is the pickled shard; it is taken
    when what the shard has put out is committed.
    """

    def __init__(
        self,
        config: RollupConfig,
        clock: Clock,
        watch: Watch,
        ask: Ask,
        partitions: int,
        rows: WriteBehind[Output],
        snapshot: bytes | None,
    ) -> None:
        self._clock = clock
        self._watch, self._ask = watch, ask
        self._rows = rows
        self._behind_ms = config.settle_ms
        self._caught_up = [0] * partitions
        if snapshot is None:
            self._shard = RollupShard(config)
        else:
            self._shard = pickle.loads(snapshot)  # noqa: S301 - written by this flow into its own folder
            self._shard.resume(config, clock.now_ms())
        self._snapshot: bytes | None = None

    def on_batch(self, values: list[ShardInput]) -> tuple[Iterable[Signal], bool]:
        """Fold the messages of `values`; the signals of a flush, if one was due."""
        messages = [message for value in values for message in value.messages]
        if messages:
            self._snapshot = None
            self._shard.fold(messages)
        for value in values:
            self._caught_up[value.partition] = max(self._caught_up[value.partition], value.caught_up_ms)
        now = self._clock.now_ms()
        if not self._shard.due(now):
            return (), StatefulBatchLogic.RETAIN
        return self._flush(now, behind=self._behind(values, now)), StatefulBatchLogic.RETAIN

    def _behind(self, values: list[ShardInput], now: int) -> bool:
        """Whether what came has lain in the log for so long that there must be more, and no end was found since.

        One partition that has been read to its end is enough: its sources must not wait for those of others.
        """
        heard = max((time_ms for value in values for time_ms, _ in value.messages), default=now)
        return now - heard > self._behind_ms and now - max(self._caught_up) > self._behind_ms

    def _flush(self, now: int, *, last: bool = False, behind: bool = False) -> list[Signal]:
        output = self._shard.flush(now, self._watch, self._ask, last=last, behind=behind)
        if all(self._caught_up):
            output.signals += self._shard.presence(min(self._caught_up))
        if not output:
            return []
        self._snapshot = None
        self._rows.put(output)
        return output.signals

    def on_eof(self) -> tuple[Iterable[Signal], bool]:
        """Input ends: put out what has changed, and wait until it is committed."""
        signals = self._flush(self._clock.now_ms(), last=True)
        self._rows.settle()
        return signals, StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The shard, once its rows are committed; the same bytes while nothing has changed."""
        self._rows.settle()
        if self._snapshot is None:
            self._snapshot = pickle.dumps(self._shard, protocol=5)
        return self._snapshot


def write_outputs(store: Store, outputs: Sequence[Output]) -> None:
    """Rows and catalogue of several outputs in one transaction."""
    layouts: dict[int, bytes] = {}
    pairs: list[tuple[int, int]] = []
    sources: list[SourceRow] = []
    blocks: list[WideRows] = []
    for output in outputs:
        layouts |= output.layouts
        pairs += output.pairs
        sources += [SourceRow(h.id, h.account, h.name, h.interval_ms, h.last_ms, h.is_turned) for h in output.heard]
        for block in output.rows:
            cells = block.cells
            matrices = (cells.sums, cells.mins, cells.maxs, cells.lasts)
            name = TIERS[block.tier].name
            blocks.append(
                WideRows(
                    name, block.layout_id, cells.sources, block.buckets, cells.n, matrices, block.counters, cells.fresh
                )
            )
    rows = write(store, Catalogue(layouts, pairs, sources), blocks) if layouts or pairs or sources or blocks else 0
    metrics().count("vedette_flow_rows_total", rows, flow=FLOW)
    metrics().count("vedette_flow_duplicates_total", sum(output.duplicates for output in outputs), flow=FLOW)
    metrics().count("vedette_flow_late_total", sum(output.late for output in outputs), flow=FLOW)


def publish(signal: Signal) -> Publication:
    """A signal as a message of its topic, under its subject."""
    return Publication(SIGNALS.name, Message(f"{signal.account}/{signal.subject}".encode(), encode_json(signal)))


def build(
    log: Log,
    store: Store,
    clock: Clock,
    *,
    config: RollupConfig,
    shards: int,
    watch: Watch,
    ask: Ask = lambda account: (),
    stop: Callable[[], bool] = lambda: False,
) -> Dataflow:
    """The flow from `vedette.samples` to the rollup tables and `vedette.signals`."""
    partitions = log.partitions(SAMPLES.name)

    def patient(account: int, source: str, layout: bytes) -> Sequence[tuple[int, str]]:
        return persist("rules", lambda: watch(account, source, layout))

    def patiently(account: int) -> Sequence[Question]:
        return persist("rules", lambda: ask(account))

    # Shards take these in turn: what waits in one goes to the store in one transaction.
    rows = cycle([WriteBehind[Output]("rollup rows", lambda some: write_outputs(store, some)) for _ in range(WRITERS)])
    flow = Dataflow(FLOW)
    polls = op.input("samples", flow, LogSource(log, SAMPLES.name, clock, stop=stop))
    # each: one Poll
    routed = op.flat_map("route", polls, lambda poll: route(poll, shards))
    # each: (shard or "rejects", ShardInput or Publication)
    signals = op.stateful_batch(
        "windows",
        op.flat_map("readable", routed, shard_inputs),
        lambda state: ShardLogic(config, clock, patient, patiently, partitions, next(rows), state),
    )
    # each: (shard, Signal)
    published = op.map("signals", signals, lambda item: publish(item[1]))
    rejects = op.flat_map("unreadable", routed, reject_publications)
    op.output("publish", op.merge("published", published, rejects), LogSink(log))
    return flow
