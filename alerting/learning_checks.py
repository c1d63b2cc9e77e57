"""Series of checks as learning sees them: means by window, from the minutes that the tables hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.events.check_series import MEASURES, CheckSeries, labels_in, matches, may_match, named
from vedette.events.selectors import Selector
from vedette.store import anomalies
from vedette.store.alerts import monitor_tags
from vedette.store.pool import Store

Floats = npt.NDArray[np.float64]
_AT_ONCE = 20
"""Monitors that are read at a time."""


@dataclass(frozen=True, slots=True)
class Known:
    """A series: its windows' means (NaN: not known; None: there is none at all), and how many readings one usually
    has, of hosts how many minutes with one."""

    subject: str
    values: Floats | None
    usually: float
    is_counter: bool = False


def means_of(sums: Floats, counts: Floats) -> tuple[Floats | None, float]:
    """Means by window, NaN where there are too few readings, and how many there usually are; None without any."""
    if not counts.any():
        return None, 0.0
    usually = float(np.median(counts[counts > 0]))
    enough = counts * 2 >= max(usually, 1.0)
    return np.where(enough, sums / np.maximum(counts, 1.0), np.nan), usually


def of_checks(
    store: Store, account: int, selector: Selector, span: tuple[int, int], window_ms: int, most: int
) -> tuple[list[Known], int]:
    """The series that a selector means, the first `most` by monitor and location, and how many more there are.

    Monitors without any check in the span have none.
    """
    name = named(selector) or ""
    scope, _, measure = name.partition(".")
    tags = {monitor: (called, labels) for monitor, (called, labels) in monitor_tags(store, account).items()}
    labels = {monitor: {**labels_in(text), "name": called} for monitor, (called, text) in tags.items()}
    wanted = [monitor for monitor in sorted(labels) if may_match(selector, monitor, labels[monitor])]
    size = (span[1] - span[0]) // window_ms
    found: list[Known] = []
    left_out = 0
    for begin in range(0, len(wanted), _AT_ONCE):
        if len(found) >= most:
            left_out += len(wanted) - begin  # at least: they are not read
            break
        sums: dict[CheckSeries, tuple[Floats, Floats]] = {}
        for row in anomalies.check_sums(store, wanted[begin : begin + _AT_ONCE], *span, window_ms):
            series = CheckSeries(row[0], row[1] if scope == "check" else None, measure)
            if not matches(selector, series, labels[row[0]]):
                continue
            total, count = sums.setdefault(series, (np.zeros(size), np.zeros(size)))
            more = row[3:][2 * MEASURES.index(measure) :]
            total[row[2]] += more[0]
            count[row[2]] += more[1]
        for series in sorted(sums, key=lambda one: (one.monitor, one.location or "")):
            if len(found) < most:
                found.append(Known(series.subject, *means_of(*sums[series])))
            else:
                left_out += 1
    return found, left_out
