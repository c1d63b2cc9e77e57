"""Sliding windows, and windows of so many rows."""

from __future__ import annotations

import numpy as np
import pytest

from tests.drift_ledger import PROFILES, DriftLedger, Row
from vedette.statistics.drift.profile import fit
from vedette.windows import drift
from vedette.windows.drift import KEPT_MS, DriftShard
from vedette.windows.drift_config import DriftConfig, Subject
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.drift_told import Closed, ClosedFeature

MINUTE = 60_000
HOUR = 60 * MINUTE
T0 = 500_000 * HOUR
SLIDING = DriftConfig(window_s=3600, slide_s=1200)
BY_ROWS = DriftConfig(window_rows=200)


class Watched:
    """A shard, and one model whose rows it counts."""

    def __init__(self, config: DriftConfig) -> None:
        self.shard, self.ledger, self.config = DriftShard(), DriftLedger(), config

    def find(self, model: int, version: str) -> Subject:
        return Subject("churn", self.config, 1, PROFILES)

    def send(self, many: int, at: int, version: str = "", x: float | None = None) -> None:
        """So many rows of that time, like the reference or all `x`."""
        rows: list[Row] = [(at, float(n % 40) if x is None else x, n % 2) for n in range(many)]
        self.shard.add(self.ledger.report(7, version, rows), self.find)

    def close(self, now: int | None = None) -> Closed:
        return self.shard.close(self.find, {} if now is None else {0: now})


