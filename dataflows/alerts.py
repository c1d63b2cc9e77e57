"""The alerts dataflow: signals through the rules into transitions, and with them notifications."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from alerting.book import RuleBook
from alerting.machine import SubjectState
from dataflows.reading import read
from dataflows.source import LogSource, Poll
from sinks.log import LogSink, Publication
from sinks.patience import persist
from sinks.store import StoreSink
from vedette.clock import Clock
from vedette.events.codec import decode, encode_json
from vedette.events.signals import AlertTransition, Signal
from vedette.events.topics import ALERTS, SIGNALS
from vedette.log import Log, Message
from vedette.store.pool import Store
from vedette.store.recording import record
from vedette.telemetry import metrics

FLOW = "alerts"
_decoder = msgspec.json.Decoder(Signal)

Decided = tuple[AlertTransition, tuple[int, ...]]
"""A transition and the channels of its rule."""


def route(poll: Poll) -> Iterable[tuple[str, Signal | Publication]]:
    """Signals by account and subject, rejects under the key `rejects`."""
    events, rejects = read(poll, SIGNALS.name, lambda data: decode(_decoder, data))
    for _, signal in events:
        yield f"{signal.account}/{subject_of(signal)}", signal
    for reject in rejects:
        yield "rejects", reject


def subject_of(signal: Signal) -> str:
    """What a signal's time is compared within: steps and declines of a monitor come beside its outages."""
    return f"{signal.subject}/{signal.detail.get('trend')}" if signal.kind == "trend" else signal.subject


class SubjectLogic(StatefulBatchLogic[Signal, Decided, bytes]):
    """Drives the rules' state machines of one subject."""

    def __init__(self, book: RuleBook, snapshot: bytes | None) -> None:
        self._book = book
        self._state: SubjectState = SubjectState() if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - ours

    def on_batch(self, values: list[Signal]) -> tuple[Iterable[Decided], bool]:
        """Apply signals in order. Of notices nothing is kept."""
        found: list[Decided] = []
        for signal in values:
            rules = persist("rules", partial(self._book.rules_for, signal))
            if signal.kind == "series" and (roles := self._book.roles_of(signal)):
                signal.detail["roles"] = roles
            channels = {rule.id: tuple(rule.spec.channels) for rule in rules}
            found += [(t, channels[t.rule]) for t in self._state.apply(signal, rules, self._book.titles)]
        return found, StatefulBatchLogic.RETAIN if self._state.last_at >= 0 else StatefulBatchLogic.DISCARD

    def snapshot(self) -> bytes:
        """The pickled state."""
        return pickle.dumps(self._state)


def write_transitions(store: Store, decided: Sequence[Decided]) -> None:
    """Record transitions with their notifications; what is known already stays as it is."""
    metrics().count("vedette_flow_rows_total", len(record(store, decided, of_existing=True)), flow=FLOW)


def _signals(item: tuple[str, Signal | Publication]) -> list[tuple[str, Signal]]:
    key, value = item
    return [(key, value)] if isinstance(value, Signal) else []


def _publish(decided: Decided) -> Publication:
    transition = decided[0]
    return Publication(ALERTS.name, Message(str(transition.alert).encode(), encode_json(transition)))


def build(
    log: Log, store: Store, clock: Clock, *, book: RuleBook, stop: Callable[[], bool] = lambda: False
) -> Dataflow:
    """The flow from `vedette.signals` to alerts, the outbox and `vedette.alerts`."""
    flow = Dataflow(FLOW)
    polls = op.input("signals", flow, LogSource(log, SIGNALS.name, clock, stop=stop))
    routed = op.flat_map("route", polls, route)
    # each: (subject or "rejects", Signal or Publication)
    decided = op.stateful_batch("rules", op.flat_map("readable", routed, _signals), lambda s: SubjectLogic(book, s))
    # each: (subject, (AlertTransition, channels))
    results = op.map("results", decided, lambda item: item[1])
    op.output("record", results, StoreSink("alerts", lambda items: write_transitions(store, items)))
    rejects = op.flat_map("unreadable", routed, lambda item: [item[1]] if isinstance(item[1], Publication) else [])
    op.output("publish", op.merge("published", op.map("announce", results, _publish), rejects), LogSink(log))
    return flow
