"""Rebuilding: the rows of a range made again from the archive, day by day and account by account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from vedette.archive.kinds import CHECKS, KINDS
from vedette.archive.reader import ArchiveReader
from vedette.events.names import source_id
from vedette.events.samples import PackedSamples, layout_id
from vedette.history.checking import fold_checks
from vedette.history.folding import fold_source
from vedette.history.ranges import Beginning, Bounds, Span, spans
from vedette.history.reports import Reports
from vedette.history.settled import shown
from vedette.settings import TableSettings
from vedette.store import monitors, rebuilding
from vedette.store.check_phases import PhaseHour
from vedette.store.pool import Store
from vedette.store.rebuilding import Slice
from vedette.store.rollups import SourceRow, WideRows
from vedette.windows.phases import fold_phases
from vedette.windows.tiers import TIERS

_NUMBER: dict[str, int] = {tier.name: number for number, tier in enumerate(TIERS)}
_WEIGHT = 4 << 20
"""Numbers that are written in one transaction: about 32 megabytes."""


@dataclass(slots=True)
class Tally:
    """What a rebuild did."""

    events: int = 0
    removed: int = 0
    written: int = 0

    def add(self, found: rebuilding.Replaced) -> None:
        """Count one transaction."""
        self.removed += found.removed
        self.written += found.written


@dataclass(slots=True)
class _Part:
    """What is to be written with the next transaction."""

    layouts: dict[int, bytes] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    known: list[SourceRow] = field(default_factory=list)
    blocks: list[WideRows] = field(default_factory=list)
    weight: int = 0


class Rebuilder:
    """Makes rows again with the fold of the flows, but with no limit on lateness.

    Each transaction replaces all rows of some sources (or monitors) in a day, so that it may be interrupted anywhere,
    and done again. `tell` hears of the progress.
    """

    def __init__(
        self, store: Store, reader: ArchiveReader, tables: TableSettings, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._store, self._reader, self._tables, self._tell = store, reader, tables, tell
        self._reports = Reports(store, reader, thorough=True)

    def accounts(self, kind: str, from_ms: int, to_ms: int) -> list[int]:
        """Those that have rows or archived events."""
        archived = self._reader.accounts(KINDS[kind], from_ms, to_ms)
        return sorted({*archived, *rebuilding.reporting(self._store, kind)})

    def rebuild(self, kind: str, account: int, wanted: Bounds, now_ms: int) -> Tally:
        """Make the rows of the range again, and those of whole days that it touches.

        What lies before the archive's beginning, and what the tables keep no longer, is left as it is.
        """
        tally = Tally()
        for span in self._spans(kind, account, wanted, now_ms):
            before = replace(tally)
            if kind == CHECKS.name:
                self._checks(account, span, tally)
            else:
                self._samples(account, span, tally)
            self._tell(
                f"{kind} of account {account}, {span}: {tally.events - before.events} events,"
                f" {tally.removed - before.removed} rows removed, {tally.written - before.written} written"
            )
        return tally

    def _spans(self, kind: str, account: int, wanted: Bounds, now_ms: int) -> Iterator[Span]:
        extent = self._reader.extent(KINDS[kind], account)
        if extent is None:
            self._tell(f"{kind} of account {account}: the archive has none, so nothing is changed")
            return
        beginning = Beginning(extent[0], not rebuilding.rows_before(self._store, kind, account, extent[0]))
        if wanted.from_ms < extent[0] and not beginning.whole:
            self._tell(f"{kind} of account {account}: the archive begins at {shown(extent[0])}; what is older stays")
        for span in spans(kind, wanted, beginning, self._tables, now_ms):
            for note in span.notes:
                self._tell(f"{kind} of account {account}, {span}: {note}")
            if span.ranges:
                yield span

    def _samples(self, account: int, span: Span, tally: Tally) -> None:
        part, kept = _Part(), set[int]()
        for source, reports in self._reports.samples(account, span.read_from_ms, span.read_to_ms):
            tally.events += sum(span.read_from_ms <= event.ts < span.read_to_ms for event in reports)
            kept.add(source_id(account, source))
            _add(part, account, source, reports, span)
            if part.weight >= _WEIGHT:
                tally.add(self._replace(part, span))
                part = _Part()
        if part.known:
            tally.add(self._replace(part, span))
        tally.removed += rebuilding.remove_others(self._store, account, kept, span.ranges)

    def _replace(self, part: _Part, span: Span) -> rebuilding.Replaced:
        found = Slice(part.layouts, part.pairs, part.known, part.blocks)
        return rebuilding.replace(self._store, found, span.ranges)

    def _checks(self, account: int, span: Span, tally: Tally) -> None:
        mine = monitors.ids(self._store, account)
        for monitor, results in self._reports.checks(account, span.read_from_ms, span.read_to_ms, monitors=mine):
            tally.events += len(results)
            found = {
                tier: [window for window in windows if _within(window.bucket_ms, span.ranges.get(tier))]
                for tier, windows in fold_checks(results).items()
            }
            windows = found["1m"], found["1h"], found["1d"]
            hours = [PhaseHour(*hour) for hour in fold_phases(results) if _within(hour[2], span.ranges.get("1h"))]
            tally.add(rebuilding.replace_checks(self._store, [monitor], *windows, span.ranges, hours))
            mine = mine - {monitor}
        tally.add(rebuilding.replace_checks(self._store, mine, [], [], [], span.ranges))


def _within(bucket_ms: int, times: tuple[int, int] | None) -> bool:
    return times is not None and times[0] <= bucket_ms < times[1]


def _add(part: _Part, account: int, source: str, reports: Sequence[PackedSamples], span: Span) -> None:
    """The rows of one source."""
    identity = source_id(account, source)
    mine = sorted((event.ts, event.interval_ms) for event in reports if span.read_from_ms <= event.ts < span.read_to_ms)
    for ts, interval_ms in (mine[0], mine[-1]):
        part.known.append(SourceRow(identity, account, source, interval_ms, ts))
    for one in fold_source(reports):
        layout = layout_id(one.layout)
        for tier, (begin, end) in span.ranges.items():
            rows = one.tiers.get(_NUMBER[tier])
            rows = None if rows is None else rows.between(begin, end)
            if rows is None or not len(rows):
                continue
            part.layouts[layout] = one.layout
            part.pairs.append((identity, layout))
            matrices = (rows.sums, rows.mins, rows.maxs, rows.lasts)
            ids = np.full(len(rows), identity, np.int64)
            part.blocks.append(WideRows(tier, layout, ids, rows.bucket_ms, rows.n, matrices, one.counters, fresh=True))
            part.weight += 4 * rows.sums.size
