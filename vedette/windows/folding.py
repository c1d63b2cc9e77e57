"""Folding: reports of one layout, in the order of their arrival, into cells for their windows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from vedette.windows.accumulator import Cells, Floats, Ints
from vedette.windows.counters import Counters


@dataclass(slots=True)
class Reports:
    """Reports of one layout in arrival order: `raw` is reports by names, the rest has one entry a report.

    `sources` are the shard's source numbers, `tiers` the tier each report enters at, `buckets` the start
    of its window there, `ts` when it was read (ms UTC). `slots` (reports by counters) is where the last values of
    its counters stand.
    """

    sources: Ints
    tiers: Ints
    buckets: Ints
    ts: Ints
    raw: Floats
    slots: Ints


def fold(reports: Reports, counter_columns: Ints, counters: Counters) -> Iterator[tuple[int, int, Cells]]:
    """Tier, bucket and cells for each window that the reports touch.

    Of gauges and deltas the values are summed; of counters the increases, and their minimum and maximum are
    those of the rate per second. The last value is always the raw one.
    """
    sums = low = high = reports.raw
    if len(counter_columns):
        raw = reports.raw[:, counter_columns]
        increase, rate = counters.increases(reports.sources, reports.slots, reports.ts, raw)
        sums, low = reports.raw.copy(), reports.raw.copy()
        sums[:, counter_columns] = increase
        low[:, counter_columns] = rate
        high = low
    # lexsort is stable: of two reports with the same time the later arrival counts as the last.
    order = np.lexsort((reports.ts, reports.sources, reports.buckets, reports.tiers))
    sources, tiers, buckets = reports.sources[order], reports.tiers[order], reports.buckets[order]
    new_window = np.r_[True, (tiers[1:] != tiers[:-1]) | (buckets[1:] != buckets[:-1])]
    starts = np.flatnonzero(new_window | np.r_[True, sources[1:] != sources[:-1]])
    cells = _reduce(order, starts, sources, reports, sums, low, high)
    edges = [*np.searchsorted(starts, np.flatnonzero(new_window)).tolist(), len(starts)]
    for begin, end in pairwise(edges):
        at = int(starts[begin])
        yield int(tiers[at]), int(buckets[at]), cells.select(np.arange(begin, end))


@np.errstate(over="ignore", invalid="ignore")
def _reduce(
    order: Ints, starts: Ints, sources: Ints, reports: Reports, sums: Floats, low: Floats, high: Floats
) -> Cells:
    """One cell for each run of `order` that begins at `starts`."""
    ends = np.r_[starts[1:], len(order)] - 1
    last = order[ends]
    cells = Cells(
        sources[starts], ends - starts + 1, reports.ts[last], sums[order], low[order], high[order], reports.raw[last]
    )
    if len(starts) < len(order):
        cells.sums = np.add.reduceat(cells.sums, starts, axis=0)
        cells.mins = np.fmin.reduceat(cells.mins, starts, axis=0)
        cells.maxs = np.fmax.reduceat(cells.maxs, starts, axis=0)
    return cells
