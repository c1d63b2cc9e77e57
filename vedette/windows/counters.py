"""Counters: totals that only grow, turned into increases that know resets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.windows.accumulator import Floats, Ints

_NAME_BITS = 32


class Counters:
    """The last raw value of each counter of each source of a shard, and when it was read.

    It belongs to the series and not to the layout, for a sender may report the same counter together with different
    other names. The increase between two reports of a counter is their difference, or the newer value where it is
    smaller (the counter began anew at 0). A counter's first report has none, and neither has one that is not
    newer than the one before: the sum of increases still holds, because the next newer report counts from the last one
    that did.
    """

    def __init__(self) -> None:
        self._names: dict[str, int] = {}
        self._slots: dict[int, int] = {}
        self._raw = np.full(64, np.nan)
        self._ts = np.zeros(64, np.int64)

    def slots(self, source: int, names: Sequence[str]) -> list[int]:
        """Where the counters of a source stand; places are given when first asked for."""
        slots = self._slots
        found = []
        for name in names:
            number = self._names.setdefault(name, len(self._names))
            found.append(slots.setdefault((source << _NAME_BITS) + number, len(slots)))
        while len(slots) > len(self._ts):
            self._raw = np.concatenate([self._raw, np.full_like(self._raw, np.nan)])
            self._ts = np.concatenate([self._ts, np.zeros_like(self._ts)])
        return found

    def forget(self, source: int) -> None:
        """What a source's counters stood at: its next reports are the first ones."""
        mine = [slot for key, slot in self._slots.items() if key >> _NAME_BITS == source]
        self._raw[mine], self._ts[mine] = np.nan, 0

    def increases(self, sources: Ints, slots: Ints, ts: Ints, raw: Floats) -> tuple[Floats, Floats]:
        """Increases and rates per second of reports in the order of their arrival.

        `sources` and `ts` have one entry a report, `slots` and `raw` are reports by counters; so are both results. A
        value without an increase has increase 0 and rate NaN.
        """
        order = np.argsort(sources, kind="stable")
        sorted_sources, sorted_ts = sources[order], ts[order]
        first = np.r_[True, sorted_sources[1:] != sorted_sources[:-1]]
        newer = sorted_ts[1:] > sorted_ts[:-1]
        fresh = sorted_ts[first][:, None] > self._ts[slots[order][first]]
        if newer[~first[1:]].all() and fresh.all():
            return self._of_ordered(order, first, slots, ts, raw)
        return self._one_by_one(slots, ts, raw)

    def _of_ordered(
        self, order: Ints, first: np.ndarray[tuple[int], np.dtype[np.bool_]], slots: Ints, ts: Ints, raw: Floats
    ) -> tuple[Floats, Floats]:
        sorted_slots, sorted_raw, sorted_ts = slots[order], raw[order], ts[order]
        before, before_ts = np.empty_like(sorted_raw), np.empty_like(sorted_slots)
        before[1:], before_ts[1:] = sorted_raw[:-1], sorted_ts[:-1, None]
        before[first], before_ts[first] = self._raw[sorted_slots[first]], self._ts[sorted_slots[first]]
        last = np.r_[first[1:], True]
        self._raw[sorted_slots[last]] = sorted_raw[last]
        self._ts[sorted_slots[last]] = sorted_ts[last, None]
        increase, rate = np.empty_like(raw), np.empty_like(raw)
        increase[order], rate[order] = _grown(before, sorted_raw, sorted_ts[:, None] - before_ts)
        return increase, rate

    def _one_by_one(self, slots: Ints, ts: Ints, raw: Floats) -> tuple[Floats, Floats]:
        """The same where some reports are older than what is known: rare, so slow is good enough."""
        increase, rate = np.zeros_like(raw), np.full_like(raw, np.nan)
        for at in range(len(ts)):
            mine = slots[at]
            fresh = ts[at] > self._ts[mine]
            chosen = mine[fresh]
            grown = _grown(self._raw[chosen], raw[at, fresh], ts[at] - self._ts[chosen])
            increase[at, fresh], rate[at, fresh] = grown
            self._raw[chosen], self._ts[chosen] = raw[at, fresh], ts[at]
        return increase, rate


@np.errstate(over="ignore")
def _grown(before: Floats, raw: Floats, passed_ms: Ints) -> tuple[Floats, Floats]:
    grown = np.where(raw >= before, raw - before, raw)
    unknown = np.isnan(before)
    return np.where(unknown, 0.0, grown), np.where(unknown, np.nan, grown / (passed_ms / 1000.0))
