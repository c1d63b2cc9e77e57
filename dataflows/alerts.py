"""The alerts dataflow: signals through the rules into transitions, and with them notifications.

Timers are signals too: when one goes off, what was found out is appended to the log, and decides when it is read there.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from msgspec.structs import replace

from alerting.book import RuleBook
from alerting.machine import SubjectState, subject_of
from alerting.rules import Rule
from alerting.timers import news, next_ask_ms
from alerting.waiting import Wait, WaitEnd, changes, note_suppressed, waits_of
from dataflows.keeping_signals import Keeper, kept_of
from dataflows.leftovers import Leftovers
from dataflows.reading import read
from dataflows.source import LogSource, Poll
from sinks.log import LogSink, Publication
from sinks.patience import persist
from sinks.store import StoreSink
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.events.codec import decode, encode_json, encode_reject
from vedette.events.signals import AlertTransition, Reject, Signal
from vedette.events.topics import ALERTS, REJECTS, SIGNALS
from vedette.log import Log, Message
from vedette.store.pool import Store
from vedette.store.recording import record
from vedette.store.waits import write_waits
from vedette.telemetry import get_logger, metrics

FLOW = "alerts"
AT_ONCE = 50
"""Transitions in one transaction: in a storm thousands come together, and a transaction that takes longer than
`VEDETTE_STATEMENT_S` would be broken off and tried again for ever."""
_decoder = msgspec.json.Decoder(Signal)

Decided = tuple[AlertTransition, tuple[int, ...]]
"""A transition and the channels of its rule."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A signal, and when the log took it (ms UTC)."""

    time_ms: int
    signal: Signal


Routed = tuple[str, Logged | Publication]


def route(poll: Poll) -> Iterable[Routed]:
    """Signals by account and subject, rejects under the key `rejects`."""
    events, rejects = read(poll, SIGNALS.name, lambda data: decode(_decoder, data))
    for logged, signal in events:
        yield f"{signal.account}/{subject_of(signal)}", Logged(logged.time_ms, signal)
    for reject in rejects:
        yield "rejects", reject


Found = Decided | Signal | Wait | WaitEnd


