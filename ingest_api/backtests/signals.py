"""Backtests of all other rules, over the signals that the log still holds."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from alerting.backtest import Trial
from alerting.describing import describe
from alerting.machine import subject_of
from alerting.rules import Rule, minds
from alerting.titles import Titles
from ingest_api.backtests.rollups import Backtest
from vedette.errors import InvalidInput
from vedette.events.codec import decode
from vedette.events.signals import Signal, source_of
from vedette.events.topics import SIGNALS
from vedette.log import Log
from vedette.store.alerts import monitor_tags
from vedette.store.pool import Store
from vedette.store.roles import by_source

MOST_SIGNALS = 300_000
_AT_ONCE = 2_000
_decoder = msgspec.json.Decoder(Signal)


def over_signals(log: Log, store: Store, rule: Rule, from_ms: int, to_ms: int) -> Backtest:
    """The rule over the signals that the log took in the range. Signals of series are left out: their rows say more.

    Names, labels and roles are those of now.
    """
    tags, roles = monitor_tags(store, rule.account), by_source(store, rule.account)

    def tags_of(monitor: int) -> tuple[str, str]:
        return tags.get(monitor, ("", ""))

    def roles_of(signal: Signal) -> str:
        return " ".join(roles.get(source_of(signal.subject), ()))

    titles = Titles({monitor: name for monitor, (name, _) in tags.items()})
    result, trials = Backtest(), dict[str, Trial]()
    for logged_ms, signal in _signals(log, from_ms, to_ms):
        if signal.account != rule.account or signal.kind in {"series", "timer"} or not minds(rule.spec, signal):
            continue
        describe(signal, tags_of, roles_of)
        result.readings += 1
        result.first_ms = min(logged_ms, result.first_ms or logged_ms)
        trials.setdefault(subject_of(signal), Trial(rule, titles)).hear(signal, logged_ms)
    for trial in trials.values():
        trial.pass_time(to_ms)
        result.episodes += trial.episodes
    result.subjects = len(trials)
    return result


def _signals(log: Log, from_ms: int, to_ms: int) -> Iterator[tuple[int, Signal]]:
    read = 0
    for partition in range(log.partitions(SIGNALS.name)):
        offset = log.offset_at(SIGNALS.name, partition, from_ms)
        while records := log.read(SIGNALS.name, partition, offset, _AT_ONCE):
            offset, read = records[-1].offset + 1, read + len(records)
            if read > MOST_SIGNALS:
                raise InvalidInput(
                    "from", from_ms, f"a later time: the log has more than {MOST_SIGNALS:,} signals since"
                )
            for record in records:
                if record.time_ms >= to_ms:
                    break
                try:
                    yield record.time_ms, decode(_decoder, record.value)
                except InvalidInput:
                    continue  # the flow has put it aside too
            else:
                continue
            break
