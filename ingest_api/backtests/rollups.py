"""Backtests of rules about series, over the rows of the rollup tables, and the archive behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from alerting.backtest import Episode, Reports, of_series
from alerting.learning import learn_rule
from alerting.rule_state import LAPSE_MS, STALE_MS
from alerting.rules import Absence, Anomaly, Change, Expressed, OfSeries, Rule, Threshold
from ingest_api.context import Context
from vedette.errors import InvalidInput
from vedette.statistics.anomaly import CALM
from vedette.store.reports import report_times
from vedette.store.roles import by_source
from vedette.store.series import SeriesRef, sources
from vedette.store.windows import WIDTH_MS, Rows, join, read_rows

MOST_SERIES, MOST_READINGS = 200, 300_000
"""Of one backtest: some seconds of a core."""
UNLEARNED = "less than three weeks are known before the range, so nobody knows what is usual"
_WITNESSES = 20
"""Sources that show that reports came in at all."""


@dataclass(slots=True)
class Backtest:
    """What came out. `step_ms` is the width of the windows that were read; 0 where signals were."""

    episodes: list[Episode] = field(default_factory=list)
    subjects: int = 0
    readings: int = 0
    step_ms: int = 0
    first_ms: int | None = None
    """The oldest thing that was looked at."""
    what: str = ""
    """What was looked at, if that does not follow from `step_ms`."""
    unknown: int = 0
    why: str = ""
    """How often an expression could not be told, or of how many series it is not known what is usual; and why not the
    first time."""


def warm_up_ms(rule: Rule) -> int:
    """How much must be known before the range, so that the rule's state is what it was."""
    spec = rule.spec
    if isinstance(spec, Change):
        return (spec.back() + 2) * spec.window_s * 1000
    if isinstance(spec, Threshold):
        return max(spec.for_s, spec.clear_for_s) * 1000 + 2 * spec.mean_ms + LAPSE_MS
    if isinstance(spec, Anomaly):
        return (spec.windows + CALM + 2) * spec.window_s * 1000
    if isinstance(spec, Expressed):
        return (max(spec.for_s, spec.clear_for_s) + spec.within_s) * 1000 + LAPSE_MS
    return spec.for_s * 1000 if isinstance(spec, Absence) else 0


def over_rollups(found: Context, account: int, rule: Rule, from_ms: int, to_ms: int) -> Backtest:
    """The rule over all series that it means: their last values in the windows that reports enter (of counters the
    highest rate), as the live rule sees them. Of a range with too many such windows, those of minutes."""
    spec = rule.spec
    assert isinstance(spec, OfSeries)
    refs = found.catalogue.find(account, [spec.selector()])
    by_series: dict[tuple[str, str], list[SeriesRef]] = {}
    for ref in refs:
        by_series.setdefault((ref.source, ref.name), []).append(ref)
    if len(by_series) > MOST_SERIES:
        raise InvalidInput("rule.series", spec.series, f"a selector of at most {MOST_SERIES} series, for a backtest")
    begin_ms = from_ms - warm_up_ms(rule)
    intervals = {row["source"]: row["interval_ms"] for row in sources(found.store, account)}
    tier = tier_of(intervals, by_series, begin_ms, to_ms)
    rows = read_all(found, account, refs, begin_ms, to_ms, tier)
    reports = Reporting(found, account, intervals, (begin_ms, to_ms), tier)
    roles = by_source(found.store, account) if spec.selector().names_role() else {}
    result = Backtest(subjects=len(by_series), step_ms=WIDTH_MS[tier])
    learned = learn_rule(found.store, account, spec, from_ms).series if isinstance(spec, Anomaly) else {}
    for (source, name), places in by_series.items():
        parts = [part for ref in places if (part := rows.get((ref.layout_id, ref.source_id, ref.ordinal)))]
        readings = list(_readings(parts, counter=places[0].kind == "counter"))
        if not readings:
            continue
        result.readings += len(readings)
        result.first_ms = min(readings[0][0], result.first_ms or readings[0][0])
        heard = reports.of(places[0], [at for at, _ in readings], needed=isinstance(spec, Absence))
        told, subject = " ".join(roles.get(source, ())), f"series:{source}/{name}"
        if isinstance(spec, Anomaly):
            rule = replace(rule, learned=learned.get(subject))
            if rule.learned is None:
                result.unknown, result.why = result.unknown + 1, UNLEARNED
        result.episodes += of_series(rule, subject, readings, heard, to_ms, roles=told)
    return result


