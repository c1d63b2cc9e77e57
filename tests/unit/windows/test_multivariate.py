"""Windows whose columns are looked at together: sampled whatever the reports, judged once, told as one feature."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from alerting.model_rules import Drift
from vedette.events.features import Column, FeatureBatch
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.values import plain
from vedette.windows.drift_config import DriftConfig, Subject
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.multivariate import KEPT_MS, MOST_OPEN, NO_SAMPLE, ROWS, Looked, MultivariateShard

HOUR = 3_600_000
T0 = 500_000 * HOUR
CONFIG = DriftConfig(multivariate_s=3600)
CITIES = ["Bonn", "Rome", "Oslo"]


def table(many: int, correlation: float, seed: int) -> dict[str, list[Any]]:
    random = np.random.default_rng(seed)
    x, y = random.normal(size=(2, many))
    cities = random.integers(0, 3, many)
    return {
        "x": x.tolist(),
        "y": (correlation * x + np.sqrt(1 - correlation**2) * y).tolist(),
        "city": [CITIES[one] for one in cities],
    }


REFERENCE = table(2_000, 0.0, 1)
PROFILES = {
    name: fit(name, values, "categorical" if name == "city" else "numeric") for name, values in REFERENCE.items()
}
BASELINE = {name: plain(values, PROFILES[name].kind) for name, values in REFERENCE.items()}


def subject(config: DriftConfig = CONFIG, reference: int = 1) -> Subject:
    return Subject("churn", config, reference, PROFILES)


def find(model: int, version: str) -> Subject | None:
    return subject() if model == 7 else None


def baseline(reference: int) -> dict[str, list[Any]] | None:
    return {name: list(values) for name, values in BASELINE.items()} if reference == 1 else None


def batch(seq: int, columns: dict[str, list[Any]], hour: int = 0, version: str = "", at: int | None = None) -> Any:
    many = len(columns["x"])
    times = T0 + hour * HOUR + np.arange(many, dtype="<i8") if at is None else np.full(many, at, "<i8")
    codes = np.array([CITIES.index(one) for one in columns["city"]], "<i4")
    packed = [
        Column("x", "numbers", np.array(columns["x"], "<f8").tobytes()),
        Column("y", "numbers", np.array(columns["y"], "<f8").tobytes()),
        Column("city", "codes", codes.tobytes(), CITIES),
        Column("unknown", "numbers", np.arange(many, dtype="<f8").tobytes()),
    ]
    return FeatureBatch(3, 7, version, 1, seq, times.tobytes(), packed)


def end(seq: int, hour: int, version: str = "") -> Any:
    """A report of one row, so late that the hours before `hour` are over."""
    return batch(seq, table(1, 0.0, 9), version=version, at=T0 + hour * HOUR + LATENESS_MS)


def judged(shard: MultivariateShard, **about: Any) -> Looked:
    return shard.close(find, baseline, **about)


def test_what_no_column_shows_is_raised_told_and_over_again() -> None:
    shard = MultivariateShard()
    for hour, correlation in enumerate((0.0, 0.8, 0.0)):
        shard.add(batch(hour, table(400, correlation, 20 + hour), hour), find)
    shard.add(end(9, 3), find)
    looked = [judged(shard) for _ in range(4)]
    assert [len(one.windows) for one in looked] == [1, 1, 1, 0]  # one at a time
    windows = [one.windows[0] for one in looked[:3]]
    assert [(one.start_ms, one.state, one.raised, one.rows) for one in windows] == [
        (T0, "ok", False, 400),
        (T0 + HOUR, "drift", True, 400),
        (T0 + 2 * HOUR, "ok", False, 400),
    ]
    drifted = windows[1].result
    assert drifted["domain"]["low"] > 0.6
    assert (drifted["sampled"], drifted["left_out"]) == (400, ())
    assert (drifted["pairs"][0]["first"], drifted["pairs"][0]["second"]) == ("x", "y")
    signals = [one.signals[0] for one in looked[:3]]
    assert [(one.subject, one.state) for one in signals] == [
        ("model:7/", "ok"),
        ("model:7/", "drift"),
        ("model:7/", "ok"),
    ]
    rule = Drift(kind="drift", name="drift")
    assert [rule.holds(one) for one in signals] == [False, True, False]
    assert rule.title(signals[1]).startswith("all columns together of churn has drifted: ROC area 0.")
    assert "; x and y: " in rule.title(signals[1])


def test_columns_that_no_row_has_are_named_and_the_others_go_on() -> None:
    shard = MultivariateShard()
    for hour in range(2):
        rows = batch(hour, table(400, 0.0, 40 + hour), hour)
        rows.columns[:] = [one for one in rows.columns if one.name != "y" or hour == 0]
        shard.add(rows, find)
    shard.add(end(9, 2), find)
    whole, part = judged(shard).windows[0], judged(shard).windows[0]
    assert (whole.state, whole.result["absent"]) == ("ok", ())
    assert (part.state, part.result["absent"]) == ("ok", ("y",))


def test_a_column_that_goes_amid_a_window_is_missing_there_and_absent_from_the_next() -> None:
    shard = MultivariateShard()
    for seq, hour in enumerate((0, 0, 1)):
        rows = batch(seq, table(200, 0.0, 50 + seq), hour)
        rows.columns[:] = [one for one in rows.columns if one.name != "y" or seq == 0]
        shard.add(rows, find)
    shard.add(end(9, 2), find)
    [amid], [after] = judged(shard).windows, judged(shard).windows
    [gone, *_] = amid.result["moved"]
    assert (amid.state, gone["feature"], gone["baseline"], gone["window"]) == ("drift", "y is missing", 0.0, 0.5)
    assert (after.state, after.result["absent"], after.result["features"]) == ("ok", ("y",), 4)


def test_a_mean_that_moved_is_told() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, {**table(400, 0.0, 5), "city": ["Oslo"] * 400}), find)
    shard.add(end(2, 1), find)
    looked = judged(shard)
    share = REFERENCE["city"].count("Oslo") / 2000
    assert looked.signals[0].detail["moved"] == f"city = Oslo: {share:.3g}, now 1"
    assert f"; city = Oslo: {share:.3g}, now 1" in Drift(kind="drift", name="drift").title(looked.signals[0])
    [first, *_] = looked.windows[0].result["moved"]
    assert (first["feature"], first["baseline"], first["window"]) == ("city = Oslo", share, 1.0)


def test_the_sample_is_the_same_in_whatever_order_reports_come_and_across_a_snapshot() -> None:
    reports = [batch(seq, table(700, 0.3, 30 + seq)) for seq in range(6)]
    found = []
    for order in ([0, 1, 2, 3, 4, 5], [5, 3, 1, 0, 2, 4], [0, 0, 1, 1, 2, 3, 2, 4, 5, 5]):
        shard = MultivariateShard()
        for seq in order:
            shard.add(reports[seq], find)
            shard = pickle.loads(pickle.dumps(shard))
        shard.add(end(9, 1), find)
        [window] = judged(shard).windows
        found.append(window)
    assert found[0] == found[1] == found[2]
    assert (found[0].rows, found[0].result["sampled"]) == (4200, ROWS)


def test_a_window_is_over_by_the_wall_clock_too() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.0, 2)), find, partition=4)
    assert judged(shard, quiet={4: T0 + HOUR + SETTLE_MS - 1}).windows == []
    assert judged(shard, quiet={3: T0 + HOUR + SETTLE_MS}).windows == []
    assert len(judged(shard, quiet={4: T0 + HOUR + SETTLE_MS}).windows) == 1


def test_rows_of_a_window_that_is_over_have_no_part_in_another() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.0, 2)), find)
    shard.add(end(2, 1), find)
    shard.add(batch(3, table(300, 0.0, 3)), find)
    [window] = judged(shard).windows
    assert window.rows == 300
    shard.add(batch(4, table(300, 0.0, 4)), find)
    assert judged(shard, quiet={0: T0 + HOUR + SETTLE_MS}).windows == []
    assert shard.late == 600


def test_few_rows_and_a_reference_without_a_sample_have_a_reason() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(99, 0.0, 2)), find)
    shard.add(end(2, 1), find)
    [window] = judged(shard).windows
    assert window.state == "insufficient_data"
    assert "100" in window.result["reason"]
    assert not Drift(kind="drift", name="d").holds(judged_signal(2))


def judged_signal(reference: int) -> Any:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.0, 2)), lambda model, version: subject(reference=reference))
    shard.add(end(2, 1), lambda model, version: subject(reference=reference))
    looked = shard.close(lambda model, version: subject(reference=reference), baseline)
    assert looked.windows[0].result == {"reason": NO_SAMPLE}
    return looked.signals[0]


@pytest.mark.parametrize("values", [[np.nan] * 300, [np.inf] * 300, [1e308, -1e308] * 150, [5.0] * 300])
def test_a_column_of_nonsense_costs_no_answer(values: list[float]) -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.0, 2) | {"y": values}), find)
    shard.add(end(2, 1), find)
    [window] = judged(shard).windows
    assert window.state in {"ok", "drift"}


def test_another_reference_or_length_begins_the_open_windows_anew() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.0, 2)), find)
    shard.add(batch(2, table(200, 0.0, 3)), lambda model, version: subject(reference=2))
    shard.add(end(3, 1), lambda model, version: subject(reference=2))
    [window] = shard.close(lambda model, version: subject(reference=2), baseline).windows
    assert (window.rows, window.reference) == (200, 2)


def test_who_is_asked_for_no_more_is_forgotten_and_what_is_open_ends() -> None:
    for gone in (None, subject(DriftConfig())):
        shard = MultivariateShard()
        shard.add(batch(1, table(300, 0.9, 2)), find)
        shard.add(end(2, 1), find)
        assert judged(shard).windows[0].raised
        looked = shard.close(lambda model, version: gone, baseline, {0: T0})  # noqa: B023 - asked at once
        assert [(one.subject, one.state) for one in looked.signals] == [("model:7/", "ok")]
        assert shard.close(lambda model, version: gone, baseline, {0: T0}).signals == []  # noqa: B023


def test_a_version_that_another_followed_ends_and_one_that_is_only_silent_stays() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.9, 2)), find)
    now = T0 + 2 * HOUR + SETTLE_MS
    assert judged(shard, quiet={0: now}).windows[0].raised
    assert judged(shard, quiet={0: now + HOUR}).signals == []
    shard.add(batch(2, table(300, 0.0, 3), hour=2, version="2"), find)
    looked = judged(shard, quiet={0: now})
    assert [(one.subject, one.state) for one in looked.signals] == [("model:7/", "ok")]
    [window] = judged(shard, quiet={0: now + 9 * HOUR}).windows
    assert (window.version, window.state) == ("2", "ok")
    assert judged(shard, quiet={0: now + KEPT_MS}).signals == []
    assert not shard._versions


def test_rows_of_the_future_open_only_so_many_windows() -> None:
    shard = MultivariateShard()
    many = 400
    times = (T0 + np.arange(many) * HOUR).astype("<i8").tobytes()
    shard.add(FeatureBatch(3, 7, "", 1, 1, times, [Column("x", "numbers", np.zeros(many).tobytes())]), find)
    assert len(shard._versions[7, ""].open) == MOST_OPEN
    assert shard.late == many - MOST_OPEN


def test_models_that_do_not_ask_for_it_cost_nothing() -> None:
    shard = MultivariateShard()
    shard.add(batch(1, table(300, 0.0, 2)), lambda model, version: subject(DriftConfig()))
    shard.add(batch(2, table(300, 0.0, 2)), lambda model, version: None)
    assert not shard._versions
    assert not shard._seen
