"""Windows of metrics: the same numbers whatever the order, the batches and the restarts; late values replace."""

from __future__ import annotations

import math
import pickle
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.events.features import FeatureBatch
from vedette.events.model_metrics import MOST_RECENT, columns_of
from vedette.windows import model_metrics
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.model_metrics import KEPT_MS, FindMetrics, MetricShard, MetricSubject, MetricWindow, ToldMetrics

HOUR = 3_600_000
T0 = 500_000 * HOUR
LATER = {0: T0 + 1000 * HOUR}
Given = tuple[str, int, float]


def finder(window_s: int = 3600) -> FindMetrics:
    subject = MetricSubject("churn", window_s)
    return lambda model: subject if model == 7 else None


FIND = finder()


def batch(seq: int, values: Sequence[Given], version: str = "", epoch: int = 1) -> FeatureBatch:
    ts = np.array([at for _, at, _ in values], "<i8").tobytes()
    columns = columns_of([name for name, _, _ in values], [value for _, _, value in values])
    return FeatureBatch(3, 7, version, epoch, seq, ts, columns)


def told(shard: MetricShard, find: FindMetrics = FIND) -> dict[tuple[str, str, int], MetricWindow]:
    return {(one.version, one.metric, one.start_ms): one for one in shard.close(find, LATER).windows}


def test_a_window_has_count_mean_and_extremes_of_its_values() -> None:
    shard = MetricShard()
    shard.add(batch(1, [("cost", T0, 2.0), ("cost", T0 + 1, -4.0), ("tokens", T0, 9.0)], "2"), FIND)
    shard.add(batch(2, [("cost", T0 + HOUR - 1, 5.0), ("cost", T0 + HOUR, 1e300)], "2"), FIND)
    shard.add(batch(3, [("cost", T0, 7.0)]), FIND)
    found = told(shard)
    assert found["2", "cost", T0] == MetricWindow(3, 7, "2", "cost", T0, 3600, 3, 1.0, -4.0, 5.0)
    assert found["2", "tokens", T0].mean == 9.0
    assert found["2", "cost", T0 + HOUR].max == 1e300
    assert found["", "cost", T0].count == 1
    assert len(found) == 4


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 3 * HOUR), st.floats(-1e308, 1e308)),
        min_size=1,
        max_size=60,
    ),
    st.randoms(use_true_random=False),
    st.integers(1, 9),
)
def test_any_order_split_and_restart_gives_identical_numbers(values: list[Given], random: Any, size: int) -> None:
    rows = [(name, T0 + at, value) for name, at, value in values]
    whole = MetricShard()
    whole.add(batch(1, rows), FIND)
    random.shuffle(rows)
    shard, found = MetricShard(), {}
    for seq in range(0, len(rows), size):
        for _ in range(2):  # a second time: dropped
            shard.add(batch(seq, rows[seq : seq + size]), FIND)
            shard = pickle.loads(pickle.dumps(shard))
        found |= told(shard)
    expected = told(whole)
    assert found == expected
    for (_, name, start), window in expected.items():
        inside = [value for key, at, value in rows if key == name and start <= at < start + HOUR]
        assert (window.count, window.min, window.max) == (len(inside), min(inside), max(inside))
        assert window.mean == pytest.approx(math.fsum(value / len(inside) for value in inside), rel=1e-12, abs=1e-290)
    assert shard.duplicates == len(range(0, len(rows), size))


def test_a_window_is_told_when_it_is_over_and_again_when_values_come() -> None:
    shard = MetricShard()
    shard.add(batch(1, [("cost", T0, 1.0)]), FIND)
    assert shard.close(FIND) == ToldMetrics()
    assert shard.close(FIND, {0: T0 + HOUR + SETTLE_MS - 1}).windows == []
    shard.add(batch(2, [("cost", T0 + HOUR + LATENESS_MS, 9.0)]), FIND)
    [window] = shard.close(FIND).windows
    assert (window.start_ms, window.mean) == (T0, 1.0)
    assert shard.close(FIND) == ToldMetrics()
    shard.add(batch(3, [("cost", T0 + 5, 3.0)]), FIND)
    again = shard.close(FIND)
    assert [(one.start_ms, one.count, one.mean) for one in again.windows] == [(T0, 2, 2.0)]
    [signal] = again.signals
    assert (signal.subject, signal.state, signal.value) == ("metric:7/cost", "known", 2.0)
    assert signal.detail["recent"] == f"{T0}:2:2.0:1.0:3.0"


def test_signals_are_newer_than_the_last_and_tell_the_last_windows_in_order() -> None:
    shard, last = MetricShard(), -1
    for n in range(30):
        shard.add(batch(n, [("cost", T0 + n * HOUR, float(n))], "1"), FIND)
        [signal] = shard.close(FIND, {0: T0 + n * HOUR + HOUR + SETTLE_MS}).signals
        assert signal.at > last
        assert signal.subject == "metric:7@1/cost"
        last = signal.at
    recent = str(signal.detail["recent"]).split()
    assert len(recent) == MOST_RECENT
    assert [int(one.split(":")[0]) for one in recent] == [T0 + n * HOUR for n in range(10, 30)]


