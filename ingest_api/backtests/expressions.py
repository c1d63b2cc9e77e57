"""Backtests of rules about several series of a host, over rows of the rollup tables, and the archive behind them."""

from __future__ import annotations

from alerting.backtest import of_signals
from alerting.rules import Expressed, Rule
from ingest_api.backtests.rollups import MOST_SERIES, Backtest, Place, Reporting, read_all, tier_of, warm_up_ms
from ingest_api.context import Context
from vedette.errors import InvalidInput
from vedette.events.signals import Signal
from vedette.expressions.grouping import Labels, Question, is_asked_of
from vedette.store.roles import by_source
from vedette.store.series import SeriesRef, sources
from vedette.store.windows import WIDTH_MS, Rows
from vedette.windows.joining import Joined

Windows = dict[int, dict[str, tuple[int, float]]]
"""By window (ms UTC) and name: the window, and the last value in it."""


def over_joined(found: Context, account: int, rule: Rule, spec: Expressed, from_ms: int, to_ms: int) -> Backtest:
    """The expression over the windows that reports enter, of all hosts that it is about, as the live rule sees them."""
    question = spec.question()
    refs = [
        ref for ref in found.catalogue.find(account, question.expression.selectors) if is_asked_of(question, ref.source)
    ]
    wanted = {(ref.source, ref.name) for ref in refs}
    if len(wanted) > MOST_SERIES:
        allowed = f"about at most {MOST_SERIES} series, for a backtest (choose hosts)"
        raise InvalidInput("rule.expression", spec.expression, allowed)
    begin_ms = from_ms - warm_up_ms(rule)
    intervals = {row["source"]: row["interval_ms"] for row in sources(found.store, account)}
    tier = tier_of(intervals, wanted, begin_ms, to_ms)
    rows = read_all(found, account, refs, begin_ms, to_ms, tier)
    reports = Reporting(found, account, intervals, (begin_ms, to_ms), tier)
    roles = by_source(found.store, account) if question.hosts is not None and question.hosts.names_role() else {}
    result = Backtest(step_ms=WIDTH_MS[tier])
    for source in sorted({ref.source for ref in refs}):
        mine = [ref for ref in refs if ref.source == source]
        windows = _windows(mine, rows)
        if windows:
            result.readings += sum(map(len, windows.values()))
            result.first_ms = min(*windows, result.first_ms or to_ms)
        has = " ".join(roles.get(source, ()))
        for signals in _signals(result, windows, account, source, question, has).values():
            heard = reports.of(mine[0], [one.at for one in signals if one.state != "unknown"], needed=False)
            result.episodes += of_signals(rule, signals, heard, to_ms)
    return result


def _windows(refs: list[SeriesRef], rows: dict[Place, Rows]) -> Windows:
    found: Windows = {}
    for ref in refs:
        part = rows.get((ref.layout_id, ref.source_id, ref.ordinal))
        if part is None:
            continue
        values = part.maxs if ref.kind == "counter" else part.lasts
        for window, value in zip(part.bucket_ms.tolist(), values.tolist(), strict=True):
            found.setdefault(window, {})[ref.name] = (window, value)
    return found


def _signals(
    result: Backtest, windows: Windows, account: int, source: str, question: Question, roles: str
) -> dict[Labels, list[Signal]]:
    """What alerting would have heard, by combination of labels; what could not be told is counted in the result."""
    joined, seen, signals = Joined(), set[Labels](), dict[Labels, list[Signal]]()
    for window in sorted(windows):
        joined.take(window, windows[window])
        for finding in joined.look(question, lambda _: True):
            seen.add(finding.labels)
            if finding.holds is None:
                result.unknown, result.why = result.unknown + 1, result.why or finding.why
            if joined.is_news(finding):
                signal = finding.signal(account, source, question)
                if roles:
                    signal.detail["roles"] = roles
                signals.setdefault(finding.labels, []).append(signal)
    result.subjects += len(seen)
    return signals
