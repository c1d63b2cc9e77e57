"""Backtests of rules about series of checks, over single results, and over minutes where those are kept no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby

from alerting.backtest import Reports, of_signals
from alerting.learning import learn_rule
from alerting.rules import Anomaly, OfSeries, Rule
from alerting.titles import Titles
from ingest_api.backtests.rollups import MOST_READINGS, MOST_SERIES, UNLEARNED, Backtest, warm_up_ms
from ingest_api.check_series import mean_of
from ingest_api.context import Context
from vedette.errors import InvalidInput
from vedette.events.check_series import CheckSeries, labels_in, matches, may_match, named
from vedette.events.signals import Signal
from vedette.store.alerts import monitor_intervals, monitor_tags
from vedette.store.check_results import checked_minutes, oldest_result, results
from vedette.store.checks import CheckWindow
from vedette.windows.check_readings import ReadingShard
from vedette.windows.incident import end_ms

MINUTE_MS = 60_000
_WITNESSES = 20
"""Monitors that show that checks came in at all."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Series of one name that the rule means; `labels` are those of each monitor, its name among them."""

    rule: Rule
    spec: OfSeries
    scope: str
    measure: str
    labels: Mapping[int, Mapping[str, str]]

    def means(self, monitor: int, location: str | None) -> bool:
        """Whether it means the monitor's series at the location, or (None) at all together."""
        if (location is None) != (self.scope == "endpoint"):
            return False
        series = CheckSeries(monitor, location, self.measure)
        return matches(self.spec.selector(), series, self.labels[monitor])


def over_checks(found: Context, account: int, rule: Rule, from_ms: int, to_ms: int) -> Backtest:
    """The rule over all series of checks that it means, each check by itself as the live rule sees it. Where single
    results are kept no more, a minute at a location is one reading. What was in maintenance is not left out."""
    spec = rule.spec
    assert isinstance(spec, OfSeries)
    tags = monitor_tags(found.store, account)
    scope, _, measure = (named(spec.selector()) or "").partition(".")
    labels = {monitor: {**labels_in(text), "name": name} for monitor, (name, text) in tags.items()}
    wanted = _Wanted(rule, spec, scope, measure, labels)
    learned = learn_rule(found.store, account, spec, from_ms).series if isinstance(spec, Anomaly) else {}
    titles = Titles({monitor: name for monitor, (name, _) in tags.items()})
    chosen = [monitor for monitor in sorted(tags) if may_match(spec.selector(), monitor, labels[monitor])]
    if len(chosen) > MOST_SERIES:
        raise InvalidInput("rule.series", spec.series, f"a selector of at most {MOST_SERIES} monitors, for a backtest")
    begin_ms = from_ms - warm_up_ms(rule)
    anybody = checked_minutes(found.store, sorted(tags)[:_WITNESSES], begin_ms, to_ms)
    every_ms, result = monitor_intervals(found.store), Backtest(what="checks")
    for monitor in chosen:
        series: dict[str, list[Signal]] = {}
        for signal in _signals(found, account, monitor, wanted, (begin_ms, to_ms), result):
            signal.detail["labels"], signal.detail["name"] = tags[monitor][1], tags[monitor][0]
            series.setdefault(signal.subject, []).append(signal)
        for subject, signals in sorted(series.items()):
            tried = rule
            if isinstance(spec, Anomaly):
                tried = replace(rule, learned=learned.get(subject))
                if tried.learned is None:
                    result.unknown, result.why = result.unknown + 1, UNLEARNED
            result.subjects += 1
            result.first_ms = min(signals[0].at, result.first_ms or signals[0].at)
            heard = Reports([signal.at for signal in signals], 0, anybody, every_ms.get(monitor, 0))
            result.episodes += of_signals(tried, signals, heard, to_ms, titles)
    return result


def _signals(
    found: Context, account: int, monitor: int, wanted: _Wanted, span: tuple[int, int], result: Backtest
) -> Iterator[Signal]:
    """In the order of their times."""
    begin_ms, to_ms = span
    raw_ms = oldest_result(found.store, monitor)
    raw_ms = to_ms if raw_ms is None else -(-raw_ms // MINUTE_MS) * MINUTE_MS
    if begin_ms < raw_ms:
        windows = found.history.check_windows(account, monitor, begin_ms, min(raw_ms, to_ms), hours=False)
        _count(result, len(windows), span)
        if windows:
            result.step_ms = MINUTE_MS
        for _, minute in groupby(windows, lambda window: window.bucket_ms):
            places = list(minute)
            for at, window in enumerate(places):
                yield from _of_minute(account, wanted, window, len(places) - at)
    shard = ReadingShard()
    names = (f"{wanted.scope}.{wanted.measure}",)
    for some in results(found.store, account, monitor, max(begin_ms, raw_ms), to_ms):
        _count(result, len(some), span)
        for one in some:
            if wanted.means(monitor, None if wanted.scope == "endpoint" else one.location):
                shard.fold(one, end_ms(one), lambda account, monitor, location: names)
        yield from shard.take()


def _count(result: Backtest, more: int, span: tuple[int, int]) -> None:
    result.readings += more
    if result.readings > MOST_READINGS:
        raise InvalidInput("from", span[0], f"a later time, or a narrower rule: at most {MOST_READINGS:,} checks")


def _of_minute(account: int, wanted: _Wanted, window: CheckWindow, before_ms: int) -> Iterator[Signal]:
    """A minute at one location, so shortly before its end: of a series, no two readings have one time."""
    location = None if wanted.scope == "endpoint" else window.location
    value = mean_of(wanted.measure, [window])
    if value is None or not wanted.means(window.monitor, location):
        return
    subject = CheckSeries(window.monitor, location, wanted.measure).subject
    at = window.bucket_ms + MINUTE_MS - before_ms
    yield Signal("series", account, subject, at, value=value, detail={"monitor": window.monitor})