def tier_of(intervals: dict[str, int], wanted: Collection[tuple[str, str]], from_ms: int, to_ms: int) -> str:
    """The finest tier of which so many series (source and name) can be read."""
    for tier in ("10s", "1m"):
        steps = (max(WIDTH_MS[tier], intervals.get(source, 0)) for source, _ in wanted)
        if sum((to_ms - from_ms) // step for step in steps) <= MOST_READINGS:
            return tier
    allowed = f"a later time, or a narrower rule: at most {MOST_READINGS:,} readings (of {len(wanted)} series)"
    raise InvalidInput("from", from_ms, allowed)


Place = tuple[int, int, int]
"""Layout, source and ordinal."""


def read_all(
    found: Context, account: int, refs: list[SeriesRef], from_ms: int, to_ms: int, tier: str
) -> dict[Place, Rows]:
    """The rows of each series, of the tables and of the archive."""
    older = found.history.series(account)(refs, from_ms, to_ms, tier)
    layouts: dict[int, list[SeriesRef]] = {}
    for ref in refs:
        layouts.setdefault(ref.layout_id, []).append(ref)
    rows: dict[Place, Rows] = {}
    for layout, members in layouts.items():
        ordinals = sorted({ref.ordinal for ref in members})
        ids = sorted({ref.source_id for ref in members})
        part = read_rows(found.store, layout, ids, ordinals, from_ms, to_ms, tier, older)
        for ref in members:
            if ref.source_id in part:
                whole, at = part[ref.source_id], ordinals.index(ref.ordinal)
                columns = (getattr(whole, name)[:, at] for name in ("sums", "mins", "maxs", "lasts"))
                rows[layout, ref.source_id, ref.ordinal] = Rows(whole.bucket_ms, whole.n, *columns)
    return rows


def _readings(parts: list[Rows], *, counter: bool) -> Iterator[tuple[int, float]]:
    if not parts:
        return
    rows = join(parts)
    values = rows.maxs if counter else rows.lasts
    known = ~np.isnan(values)
    yield from zip(rows.bucket_ms[known].tolist(), values[known].tolist(), strict=True)


class Reporting:
    """When the hosts of an account reported."""

    def __init__(
        self, found: Context, account: int, intervals: dict[str, int], span: tuple[int, int], tier: str
    ) -> None:
        self._store, self._account, self._intervals, self._range = found.store, account, intervals, span
        self._fine = tier == "10s"
        self._anybody: list[int] | None = None

    def of(self, ref: SeriesRef, own: list[int], *, needed: bool) -> Reports:
        """Of one host; `own` are the times of the series itself, which is all if it has no long gaps and need not be
        missed."""
        interval_ms = self._intervals.get(ref.source, 0)
        gaps = (later - at for at, later in pairwise([*own, self._range[1]]))
        if not needed and max(gaps, default=0) < STALE_MS:
            return Reports(own, interval_ms, own)
        if not interval_ms:
            return Reports(own, 0, self._witnessed())
        if not self._fine:
            interval_ms = max(interval_ms, WIDTH_MS["1m"])
        times = sorted({*own, *self._of_source(ref.source_id, interval_ms)})
        return Reports(times, interval_ms, times)

    def _of_source(self, source: int, interval_ms: int) -> Iterator[int]:
        """By the windows that its reports enter; where those are not kept any more by minutes, each of which stands for
        as many reports as there are in one."""
        until_ms = self._range[1]
        if interval_ms < WIDTH_MS["1m"]:
            fine = report_times(self._store, "10s", [source], *self._range).get(source, [])
            yield from fine
            until_ms = fine[0] if fine else until_ms
        for minute in report_times(self._store, "1m", [source], self._range[0], until_ms).get(source, ()):
            yield from range(minute, min(minute + 60_000, until_ms), max(interval_ms, 10_000))

    def _witnessed(self) -> list[int]:
        if self._anybody is None:
            rows = self._store.rows(
                "SELECT id FROM sources WHERE account_id = %s AND interval_ms > 0 ORDER BY last_seen DESC LIMIT %s",
                self._account,
                _WITNESSES,
            )
            found = report_times(self._store, "1m", [row["id"] for row in rows], *self._range)
            self._anybody = sorted({time for times in found.values() for time in times})
        return self._anybody
