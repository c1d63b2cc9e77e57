"""Rows as the dataflows write them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tests.integration.gateway.server import Gateway
from vedette.events.names import source_id
from vedette.events.samples import Kind, layout_id, layout_series, make_layout
from vedette.statistics.minutes import Minutes
from vedette.statistics.sketch import Sketch
from vedette.store import checks
from vedette.store.checks import CheckBatch, CheckWindow, StateRow
from vedette.store.outage_states import OutageState
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write

HOUR = 1_699_999_200_000
"""The start of an hour, shortly before the gateway's clock."""
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
Reports = Sequence[float]


@dataclass(frozen=True, slots=True)
class Sender:
    """A source whose reports hold the series of one layout; every series gets the same values."""

    gateway: Gateway
    source: str
    names: tuple[str, ...] = ("cpu",)
    kinds: Mapping[str, Kind] | None = None
    account: int | None = None
    interval_ms: int = 10_000

    def write(self, tier: str, buckets: Mapping[int, Reports], last_ms: int | None = None) -> Sender:
        """A row for each bucket (ms UTC) with the sum, minimum, maximum and last of its reports."""
        layout = make_layout(list(self.names), dict(self.kinds or {}))
        account = self.gateway.ours.account if self.account is None else self.account
        identity = source_id(account, self.source)
        matrices = [
            np.array([[fold(reports)] * len(self.names) for reports in buckets.values()], np.float64)
            for fold in (sum, min, max, lambda reports: reports[-1])
        ]
        block = WideRows(
            tier, layout_id(layout), np.full(len(buckets), identity), np.array(list(buckets), np.int64),
            np.array([len(reports) for reports in buckets.values()], np.int64), tuple(matrices),
            np.array([at for at, kind in enumerate(layout_series(layout)[1]) if kind == "counter"], np.int64),
        )  # fmt: skip
        seen = SourceRow(identity, account, self.source, self.interval_ms, last_ms or max(buckets))
        catalogue = Catalogue({layout_id(layout): layout}, [(identity, layout_id(layout))], [seen])
        write(self.gateway.store, catalogue, [block])
        return self


def window(monitor: int, bucket_ms: int, times: Sequence[float] = (), *, location: str = "fra-1", down: int = 0,
           missed: int = 0, target_ms: int = 500,
           minutes: Minutes | None = None, width: int = 60) -> CheckWindow:  # fmt: skip
    """A window of checks that took `times` (ms), and of some that did not succeed; `width` is that of known minutes."""
    good, counted = (None, None) if minutes is None else minutes.to_bytes(width)
    sketch = Sketch()
    for time in times:
        sketch.add([time])
    satisfied = sum(time <= target_ms for time in times)
    tolerating = sum(target_ms < time <= 4 * target_ms for time in times)
    return CheckWindow(
        monitor=monitor, location=location, bucket_ms=bucket_ms, apdex_t_ms=target_ms,
        satisfied=satisfied, tolerating=tolerating, frustrated=len(times) - satisfied - tolerating + down,
        up=len(times), degraded=0, down=down, missed=missed, probe_error=0,
        sum_ms=sum(times), min_ms=min(times, default=None), max_ms=max(times, default=None), sketch=sketch.to_bytes(),
        good=good, counted=counted,
    )  # fmt: skip


def write_checks(
    gateway: Gateway, minutes: Sequence[CheckWindow] = (), hours: Sequence[CheckWindow] = (),
    states: Sequence[StateRow] = (), outages: Sequence[OutageState] = (), days: Sequence[CheckWindow] = (),
) -> None:  # fmt: skip
    """Windows and states, as the endpoints flow writes them."""
    checks.write(gateway.store, [CheckBatch([], states, minutes, hours, outages=outages, days=days)])