def test_values_that_come_too_late_change_nothing_and_are_counted() -> None:
    shard = MetricShard()
    shard.add(batch(1, [("cost", T0, 1.0), ("cost", T0 + 25 * HOUR - 1, 1.0)]), FIND)
    shard.add(batch(2, [("cost", T0 + 1, 1.0)]), FIND)
    assert shard.late == 0
    shard.add(batch(3, [("cost", T0 + 25 * HOUR, 1.0), ("cost", T0 + 2, 1.0)]), FIND)
    assert shard.late == 1
    assert told(shard)["", "cost", T0].count == 2
    shard.add(batch(4, [("cost", T0 + 3, 1.0), ("cost", T0 + HOUR, 1.0)]), FIND)
    assert shard.late == 2
    assert list(told(shard)) == [("", "cost", T0 + HOUR)]


def test_names_are_bounded_and_what_goes_beyond_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_metrics, "MOST_NAMES", 3)
    shard = MetricShard()
    shard.add(batch(1, [(f"m{n % 5}", T0, 1.0) for n in range(10)]), FIND)
    assert shard.uncounted == 4
    assert [key[1] for key in told(shard)] == ["m0", "m1", "m2"]


def test_a_metric_that_nobody_reports_any_more_is_over_and_makes_room() -> None:
    shard = MetricShard()
    shard.add(batch(1, [("old", T0, 1.0), ("new", T0, 1.0)]), FIND)
    shard.close(FIND, LATER)
    for n, at in enumerate((T0 + KEPT_MS, T0 + KEPT_MS + 30 * HOUR)):
        shard.add(batch(2 + n, [("new", at, 1.0)]), FIND)
        signals = shard.close(FIND, {0: at + 2 * HOUR}).signals
        assert [one.subject for one in signals if one.state == "over"] == (["metric:7/old"] if n else [])


def test_another_length_of_windows_ends_what_was_told_and_begins_anew_with_the_next_values() -> None:
    shard, minutes = MetricShard(), finder(60)
    shard.add(batch(1, [("cost", T0 - HOUR, 1.0), ("tokens", T0 - HOUR, 1.0)]), FIND)
    known = shard.close(FIND, LATER).signals
    shard.add(batch(2, [("cost", T0, 1.0)]), FIND)
    assert shard.close(minutes) == ToldMetrics()
    shard.add(batch(3, [("cost", T0 + 1, 3.0)]), minutes)
    found = pickle.loads(pickle.dumps(shard)).close(minutes, LATER)
    assert [(one.start_ms, one.window_s, one.count, one.mean) for one in found.windows] == [
        (T0, 3600, 1, 1.0),
        (T0, 60, 1, 3.0),
    ]
    states = [(one.subject, one.state) for one in found.signals]
    assert states == [("metric:7/cost", "over"), ("metric:7/tokens", "over"), ("metric:7/cost", "known")]
    assert max(one.at for one in known) < found.signals[0].at < found.signals[2].at


def test_another_length_of_windows_ends_alerts_though_nothing_comes_any_more() -> None:
    shard, minutes = MetricShard(), finder(60)
    shard.add(batch(1, [("cost", T0, 1.0)]), FIND)
    shard.close(FIND, LATER)
    assert [one.state for one in shard.close(minutes, LATER).signals] == ["over"]
    assert shard.close(minutes, LATER) == ToldMetrics()


def test_a_version_that_another_one_followed_for_some_windows_is_over() -> None:
    shard = MetricShard()
    shard.add(batch(0, [("cost", T0, 1.0), ("tokens", T0, 1.0)], "1"), FIND)
    shard.close(FIND, LATER)
    over: list[list[str]] = []
    for n, hour in enumerate((26, 27, 28, 60, 61)):
        shard.add(batch(n + 1, [("cost", T0 + hour * HOUR, 1.0)], "2"), FIND)
        over.append([one.subject for one in shard.close(FIND, LATER).signals if one.state == "over"])
    assert over == [[], [], [], ["metric:7@1/cost", "metric:7@1/tokens"], []]


def test_versions_that_are_seldom_reported_stay_beside_one_another() -> None:
    shard, over = MetricShard(), []
    for week in range(8):
        for version in ("1", "2"):
            shard.add(batch(2 * week + int(version), [("score", T0 + week * 168 * HOUR, 1.0)], version), FIND)
            over += [one for one in shard.close(FIND, LATER).signals if one.state == "over"]
    assert over == []


def test_a_snapshot_of_before_windows_of_another_length_were_told_goes_on() -> None:
    shard = MetricShard()
    shard.add(batch(1, [("cost", T0, 1.0)]), FIND)
    state = shard.__dict__.copy()
    del state["_told"]
    older = MetricShard.__new__(MetricShard)
    older.__setstate__(state)
    assert told(older)["", "cost", T0].count == 1


def test_a_model_that_is_gone_ends_its_alerts() -> None:
    shard = MetricShard()
    shard.add(batch(1, [("cost", T0, 1.0)]), FIND)
    [known] = shard.close(FIND, LATER).signals
    [ended] = shard.close(lambda model: None, LATER).signals
    assert (ended.subject, ended.state) == (known.subject, "over")
    assert ended.at > known.at
    assert shard.close(lambda model: None, LATER) == ToldMetrics()
    shard.add(batch(2, [("cost", T0, 1.0)]), lambda model: None)
    assert shard.close(FIND, LATER) == ToldMetrics()
