"""Histories of many monitors are made together: each is as if it had been made alone, from its counts."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest

from ingest_api.history import histories
from vedette.statistics.apdex import Apdex
from vedette.statistics.sketch import Sketch
from vedette.store.check_columns import COUNTS, ZONES, CheckColumns, from_windows
from vedette.store.check_digests import Digest, digest_of
from vedette.store.checks import CheckWindow
from vedette.store.query import Span

DAY_MS = 86_400_000
FROM_MS = 20_000 * DAY_MS
DAYS = 12
TARGETS = {3: 500, 4: 500, 8: 250, 9: 500, 11: 500}
PLACES = {3: "ab", 4: "ab", 8: "ab", 9: "abc", 11: "b"}
REACH = {3: 9, 4: 9, 8: 9, 9: 7, 11: 0}
"""So many days of each are in a digest."""


def window(random: np.random.Generator, monitor: int, place: str, day: int) -> CheckWindow:
    good, bad = int(random.integers(0, 200)), int(random.integers(0, 3))
    sketch = Sketch()
    sketch.add(random.lognormal(5, 0.5, good))
    tolerating = good // 3
    zones = good - tolerating, tolerating, bad
    minutes = np.packbits(random.random(1440) < 0.1).tobytes()
    judged_by = 100 if (monitor, day) == (4, 5) else TARGETS[monitor]
    return CheckWindow(
        monitor, place, FROM_MS + day * DAY_MS, judged_by, *zones, good, 0, bad, 1, 0, 150.0 * good, 10.0, 900.0,
        sketch.to_bytes(), minutes, minutes,
    )  # fmt: skip


@pytest.fixture(scope="module")
def windows() -> list[CheckWindow]:
    """All days of all monitors but the second and the last day of one, on which nothing happened."""
    random = np.random.default_rng(5)
    return [
        window(random, monitor, place, day)
        for monitor in TARGETS
        for place in PLACES[monitor]
        for day in range(DAYS)
        if monitor != 8 or day not in {1, DAYS - 1}
    ]


def digests_of(windows: list[CheckWindow]) -> dict[int, list[Digest]]:
    found: dict[int, list[Digest]] = {}
    for monitor, days in REACH.items():
        mine = [one for one in windows if one.monitor == monitor and one.bucket_ms < FROM_MS + days * DAY_MS]
        digest = digest_of(mine, FROM_MS, days) if days else None
        if digest is not None:
            found[monitor] = [digest]
    return found


def made(windows: list[CheckWindow], monitors: list[int], step_ms: int, percentiles: bool) -> dict[int, dict[str, Any]]:
    """The histories of some monitors, by what digests have and rows beyond them, as the API shows them."""
    digests = {each: mine for each, mine in digests_of(windows).items() if each in monitors}
    rest = [
        one
        for one in windows
        if one.monitor in monitors and one.bucket_ms >= FROM_MS + REACH[one.monitor] * DAY_MS
    ]  # fmt: skip
    columns: CheckColumns = from_windows(rest, "1d", "sketch" if percentiles else "location")
    wanted = Span(FROM_MS, FROM_MS + DAYS * DAY_MS, step_ms)
    targets = {each: TARGETS[each] for each in monitors}
    found = dict(histories(columns, digests, wanted, targets, percentiles=percentiles))
    shown: dict[int, dict[str, Any]] = {
        each: msgspec.json.decode(msgspec.json.encode(one)) for each, one in found.items()
    }
    return shown


@pytest.mark.parametrize(("step_days", "percentiles"), [(1, True), (1, False), (3, False)])
def test_together_each_is_as_alone(windows: list[CheckWindow], step_days: int, percentiles: bool) -> None:
    together = made(windows, list(TARGETS), step_days * DAY_MS, percentiles)
    assert together == {each: made(windows, [each], step_days * DAY_MS, percentiles)[each] for each in TARGETS}


@pytest.mark.parametrize("step_days", [1, 3])
def test_each_step_has_the_counts_of_its_windows(windows: list[CheckWindow], step_days: int) -> None:
    found = made(windows, list(TARGETS), step_days * DAY_MS, percentiles=False)
    for monitor, target_ms in TARGETS.items():
        for step in range(DAYS // step_days):
            mine = [
                one
                for one in windows
                if one.monitor == monitor and (one.bucket_ms - FROM_MS) // DAY_MS // step_days == step
            ]
            for name in COUNTS[ZONES:]:
                assert found[monitor][name][step] == sum(getattr(one, name) for one in mine)
            judged = [one for one in mine if one.apdex_t_ms == target_ms]
            zones = [sum(getattr(one, name) for one in judged) for name in COUNTS[:ZONES]]
            assert [found[monitor][name][step] for name in COUNTS[:ZONES]] == zones
            score = Apdex(*zones, target_ms)
            expected = {"score": score.score, "display": score.display, "band": score.band, "count": score.count}
            assert found[monitor]["apdex"][step] == expected
            good = sum(one.up for one in mine)
            average = pytest.approx(sum(one.sum_ms for one in mine) / good) if good else None
            assert found[monitor]["avg_ms"][step] == average


def test_days_without_a_check_have_no_times(windows: list[CheckWindow]) -> None:
    shown = made(windows, list(TARGETS), DAY_MS, percentiles=True)[8]
    for name in ("p50_ms", "p95_ms", "p99_ms", "avg_ms"):
        assert [day for day, value in enumerate(shown[name]) if value is None] == [1, DAYS - 1]
    assert shown["apdex"][1] == {"score": None, "display": "NS [0.25]", "band": None, "count": 0}
