"""Queries: rows that the tables hold no longer, folded from the archive as they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from vedette.clock import Clock
from vedette.events.features import FeatureBatch
from vedette.events.samples import layout_id
from vedette.history.cache import Cache
from vedette.history.folding import Run, fold_source
from vedette.history.horizon import DAY_MS, HOUR_MS, cells, horizon_ms
from vedette.history.limits import Budget, Gate
from vedette.settings import ArchiveQuerySettings, TableSettings
from vedette.store import archive as manifest
from vedette.store import checks
from vedette.store.check_columns import CheckColumns, Tail, Tier, columns_of, from_windows
from vedette.store.checks import CheckWindow
from vedette.store.pool import Store
from vedette.store.series import SeriesRef
from vedette.store.windows import WIDTH_MS, Rows, join
from vedette.windows.tiers import TIERS

if TYPE_CHECKING:
    from vedette.history.reports import Reports

V = TypeVar("V")
Cell = tuple[int, int]
Found = dict[tuple[str, int], tuple[tuple[int, ...], Rows]]
"""By tier and layout: which columns of the layout, and their rows."""

_NUMBER: dict[str, int] = {tier.name: number for number, tier in enumerate(TIERS)}
_RUN_MB = 64
_LONGEST = 7
"""Days that are read at once, if they are not too large: each reading costs a day of warm-up."""
_CHECK_BYTES = 600


class ArchivedRows:
    """Rows of series out of the archive, for one query."""

    def __init__(self, begin: Mapping[str, int], end: Mapping[str, int], found: Mapping[int, Sequence[Found]]) -> None:
        self._begin, self._end, self._found = begin, end, found

    def between(self, tier: str) -> Cell:
        """Of which time these are the rows, instead of those of the tables."""
        return self._begin.get(tier, 0), self._end.get(tier, 0)

    def rows(
        self, tier: str, layout: int, sources: Sequence[int], ordinals: Sequence[int], from_ms: int, to_ms: int
    ) -> dict[int, Rows]:
        """As `read_rows` gives them: by source, with from_ms ≤ bucket < to_ms."""
        begin, end = self.between(tier)
        found: dict[int, Rows] = {}
        for source in sources:
            parts = []
            for each in self._found.get(source, ()):
                if (tier, layout) in each:
                    columns, rows = each[tier, layout]
                    parts.append(_chosen(rows, [columns.index(ordinal - 1) for ordinal in ordinals]))
            if parts:
                rows = join(parts)
                inside = (rows.bucket_ms >= max(begin, from_ms)) & (rows.bucket_ms < min(end, to_ms))
                if inside.any():
                    found[source] = rows.select(inside)
        return found


def _chosen(rows: Rows, places: list[int]) -> Rows:
    matrices = (matrix[:, places] for matrix in (rows.sums, rows.mins, rows.maxs, rows.lasts))
    return Rows(rows.bucket_ms, rows.n, *matrices)


class History:
    """What the gateway asks for old rows; without an archive it knows of none.

    `reports` opens the archive, and is called only when something is read there.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        settings: ArchiveQuerySettings,
        tables: TableSettings,
        reports: Callable[[], Reports] | None,
    ) -> None:
        self._store, self._clock, self._settings, self._tables = store, clock, settings, tables
        self._open = reports
        self._opened: list[Reports] = []
        self._series: Cache[Found] = Cache(settings.archive_cache_mb << 20)
        self._checks: Cache[list[CheckWindow]] = Cache(settings.archive_cache_mb << 18)
        self._gate = Gate()

    def _begin(self, kind: str, account: int) -> int | None:
        """When the archive begins; None if there is nothing."""
        extent = None if self._open is None else manifest.extent(self._store, kind, account)
        return None if extent is None else extent[0]

    def series(self, account: int) -> Callable[[Sequence[SeriesRef], int, int, str], ArchivedRows | None]:
        """What gives one query its old rows of the account: of the series, from, to (ms UTC), for a tier."""
        return lambda refs, from_ms, to_ms, tier: self._rows(account, refs, from_ms, to_ms, tier)

    def _rows(
        self, account: int, refs: Sequence[SeriesRef], from_ms: int, to_ms: int, tier: str
    ) -> ArchivedRows | None:
        now = self._clock.now_ms()
        tiers = ("10s", "1m") if tier == "10s" else (tier,)
        ends = {each: horizon_ms(self._tables, each, now) for each in tiers}
        if from_ms >= max(ends.values()) or not refs:
            return None
        first = self._begin("samples", account)
        if first is None:
            return None
        begins = {each: first - first % WIDTH_MS[each] for each in tiers}
        unit = DAY_MS if tier == "1d" else HOUR_MS
        begin = max(from_ms, begins[tier])
        end = min(to_ms + -to_ms % unit, ends[tier])
        names = frozenset(ref.name for ref in refs)
        sources = {ref.source: ref.source_id for ref in refs}
        wanted = cells(begin - begin % unit, end)
        found = self._of_sources(account, sources, names, tiers, wanted)
        return ArchivedRows(begins, ends, found)

    def _of_sources(
        self,
        account: int,
        sources: Mapping[str, int],
        names: frozenset[str],
        tiers: tuple[str, ...],
        wanted: list[Cell],
    ) -> dict[int, list[Found]]:
        found: dict[tuple[str, Cell], Found] = {}

        def load(run: list[Cell], missing: list[str], budget: Budget) -> int:
            """Read a run of days; how many bytes the largest source has in a day."""
            largest = 0
            left = set(missing)
            reports = self._reports().samples(account, run[0][0], run[-1][1], sources=missing, names=names)
            for source, events in reports:
                size = sum(len(event.values) for event in events)
                largest = max(largest, size // (len(run) + 1))
                budget.take(size)
                folded = fold_source(events, names=names, coarsest=_NUMBER[tiers[-1]])
                left.discard(source)
                for cell in run:
                    value: Found = {
                        (tier, layout_id(one.layout)): (tuple(one.columns.tolist()), _rows(rows))
                        for one in folded
                        for tier in tiers
                        if (whole := one.tiers.get(_NUMBER[tier])) is not None and len(rows := whole.between(*cell))
                    }
                    found[source, cell] = value
                    self._series.put((account, source, names, tiers, cell), value, _size(value))
            for source in left:
                for cell in run:
                    found[source, cell] = {}
                    self._series.put((account, source, names, tiers, cell), {}, _size({}))
            return largest

        for source in sources:
            for cell in wanted:
                kept = self._series.get((account, source, names, tiers, cell))
                if kept is not None:
                    found[source, cell] = kept
        self._load(wanted, sources, found, load)
        return {identity: [found[source, cell] for cell in wanted] for source, identity in sources.items()}

    def _load(
        self,
        wanted: list[Cell],
        sources: Mapping[str, int],
        found: Mapping[tuple[str, Cell], object],
        load: Callable[[list[Cell], list[str], Budget], int],
    ) -> None:
        """Load what is not found, several days at once where they are not too large."""
        if all((source, cell) in found for source in sources for cell in wanted):
            return
        budget = Budget(self._settings, self._clock)
        with self._gate.entered(budget):
            at, longest = 0, 1
            while at < len(wanted):
                missing = [source for source in sources if (source, wanted[at]) not in found]
                if not missing:
                    at += 1
                    continue
                run = [
                    cell for cell in wanted[at : at + longest] if all((source, cell) not in found for source in missing)
                ]
                run = wanted[at : at + len(run)]
                budget.look()
                largest = load(run, missing, budget)
                at += len(run)
                longest = min(_LONGEST, 2 * longest, max(1, (_RUN_MB << 20) // max(1, largest)))

    def feature_batches(self, account: int, model: int, from_ms: int, to_ms: int) -> Iterator[FeatureBatch]:
        """What the archive holds of a model whose oldest row is in the time; nothing without an archive."""
        if self._open is None:
            return
        with self._gate.entered(budget := Budget(self._settings, self._clock)):
            for batch in self._reports().features(account, model, from_ms, to_ms):
                budget.take(len(batch.ts) * (1 + len(batch.columns)))
                yield batch

    def _reports(self) -> Reports:
        assert self._open is not None  # else the archive would have had no beginning
        if not self._opened:
            self._opened.append(self._open())
        return self._opened[0]

    def _old(self, account: int, tier: str, from_ms: int, to_ms: int) -> Cell | None:
        """The part of the range that the archive gives; None if the tables give all."""
        horizon = horizon_ms(self._tables, tier, self._clock.now_ms())
        first = self._begin("checks", account) if from_ms < horizon else None
        if first is None:
            return None
        first -= first % WIDTH_MS[tier]
        begin, end = max(from_ms, first), min(to_ms, horizon)
        return (begin, end) if begin < end else None

    def in_tables(self, tier: str, from_ms: int) -> bool:
        """Whether the archive is not needed for the range, so that nothing slow is to come. Does not block."""
        return self._open is None or from_ms >= horizon_ms(self._tables, tier, self._clock.now_ms())

    def check_windows(
        self, account: int, monitor: int, from_ms: int, to_ms: int, *, hours: bool, location: str | None = None
    ) -> list[CheckWindow]:
        """`checks.windows`, and before their horizon those that the archive gives."""
        tier: Tier = "1h" if hours else "1m"
        old = self._old(account, tier, from_ms, to_ms)
        if old is None:
            return checks.windows(self._store, monitor, from_ms, to_ms, hours=hours, location=location)
        begin, end = old
        parts = [] if from_ms >= begin else checks.windows(
            self._store, monitor, from_ms, begin, hours=hours, location=location)  # fmt: skip
        parts += self._archived(account, monitor, tier, old, location)
        if end < to_ms:
            parts += checks.windows(self._store, monitor, end, to_ms, hours=hours, location=location)
        return parts

    def check_columns(
        self, account: int, monitor: int, tier: Tier, from_ms: int, to_ms: int, tail: Tail, location: str | None = None
    ) -> list[CheckColumns]:
        """The same as columns, in parts: those of the tables, and before their horizon what the archive gives."""
        begin, end = self._old(account, tier, from_ms, to_ms) or (from_ms, from_ms)
        found = [
            columns_of(self._store, tier, monitor, since, until, tail, location)
            for since, until in ((from_ms, begin), (end, to_ms))
            if since < until
        ]
        if begin < end:
            windows = self._archived(account, monitor, tier, (begin, end), location)
            found.append(from_windows(windows, tier, tail))
        return found

    def _archived(self, account: int, monitor: int, tier: str, times: Cell, location: str | None) -> list[CheckWindow]:
        """Out of the archive, from whole days of it if they are wanted."""
        begin, end = times
        unit = DAY_MS if tier == "1d" else HOUR_MS
        return [
            window
            for window in self._archived_checks(account, monitor, tier, begin - begin % unit, end + -end % unit)
            if begin <= window.bucket_ms < end and location in (None, window.location)
        ]

    def _archived_checks(
        self, account: int, monitor: int, tier: str, from_ms: int, to_ms: int
    ) -> Iterator[CheckWindow]:
        from vedette.history.checking import fold_checks

        budget = Budget(self._settings, self._clock)
        for cell in cells(from_ms, to_ms):
            key = account, monitor, tier, cell
            windows = self._checks.get(key)
            if windows is None:
                with self._gate.entered(budget):
                    budget.look()
                    results = [
                        event
                        for _, events in self._reports().checks(account, *cell, monitors=[monitor])
                        for event in events
                    ]
                budget.take(_CHECK_BYTES * len(results))
                windows = fold_checks(results)[tier]
                self._checks.put(key, windows, _CHECK_BYTES * len(windows) + 200)
            yield from windows


def _rows(run: Run) -> Rows:
    return Rows(run.bucket_ms, run.n, *(np.ascontiguousarray(m) for m in (run.sums, run.mins, run.maxs, run.lasts)))


def _size(found: Found) -> int:
    return 200 + sum(1000 + 8 * len(rows) * (2 + 4 * len(columns)) for columns, rows in found.values())
