"""Control charts over windows: runs are remembered, of one reference, and told in rows and signals."""

from __future__ import annotations

import pickle
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.unit.windows.test_drift import HOUR, PROFILES, T0, batch, only, rows
from vedette.events.signals import Signal
from vedette.windows.drift import DriftShard
from vedette.windows.drift_config import DriftConfig, Find, Subject
from vedette.windows.drift_told import Closed

LAST = {0: T0 + 1000 * HOUR}


def finder(reference: int = 1, **config: Any) -> Find:
    subject = Subject("churn", DriftConfig(**{"charts": ("western_electric",), **config}), reference, PROFILES)
    return lambda model, version: subject


def closed(shard: DriftShard, find: Find, hours: range, shift: float, many: int = 400) -> Closed:
    found = Closed()
    for hour in hours:
        shard.add(batch(hour, *rows(many, hour, shift)), find)
        one = shard.close(find, {0: T0 + (hour + 2) * HOUR})
        found.features += one.features
        found.signals += one.signals
    return found


def broken(found: Closed, chart: str = "mean") -> list[tuple[str, ...]]:
    windows = [one for one in found.features if one.feature == "x"]
    return [next(point.broken for point in one.charts if point.chart == chart) for one in windows]


def test_a_small_shift_is_found_by_its_run_and_told() -> None:
    found = closed(DriftShard(), finder(), range(10), 0.12)  # 2.4 standard errors of a window, and less than its limit
    assert broken(found)[0] == ()
    assert "eight on one side" in broken(found)[-1]
    last = only(found.features[-2:], "x")
    names = [point.chart for point in last.charts]
    assert names == ["mean", "deviation", "missing", "other", "out_of_range"]
    assert last.charts[0].lower < last.charts[0].centre < last.charts[0].value < last.charts[0].upper
    [signal] = [one for one in found.signals[-3:] if one.subject == "model:7/x"]
    [told] = [one for one in msgspec.json.decode(str(signal.detail["charts"])) if one["chart"] == "mean"]
    assert told["broken"] == list(broken(found)[-1])
    assert [one.charts[2].chart for one in found.features if one.feature == "plan"] == ["category"] * 10


def test_a_run_goes_on_after_a_restart_and_not_with_another_reference() -> None:
    shard = DriftShard()
    closed(shard, finder(), range(7), 0.12)
    again = pickle.loads(pickle.dumps(shard))
    assert "eight on one side" in broken(closed(again, finder(), range(7, 8), 0.12))[0]
    assert broken(closed(shard, finder(2), range(7, 9), 0.12)) == [(), ()]


def test_a_snapshot_of_before_there_were_charts_goes_on() -> None:
    shard = DriftShard()
    closed(shard, finder(charts=()), range(1), 0.0)
    state = shard.__dict__.copy()
    del state["_charts"]
    older = DriftShard.__new__(DriftShard)
    older.__setstate__(state)
    found = closed(older, finder(), range(1, 3), 0.0)
    assert broken(found) == [(), ()]


def test_windows_that_overlap_are_compared_with_limits_only() -> None:
    shard = DriftShard()
    find = finder(slide_s=900)
    found = closed(shard, find, range(4), 0.12)
    assert len(broken(found)) > 10
    assert {name for names in broken(found) for name in names} <= {"beyond a limit"}
    assert "beyond a limit" in broken(closed(shard, find, range(4, 6), 3.0))[-1]


def test_a_window_with_few_rows_is_no_point_and_no_charts_cost_nothing() -> None:
    shard = DriftShard()
    closed(shard, finder(), range(7), 0.12)
    few = closed(shard, finder(), range(7, 8), 0.0, many=20)
    assert [one.charts for one in few.features] == [(), ()]
    assert "eight on one side" in broken(closed(shard, finder(), range(8, 9), 0.12))[0]
    none = closed(DriftShard(), finder(charts=()), range(2), 3.0)
    assert {one.charts for one in none.features} == {()}
    assert not any("charts" in one.detail for one in none.signals)


@pytest.mark.parametrize("width", [2.0, 4.0])
def test_the_width_moves_the_limits(width: float) -> None:
    [x] = [one for one in closed(DriftShard(), finder(chart_width=width), range(1), 0.0).features if one.feature == "x"]
    mean = x.charts[0]
    sigma = float(np.sqrt(PROFILES["x"].m2 / (PROFILES["x"].n - 1)))
    assert mean.upper - mean.centre == pytest.approx(width * sigma * np.sqrt(1 / 400 + 1 / 5000), rel=1e-6)


def ended(signals: list[Signal]) -> list[str]:
    """Subjects of signals after which no chart of them is out of control."""
    return sorted(one.subject for one in signals if one.kind == "drift" and "charts" not in one.detail)


def test_a_version_that_another_one_followed_has_no_chart_that_is_out() -> None:
    shard, find = DriftShard(), finder(alpha=0.005)
    found = closed(shard, find, range(10), 0.12)
    assert [one.state for one in found.signals if one.subject == "model:7/x"] == ["ok"] * 10
    for hour in range(10, 13):
        shard.add(batch(hour, *rows(400, hour), version="2"), find)
    over = shard.close(find, {0: T0 + 15 * HOUR}).signals
    assert "model:7/x" in ended(over)


def test_a_model_that_is_gone_has_no_chart_that_is_out() -> None:
    shard = DriftShard()
    closed(shard, finder(alpha=0.005), range(10), 0.12)
    assert ended(shard.close(lambda model, version: None, LAST).signals) == ["model:7/x"]


@pytest.mark.parametrize("charts", [("western_electric",), ()])
def test_a_feature_that_another_reference_has_not_has_no_chart_that_is_out(charts: tuple[str, ...]) -> None:
    shard = DriftShard()
    closed(shard, finder(alpha=0.005), range(10), 0.12)
    less = Subject("churn", DriftConfig(charts=charts), 2, {"plan": PROFILES["plan"]})
    told = [ended(closed(shard, lambda model, version: less, range(n, n + 1), 0.0).signals) for n in (10, 11)]
    assert told == [["model:7/plan", "model:7/x"], ["model:7/plan"]]


def test_a_chart_that_was_out_stays_so_while_no_rows_come() -> None:
    shard = DriftShard()
    closed(shard, finder(alpha=0.005), range(10), 0.12)
    times, x = rows(400, 11)
    columns = batch(11, times, x)
    shard.add(msgspec.structs.replace(columns, columns=columns.columns[1:]), finder(alpha=0.005))
    shard.close(finder(alpha=0.005), {0: T0 + 13 * HOUR})
    assert ended(shard.close(lambda model, version: None, LAST).signals) == ["model:7/x"]


def test_charts_of_a_snapshot_that_does_not_know_may_have_been_out() -> None:
    shard = DriftShard()
    closed(shard, finder(), range(1), 0.0)
    for memory in shard._charts[7, ""].values():
        del memory.out
    older = pickle.loads(pickle.dumps(shard))
    assert ended(older.close(lambda model, version: None, LAST).signals) == ["model:7/plan", "model:7/x"]