def places(closed: Closed) -> list[tuple[int, int, int]]:
    """Start in minutes, length in s, and rows of each window."""
    return [((one.start_ms - T0) // MINUTE, one.window_s, one.counts.rows) for one in of_x(closed)]


def of_x(closed: Closed) -> list[ClosedFeature]:
    return [one for one in closed.features if one.feature == "x"]


def test_a_sliding_window_is_judged_every_slide_over_all_its_panes() -> None:
    watched = Watched(SLIDING)
    for pane, many in enumerate([300, 40, 5]):
        watched.send(many, T0 + pane * 20 * MINUTE)
    assert places(watched.close()) == [(-40, 3600, 300)]
    watched.send(1, T0 + HOUR + LATENESS_MS)
    assert places(watched.close()) == [(-20, 3600, 340), (0, 3600, 345)]
    assert places(watched.close(T0 + 10 * HOUR)) == [(20, 3600, 46), (40, 3600, 6), (60, 3600, 1)]


def test_drift_is_seen_in_each_sliding_window_that_holds_it_and_in_no_other() -> None:
    watched = Watched(SLIDING)
    states = []
    for pane in range(9):
        watched.send(2000, T0 + (pane * 20 + 2) * MINUTE, x=39.0 if pane == 3 else None)
        states += [signal.state for signal in watched.close().signals if signal.subject == "model:7/x"]
    assert states == ["ok"] * 3 + ["drift"] * 3 + ["ok"] * 2


def test_windows_between_rows_far_apart_are_not_judged_and_a_late_row_is_in_none() -> None:
    watched = Watched(SLIDING)
    watched.send(10, T0)
    watched.send(10, T0 + 100 * HOUR)
    watched.send(3, T0 + 20 * MINUTE)  # its first window is over, put out or not
    assert places(watched.close()) == [(-40, 3600, 10), (-20, 3600, 10), (0, 3600, 10)]
    assert watched.shard.late == 3


def test_another_slide_begins_open_windows_anew() -> None:
    watched = Watched(SLIDING)
    watched.send(10, T0)
    watched.config = DriftConfig(window_s=3600, slide_s=1800)
    watched.send(5, T0)
    assert places(watched.close(T0 + 9 * HOUR)) == [(-30, 3600, 5), (0, 3600, 5)]


def test_a_window_of_rows_ends_with_its_last_row_amid_a_report_and_takes_the_time_of_its_first() -> None:
    watched = Watched(BY_ROWS)
    watched.send(150, T0)
    assert places(watched.close(T0 + MINUTE)) == []
    watched.send(470, T0 + 5 * MINUTE)
    found = of_x(watched.close())
    assert [one.counts.rows for one in found] == [200] * 3
    assert [one.start_ms - T0 for one in found] == [0, 5 * MINUTE, 5 * MINUTE + 1]  # a start names one window
    assert [one.window_s for one in found] == [300, 1, 1]
    watched.send(180, T0 - HOUR)  # older, but later in the log
    (last,) = of_x(watched.close())
    assert (last.start_ms - T0, last.counts.rows) == (5 * MINUTE + 2, 200)


def test_signals_of_windows_of_rows_are_later_one_by_one() -> None:
    watched = Watched(BY_ROWS)
    watched.send(1000, T0)
    at = [signal.at for signal in watched.close().signals if signal.subject == "model:7/x"]
    assert len(at) == 5
    assert (np.diff(at) > 0).all()


def test_an_unfinished_window_is_never_judged_and_silence_and_return_are_told() -> None:
    watched = Watched(BY_ROWS)
    watched.send(199, T0)
    told: list[tuple[str, int]] = []
    for now in range(T0, T0 + 200 * HOUR, HOUR // 2):
        closed = watched.close(now)
        assert closed.features == []
        told += [(signal.state, signal.at - T0) for signal in closed.signals]
    assert told == [("no_data", 2 * HOUR)]
    watched.send(1, T0 + 201 * HOUR)
    closed = watched.close(T0 + 201 * HOUR)
    assert [one.counts.rows for one in of_x(closed)] == [200]
    assert {signal.state for signal in closed.signals if signal.kind == "model"} == {"active"}


def test_the_return_of_rows_is_told_before_their_window_is_full() -> None:
    watched = Watched(BY_ROWS)
    watched.send(10, T0)
    assert [signal.state for signal in watched.close(T0 + 5 * HOUR).signals] == ["no_data"]
    watched.send(10, T0 + HOUR)  # older than what was said of their silence
    assert [(signal.state, signal.at - T0) for signal in watched.close().signals] == [("active", 2 * HOUR + 1)]
    assert watched.close().signals == []


def test_a_version_that_is_seldom_asked_keeps_its_rows_for_a_month() -> None:
    for wait, rows in ((KEPT_MS // 2, [200]), (2 * KEPT_MS, [])):
        watched = Watched(BY_ROWS)
        watched.send(100, T0, version="old")
        watched.send(300, T0 + wait, version="new")
        watched.close(T0 + wait + SETTLE_MS)
        watched.send(100, T0 + wait, version="old")
        assert [one.counts.rows for one in of_x(watched.close())] == rows


@pytest.mark.parametrize("before", [DriftConfig(), SLIDING, BY_ROWS])
@pytest.mark.parametrize("after", [DriftConfig(), SLIDING, BY_ROWS])
def test_windows_of_another_kind_come_after_those_before(before: DriftConfig, after: DriftConfig) -> None:
    watched = Watched(before)
    watched.send(450, T0)
    first = of_x(watched.close(T0 + 5 * HOUR))
    watched.config = after
    watched.send(450, T0 + 6 * HOUR)
    second = of_x(watched.close(T0 + 12 * HOUR))
    assert first
    assert second
    assert not {one.start_ms for one in first} & {one.start_ms for one in second}


def test_windows_of_rows_wait_for_their_turn_and_are_not_lost_by_other_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(drift, "MOST_CLOSED", 4)  # two windows of two features
    watched = Watched(BY_ROWS)
    watched.send(1000, T0)
    watched.send(200, T0 + MINUTE)
    assert len(of_x(watched.close())) == 2
    watched.config = DriftConfig(window_rows=100)
    starts = [one.start_ms for _ in range(4) for one in of_x(watched.close())]
    assert len(starts) == 4
    assert starts == sorted(starts)
    assert of_x(watched.close()) == []


def test_windows_of_rows_that_wait_are_not_judged_by_another_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "MOST_CLOSED", 2)
    shard, ledger = DriftShard(), DriftLedger()
    first = Subject("churn", BY_ROWS, 1, PROFILES)
    shard.add(ledger.report(7, "", [(T0, float(n % 40), n % 2) for n in range(1000)]), lambda *_: first)
    assert len(of_x(shard.close(lambda *_: first))) == 1
    other = {"x": fit("x", [float(n) for n in range(1000)], "numeric", bins=25), "plan": PROFILES["plan"]}
    second = Subject("churn", BY_ROWS, 2, other)
    assert of_x(shard.close(lambda *_: second)) == []
    shard.add(ledger.report(7, "", [(T0 + MINUTE, float(n), n % 2) for n in range(200)]), lambda *_: second)
    [judged] = of_x(shard.close(lambda *_: second))
    assert (judged.reference, len(judged.counts.bins)) == (2, 25)
