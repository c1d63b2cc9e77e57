"""The endpoints dataflow: check results into raw rows, states, windows, incidents, signals and re-check orders."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from msgspec.structs import replace as replace_fields

from dataflows import heartbeats
from dataflows.policies import PolicyBook
from dataflows.reading import read
from dataflows.rollup import publish
from dataflows.source import LogSource, Poll
from sinks.log import LogSink, Publication
from sinks.patience import persist
from sinks.store import StoreSink
from vedette.clock import Clock
from vedette.events.checks import HEARTBEAT, CheckRecord, check_result
from vedette.events.codec import decode
from vedette.events.control import Recheck, encode_recheck
from vedette.events.names import hash64
from vedette.events.samples import LATEST_MS
from vedette.events.signals import Signal
from vedette.events.topics import CHECKS, CONTROL
from vedette.log import Log, Message
from vedette.store.checks import CheckBatch, CheckWindow, hours_of_days, write
from vedette.store.pool import Store
from vedette.telemetry import metrics
from vedette.windows.budget import BudgetShard
from vedette.windows.check_readings import ReadingShard, Wanted
from vedette.windows.days import Gap, fill, gaps
from vedette.windows.endpoint import EndpointShard
from vedette.windows.incident import end_ms
from vedette.windows.outages import OutageShard

FLOW = "endpoints"
_decoder = msgspec.json.Decoder(CheckRecord)


@dataclass(frozen=True, slots=True)
class Results:
    """Check results of one poll for one shard, in the log's order, with the times at which the log took them.

    `caught_up_ms` is the time of a poll that found the partition read to its end, else 0.
    """

    results: list[tuple[int, CheckRecord]]
    partition: int = 0
    caught_up_ms: int = 0


@dataclass(frozen=True, slots=True)
class Attended:
    """Gateways took results: the times (ms UTC) at which the log took their word on that."""

    at_ms: list[int]


@dataclass(frozen=True, slots=True)
class Written:
    """What one activation of a shard puts out."""

    batch: CheckBatch
    signals: list[Signal] = field(default_factory=list)
    orders: list[Recheck] = field(default_factory=list)


Routed = tuple[str, Results | Publication]


def decode_check(data: bytes) -> CheckRecord:
    """The result in `data`; `InvalidInput` for anything else, and for what no table could hold."""
    result = decode(_decoder, data)
    check_result(result, 0, LATEST_MS)
    return result


def route(poll: Poll, shards: int) -> Iterable[Routed]:
    """Results by shard (all of a monitor's locations in one), rejects under the key `rejects`.

    A poll without records goes to every shard.
    """
    if not poll.records:
        for shard in range(shards):
            yield str(shard), Results([], poll.partition, poll.at_ms)
        return
    events, rejects = read(poll, CHECKS.name, decode_check)
    by_shard: dict[int, list[tuple[int, CheckRecord]]] = {}
    for record, result in events:
        by_shard.setdefault(hash64(result.monitor) % shards, []).append((record.time_ms, result))
    for shard, results in by_shard.items():
        yield str(shard), Results(results, poll.partition)
    for reject in rejects:
        yield "rejects", reject


def not_ahead(result: CheckRecord, logged_ms: int) -> CheckRecord:
    """The result with an end no later than the time (ms UTC) at which the log took it.

    A probe whose clock is ahead would make the votes of all others old. What a heartbeat says, it says when its run
    ends, whenever that began.
    """
    if result.location == HEARTBEAT:
        return replace_fields(result, started_ms=result.started_ms + round(result.total_ms), total_ms=0.0)
    latest = logged_ms - round(result.total_ms)
    return result if result.started_ms <= latest else replace_fields(result, started_ms=latest)


class EndpointLogic(StatefulBatchLogic[Results | Attended, Written, bytes]):
    """Drives an `EndpointShard`, an `OutageShard`, a `BudgetShard` and a `ReadingShard`.

    Every batch is folded and put out at once, for an outage must not wait. Polls that found all partitions read to
    their end drive what is due without results, and what follows from monitors that were paused or removed. `hours`
    gives the rows of the hours of days that began without the shard.
    """

    def __init__(
        self,
        book: PolicyBook,
        clock: Clock,
        partitions: int,
        hours: Callable[[Iterable[Gap]], list[CheckWindow]],
        wanted: Wanted,
        snapshot: bytes | None,
    ) -> None:
        self._book, self._clock, self._hours, self._wanted = book, clock, hours, wanted
        self._caught_up = [0] * partitions
        self._reviewed = 0
        self._snapshot: bytes | None = None
        found = EndpointShard() if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - our own folder
        # A snapshot of before held the windows alone; then came outages, budgets and readings, one after the other.
        kept = found if isinstance(found, tuple) else (found,)
        self._shard: EndpointShard = kept[0]
        self._outages: OutageShard = kept[1] if len(kept) > 1 else OutageShard()
        self._budgets: BudgetShard = kept[2] if len(kept) > 2 else BudgetShard()
        self._readings: ReadingShard = kept[3] if len(kept) > 3 else ReadingShard()

    def on_batch(self, given: list[Results | Attended]) -> tuple[Iterable[Written], bool]:
        """Fold the results that are `given`, and do what is due."""
        persist("policies", self._book.refresh)
        values = self._attend(given)
        counted = (result for value in values for _, result in value.results if self._counts(result))
        if wanted := gaps(self._shard, counted):
            fill(self._shard, wanted, persist("days", lambda: self._hours(wanted)))
        for value in values:
            for logged_ms, result in value.results:
                self._fold(result, logged_ms)
            if value.results:
                self._snapshot = None
            self._caught_up[value.partition] = max(self._caught_up[value.partition], value.caught_up_ms)
        if all(self._caught_up) and any(value.caught_up_ms for value in values):
            self._pass_time(min(self._caught_up))
        return self._written(), StatefulBatchLogic.RETAIN

    def on_eof(self) -> tuple[Iterable[Written], bool]:
        """Input ends: what the log held then has been read."""
        persist("policies", self._book.refresh)
        self._pass_time(self._clock.now_ms())
        return self._written(), StatefulBatchLogic.RETAIN

    def _attend(self, values: list[Results | Attended]) -> list[Results]:
        """Take in the gateways' word; what else there is."""
        for value in values:
            for logged_ms in value.at_ms if isinstance(value, Attended) else ():
                self._outages.silence.listening(logged_ms)
                self._snapshot = None
        return [value for value in values if isinstance(value, Results)]

    def _counts(self, result: CheckRecord) -> bool:
        return result.attempt == 1 and not self._book.removed(result.monitor)

    def _fold(self, result: CheckRecord, logged_ms: int) -> None:
        if self._book.removed(result.monitor):
            return  # its rows are gone too
        if result.location == HEARTBEAT:
            persist("policies", lambda: self._book.plan(result.monitor))
        true = not_ahead(result, logged_ms)
        self._outages.fold(true, self._book, logged_ms)
        policy = self._book.policy(result.monitor)
        watched = policy.watched(result.location, end_ms(true))
        silence = self._outages.silence_of(result.monitor) if watched else None
        for location in self._outages.gone(result.monitor, policy):
            self._shard.over((result.monitor, location), end_ms(true))
        counted = self._shard.fold(result, silence)
        if counted and watched:
            self._budgets.fold(result, policy, logged_ms)
            self._readings.fold(result, end_ms(true), self._wanted, silence)

    def _pass_time(self, at_ms: int) -> None:
        generation = self._book.generation
        if generation != self._reviewed:
            self._outages.review(self._book)
            self._shard.review(self._book.policy, self._book.removed)
            self._budgets.review(self._book.policy, self._book.removed)
            self._readings.review(self._book.policy, self._book.removed)
            self._reviewed, self._snapshot = generation, None
        if self._outages.timed:
            self._outages.tick(at_ms, self._book)
            self._snapshot = None
        self._outages.look(at_ms, self._book)

    def _written(self) -> list[Written]:
        metrics().count("vedette_flow_duplicates_total", self._shard.duplicates, flow=FLOW)
        metrics().count("vedette_flow_late_total", self._shard.late, flow=FLOW)
        self._shard.duplicates = self._shard.late = 0
        flushed, decisions = self._shard.flush(), self._outages.take()
        if decisions.signals:
            self._snapshot = None
        more = [*self._budgets.take(), *self._readings.take()]
        if flushed is None and not decisions and not more:
            return []
        batch, signals = flushed or (CheckBatch((), (), (), ()), [])
        incidents, states = list(decisions.incidents.values()), list(decisions.states.values())
        batch = replace(batch, incidents=incidents, outages=states)
        return [Written(batch, [*signals, *decisions.signals, *more], decisions.orders)]

    def snapshot(self) -> bytes:
        """The pickled shards; the same bytes while nothing has changed."""
        if self._snapshot is None:
            self._snapshot = pickle.dumps((self._shard, self._outages, self._budgets, self._readings), protocol=5)
        return self._snapshot


def shard_results(item: Routed) -> list[tuple[str, Results | Attended]]:
    """The item if it is for a shard."""
    key, value = item
    return [(key, value)] if isinstance(value, Results) else []


def write_outputs(store: Store, outputs: Sequence[Written]) -> None:
    """All batches in one transaction."""
    metrics().count("vedette_flow_rows_total", write(store, [output.batch for output in outputs]), flow=FLOW)


def publications(written: Written) -> list[Publication]:
    """Orders to probes first, for they are what somebody waits for, and then signals."""
    orders = [
        Publication(CONTROL.name, Message(order.location.encode(), encode_recheck(order))) for order in written.orders
    ]
    return orders + [publish(signal) for signal in written.signals]


def build(
    log: Log,
    store: Store,
    clock: Clock,
    *,
    shards: int,
    wanted: Wanted = lambda account, monitor, location: (),
    stop: Callable[[], bool] = lambda: False,
) -> Dataflow:
    """The flow from `vedette.checks` to the check tables, incidents, `vedette.signals` and `vedette.control`.

    Beside it, `vedette.pings` to `vedette.checks`. `wanted` says what of each check rules are about.
    """
    flow = Dataflow(FLOW)
    book, partitions = PolicyBook(store, clock), log.partitions(CHECKS.name)

    def hours(wanted: Iterable[Gap]) -> list[CheckWindow]:
        return hours_of_days(store, wanted)

    def patiently(account: int, monitor: int, location: str) -> Collection[str]:
        return persist("rules", lambda: wanted(account, monitor, location))

    polls = op.input("checks", flow, LogSource(log, CHECKS.name, clock, stop=stop))
    routed = op.flat_map("route", polls, lambda poll: route(poll, shards))
    # each: (shard or "rejects", Results or Publication)
    pinged, listening = heartbeats.attach(flow, log, store, clock, book, shards=shards, stop=stop)
    attended = op.map("attended", listening, lambda item: (item[0], Attended(item[1])))
    outputs = op.stateful_batch(
        "endpoints",
        op.merge("heard", op.flat_map("readable", routed, shard_results), attended),
        lambda snapshot: EndpointLogic(book, clock, partitions, hours, patiently, snapshot),
    )
    # each: (shard, Written)
    results = op.map("results", outputs, lambda item: item[1])
    # Before the rows: somebody waits for them.
    signals = op.flat_map("signals", results, publications)
    rejects = op.flat_map("unreadable", routed, lambda item: [item[1]] if isinstance(item[1], Publication) else [])
    op.output("publish", op.merge("published", signals, rejects, *pinged), LogSink(log))
    op.output("rows", results, StoreSink("check rows", lambda items: write_outputs(store, items)))
    return flow
