"""Windows of models: counted once whatever the batches, closed when they are over, judged against one reference."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.events.features import Column, FeatureBatch
from vedette.statistics.drift.profile import fit
from vedette.windows.drift import DriftShard
from vedette.windows.drift_config import DriftConfig, Subject
from vedette.windows.drift_times import LATENESS_MS, MOST_AT_ONCE, SETTLE_MS
from vedette.windows.drift_told import ClosedFeature

HOUR = 3_600_000
T0 = 500_000 * HOUR
RNG = np.random.default_rng(7)
NORMAL = RNG.normal(size=5000)
PROFILES = {"x": fit("x", NORMAL, "numeric"), "plan": fit("plan", ["a", "b"] * 500, "categorical")}
SUBJECT = Subject("churn", DriftConfig(), 1, PROFILES)


def find(model: int, version: str) -> Subject | None:
    return SUBJECT if model == 7 else None


def batch(
    seq: int,
    times: npt.NDArray[np.int64],
    x: npt.NDArray[np.float64],
    version: str = "",
    epoch: int = 1,
    model: int = 7,
) -> FeatureBatch:
    codes = np.arange(len(times), dtype="<i4") % 2
    columns = [
        Column("x", "numbers", x.astype("<f8").tobytes()),
        Column("plan", "codes", codes.tobytes(), ["a", "b"]),
        Column("unknown", "numbers", x.astype("<f8").tobytes()),
    ]
    return FeatureBatch(3, model, version, epoch, seq, times.astype("<i8").tobytes(), columns)


def rows(
    many: int, hour: int = 0, shift: float = 0.0, seed: int = 0
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    random = np.random.default_rng(seed + 100 * hour)
    times = T0 + hour * HOUR + np.sort(random.integers(0, HOUR, many))
    return times, random.normal(size=many) + shift


def only(found: list[ClosedFeature], feature: str) -> ClosedFeature:
    [one] = [one for one in found if one.feature == feature]
    return one


def test_a_window_is_judged_when_rows_come_that_are_newer_by_the_lateness() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(1000)), find)
    assert shard.close(find).features == []
    end = np.array([T0 + HOUR + LATENESS_MS - 1])
    shard.add(batch(2, end, np.zeros(1)), find)
    assert shard.close(find).features == []
    shard.add(batch(3, end + 1, np.zeros(1)), find)
    closed = shard.close(find)
    x = only(closed.features, "x")
    assert (x.start_ms, x.window_s, x.counts.rows, x.verdict.state, x.raised) == (T0, 3600, 1000, "ok", False)
    assert {one.feature for one in closed.features} == {"x", "plan"}
    assert [signal.subject for signal in closed.signals] == ["model:7/x", "model:7/plan", "model:7"]


def test_drift_is_raised_with_the_statistic_and_the_bin_that_moved_and_is_over_later() -> None:
    shard = DriftShard()
    states = []
    for hour, shift in enumerate([0.0, 1.0, 0.0, 0.0]):
        shard.add(batch(hour + 1, *rows(2000, hour, shift)), find)
        for signal in shard.close(find).signals:
            if signal.subject == "model:7/x":
                states.append((signal.state, signal.detail.get("statistic")))
                if signal.state == "drift":
                    assert signal.value > 0.5
                    assert signal.detail["window_share"] != signal.detail["reference_share"]
    assert [state for state, _ in states] == ["ok", "drift", "ok"]
    assert states[1][1] == "psi"


def test_a_quiet_log_closes_what_is_over_only_for_models_of_its_partition() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(500)), find, partition=2)
    late = T0 + HOUR + SETTLE_MS
    assert shard.close(find, {1: late + HOUR}).features == []
    assert shard.close(find, {2: late - 1}).features == []
    assert only(shard.close(find, {2: late}).features, "x").counts.rows == 500


def test_data_that_stop_are_told_once_and_their_return_too() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(500)), find)
    found = [
        (signal.state, signal.at)
        for at in range(T0 + HOUR, T0 + 6 * HOUR, HOUR // 4)
        for signal in shard.close(find, {0: at}).signals
        if signal.kind == "model"
    ]
    assert found == [("active", T0 + HOUR), ("no_data", T0 + 2 * HOUR)]
    shard.add(batch(2, *rows(500, hour=7)), find)
    shard.add(batch(3, *rows(1, hour=9)), find)
    assert [signal.state for signal in shard.close(find).signals if signal.kind == "model"] == ["active"]


def test_a_batch_that_comes_again_and_rows_of_windows_that_are_over_are_not_counted() -> None:
    shard = DriftShard()
    first = batch(1, *rows(500))
    for _ in range(2):
        shard.add(first, find)
    shard.add(batch(2, *rows(3, hour=5)), find)
    assert only(shard.close(find).features, "x").counts.rows == 500
    shard.add(batch(3, *rows(40)), find)
    assert (shard.duplicates, shard.late) == (1, 40)
    assert shard.close(find).features == []


def test_rows_of_models_without_a_reference_are_uncounted_and_forgotten() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(5), model=8), find)
    assert shard.uncounted == 5
    shard.add(batch(1, *rows(5)), find)
    assert shard.close(lambda model, version: None, {0: T0 + 9 * HOUR}).features == []
    assert shard.close(find, {0: T0 + 9 * HOUR}).features == []


def test_another_reference_begins_open_windows_anew() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(500)), find)
    newer = replace(SUBJECT, reference=2)
    shard.add(batch(2, *rows(30, seed=1)), lambda model, version: newer)
    found = shard.close(lambda model, version: newer, {0: T0 + 2 * HOUR}).features
    assert [(one.reference, one.counts.rows) for one in found] == [(2, 30), (2, 30)]


def test_versions_stand_side_by_side() -> None:
    shard = DriftShard()
    for seq, version in enumerate(["1", "2"]):
        shard.add(batch(seq, *rows(300, shift=seq * 3.0), version=version), find)
    signals = {s.subject: s.state for s in shard.close(find, {0: T0 + 2 * HOUR}).signals if s.kind == "drift"}
    assert (signals["model:7@1/x"], signals["model:7@2/x"]) == ("ok", "drift")


@settings(deadline=None, max_examples=25)
@given(cuts=st.lists(st.integers(0, 600), max_size=6), order=st.randoms(use_true_random=False), pickled=st.booleans())
def test_any_split_into_batches_order_and_restart_gives_the_same_counts(
    cuts: list[int], order: object, pickled: bool
) -> None:
    times, x = rows(600)
    x[::7] = np.nan
    whole = DriftShard()
    whole.add(batch(0, times, x), find)
    pieces = [0, *sorted(cuts), 600]
    parts = [(times[a:b], x[a:b]) for a, b in pairwise(pieces)]
    order.shuffle(parts)  # type: ignore[attr-defined]
    shard = DriftShard()
    for seq, (part_times, part_x) in enumerate(parts):
        shard.add(batch(seq, part_times, part_x), find)
        if pickled:
            shard = pickle.loads(pickle.dumps(shard))
    expected, found = (only(one.close(find, {0: T0 + 2 * HOUR}).features, "x") for one in (whole, shard))
    assert found.counts.exact() == expected.counts.exact()
    assert found.counts.missing == len(x[::7])


def test_too_few_rows_are_no_answer_and_none_of_a_feature_are_no_data() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(3)), find)
    assert only(shard.close(find, {0: T0 + 2 * HOUR}).features, "x").verdict.state == "insufficient_data"
    without = batch(2, *rows(500, hour=3))
    without.columns = without.columns[1:]
    shard.add(without, find)
    found = shard.close(find, {0: T0 + 5 * HOUR}).features
    assert (only(found, "x").verdict.state, only(found, "plan").verdict.state) == ("no_data", "ok")


def test_a_version_that_another_one_followed_is_over_with_its_alerts_and_the_model_is_not_silent() -> None:
    shard = DriftShard()
    shard.add(batch(1, *rows(1000, shift=2.0), version="1"), find)
    assert {s.state for s in shard.close(find, {0: T0 + HOUR + SETTLE_MS}).signals if s.subject == "model:7@1/x"} == {
        "drift"
    }
    shard.add(batch(2, *rows(1000, hour=2), version="2"), find)
    found = shard.close(find, {0: T0 + 3 * HOUR + SETTLE_MS}).signals
    states = {signal.subject: signal.state for signal in found if "@1" in signal.subject}
    assert states == {"model:7@1/x": "ok", "model:7@1": "active"}
    assert all(signal.state != "no_data" for signal in found)


def test_what_is_open_about_a_model_that_is_removed_or_a_feature_that_is_gone_is_over() -> None:
    for gone in (None, replace(SUBJECT, reference=2, profiles={"plan": PROFILES["plan"]})):
        shard = DriftShard()
        shard.add(batch(1, *rows(1000, shift=2.0)), find)
        shard.close(find, {0: T0 + HOUR + SETTLE_MS})
        if gone is not None:
            shard.add(batch(2, *rows(1000, hour=2)), lambda model, version, gone=gone: gone)  # type: ignore[misc]
        found = shard.close(lambda model, version, gone=gone: gone, {0: T0 + 4 * HOUR}).signals  # type: ignore[misc]
        assert ("model:7/x", "ok") in [(signal.subject, signal.state) for signal in found]


def test_shorter_windows_are_judged_at_once_though_a_long_one_was_open() -> None:
    long, short = (replace(SUBJECT, config=DriftConfig(window_s=seconds)) for seconds in (31 * 86_400, 60))
    shard = DriftShard()
    shard.add(batch(1, *rows(500)), lambda model, version: long)
    shard.add(batch(2, *rows(500, hour=1)), lambda model, version: short)
    assert only(shard.close(lambda model, version: short, {0: T0 + 3 * HOUR}).features[:1], "x").window_s == 60


def test_a_report_over_many_windows_counts_the_newest_and_they_are_judged_in_pieces(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("vedette.windows.drift.MOST_CLOSED", 20)
    minutes = replace(SUBJECT, config=DriftConfig(window_s=60))
    times = T0 + np.arange(MOST_AT_ONCE + 50) * 60_000
    shard = DriftShard()
    shard.add(batch(1, times[::-1].copy(), np.zeros(len(times))), lambda model, version: minutes)
    assert shard.late == 50
    found: list[ClosedFeature] = []
    for _ in range(30):
        some = shard.close(lambda model, version: minutes, {0: T0 + 9 * HOUR}).features
        assert len(some) <= 20
        found += some
    assert sorted({one.start_ms for one in found}) == times[50:].tolist()
    assert sum(one.counts.rows for one in found if one.feature == "x") == MOST_AT_ONCE


def test_the_signal_of_an_unseen_category_names_it() -> None:
    shard = DriftShard()
    for hour, codes in ((0, [0, 1] * 500), (1, [0, 1] * 480 + [2] * 40)):
        times, x = rows(1000, hour)
        plan = Column("plan", "codes", np.array(codes, "<i4").tobytes(), ["a", "b", "Oslo"])
        columns = [Column("x", "numbers", x.astype("<f8").tobytes()), plan]
        shard.add(FeatureBatch(3, 7, "", 1, hour + 1, times.astype("<i8").tobytes(), columns), find)
    told = [one.detail for one in shard.close(find, {0: T0 + 3 * HOUR}).signals if one.detail.get("feature") == "plan"]
    assert "unseen" not in told[0]
    assert (told[1]["unseen"], told[1]["unseen_rows"], told[1]["unseen_values"]) == ("Oslo", 40, 1)