class SubjectLogic(StatefulBatchLogic[Logged, Found, bytes]):
    """Drives the rules' state machines of one subject, and asks why nothing is heard of it."""

    def __init__(
        self, book: RuleBook, clock: Clock, snapshot: bytes | None, leftovers: Leftovers | None = None
    ) -> None:
        self._book = book
        self._clock = clock
        self._leftovers = leftovers
        self._state: SubjectState = SubjectState() if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - ours
        self._asked_ms = 0

    def on_batch(self, values: list[Logged]) -> tuple[Iterable[Found], bool]:
        """Apply signals in order. Of notices nothing is kept."""
        found: list[Found] = []
        if self._leftovers is not None:
            self._leftovers.read()
        for logged in values:
            signal = logged.signal
            about = self._state.last if signal.kind == "timer" else signal
            if about is None:
                continue
            rules = self._rules(about)
            persist("rules", partial(self._book.describe, signal))
            channels = {rule.id: tuple(rule.spec.channels) for rule in rules}
            waited, is_new = waits_of(self._state), signal.at > self._state.last_at
            changed = self._state.apply(signal, rules, self._book.titles, logged.time_ms, self._book.rule)
            if self._leftovers is not None and signal.kind != "timer":
                changed += self._leftovers.ends(signal, logged.time_ms, rules, self._state, self._book.rule)
            found += [(t, channels.get(t.rule, ())) for t in changed]
            if signal.kind != "timer" and is_new:
                note_suppressed(self._state, signal, rules)
            found += changes(waited, self._state, replace(signal, subject=about.subject), rules, self._book.titles)
        self._asked_ms = 0
        return found, StatefulBatchLogic.RETAIN if self._state.last_at >= 0 else StatefulBatchLogic.DISCARD

    def _rules(self, signal: Signal) -> list[Rule]:
        return persist("rules", partial(self._book.rules_for, signal))

    def notify_at(self) -> datetime | None:
        """When it is of use to ask, by this process's clock."""
        due_ms = next_ask_ms(self._state, self._asked_ms)
        return datetime.fromtimestamp(due_ms / 1000, UTC) if due_ms else None

    def on_notify(self) -> tuple[Iterable[Found], bool]:
        """Ask; an answer that changes anything goes into the log, and is heeded when it is read there."""
        last, self._asked_ms = self._state.last, self._clock.now_ms()
        if last is None:
            return (), StatefulBatchLogic.RETAIN
        standing = self._book.standing_of(last.account, last.subject)
        rules = self._rules(last)
        word = news(self._state, self._asked_ms, standing, rules, self._book.titles, self._book.rule)
        return ((word,) if word is not None else ()), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled state."""
        return pickle.dumps(self._state)


def write_transitions(store: Store, decided: Sequence[Decided], put_aside: Callable[[Publication], None]) -> None:
    """Record transitions with their notifications, `AT_ONCE` in a transaction; what is known already stays as it is.

    One that the database cannot hold is put aside alone: the others of its batch, and what follows, are recorded.
    """
    for begin in range(0, len(decided), AT_ONCE):
        _write(store, decided[begin : begin + AT_ONCE], put_aside)


def _write(store: Store, decided: Sequence[Decided], put_aside: Callable[[Publication], None]) -> None:
    try:
        count = len(record(store, decided, of_existing=True))
    except InvalidInput as error:
        if len(decided) > 1:
            for one in decided:
                _write(store, [one], put_aside)
            return
        (transition, _), count = decided[0], 0
        reject = Reject(ALERTS.name, 0, -1, str(error), encode_json(transition), transition.at)
        put_aside(Publication(REJECTS.name, Message(ALERTS.name.encode(), encode_reject(reject))))
        get_logger("flow").error(
            "transition_rejected",
            alert=transition.alert,
            rule=transition.rule,
            state=transition.state,
            reason=str(error),
        )
        metrics().count("vedette_flow_rejected_total", flow=ALERTS.name)
    metrics().count("vedette_flow_rows_total", count, flow=FLOW)


def _signals(item: Routed) -> list[tuple[str, Logged]]:
    key, value = item
    return [(key, value)] if isinstance(value, Logged) else []


def record_waits(store: Store, items: Sequence[Wait | WaitEnd]) -> None:
    """Begin and end what waits; one that the database cannot hold is left out."""
    begun = [one.row() for one in items if isinstance(one, Wait)]
    ended = [(one.id, one.at_ms, one.outcome) for one in items if isinstance(one, WaitEnd)]
    try:
        write_waits(store, begun, ended)
    except InvalidInput as error:
        if len(items) > 1:
            for one in items:
                record_waits(store, [one])
            return
        get_logger("flow").error("wait_rejected", reason=str(error))


def _publish(result: Decided | Signal) -> Publication:
    if isinstance(result, Signal):
        return Publication(SIGNALS.name, Message(f"{result.account}/{result.subject}".encode(), encode_json(result)))
    return Publication(ALERTS.name, Message(str(result[0].alert).encode(), encode_json(result[0])))


def build(
    log: Log, store: Store, clock: Clock, *, book: RuleBook, stop: Callable[[], bool] = lambda: False
) -> Dataflow:
    """The flow from `vedette.signals` to alerts, the outbox, `vedette.alerts` and the table of signals."""
    flow = Dataflow(FLOW)
    polls = op.input("signals", flow, LogSource(log, SIGNALS.name, clock, stop=stop))
    op.output("keep", op.filter_map("kept", polls, kept_of), StoreSink("signals", Keeper(store, clock).write))
    routed = op.flat_map("route", polls, route)
    # each: (subject or "rejects", Logged or Publication)
    readable = op.flat_map("readable", routed, _signals)
    leftovers = Leftovers(store, clock)
    decided = op.stateful_batch("rules", readable, lambda state: SubjectLogic(book, clock, state, leftovers))
    # each: (subject, (AlertTransition, channels) or a timer's Signal)
    found = op.map("found", decided, lambda item: item[1])
    waits = op.flat_map("waits", found, lambda item: [item] if isinstance(item, Wait | WaitEnd) else [])
    op.output("wait", waits, StoreSink("waits", lambda items: record_waits(store, items)))
    results = op.flat_map("results", found, lambda item: [] if isinstance(item, Wait | WaitEnd) else [item])
    transitions = op.flat_map("transitions", results, lambda item: [] if isinstance(item, Signal) else [item])
    unheld = LogSink(log).build("unheld", 0, 1)
    op.output(
        "record",
        transitions,
        StoreSink("alerts", lambda items: write_transitions(store, items, lambda one: unheld.write_batch([one]))),
    )
    rejects = op.flat_map("unreadable", routed, lambda item: [item[1]] if isinstance(item[1], Publication) else [])
    op.output("publish", op.merge("published", op.map("announce", results, _publish), rejects), LogSink(log))
    return flow
