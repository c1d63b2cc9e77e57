"""Backtests of all other rules, over the signals that are kept, and what the log holds besides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from alerting.backtest import Trial
from alerting.machine import subject_of
from alerting.rules import Drift, Rule, hold_ms, minds, signal_kind
from alerting.titles import Titles
from ingest_api.backtests.rollups import Backtest
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.signals import Signal, source_of
from vedette.events.topics import SIGNALS
from vedette.log import Log, Record
from vedette.store import signals as kept
from vedette.store.alerts import monitor_tags
from vedette.store.pool import Store
from vedette.store.roles import by_source
from vedette.store.signals import Asked, Reach

MOST_SIGNALS = 300_000
"""Of one backtest: some seconds of a core. Of the log, messages of all kinds and accounts count."""
DAY_MS = 86_400_000
_AT_ONCE = 2_000
_decoder = msgspec.json.Decoder(Signal)


def over_signals(log: Log, store: Store, rule: Rule, titles: Titles, from_ms: int, to_ms: int) -> Backtest:
    """The rule over the signals that the log took in the range, and before it, so that what began then is known."""
    about = getattr(rule.spec, "monitor", None) or getattr(rule.spec, "model", None)
    asked = Asked(rule.account, signal_kind(rule.spec), from_ms - _before_ms(rule), to_ms, about)
    result, trials, described = Backtest(what="signals"), dict[str, Trial](), _Described(store, rule)
    for logged_ms, signal in _signals(log, store, asked):
        if not minds(rule.spec, signal):
            continue
        described.describe(signal)
        result.readings += 1
        result.first_ms = min(logged_ms, result.first_ms or logged_ms)
        subject = subject_of(signal)
        trial = trials.get(subject)
        if trial is None:
            trial = trials[subject] = Trial(rule, titles)
        trial.hear(signal, logged_ms)
    for trial in trials.values():
        trial.pass_time(to_ms)
        result.episodes += trial.episodes
    result.subjects = len(trials)
    return result


class _Described:
    """What the flow notes in signals for rules that choose by labels or roles: those of today."""

    def __init__(self, store: Store, rule: Rule) -> None:
        of_hosts = getattr(rule.spec, "hosts", None) is not None
        self._named = getattr(rule.spec, "monitors", None) is not None
        self._tags = monitor_tags(store, rule.account)
        self._roles = by_source(store, rule.account) if of_hosts else {}

    def describe(self, signal: Signal) -> None:
        """Note it in the signal's detail."""
        monitor = signal.detail.get("monitor")
        if isinstance(monitor, int):
            name, labels = self._tags.get(monitor, ("", ""))
            if labels:
                signal.detail["labels"] = labels
            if self._named:
                signal.detail["name"] = name
        elif roles := self._roles.get(source_of(signal.subject)):
            signal.detail["roles"] = " ".join(roles)


def _before_ms(rule: Rule) -> int:
    """How much before the range is read. Who waits for windows in a row may have waited for long."""
    row = 7 * DAY_MS if isinstance(rule.spec, Drift) and rule.spec.windows > 1 else 0
    return DAY_MS + hold_ms(rule.spec) + row


@dataclass(slots=True)
class _Logged:
    """What the log holds that the table does not: `early` from before signals were kept, `late` what is not yet.
    `places` are those of all of them."""

    early: list[tuple[int, Signal]] = field(default_factory=list)
    late: list[tuple[int, Signal]] = field(default_factory=list)
    places: set[tuple[int, int, int]] = field(default_factory=set)
    read: int = 0


def _signals(log: Log, store: Store, asked: Asked) -> Iterator[tuple[int, Signal]]:
    """When the log took each signal, and the signal: those about one subject in their order, and each once."""
    if kept.count(store, asked, MOST_SIGNALS) > MOST_SIGNALS:
        narrower = "" if asked.about is not None else ", or a rule about one monitor or model"
        allowed = f"a later time{narrower}: at most {MOST_SIGNALS:,} signals of the kind {asked.kind}"
        raise InvalidInput("from", asked.from_ms, allowed)
    # The log before the table: what is kept in between stands in both, and is left out of the latter.
    logged = _logged(log, kept.reaches(store), asked)
    yield from logged.early
    for one in kept.signals(store, asked):
        if one[:3] not in logged.places and (signal := _decoded(one.body)) is not None:
            yield one.logged_ms, signal
    yield from logged.late


def _logged(log: Log, reaches: dict[int, Reach], asked: Asked) -> _Logged:
    found = _Logged()
    for partition, bounds in enumerate(log.bounds(SIGNALS.name)):
        begin, reach = log.offset_at(SIGNALS.name, partition, asked.from_ms), reaches.get(partition)
        if reach is None or reach.next_offset > bounds.end:  # nothing of it is kept, or it was made anew since
            _take(found, found.late, log, partition, begin, bounds.end, asked)
            continue
        if begin < reach.first_offset:
            _take(found, found.early, log, partition, begin, reach.first_offset, asked, reach.since_ms)
        _take(found, found.late, log, partition, max(begin, reach.next_offset), bounds.end, asked)
    found.early.sort(key=lambda one: one[0])
    found.late.sort(key=lambda one: one[0])
    return found


def _take(
    found: _Logged,
    taken: list[tuple[int, Signal]],
    log: Log,
    partition: int,
    begin: int,
    end: int,
    asked: Asked,
    last_ms: int | None = None,
) -> None:
    """Signals of a stretch of a partition that are asked for, of those that the log took until `last_ms`."""
    for record in _records(found, log, partition, begin, end, asked):
        if record.time_ms >= asked.to_ms or (last_ms is not None and record.time_ms > last_ms):
            return
        signal = _decoded(record.value)
        if signal is not None and (signal.account, signal.kind) == (asked.account, asked.kind):
            taken.append((record.time_ms, signal))
            found.places.add((record.time_ms, partition, record.offset))


def _records(found: _Logged, log: Log, partition: int, begin: int, end: int, asked: Asked) -> Iterator[Record]:
    offset = begin
    while offset < end and (records := log.read(SIGNALS.name, partition, offset, _AT_ONCE)):
        offset, found.read = records[-1].offset + 1, found.read + len(records)
        if found.read > MOST_SIGNALS:
            allowed = f"a later time: the log has more than {MOST_SIGNALS:,} signals since that are not in the table"
            raise InvalidInput("from", asked.from_ms, allowed)
        yield from (record for record in records if record.offset < end)


def _decoded(data: bytes) -> Signal | None:
    try:
        return decode(_decoder, data)
    except InvalidInput:
        return None  # the flow has put it aside too
